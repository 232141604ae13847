#include "ui/screen/paint.h"

/* Blanks and characters that stay are written again where that is shorter than to move. */
#define SKIP_COLS 4

void paint_init(struct paint *p, const struct terminfo *terminal, const struct theme *theme,
                int colours)
{
    *p = (struct paint){.terminal = terminal, .theme = theme, .row = -1};
    p->colours = colours < terminal->colours ? colours : terminal->colours;
    if (!terminal->front || !terminal->back)
        p->colours = 0;
    cells_init(&p->shown, 0, 0);
}

void paint_free(struct paint *p)
{
    cells_free(&p->shown);
}

void paint_forget(struct paint *p)
{
    p->known = p->look_known = false;
    p->row = -1;
    p->cursor = true;
}

/* --- attributes ----------------------------------------------------------------------------- */

static bool same_look(const struct look *a, const struct look *b)
{
    return a->front == b->front && a->back == b->back && a->bits == b->bits;
}

static void set_look(struct paint *p, struct look look, struct buf *out)
{
    const struct terminfo *t = p->terminal;

    if (p->look_known && same_look(&p->look, &look))
        return;
    terminfo_put(out, t->plain);
    if (look.bits & LOOK_BOLD)
        terminfo_put(out, t->bold);
    if (look.bits & LOOK_DIM)
        terminfo_put(out, t->dim);
    if (look.bits & LOOK_REVERSE)
        terminfo_put(out, t->reverse);
    if (look.bits & LOOK_UNDERLINE)
        terminfo_put(out, t->underline);
    if (look.front != COLOUR_NONE)
        terminfo_put2(out, t->front, look.front, 0);
    if (look.back != COLOUR_NONE)
        terminfo_put2(out, t->back, look.back, 0);
    p->look = look;
    p->look_known = true;
}

/* --- cells ---------------------------------------------------------------------------------- */

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return a->n == b->n && a->width == b->width && a->style == b->style &&
           a->selected == b->selected && memcmp(a->text, b->text, a->n) == 0;
}

static void move(struct paint *p, int row, int col, struct buf *out)
{
    if (p->row != row || p->col != col)
        terminfo_put2(out, p->terminal->move, row, col);
    p->row = row;
    p->col = col;
}

/* Where the cursor is behind a wide or a long cluster is known only if the terminal agrees about
 * its width, so it is not relied on; nor at the last column, where terminals wait or wrap. */
static void put_cell(struct paint *p, const struct cells *cells, int row, int col, struct buf *out)
{
    const struct cell *c = cells_at(cells, row, col);

    move(p, row, col, out);
    set_look(p, theme_look(p->theme, p->colours, (enum style)c->style, c->selected), out);
    buf_put(out, (struct slice){c->text, c->n});
    p->col += c->width;
    if (p->col >= cells->cols || c->width != 1 || c->n > 4)
        p->row = -1;
}

/* The first half of a wide cluster is drawn for both. */
static bool differs(const struct paint *p, const struct cells *cells, int row, int col)
{
    const struct cell *now = cells_at(cells, row, col), *before = cells_at(&p->shown, row, col);

    if (!p->known || !same_cell(now, before))
        return true;
    return now->width == 2 && col + 1 < cells->cols && !same_cell(now + 1, before + 1);
}

/* Whether the few cells from at on are the same, so that writing them is as good as moving. */
static bool is_short_gap(const struct paint *p, const struct cells *cells, int row, int at)
{
    for (int i = 0; i < SKIP_COLS && at + i < cells->cols; i++) {
        if (differs(p, cells, row, at + i))
            return cells_at(cells, row, at + i)->width != 0;
    }
    return false;
}

static void paint_row(struct paint *p, const struct cells *cells, int row, struct buf *out)
{
    for (int col = 0; col < cells->cols; col++) {
        const struct cell *c = cells_at(cells, row, col);
        bool at_cursor = p->row == row && p->col == col;

        if (c->width == 0)
            continue;
        if (differs(p, cells, row, col) ||
            (at_cursor && c->width == 1 && is_short_gap(p, cells, row, col)))
            put_cell(p, cells, row, col, out);
    }
}

static void paint_cursor(struct paint *p, const struct cells *cells, struct buf *out)
{
    bool wanted = cells->cursor_row >= 0 && cells->cursor_col < cells->cols;

    if (wanted)
        move(p, cells->cursor_row, cells->cursor_col, out);
    if (wanted != p->cursor)
        terminfo_put(out, wanted ? p->terminal->show : p->terminal->hide);
    p->cursor = wanted;
}

static void keep(struct paint *p, const struct cells *cells)
{
    memcpy(p->shown.at, cells->at, (size_t)(cells->rows * cells->cols) * sizeof *cells->at);
    p->known = true;
}

/* The cursor is hidden before anything is written, so that it is not seen to run about. */
void paint(struct paint *p, const struct cells *cells, struct buf *out)
{
    struct buf body = buf_new(out->max);

    if (p->shown.rows != cells->rows || p->shown.cols != cells->cols) {
        cells_resize(&p->shown, cells->rows, cells->cols);
        p->known = false;
    }
    if (!p->known) {
        set_look(p, theme_look(p->theme, p->colours, STYLE_NORMAL, false), &body);
        terminfo_put(&body, p->terminal->clear);
        p->row = p->col = 0;
    }
    for (int row = 0; row < cells->rows; row++)
        paint_row(p, cells, row, &body);
    if (body.n > 0 && p->cursor) {
        terminfo_put(out, p->terminal->hide);
        p->cursor = false;
    }
    buf_put(out, buf_slice(&body));
    paint_cursor(p, cells, out);
    keep(p, cells);
    buf_free(&body);
}
