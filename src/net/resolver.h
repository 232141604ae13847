/* net/resolver.h - what the DNS says of a name, without making the loop wait.
 *
 * One resolver serves the whole program. It asks this machine's list of hosts and then name
 * servers, tells everybody who wants the same at the same time from one question, and keeps
 * answers for the time that the DNS gives them. Until the first name is looked up it does nothing,
 * and it asks by the system's new settings when these have changed. */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "base/dns.h"
#include "base/rand.h"
#include "net/dns_channel.h"
#include "net/loop.h"

/* For one look-up, with all repetitions; then it has failed for its owner. An answer that is later
 * than this is still kept for who asks next. */
#define NET_RESOLVE_LIMIT_MS 2000
/* Some routers never answer for one of the two kinds of addresses. After this time each kind is
 * asked for alone, and the first that there is will do. */
#define NET_RESOLVE_PATIENCE_MS 1000
/* Addresses of one name at most. */
#define NET_RESOLVE_MAX_IPS NET_DNS_MAX_IPS
/* Names and types known or being asked for. The answer that ends first makes room; where all are
 * being asked for: -EAGAIN. */
#define NET_RESOLVE_MAX_NAMES 512
/* Questions under way. Above: -EAGAIN. */
#define NET_RESOLVE_MAX_OPEN 256
/* Longest time for which answers are kept, and time for which it is remembered that there is none:
 * RFC 2308 5 allows more, but routers deny every name while they have no network themselves, and a
 * registration that waits for it is not to wait longer. */
#define NET_RESOLVE_MAX_TTL_S 3600
#define NET_RESOLVE_NOTHING_S 1

struct net_resolver;
struct net_lookup;

struct net_resolver_config {
    struct net_loop *loop;
    struct rng *rng;         /* for the hash key of what is kept; used only within _new */
    struct ip server;        /* family 0: those of the system; port 0: 53 */
    const char *resolv_conf; /* where the system has them; NULL: /etc/resolv.conf. Not copied */
};

/* 0 or -ENOMEM. */
int net_resolver_new(const struct net_resolver_config *config, struct net_resolver **out);
/* Look-ups must be over or cancelled. Not from a callback of one. NULL is fine. */
void net_resolver_free(struct net_resolver *resolver);
/* Another network may give other answers, and what was asked over the old one may never be
 * answered: forgets what is known, and asks anew what is being asked. */
void net_resolver_network_changed(struct net_resolver *resolver);

/* What needs no question: a numeric address (IPv6 with or without brackets), and "localhost" (RFC
 * 6761 6.3: 127.0.0.1, then ::1; most phones listen on IPv4). How many addresses, with this port,
 * went into ips, which has NET_RESOLVE_MAX_IPS places; 0: ask net_lookup_start. */
size_t net_resolve_now(struct slice host, uint16_t port, struct ip *ips);

/* The answer lives until it returns. The look-up is then over and freed. */
typedef void net_resolved(void *arg, const struct dns_answer *answer);

/* -EINVAL: name is empty or longer than a name can be; -EAGAIN: too many; -ENOMEM. */
int net_lookup_start(struct net_resolver *resolver, enum dns_type type, struct slice name,
                     net_resolved *on_resolved, void *arg, struct net_lookup **out);
/* No callback will come. NULL is fine. */
void net_lookup_cancel(struct net_lookup *lookup);

#endif
