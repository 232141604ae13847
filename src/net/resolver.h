/* net/resolver.h - from host names to addresses, without making the loop wait.
 *
 * The system's getaddrinfo(3) runs on a thread of its own, which nobody waits for: after
 * NET_RESOLVE_LIMIT_MS the look-up has failed for its owner, and the end of the program does not
 * depend on a name server either. */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "base/ip.h"
#include "base/slice.h"
#include "net/loop.h"

#define NET_RESOLVE_LIMIT_MS 2000
/* Addresses taken of one name; further ones are left out. */
#define NET_RESOLVE_MAX_IPS 8
/* Look-ups under way, also abandoned ones whose thread still waits; above: -EAGAIN. */
#define NET_RESOLVE_MAX_THREADS 16

struct net_resolver;
struct net_lookup;

/* 0 or -ENOMEM. */
int net_resolver_new(struct net_loop *loop, struct net_resolver **out);
/* Look-ups must be over or cancelled; threads of cancelled ones end by themselves. NULL is fine. */
void net_resolver_free(struct net_resolver *resolver);

/* What needs no question: a numeric address (IPv6 with or without brackets), and "localhost" (RFC
 * 6761 6.3: 127.0.0.1, then ::1; most phones listen on IPv4). How many addresses, with this port,
 * went into ips, which has NET_RESOLVE_MAX_IPS places; 0: ask net_lookup_start. */
size_t net_resolve_now(struct slice host, uint16_t port, struct ip *ips);

/* n addresses with the port asked for, in the order of RFC 6724 that the system gives; n 0: err is
 * -ENOENT (no such name), -ETIMEDOUT, -EAGAIN (a name server is in trouble), -ENOMEM. ips live
 * until it returns. The look-up is then over and freed. */
typedef void net_resolved(void *arg, const struct ip *ips, size_t n, int err);

/* -EINVAL: host is empty or longer than a name can be; -EAGAIN: too many; -ENOMEM. */
int net_lookup_start(struct net_resolver *resolver, struct slice host, uint16_t port,
                     net_resolved *on_resolved, void *arg, struct net_lookup **out);
/* No callback will come. NULL is fine. */
void net_lookup_cancel(struct net_lookup *lookup);

#endif
