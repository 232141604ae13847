/* ui/screen/ladder.h - SIP messages as a ladder: a column for us and one for each address that we
 * exchange messages with, an arrow for each message. */
#ifndef UI_SCREEN_LADDER_H
#define UI_SCREEN_LADDER_H

#include "ui/screen/cells.h"
#include "ui/screen/model.h"

#define LADDER_FAR_MAX 8u /* columns beside ours */
#define LADDER_HEAD_ROWS 2

/* Where somebody stands. The text lives as long as the model is not changed. */
struct ladder_column {
    const char *address; /* "": of all for whom there is no room */
    char name[128];      /* safe text */
    int col;
};

struct ladder {
    int time_cols;     /* of the times on the left */
    bool milliseconds; /* are told in them */
    int our_col;       /* of our own line */
    const char *ours;  /* our address where it is one and the same, else "" */
    struct ladder_column far[LADDER_FAR_MAX];
    size_t n;
};

/* The columns for n messages, by the numbers of them, in so many columns of the screen: servers of
 * accounts next to us, then the others in the order in which they appear. */
void ladder_of(const struct model *model, const uint64_t *numbers, size_t n, int cols,
               struct ladder *out);
/* Names and, in the second row, addresses. */
void ladder_draw_heads(const struct ladder *ladder, struct cells *cells, struct rect within);
/* One message in one row. */
void ladder_draw(const struct ladder *ladder, const struct traced *t, bool marked,
                 struct cells *cells, struct rect row);
/* "12:30:45.123", local time; without milliseconds "12:30:45". */
void ladder_put_time(struct buf *out, double unix_time, bool milliseconds);

#endif
