#include "tests/lib/speech.h"

#include "base/rand.h"

#include <math.h>

#define PI 3.14159265358979323846

enum { HARMONICS = 20 };

static double noise(struct rng *rng)
{
    return (double)rng_below(rng, 20001) / 10000 - 1;
}

/* One syllable: harmonics of a pitch that falls, strongest about two formants, then a hiss. */
static void syllable(int16_t *out, size_t n, uint32_t rate_hz, struct rng *rng)
{
    double from = 100 + rng_below(rng, 80), to = from * (0.75 + 0.01 * rng_below(rng, 40));
    double formant_a = 300 + rng_below(rng, 500), formant_b = 1000 + rng_below(rng, 1500);
    double phase = 0;
    size_t voiced = n * 7 / 10, hiss = n * 9 / 10;

    for (size_t i = 0; i < n; i++) {
        double at = (double)i / (double)n, value = 0, pitch = from + (to - from) * at;

        phase += 2 * PI * pitch / rate_hz;
        for (int k = 1; k <= HARMONICS && i < voiced && pitch * k < rate_hz / 2.5; k++) {
            double a = (pitch * k - formant_a) / 250, b = (pitch * k - formant_b) / 400;

            value += (exp(-a * a) + 0.4 * exp(-b * b)) * sin(k * phase + k * k);
        }
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
