/* Each allocation that the base makes for somebody else fails once; nothing else happens. */
#include <errno.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/ring.h"
#include "base/timers.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"

static void buf_fails_and_keeps_its_content(void **state)
{
    struct buf b = buf_new(1000);

    (void)state;
    memory_fail_at(2); /* the first is for 64 bytes */
    buf_puts(&b, "a");
    for (int i = 0; i < 100; i++)
        buf_putc(&b, 'b');
    assert_true(memory_has_failed());
    assert_false(buf_ok(&b));
    assert_int_equal(buf_slice(&b).n, 63);
    assert_int_equal(buf_slice(&b).p[0], 'a');
    buf_free(&b);
    memory_fail_at(1);
    assert_string_equal(buf_cstr(&b), "");
    memory_fail_at(0);
    buf_free(&b);
}

static bool always(void *arg)
{
    (void)arg;
    return true;
}

static void check_keys(const struct map *m, const char *keys, size_t n)
{
    assert_int_equal(map_count(m), n);
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(map_get(m, (struct slice){keys + i, 1}), keys + i);
    assert_null(map_get(m, (struct slice){keys + n, 1}));
}

/* It wants to grow when it is half full. Where it cannot it becomes fuller, and refuses before
 * nobody could tell that a key is missing. */
static void map_refuses_and_keeps_its_content(void **state)
{
    static const char keys[] = "abcdefghijklmnopqrstuvwxyz";
    struct rng rng = rng_seeded(1);
    struct map m = map_new(&rng);
    size_t n = 0;

    (void)state;
    memory_fail_at(1);
    assert_int_equal(map_put(&m, SLICE("a"), &m), -ENOMEM);
    assert_null(map_get(&m, SLICE("a")));
    memory_fail_at(2);
    for (; !memory_has_failed(); n++)
        assert_int_equal(map_put(&m, (struct slice){keys + n, 1}, (void *)(keys + n)), 0);
    assert_int_equal(n, 9); /* of 16 */
    memory_fail_by(always, NULL);
    while (map_put(&m, (struct slice){keys + n, 1}, (void *)(keys + n)) == 0)
        n++;
    assert_int_equal(n, 14);
    check_keys(&m, keys, n);
    memory_fail_by(NULL, NULL);
    assert_int_equal(map_put(&m, (struct slice){keys + n, 1}, (void *)(keys + n)), 0);
    check_keys(&m, keys, n + 1);
    map_free(&m);
}

static void timers_refuse_and_keep_theirs(void **state)
{
    struct timers all = {0};
    struct timer t = {0};

    (void)state;
    memory_fail_at(2);
    assert_int_equal(timers_reserve(&all, 1), 0);
    timers_set(&all, &t, 5);
    assert_int_equal(timers_reserve(&all, 100), -ENOMEM);
    assert_ptr_equal(timers_pop(&all, 5), &t);
    timers_free(&all);
}

static void slice_dup_gives_null(void **state)
{
    (void)state;
    memory_fail_at(1);
    assert_null(slice_dup(SLICE("a")));
}

static void half_a_ring_is_none(void **state)
{
    (void)state;
    memory_fail_at(1); /* of the samples; the ring itself comes from aligned_alloc */
    assert_null(ring_new(100));
    assert_true(memory_has_failed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_fails_and_keeps_its_content),
        cmocka_unit_test(map_refuses_and_keeps_its_content),
        cmocka_unit_test(timers_refuse_and_keep_theirs),
        cmocka_unit_test(slice_dup_gives_null),
        cmocka_unit_test(half_a_ring_is_none),
    };

    return cmocka_run_group_tests_name("base without memory", tests, NULL, NULL);
}
