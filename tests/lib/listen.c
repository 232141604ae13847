#include "tests/lib/listen.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { BANDS = 42, FRAME_MS = 32, LONGEST = 512, INTERVAL = 20, HIDDEN_BINS = LONGEST / 2 };

static double bark_of(double hz)
{
    return 13 * atan(0.00076 * hz) + 3.5 * atan(hz / 7500 * (hz / 7500));
}

/* Terhardt's threshold in quiet, as power on P.862's scale, on which 40 dB are 10,000. */
static double threshold_at(double hz)
{
    double khz = hz / 1000;
    double db =
        3.64 * pow(khz, -0.8) - 6.5 * exp(-0.6 * (khz - 3.3) * (khz - 3.3)) + 0.001 * pow(khz, 4);

    return pow(10, (db > 60 ? 60 : db) / 10);
}

struct ear {
    uint32_t rate_hz;
    size_t frame;             /* samples */
    int band_of[HIDDEN_BINS]; /* -1: not heard */
    double threshold[BANDS], width[BANDS];
    double scale; /* from power of samples to that of the ear */
};

static void transform(double complex *x, size_t n)
{
    double complex even[LONGEST / 2], odd[LONGEST / 2];

    if (n == 1)
        return;
    for (size_t i = 0; i < n / 2; i++) {
        even[i] = x[2 * i];
        odd[i] = x[2 * i + 1];
    }
    transform(even, n / 2);
    transform(odd, n / 2);
    for (size_t i = 0; i < n / 2; i++) {
        double complex turned = cexp(-2 * PI * I * (double)i / (double)n) * odd[i];

        x[i] = even[i] + turned;
        x[i + n / 2] = even[i] - turned;
    }
}

static void spectrum(const struct ear *ear, const int16_t *samples, double *power)
{
    double complex x[LONGEST];

    for (size_t i = 0; i < ear->frame; i++)
        x[i] = samples[i] * (0.5 - 0.5 * cos(2 * PI * (double)i / (double)ear->frame));
    transform(x, ear->frame);
    for (size_t i = 0; i < ear->frame / 2; i++)
        power[i] = creal(x[i]) * creal(x[i]) + cimag(x[i]) * cimag(x[i]);
}

static void open_ear(struct ear *ear, uint32_t rate_hz)
{
    double low = bark_of(100), high = bark_of(rate_hz > 8000 ? 7500 : 3400), hz;
    int bins[BANDS] = {0};

    *ear = (struct ear){.rate_hz = rate_hz, .frame = rate_hz / 1000 * FRAME_MS};
    for (size_t i = 0; i < ear->frame / 2; i++) {
        hz = (double)i * rate_hz / (double)ear->frame;
        ear->band_of[i] = (int)floor((bark_of(hz) - low) / (high - low) * BANDS);
        if (bark_of(hz) < low || ear->band_of[i] >= BANDS)
            ear->band_of[i] = -1;
        else
            bins[ear->band_of[i]]++;
    }
    for (int b = 0; b < BANDS; b++) {
        double bark = low + (high - low) * (b + 0.5) / BANDS;

        hz = 600 * sinh(bark / 6);
        ear->threshold[b] = threshold_at(hz);
        ear->width[b] = bins[b] ? (high - low) / BANDS : 0;
    }
}

/* So loud that the mean of what is heard is as P.862 has it. */
static void set_level(struct ear *ear, const int16_t *samples, size_t n)
{
    double sum = 0, power[HIDDEN_BINS];
    size_t frames = 0;

    for (size_t at = 0; at + ear->frame <= n; at += ear->frame / 2, frames++) {
        spectrum(ear, samples + at, power);
        for (size_t i = 0; i < ear->frame / 2; i++)
            if (ear->band_of[i] >= 0)
                sum += power[i];
    }
    ear->scale = frames && sum > 0 ? 1e7 / (sum / (double)frames) : 1;
}

static void bands(const struct ear *ear, const int16_t *samples, double *out)
{
    double power[HIDDEN_BINS];

    memset(out, 0, BANDS * sizeof *out);
    spectrum(ear, samples, power);
    for (size_t i = 0; i < ear->frame / 2; i++)
        if (ear->band_of[i] >= 0)
            out[ear->band_of[i]] += power[i] * ear->scale;
}

