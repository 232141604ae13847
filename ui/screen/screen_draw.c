/* All of the screen put together: lines, titles, panes, what lies above them. */
#include "ui/screen/commands.h"
#include "ui/screen/layout.h"
#include "ui/screen/screen_draw.h"
#include "ui/screen/width.h"

/* --- panes ---------------------------------------------------------------------------------- */

static void draw_title(struct screen *s, const struct view *view, struct rect within)
{
    struct cells *cells = &s->cells;
    bool has_focus = screen_view(s) == view, has_rows = !view->rows || view->rows(s) > 0;
    int n = 1;

    n += cells_put(cells, within, 0, n, has_focus ? STYLE_FOCUS : STYLE_TITLE,
                   slice_of(view->title));
    if (view->hint && has_rows && (has_focus || view == &view_contacts) &&
        width_of(slice_of(view->hint)) + n + 3 < within.cols)
        cells_put_right(cells, within, 0, within.cols - 1, STYLE_DIM, slice_of(view->hint));
}

static struct rect below_title(struct rect r)
{
    return (struct rect){r.row + 1, r.col, r.rows - 1, r.cols};
}

static void draw_titled(struct screen *s, const struct view *view, struct rect r)
{
    draw_title(s, view, r);
    if (r.rows > 1)
        view->draw(s, &s->cells, below_title(r));
}

static void draw_lines(struct screen *s, const struct layout *l)
{
    struct cells *cells = &s->cells;
    struct rect all = cells_all(cells), body = l->body;
    int last = body.row + body.rows, col = l->middle_col;

    cells_line(cells, all, l->top.row, STYLE_BORDER);
    cells_line(cells, all, last, STYLE_BORDER);
    if (l->middle_row >= 0)
        cells_line(cells, all, l->middle_row, STYLE_BORDER);
    if (col < 0)
        return;
    cells_column(cells, body, col, STYLE_BORDER);
    cells_draw(cells, all, l->top.row, col, STYLE_BORDER, GLYPH_DOWN);
    cells_draw(cells, all, l->middle_row, col, STYLE_BORDER, GLYPH_CROSS);
    cells_draw(cells, all, last, col, STYLE_BORDER, GLYPH_UP);
}

static void draw_panes(struct screen *s, const struct layout *l)
{
    if (!s->bare)
        draw_lines(s, l);
    for (size_t i = 0; i < l->n_panes; i++)
        draw_titled(s, l->panes[i].view, l->panes[i].rect);
}

/* --- what lies above ------------------------------------------------------------------------ */

static void draw_whole(struct screen *s, const struct view *view, const struct layout *l)
{
    struct cells *cells = &s->cells;
    struct rect all = cells_all(cells);

    cells_fill(cells, l->body, STYLE_NORMAL);
    if (!s->bare) {
        cells_line(cells, all, l->top.row, STYLE_BORDER);
        cells_line(cells, all, l->body.row + l->body.rows, STYLE_BORDER);
    }
    draw_titled(s, view, l->body);
}

static void draw_popup(struct screen *s, const struct view *view, const struct layout *l)
{
    struct rect body = l->body, r;

    r.rows = view->high < body.rows ? view->high : body.rows;
    r.cols = view->wide < body.cols ? view->wide : body.cols;
    r.row = body.row + (body.rows - r.rows) / 3;
    r.col = body.col + (body.cols - r.cols) / 2;
    view->draw(s, &s->cells, cells_frame(&s->cells, r, slice_of(view->title)));
}

/* --- a call that comes in ------------------------------------------------------------------- */

static void put_key_of(const struct screen *s, const char *command, struct buf *out)
{
    const struct binding *b = command_key(s, command_find(slice_of(command)));

    if (!b)
        return;
    buf_puts(out, "  ");
    key_name(&b->key, out);
    buf_printf(out, " %s", command);
}

