#include "tests/lib/speech.h"

#include "base/rand.h"

#include <math.h>

#define PI 3.14159265358979323846

enum { HARMONICS = 20 };

static double noise(struct rng *rng)
{
    return (double)rng_below(rng, 20001) / 10000 - 1;
}

/* exp(-x * x) at equal steps of x: each is the one before it times a ratio, which itself changes by
 * the same factor each time. */
struct bell {
    double value, ratio, factor;
};

static struct bell bell_at(double x, double step)
{
    return (struct bell){exp(-x * x), exp(-step * (2 * x + step)), exp(-2 * step * step)};
}

static double bell_next(struct bell *b)
{
    double value = b->value;

    b->value *= b->ratio;
    b->ratio *= b->factor;
    return value;
}

/* sin(k * phase + k * k) for k = 1, 2 … in the same way, as exp and sin for each would take most of
 * the time of many a test. */
struct wave {
    double s, c, step_s, step_c;
};

static struct wave wave_at(double phase)
{
    return (struct wave){sin(phase + 1), cos(phase + 1), sin(phase + 3), cos(phase + 3)};
}

static double wave_next(struct wave *w)
{
    struct wave was = *w;

    w->s = was.s * was.step_c + was.c * was.step_s;
    w->c = was.c * was.step_c - was.s * was.step_s;
    w->step_s = was.step_s * cos(2) + was.step_c * sin(2);
    w->step_c = was.step_c * cos(2) - was.step_s * sin(2);
    return was.s;
}

/* Harmonics of a pitch, strongest about two formants. */
static double voice(double pitch, double phase, const double formants[2], double most_hz)
{
    struct bell a = bell_at((pitch - formants[0]) / 250, pitch / 250);
    struct bell b = bell_at((pitch - formants[1]) / 400, pitch / 400);
    struct wave w = wave_at(phase);
    double value = 0;

    for (int k = 1; k <= HARMONICS && pitch * k < most_hz; k++)
        value += (bell_next(&a) + 0.4 * bell_next(&b)) * wave_next(&w);
    return value;
}

/* One syllable: a pitch that falls, then a hiss. */
static void syllable(int16_t *out, size_t n, uint32_t rate_hz, struct rng *rng)
{
    double from = 100 + rng_below(rng, 80), to = from * (0.75 + 0.01 * rng_below(rng, 40));
    double formant = 300 + rng_below(rng, 500);
    const double formants[] = {formant, 1000 + rng_below(rng, 1500)};
    double phase = 0;
    size_t voiced = n * 7 / 10, hiss = n * 9 / 10;

    for (size_t i = 0; i < n; i++) {
        double at = (double)i / (double)n, value = 0, pitch = from + (to - from) * at;

        phase += 2 * PI * pitch / rate_hz;
        if (i < voiced)
            value = voice(pitch, phase, formants, rate_hz / 2.5);
        value *= sin(PI * at / 0.7);
        if (i >= voiced && i < hiss)
            value = 0.15 * noise(rng);
        out[i] = (int16_t)lrint(fmax(-16000, fmin(16000, 4000 * value + 3 * noise(rng))));
    }
}

void speech_make(int16_t *out, size_t n, uint32_t rate_hz, uint32_t seed)
{
    struct rng rng = rng_seeded(seed);
    size_t at = 0, part;

    while (at < n) {
        part = rate_hz / 1000 * (120 + rng_below(&rng, 200));
        part = part < n - at ? part : n - at;
        syllable(out + at, part, rate_hz, &rng);
        at += part;
    }
}

static double likeness_at(const int16_t *a, const int16_t *b, size_t n)
{
    double product = 0, energy_a = 1e-9, energy_b = 1e-9;

    for (size_t i = 0; i < n; i++) {
        product += (double)a[i] * b[i];
        energy_a += (double)a[i] * a[i];
        energy_b += (double)b[i] * b[i];
    }
    return product / sqrt(energy_a * energy_b);
}

double sound_likeness(const int16_t *a, const int16_t *b, size_t n, size_t most, long *shift)
{
    double best = -2;

    for (size_t s = 0; s <= most && s < n; s++) {
        double later = likeness_at(a, b + s, n - s), sooner = likeness_at(a + s, b, n - s);

        if (later > best && shift)
            *shift = (long)s;
        best = fmax(best, later);
        if (sooner > best && shift)
            *shift = -(long)s;
        best = fmax(best, sooner);
    }
    return best;
}

double sound_share_at(const int16_t *a, size_t n, double hz, uint32_t rate_hz)
{
    double real = 0, imaginary = 0, energy = 1e-9;

    for (size_t i = 0; i < n; i++) {
        real += a[i] * cos(2 * PI * hz * (double)i / rate_hz);
        imaginary += a[i] * sin(2 * PI * hz * (double)i / rate_hz);
        energy += (double)a[i] * a[i];
    }
    return 2 * (real * real + imaginary * imaginary) / ((double)n * energy);
}

double sound_loudness(const int16_t *samples, size_t n)
{
    double energy = 0;

    for (size_t i = 0; i < n; i++)
        energy += (double)samples[i] * samples[i];
    return sqrt(energy / (double)n);
}
