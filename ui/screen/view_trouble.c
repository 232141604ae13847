/* What is wrong with the telephone where there is none: what, why, and what to do. */
#include "ui/screen/screen.h"

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    struct slice rest = buf_slice(&s->trouble), head = slice_cut(&rest, '\n');
    int row = 0;

    if (head.n == 0) {
        view_put_text(cells, r, row, STYLE_GOOD, SLICE("The telephone answers."));
        return;
    }
    row = view_put_text(cells, r, row, STYLE_BAD, head);
    row = view_put_text(cells, r, row, STYLE_STRONG, slice_cut(&rest, '\n')) + 1;
    while (rest.n > 0)
        row = view_put_text(cells, r, row, STYLE_NORMAL, slice_cut(&rest, '\n'));
}

const struct view view_trouble = {
    .name = "trouble", .title = "No telephone", .kind = VIEW_WHOLE, .draw = draw};
