#include "tests/lib/jitter_play.h"

#include "audio/jitter.h"
#include "base/rand.h"

#include <stdlib.h>

enum {
    CLOCK = 48000,
    BEAT_MS = 10,
    PERIOD_MOST_MS = 10, /* of a voice: what one stretching of speech brings at most */
    PERIOD_LEAST_MS = 3,
    LAST_US = 5000000,
    AGAIN_US = 200000,
    TOO_EARLY_US = 100000,
};

/* ---- delays of what was played ---- */

struct delays {
    const struct jitter_trace *trace;
    size_t n;
    double *ms, last_ms, last_n;
};

static void begin_delays(struct delays *d, const struct jitter_trace *t)
{
    *d = (struct delays){.trace = t, .ms = calloc(t->n + 1, sizeof *d->ms)};
    if (!d->ms)
        abort();
}

static void add_delay(struct delays *d, const struct jitter_arrival *a, double play_us)
{
    double ms = (play_us - (double)(a->sent_us + a->route_us)) / 1000;

    d->ms[d->n++] = ms;
    if (a->sent_us + LAST_US > d->trace->at[d->trace->n - 1].sent_us) {
        d->last_ms += ms;
        d->last_n++;
    }
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void end_delays(struct delays *d, struct jitter_outcome *out)
{
    double sum = 0;

    qsort(d->ms, d->n, sizeof *d->ms, smaller);
    for (size_t i = 0; i < d->n; i++)
        sum += d->ms[i];
    out->mean_ms = d->n ? sum / (double)d->n : 0;
    out->p95_ms = d->n ? d->ms[d->n * 95 / 100] : 0;
    out->end_ms = d->last_n > 0 ? d->last_ms / d->last_n : 0;
    free(d->ms);
}

/* ---- the phone's ---- */

struct player {
    struct jitter *jitter;
    const struct jitter_trace *trace;
    struct jitter_outcome *out;
    struct delays delays;
    struct rng rng; /* of speech */
    bool pausing;
    unsigned pause_left; /* packets until that changes */
    int64_t queued;      /* units */
    bool began;
    uint64_t waited;
};

/* Speech pauses for a third of the time. */
static bool speaks(struct player *p)
{
    if (p->pause_left == 0) {
        p->pausing = !p->pausing;
        p->pause_left = 5 + rng_below(&p->rng, p->pausing ? 20 : 40);
    }
    p->pause_left--;
    return !p->pausing;
}

/* How many units of what was asked for can be had in this packet. */
static uint32_t stretched(struct player *p, const struct jitter_decision *what)
{
    uint32_t ms = CLOCK / 1000, most = what->duration / 2;
    uint32_t period = (PERIOD_LEAST_MS + rng_below(&p->rng, PERIOD_MOST_MS - PERIOD_LEAST_MS)) * ms;
    uint32_t well = rng_below(&p->rng, 100), amount = what->amount;

    if (!speaks(p))
        return amount < most ? amount : most;
    if (what->in_pauses || period > amount || well > (amount > 50 * ms ? 80 : 50))
        return 0;
    return period;
}

static void stretch(struct player *p, const struct jitter_decision *what)
{
    double ms;
    uint32_t by = stretched(p, what);

    if (what->stretch == JITTER_AS_IS)
        return;
    ms = by * 1000.0 / CLOCK;
    if (what->stretch == JITTER_EXPAND) {
        p->queued += by;
        p->out->slower_ms += ms;
    } else {
        p->queued -= by;
        p->out->faster_ms += ms;
    }
}

static void play_one(struct player *p, uint64_t now_us)
{
    struct jitter_decision what;
    int64_t queued = p->queued;
    uint32_t at;

    jitter_get(p->jitter, now_us, (uint32_t)queued, &what);
    p->queued += what.duration;
    if (what.action == JITTER_WAIT && p->began)
        p->waited += what.duration;
    if (what.action != JITTER_DECODE)
        return;
    p->began = true;
    at = *(const uint32_t *)(const void *)what.payload.p;
    add_delay(&p->delays, &p->trace->at[at], (double)now_us + (double)queued * 1e6 / CLOCK);
    stretch(p, &what);
}

static void put(struct player *p, uint32_t at)
{
    const struct jitter_arrival *a = &p->trace->at[at];
    uint32_t units = CLOCK / 1000 * p->trace->packet_ms;
    struct jitter_packet packet = {.ssrc = 1,
                                   .timestamp = 4000000000u + a->number * units,
                                   .sequence = (uint16_t)(65000 + a->number),
                                   .duration = units,
                                   .payload = {(char *)&at, sizeof at}};

    jitter_put(p->jitter, &packet, a->us);
}

void jitter_play_adaptive(const struct jitter_trace *t, struct jitter_outcome *out)
{
    struct jitter_config config = {.clock_hz = CLOCK, .packet_ms = (uint16_t)t->packet_ms};
    struct player p = {.trace = t, .out = out, .rng = rng_seeded(5)};
    struct jitter_stats stats;
    uint32_t next = 0;

    *out = (struct jitter_outcome){0};
    begin_delays(&p.delays, t);
    if (jitter_new(&config, &p.jitter) != 0)
        abort();
    for (uint64_t now_us = 3000; next < t->n; now_us += BEAT_MS * 1000) {
        for (; next < t->n && t->at[next].us <= now_us; next++)
            put(&p, next);
        while (p.queued < CLOCK / 1000 * BEAT_MS)
            play_one(&p, now_us);
        p.queued -= CLOCK / 1000 * BEAT_MS;
    }
    jitter_stats(p.jitter, &stats);
    jitter_free(p.jitter);
    end_delays(&p.delays, out);
    out->late = (unsigned)stats.late;
    out->held_ms = (double)stats.held_ms;
    out->concealed = ((double)stats.concealed_ms + (double)p.waited * 1000 / CLOCK) / t->packet_ms +
                     (double)stats.discarded;
}

/* ---- a fixed one ---- */

/* When the first packet would have been played without any delay, by the quickest of those of the
 * first second: a fixed buffer that knows that much beforehand is as good as they come. */
static double quickest_us(const struct jitter_trace *t)
{
    double least = (double)t->at[0].us - t->at[0].number * t->packet_ms * 1000.0;

    for (size_t i = 1; i < t->n && i < 1000 / t->packet_ms; i++) {
        double us = (double)t->at[i].us - t->at[i].number * t->packet_ms * 1000.0;

        least = us < least ? us : least;
    }
    return least;
}

void jitter_play_fixed(const struct jitter_trace *t, unsigned ms, struct jitter_outcome *out)
{
    double packet_us = t->packet_ms * 1000.0, in_time_us = (double)t->at[0].us;
    double anchor_us = quickest_us(t) + ms * 1000.0;
    struct delays delays;
    size_t played = 0;

    *out = (struct jitter_outcome){0};
    begin_delays(&delays, t);
    for (size_t i = 0; i < t->n; i++) {
        const struct jitter_arrival *a = &t->at[i];
        double us = (double)a->us, due_us = anchor_us + a->number * packet_us;
        bool stuck = us > due_us && us > in_time_us + AGAIN_US;

        if (stuck || due_us - us > ms * 1000.0 + TOO_EARLY_US) {
            double moved_us = us + ms * 1000.0 - due_us;

            if (moved_us > 0)
                out->concealed += moved_us / packet_us; /* silence until then */
            anchor_us += moved_us;
            due_us += moved_us;
        }
        if (us > due_us) {
            out->late++;
            continue;
        }
        in_time_us = us;
        played++;
        add_delay(&delays, a, due_us);
    }
    out->concealed += (double)(t->sent - played);
    end_delays(&delays, out);
}
