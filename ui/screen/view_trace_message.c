/* One message of SIP, its headers laid out. */
#include "ui/screen/ladder.h"
#include "ui/screen/view_trace.h"

#define HEAD_ROWS 1

/* Where the last look at the message stopped, as rows are mostly looked at one after the other, and
 * to lay out all before each of them takes seconds where a message is long. */
struct reading {
    uint64_t number; /* of the message; 0: none was looked at */
    bool only_sdp;
    int cols;
    size_t rows; /* that it has */
    size_t next; /* the row that the walk tells next */
    struct traced_walk walk;
};

static int text_cols(const struct screen *s)
{
    return s->cells.cols - 2;
}

void trace_open_message(struct screen *s, const struct traced *t)
{
    if (!t)
        return;
    trace_state(s)->opened = t->number;
    if (screen_view(s) == &view_trace_message)
        screen_choose(s, &view_trace_message, 0);
    else
        screen_open(s, &view_trace_message);
}

static void begin(struct reading *r, const struct traced *t)
{
    traced_walk_init(&r->walk, t, r->only_sdp, r->cols);
    r->next = 0;
}

/* NULL: there is no message. */
static struct reading *reading(const struct screen *s)
{
    const struct traced *t = traced_find(&s->model->traced, trace_state(s)->opened);
    struct reading *r = screen_state(s, &view_trace_message);
    bool only_sdp = trace_state(s)->only_sdp;

    if (!t)
        return NULL;
    if (r->number == t->number && r->only_sdp == only_sdp && r->cols == text_cols(s))
        return r;
    *r = (struct reading){.number = t->number, .only_sdp = only_sdp, .cols = text_cols(s)};
    r->rows = traced_rows(t, only_sdp, r->cols);
    begin(r, t);
    return r;
}

static size_t rows(const struct screen *s)
{
    const struct reading *r = reading(s);

    return r ? r->rows : 0;
}

static bool find_row(const struct screen *s, size_t row, struct traced_row *out)
{
    struct reading *r = reading(s);

    if (!r)
        return false;
    if (row < r->next)
        begin(r, r->walk.t);
    while (traced_walk_next(&r->walk, out))
        if (r->next++ == row)
            return true;
    begin(r, r->walk.t);
    return false;
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    struct traced_row it;

    if (!find_row(s, row, &it))
        return;
    if (it.label.n > 0)
        buf_printf(out, "%" PRI_SLICE ": ", ARG_SLICE(it.label));
    buf_put(out, it.text);
}

void trace_put_message(const struct screen *s, struct buf *out)
{
    const struct traced *t = traced_find(&s->model->traced, trace_state(s)->opened);

    if (!t) {
        buf_puts(out, "it is not kept any more");
        return;
    }
    ladder_put_time(out, t->time, true);
    buf_printf(out, " %s %s %s, %zu bytes%s", t->sent ? "sent to" : "received from", t->transport,
               t->remote, strlen(t->raw), t->again ? ", again" : "");
}

void trace_draw_row(struct cells *cells, struct rect row, const struct traced_row *it)
{
    bool is_start = it->kind == TRACED_START;
    int col = is_start ? 1 : 1 + TRACED_LABEL_COLS;
    enum style style = is_start ? STYLE_STRONG : STYLE_NORMAL;

    if (it->kind == TRACED_BODY)
        col = 1;
    if (it->kind == TRACED_CUT)
        style = STYLE_WARN;
    cells_put_cut(cells, row, 0, 1, it->text.n > 0 ? TRACED_LABEL_COLS - 1 : row.cols - 2,
                  it->kind == TRACED_SDP ? STYLE_DIM : STYLE_KEY, it->label);
    cells_put_cut(cells, row, 0, col, row.cols - col, style, it->text);
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    struct traced_row it;

    if (find_row(s, i, &it))
        trace_draw_row(cells, row, &it);
}

/* Which way it went, by what and when. */
static void draw_head(const struct traced *t, struct cells *cells, struct rect r)
{
    struct buf words = buf_new(512);

    ladder_put_time(&words, t->time, true);
    buf_printf(&words, "  %s %s %s, %zu bytes", t->sent ? "sent to" : "received from", t->transport,
               t->remote, strlen(t->raw));
    if (t->again)
        buf_puts(&words, ", again");
    cells_put_cut(cells, r, 0, 1, r.cols - 2, STYLE_DIM, buf_slice(&words));
    buf_free(&words);
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct traced *t = traced_find(&s->model->traced, trace_state(s)->opened);

    if (t)
        draw_head(t, cells, r);
    r.row += HEAD_ROWS;
    r.rows -= HEAD_ROWS;
    view_list(s, &view_trace_message, cells, r, draw_row,
              t ? "this message has no SDP" : "this message is not kept any more");
}

const struct view view_trace_message = {.name = "trace-message",
                                        .title = "Message",
                                        .kind = VIEW_WHOLE,
                                        .state_size = sizeof(struct reading),
                                        .draw = draw,
                                        .rows = rows,
                                        .text = text,
                                        .head_rows = HEAD_ROWS,
                                        .hint = "left and right: the ones around it   / search"};
