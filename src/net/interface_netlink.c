/* Linux: the kernel tells of links, addresses and routes, rtnetlink(7). */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/interface_source.h"

#define GROUPS                                                                                     \
    (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)

struct net_interface_source {
    uv_poll_t poll;
    int fd;
    net_interface_hint *on_hint;
    void *arg;
};

/* Routes to others, not those that an address brings with it by itself. */
static bool is_way(const struct nlmsghdr *message)
{
    const struct rtmsg *route = NLMSG_DATA(message);

    return message->nlmsg_len >= NLMSG_LENGTH(sizeof *route) && route->rtm_type == RTN_UNICAST &&
           route->rtm_table == RT_TABLE_MAIN && !(route->rtm_flags & RTM_F_CLONED);
}

static void take_message(struct net_interface_source *source, const struct nlmsghdr *message)
{
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
    case RTM_NEWADDR:
    case RTM_DELADDR:
        source->on_hint(source->arg, false);
        break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        if (is_way(message))
            source->on_hint(source->arg, true);
        break;
    default:
        break;
    }
}

/* Messages one behind the other, each at a multiple of 4 bytes. */
static void take_messages(struct net_interface_source *source, const char *bytes, size_t n)
{
    size_t at = 0;

    while (at < n && n - at >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *message = (const void *)(bytes + at);

        if (message->nlmsg_len < sizeof *message || message->nlmsg_len > n - at)
            return;
        take_message(source, message);
        at += NLMSG_ALIGN(message->nlmsg_len);
    }
}

/* One datagram of the kernel; false: there is none. Where some were lost anything may have
 * changed. */
static bool take_some(struct net_interface_source *source)
{
    _Alignas(struct nlmsghdr) char bytes[16384];
    struct sockaddr_nl from = {0};
    socklen_t from_bytes = sizeof from;
    ssize_t n = recvfrom(source->fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from,
                         &from_bytes);

    if (n < 0 && errno == ENOBUFS) {
        source->on_hint(source->arg, true);
        return true;
    }
    if (n < 0)
        return errno == EINTR;
    if (!from.nl_pid) /* the kernel, and no other process */
        take_messages(source, bytes, (size_t)n);
    return true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    while (take_some(poll->data))
        ;
}

static int open_socket(int *out)
{
    struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&local, sizeof local)) {
        int err = -errno;

        close(fd);
        return err;
    }
    *out = fd;
    return 0;
}

int net_interface_source_new(struct net_loop *loop, net_interface_hint *on_hint, void *arg,
                             struct net_interface_source **out)
{
    struct net_interface_source *source = calloc(1, sizeof *source);
    int err;

    if (!source)
        return -ENOMEM;
    source->on_hint = on_hint;
    source->arg = arg;
    err = open_socket(&source->fd);
    if (err)
        goto no_socket;
    err = uv_poll_init(net_loop_uv(loop), &source->poll, source->fd);
    if (err)
        goto no_poll;
    source->poll.data = source;
    uv_poll_start(&source->poll, UV_READABLE, on_poll);
    *out = source;
    return 0;

no_poll:
    close(source->fd);
no_socket:
    free(source);
    return err;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void net_interface_source_free(struct net_interface_source *source)
{
    if (!source)
        return;
    uv_close((uv_handle_t *)&source->poll, on_closed);
    close(source->fd);
}
