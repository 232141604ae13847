/* ui/screen/term.h - the terminal that a person sits at: cells to it, keys from it.
 *
 * Nothing here waits: a terminal that takes no bytes misses pictures, and is shown the newest one
 * when it does again. Its modes are as they were after any end of the process that can be caught,
 * a crash too (ui/screen/restore.h), and while it is suspended. */
#ifndef UI_SCREEN_TERM_H
#define UI_SCREEN_TERM_H

#include "ui/screen/cells.h"
#include "ui/screen/key.h"

struct net_loop;
struct term;

struct term_options {
    const struct theme *theme;
    int colours; /* at most so many; 0: none */
    bool mouse;  /* clicks are told, which takes selecting from the terminal but for Shift */
};

struct term_events {
    void (*key)(void *arg, const struct key *key);
    void (*resized)(void *arg, int rows, int cols); /* also once behind a suspension */
    void (*gone)(void *arg);                        /* nobody is there any more */
};

/* Takes over the terminal of standard input and output. Callbacks come from the loop, and may not
 * free the term. 0, or a negative errno with a sentence in why. */
int term_open(struct net_loop *loop, const struct term_options *options,
              const struct term_events *events, void *arg, struct term **out, struct buf *why);
/* Gives it back as it was. NULL is fine. */
void term_close(struct term *term);

void term_size(const struct term *term, int *rows, int *cols);
/* Whether it shows UTF-8, by the locale. */
bool term_is_utf8(void);
/* Shows cells, as soon as it takes bytes: they are copied, and later ones count. */
void term_show(struct term *term, const struct cells *cells);
/* Draws from nothing what it is shown next. */
void term_redraw(struct term *term);
void term_bell(struct term *term);
/* Safe text. */
void term_title(struct term *term, const char *title);
/* Whether clicks are told from now on. */
void term_mouse(struct term *term, bool on);
/* Gives the terminal back and stops, as Ctrl-Z does; returns when it is to go on. */
void term_suspend(struct term *term);

#endif
