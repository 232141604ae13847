#include "net/sip_link_private.h"

#include <errno.h>
#include <stdlib.h>

#include "net/address.h"

/* A SEND that could not be done, until the next turn. */
struct failure {
    struct list link;
    uint64_t key;
    int err;
};

void sip_link_fail_later(struct net_sip_link *link, uint64_t key, int err)
{
    struct failure *failure = calloc(1, sizeof *failure);

    if (!failure)
        return; /* then the transaction's own timer ends it */
    failure->key = key;
    failure->err = err;
    list_append(&link->failures, &failure->link);
}

static void tell_failures(struct net_sip_link *link)
{
    struct list *first;

    while ((first = list_first(&link->failures))) {
        struct failure *failure = LIST_ITEM(first, struct failure, link);

        list_remove(first);
        sip_endpoint_send_failed(link->config.endpoint, failure->key, failure->err, net_now_ms());
        free(failure);
    }
}

/* RFC 5626 4.4.1, and what others send to hold a NAT open. */
bool sip_link_is_keep_alive(struct slice bytes)
{
    return slice_trim(bytes).n == 0 || bytes.n <= 4;
}

void sip_link_trace(struct net_sip_link *link, bool sent, const struct sip_flow *flow,
                    struct slice bytes)
{
    if (link->config.on_trace && !sip_link_is_keep_alive(bytes))
        link->config.on_trace(link->config.arg, sent, flow, bytes);
}

bool sip_link_bound(const struct net_sip_link *link, enum sip_transport transport, uint8_t family,
                    struct ip *out)
{
    const struct net_udp *udp = link->udp[family_index(family)];
    const struct net_tcp_listener *tcp = link->tcp[family_index(family)];
    const struct net_tcp_listener *tls = link->tls[family_index(family)];
    bool by_tls = tls && (transport == SIP_TLS || (!udp && !tcp));

    if (by_tls)
        *out = net_tcp_listener_local(tls);
    else if (tcp && (transport == SIP_TCP || !udp))
        *out = net_tcp_listener_local(tcp);
    else if (udp)
        *out = net_udp_local(udp);
    else
        return false;
    if (by_tls != (transport == SIP_TLS))
        out->port = 0;
    return true;
}

/* --- UDP ------------------------------------------------------------------------------------- */

static void remember(struct net_sip_link *link, const struct sip_out_item *item)
{
    link->recent[link->next_recent] = (struct recent){item->key, net_now_ms(), item->flow.remote};
    link->next_recent = (link->next_recent + 1) % SIP_LINK_RECENT;
}

static int send_udp(struct net_sip_link *link, const struct sip_out_item *item)
{
    struct net_udp *udp = link->udp[family_index(item->flow.remote.family)];
    int err = udp ? net_udp_send(udp, &item->flow.remote, buf_slice(&item->bytes)) : -EAFNOSUPPORT;

    if (err == -EAGAIN)
        return 0; /* as good as lost on the way: it is repeated */
    if (err)
        return err;
    remember(link, item);
    sip_link_trace(link, true, &item->flow, buf_slice(&item->bytes));
    return 0;
}

/* The address that a datagram from remote was sent to: ours, or where that is the wildcard, the one
 * that answers leave from. */
static struct ip local_of(struct net_sip_link *link, const struct ip *remote)
{
    struct ip local = net_udp_local(link->udp[family_index(remote->family)]);
    struct sip_link_way *way = &link->way;
    uint16_t port = local.port;

    if (!ip_is_any(&local))
        return local;
    if (!ip_same_host(&way->remote, remote) || net_now_ms() - way->asked_ms >= SIP_LINK_WAY_MS) {
        if (net_local_towards(remote, &way->local))
            way->local = local;
        way->remote = *remote;
        way->asked_ms = net_now_ms();
    }
    local = way->local;
    local.port = port;
    return local;
}

static void on_datagram(void *arg, const struct ip *from, struct slice bytes)
{
    struct net_sip_link *link = arg;
    struct sip_flow flow = {.transport = SIP_UDP, .remote = *from};

    if (sip_link_is_keep_alive(bytes))
        return;
    flow.local = local_of(link, from);
    sip_link_trace(link, false, &flow, bytes);
    sip_endpoint_receive(link->config.endpoint, &flow, bytes, net_now_ms());
    net_sip_link_pump(link);
}

/* RFC 3261 18.4: an ICMP error is a failure to send. Which of the datagrams to that place it was
 * about cannot be told apart; none of them arrived. */
static void on_unreachable(void *arg, const struct ip *to, int err)
{
    struct net_sip_link *link = arg;
    uint64_t now_ms = net_now_ms();

    for (size_t i = 0; i < SIP_LINK_RECENT; i++) {
        struct recent *r = &link->recent[(link->next_recent + i) % SIP_LINK_RECENT];
        uint64_t key = r->key;

        if (!key || now_ms - r->sent_ms > SIP_LINK_RECENT_MS || !ip_same(&r->remote, to))
            continue;
        r->key = 0;
        sip_endpoint_send_failed(link->config.endpoint, key, err, now_ms);
    }
    net_sip_link_pump(link);
}

