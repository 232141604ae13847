/* For struct ucred and accept4. */
#define _GNU_SOURCE 1
#include "net/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/acceptor.h"
#include "net/loop.h"

#define BACKLOG 64
/* Who has the lock and does not answer is on its way in or out, and is waited for so long. */
#define WAY_MS 1000u
#define WAY_STEP_US 5000

struct net_unix_listener {
    struct net_acceptor *acceptor;
    int fd;
    int lock; /* path.lock, locked, or -1 */
    net_unix_accept_fn *on_accept;
    void *arg;
    struct sockaddr_un at; /* empty path: not ours to remove */
    struct stat made;      /* what is ours at path */
};

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) >= NET_UNIX_PATH_MAX + 1,
               "the kernel has room for a path and its NUL");

static int address_of(const char *path, struct sockaddr_un *out)
{
    size_t n = strlen(path);

    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n == 0)
        return -EINVAL;
    if (n > NET_UNIX_PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(out->sun_path, path, n);
    return 0;
}

static int open_socket(int *out)
{
    *out = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *out < 0 ? -errno : 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Who is on the other side: the system's word, which cannot be forged. process: 0 where the system
 * does not tell. */
static int peer(int fd, uid_t *user, long *process)
{
#ifdef SO_PEERCRED
    struct ucred cred = {0};
    socklen_t n = sizeof cred;
    int err = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 ? 0 : -errno;

    *user = cred.uid;
    *process = cred.pid;
    return err;
#else
    gid_t group;

    *process = 0;
    return getpeereid(fd, user, &group) == 0 ? 0 : -errno;
#endif
}

long net_unix_peer(int fd)
{
    uid_t user;
    long process;

    return peer(fd, &user, &process) == 0 ? process : 0;
}

static int check_peer(int fd)
{
    uid_t user = (uid_t)-1;
    long process;
    int err = peer(fd, &user, &process);

    if (err)
        return err;
    return user == geteuid() || user == 0 ? 0 : -EPERM;
}

/* --- connecting ----------------------------------------------------------------------------- */

static int connect_to(const struct sockaddr_un *at, int *out)
{
    int fd, err = open_socket(&fd);

    if (!err && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0)
        err = -errno;
    if (err)
        close_fd(fd);
    else
        *out = fd;
    return err;
}

int net_unix_connect(const char *path, int *out)
{
    struct sockaddr_un at;
    int fd = -1, err = address_of(path, &at);

    if (!err)
        err = connect_to(&at, &fd);
    if (!err)
        err = check_peer(fd);
    if (err)
        close_fd(fd);
    else
        *out = fd;
    return err;
}

/* --- listening ------------------------------------------------------------------------------ */

static void on_connection(void *arg, int fd)
{
    struct net_unix_listener *l = arg;

    if (check_peer(fd) != 0)
        close(fd);
    else
        l->on_accept(l->arg, fd); /* may have freed the listener */
}

static bool is_listening_socket(int fd)
{
    int family = 0, type = 0, listens = 0;
    socklen_t n = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n) == 0 && family == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens;
}

static int start(struct net_loop *loop, struct net_unix_listener *l)
{
    return net_acceptor_new(loop, l->fd, on_connection, l, &l->acceptor);
}

static struct net_unix_listener *new_listener(net_unix_accept_fn *on_accept, void *arg)
{
    struct net_unix_listener *l = calloc(1, sizeof *l);

    if (l)
        *l = (struct net_unix_listener){.fd = -1, .lock = -1, .on_accept = on_accept, .arg = arg};
    return l;
}

int net_unix_adopt(struct net_loop *loop, int fd, net_unix_accept_fn *on_accept, void *arg,
                   struct net_unix_listener **out)
{
    struct net_unix_listener *l;
    int err;

    if (!is_listening_socket(fd))
        return -EINVAL;
    l = new_listener(on_accept, arg);
    if (!l)
        return -ENOMEM;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    l->fd = fd;
    err = start(loop, l);
    if (err) {
        l->fd = -1;
        net_unix_listener_free(l);
        return err;
    }
    *out = l;
    return 0;
}

static void put_lock_path(const struct net_unix_listener *l, struct buf *out)
{
    buf_printf(out, "%s.lock", l->at.sun_path);
}

/* Whether what was opened is still what stands there: its owner removes it at the end. */
static bool is_at(int fd, const char *path)
{
    struct stat opened, there;

    return fstat(fd, &opened) == 0 && lstat(path, &there) == 0 && opened.st_dev == there.st_dev &&
           opened.st_ino == there.st_ino;
}

static int try_lock(struct net_unix_listener *l, const char *path)
{
    int err = 0;

    l->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (l->lock < 0)
        return errno == ELOOP ? -EEXIST : -errno;
    if (flock(l->lock, LOCK_EX | LOCK_NB) != 0 || !is_at(l->lock, path))
        err = -EADDRINUSE;
    if (err) {
        close_fd(l->lock);
        l->lock = -1;
    }
    return err;
}

static bool is_answered_at(const struct sockaddr_un *at)
{
    int fd, err = connect_to(at, &fd);

    if (!err)
        close(fd);
    return err != -ENOENT && err != -ECONNREFUSED;
}

