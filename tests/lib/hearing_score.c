#include "tests/lib/hearing.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

enum {
    FRAME = 512, /* 32 ms under a Hann window, */
    HOP = 256,   /* every 16 ms */
    BANDS_MAX = 42,
    STRETCH = 20,     /* frames, within which the worst counts most: about a syllable */
    PLACES_TRIED = 3, /* delays, of the nearest places, of which the best fit is taken */
    ENDS_MS = 2000,
};

/* Half a Bark each. Telephones of old carry 300 to 3400 Hz. */
static const double BAND = 0.5, LOWEST_HZ = 100, HIGHEST_HZ = 7000, NARROW_HZ = 3400;

/* Speech is this far above what can just be heard, as it is in the ear of a telephone. */
static const double LEVEL = 1e6;
static const double LOUDNESS_POWER = 0.23; /* Zwicker's */
static const double MASKED = 0.25;         /* share of a band's loudness that hides a difference */
static const double COLOUR_MOST = 10;      /* of power: what a constant filter does is forgiven */
static const double ACTIVE = 0.01;         /* of the loudest tenth's power: something is said */

/* Sound that was added disturbs more than sound that is missing. */
static const double ADDED_FLOOR = 1e3, ADDED_POWER = 1.2, ADDED_LEAST = 3, ADDED_MOST = 12;

static const double DAMAGED = 8; /* disturbance of a frame */

/* From disturbance to score: an S that ends where P.862.2's does, fitted as doc/testing.md says. */
struct weights {
    double any, added;
    double any_most, added_most; /* of a frame: worse is not worse */
    double worst_power;          /* of the mean over a stretch */
};

static const struct weights WIDE = {0.15, 1.35, 8, 4, 3}, NARROW = {0.23, 0.03, 20, 20, 6};

struct ear {
    size_t n, frames;
    const int16_t *said, *heard;
    const struct weights *weights;
    unsigned bands;
    unsigned from[BANDS_MAX + 1]; /* the first line of the spectrum of each band, and the end */
    double window[FRAME];
    double (*loud)[BANDS_MAX]; /* power of what was said, by frame */
    double *power, active;     /* of each frame; above which something is said */
    double scale;              /* to LEVEL */
    double colour[BANDS_MAX];  /* by which what was heard is to be multiplied */
};

static void *room(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        abort();
    return p;
}

static double bark(double hz)
{
    return 13 * atan(0.00076 * hz) + 3.5 * atan(hz / 7500 * (hz / 7500));
}

/* ---- spectra ---- */

static void transform(double complex *x, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;

        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            double complex other = x[i];

            x[i] = x[j];
            x[j] = other;
        }
    }
    for (size_t len = 2; len <= n; len <<= 1) {
        double complex turn = cexp(-2 * PI * I / (double)len), at = 1;

        for (size_t k = 0; k < len / 2; k++, at *= turn)
            for (size_t i = k; i < n; i += len) {
                double complex even = x[i], odd = x[i + len / 2] * at;

                x[i] = even + odd;
                x[i + len / 2] = even - odd;
            }
    }
}

/* The power in each band of the frame that begins at sample from; outside of the sound is
 * silence. */
static void spectrum(const struct ear *e, const int16_t *sound, long from, double *out)
{
    double complex x[FRAME];

    for (long i = 0; i < FRAME; i++) {
        long at = from + i;

        x[i] = at >= 0 && at < (long)e->n ? e->window[i] * sound[at] : 0;
    }
    transform(x, FRAME);
    for (unsigned b = 0; b < e->bands; b++) {
        out[b] = 0;
        for (unsigned k = e->from[b]; k < e->from[b + 1]; k++)
            out[b] += creal(x[k]) * creal(x[k]) + cimag(x[k]) * cimag(x[k]);
    }
}

static void make_bands(struct ear *e, bool narrow)
{
    double low = narrow ? 300 : LOWEST_HZ, high = narrow ? NARROW_HZ : HIGHEST_HZ;
    double hz_a_line = (double)HEARING_HZ / FRAME, z = bark(low);
    unsigned k = (unsigned)ceil(low / hz_a_line);

    for (e->bands = 0; e->bands < BANDS_MAX && k * hz_a_line < high; e->bands++) {
        e->from[e->bands] = k++;
        for (z = fmax(z + BAND, bark(k * hz_a_line)); bark(k * hz_a_line) < z; k++)
            ;
        e->from[e->bands + 1] = k;
    }
    for (size_t i = 0; i < FRAME; i++)
        e->window[i] = 0.5 - 0.5 * cos(2 * PI * (double)i / FRAME);
}

/* ---- levels ---- */

static int larger(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x > y ? -1 : x < y;
}

