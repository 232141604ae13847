#include "net/interface.h"

#include <string.h>
#include <time.h>

#include "tests/lib/netns.h"
#include "tests/lib/rows.h"

struct fixture {
    struct net_loop *loop;
    struct net_deadline *limit;
    struct net_interface_watch *watch;
    size_t told;
    uint64_t told_ms;
};

static void on_change(void *arg)
{
    struct fixture *f = arg;

    f->told++;
    f->told_ms = net_now_ms();
}

/* Every few milliseconds, as a turn of libuv that ran a timer goes on to wait for I/O. */
static void on_limit(void *arg)
{
    struct fixture *f = arg;

    net_deadline_set(f->limit, net_now_ms() + 5);
}

static void turn_for(struct fixture *f, unsigned ms)
{
    uint64_t end_ms = net_now_ms() + ms;

    while (net_now_ms() < end_ms)
        net_loop_turn(f->loop, true);
}

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    *state = &f;
    assert_int_equal(net_loop_new(&f.loop), 0);
    assert_int_equal(net_deadline_new(f.loop, on_limit, &f, &f.limit), 0);
    net_deadline_set(f.limit, 0);
    assert_int_equal(net_interface_watch_new(f.loop, on_change, &f, &f.watch), 0);
    turn_for(&f, 50);
    net_loop_turn(f.loop, false); /* in any case with the first look */
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    net_interface_watch_free(f->watch);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
    return 0;
}

static void wait_told(struct fixture *f, size_t times)
{
    uint64_t end_ms = net_now_ms() + 10000;

    while (f->told < times && net_now_ms() < end_ms)
        net_loop_turn(f->loop, true);
    assert_int_equal(f->told, times);
}

static void come_and_go(void **state)
{
    struct fixture *f = *state;
    uint64_t start_ms = net_now_ms();

    netns_address("a", "192.0.2.1");
    netns_address("b", "203.0.113.2");
    wait_told(f, 1);
    assert_true(f->told_ms - start_ms >= NET_INTERFACE_QUIET_MS - 1);
    turn_for(f, 400);
    assert_int_equal(f->told, 1);
    netns_address("a", NULL);
    netns_address("b", NULL);
    wait_told(f, 2);
}

/* Changes without a pause are told before they are over. */
static void long_burst(void **state)
{
    struct fixture *f = *state;
    uint64_t start_ms = net_now_ms();

    for (size_t i = 0; !f->told && net_now_ms() - start_ms < 8000; i++) {
        netns_address("a", i % 2 ? "192.0.2.1" : "192.0.2.3");
        turn_for(f, 50);
    }
    assert_int_equal(f->told, 1);
    netns_address("a", NULL);
}

static void comes_back_at_once(void **state)
{
    struct fixture *f = *state;

    turn_for(f, 400); /* what the last test changed is told now, if at all */
    f->told = 0;
    netns_address("a", "127.0.0.9");
    wait_told(f, 1);
    turn_for(f, 400);
    f->told = 0;
    netns_address("a", NULL);
    netns_address("a", "127.0.0.9");
    turn_for(f, 400);
    assert_int_equal(f->told, 0);
    netns_address("a", NULL);
}

/* The linker gives us net/interface's look at the clock (--wrap). */
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

static time_t asleep_s;

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    int err = __real_clock_gettime(clock, out);

    out->tv_sec += clock == CLOCK_BOOTTIME ? asleep_s : 0;
    return err;
}

static void suspended(void **state)
{
    struct fixture *f = *state;

    asleep_s += 7200;
    wait_told(f, 1);
    turn_for(f, NET_INTERFACE_SLEEP_LOOK_MS + 500);
    assert_int_equal(f->told, 1);
}

static void freed_within_a_burst(void **state)
{
    struct fixture *f = *state;

    netns_address("a", "192.0.2.1");
    turn_for(f, 50);
    net_interface_watch_free(f->watch);
    f->watch = NULL;
    turn_for(f, 300);
    assert_int_equal(f->told, 0);
    netns_address("a", NULL);
}

static void a_route(void **state)
{
    struct fixture *f = *state;

    turn_for(f, 400);
    f->told = 0;
    netns_route("198.51.100.0");
    wait_told(f, 1);
}

/* What the phone has told to its server until then may be wrong. */
static void before_the_first_look(void **state)
{
    struct fixture *f = *state;

    net_interface_watch_free(f->watch);
    assert_int_equal(net_interface_watch_new(f->loop, on_change, f, &f->watch), 0);
    netns_address("a", "192.0.2.1");
    wait_told(f, 1);
    netns_address("a", NULL);
    wait_told(f, 2);
    turn_for(f, 400);
    assert_int_equal(f->told, 2);
}

#define WATCH_TEST(name, f)                                                                        \
    {                                                                                              \
        name, f, set_up, tear_down, NULL                                                           \
    }

/* Polling sees addresses alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WATCH_TEST("addresses that come and go, told once for a burst", come_and_go),
        WATCH_TEST("a burst that does not end", long_burst),
        WATCH_TEST("an address that comes back at once", comes_back_at_once),
        WATCH_TEST("freed within a burst", freed_within_a_burst),
        WATCH_TEST("a machine that was suspended", suspended),
    };
    const struct CMUnitTest more[] = {
        WATCH_TEST("a way to another network", a_route),
        WATCH_TEST("an address that comes before the first look", before_the_first_look),
    };

    netns_enter();
    return cmocka_run_group_tests_name("net/interface", tests, NULL, NULL) +
           (argc && strstr(argv[0], "_poll")
                ? 0
                : cmocka_run_group_tests_name("net/interface routes", more, NULL, NULL));
}