/* Two that find a dead socket at once would each remove what the other has made. */
static int take_lock(struct net_unix_listener *l)
{
    struct buf path = buf_new(NET_UNIX_PATH_MAX + 8);
    uint64_t by_ms = net_now_ms() + WAY_MS;
    int err;

    put_lock_path(l, &path);
    while ((err = try_lock(l, buf_cstr(&path))) == -EADDRINUSE && !is_answered_at(&l->at) &&
           net_now_ms() < by_ms)
        usleep(WAY_STEP_US);
    buf_free(&path);
    return err;
}

static void drop_lock(struct net_unix_listener *l)
{
    struct buf path = buf_new(NET_UNIX_PATH_MAX + 8);

    if (l->lock < 0)
        return;
    put_lock_path(l, &path);
    unlink(buf_cstr(&path));
    close(l->lock);
    buf_free(&path);
}

/* Removes a socket that nobody listens at any more. */
static int clear_path(const struct sockaddr_un *at)
{
    struct stat there;
    int fd, err;

    if (lstat(at->sun_path, &there) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(there.st_mode) || there.st_uid != geteuid())
        return -EEXIST;
    err = connect_to(at, &fd);
    if (!err)
        close(fd);
    if (err != -ECONNREFUSED)
        return err == -ENOENT ? 0 : -EADDRINUSE;
    return unlink(at->sun_path) == 0 ? 0 : -errno;
}

/* The mode is given to the socket before it has a path, so it is never another one there. Where the
 * system knows no such thing the folder alone keeps others out until the chmod. */
static int bind_privately(struct net_unix_listener *l)
{
    int early = fchmod(l->fd, S_IRUSR | S_IWUSR);

    if (bind(l->fd, (const struct sockaddr *)&l->at, sizeof l->at) != 0)
        return -errno;
    if (early != 0 && chmod(l->at.sun_path, S_IRUSR | S_IWUSR) != 0)
        return -errno;
    return lstat(l->at.sun_path, &l->made) == 0 ? 0 : -errno;
}

static int listen_at(struct net_loop *loop, struct net_unix_listener *l)
{
    int err = take_lock(l);

    if (!err)
        err = clear_path(&l->at);
    if (!err)
        err = open_socket(&l->fd);
    if (!err)
        err = bind_privately(l);
    if (!err && listen(l->fd, BACKLOG) != 0)
        err = -errno;
    return err ? err : start(loop, l);
}

int net_unix_listen(struct net_loop *loop, const char *path, net_unix_accept_fn *on_accept,
                    void *arg, struct net_unix_listener **out)
{
    struct net_unix_listener *l = new_listener(on_accept, arg);
    int err = l ? address_of(path, &l->at) : -ENOMEM;

    if (!err)
        err = listen_at(loop, l);
    if (err)
        net_unix_listener_free(l);
    else
        *out = l;
    return err;
}

void net_unix_listener_pause(struct net_unix_listener *l)
{
    net_acceptor_stop(l->acceptor);
}

static void remove_path(const struct net_unix_listener *l)
{
    struct stat there;

    if (l->made.st_ino != 0 && lstat(l->at.sun_path, &there) == 0 &&
        there.st_dev == l->made.st_dev && there.st_ino == l->made.st_ino)
        unlink(l->at.sun_path);
}

void net_unix_listener_free(struct net_unix_listener *l)
{
    if (!l)
        return;
    net_acceptor_free(l->acceptor);
    remove_path(l);
    close_fd(l->fd);
    drop_lock(l);
    free(l);
}

/* --- bytes and descriptors ------------------------------------------------------------------ */

/* Room for what may come, aligned as the kernel wants it. */
union rights {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(NET_UNIX_FDS_MAX * sizeof(int))];
};

static void take_fds(struct msghdr *message, int *fds, size_t *n_fds)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (*n_fds < NET_UNIX_FDS_MAX)
                fds[(*n_fds)++] = fd;
            else
                close(fd);
        }
    }
}

ptrdiff_t net_unix_read(int fd, char *out, size_t room, int fds[NET_UNIX_FDS_MAX], size_t *n_fds)
{
    union rights rights;
    struct iovec bytes = {out, room};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &rights,
                             .msg_controllen = sizeof rights};
    ssize_t n;

    *n_fds = 0;
    do
        n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    take_fds(&message, fds, n_fds); /* what had no room the kernel has closed */
    return n;
}

static void put_fds(struct msghdr *message, union rights *rights, const int *fds, size_t n_fds)
{
    *rights = (union rights){.head = {.cmsg_len = CMSG_LEN(n_fds * sizeof *fds),
                                      .cmsg_level = SOL_SOCKET,
                                      .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&rights->head), fds, n_fds * sizeof *fds);
    message->msg_control = rights;
    message->msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
}

ptrdiff_t net_unix_write(int fd, struct slice bytes, const int *fds, size_t n_fds)
{
    union rights rights;
    struct iovec all = {(void *)bytes.p, bytes.n};
    struct msghdr message = {.msg_iov = &all, .msg_iovlen = 1};
    ssize_t n;

    if (n_fds > NET_UNIX_FDS_MAX)
        return -EINVAL;
    if (n_fds > 0)
        put_fds(&message, &rights, fds, n_fds);
    do
        n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    return n;
}
