/* ui/screen/paint.h - cells become bytes for a terminal: only what differs from what it shows.
 *
 * Two pictures that are equal make no byte at all. */
#ifndef UI_SCREEN_PAINT_H
#define UI_SCREEN_PAINT_H

#include "ui/screen/cells.h"
#include "ui/screen/terminfo.h"

struct paint {
    const struct terminfo *terminal;
    const struct theme *theme;
    int colours; /* 0, 8, 16, 256: no more than the terminal has */
    struct cells shown;
    bool known;       /* what the terminal shows is what stands in shown */
    int row, col;     /* of its cursor; row below 0: unknown */
    struct look look; /* it writes so, */
    bool look_known;  /* where this is true */
    bool cursor;      /* it shows its cursor */
};

void paint_init(struct paint *paint, const struct terminfo *terminal, const struct theme *theme,
                int colours);
void paint_free(struct paint *paint);
/* The terminal shows something else now: the next picture is drawn from nothing. */
void paint_forget(struct paint *paint);
/* Appends what makes the terminal show cells. */
void paint(struct paint *paint, const struct cells *cells, struct buf *out);

#endif
