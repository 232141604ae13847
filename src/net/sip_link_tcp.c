/* The link's connections by TCP and TLS: who may open how many, for how long they stay, what they
 * carry (RFC 3261 18). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/sip_link_private.h"

#define FIRST_KEYS 16 /* most of the time there is one */

struct sent_key {
    uint64_t key;
    bool answered; /* it will be: a request, but not ACK */
};

struct connection {
    struct list link;
    struct net_sip_link *owner;
    struct net_tcp *tcp;
    struct sip_stream *stream;
    struct sip_flow flow; /* what came over it came by this */
    bool inbound;
    bool by_server; /* of an account of ours, when it was opened */
    bool heard;     /* a whole message has come */
    uint64_t opened_ms;
    uint64_t message_ms;   /* a message has begun then and is not whole; 0: none has */
    uint64_t active_ms;    /* something came or went, or it was needed */
    uint64_t look_ms;      /* when to see whether it is idle */
    uint64_t finish_ms;    /* not 0: we said our last, and close it then */
    size_t passed_over;    /* bytes that have come since */
    int finish_err;        /* why */
    unsigned awaiting;     /* our requests without a final answer */
    uint64_t request_ms;   /* the last of them */
    struct sent_key *keys; /* a ring, once it cannot grow */
    size_t n_keys, next_key;
};

static void be_active(struct connection *c, uint64_t now_ms)
{
    c->active_ms = now_ms;
    c->look_ms = now_ms + c->owner->config.idle_ms;
}

static struct connection *connection_new(struct net_sip_link *link, enum sip_transport transport,
                                         bool inbound)
{
    struct connection *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->stream = sip_stream_new();
    if (!c->stream) {
        free(c);
        return NULL;
    }
    c->owner = link;
    c->inbound = inbound;
    c->opened_ms = net_now_ms();
    c->flow.transport = transport;
    c->flow.connection = ++link->last_connection;
    be_active(c, c->opened_ms);
    list_append(&link->connections, &c->link);
    return c;
}

static void connection_free(struct connection *c)
{
    list_remove(&c->link);
    net_tcp_close(c->tcp);
    sip_stream_free(c->stream);
    free(c->keys);
    free(c);
}

/* What TCP over TLS says, as the endpoint knows it. */
static int in_words_of_sip(int err)
{
    return err == NET_TLS_FAILED ? SIP_NOT_SAFE : err;
}

/* Tells the endpoint and frees c. A peer that closes in good order has got what we sent, unless it
 * never said a word; where the connection broke, or what comes over it is understood no more, our
 * requests may be lost with it. */
static void lose(struct connection *c, int err)
{
    struct sip_endpoint *ep = c->owner->config.endpoint;
    uint64_t number = c->flow.connection, now_ms = net_now_ms();

    err = in_words_of_sip(c->finish_ms ? c->finish_err : err);
    if (err || !c->heard)
        for (size_t i = 0; i < c->n_keys; i++)
            if (c->keys[i].key)
                sip_endpoint_send_failed(ep, c->keys[i].key, err ? err : -ECONNRESET, now_ms);
    connection_free(c);
    sip_endpoint_connection_lost(ep, number, now_ms);
}

/* Closes c after what still waits to be written, and not later than in SIP_LINK_FINISH_MS. */
static void finish(struct connection *c, int err, uint64_t now_ms)
{
    net_tcp_finish(c->tcp);
    c->finish_err = err;
    c->finish_ms = now_ms + SIP_LINK_FINISH_MS;
}

/* --- what comes in --------------------------------------------------------------------------- */

static bool is_response(struct slice bytes)
{
    return slice_istarts(bytes, SLICE("SIP/"));
}

static bool is_final(struct slice bytes)
{
    return is_response(bytes) && bytes.n > 8 && bytes.p[8] >= '2';
}

/* Who looks on is told from where to where it went; flow.local may have the port that we listen
 * on. */
