#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/net/unix_place.h"

/* What the wrapped calls of the system say and see. */
static struct {
    const char *watched;   /* path whose mode is looked at right behind bind */
    mode_t mode;           /* that it had */
    bool lies;             /* about who the peer is */
    unsigned user;         /* that it says instead */
    unsigned fail_accepts; /* with this error */
    int accept_err;
    unsigned accepts; /* that were tried */
} kernel;

int __real_bind(int fd, const struct sockaddr *at, socklen_t n);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __real_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags);
int __wrap_bind(int fd, const struct sockaddr *at, socklen_t n);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags);

int __wrap_bind(int fd, const struct sockaddr *at, socklen_t n)
{
    int result = __real_bind(fd, at, n);
    struct stat there;

    if (kernel.watched && stat(kernel.watched, &there) == 0)
        kernel.mode = there.st_mode & 07777;
    return result;
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
    int result = __real_getsockopt(fd, level, name, value, n);

    if (kernel.lies && level == SOL_SOCKET && name == SO_PEERCRED)
        memcpy((char *)value + sizeof(pid_t), &kernel.user, sizeof kernel.user);
    return result;
}

int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
    kernel.accepts++;
    if (kernel.fail_accepts > 0) {
        kernel.fail_accepts--;
        errno = kernel.accept_err;
        return -1;
    }
    return __real_accept4(fd, from, n, flags);
}

struct fixture {
    struct unix_place at;
    int accepted; /* the last one, or -1 */
    unsigned count;
};

static void on_accept(void *arg, int fd)
{
    struct fixture *f = arg;

    if (f->accepted >= 0)
        close(f->accepted);
    f->accepted = fd;
    f->count++;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    memset(&kernel, 0, sizeof kernel);
    f->accepted = -1;
    unix_place_init(&f->at);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->accepted >= 0)
        close(f->accepted);
    unix_place_free(&f->at);
    free(f);
    return 0;
}

static int listen_there(struct fixture *f)
{
    return net_unix_listen(f->at.loop, f->at.path, on_accept, f, &f->at.listener);
}

static void turn(struct fixture *f)
{
    for (int i = 0; i < 3; i++)
        net_loop_turn(f->at.loop, false);
}

/* Two ends: the client's in *out, the server's in f->accepted. */
static void connect_ends(struct fixture *f, int *out)
{
    assert_int_equal(listen_there(f), 0);
    assert_int_equal(net_unix_connect(f->at.path, out), 0);
    turn(f);
    assert_int_equal(f->count, 1);
}

/* --- who listens ---------------------------------------------------------------------------- */

static void is_private_from_the_first_moment(void **state)
{
    struct fixture *f = *state;
    mode_t before = umask(0);

    kernel.watched = f->at.path;
    assert_int_equal(listen_there(f), 0);
    umask(before);
    assert_int_equal(kernel.mode, 0600);
}

static void a_dead_socket_is_replaced(void **state)
{
    struct fixture *f = *state;
    int fd;

    fd = unix_place_squat(&f->at);
    close(fd);
    connect_ends(f, &fd);
    close(fd);
}

static void a_live_socket_is_refused(void **state)
{
    struct fixture *f = *state;
    struct net_unix_listener *second = NULL;
    int fd;

    assert_int_equal(listen_there(f), 0);
    assert_int_equal(net_unix_listen(f->at.loop, f->at.path, on_accept, f, &second), -EADDRINUSE);
    assert_int_equal(net_unix_connect(f->at.path, &fd), 0); /* the first is as it was */
    assert_int_equal(net_unix_peer(fd), getpid());
    close(fd);
}

static void a_live_socket_of_another_program_is_refused(void **state)
{
    struct fixture *f = *state;
    int fd;

    fd = unix_place_squat(&f->at);
    assert_int_equal(listen_there(f), -EADDRINUSE);
    close(fd);
    unlink(f->at.path);
}

