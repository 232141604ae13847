#include "audio/resample.h"

#include <errno.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

struct resample {
    uint32_t in_hz, out_hz;
    unsigned channels;
    SpeexResamplerState *speex; /* NULL: equal rates */
    size_t held;                /* samples of input that the filter has yet to give back */
};

int resample_new(uint32_t in_hz, uint32_t out_hz, int quality, struct resample **out)
{
    return resample_new_of(1, in_hz, out_hz, quality, out);
}

int resample_new_of(unsigned channels, uint32_t in_hz, uint32_t out_hz, int quality,
                    struct resample **out)
{
    struct resample *r;
    int err = 0;

    if (in_hz < 1000 || in_hz > 384000 || out_hz < 1000 || out_hz > 384000)
        return -EINVAL;
    r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    r->in_hz = in_hz;
    r->out_hz = out_hz;
    r->channels = channels;
    if (in_hz != out_hz) {
        r->speex = speex_resampler_init(channels, in_hz, out_hz, quality, &err);
        if (!r->speex) {
            free(r);
            return err == RESAMPLER_ERR_ALLOC_FAILED ? -ENOMEM : -EINVAL;
        }
        speex_resampler_skip_zeros(r->speex);
        r->held = (size_t)speex_resampler_get_input_latency(r->speex);
    }
    *out = r;
    return 0;
}

void resample_free(struct resample *r)
{
    if (r && r->speex)
        speex_resampler_destroy(r->speex);
    free(r);
}

size_t resample_room(const struct resample *r, size_t n)
{
    return !r->speex ? n : (size_t)((uint64_t)n * r->out_hz / r->in_hz) + 2;
}

/* Whatever number of channels they have. */
static int process(struct resample *r, const int16_t *in, spx_uint32_t *n_in, int16_t *out,
                   spx_uint32_t *n_out)
{
    if (r->channels == 1)
        return speex_resampler_process_int(r->speex, 0, in, n_in, out, n_out);
    return speex_resampler_process_interleaved_int(r->speex, in, n_in, out, n_out);
}

size_t resample_run(struct resample *r, const int16_t *in, size_t n, int16_t *out, size_t room)
{
    spx_uint32_t in_left = (spx_uint32_t)n, out_left = (spx_uint32_t)room;

    if (!r->speex) {
        n = n < room ? n : room;
        memcpy(out, in, n * r->channels * sizeof *out);
        return n;
    }
    if (process(r, in, &in_left, out, &out_left) != 0)
        return 0;
    return out_left;
}

size_t resample_flush(struct resample *r, int16_t *out, size_t room)
{
    static const int16_t zeros[2 * 64];
    size_t done = 0;

    while (r->held > 0 && done < room) {
        spx_uint32_t in_left = (spx_uint32_t)(r->held < 64 ? r->held : 64);
        spx_uint32_t out_left = (spx_uint32_t)(room - done);

        if (process(r, zeros, &in_left, out + done * r->channels, &out_left) != 0 ||
            (in_left == 0 && out_left == 0))
            break;
        r->held -= in_left;
        done += out_left;
    }
    return done;
}

/* The mean of times samples of a channel, each so many frames apart. */
static int16_t mean_of(const int16_t *in, unsigned channels, uint32_t times)
{
    int32_t sum = 0;

    for (uint32_t i = 0; i < times; i++)
        sum += in[i * channels];
    return (int16_t)(sum / (int32_t)times);
}

/* One that lies i of times steps from one to the next. */
static int16_t between(int16_t one, int16_t next, uint32_t i, uint32_t times)
{
    return (int16_t)(one + (int32_t)(next - one) * (int32_t)i / (int32_t)times);
}

size_t resample_piece(unsigned channels, uint32_t in_hz, uint32_t out_hz, const int16_t *in,
                      size_t n, int16_t *out)
{
    uint32_t up = out_hz > in_hz ? out_hz / in_hz : 1, down = in_hz > out_hz ? in_hz / out_hz : 1;
    size_t made = n / down * up;

    for (size_t i = 0; i < made * channels; i++) {
        size_t frame = i / channels / up * down, next = frame + (frame + 1 < n);
        const int16_t *one = in + frame * channels + i % channels;

        out[i] = down > 1 ? mean_of(one, channels, down)
                          : between(*one, in[next * channels + i % channels],
                                    (uint32_t)(i / channels % up), up);
    }
    return made;
}