static const struct net_udp_events udp_events = {on_datagram, on_unreachable};

/* --- the pump -------------------------------------------------------------------------------- */

static void send_item(struct net_sip_link *link, const struct sip_out_item *item)
{
    int err = -EPROTONOSUPPORT;

    if (item->flow.transport == SIP_TCP || item->flow.transport == SIP_TLS) {
        sip_link_tcp_send(link, item);
        return;
    }
    if (item->flow.transport == SIP_UDP)
        err = send_udp(link, item);
    if (err)
        sip_link_fail_later(link, item->key, err);
}

static void do_item(struct net_sip_link *link, const struct sip_out_item *item)
{
    switch (item->kind) {
    case SIP_OUT_SEND:
        send_item(link, item);
        break;
    case SIP_OUT_LOCATE:
        sip_link_locate(link, item);
        break;
    case SIP_OUT_CALL:
        if (link->config.on_call)
            link->config.on_call(link->config.arg, item->event);
        break;
    case SIP_OUT_ACCOUNT:
        if (link->config.on_account)
            link->config.on_account(link->config.arg, item->account_event);
        break;
    }
}

static void set_deadline(struct net_sip_link *link)
{
    uint64_t endpoint_ms = sip_endpoint_deadline_ms(link->config.endpoint);
    uint64_t tcp_ms = sip_link_tcp_deadline_ms(link);

    if (!list_empty(&link->failures))
        net_deadline_set(link->deadline, 0);
    else
        net_deadline_set(link->deadline, endpoint_ms < tcp_ms ? endpoint_ms : tcp_ms);
}

void net_sip_link_pump(struct net_sip_link *link)
{
    struct sip_out_item *item;

    if (link->pumping)
        return;
    link->pumping = true;
    while ((item = sip_out_take(sip_endpoint_out(link->config.endpoint)))) {
        do_item(link, item);
        sip_out_item_free(item);
    }
    link->pumping = false;
    set_deadline(link);
}

static void on_due(void *arg)
{
    struct net_sip_link *link = arg;
    uint64_t now_ms = net_now_ms();

    tell_failures(link);
    sip_link_tcp_tick(link, now_ms);
    if (sip_endpoint_deadline_ms(link->config.endpoint) <= now_ms)
        sip_endpoint_tick(link->config.endpoint, now_ms);
    net_sip_link_pump(link);
}

/* --- life ------------------------------------------------------------------------------------ */

static unsigned or_usual(unsigned ms, unsigned usual_ms)
{
    return ms ? ms : usual_ms;
}

int net_sip_link_open(const struct net_sip_link_config *config, struct net_sip_link **out)
{
    struct net_sip_link *link = calloc(1, sizeof *link);
    int err;

    if (!link)
        return -ENOMEM;
    link->config = *config;
    link->config.message_ms = or_usual(config->message_ms, SIP_LINK_MESSAGE_MS);
    link->config.idle_ms = or_usual(config->idle_ms, SIP_LINK_IDLE_MS);
    link->config.connect_ms = or_usual(config->connect_ms, SIP_LINK_CONNECT_MS);
    link->config.silence_ms = or_usual(config->silence_ms, SIP_LINK_SILENCE_MS);
    link->config.await_ms = or_usual(config->await_ms, SIP_LINK_AWAIT_MS);
    list_init(&link->searches);
    list_init(&link->peers);
    list_init(&link->connections);
    list_init(&link->failures);
    err = net_deadline_new(config->loop, on_due, link, &link->deadline);
    if (!err)
        err = sip_link_bind(link, &udp_events, &sip_link_tcp_events, &sip_link_tls_events);
    if (err) {
        net_sip_link_close(link);
        return err;
    }
    set_deadline(link);
    *out = link;
    return 0;
}

void net_sip_link_close(struct net_sip_link *link)
{
    if (!link)
        return;
    sip_link_unbind(link);
    sip_link_tcp_close_all(link);
    sip_link_locate_cancel(link);
    sip_link_forget_peers(link);
    LIST_EACH (&link->failures, at)
        free(LIST_ITEM(at, struct failure, link));
    net_deadline_free(link->deadline);
    free(link);
}

void net_sip_link_network_changed(struct net_sip_link *link)
{
    link->way = (struct sip_link_way){0};
}

bool net_sip_link_listening(const struct net_sip_link *link, size_t i,
                            enum sip_transport *transport, struct ip *out)
{
    for (size_t f = 0; f < N_FAMILIES; f++) {
        if (link->udp[f] && i-- == 0) {
            *transport = SIP_UDP;
            *out = net_udp_local(link->udp[f]);
            return true;
        }
        if (link->tcp[f] && i-- == 0) {
            *transport = SIP_TCP;
            *out = net_tcp_listener_local(link->tcp[f]);
            return true;
        }
        if (link->tls[f] && i-- == 0) {
            *transport = SIP_TLS;
            *out = net_tcp_listener_local(link->tls[f]);
            return true;
        }
    }
    return false;
}
