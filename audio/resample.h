/* audio/resample.h - from one fixed rate to another (speexdsp): of one channel, or of
 * two, interleaved. Every count of samples is per channel. */
#ifndef AUDIO_RESAMPLE_H
#define AUDIO_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct resample;

/* Quality as speexdsp counts it: 3 for speech in calls, 5 for files. */
#define RESAMPLE_CALL 3
#define RESAMPLE_FILE 5

/* Rates from 1,000 to 384,000 Hz. Equal rates are fine: samples are copied and nothing is delayed.
 * 0, -EINVAL or -ENOMEM. */
int resample_new(uint32_t in_hz, uint32_t out_hz, int quality, struct resample **out);
/* The same of 1 or 2 channels. */
int resample_new_of(unsigned channels, uint32_t in_hz, uint32_t out_hz, int quality,
                    struct resample **out);
void resample_free(struct resample *r);
/* Room that run needs for n samples in, at the worst. */
size_t resample_room(const struct resample *r, size_t n);
/* All n samples in; returns those that came out. Over a long run that is n * out_hz / in_hz; one
 * call may yield one more or less. The filter's delay is taken out of the beginning. */
size_t resample_run(struct resample *r, const int16_t *in, size_t n, int16_t *out, size_t room);
/* What the filter still holds back, at the end of the sound: at most room samples; call until 0. */
size_t resample_flush(struct resample *r, int16_t *out, size_t room);

/* A short piece by itself, at once and without a filter: for a packet or two between two codecs,
 * where one is not worth its memory and delay. One of the rates is a multiple of the other. Returns
 * the samples that out has now, n * out_hz / in_hz. */
size_t resample_piece(unsigned channels, uint32_t in_hz, uint32_t out_hz, const int16_t *in,
                      size_t n, int16_t *out);

#endif
