#include "audio/jitter_delay.h"

#include <math.h>
#include <string.h>

enum {
    BUCKET_US = 2000,
    WINDOW_US = 250000,
    RECENT = 2,         /* windows that tell how it is now */
    CHANCE = 3,         /* that part of what is wanted a rise may be without any meaning */
    FALL_US = 50000,    /* a base that falls by more is another route's: the past says nothing */
    SPIKE_US = 40000,   /* above what is wanted */
    MANY_PACKETS = 200, /* with more it can be seen where delays end */
    FEW_PACKETS = 50,   /* with less nothing is far above all else, and worse is to be expected */
    PEAK_US = 60000000, /* for how long a spike is remembered */
    SECOND_MS = 70,     /* for so much longer the first packet of all waits for the second */
    COVERED_MS = 35,    /* of a spike by holding the sound (audio/jitter_decide.c), */
    SPARING_MS = 68,    /* up to here delay is spent freely, beyond it only */
    WORSE_MS = 60,      /* where the jitter itself is more than that, */
    COSTLY_MS = 130,    /* from here on a delay that all notice is worse than a few gaps */
};

static const float HARDLY = 0.001f, OFTEN = 0.01f,
                   SELDOM = 0.04f;   /* shares of packets above the quantiles */
static const float TOO_OFTEN = 0.2f; /* above COSTLY_MS: only then is it worth it */
/* Of the way from the one quantile to the other, beyond: */
static const float TAIL = 2.5f, SHORT_TAIL = 1; /* the latter where delay is spared */
static const float STEEP = 4; /* with no more than so much of the rest of it there */
static const float HALF_S = 10, HALF_FIRST_S = 1; /* forgotten by half in; at first */
static const float SPIKY = 0.1f;                  /* share of packets that can be called a spike */
static const float SHARE_STEP = 0.005f;           /* of one packet in that share */
static const float SLOWED = 1.3f;    /* and for so long what waits will do, played slowly */
static const double DRIFT = 0.0025;  /* what clocks may differ by, */
static const double DRIFT_US = 5000; /* and in two seconds */

void jitter_delay_init(struct jitter_delay *d, uint32_t start_ms)
{
    *d = (struct jitter_delay){.weight = 1, .start_ms = start_ms, .wanted_ms = start_ms};
}

void jitter_delay_restart(struct jitter_delay *d)
{
    d->known = d->in_spike = false;
}

int64_t jitter_delay_base_us(const struct jitter_delay *d)
{
    return d->base_us;
}

uint32_t jitter_delay_wanted_ms(const struct jitter_delay *d)
{
    return d->wanted_ms;
}

bool jitter_delay_in_spike(const struct jitter_delay *d)
{
    return d->in_spike;
}

/* ---- the quickest packet ---- */

static int64_t least_of(const struct jitter_delay *d, uint64_t windows)
{
    int64_t least = d->least_us[d->window % JITTER_DELAY_WINDOWS];

    for (uint64_t i = 1; i < windows; i++) {
        int64_t at = d->least_us[(d->window - i) % JITTER_DELAY_WINDOWS];

        least = at < least ? at : least;
    }
    return least;
}

static int64_t rise_us(const struct jitter_delay *d)
{
    return d->known ? least_of(d, RECENT) - d->base_us : 0;
}

/* Of a dozen packets and more the quickest is some part of the jitter late by chance. */
int64_t jitter_delay_risen_us(const struct jitter_delay *d)
{
    int64_t chance_us = d->wanted_ms * INT64_C(1000) / CHANCE;

    return rise_us(d) > chance_us ? rise_us(d) - chance_us : 0;
}

/* Offsets count from offset_us on. */
static void begin_windows(struct jitter_delay *d, int64_t offset_us, uint64_t window)
{
    for (size_t i = 0; i < JITTER_DELAY_WINDOWS; i++)
        d->least_us[i] = offset_us;
    d->window = window;
    d->settled = window + JITTER_DELAY_WINDOWS;
    d->base_us = offset_us;
    d->known = true;
}

/* Windows without a packet know nothing, so they take over what was known before. */
static void advance_windows(struct jitter_delay *d, int64_t offset_us, uint64_t window)
{
    int64_t before = d->least_us[d->window % JITTER_DELAY_WINDOWS];

    if (window > d->window + JITTER_DELAY_WINDOWS) {
        d->window = window - JITTER_DELAY_WINDOWS;
        d->least_us[d->window % JITTER_DELAY_WINDOWS] = before;
    }
    while (d->window < window) {
        d->window++;
        d->least_us[d->window % JITTER_DELAY_WINDOWS] = d->window < window ? before : offset_us;
    }
    if (offset_us < d->least_us[window % JITTER_DELAY_WINDOWS])
        d->least_us[window % JITTER_DELAY_WINDOWS] = offset_us;
}

