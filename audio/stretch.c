#include "audio/stretch.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The period is looked for in every so-many-eth sample, so that about 8,000 a second are compared;
 * then its neighbours are compared in full. */
enum { PERIOD_MIN_US = 2500, COARSE_HZ = 8000 };

static const double ALIKE = 0.85;    /* of 1; less would be heard */
static const double QUIET = 30 * 30; /* mean square under which any period will do */

/* How alike n samples of a and b are, comparing every step-th: -1 to 1, and 1 where both are quiet.
 */
static double likeness(const int16_t *a, const int16_t *b, size_t n, size_t step)
{
    double product = 0, energy_a = 0, energy_b = 0, count = (double)n / (double)step;

    for (size_t i = 0; i < n; i += step) {
        product += (double)a[i] * b[i];
        energy_a += (double)a[i] * a[i];
        energy_b += (double)b[i] * b[i];
    }
    if (energy_a < QUIET * count && energy_b < QUIET * count)
        return 1;
    if (energy_a <= 0 || energy_b <= 0)
        return 0;
    return product / sqrt(energy_a * energy_b);
}

/* The lag from least to most at which samples resemble themselves best over n samples; 0: none is
 * good enough. */
static size_t best_lag(const int16_t *samples, size_t n, size_t least, size_t most,
                       uint32_t rate_hz)
{
    size_t step = rate_hz > COARSE_HZ ? rate_hz / COARSE_HZ : 1, best = 0, from, to;
    double best_likeness = -1;

    for (size_t lag = least; lag <= most; lag += step) {
        double at = likeness(samples, samples + lag, n, step);

        if (at > best_likeness) {
            best_likeness = at;
            best = lag;
        }
    }
    from = best > least + step ? best - step : least;
    to = best + step < most ? best + step : most;
    best_likeness = -1;
    for (size_t lag = from; lag <= to; lag++) {
        double at = likeness(samples, samples + lag, n, 1);

        if (at > best_likeness) {
            best_likeness = at;
            best = lag;
        }
    }
    return best_likeness >= ALIKE ? best : 0;
}

/* out[i] goes from a[i] to b[i] over n samples; out may be a. */
static void cross_fade(int16_t *out, const int16_t *a, const int16_t *b, size_t n)
{
    int64_t whole = (int64_t)n + 1;

    for (size_t i = 0; i < n; i++) {
        int64_t weight = (int64_t)i + 1;

        out[i] = (int16_t)((a[i] * (whole - weight) + b[i] * weight) / whole);
    }
}

static size_t longest_period(uint32_t rate_hz)
{
    return (size_t)rate_hz * STRETCH_PERIOD_MAX_MS / 1000;
}

/* The period that samples begin with; 0: too few of them, or none that would not be heard. */
static size_t period_of(const int16_t *samples, size_t n, uint32_t rate_hz)
{
    size_t least = (size_t)((uint64_t)rate_hz * PERIOD_MIN_US / 1000000);
    size_t most = longest_period(rate_hz);

    if (n < (size_t)rate_hz * STRETCH_LEAST_MS / 1000)
        return 0;
    return best_lag(samples, most, least, most, rate_hz);
}

size_t stretch_accelerate(int16_t *samples, size_t n, uint32_t rate_hz)
{
    size_t over = longest_period(rate_hz), lag = period_of(samples, n, rate_hz);

    if (lag == 0)
        return n;
    /* From the first period over into the second, then on from there. */
    cross_fade(samples, samples, samples + lag, over);
    memmove(samples + over, samples + over + lag, (n - over - lag) * sizeof *samples);
    return n - lag;
}

size_t stretch_expand(int16_t *samples, size_t n, uint32_t rate_hz)
{
    size_t over = longest_period(rate_hz), lag = period_of(samples, n, rate_hz);

    if (lag == 0)
        return n;
    /* One period as it was, then from the second back over into the first, and on from there. In
     * place, and so backwards; what stood from over on has moved by lag already. */
    memmove(samples + lag + over, samples + over, (n - over) * sizeof *samples);
    for (size_t i = over; i-- > 0;) {
        int64_t weight = (int64_t)i + 1, whole = (int64_t)over + 1;
        int64_t second = samples[lag + i < over ? lag + i : lag + lag + i], first = samples[i];

        samples[lag + i] = (int16_t)((second * (whole - weight) + first * weight) / whole);
    }
    return n + lag;
}