static void who_is_paused_takes_nobody_and_stays(void **state)
{
    struct fixture *f = *state;
    struct net_unix_listener *second = NULL;
    char byte;
    int fd;

    assert_int_equal(listen_there(f), 0);
    net_unix_listener_pause(f->at.listener);
    assert_int_equal(net_unix_connect(f->at.path, &fd), 0);
    turn(f);
    assert_int_equal(f->count, 0);
    assert_int_equal(net_unix_listen(f->at.loop, f->at.path, on_accept, f, &second), -EADDRINUSE);
    net_unix_listener_free(f->at.listener);
    f->at.listener = NULL;
    assert_true(read(fd, &byte, 1) <= 0); /* who waited hears of the end */
    close(fd);
}

static void what_is_no_socket_stays(void **state)
{
    struct fixture *f = *state;
    struct stat there;
    int fd = open(f->at.path, O_CREAT | O_WRONLY, 0644);

    close(fd);
    assert_int_equal(listen_there(f), -EEXIST);
    assert_int_equal(stat(f->at.path, &there), 0);
    assert_true(S_ISREG(there.st_mode));
    unlink(f->at.path);
}

static void a_link_is_not_followed(void **state)
{
    struct fixture *f = *state;
    char target[80];
    struct stat there;

    snprintf(target, sizeof target, "%s/elsewhere", f->at.folder);
    assert_int_equal(symlink(target, f->at.path), 0);
    assert_int_equal(listen_there(f), -EEXIST);
    assert_int_equal(stat(target, &there), -1);
    unlink(f->at.path);
}

static void the_end_leaves_what_another_has_put_there(void **state)
{
    struct fixture *f = *state;
    struct stat there;
    int fd;

    assert_int_equal(listen_there(f), 0);
    unlink(f->at.path);
    fd = unix_place_squat(&f->at);
    net_unix_listener_free(f->at.listener);
    f->at.listener = NULL;
    assert_int_equal(stat(f->at.path, &there), 0);
    close(fd);
    unlink(f->at.path);
}

static void a_path_has_room_or_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[NET_UNIX_PATH_MAX + 2];
    size_t n = (size_t)snprintf(path, sizeof path, "%s/", f->at.folder);
    int fd;

    memset(path + n, 'x', sizeof path - n);
    path[NET_UNIX_PATH_MAX + 1] = '\0';
    assert_int_equal(net_unix_listen(f->at.loop, path, on_accept, f, &f->at.listener),
                     -ENAMETOOLONG);
    assert_int_equal(net_unix_connect(path, &fd), -ENAMETOOLONG);
    path[NET_UNIX_PATH_MAX] = '\0';
    assert_int_equal(net_unix_listen(f->at.loop, path, on_accept, f, &f->at.listener), 0);
    assert_int_equal(net_unix_connect(path, &fd), 0);
    close(fd);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        net_unix_listen(f->at.loop, "/nowhere/at/all/control", on_accept, f, &f->at.listener),
        -ENOENT);
    assert_int_equal(net_unix_listen(f->at.loop, "", on_accept, f, &f->at.listener), -EINVAL);
}

/* --- socket activation ---------------------------------------------------------------------- */

static void a_listening_socket_is_adopted_and_its_path_stays(void **state)
{
    struct fixture *f = *state;
    struct stat there;
    int fd, client;

    fd = unix_place_squat(&f->at);
    assert_int_equal(net_unix_adopt(f->at.loop, fd, on_accept, f, &f->at.listener), 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(net_unix_connect(f->at.path, &client), 0);
    turn(f);
    assert_int_equal(f->count, 1);
    close(client);
    net_unix_listener_free(f->at.listener);
    f->at.listener = NULL;
    assert_int_equal(stat(f->at.path, &there), 0);
    unlink(f->at.path);
}

static void what_does_not_listen_is_not_adopted(void **state)
{
    struct fixture *f = *state;
    int pair[2], null = open("/dev/null", O_RDONLY);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(net_unix_adopt(f->at.loop, pair[0], on_accept, f, &f->at.listener), -EINVAL);
    assert_int_equal(net_unix_adopt(f->at.loop, null, on_accept, f, &f->at.listener), -EINVAL);
    assert_int_equal(close(pair[0]), 0); /* it stayed ours */
    close(pair[1]);
    close(null);
}

/* --- who connects --------------------------------------------------------------------------- */

static void nobody_is_there(void **state)
{
    struct fixture *f = *state;
    int fd;

    assert_int_equal(net_unix_connect(f->at.path, &fd), -ENOENT);
    fd = unix_place_squat(&f->at);
    close(fd);
    assert_int_equal(net_unix_connect(f->at.path, &fd), -ECONNREFUSED);
    unlink(f->at.path);
}

static const struct peer {
    const char *name;
    bool is_other; /* than root and us */
} peers[] = {{"root may", false}, {"another user may not", true}};

static unsigned user_of(const struct peer *peer)
{
    return peer->is_other ? geteuid() + 4711 : 0;
}

static void only_root_and_our_user_may_connect(void **state)
{
    struct fixture *f = *state;
    char byte;
    int fd;

    assert_int_equal(listen_there(f), 0);
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        kernel.lies = false;
        assert_int_equal(net_unix_connect(f->at.path, &fd), 0);
        kernel.lies = true;
        kernel.user = user_of(&peers[i]);
        turn(f);
        assert_int_equal(f->count, 1); /* the first one */
        if (peers[i].is_other)
            assert_int_equal(recv(fd, &byte, 1, 0), 0); /* closed without a byte */
        close(fd);
    }
}

