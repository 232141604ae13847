#include "tests/lib/drift.h"

#include "base/slice.h"
#include "tests/lib/speech.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define ALIKE 0.95

enum {
    TAPS = 64,
    FEW = 4,     /* places of a second say nothing */
    CLICK = 40,  /* from here on it can be heard; talk has 2 */
    END_S = 15,  /* a beginning, an end */
    APART = 800, /* samples: of one click there are several */
};

/* Lets pass what is below hz; or, turned over, what is as far below the highest there is. */
static void make_filter(double tap[TAPS], double hz, bool turned)
{
    for (int i = 0; i < TAPS; i++) {
        double x = i - (TAPS - 1) / 2.0, low = sin(2 * PI * hz / HEARING_HZ * x) / (PI * x);

        low *= 0.5 - 0.5 * cos(2 * PI * (i + 0.5) / TAPS);
        tap[i] = turned && i % 2 ? -low : low;
    }
}

/* What comes out of it at the newest of TAPS samples. */
static double filtered(const double tap[TAPS], const int16_t *newest)
{
    double sum = 0;

    for (int k = 0; k < TAPS; k++)
        sum += tap[k] * newest[-k];
    return sum;
}

void drift_talk(int16_t *out)
{
    int16_t *raw = calloc(TAPS + DRIFT_TALK, sizeof *raw);
    double tap[TAPS];

    if (!raw)
        abort();
    speech_make(raw + TAPS, DRIFT_TALK, HEARING_HZ, 9);
    for (size_t i = 0; i < DRIFT_TALK; i++)
        if (i % (3 * HEARING_HZ) < HEARING_HZ / 2)
            raw[TAPS + i] = 0;
    make_filter(tap, 2500, false);
    for (size_t i = 0; i < DRIFT_TALK; i++)
        out[i] = (int16_t)lrint(filtered(tap, raw + TAPS + i));
    free(raw);
}

/* ---- how late ---- */

/* Of each second in which enough was said. */
struct times {
    double *ms;
    size_t n;
};

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Puts them in order. */
static double median(double *ms, size_t n)
{
    qsort(ms, n, sizeof *ms, smaller);
    return ms[n / 2];
}

/* One talk, whose beginning would be heard at once at begin, which from is close before. */
static void find_delays(const int16_t *talk, const int16_t *heard, size_t from, double begin,
                        double ratio, struct times *out)
{
    double ms = HEARING_HZ / 1000, in_second[32];
    struct hearing_delays delays;
    size_t n = 0;

    hearing_delays_find(talk, heard + from, DRIFT_TALK, &delays);
    for (size_t i = 0; i < delays.n; i++) {
        const struct hearing_place *place = &delays.at[i];
        double late = place->delay_ms * ms + (double)from - begin;
        double drifted = place->at_ms * ms * (ratio - 1); /* since it began */

        if (place->likeness >= ALIKE && n < ARRAY_LEN(in_second))
            in_second[n++] = (late - drifted) / ms;
        if (i + 1 < delays.n && floor(place->at_ms / 1000) >= floor(place[1].at_ms / 1000))
            continue;
        if (n >= FEW)
            out->ms[out->n++] = median(in_second, n);
        n = 0;
    }
    hearing_delays_free(&delays);
}

static void judge(struct times *t, struct drift_found *f)
{
    size_t few = t->n < END_S ? t->n : END_S;

    f->seconds = t->n;
    if (t->n == 0)
        return;
    f->least_ms = f->most_ms = t->ms[0];
    for (size_t i = 1; i < t->n; i++) {
        f->least_ms = fmin(f->least_ms, t->ms[i]);
        f->most_ms = fmax(f->most_ms, t->ms[i]);
        f->jumps += fabs(t->ms[i] - t->ms[i - 1]) > HEARING_JUMP_MS;
    }
    f->first_ms = median(t->ms, few);
    f->last_ms = median(t->ms + t->n - few, few);
}

/* ---- clicks ---- */

static void find_clicks(const int16_t *heard, size_t n, struct drift_found *f)
{
    size_t quiet_until = 0;
    double tap[TAPS];

    make_filter(tap, 3500, true);
    for (size_t i = TAPS; i < n; i++) {
        double loud = fabs(filtered(tap, heard + i));

        f->loudest = fmax(f->loudest, loud);
        if (loud < CLICK)
            continue;
        f->clicks += i >= quiet_until;
        quiet_until = i + APART;
    }
}

void drift_find(const int16_t *talk, const int16_t *heard, size_t n, size_t start, double ratio,
                struct drift_found *out)
{
    size_t settled = start + (size_t)(DRIFT_TALK * ratio);
    struct times times = {calloc(n / HEARING_HZ + 2, sizeof *times.ms), 0};

    if (!times.ms)
        abort();
    *out = (struct drift_found){0};
    for (size_t turn = 1; talk; turn++) {
        double begin = (double)start + (double)turn * DRIFT_TALK * ratio;

        if ((size_t)begin + DRIFT_TALK > n)
            break;
        find_delays(talk, heard, (size_t)begin, begin, ratio, &times);
    }
    judge(&times, out);
    free(times.ms);
    if (settled < n)
        find_clicks(heard + settled, n - settled, out);
}
