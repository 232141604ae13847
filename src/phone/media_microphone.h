/* phone/media_microphone.h - samples of the microphone at the encoder's rate, on their way into a
 * packet. Pure; allocates only where a rate changes. */
#ifndef PHONE_MEDIA_MICROPHONE_H
#define PHONE_MEDIA_MICROPHONE_H

#include <stddef.h>
#include <stdint.h>

struct resample;

/* All zero at first. */
struct media_microphone {
    struct resample *resample;
    uint32_t in_hz, out_hz;
    int16_t *samples;
    size_t n, cap;
};

/* Adds n samples of in_hz. What no packet takes is dropped, the oldest first; and all without
 * memory. */
void media_microphone_push(struct media_microphone *m, const int16_t *samples, size_t n,
                           uint32_t in_hz, uint32_t out_hz);
/* Takes up to n samples, the oldest; returns how many there were. */
size_t media_microphone_read(struct media_microphone *m, int16_t *out, size_t n);
/* Drops all but the latest so many microseconds. */
void media_microphone_keep(struct media_microphone *m, uint64_t us);
void media_microphone_free(struct media_microphone *m);

#endif
