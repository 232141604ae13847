/* audio/mixer.h - sums of sounds, clipped only at the end. */
#ifndef AUDIO_MIXER_H
#define AUDIO_MIXER_H

#include <stddef.h>
#include <stdint.h>

#define MIXER_SAMPLES 5760 /* 120 ms at 48 kHz */

/* A plain value; up to 65,536 full-scale sounds do not overflow it. Of two channels it has room for
 * MIXER_SAMPLES each; how they stand in it is its owner's matter. */
struct mixer {
    size_t n;
    int32_t sum[2 * MIXER_SAMPLES];
};

/* Silence of n samples, at most 2 * MIXER_SAMPLES. */
void mixer_clear(struct mixer *m, size_t n);
/* Adds n samples; what is behind the mixer's end is left out. */
void mixer_add(struct mixer *m, const int16_t *samples, size_t n);
/* The sum, or the sum without one's own voice where own (as long as the mixer) is not NULL. */
void mixer_get(const struct mixer *m, const int16_t *own, int16_t *out);

/* For two sounds: adds from to into, clipped. */
void mixer_onto(int16_t *into, const int16_t *from, size_t n);

#endif
