#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/net/unix_place.h"

struct fixture {
    struct unix_place at;
    char lock[112];
    int held; /* the lock of another process, or -1 */
    int squatter;
};

/* Time passes while somebody sleeps, and only then. */
static struct {
    uint64_t now_ms;
    unsigned sleeps;
    void (*other)(struct fixture *f); /* what another process does in the second of them */
    struct fixture *f;
} world;

uint64_t __wrap_net_now_ms(void);
int __wrap_usleep(useconds_t us);

uint64_t __wrap_net_now_ms(void)
{
    return world.now_ms;
}

int __wrap_usleep(useconds_t us)
{
    world.now_ms += us / 1000;
    if (++world.sleeps == 2 && world.other)
        world.other(world.f);
    return 0;
}

static void on_accept(void *arg, int fd)
{
    (void)arg;
    close(fd);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    memset(&world, 0, sizeof world);
    world.f = f;
    f->held = f->squatter = -1;
    unix_place_init(&f->at);
    snprintf(f->lock, sizeof f->lock, "%s.lock", f->at.path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    unix_place_free(&f->at);
    free(f);
    return 0;
}

static int listen_there(struct fixture *f)
{
    return net_unix_listen(f->at.loop, f->at.path, on_accept, f, &f->at.listener);
}

/* Holds the lock of a path that nobody answers at, as one does that begins or ends. */
static void take_lock(struct fixture *f)
{
    f->held = open(f->lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_true(f->held >= 0);
    assert_int_equal(flock(f->held, LOCK_EX | LOCK_NB), 0);
}

static void let_go(struct fixture *f)
{
    close(f->held);
}

static void squat(struct fixture *f)
{
    f->squatter = unix_place_squat(&f->at);
}

/* Between bind and listen a socket looks dead. */
static void who_is_just_beginning_is_not_replaced(void **state)
{
    struct fixture *f = *state;
    struct stat there;

    assert_int_equal(listen_there(f), 0);
    assert_int_equal(stat(f->lock, &there), 0);
    unlink(f->at.path);
    squat(f);
    close(f->squatter);
    assert_int_equal(net_unix_listen(f->at.loop, f->at.path, on_accept, f, NULL), -EADDRINUSE);
    assert_int_equal(world.now_ms, 1000);
    unlink(f->at.path);
}

/* Its socket is removed before its lock. */
static void who_is_just_ending_is_followed(void **state)
{
    struct fixture *f = *state;

    take_lock(f);
    world.other = let_go;
    assert_int_equal(listen_there(f), 0);
    assert_int_equal(world.sleeps, 2);
}

static void who_has_begun_is_found_answering(void **state)
{
    struct fixture *f = *state;

    take_lock(f);
    world.other = squat;
    assert_int_equal(listen_there(f), -EADDRINUSE);
    assert_int_equal(world.sleeps, 2);
    close(f->squatter);
    close(f->held);
    unlink(f->lock);
    unlink(f->at.path);
}

static void a_link_in_place_of_the_lock_is_not_followed(void **state)
{
    struct fixture *f = *state;
    char target[80];
    struct stat there;

    snprintf(target, sizeof target, "%s/elsewhere", f->at.folder);
    assert_int_equal(symlink(target, f->lock), 0);
    assert_int_equal(listen_there(f), -EEXIST);
    assert_int_equal(stat(target, &there), -1);
    unlink(f->lock);
}

/* clang-format off */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    TEST(who_is_just_beginning_is_not_replaced),
    TEST(who_is_just_ending_is_followed),
    TEST(who_has_begun_is_found_answering),
    TEST(a_link_in_place_of_the_lock_is_not_followed),
};
/* clang-format on */

int main(void)
{
    return cmocka_run_group_tests_name("net/unix, its lock", tests, NULL, NULL);
}
