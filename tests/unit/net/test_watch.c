/* Descriptors of any kind: when they can be read or written. */
#include "net/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/loop.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

static int set_up(void **state)
{
    return net_loop_new((struct net_loop **)state);
}

static int tear_down(void **state)
{
    net_loop_free(*state);
    return 0;
}

static void turn(struct net_loop *loop)
{
    for (int i = 0; i < 3; i++)
        net_loop_turn(loop, false);
}
struct seen {
    int events;
    unsigned times;
};

static void on_ready(void *arg, int events)
{
    struct seen *seen = arg;

    seen->events = events;
    seen->times++;
}

static void readiness_is_told_as_long_as_it_is_asked_for(void **state)
{
    struct net_loop *loop = *state;
    struct net_watch *watch;
    struct seen seen = {0};
    int hose[2];

    assert_int_equal(pipe(hose), 0);
    assert_int_equal(net_watch_new(loop, hose[0], on_ready, &seen, &watch), 0);
    assert_int_equal(fcntl(hose[0], F_GETFL) & O_NONBLOCK, 0); /* as it was */
    assert_int_equal(write(hose[1], "x", 1), 1);
    turn(loop);
    assert_int_equal(seen.times, 0);
    net_watch_set(watch, NET_READABLE);
    turn(loop);
    assert_true(seen.times > 0);
    assert_int_equal(seen.events, NET_READABLE);
    net_watch_set(watch, 0);
    seen.times = 0;
    turn(loop);
    assert_int_equal(seen.times, 0);
    net_watch_free(watch);
    close(hose[0]);
    close(hose[1]);
}

static void an_end_that_has_gone_is_told(void **state)
{
    struct net_loop *loop = *state;
    struct net_watch *watch;
    struct seen seen = {0};
    int hose[2];

    assert_int_equal(pipe(hose), 0);
    assert_int_equal(net_watch_new(loop, hose[1], on_ready, &seen, &watch), 0);
    close(hose[0]);
    for (unsigned i = 1; i < 4; i++) { /* again each time when it is asked for again */
        net_watch_set(watch, NET_WRITABLE);
        turn(loop);
        assert_int_equal(seen.times, i);
        assert_int_equal(seen.events, NET_WRITABLE);
    }
    net_watch_free(watch);
    close(hose[1]);
}

static void a_plain_file_cannot_be_watched(void **state)
{
    struct net_loop *loop = *state;
    struct net_watch *watch;
    struct seen seen;
    char path[TEMPORARY_MAX] = "/tmp/test_watch.XXXXXX";
    int fd = temporary_file(path);

    assert_int_equal(net_watch_new(loop, fd, on_ready, &seen, &watch), -EPERM);
    close(fd);
    unlink(path);
    assert_int_equal(net_watch_new(loop, -1, on_ready, &seen, &watch), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readiness_is_told_as_long_as_it_is_asked_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_end_that_has_gone_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_plain_file_cannot_be_watched, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("net/watch", tests, NULL, NULL);
}
