/* ui/screen/terminfo.h - what this terminal can do, by the terminfo of ncurses; the only file of
 * ours that includes it, as its names would collide with everybody's. */
#ifndef UI_SCREEN_TERMINFO_H
#define UI_SCREEN_TERMINFO_H

#include "base/buf.h"

struct terminfo {
    const char *move;               /* takes row and column */
    const char *clear;              /* the screen; the cursor goes to its upper left corner */
    const char *enter, *leave;      /* the screen of full-screen programs */
    const char *keys_on, *keys_off; /* arrows and the like are sent as terminfo has them */
    const char *hide, *show;        /* the cursor */
    const char *wrap, *no_wrap;     /* what is beyond the last column goes on in the next row */
    const char *plain;              /* no attributes */
    const char *bold, *dim, *reverse, *underline;
    const char *front, *back;      /* take a colour */
    const char *title, *title_end; /* around the text of the title; NULL: it has none */
    int colours;                   /* 0, 8, 16 or 256 */
};

/* Looks the terminal up that TERM names. What is NULL it cannot do. 0; -ENOENT: it is unknown;
 * -ENOTSUP: it cannot move its cursor. Strings live as long as the process. */
int terminfo_open(const char *name, struct terminfo *out);
/* Another capability by its name in terminfo(5), as "kcuu1"; NULL: it has none. */
const char *terminfo_string(const char *name);

/* Appends a capability with its values filled in; NULL: nothing. */
void terminfo_put(struct buf *out, const char *capability);
void terminfo_put2(struct buf *out, const char *capability, int first, int second);

#endif
