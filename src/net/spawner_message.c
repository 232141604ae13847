/* Messages between the two ends of a spawner, with descriptors beside them. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice.h"
#include "net/spawner_private.h"

union rights {
    struct cmsghdr head;
    char room[CMSG_SPACE(SPAWNER_FDS_MAX * sizeof(int))];
};

int spawner_send(int fd, const void *head, size_t n_head, struct slice rest, const int *fds,
                 size_t n_fds)
{
    union rights rights = {.room = {0}};
    struct iovec parts[] = {{(void *)(uintptr_t)head, n_head}, {(void *)(uintptr_t)rest.p, rest.n}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};

    if (n_fds > SPAWNER_FDS_MAX)
        return -EINVAL;
    if (n_fds > 0) {
        rights.head.cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
        rights.head.cmsg_level = SOL_SOCKET;
        rights.head.cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(&rights.head), fds, n_fds * sizeof *fds);
        m.msg_control = &rights;
        m.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
    }
    if (sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        return 0;
    return errno == ECONNRESET ? -EPIPE : -errno; /* it went before it had read all */
}

/* CMSG_SPACE rounds up, and the kernel fills what it finds: more may come than there is room for.
 * What is above is closed. Returns how many came. */
static size_t take_rights(struct msghdr *m, int fds[SPAWNER_FDS_MAX])
{
    size_t came = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        size_t n = c->cmsg_len > CMSG_LEN(0) ? (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds : 0;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (came < SPAWNER_FDS_MAX)
                fds[came] = fd;
            else
                close(fd);
            came++;
        }
    }
    return came;
}

ptrdiff_t spawner_receive(int fd, char *to, size_t room, int fds[SPAWNER_FDS_MAX], size_t *n_fds)
{
    union rights rights;
    struct iovec part = {to, room};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    size_t came;

    *n_fds = 0;
    if (n < 0)
        return -errno;
    came = take_rights(&m, fds);
    if (came <= SPAWNER_FDS_MAX && !(m.msg_flags & (MSG_CTRUNC | MSG_TRUNC))) {
        *n_fds = came;
        return n;
    }
    for (size_t i = 0; i < came && i < SPAWNER_FDS_MAX; i++)
        close(fds[i]);
    return -EMSGSIZE;
}
