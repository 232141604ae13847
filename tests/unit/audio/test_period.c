#include "audio/period.h"

#include "tests/lib/rows.h"

#include "base/rand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 960, MOST = 480 };

/* One period of noise again and again: it is like itself at that lag and its multiples alone. */
static void fill(int16_t *out, size_t n, size_t period)
{
    struct rng rng = rng_seeded(7);

    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)(i < period ? (int)rng_below(&rng, 20001) - 10000 : out[i - period]);
}

/* The same, but smooth: what a coarse look sees is near what is there. */
static void hum(int16_t *out, size_t n, size_t channels, double frames)
{
    for (size_t i = 0; i < n; i++) {
        double at = 2 * 3.14159265358979 * (double)(i / channels) / frames;

        out[i] = (int16_t)lrint(5000 * sin(at + (double)(i % channels)) + 3000 * sin(2 * at));
    }
}

static const struct row {
    const char *name;
    size_t period, least, most, channels, step; /* values */
} rows[] = {
    {"every sample", 131, 60, MOST, 1, 1},
    {"every second sample, an odd period", 131, 60, 200, 1, 2},
    {"every sixth sample at first", 401, 120, MOST, 1, 6},
    {"below the best of those that are tried at first", 184, 120, 300, 1, 6},
    {"above the best of those that are tried at first", 182, 120, 300, 1, 6},
    {"at the least lag", 131, 131, 200, 1, 3},
    {"at the most, which no step meets", 200, 120, 200, 1, 6},
    {"two channels", 262, 120, 400, 2, 2},
    {"two channels, every third frame at first", 262, 120, 400, 2, 6},
};

static void finds_the_period(void **state)
{
    const struct row *row = *state;
    struct period_range range = {row->least, row->most, row->channels, row->step};
    int16_t samples[N + MOST];
    struct period found;

    if (row->step == row->channels)
        fill(samples, ARRAY_LEN(samples), row->period);
    else
        hum(samples, ARRAY_LEN(samples), row->channels,
            (double)row->period / (double)row->channels);
    found = period_find(samples, N, 1, &range);
    assert_int_equal(found.lag, row->period);
    assert_true(found.likeness > 0.999);
    found = period_find(samples + MOST, N, -1, &range);
    assert_int_equal(found.lag, row->period);
    assert_true(found.likeness > 0.999);
}

/* Nothing on the other side is read: there another period would fit. */
static void looks_to_one_side(void **state)
{
    struct period_range range = {60, 250, 1, 1};
    int16_t samples[3 * MOST];

    (void)state;
    fill(samples, MOST, 100);
    fill(samples + MOST, 2 * MOST, 170);
    assert_int_equal(period_find(samples + MOST, MOST, 1, &range).lag, 170);
    assert_int_equal(period_find(samples, MOST - 250, 1, &range).lag, 100);
    assert_int_equal(period_find(samples + 250, MOST - 250, -1, &range).lag, 100);
}

static void likeness_is_of_shape_not_of_loudness(void **state)
{
    int16_t loud[N], soft[N], against[N], silent[N] = {0}, late[N];

    (void)state;
    fill(loud, N, N);
    for (size_t i = 0; i < N; i++) {
        soft[i] = loud[i] / 5;
        against[i] = (int16_t)-loud[i];
        late[i] = loud[(i + 7) % N];
    }
    assert_true(period_likeness(loud, soft, N, 1, 1) > 0.999);
    assert_true(period_likeness(loud, against, N, 1, 1) < -0.999);
    assert_true(fabs(period_likeness(loud, late, N, 1, 1)) < 0.2);
    assert_true(period_likeness(loud, silent, N, 1, 1) == 0);
    assert_true(period_likeness(silent, silent, N, 1, 1) == 0);
}

/* Steps go from frame to frame, and both channels of each count. */
static void both_channels_count(void **state)
{
    int16_t a[N], b[N];

    (void)state;
    fill(a, N, N);
    memcpy(b, a, sizeof b);
    for (size_t i = 1; i < N; i += 2)
        b[i] = (int16_t)-b[i]; /* the right one is upside down */
    assert_true(fabs(period_likeness(a, b, N, 2, 2)) < 0.2);
    assert_true(fabs(period_likeness(a, b, N, 2, 6)) < 0.2);
    for (size_t i = 0; i < N; i++)
        if (i / 2 % 3)
            b[i] = 0; /* what lies between the steps */
        else
            b[i] = a[i];
    assert_true(period_likeness(a, b, N, 2, 6) > 0.999);
    assert_true(period_likeness(a, b, N, 2, 2) < 0.8);
}

/* However near it is: neither beside the range nor between two frames. */
static void no_other_lag_is_taken(void **state)
{
    struct period_range range = {131, 200, 1, 6}, of_two = {120, 300, 2, 6};
    int16_t samples[N + MOST];

    (void)state;
    hum(samples, ARRAY_LEN(samples), 1, 203);
    assert_int_equal(period_find(samples, N, 1, &range).lag, 200);
    hum(samples, ARRAY_LEN(samples), 1, 128);
    assert_int_equal(period_find(samples, N, 1, &range).lag, 131);
    hum(samples, ARRAY_LEN(samples), 1, 263);
    assert_int_equal(period_find(samples, N, 1, &of_two).lag % 2, 0);
}

static void of_lags_that_fit_the_least_is_taken(void **state)
{
    struct period_range range = {60, 250, 1, 1}, none = {251, 250, 1, 1};
    int16_t samples[N + MOST], silent[N + MOST] = {0};
    struct period found;

    (void)state;
    fill(samples, ARRAY_LEN(samples), 80);
    assert_int_equal(period_find(samples, N, 1, &range).lag, 80);
    found = period_find(silent, N, 1, &range);
    assert_int_equal(found.lag, 60);
    assert_true(found.likeness == 0);
    assert_int_equal(period_find(samples, N, 1, &none).lag, 0);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LEN(rows) + 5] = {
        cmocka_unit_test(looks_to_one_side),
        cmocka_unit_test(likeness_is_of_shape_not_of_loudness),
        cmocka_unit_test(both_channels_count),
        cmocka_unit_test(no_other_lag_is_taken),
        cmocka_unit_test(of_lags_that_fit_the_least_is_taken),
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i + 5] = (struct CMUnitTest){rows[i].name, finds_the_period, NULL, NULL,
                                           (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("audio/period", tests, NULL, NULL);
}
