#include "base/ring.h"

#include <pthread.h>
#include <sched.h>

#include "base/rand.h"
#include "tests/lib/rows.h"

static void fills_wraps_and_empties(void **state)
{
    struct ring *r = ring_new(100);
    int16_t in[200], out[200];
    size_t cap;

    (void)state;
    assert_non_null(r);
    cap = ring_writable(r);
    assert_in_range(cap, 100, 200);
    for (int16_t i = 0; i < 200; i++)
        in[i] = i;
    for (int round = 0; round < 10; round++) { /* each begins elsewhere in the memory */
        assert_int_equal(ring_write(r, in, 200), cap);
        assert_int_equal(ring_write(r, in, 1), 0);
        assert_int_equal(ring_readable(r), cap);
        assert_int_equal(ring_read(r, out, 30), 30);
        assert_memory_equal(out, in, 30 * sizeof *in);
        assert_int_equal(ring_drop(r, 20), 20);
        assert_int_equal(ring_writable(r), 50);
        assert_int_equal(ring_read(r, out, 200), cap - 50);
        assert_memory_equal(out, in + 50, (cap - 50) * sizeof *in);
        assert_int_equal(ring_read(r, out, 1), 0);
        assert_int_equal(ring_write(r, in, 37), 37);
        assert_int_equal(ring_drop(r, 99), 37);
        assert_int_equal(ring_drop(r, 1), 0);
    }
    ring_free(r);
    ring_free(NULL);
}

static void impossible_size(void **state)
{
    (void)state;
    assert_null(ring_new(SIZE_MAX));
    assert_null(ring_new(SIZE_MAX / 2));
}

#define N_SAMPLES 500000

static void *write_all(void *arg)
{
    struct ring *r = arg;
    struct rng rng = rng_seeded(1);
    int16_t some[300];

    for (uint32_t sent = 0; sent < N_SAMPLES;) {
        uint32_t n = 1 + rng_below(&rng, 300);

        if (n > N_SAMPLES - sent)
            n = N_SAMPLES - sent;
        for (uint32_t i = 0; i < n; i++)
            some[i] = (int16_t)((sent + i) * 7919);
        n = (uint32_t)ring_write(r, some, n);
        sent += n;
        if (n == 0)
            sched_yield();
    }
    return NULL;
}

/* What one thread writes the other reads, each sample once and in order. */
static void two_threads(void **state)
{
    struct ring *r = ring_new(256);
    struct rng rng = rng_seeded(2);
    int16_t some[300];
    pthread_t writer;
    uint32_t got = 0, wrong = 0;

    (void)state;
    assert_non_null(r);
    assert_int_equal(pthread_create(&writer, NULL, write_all, r), 0);
    while (got < N_SAMPLES) {
        size_t n = ring_read(r, some, 1 + rng_below(&rng, 300));

        for (size_t i = 0; i < n; i++)
            wrong += some[i] != (int16_t)((got + i) * 7919);
        got += (uint32_t)n;
        if (n == 0)
            sched_yield();
        else if (rng_below(&rng, 8) == 0)
            got += (uint32_t)ring_drop(r, 5);
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(got, N_SAMPLES);
    assert_int_equal(wrong, 0);
    assert_int_equal(ring_readable(r), 0);
    ring_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_wraps_and_empties),
        cmocka_unit_test(impossible_size),
        cmocka_unit_test(two_threads),
    };

    return cmocka_run_group_tests_name("base/ring", tests, NULL, NULL);
}
