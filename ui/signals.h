/* ui/signals.h - SIGINT, SIGTERM and SIGHUP: the first asks the program to end in good order, a
 * second one ends it at once. SIGHUP that nohup(1) ignores stays ignored. */
#ifndef UI_SIGNALS_H
#define UI_SIGNALS_H

struct net_loop;
struct signals;

/* first(arg) runs from the loop. leave(arg) runs before the process ends by the second signal; it
 * may be NULL. 0 or a negative errno. */
int signals_new(struct net_loop *loop, void (*first)(void *arg), void (*leave)(void *arg),
                void *arg, struct signals **out);
/* The number of the first that came; 0: none has. */
int signals_first(const struct signals *signals);
/* Where a signal has come, further ones do nothing from now on: the status is to be our own. NULL
 * is fine. */
void signals_free(struct signals *signals);

#endif
