#include "audio/stretch.h"

#include <string.h>

#include "audio/period.h"

/* At first about 8,000 samples a second are compared. */
enum { PERIOD_MIN_US = 2500, COARSE_HZ = 8000, FADE_MS = 10, JOIN_MS = 4 };

static const double QUIET = 30;

/* Two channels are looked at as one of twice the rate, in which nothing moves by less than a frame.
 * Counts and lags within this file are of values, and multiples of the channels. */
struct form {
    uint32_t rate_hz;
    size_t channels;
};

static struct form form_of(const struct stretch_how *how)
{
    return (struct form){how->rate_hz, how->channels == 2 ? 2 : 1};
}

static size_t values_of(struct form form, size_t ms)
{
    return (size_t)form.rate_hz * ms / 1000 * form.channels;
}

static size_t shortest_period(struct form form)
{
    return (size_t)((uint64_t)form.rate_hz * PERIOD_MIN_US / 1000000) * form.channels;
}

/* n, or the frame below it. */
static size_t whole_frames(size_t n, struct form form)
{
    return n - n % form.channels;
}

static double mean_square(const int16_t *samples, size_t n)
{
    double energy = 0;

    for (size_t i = 0; i < n; i++)
        energy += (double)samples[i] * samples[i];
    return n ? energy / (double)n : 0;
}

static struct period best_lag(const int16_t *samples, size_t n, ptrdiff_t direction, size_t least,
                              size_t most, struct form form)
{
    size_t frames = form.rate_hz > COARSE_HZ ? form.rate_hz / COARSE_HZ : 1;
    struct period_range range = {least, most, form.channels, frames * form.channels};

    return period_find(samples, n, direction, &range);
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

static bool is_pause(const int16_t *samples, size_t n, const struct stretch_how *how)
{
    double pause = how->pause > QUIET ? how->pause : QUIET;

    return mean_square(samples, n) < pause * pause;
}

/* What can go from or come to the n values, at most most: by how many, and over how many the one
 * place fades into the other; 0: nothing. */
static size_t what_fits(const int16_t *samples, size_t n, size_t most,
                        const struct stretch_how *how, size_t *over)
{
    struct form form = form_of(how);
    size_t least = shortest_period(form), half = whole_frames(n / 2, form);
    size_t longest = values_of(form, STRETCH_PERIOD_MAX_MS);
    struct period found;

    most = most < half ? most : half;
    *over = values_of(form, FADE_MS);
    if (is_pause(samples, n, how)) {
        *over = *over < n - most ? *over : n - most;
        return most;
    }
    longest = longest < most ? longest : most;
    if (n < values_of(form, STRETCH_LEAST_MS) || longest < least)
        return 0;
    *over = *over < n - longest ? *over : n - longest;
    found = best_lag(samples, *over, 1, least, longest, form);
    return found.likeness >= how->alike ? found.lag : 0;
}

/* Of the n values that are left, so many are looked at together. */
static size_t next_block(size_t n, const struct stretch_how *how)
{
    size_t block = values_of(form_of(how), STRETCH_LEAST_MS);

    return block < n ? block : n;
}

/* From the first period over into the second, then on from there. */
static void leave_out(int16_t *samples, size_t n, size_t lag, size_t over)
{
    cross_fade(samples, samples, samples + lag, over);
    memmove(samples + over, samples + over + lag, (n - over - lag) * sizeof *samples);
}

/* One period as it was, then from the second back over into the first, and on from there. In place,
 * and so backwards; what stood from over on has moved by lag already. */
static void repeat(int16_t *samples, size_t n, size_t lag, size_t over)
{
    memmove(samples + lag + over, samples + over, (n - over) * sizeof *samples);
    for (size_t i = over; i-- > 0;) {
        int64_t weight = (int64_t)i + 1, whole = (int64_t)over + 1;
        int64_t second = samples[lag + i < over ? lag + i : lag + lag + i], first = samples[i];

        samples[lag + i] = (int16_t)((second * (whole - weight) + first * weight) / whole);
    }
}

/* Goes through the n values block by block; most of them go, or come where it is to be longer. */
static size_t change(int16_t *samples, size_t n, size_t most, bool longer,
                     const struct stretch_how *how)
{
    size_t at = 0, over;

    while (most > 0 && at < n) {
        size_t block = next_block(n - at, how);
        size_t lag = what_fits(samples + at, block, most, how, &over);

        if (lag > 0)
            (longer ? repeat : leave_out)(samples + at, n - at, lag, over);
        n = longer ? n + lag : n - lag;
        at += longer ? block + lag : block - lag;
        most -= lag;
    }
    return n;
}

size_t stretch_accelerate(int16_t *samples, size_t n, const struct stretch_how *how)
{
    size_t channels = form_of(how).channels, most = how->most < n / 2 ? how->most : n / 2;

    return change(samples, n * channels, most * channels, false, how) / channels;
}

size_t stretch_expand(int16_t *samples, size_t n, const struct stretch_how *how)
{
    size_t channels = form_of(how).channels, most = how->most < n ? how->most : n;

    return change(samples, n * channels, most * channels, true, how) / channels;
}

size_t stretch_period(const int16_t *end, unsigned channels, uint32_t rate_hz)
{
    struct form form = {rate_hz, channels};
    size_t longest = values_of(form, STRETCH_PERIOD_MAX_MS);
    size_t known = values_of(form, STRETCH_DRAW_MS) - longest;

    return best_lag(end - known, known, -1, shortest_period(form), longest, form).lag / channels;
}

static int16_t clipped(int value)
{
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

/* One channel: its first sample is at end, others are step apart. The step from one period to the
 * next melts away over a quarter of it. */
static void draw_out(int16_t *end, ptrdiff_t step, size_t n, size_t period)
{
    ptrdiff_t back = (ptrdiff_t)period * step;
    int quarter = (int)period / 4, jump = end[-step] - end[-step - back];

    for (size_t i = 0; i < n; i++) {
        int left = (int)i < quarter ? quarter - (int)i : 0;
        ptrdiff_t at = (ptrdiff_t)i * step;

        end[at] = clipped(end[at - back] + jump * left / (quarter + 1));
    }
}

void stretch_draw_out(int16_t *end, unsigned channels, size_t n, size_t period)
{
    for (unsigned channel = 0; channel < channels; channel++)
        draw_out(end + channel, (ptrdiff_t)channels, n, period);
}

void stretch_fade(int16_t *samples, unsigned channels, size_t n, bool in)
{
    int64_t whole = (int64_t)n + 1;

    for (size_t i = 0; i < n * channels; i++) {
        int64_t frame = (int64_t)(i / channels);

        samples[i] = (int16_t)(samples[i] * (in ? frame + 1 : whole - 1 - frame) / whole);
    }
}

void stretch_join(const int16_t *end, int16_t *next, unsigned channels, size_t n, size_t period,
                  uint32_t rate_hz)
{
    size_t over = values_of((struct form){rate_hz, channels}, JOIN_MS);

    n *= channels;
    period *= channels;
    over = over < n ? over : n;
    over = over < period ? over : period;
    cross_fade(next, end - period, next, over);
}
