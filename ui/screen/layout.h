/* ui/screen/layout.h - where things lie on a screen of some size. */
#ifndef UI_SCREEN_LAYOUT_H
#define UI_SCREEN_LAYOUT_H

#include "ui/screen/screen.h"

#define LAYOUT_PANES 4u

struct layout_pane {
    const struct view *view;
    struct rect rect; /* its title is the first row */
};

struct layout {
    bool too_small;
    struct rect status; /* the first row */
    struct rect top;    /* the line below, or the call that comes in */
    struct rect body;   /* of whole views, with their title */
    struct rect keys;   /* the last row */
    struct layout_pane panes[LAYOUT_PANES];
    size_t n_panes;
    int middle_col;    /* of the line between two columns; below 0: there is one column */
    int middle_row;    /* of the line between panes above each other; below 0: none */
};

void layout_of(const struct screen *screen, int rows, int cols, struct layout *out);
/* The pane that is so many further than view, going round. */
const struct view *layout_neighbour(const struct view *view, int by);

#endif