/* What is said, band by band, and where anything is. */
static void listen_to_said(struct ear *e)
{
    double *sorted = room(e->frames, sizeof *sorted), sum = 0;
    size_t n = 0;

    e->loud = room(e->frames, sizeof *e->loud);
    e->power = room(e->frames, sizeof *e->power);
    for (size_t f = 0; f < e->frames; f++) {
        spectrum(e, e->said, (long)f * HOP, e->loud[f]);
        for (unsigned b = 0; b < e->bands; b++)
            e->power[f] += e->loud[f][b];
        sorted[f] = e->power[f];
    }
    qsort(sorted, e->frames, sizeof *sorted, larger);
    e->active = ACTIVE * sorted[e->frames / 10];
    for (; n < e->frames && sorted[n] > e->active; n++)
        sum += sorted[n];
    e->scale = sum > 0 ? LEVEL * (double)n / sum * e->bands : 0;
    free(sorted);
}

static bool is_said(const struct ear *e, size_t frame)
{
    return e->power[frame] > e->active;
}

/* ---- where each frame is to be looked for ---- */

/* The place nearest to a time, from *hint on, which times that go up keep quick. */
static size_t nearest(const struct hearing_delays *d, double ms, size_t *hint)
{
    while (*hint + 1 < d->n && fabs(d->at[*hint + 1].at_ms - ms) <= fabs(d->at[*hint].at_ms - ms))
        ++*hint;
    return *hint;
}

static long shift_of(const struct hearing_place *place)
{
    return lrint(place->delay_ms * HEARING_HZ / 1000);
}

static double frame_ms(size_t frame)
{
    return ((double)frame * HOP + FRAME / 2.0) * 1000 / HEARING_HZ;
}

/* What a constant filter or another volume did, which nobody minds: of each band the mean of the
 * differences in level, over the frames in which it is loud. */
static void learn_colour(struct ear *e, const struct hearing_delays *d)
{
    double sum[BANDS_MAX] = {0}, n[BANDS_MAX] = {0}, heard[BANDS_MAX], all = 0, count = 0;
    size_t hint = 0;

    for (size_t f = 0; f < e->frames; f++) {
        size_t at = nearest(d, frame_ms(f), &hint);

        if (!is_said(e, f))
            continue;
        spectrum(e, e->heard, (long)f * HOP + shift_of(&d->at[at]), heard);
        for (unsigned b = 0; b < e->bands; b++)
            if (heard[b] > 0.01 * e->loud[f][b] && e->loud[f][b] > 0.01 * e->active) {
                sum[b] += log(e->loud[f][b] / heard[b]);
                n[b]++;
            }
    }
    for (unsigned b = 0; b < e->bands; b++) {
        all += sum[b];
        count += n[b];
    }
    all = count > 0 ? all / count : 0;
    for (unsigned b = 0; b < e->bands; b++) {
        double own = n[b] > 0 ? sum[b] / n[b] - all : 0;

        own = fmin(fmax(own, -log(COLOUR_MOST)), log(COLOUR_MOST));
        e->colour[b] = exp(all + own);
    }
}

/* ---- differences ---- */

static double loudness(double power)
{
    return fmax(0, pow(0.5 + 0.5 * power, LOUDNESS_POWER) - 1);
}

struct difference {
    double any, added;
};

/* Of one frame, both of which were brought to one level. */
static struct difference compare(const struct ear *e, const double *said, const double *heard)
{
    struct difference out = {0};

    for (unsigned b = 0; b < e->bands; b++) {
        double is = heard[b] * e->colour[b] * e->scale, was = said[b] * e->scale;
        double a = loudness(was), z = loudness(is), differs = z - a;
        double hidden = MASKED * fmin(a, z);
        double times = pow((is + ADDED_FLOOR) / (was + ADDED_FLOOR), ADDED_POWER);

        differs = differs > 0 ? fmax(0, differs - hidden) : fmin(0, differs + hidden);
        times = times < ADDED_LEAST ? 0 : fmin(times, ADDED_MOST);
        out.any += differs * differs;
        out.added += fabs(differs) * times;
    }
    out.any = sqrt(out.any / e->bands) * 4;
    out.added /= e->bands;
    return out;
}

/* The frame where it was heard, or where a place before or behind says, if it is rather there. */
static struct difference best_of(const struct ear *e, const struct hearing_delays *d, size_t frame,
                                 size_t near)
{
    struct difference best = {HUGE_VAL, 0}, here;
    double heard[BANDS_MAX];
    size_t from = near > 0 ? near - 1 : 0;

    for (size_t i = from; i < d->n && i < from + PLACES_TRIED; i++) {
        spectrum(e, e->heard, (long)frame * HOP + shift_of(&d->at[i]), heard);
        here = compare(e, e->loud[frame], heard);
        if (here.any < best.any)
            best = here;
    }
    return best;
}

