/* ui/prompt.h - asks a person for a password, on the controlling terminal and nowhere else.
 *
 * What is typed is not shown, and is wiped when it has been handed over. The terminal is as it was
 * before whenever this program does not wait for the password: after the answer, when it ends by a
 * signal, and while it is stopped (Ctrl-Z). */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include "base/slice.h"

struct net_loop;
struct prompt;

/* The line without its end, which lives until the call returns; p NULL: there was no answer
 * (Ctrl-D, or the terminal is gone). */
typedef void prompt_fn(void *arg, struct slice line);

/* Shows question, which is ours or was made safe. on_line runs from the loop, once; it may free the
 * prompt. 0; -ENOTTY: we have no terminal, or are in its background; another negative errno. */
int prompt_open(struct net_loop *loop, const char *question, prompt_fn *on_line, void *arg,
                struct prompt **out);
/* Gives the terminal back; on_line will not run any more. NULL is fine. */
void prompt_free(struct prompt *prompt);
/* The same at once, for who leaves by _exit. NULL is fine. */
void prompt_leave(struct prompt *prompt);

#endif
