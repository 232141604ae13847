#include "audio/treble.h"

#include <math.h>

enum {
    EDGE_HZ = 9000, /* half of it passes */
    STEP = 7,       /* from one sample that is filtered to the next: hardly a period of any tone */
    HEARD = 3,      /* root mean square above that of rounding, */
    LOUD = 100,     /* and of what is no pause */
    LONG = TREBLE_HZ,
};

static const double SHARE = 0.001; /* of the whole, -60 dB: less is what a resampler leaves */
static const double KAISER = 5.65; /* 60 dB, too */
static const double PI = 3.14159265358979;

/* The modified Bessel function of the first kind and order 0. */
static double bessel(double x)
{
    double sum = 1, part = 1;

    for (int k = 1; part > 1e-9 * sum; k++) {
        part *= x / 2 / k * (x / 2 / k);
        sum += part;
    }
    return sum;
}

/* What passes all, less what passes the low tones alone. */
void treble_init(struct treble *t)
{
    const double half = TREBLE_TAPS / 2, edge = 2.0 * EDGE_HZ / TREBLE_HZ; /* whole: odd */

    t->without = 0;
    for (int i = 0; i < TREBLE_TAPS; i++) {
        double at = i - half, window = bessel(KAISER * sqrt(1 - at * at / half / half));
        double low = at == 0 ? edge : sin(PI * edge * at) / (PI * at);

        t->tap[i] = (float)(((at == 0) - low) * window / bessel(KAISER));
    }
}

/* Mean squares of the sound, and of what is above 8 kHz of it. */
static void measure(const struct treble *t, const int16_t *samples, size_t n, unsigned channels,
                    double *all, double *above)
{
    double places = 0;

    *all = *above = 0;
    for (size_t i = 0; i + TREBLE_TAPS <= n; i += STEP)
        for (unsigned c = 0; c < channels; c++) {
            const int16_t *from = samples + i * channels + c;
            float sum = 0;

            for (size_t k = 0; k < TREBLE_TAPS; k++)
                sum += t->tap[k] * from[k * channels];
            *all += (double)from[0] * from[0];
            *above += (double)sum * sum;
            places++;
        }
    *all /= fmax(places, 1);
    *above /= fmax(places, 1);
}

bool treble_is_missing(struct treble *t, const int16_t *samples, size_t n, unsigned channels)
{
    double all, above;

    measure(t, samples, n, channels, &all, &above);
    if (above > fmax(HEARD * HEARD, all * SHARE * SHARE))
        t->without = 0;
    else if (all > LOUD * LOUD && t->without < LONG)
        t->without += n;
    return t->without >= LONG;
}
