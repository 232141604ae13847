/* The messages of SIP as a live ladder. */
#include <stdlib.h>

#include "ui/screen/ladder.h"
#include "ui/screen/view_trace.h"

#define SUMMARY_ROWS 1
#define HEAD_ROWS (SUMMARY_ROWS + LADDER_HEAD_ROWS)
#define PREVIEW_COLS 116 /* wide enough for the chosen message beside the ladder */

/* --- what is shown -------------------------------------------------------------------------- */

static bool fits(const struct trace_state *st, const struct traced *t)
{
    return (!st->only_sdp || t->sdp.n > 0) &&
           (!st->call || slice_eq(t->call_id, slice_of(st->call))) &&
           traced_has(t, buf_slice(&st->filter));
}

/* Only what is new is looked at. */
static void refresh(const struct traced_list *list, struct trace_state *st)
{
    uint64_t gone = list->numbers - list->n, from = st->seen > gone ? st->seen : gone;
    size_t n = 0;

    while (n < st->n && st->rows[n] <= gone)
        n++;
    st->n -= n;
    memmove(st->rows, st->rows + n, st->n * sizeof *st->rows);
    for (uint64_t number = from + 1; number <= list->numbers; number++)
        if (fits(st, traced_find(list, number)))
            st->rows[st->n++] = number;
    st->seen = list->numbers;
}

struct trace_state *trace_state(const struct screen *s)
{
    struct trace_state *st = screen_state(s, &view_trace);

    refresh(&s->model->traced, st);
    return st;
}

static const struct traced *at_row(const struct screen *s, size_t row)
{
    const struct trace_state *st = trace_state(s);

    return row < st->n ? traced_find(&s->model->traced, st->rows[row]) : NULL;
}

const struct traced *trace_message(const struct screen *s)
{
    const struct view *view = screen_view(s);

    if (view == &view_trace)
        return at_row(s, screen_chosen(s, &view_trace));
    return traced_find(&s->model->traced, trace_state(s)->opened);
}

void trace_changed(struct screen *s)
{
    struct trace_state *st = trace_state(s);
    size_t chosen = screen_chosen(s, &view_trace), row = 0;
    uint64_t number = chosen < st->n ? st->rows[chosen] : 0;

    st->seen = 0;
    st->n = 0;
    refresh(&s->model->traced, st);
    while (row + 1 < st->n && st->rows[row] < number)
        row++;
    screen_choose(s, &view_trace, row);
}

/* --- the view ------------------------------------------------------------------------------- */

static void open(struct screen *s)
{
    struct trace_state *st = trace_state(s);

    if (!st->filter.max)
        st->filter = buf_new(LINE_BYTES_MAX);
    screen_choose(s, &view_trace, SIZE_MAX - 1);
}

static void end(struct screen *s)
{
    struct trace_state *st = screen_state(s, &view_trace);

    buf_free(&st->filter);
    free(st->call);
}

static size_t rows(const struct screen *s)
{
    return trace_state(s)->n;
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    const struct traced *t = at_row(s, row);

    ladder_put_time(out, t->time, true);
    buf_printf(out, " %s %s %s: ", t->sent ? "sent to" : "received from", t->transport, t->remote);
    traced_put_label(t, false, out);
}

static void enter(struct screen *s, size_t row)
{
    trace_open_message(s, at_row(s, row));
}

/* --- drawing -------------------------------------------------------------------------------- */

/* How many there are, and what keeps others from being shown. */
void trace_put_summary(const struct screen *s, struct buf *out)
{
    const struct trace_state *st = trace_state(s);
    const struct traced_list *list = &s->model->traced;

    if (st->n == list->n)
        buf_printf(out, "%zu message%s", list->n, list->n == 1 ? "" : "s");
    else
        buf_printf(out, "%zu of %zu messages", st->n, list->n);
    if (list->numbers > list->n)
        buf_puts(out, ", older ones are gone");
    if (st->call)
        buf_puts(out, ", one call");
    if (st->only_sdp)
        buf_puts(out, ", only SDP");
    if (st->filter.n > 0)
        buf_printf(out, ", filter %" PRI_SLICE, ARG_SLICE(buf_slice(&st->filter)));
    if (st->marked)
        buf_puts(out, ", one is marked");
}

