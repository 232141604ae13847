/* phone/media_microphone.h - samples of the microphone at the encoder's rate, on their way into a
 * packet. Pure; allocates only where a rate, or the encoder's number of channels, changes.
 *
 * What waits has the channels of the encoder, whatever the microphone has just now: that may change
 * at any moment, and another resampler would be a click. Counts are per channel. */
#ifndef PHONE_MEDIA_MICROPHONE_H
#define PHONE_MEDIA_MICROPHONE_H

#include <stddef.h>
#include <stdint.h>

struct resample;

/* How sound comes, or is wanted. */
struct media_form {
    uint32_t rate_hz;
    unsigned channels; /* 1 or 2, interleaved */
};

/* All zero at first. */
struct media_microphone {
    struct resample *resample;
    struct media_form in, out; /* in: of what came last */
    int16_t *samples;
    size_t n, cap;
};

/* Adds n samples. What no packet takes is dropped, the oldest first; and all without memory. */
void media_microphone_push(struct media_microphone *m, const int16_t *samples, size_t n,
                           struct media_form in, struct media_form out);
/* Takes up to n samples, the oldest; returns how many there were. *channels: as many as are wanted
 * at most, then what there are. */
size_t media_microphone_read(struct media_microphone *m, int16_t *out, size_t n,
                             unsigned *channels);
/* Drops all but the latest so many microseconds. */
void media_microphone_keep(struct media_microphone *m, uint64_t us);
void media_microphone_free(struct media_microphone *m);

#endif
