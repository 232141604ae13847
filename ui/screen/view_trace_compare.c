/* Two messages of SIP, and what differs: side by side, or below each other where that is narrow. */
#include <stdlib.h>

#include "base/mem.h"
#include "ui/screen/compare.h"
#include "ui/screen/ladder.h"
#include "ui/screen/view_trace.h"
#include "ui/screen/width.h"

#define HEAD_ROWS 1
#define BESIDE_COLS 72
#define GUTTER_COLS 3

/* The texts are our own: the messages may be dropped. */
struct compared {
    char *left, *right;
    char head_left[64], head_right[64];
    struct compare result;
};

static struct compared *compared(const struct screen *s)
{
    return screen_state(s, &view_trace_compare);
}

static void put_head(const struct traced *t, char *out, size_t size)
{
    struct buf words = buf_new(size - 1);

    ladder_put_time(&words, t->time, true);
    buf_puts(&words, t->sent ? " sent" : " received");
    memcpy(out, buf_cstr(&words), words.n + 1);
    buf_free(&words);
}

static void end(struct screen *s)
{
    free(compared(s)->left);
    free(compared(s)->right);
}

void trace_compare(struct screen *s, const struct traced *left, const struct traced *right)
{
    struct compared *c = compared(s);

    end(s);
    c->left = xstrdup(left->text);
    c->right = xstrdup(right->text);
    put_head(left, c->head_left, sizeof c->head_left);
    put_head(right, c->head_right, sizeof c->head_right);
    compare_texts(slice_of(c->left), slice_of(c->right), &c->result);
    screen_open(s, &view_trace_compare);
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool is_beside(const struct screen *s)
{
    return s->cells.cols >= BESIDE_COLS && !s->bare;
}

static size_t rows(const struct screen *s)
{
    const struct compare *result = &compared(s)->result;
    size_t n = result->n;

    for (size_t i = 0; i < result->n && !is_beside(s); i++)
        n += result->rows[i].kind == COMPARE_CHANGED;
    return n;
}

/* Below each other a changed pair takes two rows. is_second: it is the lower one. */
static const struct compare_row *find_row(const struct screen *s, size_t row, bool *is_second)
{
    const struct compare *result = &compared(s)->result;

    *is_second = false;
    for (size_t i = 0; i < result->n; i++) {
        if (row-- == 0)
            return &result->rows[i];
        if (!is_beside(s) && result->rows[i].kind == COMPARE_CHANGED && row-- == 0) {
            *is_second = true;
            return &result->rows[i];
        }
    }
    return NULL;
}

static void put_side(const char *label, struct slice line, struct buf *out)
{
    buf_printf(out, "%s: %" PRI_SLICE, label, ARG_SLICE(line));
}

static void put_changed(const struct compare_row *it, struct buf *out)
{
    put_side("the first", it->left, out);
    put_side("; the second", it->right, out);
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    bool is_second;
    const struct compare_row *it = find_row(s, row, &is_second);

    if (!it)
        return;
    if (it->kind == COMPARE_SAME)
        put_side("same", it->left, out);
    else if (it->kind == COMPARE_LEFT)
        put_side("only the first", it->left, out);
    else if (it->kind == COMPARE_RIGHT)
        put_side("only the second", it->right, out);
    else
        put_changed(it, out);
}

void trace_put_compared(const struct screen *s, struct buf *out)
{
    const struct compared *c = compared(s);

    if (c->result.differ == 0)
        buf_puts(out, "they are the same");
    else
        buf_printf(out, "%zu%s differ, the first was %s, the second %s", c->result.differ,
                   c->result.cut ? " or more" : "", c->head_left, c->head_right);
}

/* --- drawing -------------------------------------------------------------------------------- */

/* The end of a text, as wide as there is room for. */
static struct slice last_columns(struct slice text, int cols)
{
    int width = width_of(text), one;

    while (text.n > 0 && width > cols) {
        text = slice_skip(text, width_next(text, &one).n);
        width -= one;
    }
    return text;
}

/* A line with the part that differs marked. Where that would lie outside, the line begins shortly
 * before it. */
static void draw_line(const struct compare_row *it, struct slice line, struct cells *cells,
                      struct rect r)
{
    bool changed = it->kind == COMPARE_CHANGED;
    struct slice same = slice_head(line, changed ? it->before : 0);
    struct slice other = slice_skip(line, same.n), rest;
    int col = 0, most = r.cols / 2;

    if (changed && width_of(same) > r.cols - 8) {
        same = last_columns(same, most);
        col += cells_draw(cells, r, 0, col, STYLE_DIM, GLYPH_ELLIPSIS);
    }
    rest = slice_skip(other, other.n - (changed ? it->behind : 0));
    other = slice_head(other, other.n - rest.n);
    col += cells_put(cells, r, 0, col, STYLE_NORMAL, same);
    if (it->kind == COMPARE_SAME)
        cells_put_cut(cells, r, 0, col, r.cols - col, STYLE_DIM, other);
    else
        col += cells_put_cut(cells, r, 0, col, r.cols - col, STYLE_MATCH, other);
    if (changed)
        cells_put_cut(cells, r, 0, col, r.cols - col, STYLE_NORMAL, rest);
}

static const char *const marks[] = {
    [COMPARE_SAME] = " ", [COMPARE_CHANGED] = "|", [COMPARE_LEFT] = "<", [COMPARE_RIGHT] = ">"};

static void draw_beside(const struct compare_row *it, struct cells *cells, struct rect row)
{
    int half = (row.cols - GUTTER_COLS) / 2;
    struct rect left = {row.row, row.col + 1, 1, half - 1};
    struct rect right = {row.row, row.col + half + GUTTER_COLS, 1, row.cols - half - GUTTER_COLS};

    draw_line(it, it->left, cells, left);
    draw_line(it, it->right, cells, right);
    cells_put(cells, row, 0, half + 1, STYLE_WARN, slice_of(marks[it->kind]));
}

static void draw_below(const struct compare_row *it, bool is_second, struct cells *cells,
                       struct rect row)
{
    bool is_right = it->kind == COMPARE_RIGHT || is_second;
    struct rect line = {row.row, row.col + 3, 1, row.cols - 3};

    if (it->kind != COMPARE_SAME)
        cells_put(cells, row, 0, 1, STYLE_WARN, is_right ? SLICE("+") : SLICE("-"));
    draw_line(it, is_right ? it->right : it->left, cells, line);
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    bool is_second;
    const struct compare_row *it = find_row(s, i, &is_second);

    if (!it)
        return;
    if (is_beside(s))
        draw_beside(it, cells, row);
    else
        draw_below(it, is_second, cells, row);
}

static void draw_head(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct compared *c = compared(s);
    int half = (r.cols - GUTTER_COLS) / 2;

    if (is_beside(s)) {
        cells_put_cut(cells, r, 0, 1, half - 1, STYLE_STRONG, slice_of(c->head_left));
        cells_put_cut(cells, r, 0, half + GUTTER_COLS, half, STYLE_STRONG, slice_of(c->head_right));
    } else {
        cells_print(cells, r, 0, 1, STYLE_STRONG, "- %s  + %s", c->head_left, c->head_right);
    }
    if (c->result.differ == 0)
        cells_put_right(cells, r, 0, r.cols - 1, STYLE_WARN, SLICE("they are the same"));
    else
        cells_print(cells, r, 0, r.cols - 14, STYLE_DIM, "%4zu differ%s", c->result.differ,
                    c->result.cut ? "+" : "");
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    draw_head(s, cells, r);
    r.row += HEAD_ROWS;
    r.rows -= HEAD_ROWS;
    view_list(s, &view_trace_compare, cells, r, draw_row, "no messages are compared");
}

const struct view view_trace_compare = {.name = "trace-compare",
                                        .title = "Two messages",
                                        .kind = VIEW_WHOLE,
                                        .state_size = sizeof(struct compared),
                                        .end = end,
                                        .draw = draw,
                                        .rows = rows,
                                        .text = text,
                                        .head_rows = HEAD_ROWS,
                                        .hint = "/ search"};
