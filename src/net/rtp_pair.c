#include "net/rtp_pair.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#define SPARED 16 /* descriptors for all else: files, connections */

/* What the system gives by itself may be more. */
static void make_room(int fd)
{
    int bytes = 0, wanted = NET_RTP_BUFFER;
    socklen_t n = sizeof bytes;

    if (!getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &n) && bytes < 2 * wanted)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
}

static int open_bound(const struct ip *local, int *out)
{
    struct net_sockaddr at = net_sockaddr_of(local);
    int only_v6 = 1, err;
    int fd = socket(at.u.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (local->family == 6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
    make_room(fd);
    if (!bind(fd, &at.u.any, at.n)) {
        *out = fd;
        return 0;
    }
    err = -errno;
    close(fd);
    return err;
}

static int try_port(const struct ip *local, uint16_t port, struct net_rtp_pair *out)
{
    struct ip at = *local;
    int err;

    *out = NET_RTP_PAIR_NONE;
    at.port = port;
    out->local = at;
    err = open_bound(&at, &out->rtp_fd);
    if (err)
        return err;
    at.port++;
    err = open_bound(&at, &out->rtcp_fd);
    if (err)
        net_rtp_pair_close(out);
    return err;
}

static uint32_t first_even(uint16_t first_port)
{
    return (first_port + 1U) & ~1U;
}

static uint32_t pairs_of(uint16_t first_port, uint16_t last_port)
{
    uint32_t first = first_even(first_port);

    return last_port > first ? (last_port - first + 1U) / 2 : 0;
}

int net_rtp_pair_open(const struct ip *local, uint16_t first_port, uint16_t last_port,
                      struct rng *rng, struct net_rtp_pair *out)
{
    uint32_t first = first_even(first_port), pairs = pairs_of(first_port, last_port), start;
    int err = -EADDRINUSE;

    *out = NET_RTP_PAIR_NONE;
    if (!pairs || !first)
        return -EINVAL;
    start = rng_below(rng, pairs);
    for (uint32_t i = 0; i < pairs && err == -EADDRINUSE; i++)
        err = try_port(local, (uint16_t)(first + 2 * ((start + i) % pairs)), out);
    return err;
}

/* The lowest free number is taken for each new descriptor, so the newest says how many are in
 * use. */
static size_t by_descriptors(int newest)
{
    struct rlimit limit;
    rlim_t used = (rlim_t)newest + SPARED;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return limit.rlim_cur > used ? (size_t)(limit.rlim_cur - used) / 2 : 0;
}

size_t net_rtp_pairs_left(const struct net_rtp_pair *newest, size_t n, uint16_t first_port,
                          uint16_t last_port)
{
    size_t pairs = pairs_of(first_port, last_port), files = by_descriptors(newest->rtcp_fd);

    pairs = pairs > n ? pairs - n : 0;
    return pairs < files ? pairs : files;
}

void net_rtp_pair_close(struct net_rtp_pair *pair)
{
    if (pair->rtp_fd >= 0)
        close(pair->rtp_fd);
    if (pair->rtcp_fd >= 0)
        close(pair->rtcp_fd);
    pair->rtp_fd = pair->rtcp_fd = -1;
}

int net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet)
{
    ssize_t n;

    do
        n = sendto(fd, packet.p, packet.n, MSG_DONTWAIT, &to->u.any, to->n);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

ptrdiff_t net_rtp_recv(int fd, void *out, size_t cap, struct ip *from)
{
    struct net_sockaddr source;
    struct iovec bytes = {out, cap};
    struct msghdr msg = {.msg_name = &source.u, .msg_iov = &bytes, .msg_iovlen = 1};
    ssize_t n;

    do {
        msg.msg_namelen = sizeof source.u;
        n = recvmsg(fd, &msg, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    *from = net_ip_of(&source.u.any);
    return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}
