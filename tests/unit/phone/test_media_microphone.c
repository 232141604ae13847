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
    media_microphone_push(m, samples, BEAT, RATE, RATE);
}

static int16_t next(struct media_microphone *m, size_t ms)
{
    int16_t out[120 * MS];

    assert_int_equal(media_microphone_read(m, out, ms * MS), ms * MS);
    return out[0];
}

static void test_in_order(void **state)
{
    struct media_microphone m = {0};
    int16_t none[MS];

    (void)state;
    assert_int_equal(media_microphone_read(&m, none, MS), 0);
    for (int16_t i = 1; i <= 5; i++)
        say(&m, i);
    assert_int_equal(next(&m, 20), 1);
    assert_int_equal(next(&m, 20), 3);
    assert_int_equal(next(&m, 10), 5);
    assert_int_equal(media_microphone_read(&m, none, MS), 0);
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
    media_microphone_push(&m, samples, BEAT, RATE, 8000);
    assert_in_range(m.n, 40, 80);
    media_microphone_keep(&m, 1000);
    assert_int_equal(m.n, 8);
    media_microphone_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_there_is_an_end_to_what_waits),
        cmocka_unit_test(test_what_is_old_is_not_sent),
        cmocka_unit_test(test_another_rate_begins_anew),
    };

    return cmocka_run_group_tests_name("phone/media_microphone", tests, NULL, NULL);
}
