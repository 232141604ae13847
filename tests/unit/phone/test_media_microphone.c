/* phone/media_microphone: what waits to be sent is what was said last. */
#include "phone/media_microphone.h"

#include "tests/lib/rows.h"

enum { RATE = 48000, MS = RATE / 1000, BEAT = 10 * MS };

/* Ten milliseconds, told from others by their level. */
static void say(struct media_microphone *m, int16_t level)
{
    int16_t samples[BEAT];

    for (size_t i = 0; i < BEAT; i++)
        samples[i] = level;
    media_microphone_push(m, samples, BEAT, (struct media_form){RATE, 1},
                          (struct media_form){RATE, 1});
}

static int16_t next(struct media_microphone *m, size_t ms)
{
    int16_t out[120 * MS];
    unsigned channels = 1;

    assert_int_equal(media_microphone_read(m, out, ms * MS, &channels), ms * MS);
    return out[0];
}

static void test_in_order(void **state)
{
    struct media_microphone m = {0};
    int16_t none[MS];
    unsigned channels = 2;

    (void)state;
    assert_int_equal(media_microphone_read(&m, none, MS, &channels), 0);
    assert_int_equal(channels, 1);
    for (int16_t i = 1; i <= 5; i++)
        say(&m, i);
    assert_int_equal(next(&m, 20), 1);
    assert_int_equal(next(&m, 20), 3);
    assert_int_equal(next(&m, 10), 5);
    assert_int_equal(media_microphone_read(&m, none, MS, &channels), 0);
    media_microphone_free(&m);
}

static void test_there_is_an_end_to_what_waits(void **state)
{
    struct media_microphone m = {0};

    (void)state;
    for (int16_t i = 1; i <= 40; i++)
        say(&m, i);
    assert_int_equal(next(&m, 10), 26); /* 150 ms */
    media_microphone_free(&m);
}

/* A hold, keys that are agreed on, a moment in which we stood still: nothing of that is late. */
static void test_what_is_old_is_not_sent(void **state)
{
    struct media_microphone m = {0};

    (void)state;
    media_microphone_keep(&m, 20000);
    for (int16_t i = 1; i <= 12; i++)
        say(&m, i);
    media_microphone_keep(&m, 10000);
    say(&m, 13);
    media_microphone_keep(&m, 20000);
    assert_int_equal(next(&m, 20), 12);
    media_microphone_keep(&m, 0);
    assert_int_equal(m.n, 0);
    media_microphone_free(&m);
}

static void test_another_rate_begins_anew(void **state)
{
    struct media_microphone m = {0};
    int16_t samples[BEAT] = {0};

    (void)state;
    say(&m, 1);
    media_microphone_push(&m, samples, BEAT, (struct media_form){RATE, 1},
                          (struct media_form){8000, 1});
    assert_in_range(m.n, 40, 80);
    media_microphone_keep(&m, 1000);
    assert_int_equal(m.n, 8);
    media_microphone_free(&m);
}

/* Channels of the microphone, and of the encoder; what is wanted of it, and what comes. */
static const struct row {
    const char *name;
    unsigned in, out, wanted, got;
    int16_t left, right; /* of 100 and 300, or of 100 alone */
} rows[] = {
    {"two for two", 2, 2, 2, 2, 100, 300},
    {"two, of which one is wanted", 2, 2, 1, 1, 200, 0},
    {"two for an encoder of one", 2, 1, 1, 1, 200, 0},
    {"one for an encoder of two is sent as one", 1, 2, 2, 1, 100, 0},
    {"one for one", 1, 1, 1, 1, 100, 0},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct media_form in = {RATE, row->in}, out = {RATE, row->out};
    struct media_microphone m = {0};
    int16_t samples[2 * BEAT], got[2 * BEAT];
    unsigned channels = row->wanted;

    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        samples[i] = row->in == 2 && i % 2 ? 300 : 100;
    media_microphone_push(&m, samples, BEAT, in, out);
    media_microphone_keep(&m, 5000);
    assert_int_equal(media_microphone_read(&m, got, BEAT, &channels), BEAT / 2);
    assert_int_equal(channels, row->got);
    for (size_t i = 0; i < BEAT / 2 * channels; i++)
        assert_int_equal(got[i], channels == 2 && i % 2 ? row->right : row->left);
    media_microphone_free(&m);
}

/* Nothing that waits is lost, and the resampler goes on. */
static void test_the_microphone_may_change(void **state)
{
    const struct media_form out = {16000, 2};
    struct media_microphone m = {0};
    int16_t samples[2 * BEAT];
    struct resample *resample;
    unsigned channels = 2;
    size_t n;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        samples[i] = 1000;
    media_microphone_push(&m, samples, BEAT, (struct media_form){RATE, 2}, out);
    resample = m.resample;
    media_microphone_push(&m, samples, BEAT, (struct media_form){RATE, 1}, out);
    assert_ptr_equal(m.resample, resample);
    n = media_microphone_read(&m, samples, BEAT, &channels);
    assert_in_range(n, 2 * BEAT / 3 - 30, 2 * BEAT / 3);
    assert_int_equal(channels, 1);
    for (size_t i = 40; i < n; i++)
        assert_in_range(samples[i], 990, 1010);
    media_microphone_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_there_is_an_end_to_what_waits),
        cmocka_unit_test(test_what_is_old_is_not_sent),
        cmocka_unit_test(test_another_rate_begins_anew),
        cmocka_unit_test(test_the_microphone_may_change),
    };

    return RUN_ROWS("phone/media_microphone channels", rows, check_row) +
           cmocka_run_group_tests_name("phone/media_microphone", tests, NULL, NULL);
}