/* ---- the histogram ---- */

/* All delays are so many buckets less from now on: the base has risen. */
static void move_down(struct jitter_delay *d, size_t by)
{
    by = by < JITTER_DELAY_BUCKETS ? by : JITTER_DELAY_BUCKETS - 1;
    for (size_t i = 1; i <= by; i++)
        d->bucket[0] += d->bucket[i];
    memmove(d->bucket + 1, d->bucket + 1 + by, (JITTER_DELAY_BUCKETS - 1 - by) * sizeof *d->bucket);
    memset(d->bucket + JITTER_DELAY_BUCKETS - by, 0, by * sizeof *d->bucket);
    d->used = d->used > by + 1 ? d->used - by : 1;
}

static void move_up(struct jitter_delay *d, size_t by)
{
    for (size_t i = JITTER_DELAY_BUCKETS - by; i < JITTER_DELAY_BUCKETS - 1; i++)
        d->bucket[JITTER_DELAY_BUCKETS - 1] += d->bucket[i];
    memmove(d->bucket + by, d->bucket, (JITTER_DELAY_BUCKETS - 1 - by) * sizeof *d->bucket);
    memset(d->bucket, 0, by * sizeof *d->bucket);
    d->used = d->used + by < JITTER_DELAY_BUCKETS ? d->used + by : JITTER_DELAY_BUCKETS;
}

/* The base has become base_us, which is nothing new where it was not known for long. What a clock
 * that drifts makes of it in this time is no news about delays, nor is a fall that only another
 * route explains. */
static void move_base(struct jitter_delay *d, int64_t base_us, uint64_t now_us)
{
    int64_t rise_us = base_us - d->base_us, by;

    d->base_us = base_us;
    d->drift_us = fmin(DRIFT_US, d->drift_us + DRIFT * (double)(now_us - d->noted_us));
    if (rise_us < -FALL_US || (rise_us < 0 && d->window < d->settled))
        return;
    if (rise_us < 0) {
        int64_t explained_us = (int64_t)fmin(d->drift_us, (double)-rise_us);

        d->drift_us -= (double)explained_us;
        rise_us += explained_us;
    }
    d->shift_us += rise_us;
    by = d->shift_us / BUCKET_US;
    d->shift_us -= by * BUCKET_US;
    if (by > 0)
        move_down(d, (size_t)by);
    else if (by < 0)
        move_up(d, (size_t)-by);
}

/* By how much more than the last packet a packet counts. It takes a third of a stream's life so far
 * to forget half: the first second, in which programs start and cards are opened, says little about
 * those that follow. */
static float growth(struct jitter_delay *d, uint32_t packet_us)
{
    float packet_s = (float)packet_us / 1000000;
    float half_s = fminf(fmaxf(d->age_s / 3, HALF_FIRST_S), HALF_S);

    d->age_s += packet_s;
    return 1 + 0.693f * packet_s / half_s;
}

static void count_delay(struct jitter_delay *d, int64_t delay_us, uint32_t packet_us)
{
    int64_t bucket = delay_us / BUCKET_US;

    if (bucket >= JITTER_DELAY_BUCKETS)
        bucket = JITTER_DELAY_BUCKETS - 1;
    d->weight *= growth(d, packet_us);
    d->bucket[bucket] += d->weight;
    if (d->used <= (size_t)bucket)
        d->used = (size_t)bucket + 1;
    d->total += d->weight;
    d->counted++;
    if (d->weight < 1e6f)
        return;
    d->total = 0;
    for (size_t i = 0; i < d->used; i++) {
        d->bucket[i] /= d->weight;
        d->total += d->bucket[i];
    }
    d->weight = 1;
}

/* The delay that all but share stay below; *at and *above: where the last look ended, as the higher
 * one is found first. */
static float quantile_ms(const struct jitter_delay *d, float share, size_t *at, float *above)
{
    while (*at > 0 && *above + d->bucket[*at - 1] < share * d->total)
        *above += d->bucket[--*at];
    return (float)(*at * BUCKET_US) / 1000;
}

/* ---- spikes ---- */

/* The height that spikes of the last minute have come to twice; 0: there are no two. */
static uint32_t repeated_peak_ms(const struct jitter_delay *d, uint64_t now_us)
{
    uint32_t highest = 0, second = 0;

    for (size_t i = 0; i < JITTER_DELAY_PEAKS; i++) {
        uint32_t ms = now_us - d->peak[i].at_us < PEAK_US ? d->peak[i].ms : 0;

        if (ms > highest) {
            second = highest;
            highest = ms;
        } else if (ms > second) {
            second = ms;
        }
    }
    return second;
}

