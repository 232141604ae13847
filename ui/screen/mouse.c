#include "ui/screen/mouse.h"

#include "ui/screen/commands.h"
#include "ui/screen/layout.h"
#include "ui/screen/screen_draw.h"

#define WHEEL_ROWS 3

/* Where a list is drawn, and whose it is. */
struct target {
    const struct view *view;
    struct rect rows;
};

static bool is_in(struct rect r, const struct key *key)
{
    return key->row >= r.row && key->row < r.row + r.rows && key->col >= r.col &&
           key->col < r.col + r.cols;
}

static struct rect list_of(const struct view *view, struct rect r)
{
    int above = 1 + view->head_rows; /* the title */

    return (struct rect){r.row + above, r.col, r.rows - above, r.cols};
}

/* Popups are typed into, and a click beside them is not for what is below. */
static bool find(const struct screen *s, const struct layout *l, const struct key *key,
                 struct target *out)
{
    const struct view *top = screen_view(s);

    if (top->kind == VIEW_WHOLE && is_in(l->body, key)) {
        *out = (struct target){top, list_of(top, l->body)};
        return true;
    }
    for (size_t i = 0; top->kind == VIEW_PANE && i < l->n_panes; i++) {
        if (!is_in(l->panes[i].rect, key))
            continue;
        *out = (struct target){l->panes[i].view, list_of(l->panes[i].view, l->panes[i].rect)};
        return true;
    }
    return false;
}

static void click_row(struct screen *s, const struct target *t, const struct key *key)
{
    size_t n = t->view->rows ? t->view->rows(s) : 0;
    size_t room = t->rows.rows > 0 ? (size_t)t->rows.rows : 0;
    size_t chosen = screen_chosen(s, t->view), row;

    if (n == 0 || !is_in(t->rows, key))
        return;
    row = view_first_row(n, chosen, room) + (size_t)(key->row - t->rows.row);
    if (row >= n)
        return;
    if (row == chosen && s->clicked == t->view && t->view->enter)
        t->view->enter(s, row);
    else
        screen_choose(s, t->view, row);
    s->clicked = t->view;
}

static void click(struct screen *s, const struct layout *l, const struct key *key)
{
    struct target t;

    if (is_in(l->keys, key)) {
        const struct command *c = keys_command_at(s, l->keys, key->col);
        const struct binding *b = c ? command_key(s, c) : NULL;

        if (b) /* its words may say more than the name */
            command_run(s, slice_of(b->command));
        return;
    }
    if (!find(s, l, key, &t))
        return;
    if (t.view->kind == VIEW_PANE)
        s->focus = t.view;
    if (t.view->click && is_in(t.rows, key))
        t.view->click(s, t.rows, key->row - t.rows.row);
    else
        click_row(s, &t, key);
}

/* Moves the choice, as the list shows the rows around it. */
static void roll(struct screen *s, const struct layout *l, const struct key *key)
{
    struct target t;
    size_t n, at;

    if (!find(s, l, key, &t) || !t.view->rows)
        return;
    n = t.view->rows(s);
    at = screen_chosen(s, t.view);
    if (n == 0)
        return;
    if (key->mouse == MOUSE_WHEEL_UP)
        at = at > WHEEL_ROWS ? at - WHEEL_ROWS : 0;
    else
        at = at + WHEEL_ROWS < n ? at + WHEEL_ROWS : n - 1;
    screen_choose(s, t.view, at);
}

void mouse_key(struct screen *s, const struct key *key)
{
    struct layout l;

    layout_of(s, s->cells.rows, s->cells.cols, &l);
    if (l.too_small || s->prompt != PROMPT_NONE)
        return;
    if (key->mouse == MOUSE_PRESS)
        click(s, &l, key);
    else if (key->mouse == MOUSE_WHEEL_UP || key->mouse == MOUSE_WHEEL_DOWN)
        roll(s, &l, key);
}
