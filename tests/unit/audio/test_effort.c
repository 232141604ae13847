#include "audio/effort.h"

#include "tests/lib/rows.h"

enum { BEAT_US = 20000 };

/* A second of beats that each are busy for so much and late by so much; the level behind it. */
static int second(struct effort *e, uint64_t busy_us, uint64_t late_us)
{
    for (int i = 0; i < 50; i++)
        effort_note(e, late_us, busy_us, BEAT_US);
    return e->level;
}

static int seconds(struct effort *e, unsigned n, uint64_t busy_us)
{
    while (n-- > 0)
        second(e, busy_us, 0);
    return e->level;
}

static void calm_stays_at_the_best(void **state)
{
    struct effort e;

    (void)state;
    effort_init(&e, 9);
    assert_int_equal(seconds(&e, 100, 8000), 9);
}

static void busy_goes_down_step_by_step(void **state)
{
    struct effort e;

    (void)state;
    effort_init(&e, 9);
    assert_int_equal(second(&e, 12000, 0), 5);
    assert_int_equal(second(&e, 12000, 0), 2);
    assert_int_equal(second(&e, 12000, 0), 1);
    assert_int_equal(second(&e, 12000, 0), 1);
}

static void late_is_busy_too(void **state)
{
    struct effort e;

    (void)state;
    effort_init(&e, 9);
    assert_int_equal(second(&e, 100, 9000), 9);
    assert_int_equal(second(&e, 100, 11000), 5);
    effort_init(&e, 9);
    for (int i = 0; i < 50; i++) /* one hiccup says nothing */
        assert_false(effort_note(&e, i == 7 ? 200000 : 0, 100, BEAT_US));
    assert_int_equal(e.level, 9);
}

static void comes_back_after_calm(void **state)
{
    struct effort e;

    (void)state;
    effort_init(&e, 9);
    seconds(&e, 3, 15000);
    assert_int_equal(seconds(&e, 9, 1000), 1);
    assert_int_equal(second(&e, 1000, 0), 2);
    assert_int_equal(seconds(&e, 20, 1000), 9);
}

static void neither_busy_nor_calm_stays_where_it_is(void **state)
{
    struct effort e;

    (void)state;
    effort_init(&e, 9);
    second(&e, 12000, 0);
    assert_int_equal(seconds(&e, 100, 7000), 5);
}

static void what_did_not_go_well_is_dared_later(void **state)
{
    struct effort e;
    unsigned waited;

    (void)state;
    effort_init(&e, 9);
    for (unsigned expected = 10; expected <= 640; expected *= 2) {
        second(&e, 12000, 0);
        assert_int_equal(e.level, 5);
        for (waited = 1; second(&e, 1000, 0) == 5; waited++)
            continue;
        assert_int_equal(waited, expected < 160 ? expected : 160);
    }
    seconds(&e, 160, 1000); /* and this time it does */
    second(&e, 12000, 0);
    assert_int_equal(seconds(&e, 10, 1000), 9);
}

static void a_lower_best_is_kept_to(void **state)
{
    struct effort e;

    (void)state;
    effort_init(&e, 4);
    assert_int_equal(second(&e, 12000, 0), 2);
    assert_int_equal(seconds(&e, 10, 1000), 4);
    effort_init(&e, 0);
    assert_int_equal(second(&e, 12000, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calm_stays_at_the_best),
        cmocka_unit_test(busy_goes_down_step_by_step),
        cmocka_unit_test(late_is_busy_too),
        cmocka_unit_test(comes_back_after_calm),
        cmocka_unit_test(neither_busy_nor_calm_stays_where_it_is),
        cmocka_unit_test(what_did_not_go_well_is_dared_later),
        cmocka_unit_test(a_lower_best_is_kept_to),
    };

    return cmocka_run_group_tests_name("audio/effort", tests, NULL, NULL);
}
