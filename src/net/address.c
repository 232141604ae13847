#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct net_sockaddr net_sockaddr_of(const struct ip *ip)
{
    struct net_sockaddr out = {.n = sizeof out.u.any};

    if (ip->family == 4) {
        out.u.v4.sin_family = AF_INET;
        out.u.v4.sin_port = htons(ip->port);
        memcpy(&out.u.v4.sin_addr, ip->bytes, 4);
        out.n = sizeof out.u.v4;
    } else if (ip->family == 6) {
        out.u.v6.sin6_family = AF_INET6;
        out.u.v6.sin6_port = htons(ip->port);
        out.u.v6.sin6_scope_id = ip->scope;
        memcpy(&out.u.v6.sin6_addr, ip->bytes, 16);
        out.n = sizeof out.u.v6;
    }
    return out;
}

static struct ip ip_of_v6(const struct sockaddr_in6 *v6)
{
    struct ip out = {.family = 6, .port = ntohs(v6->sin6_port)};

    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        out.family = 4;
        memcpy(out.bytes, v6->sin6_addr.s6_addr + 12, 4);
        return out;
    }
    memcpy(out.bytes, &v6->sin6_addr, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
        out.scope = v6->sin6_scope_id;
    return out;
}

struct ip net_ip_of(const struct sockaddr *from)
{
    struct ip out = {0};

    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)from;

        out.family = 4;
        out.port = ntohs(v4->sin_port);
        memcpy(out.bytes, &v4->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        out = ip_of_v6((const void *)from);
    }
    return out;
}

int net_local_towards(const struct ip *remote, struct ip *out)
{
    struct net_sockaddr to = net_sockaddr_of(remote);
    struct net_sockaddr local = {.n = sizeof local.u};
    int fd, err = 0;

    if (!remote->port)
        to.u.v4.sin_port =
            htons(9); /* some systems refuse to connect to port 0; same place in v6 */
    fd = socket(to.u.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, &to.u.any, to.n) || getsockname(fd, &local.u.any, &local.n))
        err = -errno;
    close(fd);
    if (err)
        return err;
    *out = net_ip_of(&local.u.any);
    out->port = 0;
    return 0;
}

struct ip net_any(uint8_t family, uint16_t port)
{
    return (struct ip){.family = family, .port = port};
}
