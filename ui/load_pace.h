/* ui/load_pace.h - when the calls of tphone load are due: by absolute time, so that small delays do
 * not add up.
 *
 * After a stall, as of a busy machine or a suspended one, at most the calls of LOAD_CATCH_UP_US are
 * made up for at once; the schedule moves on by the rest. Pure: whoever owns it reads the clock. */
#ifndef UI_LOAD_PACE_H
#define UI_LOAD_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define LOAD_CATCH_UP_US 100000u

struct load_pace {
    uint64_t start_us;   /* when the first call was due, moved on by stalls */
    uint64_t milli_rate; /* calls in 1,000 seconds, not 0 */
    uint64_t placed;
    uint64_t stalled_us; /* by which it was moved on, in all */
};

struct load_pace load_pace_new(uint64_t now_us, uint64_t milli_rate);
/* When the next call is due. */
uint64_t load_pace_due_us(const struct load_pace *pace);
/* Whether a call is due now; if so it counts as placed. Moves the schedule on after a stall. */
bool load_pace_take(struct load_pace *pace, uint64_t now_us);

#endif
