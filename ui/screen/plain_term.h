/* ui/screen/plain_term.h - the terminal of a person to whom lines are read: every byte as it is
 * typed, and nothing that is not asked for.
 *
 * Its modes are as they were after any end of the process that can be caught, and while it is
 * stopped. */
#ifndef UI_SCREEN_PLAIN_TERM_H
#define UI_SCREEN_PLAIN_TERM_H

#include <termios.h>

struct net_loop;
struct plain_term;

/* Takes over the terminal of standard input and output where both are one, and it shows what is
 * typed: else *out is NULL, as somebody else (a shell of Emacs, a pipe) takes care of that.
 * back(arg) runs from the loop when the process goes on in the foreground. 0 or a negative
 * errno. */
int plain_term_new(struct net_loop *loop, void (*back)(void *arg), void *arg,
                   struct plain_term **out);
void plain_term_free(struct plain_term *term); /* NULL is fine */
/* Gives standard input these modes, and does not wait for a terminal that is stopped. */
void plain_term_modes(const struct termios *modes);
/* Gives it back and stops, as Ctrl-Z does; returns when the process goes on. */
void plain_term_suspend(struct plain_term *term);

#endif
