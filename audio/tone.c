#include "audio/tone.h"

#include "base/slice.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { EDGE_MS = 5 };

struct tone_step {
    uint16_t ms;
    uint16_t hz; /* 0: silence */
};

struct tone_cadence {
    size_t n;
    struct tone_step at[8];
    bool once;
};

/* clang-format off */
static const struct tone_cadence cadences[] = {
    [TONE_RINGBACK]   = {2, {{1000, 425}, {4000, 0}}, false},
    [TONE_BUSY]       = {2, {{500, 425}, {500, 0}}, false},
    [TONE_CONGESTION] = {2, {{200, 425}, {200, 0}}, false},
    [TONE_WAITING]    = {4, {{200, 425}, {200, 0}, {200, 425}, {5000, 0}}, false},
    [TONE_BEEP]       = {1, {{300, 850}}, true},
    [TONE_RING]       = {8, {{150, 425}, {150, 530}, {150, 425}, {150, 530},
                             {150, 425}, {150, 530}, {100, 425}, {3000, 0}}, false},
};
/* clang-format on */

static double amplitude_of_dbfs(double db)
{
    return 32768 * sqrt(2) * pow(10, db / 20); /* of a sine of that root mean square */
}

static void load_step(struct tone *t)
{
    const struct tone_step *step = &t->cadence->at[t->step];

    t->at = 0;
    t->length = (uint64_t)step->ms * t->rate_hz / 1000;
    t->radians = 2 * PI * step->hz / t->rate_hz;
    t->phase = 0;
    t->amplitude = step->hz ? amplitude_of_dbfs(-15) : 0;
}

void tone_start(struct tone *t, enum tone_kind kind, uint32_t rate_hz)
{
    *t = (struct tone){.rate_hz = rate_hz};
    if (kind == TONE_NONE || (size_t)kind >= ARRAY_LEN(cadences) || rate_hz < 1000)
        return;
    t->cadence = &cadences[kind];
    load_step(t);
}

/* Rises over the first 5 ms of a step and falls over its last. */
static double envelope(const struct tone *t)
{
    uint64_t edge = (uint64_t)t->rate_hz * EDGE_MS / 1000;
    uint64_t from_end = t->length - 1 - t->at;
    uint64_t near = t->at < from_end ? t->at : from_end;

    return near >= edge ? 1 : (double)near / (double)edge;
}

static int16_t next_sample(struct tone *t)
{
    double sample = t->amplitude * sin(t->phase) * envelope(t);

    t->phase += t->radians;
    if (t->phase > 2 * PI)
        t->phase -= 2 * PI;
    t->at++;
    return (int16_t)lrint(sample);
}

bool tone_read(struct tone *t, int16_t *out, size_t n)
{
    size_t i = 0;

    while (i < n && t->cadence) {
        if (t->at < t->length) {
            out[i++] = next_sample(t);
            continue;
        }
        t->step = (t->step + 1) % t->cadence->n;
        if (t->step == 0 && t->cadence->once)
            t->cadence = NULL;
        else
            load_step(t);
    }
    memset(out + i, 0, (n - i) * sizeof *out);
    return i > 0;
}