/* The worst of each stretch counts most, all stretches count alike. */
static double gather(const double *at, size_t n, double power)
{
    double all = 0;
    size_t stretches = 0;

    for (size_t from = 0; from + STRETCH <= n; from += STRETCH / 2, stretches++) {
        double sum = 0;

        for (size_t i = 0; i < STRETCH; i++)
            sum += pow(at[from + i], power);
        all += pow(sum / STRETCH, 2 / power);
    }
    return stretches ? sqrt(all / (double)stretches) : 0;
}

static void score(const struct ear *e, const struct hearing_delays *d, struct hearing *out)
{
    const struct weights *w = e->weights;
    double *any = room(e->frames, sizeof *any), *added = room(e->frames, sizeof *added);
    size_t hint = 0, first = e->frames, n = 0;

    for (size_t f = 0; f < e->frames; f++)
        if (is_said(e, f)) {
            first = f < first ? f : first;
            n = f + 1 - first;
            out->frames++;
        }
    for (size_t i = 0; i < n; i++) {
        size_t f = first + i, near = nearest(d, frame_ms(f), &hint);
        struct difference here = best_of(e, d, f, near);

        any[i] = fmin(here.any, w->any_most);
        added[i] = fmin(here.added, w->added_most);
        out->damaged += is_said(e, f) && here.any > DAMAGED;
    }
    out->disturbance =
        w->any * gather(any, n, w->worst_power) + w->added * gather(added, n, w->worst_power);
    out->score = 0.999 + (HEARING_BEST - 0.999) * (1 + exp(3.8224 - 1.3669 * 4.5)) /
                             (1 + exp(3.8224 - 1.3669 * (4.5 - out->disturbance)));
    free(any);
    free(added);
}

/* ---- delays of all ---- */

static int smaller(const void *a, const void *b)
{
    return -larger(a, b);
}

/* Of the places from..to the delay that so many of a hundred are not above. */
static double percentile(const struct hearing_delays *d, size_t from, size_t to, unsigned percent)
{
    double *ms = room(to - from, sizeof *ms), found;

    for (size_t i = from; i < to; i++)
        ms[i - from] = d->at[i].delay_ms;
    qsort(ms, to - from, sizeof *ms, smaller);
    found = ms[(to - from - 1) * percent / 100];
    free(ms);
    return found;
}

/* The median of the slopes between places a third of the talk apart, as some are mistaken. */
static double slope(const struct hearing_delays *d)
{
    size_t apart = d->n / 3 + 1, n = d->n > apart ? d->n - apart : 0;
    double *slopes = room(n, sizeof *slopes), found = 0;

    for (size_t i = 0; i < n; i++)
        slopes[i] = (d->at[i + apart].delay_ms - d->at[i].delay_ms) /
                    (d->at[i + apart].at_ms - d->at[i].at_ms);
    qsort(slopes, n, sizeof *slopes, smaller);
    if (n)
        found = slopes[n / 2];
    free(slopes);
    return found;
}

static void summarize(const struct hearing_delays *d, struct hearing *out)
{
    size_t begun = 1, ends = d->n - 1;

    while (begun < d->n && d->at[begun].at_ms < d->at[0].at_ms + ENDS_MS)
        begun++;
    while (ends > 0 && d->at[ends - 1].at_ms > d->at[d->n - 1].at_ms - ENDS_MS)
        ends--;
    out->delay_ms = percentile(d, 0, d->n, 50);
    out->spread_ms = percentile(d, 0, d->n, 95) - percentile(d, 0, d->n, 5);
    out->first_ms = percentile(d, 0, begun, 50);
    out->last_ms = percentile(d, ends, d->n, 50);
    out->drift_ms = slope(d) * 60000;
    for (size_t i = 1; i < d->n; i++)
        out->jumps += fabs(d->at[i].delay_ms - d->at[i - 1].delay_ms) > HEARING_JUMP_MS;
}

int hearing_judge(const int16_t *said, const int16_t *heard, size_t n, bool narrow,
                  struct hearing *out)
{
    struct ear ear = {.n = n,
                      .frames = n / HOP,
                      .said = said,
                      .heard = heard,
                      .weights = narrow ? &NARROW : &WIDE};
    struct hearing_delays delays;

    *out = (struct hearing){.score = 1};
    hearing_delays_find(said, heard, n, &delays);
    if (!delays.n) {
        hearing_delays_free(&delays);
        return -1;
    }
    make_bands(&ear, narrow);
    listen_to_said(&ear);
    learn_colour(&ear, &delays);
    score(&ear, &delays, out);
    summarize(&delays, out);
    free(ear.loud);
    free(ear.power);
    hearing_delays_free(&delays);
    return 0;
}
