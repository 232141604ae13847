#include <string.h>

#include "net/loop.h"
#include "tests/lib/rows.h"

struct fixture {
    struct net_loop *loop;
    struct net_deadline *deadline[3];
    char order[8];
    uint64_t at_ms;
    int again;
};

static void on_first(void *arg)
{
    strcat(((struct fixture *)arg)->order, "1");
}

static void on_second(void *arg)
{
    strcat(((struct fixture *)arg)->order, "2");
}

static void on_third(void *arg)
{
    struct fixture *f = arg;

    strcat(f->order, "3");
    f->at_ms = net_now_ms();
    if (f->again-- > 0)
        net_deadline_set(f->deadline[2], net_now_ms() + 5);
}

static int set_up(void **state)
{
    static struct fixture f;
    static void (*const calls[3])(void *) = {on_first, on_second, on_third};

    f = (struct fixture){0};
    *state = &f;
    if (net_loop_new(&f.loop))
        return -1;
    for (size_t i = 0; i < 3; i++)
        if (net_deadline_new(f.loop, calls[i], &f, &f.deadline[i]))
            return -1;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < 3; i++)
        net_deadline_free(f->deadline[i]);
    net_loop_free(f->loop);
    return 0;
}

static void in_order(void **state)
{
    struct fixture *f = *state;
    uint64_t now_ms = net_now_ms();

    net_deadline_set(f->deadline[2], now_ms + 40);
    net_deadline_set(f->deadline[0], now_ms + 10);
    net_deadline_set(f->deadline[1], now_ms + 20);
    net_loop_run(f->loop);
    assert_string_equal(f->order, "123");
    assert_true(f->at_ms >= now_ms + 40);
}

static void in_the_past(void **state)
{
    struct fixture *f = *state;

    net_deadline_set(f->deadline[0], 0);
    assert_string_equal(f->order, ""); /* never from inside */
    net_loop_run(f->loop);
    assert_string_equal(f->order, "1");
}

static void moved_and_cleared(void **state)
{
    struct fixture *f = *state;
    uint64_t now_ms = net_now_ms();

    net_deadline_set(f->deadline[0], now_ms + 10);
    net_deadline_set(f->deadline[0], now_ms + 60);
    net_deadline_set(f->deadline[1], now_ms + 30);
    net_deadline_set(f->deadline[2], now_ms + 20);
    net_deadline_set(f->deadline[2], NEVER_MS);
    net_loop_run(f->loop);
    assert_string_equal(f->order, "21");
}

static void set_again_when_due(void **state)
{
    struct fixture *f = *state;

    f->again = 2;
    net_deadline_set(f->deadline[2], net_now_ms());
    net_loop_run(f->loop);
    assert_string_equal(f->order, "333");
}

static void same_moment_twice(void **state)
{
    struct fixture *f = *state;
    uint64_t due_ms = net_now_ms();

    net_deadline_set(f->deadline[0], due_ms);
    net_loop_run(f->loop);
    net_deadline_set(f->deadline[0], due_ms); /* it was due once and is clear now */
    net_loop_run(f->loop);
    assert_string_equal(f->order, "11");
}

static void one_clock(void **state)
{
    uint64_t ms = net_now_ms(), us = net_now_us();

    (void)state;
    assert_true(us / 1000 >= ms && us / 1000 <= net_now_ms());
}

static void how_long_it_is(void **state)
{
    uint64_t now_ms = net_now_ms();

    (void)state;
    assert_in_range(net_left_ms(now_ms + 60000), 1, 60000);
    assert_int_equal(net_left_ms(now_ms), 0);
    assert_int_equal(net_left_ms(0), 0);
    assert_true(net_left_ms(NEVER_MS) > UINT64_MAX / 2);
}

#define LOOP_TEST(name, f)                                                                         \
    {                                                                                              \
        name, f, set_up, tear_down, NULL                                                           \
    }

static void work_until_told(uv_work_t *work)
{
    uv_sem_wait(work->data);
}

static void work_is_done(uv_work_t *work, int status)
{
    (void)work;
    (void)status;
}

/* A disk that does not answer, say. */
static void a_worker_that_stays(void **state)
{
    uint64_t began_ms = net_now_ms();
    struct net_loop *loop;
    uv_sem_t told;
    uv_work_t work = {.data = &told};

    (void)state;
    assert_true(net_loop_free_by(NULL, 0));
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(uv_sem_init(&told, 0), 0);
    assert_int_equal(uv_queue_work(net_loop_uv(loop), &work, work_until_told, work_is_done), 0);
    assert_false(net_loop_free_by(loop, began_ms + 50));
    assert_true(net_now_ms() >= began_ms + 50);
    uv_sem_post(&told);
    assert_true(net_loop_free_by(loop, NEVER_MS));
    uv_sem_destroy(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST("deadlines come in their order, none early", in_order),
        LOOP_TEST("a moment in the past is the next turn", in_the_past),
        LOOP_TEST("setting it again moves it, NEVER_MS clears it", moved_and_cleared),
        LOOP_TEST("it may be set from its own callback", set_again_when_due),
        LOOP_TEST("the same moment may be set again once it was due", same_moment_twice),
        {"a worker that stays is not waited for beyond the limit", a_worker_that_stays, NULL, NULL,
         NULL},
        LOOP_TEST("milliseconds and microseconds are one clock", one_clock),
        LOOP_TEST("a moment is so far away, and never behind us", how_long_it_is),
    };

    return cmocka_run_group_tests_name("net/loop", tests, NULL, NULL);
}
