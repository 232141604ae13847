/* Messages between the two ends of a spawner, with descriptors beside them. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

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

    if (n_fds > 0) {
        rights.head.cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
        rights.head.cmsg_level = SOL_SOCKET;
        rights.head.cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(&rights.head), fds, n_fds * sizeof *fds);
        m.msg_control = &rights;
        m.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
    }
    return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

ptrdiff_t spawner_receive(int fd, char *to, size_t room, int fds[SPAWNER_FDS_MAX], size_t *n_fds)
{
    union rights rights;
    struct iovec part = {to, room};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;

    *n_fds = 0;
    if (n < 0)
        return -errno;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        *n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
        memcpy(fds, CMSG_DATA(c), *n_fds * sizeof *fds);
    }
    return n;
}
