/* net/udp.h - a bound UDP socket on the loop, for signalling. Media use net/rtp_pair.h. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "base/ip.h"
#include "base/slice.h"
#include "net/loop.h"

struct net_udp;

/* Room for the largest datagram (RFC 768). */
#define NET_UDP_MAX_BYTES 65535

struct net_udp_events {
    /* bytes live until it returns. May close the socket. */
    void (*datagram)(void *arg, const struct ip *from, struct slice bytes);
    /* ICMP told that a datagram sent to this place did not arrive (RFC 3261 18.4): -ECONNREFUSED,
     * -EHOSTUNREACH, -ENETUNREACH … Only where the system passes that on (Linux); NULL: of no
     * interest. May close the socket. */
    void (*unreachable)(void *arg, const struct ip *to, int err);
};

/* Binds local; port 0: a free one; an IPv6 socket takes no IPv4. -EADDRINUSE, -EADDRNOTAVAIL,
 * -EACCES, -EMFILE and whatever else bind(2) says. events is copied. */
int net_udp_open(struct net_loop *loop, const struct ip *local, const struct net_udp_events *events,
                 void *arg, struct net_udp **out);
void net_udp_close(struct net_udp *udp); /* NULL is fine */

/* Sends at once. -EAGAIN where the system's buffer is full: lost, as UDP may lose; -EMSGSIZE;
 * other negative errno where the kernel knows already that there is no way. */
int net_udp_send(struct net_udp *udp, const struct ip *to, struct slice bytes);
/* The bound address, with its port. */
struct ip net_udp_local(const struct net_udp *udp);

#endif
