#include "phone/media_microphone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "audio/resample.h"
#include "audio/stereo.h"

#define MOST_MS 150 /* one packet of 120 ms and some */
#define PIECE 512   /* samples that are converted at a time */

static bool prepare(struct media_microphone *m, uint32_t in_hz, struct media_form out)
{
    if (m->resample && m->in.rate_hz == in_hz && m->out.rate_hz == out.rate_hz &&
        m->out.channels == out.channels)
        return true;
    media_microphone_free(m);
    m->cap = out.rate_hz / 1000 * MOST_MS;
    m->samples = malloc(m->cap * out.channels * sizeof *m->samples);
    if (!m->samples ||
        resample_new_of(out.channels, in_hz, out.rate_hz, RESAMPLE_CALL, &m->resample) != 0)
        return false;
    m->in.rate_hz = in_hz;
    m->out = out;
    return true;
}

static int16_t *frame_at(const struct media_microphone *m, size_t at)
{
    return m->samples + at * m->out.channels;
}

static size_t bytes_of(const struct media_microphone *m, size_t n)
{
    return n * m->out.channels * sizeof *m->samples;
}

static void drop_oldest(struct media_microphone *m, size_t n)
{
    n = n < m->n ? n : m->n;
    m->n -= n;
    memmove(m->samples, frame_at(m, n), bytes_of(m, m->n));
}

/* Of as many channels as wait. */
static void add(struct media_microphone *m, const int16_t *frames, size_t n)
{
    size_t room = resample_room(m->resample, n);

    if (room > m->cap)
        return;
    if (m->n + room > m->cap)
        drop_oldest(m, m->n + room - m->cap);
    m->n += resample_run(m->resample, frames, n, frame_at(m, m->n), m->cap - m->n);
}

void media_microphone_push(struct media_microphone *m, const int16_t *samples, size_t n,
                           struct media_form in, struct media_form out)
{
    int16_t frames[2 * PIECE];

    if (!prepare(m, in.rate_hz, out))
        return;
    m->in.channels = in.channels;
    if (in.channels == out.channels) {
        add(m, samples, n);
        return;
    }
    for (size_t part; n > 0; n -= part, samples += part * in.channels) {
        part = n < PIECE ? n : PIECE;
        stereo_convert(samples, part, in.channels, frames, out.channels);
        add(m, frames, part);
    }
}

size_t media_microphone_read(struct media_microphone *m, int16_t *out, size_t n, unsigned *channels)
{
    if (m->in.channels < *channels)
        *channels = 1;
    n = n < m->n ? n : m->n;
    if (!n)
        return 0;
    stereo_convert(m->samples, n, m->out.channels, out, *channels);
    drop_oldest(m, n);
    return n;
}

void media_microphone_keep(struct media_microphone *m, uint64_t us)
{
    uint64_t most = us * m->out.rate_hz / 1000000;

    if (m->n > most)
        drop_oldest(m, m->n - (size_t)most);
}

void media_microphone_free(struct media_microphone *m)
{
    resample_free(m->resample);
    free(m->samples);
    *m = (struct media_microphone){0};
}
