#include "phone/media_microphone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "audio/resample.h"

#define MOST_MS 150 /* one packet of 120 ms and some */

static bool prepare(struct media_microphone *m, uint32_t in_hz, uint32_t out_hz)
{
    if (m->resample && m->in_hz == in_hz && m->out_hz == out_hz)
        return true;
    media_microphone_free(m);
    m->cap = out_hz / 1000 * MOST_MS;
    m->samples = malloc(m->cap * sizeof *m->samples);
    if (!m->samples || resample_new(in_hz, out_hz, RESAMPLE_CALL, &m->resample) != 0)
        return false;
    m->in_hz = in_hz;
    m->out_hz = out_hz;
    return true;
}

static void drop_oldest(struct media_microphone *m, size_t n)
{
    n = n < m->n ? n : m->n;
    m->n -= n;
    memmove(m->samples, m->samples + n, m->n * sizeof *m->samples);
}

void media_microphone_push(struct media_microphone *m, const int16_t *samples, size_t n,
                           uint32_t in_hz, uint32_t out_hz)
{
    size_t room;

    if (!prepare(m, in_hz, out_hz))
        return;
    room = resample_room(m->resample, n);
    if (room > m->cap)
        return;
    if (m->n + room > m->cap)
        drop_oldest(m, m->n + room - m->cap);
    m->n += resample_run(m->resample, samples, n, m->samples + m->n, m->cap - m->n);
}

size_t media_microphone_read(struct media_microphone *m, int16_t *out, size_t n)
{
    n = n < m->n ? n : m->n;
    if (!n)
        return 0;
    memcpy(out, m->samples, n * sizeof *out);
    drop_oldest(m, n);
    return n;
}

void media_microphone_keep(struct media_microphone *m, uint64_t us)
{
    uint64_t most = us * m->out_hz / 1000000;

    if (m->n > most)
        drop_oldest(m, m->n - (size_t)most);
}

void media_microphone_free(struct media_microphone *m)
{
    resample_free(m->resample);
    free(m->samples);
    *m = (struct media_microphone){0};
}