static void only_root_and_our_user_are_connected_to(void **state)
{
    struct fixture *f = *state;
    int fd;

    assert_int_equal(listen_there(f), 0);
    kernel.lies = true;
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        kernel.user = user_of(&peers[i]);
        assert_int_equal(net_unix_connect(f->at.path, &fd), peers[i].is_other ? -EPERM : 0);
        if (!peers[i].is_other)
            close(fd);
    }
}

static void without_descriptors_who_comes_is_refused(void **state)
{
    struct fixture *f = *state;
    char byte;
    int fd;

    assert_int_equal(listen_there(f), 0);
    assert_int_equal(net_unix_connect(f->at.path, &fd), 0);
    kernel.fail_accepts = 1;
    kernel.accept_err = EMFILE;
    turn(f);
    assert_int_equal(f->count, 0);
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    close(fd);
    assert_int_equal(net_unix_connect(f->at.path, &fd), 0); /* and the next may come */
    turn(f);
    assert_int_equal(f->count, 1);
    close(fd);
}

/* Who waits is let in once there is memory, or a descriptor; until then nothing spins. */
static void without_memory_who_comes_waits(void **state)
{
    static const int errs[] = {ENOMEM, ENOBUFS, EMFILE};
    struct fixture *f = *state;
    uint64_t end_ms = net_now_ms() + 10000;
    int fd[ARRAY_LEN(errs)];

    assert_int_equal(listen_there(f), 0);
    for (unsigned i = 0; i < ARRAY_LEN(errs); i++) {
        kernel.accept_err = errs[i];
        kernel.fail_accepts = 2;
        kernel.accepts = 0;
        assert_int_equal(net_unix_connect(f->at.path, &fd[i]), 0);
        for (unsigned n = 0; n < 20; n++)
            turn(f);
        assert_int_equal(kernel.accepts, errs[i] == EMFILE ? 2 : 1);
        kernel.fail_accepts = 0;
        while (f->count == i && net_now_ms() < end_ms)
            net_loop_turn(f->at.loop, true);
        assert_int_equal(f->count, i + 1);
    }
    for (unsigned i = 0; i < ARRAY_LEN(errs); i++)
        close(fd[i]);
}

/* --- bytes and descriptors ------------------------------------------------------------------ */

static void bytes_come_and_end(void **state)
{
    struct fixture *f = *state;
    int fd, fds[NET_UNIX_FDS_MAX];
    size_t n_fds = 7;
    char got[16];

    connect_ends(f, &fd);
    assert_int_equal(net_unix_read(f->accepted, got, sizeof got, fds, &n_fds), -EAGAIN);
    assert_int_equal(net_unix_write(fd, SLICE("hello"), NULL, 0), 5);
    assert_int_equal(net_unix_read(f->accepted, got, 4, fds, &n_fds), 4);
    assert_int_equal(n_fds, 0);
    assert_int_equal(net_unix_read(f->accepted, got, sizeof got, fds, &n_fds), 1);
    close(fd);
    assert_int_equal(net_unix_read(f->accepted, got, sizeof got, fds, &n_fds), 0);
    assert_int_equal(net_unix_write(f->accepted, SLICE("x"), NULL, 0), -EPIPE);
}

