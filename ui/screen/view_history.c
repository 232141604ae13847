/* The calls there were, with what became of them. */
#include "ui/screen/commands.h"
#include "ui/screen/width.h"

#define OUTCOME_COLS 11
#define NARROW_COLS 36 /* with less, names need what is left beside the outcome of their row */

static size_t rows(const struct screen *s)
{
    return s->model->n_past;
}

static void enter(struct screen *s, size_t row)
{
    const struct model_past *p = &s->model->past[row];
    struct buf line = buf_new(8192);

    buf_printf(&line, "call %s", *p->contact ? p->contact : p->peer);
    command_run(s, buf_slice(&line));
    buf_free(&line);
}

static bool is(const struct model_past *p, const char *outcome)
{
    return strcmp(p->outcome, outcome) == 0;
}

/* How long it was, or why it was none. */
static void put_outcome(const struct model_past *p, bool spoken, struct buf *out)
{
    if (is(p, "answered") && spoken)
        view_say_duration(out, p->talk_ms);
    else if (is(p, "answered"))
        view_put_duration(out, p->talk_ms);
    else if (!*p->outcome || is(p, "open"))
        buf_puts(out, "now");
    else
        for (const char *c = p->outcome; *c; c++)
            buf_putc(out, *c == '-' ? ' ' : *c);
}

/* "Bob, sip:bob@example.org, incoming, 12:30, missed" */
static void text(const struct screen *s, size_t row, struct buf *out)
{
    const struct model_past *p = &s->model->past[row];

    view_put_who(out, p->contact, p->peer_name, p->peer);
    buf_puts(out, p->outgoing ? ", outgoing, " : ", incoming, ");
    view_put_time(s, out, p->time);
    buf_puts(out, ", ");
    put_outcome(p, true, out);
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    const struct model_past *p = &s->model->past[i];
    struct buf when = buf_new(64), outcome = buf_new(64);
    enum style style = is(p, "missed") ? STYLE_BAD : is(p, "answered") ? STYLE_NORMAL : STYLE_DIM;
    int end = row.cols - 1, middle;

    view_put_time(s, &when, p->time);
    put_outcome(p, false, &outcome);
    middle = end - (row.cols < NARROW_COLS ? width_of(buf_slice(&outcome)) + 2 : OUTCOME_COLS);
    cells_draw(cells, row, 0, 1, style,
               p->outgoing       ? GLYPH_OUT
               : is(p, "missed") ? GLYPH_MISSED
                                 : GLYPH_IN);
    cells_put_right(cells, row, 0, end, style, buf_slice(&outcome));
    cells_put_right(cells, row, 0, middle, STYLE_DIM, buf_slice(&when));
    view_put_name(cells, row, 0, 3, middle - width_of(buf_slice(&when)) - 4, STYLE_NORMAL,
                  p->contact, p->peer_name, p->peer);
    buf_free(&when);
    buf_free(&outcome);
}

static void draw(const struct screen *s, struct cells *cells, struct rect within)
{
    view_list(s, &view_history, cells, within, draw_row, "no calls yet");
}

const struct view view_history = {.name = "history",
                                  .title = "History",
                                  .kind = VIEW_PANE,
                                  .draw = draw,
                                  .rows = rows,
                                  .text = text,
                                  .enter = enter,
                                  .hint = "/ search"};
