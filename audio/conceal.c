#include "audio/conceal.h"

#include <math.h>
#include <string.h>

#include "audio/period.h"

enum {
    PITCH_MIN_MS = 5, /* 200 Hz: higher voices are caught as two or three periods */
    PITCH_MAX_MS = 15,
    MATCH_MS = 5,  /* over which periods are compared: what ends is what has to go on */
    MORE_MS = 20,  /* until one more period takes its turn */
    HOLD_MS = 10,  /* in full, then softer */
    FADED_MS = 60, /* and then silent */
    BLEND_MS = 4,  /* into what arrives after a loss; longer after a longer one */
    BLEND_MOST_MS = 10,
    BEND_PART = 8, /* of a period, at most: what needs more is no better for it */
    LEAST_MS = 10, /* what is shorter needs no bridge */
    NEXT_MS = 20,  /* what is shorter does not show a deep period twice */
    MAX_SAMPLES = CONCEAL_MAX_HZ / 1000 * CONCEAL_MAX_MS,
    MAX_BEND = CONCEAL_MAX_HZ / 1000 * PITCH_MAX_MS / BEND_PART + 1,
    EDGE = 2,          /* samples beside one that interpolation looks at */
    COARSE_HZ = 16000, /* above it every second or third sample will do at first */
};

/* Less alike, two sounds have no period that could meet. */
static const double SAME_VOICE = 0.6;

static size_t samples_of(const struct conceal *c, unsigned ms)
{
    return c->rate_hz / 1000 * ms;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int16_t clipped(double value)
{
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : lrint(value));
}

static size_t history_of(uint32_t rate_hz)
{
    return CONCEAL_HISTORY / (CONCEAL_MAX_HZ / 1000) * (rate_hz / 1000);
}

size_t conceal_size(uint32_t rate_hz)
{
    rate_hz = rate_hz > CONCEAL_MAX_HZ ? CONCEAL_MAX_HZ : rate_hz;
    return offsetof(struct conceal, sound) + 2 * history_of(rate_hz) * sizeof(int16_t);
}

void conceal_init(struct conceal *c, uint32_t rate_hz)
{
    memset(c, 0, conceal_size(rate_hz));
    c->rate_hz = rate_hz > CONCEAL_MAX_HZ ? CONCEAL_MAX_HZ : rate_hz;
    c->kept = history_of(c->rate_hz);
}

void conceal_copy(struct conceal *to, const struct conceal *from)
{
    memcpy(to, from, conceal_size(from->rate_hz));
    to->voice.end = to->sound + 2 * to->kept;
}

const int16_t *conceal_heard(const struct conceal *c)
{
    return c->sound + c->kept;
}

static void remember(struct conceal *c, const int16_t *samples, size_t n)
{
    if (n >= c->kept) {
        memcpy(c->sound, samples + n - c->kept, c->kept * sizeof *c->sound);
        return;
    }
    memmove(c->sound, c->sound + n, (c->kept - n) * sizeof *c->sound);
    memcpy(c->sound + c->kept - n, samples, n * sizeof *c->sound);
}

/* --- a voice that goes on -------------------------------------------------------------------- */

/* Samples from one that is compared to the next. */
static size_t coarse_step(const struct conceal *c)
{
    return c->rate_hz > COARSE_HZ ? c->rate_hz / COARSE_HZ : 1;
}

/* Goes on from end, as far as known samples before it let a period be seen. */
static void begin(const struct conceal *c, struct conceal_voice *v, const int16_t *end,
                  size_t known)
{
    size_t shortest = samples_of(c, PITCH_MIN_MS);
    size_t match = samples_of(c, MATCH_MS);
    size_t longest = least(samples_of(c, PITCH_MAX_MS), known - match);
    struct period_range range = {shortest, longest, 1, coarse_step(c)};

    *v = (struct conceal_voice){.end = end, .known = known};
    v->period = period_find(end - match, match, -1, &range).lag;
    v->cycle = v->period;
    v->jump = v->period ? end[-1] - end[-1 - (ptrdiff_t)v->period] : 0;
}

/* One more period in turn every 20 ms, as far as known goes, with a quarter that leads up to it. */
static size_t next_cycle(const struct conceal *c, const struct conceal_voice *v)
{
    size_t periods = 1 + v->done / samples_of(c, MORE_MS);

    periods = periods < 3 ? periods : 3;
    while (periods > 1 && periods * v->period + v->period / 4 > v->known)
        periods--;
    return periods * v->period;
}

/* The cycle again and again: its end is blended into what led up to its beginning. */
static int16_t go_on(const struct conceal *c, struct conceal_voice *v)
{
    int quarter = (int)v->period / 4, done = (int)v->done;
    const int16_t *from = v->end - v->cycle + v->at;
    size_t next = next_cycle(c, v), left = v->cycle - v->at;
    double value = *from;

    if (left <= (size_t)quarter && next + left <= v->known) {
        double weight = (double)((size_t)quarter - left + 1) / (quarter + 1);

        value += (v->end[-(ptrdiff_t)next - (ptrdiff_t)left] - value) * weight;
    }
    if (done < quarter) /* what was before does not quite fit: let the difference melt away */
        value += (double)v->jump * (quarter - done) / quarter;
    v->done++;
    if (++v->at == v->cycle) {
        v->at = 0;
        v->cycle = next;
    }
    return clipped(value);
}