static double audible(const struct ear *ear, const double *power, double factor)
{
    double sum = 0;

    for (int b = 0; b < BANDS; b++)
        if (power[b] > factor * ear->threshold[b])
            sum += power[b];
    return sum;
}

static double loudness(const struct ear *ear, int band, double power)
{
    double threshold = ear->threshold[band];

    if (power < threshold)
        return 0;
    return 0.1866 * pow(threshold / 0.5, 0.23) * (pow(0.5 + 0.5 * power / threshold, 0.23) - 1);
}

struct disturbance {
    double symmetric, added;
};

/* Of one frame: what is missing or too much, and what was not there at all. */
static struct disturbance disturb(const struct ear *ear, const double *was, const double *is)
{
    struct disturbance out = {0, 0};
    double widths = 0, weight = pow((audible(ear, was, 1) + 1e5) / 1e7, 0.04);

    for (int b = 0; b < BANDS; b++) {
        double a = loudness(ear, b, was[b]), d = loudness(ear, b, is[b]);
        double less = 0.25 * fmin(a, d), by = fabs(d - a) > less ? fabs(d - a) - less : 0;
        double how = pow((is[b] + 50) / (was[b] + 50), 1.2);

        how = how < 3 ? 0 : fmin(how, 12);
        out.symmetric += pow(by * ear->width[b], 2);
        out.added += by * how * ear->width[b];
        widths += ear->width[b];
    }
    out.symmetric = sqrt(out.symmetric * widths);
    out.symmetric = fmin(out.symmetric / weight, 45);
    out.added = fmin(out.added / weight, 45);
    return out;
}

/* The worst of a third of a second counts most, then all of them. */
static double summed_up(const double *of, size_t n, size_t stride)
{
    double whole = 0;
    size_t intervals = 0;

    for (size_t at = 0; at + INTERVAL <= n; at += INTERVAL / 2, intervals++) {
        double sum = 0;

        for (size_t i = 0; i < INTERVAL; i++)
            sum += pow(of[(at + i) * stride], 6);
        whole += pow(sum / INTERVAL, 2.0 / 6);
    }
    return intervals ? sqrt(whole / (double)intervals) : 0;
}

double listen_score(const int16_t *original, const int16_t *heard, size_t n, uint32_t rate_hz)
{
    double was[BANDS], is[BANDS], gain = 1;
    struct disturbance *all;
    struct ear ear;
    size_t hop, frames = 0;
    double score;

    open_ear(&ear, rate_hz);
    set_level(&ear, original, n);
    hop = ear.frame / 2;
    all = calloc(n / hop + 1, sizeof *all);
    for (size_t at = 0; at + ear.frame <= n; at += hop, frames++) {
        double ratio;

        bands(&ear, original + at, was);
        bands(&ear, heard + at, is);
        ratio = (audible(&ear, was, 1) + 5e3) / (audible(&ear, is, 1) + 5e3);
        gain = 0.2 * gain + 0.8 * ratio;
        gain = fmax(3e-4, fmin(gain, 5));
        for (int b = 0; b < BANDS; b++)
            is[b] *= gain;
        all[frames] = disturb(&ear, was, is);
    }
    score = 4.5 - 0.1 * summed_up(&all->symmetric, frames, 2) -
            0.0309 * summed_up(&all->added, frames, 2);
    free(all);
    return score < 1 ? 1 : score;
}

double listen_spectral_db(const int16_t *original, const int16_t *heard, size_t n, uint32_t rate_hz)
{
    double was[BANDS], is[BANDS], sum = 0, count = 0;
    struct ear ear;

    open_ear(&ear, rate_hz);
    set_level(&ear, original, n);
    for (size_t at = 0; at + ear.frame <= n; at += ear.frame / 2) {
        double frame = 0, heard_bands = 0;

        bands(&ear, original + at, was);
        bands(&ear, heard + at, is);
        if (audible(&ear, was, 1) < 1e5)
            continue;
        for (int b = 0; b < BANDS; b++)
            if (ear.width[b] > 0 && ++heard_bands > 0)
                frame += pow(10 * log10((was[b] + 1e3) / (is[b] + 1e3)), 2);
        sum += sqrt(frame / heard_bands);
        count++;
    }
    return count > 0 ? sum / count : 0;
}
