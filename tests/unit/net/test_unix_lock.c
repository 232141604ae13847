#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/unix.h"
#include "tests/lib/rows.h"

struct fixture {
    char folder[32], path[64], lock[80];
    struct net_loop *loop;
    struct net_unix_listener *listener;
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
    strcpy(f->folder, "/tmp/test-lock-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/control", f->folder);
    snprintf(f->lock, sizeof f->lock, "%s.lock", f->path);
    assert_int_equal(net_loop_new(&f->loop), 0);
    *state = f;
    return 0;
}

/* rmdir fails where something was left behind. */
static int tear_down(void **state)
{
    struct fixture *f = *state;

    net_unix_listener_free(f->listener);
    net_loop_free(f->loop);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static int listen_there(struct fixture *f)
{
    return net_unix_listen(f->loop, f->path, on_accept, f, &f->listener);
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

/* A socket at the path; it listens as long as f->squatter is open. */
static void squat(struct fixture *f)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    memcpy(at.sun_path, f->path, sizeof f->path);
    f->squatter = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(f->squatter, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(f->squatter, 1), 0);
}

/* Between bind and listen a socket looks dead. */
static void who_is_just_beginning_is_not_replaced(void **state)
{
    struct fixture *f = *state;
    struct stat there;

    assert_int_equal(listen_there(f), 0);
    assert_int_equal(stat(f->lock, &there), 0);
    unlink(f->path);
    squat(f);
    close(f->squatter);
    assert_int_equal(net_unix_listen(f->loop, f->path, on_accept, f, NULL), -EADDRINUSE);
    assert_int_equal(world.now_ms, 1000);
    unlink(f->path);
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
    unlink(f->path);
}

static void a_link_in_place_of_the_lock_is_not_followed(void **state)
{
    struct fixture *f = *state;
    char target[80];
    struct stat there;

    snprintf(target, sizeof target, "%s/elsewhere", f->folder);
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
