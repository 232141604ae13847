/* audio/stretch.h - playing a stretch of speech a little faster or slower at the same pitch, by
 * leaving out or repeating one period where it matches its neighbour (WSOLA). Mono, in place. */
#ifndef AUDIO_STRETCH_H
#define AUDIO_STRETCH_H

#include <stddef.h>
#include <stdint.h>

/* The most that one call adds or takes away, and the least length that it works on. */
#define STRETCH_PERIOD_MAX_MS 10
#define STRETCH_LEAST_MS 20

/* Both return the new number of samples: n as it was where the sound has no period that could go
 * or come without being heard, or where n is under STRETCH_LEAST_MS. stretch_expand needs room for
 * n + rate_hz / 100 samples. */
size_t stretch_accelerate(int16_t *samples, size_t n, uint32_t rate_hz);
size_t stretch_expand(int16_t *samples, size_t n, uint32_t rate_hz);

#endif
