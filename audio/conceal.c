#include "audio/conceal.h"

#include <math.h>
#include <string.h>

/* G.711 Appendix I looks for periods of 66 to 200 Hz; higher voices are caught as two periods. */
enum { PITCH_MIN_MS = 5, PITCH_MAX_MS = 15, MATCH_MS = 20, HOLD_MS = 10, FADED_MS = 60 };

static size_t samples_of(const struct conceal *c, unsigned ms)
{
    return c->rate_hz / 1000 * ms;
}

void conceal_init(struct conceal *c, uint32_t rate_hz)
{
    memset(c, 0, sizeof *c);
    c->rate_hz = rate_hz > CONCEAL_MAX_HZ ? CONCEAL_MAX_HZ : rate_hz;
}

static void remember(struct conceal *c, const int16_t *samples, size_t n)
{
    if (n >= CONCEAL_HISTORY) {
        memcpy(c->history, samples + n - CONCEAL_HISTORY, sizeof c->history);
        return;
    }
    memmove(c->history, c->history + n, (CONCEAL_HISTORY - n) * sizeof *c->history);
    memcpy(c->history + CONCEAL_HISTORY - n, samples, n * sizeof *c->history);
}

/* How alike the end of the history is to what was lag samples before it: -1 to 1. */
static double likeness(const struct conceal *c, size_t lag)
{
    size_t n = samples_of(c, MATCH_MS);
    const int16_t *now = c->history + CONCEAL_HISTORY - n, *then = now - lag;
    double product = 0, energy = 1;

    for (size_t i = 0; i < n; i++) {
        product += (double)now[i] * then[i];
        energy += (double)then[i] * then[i];
    }
    return product / sqrt(energy); /* the energy of now is the same for every lag */
}

static size_t find_pitch(const struct conceal *c)
{
    size_t best = samples_of(c, PITCH_MIN_MS);
    double best_likeness = likeness(c, best);

    for (size_t lag = best + 1; lag <= samples_of(c, PITCH_MAX_MS); lag++) {
        double at = likeness(c, lag);

        if (at > best_likeness) {
            best_likeness = at;
            best = lag;
        }
    }
    return best;
}

/* The last period, its last quarter blended into what led up to its beginning, so that it can stand
 * behind itself without a click. */
static void start(struct conceal *c)
{
    const int16_t *end = c->history + CONCEAL_HISTORY;
    size_t quarter, n = find_pitch(c);

    memcpy(c->period, end - n, n * sizeof *c->period);
    quarter = n / 4;
    for (size_t i = 0; i < quarter; i++) {
        size_t at = n - quarter + i;
        int into = end[(ptrdiff_t)at - 2 * (ptrdiff_t)n], weight = (int)(i + 1);

        c->period[at] =
            (int16_t)((c->period[at] * ((int)quarter - weight) + into * weight) / (int)quarter);
    }
    c->pitch = n;
    c->at = 0;
    c->invented = 0;
    c->jump = end[-1] - end[-(ptrdiff_t)n - 1];
}

/* Full for 10 ms, then down to nothing at 60 ms. */
static int faded(const struct conceal *c, int sample)
{
    int hold = (int)samples_of(c, HOLD_MS), end = (int)samples_of(c, FADED_MS);
    int at = c->invented > (size_t)end ? end : (int)c->invented;

    return at <= hold ? sample : sample * (end - at) / (end - hold);
}

static int16_t invent(struct conceal *c)
{
    int quarter = (int)c->pitch / 4, at = (int)c->invented;
    int sample = c->period[c->at];

    if (at < quarter) /* what was before does not quite fit: let the difference melt away */
        sample += c->jump * (quarter - at) / quarter;
    if (sample > INT16_MAX)
        sample = INT16_MAX;
    if (sample < INT16_MIN)
        sample = INT16_MIN;
    sample = faded(c, sample);
    c->at = (c->at + 1) % c->pitch;
    c->invented++;
    return (int16_t)sample;
}

void conceal_lost(struct conceal *c, int16_t *out, size_t n)
{
    if (n == 0)
        return;
    if (c->pitch == 0)
        start(c);
    for (size_t i = 0; i < n; i++)
        out[i] = invent(c);
    remember(c, out, n);
}

/* The blend takes 4 ms, and longer after a longer loss, up to 10 ms: Appendix I, I.2.7. */
static void blend(struct conceal *c, int16_t *samples, size_t n)
{
    size_t over = samples_of(c, 4) + c->invented * 4 / 10;

    if (over > samples_of(c, 10))
        over = samples_of(c, 10);
    if (over > n)
        over = n;
    for (size_t i = 0; i < over; i++) {
        int invented = invent(c), weight = (int)i + 1, whole = (int)over + 1;

        samples[i] = (int16_t)((invented * (whole - weight) + samples[i] * weight) / whole);
    }
}

void conceal_good(struct conceal *c, int16_t *samples, size_t n)
{
    if (c->pitch && n)
        blend(c, samples, n);
    c->pitch = n ? 0 : c->pitch;
    remember(c, samples, n);
}
