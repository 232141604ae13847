#include "phone/media_half.h"

#include <errno.h>
#include <stdlib.h>

#include "audio/resample.h"

/* A fifth of a second: enough for a busy disk, little for a thousand calls. */
static size_t half_samples(uint32_t rate_hz)
{
    return rate_hz / 5;
}

int media_half_make(struct media_half *half, uint32_t rate_hz, uint8_t channels)
{
    size_t cap = half_samples(rate_hz) * channels;
    int16_t *samples = malloc(cap * sizeof *samples);

    if (!samples)
        return -ENOMEM;
    *half = (struct media_half){samples, 0, cap, rate_hz, channels};
    return 0;
}

void media_half_drop(struct media_half *half)
{
    free(half->samples);
    *half = (struct media_half){.samples = NULL};
}

void media_half_convert(struct media_half *half, size_t at, uint32_t rate_hz)
{
    const uint8_t channels = half->channels;
    struct media_half other = {.rate_hz = rate_hz, .channels = channels};
    size_t frames = (half->n - at) / channels, n, room = 0;
    struct resample *resample = NULL;

    if (resample_new_of(channels, half->rate_hz, rate_hz, RESAMPLE_CALL, &resample) == 0) {
        room = resample_room(resample, frames) + half_samples(rate_hz);
        other.cap = room * channels;
        other.samples = malloc(other.cap * sizeof *other.samples);
    }
    if (other.samples) {
        n = resample_run(resample, half->samples + at, frames, other.samples, room);
        n += resample_flush(resample, other.samples + n * channels, room - n);
        other.n = n * channels;
    }
    resample_free(resample);
    media_half_drop(half);
    *half = other;
}

void media_half_swap(struct media_half *a, struct media_half *b)
{
    struct media_half t = *a;

    *a = *b;
    *b = t;
}
