#include "base/timers.h"

#include <string.h>

#include "base/rand.h"
#include "tests/lib/rows.h"

#define N_TIMERS 64

/* The same with no heap: look at all of them each time. */
static uint64_t naive_next(const uint64_t when[N_TIMERS])
{
    uint64_t next = NEVER_MS;

    for (size_t i = 0; i < N_TIMERS; i++)
        if (when[i] < next)
            next = when[i];
    return next;
}

static void check_heap(const struct timers *all)
{
    for (size_t i = 1; i <= all->n; i++) {
        assert_int_equal(all->heap[i]->place, i);
        if (i > 1)
            assert_true(all->heap[i / 2]->when_ms <= all->heap[i]->when_ms);
    }
}

static void agrees_with_a_naive_model(void **state)
{
    struct timers all = {0};
    struct timer timers[N_TIMERS] = {0}, *due;
    uint64_t when[N_TIMERS], now_ms = 0;
    struct rng rng = rng_seeded(1);

    (void)state;
    memset(when, 0xff, sizeof when);
    assert_int_equal(timers_reserve(&all, N_TIMERS), 0);
    for (int step = 0; step < 20000; step++) {
        uint32_t i = rng_below(&rng, N_TIMERS);

        switch (rng_below(&rng, 4)) {
        case 0:
        case 1:
            when[i] = now_ms + rng_below(&rng, 50);
            timers_set(&all, &timers[i], when[i]);
            break;
        case 2:
            when[i] = NEVER_MS;
            if (step % 2)
                timers_clear(&all, &timers[i]);
            else
                timers_set(&all, &timers[i], NEVER_MS);
            break;
        default:
            now_ms += rng_below(&rng, 4);
            while ((due = timers_pop(&all, now_ms)) != NULL) {
                assert_true(when[due - timers] == naive_next(when));
                assert_false(timer_is_set(due));
                when[due - timers] = NEVER_MS;
            }
            assert_true(naive_next(when) > now_ms);
        }
        assert_int_equal(timer_is_set(&timers[i]), when[i] != NEVER_MS);
        assert_true(timers_next_ms(&all) == naive_next(when));
        check_heap(&all);
    }
    timers_free(&all);
}

static void empty_heap_waits_for_nothing(void **state)
{
    struct timers all = {0};
    struct timer t = {0};

    (void)state;
    assert_true(timers_next_ms(&all) == NEVER_MS);
    assert_null(timers_pop(&all, NEVER_MS));
    timers_clear(&all, &t);
    timers_set(&all, &t, NEVER_MS);
    assert_false(timer_is_set(&t));
    timers_free(&all);
}

static void due_means_at_or_before_now(void **state)
{
    struct timers all = {0};
    struct timer t = {0};

    (void)state;
    assert_int_equal(timers_reserve(&all, 1), 0);
    timers_set(&all, &t, 100);
    assert_null(timers_pop(&all, 99));
    assert_ptr_equal(timers_pop(&all, 100), &t);
    assert_null(timers_pop(&all, 1000));
    timers_free(&all);
}

static void reserve_makes_room_for_that_many(void **state)
{
    struct timer timers[100] = {0};
    struct timers all = {0};
    size_t cap;

    (void)state;
    assert_int_equal(timers_reserve(&all, 100), 0);
    cap = all.cap;
    for (size_t i = 0; i < 100; i++)
        timers_set(&all, &timers[i], 1000 - i);
    assert_int_equal(all.cap, cap); /* so that setting a timer cannot fail */
    for (size_t i = 100; i-- > 0;)
        assert_ptr_equal(timers_pop(&all, NEVER_MS - 1), &timers[i]);
    timers_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_naive_model),
        cmocka_unit_test(empty_heap_waits_for_nothing),
        cmocka_unit_test(due_means_at_or_before_now),
        cmocka_unit_test(reserve_makes_room_for_that_many),
    };

    return cmocka_run_group_tests_name("base/timers", tests, NULL, NULL);
}
