/* phone/media_half.h - one of the two halves that a sound file is read or written by: while the
 * media thread is at the one, a worker is at the other. */
#ifndef PHONE_MEDIA_HALF_H
#define PHONE_MEDIA_HALF_H

#include <stddef.h>
#include <stdint.h>

struct media_half {
    int16_t *samples;
    size_t n, cap; /* of values, which are whole frames */
    uint32_t rate_hz;
    uint8_t channels;
};

/* A half has memory only while there is something in it: most of the time one of a file's two.
 * 0 or -ENOMEM. */
int media_half_make(struct media_half *half, uint32_t rate_hz, uint8_t channels);
void media_half_drop(struct media_half *half);
/* What is behind `at` in it, at another rate: a fraction of a second at most. Without memory it is
 * lost. */
void media_half_convert(struct media_half *half, size_t at, uint32_t rate_hz);
void media_half_swap(struct media_half *a, struct media_half *b);

#endif
