#include "audio/gap.h"

#include <string.h>

#include "audio/stretch.h"

enum { DRAWN_MS = 20 };

static unsigned channels_of(const struct gap *g)
{
    return g->channels == 2 ? 2 : 1;
}

static size_t bytes_of(const struct gap *g, size_t n)
{
    return n * channels_of(g) * sizeof(int16_t);
}

/* n samples at end, the second half of all that are drawn out more and more softly. */
static void draw_out(struct gap *g, int16_t *end, size_t n, uint32_t rate_hz)
{
    size_t most = (size_t)rate_hz / 1000 * DRAWN_MS, left = most - g->drawn;
    const unsigned channels = channels_of(g);

    if (!g->period)
        g->period = stretch_period(end, channels, rate_hz);
    left = left < n ? left : n;
    stretch_draw_out(end, channels, left, g->period);
    for (size_t i = 0; i < left * channels; i++) {
        size_t at = g->drawn + i / channels;

        if (at > most / 2)
            end[i] = (int16_t)(end[i] * 2 * (int64_t)(most - at) / (int64_t)most);
    }
    memset(end + left * channels, 0, bytes_of(g, n - left));
    g->drawn += left;
}

void gap_fill(struct gap *g, int16_t *samples, size_t got, size_t n, uint32_t rate_hz)
{
    const unsigned channels = channels_of(g);
    int16_t *now = g->line + GAP_KEPT * channels;

    if (n > GAP_ROOM || (size_t)rate_hz / 1000 * STRETCH_DRAW_MS > GAP_KEPT) {
        memset(samples + got * channels, 0, bytes_of(g, n - got));
        return;
    }
    memcpy(now, samples, bytes_of(g, got));
    if (got > 0 && g->period) {
        stretch_join(now, now, channels, got, g->period, rate_hz);
        g->period = g->drawn = 0;
    }
    if (got < n)
        draw_out(g, now + got * channels, n - got, rate_hz);
    memcpy(samples, now, bytes_of(g, n));
    memmove(g->line, g->line + n * channels, bytes_of(g, GAP_KEPT));
}
