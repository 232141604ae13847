/* Where a host is (RFC 3263 4): sip/locator has the questions, the resolver the answers. */
#include <errno.h>
#include <stdlib.h>

#include "net/address.h"
#include "net/sip_link_private.h"
#include "sip/limits.h"
#include "sip/locate.h"
#include "sip/locator.h"

/* One question of a search. */
struct question {
    struct search *search;
    size_t number;
    struct net_lookup *lookup; /* NULL: it is answered */
};

/* A LOCATE for a name. */
struct search {
    struct list link; /* in link->searches */
    struct net_sip_link *owner;
    uint64_t key;
    char *host;
    unsigned trust;
    struct sip_locator *locator;
    struct net_deadline *deadline;
    bool hurried;
    struct question questions[SIP_LOCATE_MAX_QUESTIONS];
    size_t n;
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

/* The transports that we have, the dearest first: UDP for sip:, RFC 3263 4.1. TCP and TLS may be
 * called without listening on them. */
static size_t our_transports(const struct net_sip_link *link, enum sip_transport out[3])
{
    size_t n = 0;

    if (link->udp[0] || link->udp[1])
        out[n++] = SIP_UDP;
    out[n++] = SIP_TCP;
    if (link->config.tls)
        out[n++] = SIP_TLS;
    return n;
}

/* Whose LOCATE it is, and who must be there, over TLS. */
struct asker {
    uint64_t key;
    const char *domain;
    unsigned trust;
};

static void answer(struct net_sip_link *link, const struct asker *asker,
                   const struct sip_target *targets, size_t n_targets, int err)
{
    struct sip_flow flows[SIP_MAX_TARGETS];
    uint32_t peer = 0;
    size_t n = 0;

    for (size_t i = 0; i < n_targets; i++) {
        struct ip local;
        int no_way = local_for(link, targets[i].transport, &targets[i].ip, &local);

        if (!no_way && targets[i].transport == SIP_TLS && !peer) {
            peer = sip_link_peer_number(link, slice_of(asker->domain), asker->trust);
            no_way = peer ? 0 : -ENOMEM;
        }
        if (no_way)
            err = no_way;
        else
            flows[n++] = (struct sip_flow){.transport = targets[i].transport,
                                           .local = local,
                                           .remote = targets[i].ip,
                                           .peer = targets[i].transport == SIP_TLS ? peer : 0};
    }
    sip_endpoint_located(link->config.endpoint, asker->key, flows, n, n ? 0 : err, net_now_ms());
}

/* --- names ----------------------------------------------------------------------------------- */

static void search_free(struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        net_lookup_cancel(s->questions[i].lookup);
    list_remove(&s->link);
    net_deadline_free(s->deadline);
    sip_locator_free(s->locator);
    free(s->host);
    free(s);
}

static void on_resolved(void *arg, const struct dns_answer *found);

/* What cannot even be asked is answered at once. */
static void ask(struct search *s)
{
    struct net_resolver *resolver = s->owner->config.resolver;
    struct question *q = &s->questions[s->n];
    enum dns_type type;
    const char *name;

    while (sip_locator_ask(s->locator, &q->number, &type, &name)) {
        struct dns_answer failed = {0};

        q->search = s;
        failed.err = net_lookup_start(resolver, type, slice_of(name), on_resolved, q, &q->lookup);
        if (failed.err)
            sip_locator_answer(s->locator, q->number, &failed);
        q = &s->questions[++s->n];
    }
}

/* Asks on; where the search is over, tells the endpoint, frees it and returns true. */
static bool go_on(struct search *s)
{
    struct sip_target targets[SIP_MAX_TARGETS];
    struct net_sip_link *link = s->owner;
    const struct asker asker = {s->key, s->host, s->trust};
    size_t n;
    int err;

    ask(s);
    if (!sip_locator_done(s->locator))
        return false;
    n = sip_locator_targets(s->locator, targets, &err);
    answer(link, &asker, targets, n, err);
    search_free(s);
    return true;
}

static void on_resolved(void *arg, const struct dns_answer *found)
{
    struct question *q = arg;
    struct search *s = q->search;
    struct net_sip_link *link = s->owner;

    q->lookup = NULL;
    sip_locator_answer(s->locator, q->number, found);
    if (go_on(s))
        net_sip_link_pump(link);
}

/* After half of the time it goes on with what is there, after all of it that must do. */
static void on_search_due(void *arg)
{
    struct search *s = arg;
    struct net_sip_link *link = s->owner;

    if (s->hurried)
        sip_locator_give_up(s->locator);
    else
        sip_locator_hurry(s->locator);
    net_deadline_set(s->deadline, net_now_ms() + NET_RESOLVE_LIMIT_MS - NET_RESOLVE_PATIENCE_MS);
    s->hurried = true;
    if (go_on(s))
        net_sip_link_pump(link);
}

static int search_new(struct net_sip_link *link, const struct sip_out_item *item,
                      const struct sip_locate *what, struct search **out)
{
    enum sip_transport ours[3];
    size_t n_ours = our_transports(link, ours);
    struct search *s = calloc(1, sizeof *s);
    int err;

    if (!s)
        return -ENOMEM;
    list_init(&s->link);
    s->owner = link;
    s->key = item->key;
    s->trust = item->trust;
    s->host = slice_dup(what->host);
    err = s->host ? 0 : -ENOMEM;
    if (!err)
        err = net_deadline_new(link->config.loop, on_search_due, s, &s->deadline);
    if (!err)
        err = sip_locator_new(what, ours, n_ours, link->config.rng, &s->locator);
    if (err) {
        search_free(s);
        return err;
    }
    net_deadline_set(s->deadline, net_now_ms() + NET_RESOLVE_PATIENCE_MS);
    list_append(&link->searches, &s->link);
    *out = s;
    return 0;
}

/* --- from outside ---------------------------------------------------------------------------- */

/* RFC 3263 4.1: what an address leaves open is said by the scheme. */
static void answer_addresses(struct net_sip_link *link, const struct sip_out_item *item,
                             const struct ip *ips, size_t n)
{
    const struct asker asker = {item->key, item->host, item->trust};
    struct sip_target targets[NET_RESOLVE_MAX_IPS];
    enum sip_transport ours[3];

    our_transports(link, ours);
    for (size_t i = 0; i < n; i++)
        targets[i] = (struct sip_target){item->transport ? item->transport : ours[0], ips[i]};
    answer(link, &asker, targets, n, 0);
}

void sip_link_locate(struct net_sip_link *link, const struct sip_out_item *item)
{
    struct sip_locate what = {slice_of(item->host), item->port, item->transport, item->secure};
    struct ip ips[NET_RESOLVE_MAX_IPS];
    struct search *search;
    int err = -EPROTONOSUPPORT;
    bool tls = item->secure || item->transport == SIP_TLS;
    size_t n =
        net_resolve_now(what.host, what.port ? what.port : sip_default_port(what.transport), ips);

    if (n && (!tls || link->config.tls)) {
        answer_addresses(link, item, ips, n);
        return;
    }
    if (!n)
        err = search_new(link, item, &what, &search);
    if (err)
        answer(link, &(struct asker){.key = item->key}, NULL, 0, err);
    else
        go_on(search);
}

void sip_link_locate_cancel(struct net_sip_link *link)
{
    LIST_EACH (&link->searches, at)
        search_free(LIST_ITEM(at, struct search, link));
}