static void trace(const struct connection *c, bool sent, struct slice message)
{
    struct sip_flow flow = c->flow;
    struct ip local = net_tcp_local(c->tcp);

    if (local.family)
        flow.local = local;
    sip_link_trace(c->owner, sent, &flow, message);
}

static void receive(struct connection *c, struct slice message)
{
    struct net_sip_link *link = c->owner;

    c->heard = true;
    if (c->awaiting && is_final(message))
        c->awaiting--;
    trace(c, false, message);
    sip_endpoint_receive(link->config.endpoint, &c->flow, message, net_now_ms());
    net_sip_link_pump(link);
}

/* RFC 5626 4.4.1. Thousands of pings may have come at once: they are not worth a write each. */
static void answer_pings(struct connection *c, size_t n)
{
    static const char lines[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

    if (c->inbound && sip_endpoint_is_silent_to(c->owner->config.endpoint, &c->flow))
        return;
    while (n > 0) {
        size_t now = n < (sizeof lines - 1) / 2 ? n : (sizeof lines - 1) / 2;

        if (net_tcp_send(c->tcp, (struct slice){lines, 2 * now}))
            return;
        n -= now;
    }
}

/* Takes out all that is whole. False: framing is lost, nothing more can be understood. */
static bool take_messages(struct connection *c, uint64_t now_ms)
{
    struct slice message;
    size_t pings = 0;

    for (;;) {
        switch (sip_stream_next(c->stream, &message)) {
        case SIP_STREAM_MORE:
            answer_pings(c, pings);
            return true;
        case SIP_STREAM_PING:
            c->message_ms = 0;
            pings++;
            break;
        case SIP_STREAM_MESSAGE:
            c->message_ms = 0;
            receive(c, message);
            break;
        case SIP_STREAM_BROKEN:
            if (message.n)
                receive(c, message); /* for the 400 that it gets */
            finish(c, -EPROTO, now_ms);
            return false;
        }
    }
}

/* The end of a body that was refused, as a rule; but there is an end to that as well. */
static void pass_over(struct connection *c, size_t n)
{
    c->passed_over += n;
    if (c->passed_over > SIP_LINK_FINISH_BYTES)
        lose(c, 0);
}

static void on_bytes(void *arg, struct slice bytes)
{
    struct connection *c = arg;
    struct net_sip_link *link = c->owner;
    uint64_t now_ms = net_now_ms();

    if (c->finish_ms) {
        pass_over(c, bytes.n);
        net_sip_link_pump(link);
        return;
    }
    be_active(c, now_ms);
    if (sip_stream_feed(c->stream, bytes))
        lose(c, -ENOMEM);
    else if (!take_messages(c, now_ms) || !sip_stream_is_inside(c->stream))
        c->message_ms = 0;
    else if (!c->message_ms)
        c->message_ms = now_ms;
    net_sip_link_pump(link);
}

/* Whoever hears of the failure of what was to be sent knows the reason by then. */
static void tell_not_safe(struct connection *c)
{
    const struct net_sip_link_config *config = &c->owner->config;
    const char *sentence = net_tls_fault(net_tcp_tls(c->tcp));

    if (c->inbound)
        return;
    sip_link_peer_failed(c->owner, c->flow.peer, sentence);
    if (config->on_not_safe)
        config->on_not_safe(config->arg, sentence);
}

static void on_closed(void *arg, int err)
{
    struct connection *c = arg;
    struct net_sip_link *link = c->owner;

    if (err == NET_TLS_FAILED)
        tell_not_safe(c);
    lose(c, err);
    net_sip_link_pump(link);
}

static void on_connected(void *arg)
{
    struct connection *c = arg;

    for (size_t i = 0; i < c->n_keys; i++)
        if (!c->keys[i].answered)
            c->keys[i].key = 0; /* it has gone out */
    sip_link_peer_failed(c->owner, c->flow.peer, NULL);
    net_tcp_limit_silence(c->tcp, c->owner->config.silence_ms);
    be_active(c, net_now_ms());
    net_sip_link_pump(c->owner); /* the deadline for connecting is over */
}

static const struct net_tcp_events events = {on_connected, on_bytes, on_closed};

/* --- connections that others open ------------------------------------------------------------- */

/* A server of ours may stand for all who call us: it has its own limit. */
static bool may_accept(const struct net_sip_link *link, const struct ip *remote, bool by_server)
{
    const struct ip network = ip_source(remote);
    size_t all = 0, near = 0, same = 0;

    LIST_EACH (&link->connections, at) {
        const struct connection *c = LIST_ITEM(at, struct connection, link);
        const struct ip its = ip_source(&c->flow.remote);

        if (!c->inbound || c->by_server != by_server)
            continue;
        all++;
        near += ip_same_host(&its, &network);
        same += ip_same_host(&c->flow.remote, remote);
    }
    if (by_server)
        return all < SIP_LINK_MAX_INBOUND_SERVERS;
    return all < SIP_LINK_MAX_INBOUND && near < SIP_LINK_MAX_INBOUND_NEAR &&
           same < SIP_LINK_MAX_INBOUND_EACH;
}

static bool is_needed(const struct connection *c, uint64_t now_ms)
{
    return (c->awaiting && now_ms - c->request_ms < c->owner->config.await_ms) ||
           sip_endpoint_needs_connection(c->owner->config.endpoint, c->flow.connection);
}

/* Closes the connection that nobody needs and that has been idle for longest, if there is one. */
static void make_room(struct net_sip_link *link)
{
    uint64_t now_ms = net_now_ms();
    struct connection *idlest = NULL;

    LIST_EACH (&link->connections, at) {
        struct connection *c = LIST_ITEM(at, struct connection, link);

        if (c->inbound && (!idlest || c->active_ms < idlest->active_ms) && !is_needed(c, now_ms))
            idlest = c;
    }
    if (idlest)
        lose(idlest, 0);
}

/* Hands are shaken by a stranger's bytes like all that he sends: within the limits above, and until
 * he has, the connection is one in the making (connect_ms). */
static int own(struct net_sip_link *link, struct connection *c)
{
    struct net_tls_context *context;
    struct net_tls *tls;
    int err;

    if (c->flow.transport == SIP_TLS) {
        context = link->config.tls(link->config.arg, 0);
        err = context ? net_tls_server_new(context, &tls) : -EINVAL;
        if (err)
            return err;
        net_tcp_secure(c->tcp, tls);
    }
    return net_tcp_own(c->tcp, &events, c);
}

static void accepted(struct net_sip_link *link, enum sip_transport transport, struct net_tcp *tcp)
{
    struct ip remote = net_tcp_remote(tcp);
    bool by_server = sip_endpoint_is_server(link->config.endpoint, &remote);
    struct connection *c = NULL;

    /* Its descriptor is among the last: the room made is for the next one. To keep this one and
     * close another would leave a low number free, which then looks like plenty. */
    if (net_tcp_is_one_too_many(tcp))
        make_room(link);
    else if (may_accept(link, &remote, by_server))
        c = connection_new(link, transport, true);
    if (!c) {
        net_tcp_close(tcp);
        net_sip_link_pump(link); /* what make_room told */
        return;
    }
    c->tcp = tcp;
    c->by_server = by_server;
    c->flow.remote = remote;
    c->flow.local = net_tcp_local(tcp);
    net_tcp_limit_silence(tcp, link->config.silence_ms);
    if (own(link, c))
        connection_free(c);
    net_sip_link_pump(link); /* sets the deadline */
}

static void on_accepted(void *arg, struct net_tcp *tcp)
{
    accepted(arg, SIP_TCP, tcp);
}

static void on_accepted_tls(void *arg, struct net_tcp *tcp)
{
    accepted(arg, SIP_TLS, tcp);
}

const struct net_tcp_listen_events sip_link_tcp_events = {on_accepted};
const struct net_tcp_listen_events sip_link_tls_events = {on_accepted_tls};

/* --- what goes out ---------------------------------------------------------------------------- */

/* A connection from an address that is no longer ours, or not the way any more, leads nowhere: a
 * request that knows where it leaves from takes only one from there. */
static bool leaves_from(const struct connection *c, const struct sip_flow *flow)
{
    return !flow->local.family || ip_is_any(&flow->local) || ip_is_any(&c->flow.local) ||
           ip_same_host(&c->flow.local, &flow->local);
}

/* Over TLS a connection is used again only for whom it was verified, by whose trust. */
static struct connection *find(const struct net_sip_link *link, const struct sip_flow *flow)
{
    struct connection *same_place = NULL;

    LIST_EACH (&link->connections, at) {
        struct connection *c = LIST_ITEM(at, struct connection, link);

        if (c->finish_ms || c->flow.transport != flow->transport)
            continue;
        if (flow->connection && c->flow.connection == flow->connection)
            return c;
        if (c->flow.peer == flow->peer && ip_same(&c->flow.remote, &flow->remote) &&
            leaves_from(c, flow))
            same_place = c;
    }
    return same_place;
}

static size_t count_outbound(const struct net_sip_link *link)
{
    size_t n = 0;

    LIST_EACH (&link->connections, at)
        n += !LIST_ITEM(at, struct connection, link)->inbound;
    return n;
}

/* For a flow of TLS; where it is another one, *out is NULL. */
static int tls_for(struct net_sip_link *link, const struct sip_flow *flow, struct net_tls **out)
{
    const struct sip_link_peer *peer;
    struct net_tls_context *context;

    *out = NULL;
    if (flow->transport != SIP_TLS)
        return 0;
    if (!link->config.tls)
        return -EPROTONOSUPPORT;
    peer = sip_link_peer(link, flow->peer);
    if (!peer)
        return -ENOTCONN; /* who called us is gone, or it is to be located again */
    context = link->config.tls(link->config.arg, peer->trust);
    return context ? net_tls_client_new(context, slice_of(peer->domain), out) : SIP_NOT_SAFE;
}

static int open_to(struct net_sip_link *link, const struct sip_flow *flow, struct connection **out)
{
    struct connection *c;
    struct net_tls *tls;
    int err;

    if (count_outbound(link) >= SIP_LINK_MAX_OUTBOUND)
        return -EMFILE;
    err = tls_for(link, flow, &tls);
    if (err)
        return err;
    c = connection_new(link, flow->transport, false);
    if (!c) {
        net_tls_free(tls);
        return -ENOMEM;
    }
    c->flow.remote = flow->remote;
    c->flow.peer = flow->peer;
    /* With the port that we listen on, as in flow: the one of the connection is of use to nobody
     * but who looks on. */
    c->flow.local = flow->local;
    err = net_tcp_connect(link->config.loop, &flow->remote, &flow->local, &events, c, &c->tcp);
    if (err) {
        net_tls_free(tls);
        connection_free(c);
        return err;
    }
    if (tls)
        net_tcp_secure(c->tcp, tls);
    *out = c;
    return 0;
}

const struct net_tls_facts *net_sip_link_facts(const struct net_sip_link *link,
                                               const struct sip_flow *flow)
{
    const struct connection *c = flow->transport == SIP_TLS ? find(link, flow) : NULL;

    return c && net_tcp_is_connected(c->tcp) ? net_tls_facts(net_tcp_tls(c->tcp)) : NULL;
}

static void grow_keys(struct connection *c)
{
    size_t n = c->n_keys ? 2 * c->n_keys : FIRST_KEYS;
    struct sent_key *keys = realloc(c->keys, n * sizeof *keys);

    if (!keys)
        return; /* then the oldest waits for its own timer */
    memset(keys + c->n_keys, 0, (n - c->n_keys) * sizeof *keys);
    c->keys = keys;
    c->n_keys = n;
}

static void note_key(struct connection *c, struct sent_key key)
{
    if (c->next_key == c->n_keys && c->n_keys < SIP_LINK_MAX_KEYS)
        grow_keys(c);
    if (c->next_key == c->n_keys)
        c->next_key = 0;
    if (c->n_keys)
        c->keys[c->next_key++] = key;
}

static void note_sent(struct connection *c, const struct sip_out_item *item)
{
    struct slice bytes = buf_slice(&item->bytes);
    bool answered = !is_response(bytes) && !slice_starts(bytes, SLICE("ACK ")) &&
                    !sip_link_is_keep_alive(bytes);
    uint64_t now_ms = net_now_ms();

    be_active(c, now_ms);
    if (!c->awaiting && net_tcp_is_connected(c->tcp))
        c->next_key = 0; /* those before are settled */
    if (answered) {
        c->awaiting++;
        c->request_ms = now_ms;
    }
    if (!answered && net_tcp_is_connected(c->tcp))
        return;
    note_key(c, (struct sent_key){item->key, answered});
}

void sip_link_tcp_send(struct net_sip_link *link, const struct sip_out_item *item)
{
    struct connection *c = find(link, &item->flow);
    int err = c ? 0 : open_to(link, &item->flow, &c);

    if (!err)
        err = net_tcp_send(c->tcp, buf_slice(&item->bytes));
    if (err) {
        if (err == -ENOBUFS)
            finish(c, err, net_now_ms()); /* a peer that does not read */
        sip_link_fail_later(link, item->key, in_words_of_sip(err));
        return;
    }
    note_sent(c, item);
    trace(c, true, buf_slice(&item->bytes));
}

/* --- time ------------------------------------------------------------------------------------- */

static uint64_t due_ms(const struct connection *c)
{
    uint64_t slow_ms = NEVER_MS;

    if (c->finish_ms)
        return c->finish_ms;
    if (!net_tcp_is_connected(c->tcp))
        return c->opened_ms + c->owner->config.connect_ms;
    if (c->message_ms)
        slow_ms = c->message_ms + c->owner->config.message_ms;
    else if (c->inbound && !c->heard)
        slow_ms = c->opened_ms + c->owner->config.message_ms;
    return slow_ms < c->look_ms ? slow_ms : c->look_ms;
}

uint64_t sip_link_tcp_deadline_ms(const struct net_sip_link *link)
{
    uint64_t first_ms = NEVER_MS;

    LIST_EACH (&link->connections, at) {
        uint64_t ms = due_ms(LIST_ITEM(at, struct connection, link));

        if (ms < first_ms)
            first_ms = ms;
    }
    return first_ms;
}

/* c is due: it goes, unless it is only time to look and it is needed or was active since. */
static void look(struct connection *c, uint64_t now_ms)
{
    if (c->finish_ms)
        lose(c, 0);
    else if (!net_tcp_is_connected(c->tcp) || due_ms(c) < c->look_ms)
        lose(c, -ETIMEDOUT);
    else if (is_needed(c, now_ms)) {
        c->active_ms = now_ms;
        c->look_ms = now_ms + c->owner->config.idle_ms / 10;
    } else if (now_ms - c->active_ms >= c->owner->config.idle_ms) {
        lose(c, 0);
    } else {
        c->look_ms = c->active_ms + c->owner->config.idle_ms;
    }
}

void sip_link_tcp_tick(struct net_sip_link *link, uint64_t now_ms)
{
    LIST_EACH (&link->connections, at) {
        struct connection *c = LIST_ITEM(at, struct connection, link);

        if (due_ms(c) <= now_ms)
            look(c, now_ms);
    }
}

void sip_link_tcp_close_all(struct net_sip_link *link)
{
    LIST_EACH (&link->connections, at)
        connection_free(LIST_ITEM(at, struct connection, link));
}
