/* audio/period.h - by how much a sound must be moved to be most like itself: the period of a voice.
 *
 * Likeness is the cross-correlation of the two, divided by the root of the product of their
 * energies, so that loudness does not count. It is looked for twice, as ITU-T G.711 Appendix I
 * does: coarsely in every so-many-eth frame, then in full beside the best of those.
 *
 * Counts and lags are of values: of two channels, interleaved, multiples of two. */
#ifndef AUDIO_PERIOD_H
#define AUDIO_PERIOD_H

#include <stddef.h>
#include <stdint.h>

/* How alike n values of a and b are, comparing every step-th value of each channel, which is a
 * multiple of channels: -1 to 1, and 0 where one of them is silent. */
double period_likeness(const int16_t *a, const int16_t *b, size_t n, size_t channels, size_t step);

struct period_range {
    size_t least, most; /* lags that are tried */
    size_t channels;
    size_t step; /* from one value that is compared at first to the next; a multiple of channels */
};

struct period {
    size_t lag; /* the least of those that fit best; 0: least is more than most */
    double likeness;
};

/* The lag at which the n values at samples are most like those before them, where direction is -1,
 * or behind them, where it is 1. most values must be there on that side. */
struct period period_find(const int16_t *samples, size_t n, ptrdiff_t direction,
                          const struct period_range *range);

#endif
