#include "tests/lib/hearing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEP = 8, /* samples of which one is made for the first, rough look: 2 kHz */
    ROUGH_HZ = HEARING_HZ / STEP,
    PLACE_MS = 320,
    HOP_MS = 80,
    NEAR = 3 * STEP,                /* samples about the rough place that are looked at closely */
    PERIODS = 30 * ROUGH_HZ / 1000, /* about the best place, of a voice */
};

static const double LIKE = 0.6;   /* less alike is not the same sound */
static const double NEARLY = 0.2; /* so much less alike at a rough look may be the better place */
static const double QUIET = 0.02; /* of the loudest place's energy: says nothing of delay */
static const double DOUBTFUL = 0.85; /* less alike must not stand alone, */
static const double ALONE_MS = 12;   /* that far from both neighbours */

static void *room(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        abort();
    return p;
}

/* One value for STEP samples, smoothed by a window of twice that, with the deepest tones taken out
 * as they are alike everywhere. */
static float *roughly(const int16_t *samples, size_t n)
{
    float *out = room(n / STEP + 1, sizeof *out);
    double sum, slow = 0;

    for (size_t i = 1; i < n / STEP; i++) {
        sum = 0;
        for (size_t k = 0; k < 2 * (size_t)STEP; k++)
            sum += samples[(i - 1) * STEP + k] * (1 - fabs((double)k - STEP + 0.5) / STEP);
        slow += 0.2 * (sum - slow);
        out[i] = (float)(sum - slow);
    }
    return out;
}

static double energy_of(const float *a, size_t n)
{
    double energy = 0;

    for (size_t i = 0; i < n; i++)
        energy += (double)a[i] * a[i];
    return energy;
}

/* Four at once, which sanitizers look at once, too: this is most of what the judge does. */
typedef float four __attribute__((vector_size(4 * sizeof(float))));

static four product_of_four(const float *a, const float *b)
{
    four x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x * y;
}

static double product_of(const float *a, const float *b, size_t n)
{
    four even = {0}, odd = {0};
    double product = 0;

    for (size_t i = 0; i + 8 <= n; i += 8) {
        even += product_of_four(a + i, b + i);
        odd += product_of_four(a + i + 4, b + i + 4);
    }
    for (size_t k = 0; k < 4; k++)
        product += (double)even[k];
    for (size_t k = 0; k < 4; k++)
        product += (double)odd[k];
    return product;
}

/* How much b is like a, n of each, at each shift from 0 to most. */
static void slide(const float *a, const float *b, size_t n, size_t most, double *like)
{
    double own = energy_of(a, n), other = energy_of(b, n);

    for (size_t shift = 0; shift <= most; shift++) {
        like[shift] = product_of(a, b + shift, n) / sqrt(own * fmax(other, 1e-3 * own) + 1e-9);
        other += (double)b[shift + n] * b[shift + n] - (double)b[shift] * b[shift];
    }
}

static size_t highest(const double *like, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (like[i] > like[best])
            best = i;
    return best;
}

struct search {
    const float *said, *heard;             /* all of it; behind the end of heard is silence, */
    const float *said_rough, *heard_rough; /* for as long as something may be late */
};

/* Looks closely at a rough shift; what is found stays in *place where it is better. */
static void look_closely(const struct search *s, size_t at, size_t shift,
                         struct hearing_place *place)
{
    size_t n = HEARING_HZ / 1000 * PLACE_MS, from = shift > NEAR ? shift - NEAR : 0, best;
    double like[2 * NEAR + 1];

    slide(s->said + at, s->heard + at + from, n, 2 * NEAR, like);
    best = highest(like, 2 * NEAR + 1);
    if (like[best] <= place->likeness)
        return;
    place->likeness = like[best];
    place->delay_ms = (double)(from + best) * 1000 / HEARING_HZ;
}

/* A voice is like itself some periods later: the rough look cannot tell them apart. */
static struct hearing_place find(const struct search *s, size_t at)
{
    static double like[ROUGH_HZ / 1000 * HEARING_LATEST_MS + 1];
    struct hearing_place place = {.at_ms = (double)at * 1000 / HEARING_HZ + PLACE_MS / 2.0};
    size_t most = ROUGH_HZ / 1000 * HEARING_LATEST_MS, around;
    double least;

    slide(s->said_rough + at / STEP, s->heard_rough + at / STEP, ROUGH_HZ / 1000 * PLACE_MS, most,
          like);
    around = highest(like, most + 1);
    least = like[around] - NEARLY;
    for (size_t i = around > PERIODS ? around - PERIODS : 0; i <= around + PERIODS && i <= most;
         i++)
        if (like[i] >= least && (i == 0 || like[i] >= like[i - 1]) &&
            (i == most || like[i] >= like[i + 1]))
            look_closely(s, at, i * STEP, &place);
    return place;
}

/* A place all by itself, and not like enough, is a mistake. */
static void drop_strays(struct hearing_delays *d)
{
    struct hearing_place before = {.delay_ms = -ALONE_MS}, here;
    size_t kept = 0;

    for (size_t i = 0; i < d->n; i++, before = here) {
        bool like_before, like_after;

        here = d->at[i];
        like_before = fabs(here.delay_ms - before.delay_ms) < ALONE_MS;
        like_after = i + 1 < d->n && fabs(here.delay_ms - d->at[i + 1].delay_ms) < ALONE_MS;
        if (here.likeness >= DOUBTFUL || like_before || like_after)
            d->at[kept++] = here;
    }
    d->n = kept;
}

static void find_all(const struct search *s, size_t n, struct hearing_delays *out)
{
    size_t piece = ROUGH_HZ / 1000 * PLACE_MS, hop = ROUGH_HZ / 1000 * HOP_MS, rough = n / STEP;
    double loudest = 0;

    for (size_t i = 0; i + piece < rough; i += hop)
        loudest = fmax(loudest, energy_of(s->said_rough + i, piece));
    for (size_t i = 0; i + piece < rough; i += hop) {
        struct hearing_place place;

        if (energy_of(s->said_rough + i, piece) <= QUIET * loudest)
            continue;
        out->sought++;
        place = find(s, i * STEP);
        if (place.likeness >= LIKE)
            out->at[out->n++] = place;
    }
}

void hearing_delays_find(const int16_t *said, const int16_t *heard, size_t n,
                         struct hearing_delays *out)
{
    size_t behind = HEARING_HZ / 1000 * (HEARING_LATEST_MS + PLACE_MS) + 2 * NEAR;
    int16_t *longer = room(n + behind, sizeof *longer);
    float *both = room(2 * (n + behind), sizeof *both);
    float *said_rough = roughly(said, n), *heard_rough;
    struct search search = {both, both + n + behind, said_rough, NULL};

    memcpy(longer, heard, n * sizeof *heard);
    search.heard_rough = heard_rough = roughly(longer, n + behind);
    for (size_t i = 0; i < n; i++) {
        both[i] = said[i];
        both[n + behind + i] = heard[i];
    }
    *out =
        (struct hearing_delays){.at = room(n / (HEARING_HZ / 1000 * HOP_MS) + 1, sizeof *out->at)};
    find_all(&search, n, out);
    drop_strays(out);
    free(heard_rough);
    free(said_rough);
    free(both);
    free(longer);
}

void hearing_delays_free(struct hearing_delays *d)
{
    free(d->at);
    *d = (struct hearing_delays){0};
}
