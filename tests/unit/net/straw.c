#include "tests/unit/net/straw.h"

#include <stdlib.h>
#include <string.h>

struct sip_out_item *straw_append(struct sip_endpoint *ep, enum sip_out_kind kind)
{
    struct sip_out_item *item = calloc(1, sizeof *item);

    assert_non_null(item);
    item->kind = kind;
    item->bytes = buf_new(100000);
    list_append(&ep->out.items, &item->link);
    return item;
}

static void add_send(struct sip_endpoint *ep, uint64_t key, const struct sip_flow *flow,
                     const char *text)
{
    struct sip_out_item *item = straw_append(ep, SIP_OUT_SEND);

    item->key = key;
    item->flow = *flow;
    item->how = strncmp(text, "SIP/", 4) ? SIP_SEND_REQUEST : SIP_SEND_RESPONSE;
    buf_puts(&item->bytes, text);
}

struct sip_out *sip_endpoint_out(struct sip_endpoint *ep)
{
    return &ep->out;
}

void sip_endpoint_receive(struct sip_endpoint *ep, const struct sip_flow *flow, struct slice bytes,
                          uint64_t now_ms)
{
    (void)now_ms;
    assert_true(list_empty(&ep->out.items)); /* the owner empties it after each input */
    ep->received++;
    ep->flow = *flow;
    ep->message_bytes = bytes.n;
    bytes = slice_head(bytes, sizeof ep->message - 1);
    memcpy(ep->message, bytes.p, bytes.n);
    ep->message[bytes.n] = '\0';
    if (ep->reply)
        add_send(ep, 99, flow, ep->reply);
}

void sip_endpoint_tick(struct sip_endpoint *ep, uint64_t now_ms)
{
    assert_true(now_ms >= ep->deadline_ms);
    ep->ticks++;
    ep->deadline_ms = NEVER_MS;
}

uint64_t sip_endpoint_deadline_ms(const struct sip_endpoint *ep)
{
    return ep->deadline_ms;
}

void sip_endpoint_send_failed(struct sip_endpoint *ep, uint64_t key, int err, uint64_t now_ms)
{
    (void)now_ms;
    assert_false(ep->inside);
    ep->failed++;
    ep->failed_key = key;
    ep->failed_err = err;
}

void sip_endpoint_connection_lost(struct sip_endpoint *ep, uint64_t connection, uint64_t now_ms)
{
    (void)now_ms;
    ep->lost_connections[ep->lost++ % MAX_NOTED] = connection;
}

void sip_endpoint_located(struct sip_endpoint *ep, uint64_t key, const struct sip_flow *flows,
                          size_t n, int err, uint64_t now_ms)
{
    (void)now_ms;
    ep->located++;
    ep->located_key = key;
    ep->located_err = err;
    ep->n_flows = n;
    assert_in_range(n, 0, ARRAY_LEN(ep->flows));
    if (n)
        memcpy(ep->flows, flows, n * sizeof *flows);
}

bool sip_endpoint_is_server(const struct sip_endpoint *ep, const struct ip *address)
{
    return ep->server.family && ip_same_host(&ep->server, address);
}

bool sip_endpoint_needs_connection(const struct sip_endpoint *ep, uint64_t connection)
{
    (void)connection;
    return ep->needs;
}

bool sip_endpoint_is_silent_to(const struct sip_endpoint *ep, const struct sip_flow *flow)
{
    (void)flow;
    return ep->silent;
}

/* --- two links, and a limit of time ----------------------------------------------------------- */

/* Every few milliseconds, as a turn of libuv that ran a timer goes on to wait for I/O. */
static void on_limit(void *arg)
{
    struct fixture *f = arg;

    f->gave_up = net_now_ms() >= f->end_ms;
    net_deadline_set(f->limit, net_now_ms() + 5);
}

