/* net/pacer.h - the beat of the media: a callback every so many microseconds, on absolute
 * deadlines.
 *
 * Beat k is due at first + k * period by the monotonic clock, however late beat k - 1 was handled,
 * so lateness never adds up. After a stall (suspend, overload) the beats that were missed are
 * skipped, not replayed: one callback says how many there were.
 *
 * On Linux a timerfd wakes the loop to the microsecond (pacer_timerfd.c); elsewhere libuv's
 * millisecond timer does (pacer_uv.c). The build picks the file. */
#ifndef NET_PACER_H
#define NET_PACER_H

#include "net/loop.h"

struct net_pacer;

/* due_us: the moment of net_now_us that this beat stands for, in the past when it is called.
 * missed: beats skipped since the last callback, usually 0. The callback may start, stop or free
 * the pacer. */
typedef void net_pacer_beat(void *arg, uint64_t due_us, uint64_t missed);

/* Stopped at first. 0 or a negative errno. */
int net_pacer_new(struct net_loop *loop, net_pacer_beat *on_beat, void *arg,
                  struct net_pacer **out);
void net_pacer_free(struct net_pacer *pacer); /* NULL is fine */
/* First beat at first_us (in the past: now), then every period_us, which is not 0. A running pacer
 * changes its rhythm. 0 or a negative errno. */
int net_pacer_start(struct net_pacer *pacer, uint64_t first_us, uint32_t period_us);
void net_pacer_stop(struct net_pacer *pacer);

#endif
