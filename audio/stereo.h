/* audio/stereo.h - one channel of two, and two of one. A frame is the left sample and the right one
 * behind it. In both, out may be the very place that is read from. */
#ifndef AUDIO_STEREO_H
#define AUDIO_STEREO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The mean of both channels, which nothing can make too loud. */
void stereo_mix(const int16_t *frames, size_t n, int16_t *out);
/* The same in both. */
void stereo_spread(const int16_t *mono, size_t n, int16_t *out);
/* n frames of so many channels (1 or 2) as frames of so many others. */
void stereo_convert(const int16_t *frames, size_t n, unsigned channels, int16_t *out,
                    unsigned wanted);

/* Whether both channels of all n are the same. */
bool stereo_same(const int16_t *frames, size_t n);

#endif