static void draw_summary(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct trace_state *st = trace_state(s);
    const struct traced_list *list = &s->model->traced;
    struct buf words = buf_new(4096);

    trace_put_summary(s, &words);
    cells_put_cut(cells, r, 0, 1, r.cols - 2, st->n == list->n ? STYLE_DIM : STYLE_WARN,
                  buf_slice(&words));
    buf_free(&words);
}

static void draw_ladder(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct trace_state *st = trace_state(s);
    struct rect list = {r.row + LADDER_HEAD_ROWS, r.col, r.rows - LADDER_HEAD_ROWS, r.cols};
    size_t room = list.rows > 0 ? (size_t)list.rows : 0, chosen = screen_chosen(s, &view_trace);
    size_t first = view_first_row(st->n, chosen, room);
    struct ladder ladder;

    ladder_of(s->model, st->rows, st->n, r.cols, &ladder);
    ladder_draw_heads(&ladder, cells, r);
    for (size_t i = 0; i < room && first + i < st->n; i++) {
        struct rect row = {list.row + (int)i, list.col, 1, list.cols};
        const struct traced *t = at_row(s, first + i);

        ladder_draw(&ladder, t, t->number == st->marked, cells, row);
        if (first + i == chosen && screen_view(s) == &view_trace)
            cells_select(cells, row);
    }
    view_draw_more(cells, list, st->n, first);
}

/* In words, as what is copied has no arrows. */
static void draw_bare_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    struct buf words = buf_new(65536);

    text(s, i, &words);
    cells_put_cut(cells, row, 0, 1, row.cols - 1,
                  at_row(s, i)->number == trace_state(s)->marked ? STYLE_MATCH : STYLE_NORMAL,
                  buf_slice(&words));
    buf_free(&words);
}

static void draw_preview(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct traced *t = at_row(s, screen_chosen(s, &view_trace));
    struct traced_walk walk;
    struct traced_row it;

    if (!t)
        return;
    traced_walk_init(&walk, t, trace_state(s)->only_sdp, r.cols - 2);
    for (int i = 0; i < r.rows && traced_walk_next(&walk, &it); i++)
        trace_draw_row(cells, (struct rect){r.row + i, r.col, 1, r.cols}, &it);
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    struct rect ladder = {r.row + SUMMARY_ROWS, r.col, r.rows - SUMMARY_ROWS, r.cols};

    draw_summary(s, cells, r);
    if (trace_state(s)->n == 0) {
        cells_put_cut(cells, r, 2, 1, r.cols - 2, STYLE_DIM,
                      s->model->traced.n > 0 ? SLICE("no message fits")
                                             : SLICE("no message has gone by yet"));
        return;
    }
    if (s->bare) {
        ladder.row += LADDER_HEAD_ROWS; /* where clicks are looked for, see head_rows */
        ladder.rows -= LADDER_HEAD_ROWS;
        view_list(s, &view_trace, cells, ladder, draw_bare_row, "");
        return;
    }
    if (r.cols >= PREVIEW_COLS) {
        struct rect preview = ladder;

        ladder.cols = r.cols * 3 / 5;
        preview.col += ladder.cols + 1;
        preview.cols -= ladder.cols + 1;
        cells_column(cells, ladder, ladder.cols, STYLE_BORDER);
        draw_preview(s, cells, preview);
    }
    draw_ladder(s, cells, ladder);
}

const struct view view_trace = {.name = "trace",
                                .title = "Trace",
                                .kind = VIEW_WHOLE,
                                .state_size = sizeof(struct trace_state),
                                .open = open,
                                .end = end,
                                .draw = draw,
                                .rows = rows,
                                .text = text,
                                .enter = enter,
                                .head_rows = HEAD_ROWS,
                                .hint = "Enter shows a message   / search",
                                .follows = true};
