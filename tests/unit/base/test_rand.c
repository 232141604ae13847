#include "base/rand.h"

#include <string.h>

#include "tests/lib/rows.h"

static void a_seed_repeats(void **state)
{
    struct rng a = rng_seeded(7), b = rng_seeded(7), other = rng_seeded(8);
    unsigned char x[1000], y[1000], z[1000];

    (void)state;
    rng_fill(&a, x, sizeof x);
    for (size_t i = 0; i < sizeof y; i += 8)
        rng_fill(&b, y + i, 8);
    rng_fill(&other, z, sizeof z);
    assert_true(memcmp(x, z, sizeof x) != 0);
    rng_fill(&a, x, 8);
    rng_fill(&b, y, 8);
    assert_memory_equal(x, y, 8);
}

static void the_system_does_not_repeat(void **state)
{
    struct rng a = rng_system(), b = rng_system();
    unsigned char x[300], y[300];

    (void)state;
    rng_fill(&a, x, sizeof x);
    rng_fill(&b, y, sizeof y);
    assert_true(memcmp(x, y, sizeof x) != 0);
    rng_fill(&a, y, sizeof y);
    assert_true(memcmp(x, y, sizeof x) != 0);
}

static void what_was_given_out_is_forgotten(void **state)
{
    struct rng r = rng_system();
    static const unsigned char zero[16];
    unsigned char x[16];

    (void)state;
    rng_fill(&r, x, sizeof x);
    assert_memory_equal(r.pool + r.left, zero, sizeof zero);
}

static void below_covers_its_range(void **state)
{
    struct rng r = rng_seeded(3);
    unsigned seen[10] = {0};

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint32_t v = rng_below(&r, 10);

        assert_true(v < 10);
        seen[v]++;
    }
    for (size_t i = 0; i < 10; i++)
        assert_in_range(seen[i], 850, 1150);
    assert_int_equal(rng_below(&r, 1), 0);
}

static void tokens_are_letters_and_digits(void **state)
{
    struct rng r = rng_seeded(0);
    char token[33];

    (void)state;
    memset(token, 1, sizeof token);
    rng_token(&r, token, 32);
    assert_int_equal(strlen(token), 32);
    assert_int_equal(strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789"), 32);
    rng_token(&r, token, 0);
    assert_string_equal(token, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_repeats),
        cmocka_unit_test(the_system_does_not_repeat),
        cmocka_unit_test(what_was_given_out_is_forgotten),
        cmocka_unit_test(below_covers_its_range),
        cmocka_unit_test(tokens_are_letters_and_digits),
    };

    return cmocka_run_group_tests_name("base/rand", tests, NULL, NULL);
}
