#include "net/udp.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/errqueue.h>
#endif

#include "base/mem.h"
#include "net/address.h"

/* For datagrams that wait while the machine is busy with something else. The usual 208 KiB hold
 * some 160 requests, which at a thousand calls a second is 50 ms; what finds no room comes again
 * after half a second, together with what comes then. */
#define ROOM_BYTES (1 << 20)

struct net_udp {
    uv_udp_t uv;
    struct ip local;
    struct net_udp_events events;
    void *arg;
    bool closed;
    char room[NET_UDP_MAX_BYTES + 1]; /* one more, so that a datagram never fills it */
};

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct net_udp *udp = handle->data;

    (void)wanted;
    *buf = uv_buf_init(udp->room, sizeof udp->room);
}

#ifdef IP_RECVERR
/* Where an error that the kernel queued for us says which datagram it is about: Linux, by ip(7),
 * "extended reliable error message passing". */
static bool take_error(uv_os_fd_t fd, struct ip *to, int *err)
{
    struct net_sockaddr sent_to;
    union {
        struct cmsghdr align;
        char bytes[512];
    } control;
    char start_of_datagram[64];
    struct iovec bytes = {start_of_datagram, sizeof start_of_datagram};
    struct msghdr msg = {.msg_name = &sent_to.u,
                         .msg_namelen = sizeof sent_to.u,
                         .msg_iov = &bytes,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};

    if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    *err = 0;
    *to = net_ip_of(&sent_to.u.any);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        const struct sock_extended_err *e = (const void *)CMSG_DATA(c);
        bool ours = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);

        if (ours && (e->ee_origin == SO_EE_ORIGIN_ICMP || e->ee_origin == SO_EE_ORIGIN_ICMP6))
            *err = -(int)e->ee_errno;
    }
    return true;
}

static void take_errors(struct net_udp *udp)
{
    uv_os_fd_t fd;
    struct ip to;
    int err;

    while (!udp->closed && !uv_fileno((uv_handle_t *)&udp->uv, &fd) && take_error(fd, &to, &err))
        if (err && to.family && udp->events.unreachable)
            udp->events.unreachable(udp->arg, &to, err);
}

#define BIND_FLAGS UV_UDP_LINUX_RECVERR
#else
static void take_errors(struct net_udp *udp)
{
    (void)udp; /* this system does not tell */
}

#define BIND_FLAGS 0
#endif

static void on_recv(uv_udp_t *handle, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
                    unsigned flags)
{
    struct net_udp *udp = handle->data;
    struct ip source;

    if (!from) {
        take_errors(udp); /* drained, or an error: either is how libuv passes on EPOLLERR */
        return;
    }
    if (n < 0 || (flags & UV_UDP_PARTIAL))
        return; /* half a message is worse than none */
    source = net_ip_of(from);
    udp->events.datagram(udp->arg, &source, (struct slice){buf->base, (size_t)n});
    /* Touch nothing here: datagram may have closed udp. */
}

static void on_closed(uv_handle_t *handle)
{
    struct net_udp *udp = handle->data;

    mem_wipe(udp->room, sizeof udp->room);
    free(udp);
}

static int bind_and_start(struct net_udp *udp, const struct ip *local)
{
    struct net_sockaddr at = net_sockaddr_of(local);
    unsigned flags = BIND_FLAGS | (local->family == 6 ? UV_UDP_IPV6ONLY : 0U);
    int n = (int)sizeof at.u;
    int err = uv_udp_bind(&udp->uv, &at.u.any, flags), room = ROOM_BYTES;

    if (!err)
        err = uv_udp_getsockname(&udp->uv, &at.u.any, &n);
    if (err)
        return err;
    udp->local = net_ip_of(&at.u.any);
    (void)uv_recv_buffer_size((uv_handle_t *)&udp->uv, &room); /* the system may allow less */
    return uv_udp_recv_start(&udp->uv, on_alloc, on_recv);
}

int net_udp_open(struct net_loop *loop, const struct ip *local, const struct net_udp_events *events,
                 void *arg, struct net_udp **out)
{
    struct net_udp *udp = malloc(sizeof *udp);
    int err = -ENOMEM;

    if (udp) {
        memset(udp, 0, offsetof(struct net_udp, room)); /* whose pages nobody may ever need */
        err = uv_udp_init(net_loop_uv(loop), &udp->uv);
    }
    if (err) {
        free(udp);
        return err;
    }
    udp->uv.data = udp;
    udp->events = *events;
    udp->arg = arg;
    err = bind_and_start(udp, local);
    if (err) {
        net_udp_close(udp);
        return err;
    }
    *out = udp;
    return 0;
}

void net_udp_close(struct net_udp *udp)
{
    if (!udp)
        return;
    udp->closed = true;
    uv_close((uv_handle_t *)&udp->uv, on_closed);
}

int net_udp_send(struct net_udp *udp, const struct ip *to, struct slice bytes)
{
    struct net_sockaddr at = net_sockaddr_of(to);
    uv_buf_t buf = uv_buf_init((char *)bytes.p, (unsigned)bytes.n);
    int n = uv_udp_try_send(&udp->uv, &buf, 1, &at.u.any);

    /* The kernel hands an error that an earlier datagram met to whoever uses the socket next,
     * though this one may well arrive. Its own errors it would give again. */
    if (n == UV_ECONNREFUSED || n == UV_EHOSTUNREACH || n == UV_ENETUNREACH)
        n = uv_udp_try_send(&udp->uv, &buf, 1, &at.u.any);
    return n < 0 ? n : 0;
}

struct ip net_udp_local(const struct net_udp *udp)
{
    return udp->local;
}
