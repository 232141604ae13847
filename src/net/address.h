/* net/address.h - struct ip and what the socket calls want. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/ip.h"

/* A socket address ready for use; made once where many packets go to the same place. */
struct net_sockaddr {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
    socklen_t n;
};

/* family 0 gives AF_UNSPEC. */
struct net_sockaddr net_sockaddr_of(const struct ip *ip);
/* family 0 where from is neither IPv4 nor IPv6. An IPv4 address mapped into IPv6 (RFC 4291
 * 2.5.5.2) becomes IPv4. */
struct ip net_ip_of(const struct sockaddr *from);

/* Which of our addresses packets to remote leave from, by asking the routing table; nothing is
 * sent. Port 0. 0, or -ENETUNREACH and the like where there is no way. */
int net_local_towards(const struct ip *remote, struct ip *out);

/* The wildcard address of a family (4 or 6). */
struct ip net_any(uint8_t family, uint16_t port);

#endif