static void on_trace(void *arg, bool sent, const struct sip_flow *flow, struct slice bytes)
{
    struct fixture *f = arg;

    assert_true(flow->remote.port != 0);
    assert_true(bytes.n > 0);
    *(sent ? &f->traced_out : &f->traced_in) += 1;
}

static struct net_tls_context *tls_of(void *arg, unsigned trust)
{
    (void)trust;
    return ((struct fixture *)arg)->tls;
}

struct net_sip_link_config straw_config(struct fixture *f, size_t i, const char *listen)
{
    struct net_sip_link_config config = {
        .loop = f->loop,
        .endpoint = &f->endpoint[i],
        .resolver = f->resolver,
        .rng = &f->rng,
        .on_trace = on_trace,
        .tls = f->tls ? tls_of : NULL,
        .arg = f,
    };

    assert_int_equal(net_sip_listen_parse(slice_of(listen), &config.listen), 0);
    return config;
}

/* A name server that knows no name. */
static void resolver_set_up(struct fixture *f)
{
    static const struct fake_record nothing[] = {{0}};
    struct net_resolver_config config = {.loop = f->loop, .rng = &f->rng};

    f->rng = rng_system();
    f->dns = fake_dns_new(f->loop, "127.0.0.1:0", nothing);
    config.server = fake_dns_at(f->dns);
    assert_int_equal(net_resolver_new(&config, &f->resolver), 0);
}

static void set_up(struct fixture *f, const char *listen, struct straw_times times)
{
    assert_int_equal(net_loop_new(&f->loop), 0);
    assert_int_equal(net_deadline_new(f->loop, on_limit, f, &f->limit), 0);
    f->end_ms = net_now_ms() + 15000;
    net_deadline_set(f->limit, 0);
    resolver_set_up(f);
    for (size_t i = 0; i < 2; i++) {
        struct net_sip_link_config config = straw_config(f, i, listen);
        enum sip_transport transport;

        sip_out_init(&f->endpoint[i].out);
        f->endpoint[i].deadline_ms = NEVER_MS;
        config.message_ms = times.message_ms;
        config.idle_ms = times.idle_ms;
        config.await_ms = times.await_ms;
        assert_int_equal(net_sip_link_open(&config, &f->link[i]), 0);
        assert_true(net_sip_link_listening(f->link[i], 0, &transport, &f->at[i]));
    }
}

void straw_set_up_with(struct fixture *f, const char *listen, struct straw_times times)
{
    *f = (struct fixture){0};
    set_up(f, listen, times);
}

void straw_set_up_tls(struct fixture *f, const char *listen, struct net_tls_context *tls)
{
    *f = (struct fixture){.tls = tls};
    set_up(f, listen, (struct straw_times){0});
}

void straw_set_up(struct fixture *f, const char *listen)
{
    straw_set_up_with(f, listen, (struct straw_times){0});
}

void straw_tear_down(struct fixture *f)
{
    for (size_t i = 0; i < 2; i++) {
        net_sip_link_close(f->link[i]);
        sip_out_clear(&f->endpoint[i].out);
    }
    net_resolver_free(f->resolver);
    fake_dns_free(f->dns);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
}

void straw_turn_for(struct fixture *f, unsigned ms)
{
    uint64_t until_ms = net_now_ms() + ms;

    while (net_now_ms() < until_ms)
        net_loop_turn(f->loop, true);
}

void straw_pump(struct fixture *f, size_t i)
{
    f->endpoint[i].inside = true;
    net_sip_link_pump(f->link[i]);
    f->endpoint[i].inside = false;
}

struct sip_flow straw_flow_to(const struct fixture *f, size_t i, enum sip_transport transport)
{
    return (struct sip_flow){.transport = transport, .remote = f->at[i]};
}

void straw_send(struct fixture *f, size_t from, uint64_t key, const struct sip_flow *flow,
                const char *text)
{
    add_send(&f->endpoint[from], key, flow, text);
    straw_pump(f, from);
}
