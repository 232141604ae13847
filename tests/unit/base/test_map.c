#include "base/map.h"

#include <errno.h>
#include <stdio.h>

#include "tests/lib/rows.h"

#define N_KEYS 200

struct thing {
    char key[16];
    bool there;
};

static void check_all(const struct map *m, const struct thing things[N_KEYS])
{
    size_t count = 0, walked = 0, at = 0;

    for (size_t i = 0; i < N_KEYS; i++) {
        const void *value = things[i].there ? &things[i] : NULL;

        assert_ptr_equal(map_get(m, slice_of(things[i].key)), value);
        count += things[i].there;
    }
    for (const struct thing *t = map_next(m, &at); t; t = map_next(m, &at)) {
        assert_true(t->there);
        walked++;
    }
    assert_int_equal(map_count(m), count);
    assert_int_equal(walked, count);
}

/* More removals than a table with tombstones or a wrong gap would survive. */
static void agrees_with_a_naive_model(void **state)
{
    struct rng rng = rng_seeded(5);
    struct map m = map_new(&rng);
    struct thing things[N_KEYS] = {0};

    (void)state;
    for (int i = 0; i < N_KEYS; i++)
        snprintf(things[i].key, sizeof things[i].key, "call-%d", i);
    for (int step = 0; step < 20000; step++) {
        struct thing *t = &things[rng_below(&rng, step % 2000 < 1000 ? N_KEYS : 10)];
        struct slice key = slice_of(t->key);

        if (rng_below(&rng, 2)) {
            assert_int_equal(map_put(&m, key, t), t->there ? -EEXIST : 0);
            t->there = true;
        } else {
            assert_ptr_equal(map_remove(&m, key), t->there ? t : NULL);
            t->there = false;
        }
        if (step % 50 == 0)
            check_all(&m, things);
    }
    check_all(&m, things);
    map_free(&m);
}

static void empty_map_has_nothing(void **state)
{
    struct rng rng = rng_seeded(1);
    struct map m = map_new(&rng);
    size_t at = 0;

    (void)state;
    assert_null(map_get(&m, SLICE("a")));
    assert_null(map_remove(&m, SLICE("a")));
    assert_null(map_next(&m, &at));
    assert_int_equal(map_count(&m), 0);
    map_free(&m);
}

static void keys_are_bytes_of_any_length(void **state)
{
    static const struct slice keys[] = {
        SLICE_INIT(""),         SLICE_INIT("\0"),       SLICE_INIT("\0\0"),
        SLICE_INIT("1234567"),  SLICE_INIT("12345678"), SLICE_INIT("123456789"),
        SLICE_INIT("1234567\0"), SLICE_INIT("A"),       SLICE_INIT("a"),
    };
    struct rng rng = rng_seeded(1);
    struct map m = map_new(&rng);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_int_equal(map_put(&m, keys[i], (void *)&keys[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_ptr_equal(map_get(&m, keys[i]), &keys[i]);
    map_free(&m);
    assert_null(map_get(&m, keys[0]));
    assert_int_equal(map_put(&m, keys[0], &m), 0); /* usable again */
    map_free(&m);
}

static void the_seed_decides_the_order(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const void *first = NULL;
    int other = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng rng = rng_seeded(seed);
        struct map m = map_new(&rng);
        const void *value;
        size_t at = 0;

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            assert_int_equal(map_put(&m, slice_of(names[i]), (void *)&names[i]), 0);
        value = map_next(&m, &at);
        first = first ? first : value;
        other += value != first;
        map_free(&m);
    }
    assert_true(other > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_naive_model),
        cmocka_unit_test(empty_map_has_nothing),
        cmocka_unit_test(keys_are_bytes_of_any_length),
        cmocka_unit_test(the_seed_decides_the_order),
    };

    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
