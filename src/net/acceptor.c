/* For accept4. */
#define _GNU_SOURCE 1
#include "net/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/watch.h"

struct net_acceptor {
    int fd;
    int spare; /* given up for a moment to refuse who comes when all others are taken, or -1 */
    struct net_watch *watch;
    struct net_deadline *starved;
    void (*accepted)(void *arg, int fd);
    void *arg;
};

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static bool is_short_of_descriptors(int err)
{
    return err == EMFILE || err == ENFILE;
}

/* All descriptors of the process are taken: the spare one goes, so that who waits can be refused;
 * else the socket would be readable for ever. 0, or why that cannot be done either. */
static int refuse_one(struct net_acceptor *a)
{
    int fd, err;

    close_fd(a->spare);
    fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC);
    err = fd < 0 ? errno : 0;
    close_fd(fd);
    a->spare = fcntl(a->fd, F_DUPFD_CLOEXEC, 0);
    return err;
}

static void on_readable(void *arg, int events)
{
    struct net_acceptor *a = arg;
    int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int err = fd < 0 ? errno : 0;

    (void)events;
    if (is_short_of_descriptors(err))
        err = refuse_one(a);
    if (is_short_of_descriptors(err) || err == ENOMEM || err == ENOBUFS) {
        net_watch_set(a->watch, 0);
        net_deadline_set(a->starved, net_now_ms() + NET_ACCEPTOR_STARVED_MS);
    }
    if (fd >= 0)
        a->accepted(a->arg, fd); /* which may have freed it */
}

static void look_again(void *arg)
{
    struct net_acceptor *a = arg;

    net_watch_set(a->watch, NET_READABLE);
}

int net_acceptor_new(struct net_loop *loop, int fd, void (*accepted)(void *arg, int fd), void *arg,
                     struct net_acceptor **out)
{
    struct net_acceptor *a = calloc(1, sizeof *a);
    int err = a ? 0 : -ENOMEM;

    if (err)
        return err;
    *a = (struct net_acceptor){.fd = fd, .spare = -1, .accepted = accepted, .arg = arg};
    err = net_deadline_new(loop, look_again, a, &a->starved);
    if (!err)
        err = net_watch_new(loop, fd, on_readable, a, &a->watch);
    if (err) {
        net_acceptor_free(a);
        return err;
    }
    a->spare = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    net_watch_set(a->watch, NET_READABLE);
    *out = a;
    return 0;
}

void net_acceptor_stop(struct net_acceptor *a)
{
    net_watch_set(a->watch, 0);
    net_deadline_set(a->starved, NEVER_MS);
}

void net_acceptor_free(struct net_acceptor *a)
{
    if (!a)
        return;
    net_watch_free(a->watch);
    net_deadline_free(a->starved);
    close_fd(a->spare);
    free(a);
}
