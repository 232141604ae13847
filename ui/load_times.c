#include "ui/load_times.h"

/* Below STEPS each microsecond has a place of its own; from there on each doubling has STEPS
 * places. The doubling of a time is the number of bits behind its first eight. */
static unsigned doubling_of(uint64_t us)
{
    unsigned n = 0;

    while (us >> n >= 2 * LOAD_TIMES_STEPS)
        n++;
    return n;
}

static unsigned place_of(uint64_t us)
{
    unsigned n = doubling_of(us);
    uint64_t place = n * LOAD_TIMES_STEPS + (us >> n);

    return place < LOAD_TIMES_PLACES ? (unsigned)place : LOAD_TIMES_PLACES - 1;
}

/* The middle of what falls into a place. */
static double us_of(unsigned place)
{
    unsigned n = place < 2 * LOAD_TIMES_STEPS ? 0 : place / LOAD_TIMES_STEPS - 1;
    uint64_t first = (uint64_t)(place - n * LOAD_TIMES_STEPS) << n;

    return (double)first + (double)((UINT64_C(1) << n) - 1) / 2;
}

void load_times_add(struct load_times *times, uint64_t us)
{
    times->n++;
    times->at[place_of(us)]++;
    if (us > times->max_us)
        times->max_us = us;
}

double load_times_ms(const struct load_times *times, unsigned percent)
{
    uint64_t rank = (times->n * percent + 99) / 100, seen = 0;
    double us = 0, max_us = (double)times->max_us;

    for (unsigned place = 0; place < LOAD_TIMES_PLACES && seen < rank; place++) {
        seen += times->at[place];
        us = us_of(place);
    }
    return (percent == 100 || us > max_us ? max_us : us) / 1000;
}
