#include "audio/gap.h"

#include <string.h>

#include "audio/stretch.h"

enum { DRAWN_MS = 20 };

/* n samples at end, the second half of all that are drawn out more and more softly. */
static void draw_out(struct gap *g, int16_t *end, size_t n, uint32_t rate_hz)
{
    size_t most = (size_t)rate_hz / 1000 * DRAWN_MS, left = most - g->drawn;

    if (!g->period)
        g->period = stretch_period(end, 1, rate_hz);
    left = left < n ? left : n;
    stretch_draw_out(end, 1, left, g->period);
    for (size_t i = 0; i < left; i++)
        if (g->drawn + i > most / 2)
            end[i] = (int16_t)(end[i] * 2 * (int64_t)(most - g->drawn - i) / (int64_t)most);
    memset(end + left, 0, (n - left) * sizeof *end);
    g->drawn += left;
}

void gap_fill(struct gap *g, int16_t *samples, size_t got, size_t n, uint32_t rate_hz)
{
    int16_t *now = g->line + GAP_KEPT;

    if (n > GAP_ROOM || (size_t)rate_hz / 1000 * STRETCH_DRAW_MS > GAP_KEPT) {
        memset(samples + got, 0, (n - got) * sizeof *samples);
        return;
    }
    memcpy(now, samples, got * sizeof *now);
    if (got > 0 && g->period) {
        stretch_join(now, now, 1, got, g->period, rate_hz);
        g->period = g->drawn = 0;
    }
    if (got < n)
        draw_out(g, now + got, n - got, rate_hz);
    memcpy(samples, now, n * sizeof *now);
    memmove(g->line, g->line + n, GAP_KEPT * sizeof *g->line);
}
