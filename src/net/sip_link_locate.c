/* Where a host is: RFC 3263 4 as far as addresses go, without NAPTR and SRV. */
#include <errno.h>
#include <stdlib.h>

#include "net/address.h"
#include "net/sip_link_private.h"

struct lookup {
    struct list link;
    struct net_sip_link *owner;
    struct net_lookup *lookup;
    uint64_t key;
    enum sip_transport transport;
    uint16_t port;
};

/* Which of our addresses to use towards remote, with the port that we listen on. */
static int local_for(const struct net_sip_link *link, enum sip_transport transport,
                     const struct ip *remote, struct ip *out)
{
    struct ip routed;
    int err;

    if (!sip_link_bound(link, transport, remote->family, out))
        return -EAFNOSUPPORT;
    if (transport == SIP_UDP && !link->udp[family_index(remote->family)])
        return -EPROTONOSUPPORT;
    err = net_local_towards(remote, &routed);
    if (err)
        return err;
    if (ip_is_any(out)) {
        routed.port = out->port;
        *out = routed;
    }
    /* The kernel would say EINVAL to this, which tells nobody anything. */
    return ip_is_loopback(out) && !ip_is_loopback(remote) ? -ENETUNREACH : 0;
}

static enum sip_transport pick_transport(const struct net_sip_link *link, enum sip_transport asked)
{
    if (asked)
        return asked;
    return link->udp[0] || link->udp[1] ? SIP_UDP : SIP_TCP; /* RFC 3263 4.1: UDP for sip: */
}

static void answer(struct net_sip_link *link, uint64_t key, enum sip_transport asked,
                   const struct ip *ips, size_t n_ips, int err)
{
    enum sip_transport transport = pick_transport(link, asked);
    struct sip_flow flows[NET_RESOLVE_MAX_IPS];
    size_t n = 0;

    for (size_t i = 0; i < n_ips; i++) {
        struct ip local;
        int no_way = local_for(link, transport, &ips[i], &local);

        if (no_way)
            err = no_way;
        else
            flows[n++] =
                (struct sip_flow){.transport = transport, .local = local, .remote = ips[i]};
    }
    sip_endpoint_located(link->config.endpoint, key, flows, n, n ? 0 : err, net_now_ms());
}

static void lookup_free(struct lookup *lookup)
{
    list_remove(&lookup->link);
    free(lookup);
}

static void on_resolved(void *arg, const struct dns_answer *found)
{
    struct lookup *lookup = arg;
    struct net_sip_link *link = lookup->owner;
    struct ip ips[NET_RESOLVE_MAX_IPS];

    for (size_t i = 0; i < found->n; i++) {
        ips[i] = found->ips[i];
        ips[i].port = lookup->port;
    }
    answer(link, lookup->key, lookup->transport, ips, found->n, found->err);
    lookup_free(lookup);
    net_sip_link_pump(link);
}

/* In the background; what cannot even begin is an answer at once. */
static int ask(struct net_sip_link *link, const struct sip_out_item *item, uint16_t port)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    int err;

    if (!lookup)
        return -ENOMEM;
    list_init(&lookup->link);
    lookup->owner = link;
    lookup->key = item->key;
    lookup->transport = item->transport;
    lookup->port = port;
    err = net_lookup_start(link->config.resolver, DNS_ADDRESS, slice_of(item->host), on_resolved,
                           lookup, &lookup->lookup);
    if (err) {
        lookup_free(lookup);
        return err;
    }
    list_append(&link->lookups, &lookup->link);
    return 0;
}

void sip_link_locate(struct net_sip_link *link, const struct sip_out_item *item)
{
    uint16_t port = item->port ? item->port : SIP_DEFAULT_PORT;
    struct ip ips[NET_RESOLVE_MAX_IPS];
    size_t n = 0;
    int err = 0;

    if (item->secure || item->transport == SIP_TLS) {
        err = -EPROTONOSUPPORT;
    } else {
        n = net_resolve_now(slice_of(item->host), port, ips);
        if (!n)
            err = ask(link, item, port);
        if (!n && !err)
            return;
    }
    answer(link, item->key, item->transport, ips, n, err);
}

void sip_link_locate_cancel(struct net_sip_link *link)
{
    LIST_EACH (&link->lookups, at) {
        struct lookup *lookup = LIST_ITEM(at, struct lookup, link);

        net_lookup_cancel(lookup->lookup);
        lookup_free(lookup);
    }
}
