/* net/loop.h - the event loop of one thread, and deadlines on it.
 *
 * The signalling thread has one, the media thread another. Everything made on a loop is used and
 * closed on that loop's thread. Closing is asynchronous inside libuv: each _close or _free of
 * src/net stops all callbacks at once, and gives the memory back on a later turn. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <uv.h>

#include "base/timers.h"

struct net_loop;
struct net_spawner;

/* 0 or a negative errno. */
int net_loop_new(struct net_loop **out);
/* Ends what _close calls have left to do, then frees the loop. Whatever was made on it must have
 * been closed before. NULL is fine. */
void net_loop_free(struct net_loop *loop);
/* The same until until_ms. False: a worker is still at something, a disk that does not answer say;
 * the loop stays as it is, and the program is to end by _exit, as exit would wait for it. */
bool net_loop_free_by(struct net_loop *loop, uint64_t until_ms);
/* For handles of the caller's own: signals, polls, asyncs. */
uv_loop_t *net_loop_uv(struct net_loop *loop);

/* libuv starts its workers for the first uv_queue_work and keeps them; where it cannot, it ends the
 * program. So who lives long has them started while there is memory. */
void net_loop_start_workers(struct net_loop *loop);

/* Who starts programs for those who live on the loop; NULL: they do it themselves. */
void net_loop_set_spawner(struct net_loop *loop, struct net_spawner *spawner);
struct net_spawner *net_loop_spawner(const struct net_loop *loop);

/* Turns until net_loop_stop, or until nothing is left that could happen. */
void net_loop_run(struct net_loop *loop);
void net_loop_stop(struct net_loop *loop);
/* One turn; waits for something to happen only if wait is true. */
void net_loop_turn(struct net_loop *loop, bool wait);

/* The monotonic clock, read anew at each call; the same on all threads, never back. */
uint64_t net_now_ms(void);
uint64_t net_now_us(void);
/* until_ms, or least_ms from now where that is later: who is last has a moment, too. */
uint64_t net_at_least_ms(uint64_t until_ms, uint64_t least_ms);
/* How long it is from now to until_ms; 0 where that has passed. */
uint64_t net_left_ms(uint64_t until_ms);

/* One moment to be woken at. An owner with many timers keeps them in a struct timers and sets its
 * deadline to the earliest. */
struct net_deadline;

/* on_due(arg) runs from the loop, at when_ms or later; it may set the deadline again or free it.
 * The deadline is then clear. 0 or a negative errno. */
int net_deadline_new(struct net_loop *loop, void (*on_due)(void *arg), void *arg,
                     struct net_deadline **out);
void net_deadline_free(struct net_deadline *deadline); /* NULL is fine */
/* when_ms by net_now_ms; a moment in the past means the next turn, NEVER_MS clears. */
void net_deadline_set(struct net_deadline *deadline, uint64_t when_ms);

#endif