/* Above everything else, whatever is open. */
static void draw_incoming(struct screen *s, struct rect within)
{
    const struct model_call *c = model_call_in(s->model, PHONE_PHASE_INCOMING);
    struct cells *cells = &s->cells;
    struct buf keys = buf_new(256);
    int n = 1, end;

    if (!c)
        return;
    put_key_of(s, "answer", &keys);
    put_key_of(s, "decline", &keys);
    end = within.cols - 1 - width_of(buf_slice(&keys));
    cells_fill(cells, within, STYLE_ALERT);
    n += cells_draw(cells, within, 0, n, STYLE_ALERT, GLYPH_COMING);
    n += 1 + view_put_name(cells, within, 0, n + 1, end - n - 8, STYLE_ALERT, c->contact,
                           c->peer_name, c->peer);
    cells_put_cut(cells, within, 0, n, end - n, STYLE_ALERT, SLICE(" calls"));
    cells_put(cells, within, 0, end, STYLE_ALERT, buf_slice(&keys));
    buf_free(&keys);
}

/* Likewise, as long as nobody calls: who asks us to call somebody else, and whom. */
static void draw_wish(struct screen *s, struct rect within)
{
    const struct model_wish *w = model_wish(s->model, s->call);
    struct cells *cells = &s->cells;
    struct buf keys = buf_new(256), whom = buf_new(4096);
    int n = 1, end;

    if (!w || model_call_in(s->model, PHONE_PHASE_INCOMING))
        return;
    put_key_of(s, "follow", &keys);
    put_key_of(s, "stay", &keys);
    buf_printf(&whom, " asks you to call %" PRI_SLICE, ARG_SLICE(model_short_uri(w->to)));
    end = within.cols - 1 - width_of(buf_slice(&keys));
    cells_fill(cells, within, STYLE_ALERT);
    n += view_put_name(cells, within, 0, n, (end - n) / 3, STYLE_ALERT, w->contact, w->peer_name,
                       w->peer);
    cells_put_cut(cells, within, 0, n, end - n, STYLE_ALERT, buf_slice(&whom));
    cells_put(cells, within, 0, end, STYLE_ALERT, buf_slice(&keys));
    buf_free(&keys);
    buf_free(&whom);
}

/* --- all ------------------------------------------------------------------------------------ */

static void draw_too_small(struct screen *s)
{
    struct cells *cells = &s->cells;
    struct rect all = cells_all(cells);
    struct buf calls = buf_new(256);

    cells_put_cut(cells, all, 0, 0, cells->cols, STYLE_NORMAL,
                  SLICE("tphone needs 40 columns and 10 rows."));
    cells_print(cells, all, 1, 0, STYLE_DIM, "There are %d and %d.", cells->cols, cells->rows);
    if (model_call_in(s->model, PHONE_PHASE_INCOMING)) {
        buf_puts(&calls, "Somebody calls.");
        put_key_of(s, "answer", &calls);
        cells_put_cut(cells, all, 1, 0, cells->cols, STYLE_ALERT, buf_slice(&calls));
    }
    buf_free(&calls);
}

static size_t first_visible(const struct screen *s)
{
    for (size_t i = s->n_open; i > 0; i--)
        if (s->open[i - 1]->kind == VIEW_WHOLE)
            return i - 1;
    return s->n_open;
}

void screen_draw(struct screen *s)
{
    struct layout l;
    size_t first = first_visible(s);

    cells_clear(&s->cells);
    layout_of(s, s->cells.rows, s->cells.cols, &l);
    if (l.too_small) {
        draw_too_small(s);
        return;
    }
    if (first == s->n_open || s->open[first]->kind != VIEW_WHOLE) {
        draw_panes(s, &l);
        first = 0;
    }
    for (size_t i = first; i < s->n_open; i++) {
        if (s->open[i]->kind == VIEW_WHOLE || s->bare)
            draw_whole(s, s->open[i], &l);
        else
            draw_popup(s, s->open[i], &l);
    }
    draw_status(s, &s->cells, l.status);
    draw_wish(s, l.top);
    draw_incoming(s, l.top);
    draw_keys(s, &s->cells, l.keys);
}