/* Whether a packet of delay_us belongs to a spike. */
static bool is_spike(struct jitter_delay *d, int64_t delay_us, uint64_t now_us)
{
    int64_t wanted_us = d->wanted_ms * INT64_C(1000);
    bool above = delay_us > wanted_us + (d->in_spike ? 0 : SPIKE_US);
    uint32_t ms = (uint32_t)(delay_us / 1000);
    size_t latest;

    d->spike_share += SHARE_STEP * ((above ? 1.0f : 0.0f) - d->spike_share);
    if (!above || d->spike_share > SPIKY || d->counted < FEW_PACKETS) {
        d->in_spike = false;
        return false;
    }
    d->peaks += !d->in_spike;
    d->in_spike = true;
    latest = d->peaks % JITTER_DELAY_PEAKS;
    if (d->peak[latest].at_us + 2000000 < now_us || d->peak[latest].ms < ms)
        d->peak[latest].ms = ms;
    d->peak[latest].at_us = now_us;
    return true;
}

/* The route has become longer where every packet of the latest half second would have been a spike:
 * what was learnt of delays counts from there on, and none of these was one. In a spike the last
 * packets are quick again. */
static void follow_route(struct jitter_delay *d)
{
    int64_t risen_us = rise_us(d);

    if (risen_us < d->wanted_ms * INT64_C(1000) + SPIKE_US)
        return;
    begin_windows(d, d->base_us + risen_us, d->window);
    if (d->in_spike)
        d->peak[d->peaks % JITTER_DELAY_PEAKS].ms = 0;
    d->spike_share = 0;
    d->in_spike = false;
}

/* By how much more than what was seen is to be expected, where the quantiles are so: little where
 * even the latest of all is little behind them, as with delays that have an end. */
static float beyond(const struct jitter_delay *d, float often, float seldom, float half,
                    float worst)
{
    float part = fminf((float)d->counted / FEW_PACKETS, 1), few = 4 * part * (1 - part);
    float tail = TAIL * (often - seldom);

    if (often < WORSE_MS && often + tail > SPARING_MS)
        tail = fmaxf(SHORT_TAIL * (often - seldom), SPARING_MS - often);
    if (d->counted > MANY_PACKETS)
        tail = fminf(tail, STEEP * (worst - often));
    return fmaxf(tail, few * (often - half));
}

/* What is believed at first, and less and less from the tenth packet on. One packet alone says
 * nothing: where the second is late, it is waited for, as nothing has been heard yet that it could
 * be missing from. */
static float at_first(const struct jitter_delay *d)
{
    float left = 1.25f * (1 - (float)d->counted / FEW_PACKETS);

    if (d->counted == 1)
        return (float)(d->start_ms + SECOND_MS);
    return (float)d->start_ms * fminf(fmaxf(left, 0), 1);
}

static void set_wanted(struct jitter_delay *d, uint64_t now_us)
{
    size_t at = d->used;
    float above = 0;
    float worst = quantile_ms(d, HARDLY, &at, &above);
    float often = quantile_ms(d, OFTEN, &at, &above), seldom = quantile_ms(d, SELDOM, &at, &above);
    float least = quantile_ms(d, TOO_OFTEN, &at, &above), half = quantile_ms(d, 0.5f, &at, &above);
    float wanted = often + beyond(d, often, seldom, half, worst);
    float spike = ((float)repeated_peak_ms(d, now_us) - COVERED_MS) / SLOWED;

    wanted = fmaxf(wanted, fmaxf(spike, at_first(d)));
    if (wanted > COSTLY_MS)
        wanted = fmaxf(least, COSTLY_MS);
    d->wanted_ms = (uint32_t)wanted;
}

void jitter_delay_note(struct jitter_delay *d, int64_t offset_us, uint64_t now_us,
                       uint32_t packet_us)
{
    int64_t delay_us;

    if (!d->known)
        begin_windows(d, offset_us, now_us / WINDOW_US);
    else if (now_us / WINDOW_US >= d->window)
        advance_windows(d, offset_us, now_us / WINDOW_US);
    d->noted_us = d->noted_us ? d->noted_us : now_us;
    if (now_us >= d->noted_us)
        move_base(d, least_of(d, JITTER_DELAY_WINDOWS), now_us);
    d->noted_us = now_us;
    delay_us = offset_us > d->base_us ? offset_us - d->base_us : 0;
    if (!is_spike(d, delay_us, now_us))
        count_delay(d, delay_us, packet_us);
    follow_route(d);
    set_wanted(d, now_us);
}
