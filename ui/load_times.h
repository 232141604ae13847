/* ui/load_times.h - many times in little memory: how often each was measured, to within 1 %. */
#ifndef UI_LOAD_TIMES_H
#define UI_LOAD_TIMES_H

#include <stdint.h>

#define LOAD_TIMES_STEPS 128u /* of each doubling */
#define LOAD_TIMES_DOUBLINGS 30u
#define LOAD_TIMES_PLACES (LOAD_TIMES_STEPS * LOAD_TIMES_DOUBLINGS)

/* Zeroed: nothing was measured. Times above 38 hours count as that. */
struct load_times {
    uint64_t n, max_us;
    uint32_t at[LOAD_TIMES_PLACES];
};

void load_times_add(struct load_times *times, uint64_t us);
/* The time that this share of them, in percent, does not exceed; the longest one is exact. 0 where
 * nothing was measured. */
double load_times_ms(const struct load_times *times, unsigned percent);

#endif
