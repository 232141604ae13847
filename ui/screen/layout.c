#include "ui/screen/layout.h"

/* In the order of Tab: the left column from above, then the right one. */
static const struct view *const panes[LAYOUT_PANES] = {&view_calls, &view_call, &view_contacts,
                                                       &view_history};

const struct view *layout_neighbour(const struct view *view, int by)
{
    for (size_t i = 0; i < LAYOUT_PANES; i++)
        if (panes[i] == view)
            return panes[(i + LAYOUT_PANES + (size_t)by) % LAYOUT_PANES];
    return panes[0];
}

static void add(struct layout *l, const struct view *view, int row, int col, int rows, int cols)
{
    l->panes[l->n_panes++] = (struct layout_pane){view, {row, col, rows, cols}};
}

static int rows_of_calls(const struct screen *s, int most)
{
    int n = 1 + (int)(s->model->n_calls > 0 ? s->model->n_calls : 1);

    return n < most ? n : most;
}

/* Two above two; the lower two are as high on both sides. */
static void two_columns(struct layout *l, struct rect body)
{
    int left = (body.cols - 1) / 2, right = body.cols - 1 - left;
    int upper = (body.rows - 1) / 2, lower = body.rows - 1 - upper;
    int below = body.row + upper + 1;

    l->middle_col = left;
    l->middle_row = body.row + upper;
    add(l, &view_calls, body.row, 0, upper, left);
    add(l, &view_call, below, 0, lower, left);
    add(l, &view_contacts, body.row, left + 1, upper, right);
    add(l, &view_history, below, left + 1, lower, right);
}

/* The calls, and below them the pane that has the focus: of the calls, the one that is chosen or,
 * as there is none, whom one could call. */
static void one_column(struct layout *l, const struct screen *s, struct rect body)
{
    const struct view *below = s->focus;
    int upper = rows_of_calls(s, body.rows / 2);

    if (below == &view_calls)
        below = s->model->n_calls > 0 ? &view_call : &view_contacts;
    l->middle_row = body.row + upper;
    add(l, &view_calls, body.row, 0, upper, body.cols);
    add(l, below, body.row + upper + 1, 0, body.rows - upper - 1, body.cols);
}

void layout_of(const struct screen *s, int rows, int cols, struct layout *out)
{
    *out = (struct layout){.middle_col = -1, .middle_row = -1};
    out->too_small = rows < SCREEN_ROWS_MIN || cols < SCREEN_COLS_MIN;
    if (out->too_small)
        return;
    out->status = (struct rect){0, 0, 1, cols};
    out->top = (struct rect){1, 0, 1, cols};
    out->body = (struct rect){2, 0, rows - 4, cols};
    out->keys = (struct rect){rows - 1, 0, 1, cols};
    if (s->bare)
        add(out, s->focus, out->body.row, 0, out->body.rows + 1, cols);
    else if (cols >= SCREEN_TWO_COLS_MIN)
        two_columns(out, out->body);
    else
        one_column(out, s, out->body);
}