/* --- from the past alone --------------------------------------------------------------------- */

static void start(struct conceal *c)
{
    if (c->voice.period)
        return;
    memcpy(c->sound + c->kept, c->sound, c->kept * sizeof *c->sound);
    begin(c, &c->voice, c->sound + 2 * c->kept, c->kept);
}

static int16_t invent(struct conceal *c)
{
    size_t hold = samples_of(c, HOLD_MS), end = samples_of(c, FADED_MS), at = c->voice.done;
    double sample = go_on(c, &c->voice);

    if (at >= end)
        return 0;
    return clipped(at <= hold ? sample : sample * (double)(end - at) / (double)(end - hold));
}

void conceal_lost(struct conceal *c, int16_t *out, size_t n)
{
    if (n == 0)
        return;
    start(c);
    for (size_t i = 0; i < n; i++)
        out[i] = invent(c);
    remember(c, out, n);
}

/* The blend takes 4 ms, and longer after a longer loss: Appendix I, I.2.7. */
static void blend(struct conceal *c, int16_t *samples, size_t n)
{
    size_t over = samples_of(c, BLEND_MS) + c->voice.done * 4 / 10;

    over = least(least(over, samples_of(c, BLEND_MOST_MS)), n);
    for (size_t i = 0; i < over; i++) {
        int invented = invent(c), weight = (int)i + 1, whole = (int)over + 1;

        samples[i] = (int16_t)((invented * (whole - weight) + samples[i] * weight) / whole);
    }
}

void conceal_good(struct conceal *c, int16_t *samples, size_t n)
{
    if (!n)
        return;
    if (c->voice.period)
        blend(c, samples, n);
    c->voice.period = 0;
    remember(c, samples, n);
}

/* --- from both sides ------------------------------------------------------------------------- */

/* What goes on from the past and, backwards, from the future: n samples between the two, MAX_BEND
 * beyond, and room for interpolation. The sample at the gap's first place is at [EDGE] of past and
 * at [EDGE + bend] of future. */
struct between {
    int16_t past[MAX_SAMPLES + MAX_BEND + 2 * EDGE], future[MAX_SAMPLES + MAX_BEND + 2 * EDGE];
    size_t n, bend;
};

static void fill(struct conceal *c, struct between *b, const int16_t *next, size_t n_next)
{
    int16_t backwards[CONCEAL_HISTORY] = {0};
    size_t known = least(n_next, c->kept), length = b->n + b->bend + EDGE;
    struct conceal_voice voice;

    memcpy(b->past, conceal_heard(c) - EDGE, EDGE * sizeof *b->past);
    for (size_t i = 0; i < length; i++)
        b->past[EDGE + i] = invent(c);
    for (size_t i = 0; i < known; i++)
        backwards[known - 1 - i] = next[i];
    begin(c, &voice, backwards + known, known);
    for (size_t i = 0; i < length; i++)
        b->future[length - 1 - i] = go_on(c, &voice);
    memcpy(b->future + length, next, EDGE * sizeof *b->future);
}

/* By how much the future's periods are ahead of the past's, where that shows. */
static double find_bend(const struct between *b, size_t step, ptrdiff_t *out)
{
    ptrdiff_t most = (ptrdiff_t)b->bend;
    double best = -2;

    for (ptrdiff_t by = -most; by <= most; by += (ptrdiff_t)step) {
        size_t n = b->n - (size_t)(by < 0 ? -by : by);
        const int16_t *past = b->past + EDGE + (by > 0 ? by : 0);
        const int16_t *future = b->future + EDGE + most + (by < 0 ? -by : 0);
        double at = period_likeness(past, future, n, 1, step);

        if (at > best) {
            best = at;
            *out = by;
        }
    }
    return best;
}

/* The sound between its samples: a cubic through the four about it (Catmull and Rom). */
static double sound_at(const int16_t *samples, double place)
{
    const int16_t *p = samples + (ptrdiff_t)floor(place);
    double t = place - floor(place), a = p[-1], b = p[0], c = p[1], d = p[2];

    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/* Both are bent by the same amount at each place, so that they stay in step all the way. */
static void cross(const struct between *b, ptrdiff_t by, int16_t *out)
{
    const int16_t *past = b->past + EDGE, *future = b->future + EDGE + b->bend;

    for (size_t i = 0; i < b->n; i++) {
        double share = ((double)i + 0.5) / (double)b->n;
        double moved = (double)i + (double)by * ((double)i + 1) / ((double)b->n + 1);

        out[i] = clipped((1 - share) * sound_at(past, moved) +
                         share * sound_at(future, moved - (double)by));
    }
}

void conceal_between(struct conceal *c, int16_t *out, size_t n, const int16_t *next, size_t n_next)
{
    struct between b = {.n = n};
    ptrdiff_t by = 0;

    start(c);
    if (n_next < samples_of(c, NEXT_MS) || n < samples_of(c, LEAST_MS) ||
        n > samples_of(c, CONCEAL_MAX_MS)) {
        conceal_lost(c, out, n);
        return;
    }
    b.bend = least(c->voice.period / BEND_PART, n / 4);
    fill(c, &b, next, n_next);
    if (find_bend(&b, coarse_step(c), &by) < SAME_VOICE)
        by = 0;
    cross(&b, by, out);
    c->voice.period = 0;
    remember(c, out, n);
}
