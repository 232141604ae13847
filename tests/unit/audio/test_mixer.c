#include "audio/mixer.h"

#include "audio/level.h"

#include "tests/lib/rows.h"

#include <math.h>

static struct mixer m; /* too large for some stacks */

static void sums_are_clipped_at_the_end_only(void **state)
{
    int16_t loud[3] = {30000, -30000, 100}, soft[3] = {-20000, 20000, 1}, out[3];

    (void)state;
    mixer_clear(&m, 3);
    mixer_add(&m, loud, 3);
    mixer_add(&m, loud, 3);
    mixer_get(&m, NULL, out);
    assert_int_equal(out[0], 32767);
    assert_int_equal(out[1], -32768);
    assert_int_equal(out[2], 200);
    mixer_add(&m, soft, 3);
    mixer_add(&m, soft, 2);
    mixer_get(&m, NULL, out);
    assert_int_equal(out[0], 20000);
    assert_int_equal(out[1], -20000);
    assert_int_equal(out[2], 201);
}

static void one_does_not_hear_oneself(void **state)
{
    int16_t a[2] = {1000, 32767}, b[2] = {-50, 32767}, out[2];

    (void)state;
    mixer_clear(&m, 2);
    mixer_add(&m, a, 2);
    mixer_add(&m, b, 2);
    mixer_get(&m, a, out);
    assert_memory_equal(out, b, sizeof b);
    mixer_get(&m, b, out);
    assert_memory_equal(out, a, sizeof a);
}

static void longer_sounds_are_cut(void **state)
{
    int16_t in[4] = {1, 2, 3, 4}, out[4] = {9, 9, 9, 9};

    (void)state;
    mixer_clear(&m, 2);
    mixer_add(&m, in, 4);
    mixer_get(&m, NULL, out);
    assert_int_equal(out[1], 2);
    assert_int_equal(out[2], 9);
    mixer_clear(&m, 1000000);
    assert_int_equal(m.n, 2 * MIXER_SAMPLES);
}

static void two_are_added_in_place(void **state)
{
    int16_t a[2] = {32000, -5}, b[2] = {1000, 7};

    (void)state;
    mixer_onto(a, b, 2);
    assert_int_equal(a[0], 32767);
    assert_int_equal(a[1], 2);
}

static void levels_are_in_db(void **state)
{
    int16_t full[100], silence[100] = {0}, least[100] = {1};

    (void)state;
    for (int i = 0; i < 100; i++)
        full[i] = i % 2 ? 32767 : -32768;
    assert_true(fabsf(level_dbfs(full, 100)) < 0.01f);
    assert_true(level_dbfs(silence, 100) <= LEVEL_SILENCE_DB);
    assert_true(level_dbfs(least, 100) >= LEVEL_SILENCE_DB);
    assert_true(level_dbfs(full, 0) <= LEVEL_SILENCE_DB);
    assert_int_equal(level_peak(full, 100), 32768);
    assert_int_equal(level_peak(full, 0), 0);
}

static void gain_is_clipped(void **state)
{
    int16_t samples[4] = {1000, -1000, 30000, -30000};

    (void)state;
    assert_int_equal(level_gain_of_db(0), LEVEL_UNITY);
    assert_int_equal(level_gain_of_db(-200), 0);
    assert_int_equal(level_gain_of_db(NAN), 0);
    assert_int_equal(level_gain_of_db(100), level_gain_of_db(18));
    level_gain(samples, 4, LEVEL_UNITY);
    assert_int_equal(samples[2], 30000);
    level_gain(samples, 4, level_gain_of_db(6.0206f));
    assert_in_range(samples[0], 1999, 2001);
    assert_in_range(-samples[1], 1999, 2001);
    assert_int_equal(samples[2], 32767);
    assert_int_equal(samples[3], -32768);
    level_gain(samples, 4, 0);
    assert_int_equal(samples[3], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_clipped_at_the_end_only),
        cmocka_unit_test(one_does_not_hear_oneself),
        cmocka_unit_test(longer_sounds_are_cut),
        cmocka_unit_test(two_are_added_in_place),
        cmocka_unit_test(levels_are_in_db),
        cmocka_unit_test(gain_is_clipped),
    };

    return cmocka_run_group_tests_name("audio/mixer, audio/level", tests, NULL, NULL);
}