static void who_does_not_read_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    static char much[1 << 20];
    ptrdiff_t n = 0;
    int fd;

    connect_ends(f, &fd);
    for (int i = 0; i < 64 && n >= 0; i++)
        n = net_unix_write(fd, (struct slice){much, sizeof much}, NULL, 0);
    assert_int_equal(n, -EAGAIN);
    close(fd);
}

static void descriptors_come_along(void **state)
{
    struct fixture *f = *state;
    int fd, hose[2], fds[NET_UNIX_FDS_MAX];
    size_t n_fds;
    char got[16];

    connect_ends(f, &fd);
    assert_int_equal(pipe(hose), 0);
    assert_int_equal(net_unix_write(fd, SLICE("two"), hose, 2), 3);
    assert_int_equal(net_unix_read(f->accepted, got, sizeof got, fds, &n_fds), 3);
    assert_int_equal(n_fds, 2);
    assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(hose[1], "x", 1), 1);
    assert_int_equal(read(fds[0], got, 1), 1);
    for (int i = 0; i < 2; i++)
        close(hose[i]), close(fds[i]);
    close(fd);
}

/* As somebody sends them who does not use this module. */
static void send_fds(int fd, const int *fds, size_t n)
{
    union {
        struct cmsghdr head;
        char bytes[256];
    } rights = {{CMSG_LEN(n * sizeof *fds), SOL_SOCKET, SCM_RIGHTS}};
    char letter = 'x';
    struct iovec bytes = {&letter, 1};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &rights,
                             .msg_controllen = CMSG_SPACE(n * sizeof *fds)};

    memcpy(CMSG_DATA(&rights.head), fds, n * sizeof *fds);
    assert_int_equal(sendmsg(fd, &message, 0), 1);
}

static unsigned count_open(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void surplus_descriptors_are_closed(void **state)
{
    struct fixture *f = *state;
    int fd, zeros[9], fds[NET_UNIX_FDS_MAX];
    unsigned before;
    size_t n_fds;
    char got[16];

    connect_ends(f, &fd);
    for (size_t i = 0; i < ARRAY_LEN(zeros); i++)
        zeros[i] = STDIN_FILENO;
    before = count_open();
    for (size_t n = 3; n <= ARRAY_LEN(zeros); n++) {
        send_fds(fd, zeros, n);
        assert_int_equal(net_unix_read(f->accepted, got, sizeof got, fds, &n_fds), 1);
        assert_int_equal(n_fds, NET_UNIX_FDS_MAX);
        for (size_t i = 0; i < n_fds; i++)
            close(fds[i]);
        assert_int_equal(count_open(), before);
    }
    assert_int_equal(net_unix_write(fd, SLICE("x"), zeros, 3), -EINVAL);
    close(fd);
}

/* clang-format off */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    TEST(is_private_from_the_first_moment),
    TEST(a_dead_socket_is_replaced),
    TEST(a_live_socket_is_refused),
    TEST(a_live_socket_of_another_program_is_refused),
    TEST(what_is_no_socket_stays),
    TEST(a_link_is_not_followed),
    TEST(who_is_paused_takes_nobody_and_stays),
    TEST(the_end_leaves_what_another_has_put_there),
    TEST(a_path_has_room_or_is_refused),
    TEST(a_folder_that_is_not_there_is_told),
    TEST(a_listening_socket_is_adopted_and_its_path_stays),
    TEST(what_does_not_listen_is_not_adopted),
    TEST(nobody_is_there),
    TEST(only_root_and_our_user_may_connect),
    TEST(only_root_and_our_user_are_connected_to),
    TEST(without_descriptors_who_comes_is_refused),
    TEST(without_memory_who_comes_waits),
    TEST(bytes_come_and_end),
    TEST(who_does_not_read_is_not_waited_for),
    TEST(descriptors_come_along),
    TEST(surplus_descriptors_are_closed),
};
/* clang-format on */

int main(void)
{
    return cmocka_run_group_tests_name("net/unix", tests, NULL, NULL);
}
