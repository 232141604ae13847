#include "audio/mixer.h"

#include <string.h>

static int16_t clip(int32_t value)
{
    if (value > INT16_MAX)
        return INT16_MAX;
    return value < INT16_MIN ? INT16_MIN : (int16_t)value;
}

void mixer_clear(struct mixer *m, size_t n)
{
    m->n = n > 2 * MIXER_SAMPLES ? 2 * MIXER_SAMPLES : n;
    memset(m->sum, 0, m->n * sizeof m->sum[0]);
}

void mixer_add(struct mixer *m, const int16_t *samples, size_t n)
{
    if (n > m->n)
        n = m->n;
    for (size_t i = 0; i < n; i++)
        m->sum[i] += samples[i];
}

void mixer_get(const struct mixer *m, const int16_t *own, int16_t *out)
{
    for (size_t i = 0; i < m->n; i++)
        out[i] = clip(own ? m->sum[i] - own[i] : m->sum[i]);
}

void mixer_onto(int16_t *into, const int16_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        into[i] = clip(into[i] + from[i]);
}
