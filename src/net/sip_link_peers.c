/* Whom connections by TLS must lead to, as numbers that flows carry. */
#include <stdlib.h>
#include <string.h>

#include "net/sip_link_private.h"

static void use(struct net_sip_link *link, struct sip_link_peer *peer)
{
    list_remove(&peer->link);
    list_append(link->peers.next, &peer->link); /* before what is the first */
}

static struct sip_link_peer *find(const struct net_sip_link *link, struct slice domain,
                                  unsigned trust)
{
    LIST_EACH (&link->peers, at) {
        struct sip_link_peer *peer = LIST_ITEM(at, struct sip_link_peer, link);

        if (peer->trust == trust && slice_ieq(slice_of(peer->domain), domain))
            return peer;
    }
    return NULL;
}

static void forget(struct net_sip_link *link, struct sip_link_peer *peer)
{
    list_remove(&peer->link);
    free(peer->fault);
    free(peer);
    link->n_peers--;
}

uint32_t sip_link_peer_number(struct net_sip_link *link, struct slice domain, unsigned trust)
{
    struct sip_link_peer *peer = find(link, domain, trust);

    if (!peer) {
        peer = calloc(1, sizeof *peer + domain.n + 1);
        if (!peer)
            return 0;
        if (link->n_peers == SIP_LINK_MAX_PEERS)
            forget(link, LIST_ITEM(link->peers.prev, struct sip_link_peer, link));
        list_init(&peer->link);
        peer->number = ++link->last_peer;
        peer->trust = trust;
        memcpy(peer->domain, domain.p, domain.n);
        link->n_peers++;
    }
    use(link, peer);
    return peer->number;
}

static struct sip_link_peer *numbered(struct net_sip_link *link, uint32_t number)
{
    LIST_EACH (&link->peers, at) {
        struct sip_link_peer *peer = LIST_ITEM(at, struct sip_link_peer, link);

        if (peer->number != number)
            continue;
        use(link, peer);
        return peer;
    }
    return NULL;
}

const struct sip_link_peer *sip_link_peer(struct net_sip_link *link, uint32_t number)
{
    return numbered(link, number);
}

void sip_link_peer_failed(struct net_sip_link *link, uint32_t number, const char *sentence)
{
    struct sip_link_peer *peer = numbered(link, number);

    if (!peer)
        return;
    free(peer->fault);
    peer->fault = sentence ? slice_dup(slice_of(sentence)) : NULL;
}

const char *net_sip_link_fault(struct net_sip_link *link, const struct sip_flow *flow)
{
    const struct sip_link_peer *peer = numbered(link, flow->peer);

    return peer ? peer->fault : NULL;
}

void sip_link_forget_peers(struct net_sip_link *link)
{
    LIST_EACH (&link->peers, at)
        forget(link, LIST_ITEM(at, struct sip_link_peer, link));
}
