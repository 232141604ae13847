/* base/timers.h - deadlines as data: a heap of (when, whose). Who owns the clock pops it.
 *
 * A timer is a member of the thing that waits. It is in at most one heap; setting it again moves
 * it. The heap allocates only in timers_reserve, so setting a timer never fails. */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEVER_MS UINT64_MAX

struct timer {
    uint64_t when_ms;
    size_t place; /* 1 and up in the heap; 0: not set */
};

struct timers {
    struct timer **heap; /* heap[1] is the earliest */
    size_t n, cap;
};

void timers_free(struct timers *all);
/* Room for n timers in all. 0 or -ENOMEM. Call when a thing with timers is made. */
int timers_reserve(struct timers *all, size_t n);
/* Due at when_ms; NEVER_MS clears it. */
void timers_set(struct timers *all, struct timer *t, uint64_t when_ms);
void timers_clear(struct timers *all, struct timer *t);
bool timer_is_set(const struct timer *t);
/* When the earliest is due, or NEVER_MS. */
uint64_t timers_next_ms(const struct timers *all);
/* Takes out and returns the earliest one that is due at now_ms, or NULL. */
struct timer *timers_pop(struct timers *all, uint64_t now_ms);

#endif
