/* net/wake: what one thread asked for before it woke the other is seen by it, however close the two
 * come; and the end is in order. */
#include "net/wake.h"

#include "tests/lib/rows.h"

#define TIMES 20000

struct bell {
    struct net_wake wake;
    uv_thread_t asking;
    atomic_int asked;
    int seen, rung;
    bool closing, closed;
};

static void on_closed(void *arg)
{
    struct bell *bell = arg;

    bell->closed = true;
}

static void on_wake(void *arg)
{
    struct bell *bell = arg;

    bell->rung++;
    bell->seen = atomic_load(&bell->asked);
    if (bell->seen < TIMES || bell->closing)
        return;
    bell->closing = true;
    uv_thread_join(&bell->asking);
    net_wake_close(&bell->wake, on_closed);
}

static void ask(void *arg)
{
    struct bell *bell = arg;

    for (int i = 0; i < TIMES; i++) {
        atomic_fetch_add(&bell->asked, 1);
        net_wake_up(&bell->wake);
    }
}

static void nothing_is_lost(void **state)
{
    struct bell bell = {.seen = 0};
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(net_wake_init(&bell.wake, &loop, on_wake, &bell), 0);
    assert_int_equal(uv_thread_create(&bell.asking, ask, &bell), 0);
    uv_run(&loop, UV_RUN_DEFAULT); /* returns when the last one was seen */
    assert_int_equal(bell.seen, TIMES);
    assert_true(bell.closed);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void several_are_one(void **state)
{
    struct bell bell = {.seen = 0};
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(net_wake_init(&bell.wake, &loop, on_wake, &bell), 0);
    for (int i = 0; i < 3; i++)
        net_wake_up(&bell.wake);
    uv_run(&loop, UV_RUN_NOWAIT);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(bell.rung, 1);
    net_wake_up(&bell.wake); /* nobody sees it any more */
    net_wake_close(&bell.wake, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(bell.rung, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void on_first_wake(void *arg)
{
    struct bell *bell = arg;

    if (++bell->rung == 1)
        net_wake_up(&bell->wake);
}

/* What is asked for while the other is looking already may be behind what it has looked at. */
static void asked_while_it_looks(void **state)
{
    struct bell bell = {.seen = 0};
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(net_wake_init(&bell.wake, &loop, on_first_wake, &bell), 0);
    net_wake_up(&bell.wake);
    for (int i = 0; i < 5; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(bell.rung, 2);
    net_wake_close(&bell.wake, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(several_are_one),
        cmocka_unit_test(asked_while_it_looks),
    };

    return cmocka_run_group_tests_name("net/wake", tests, NULL, NULL);
}
