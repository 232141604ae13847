#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/sip_link_private.h"
#include "tests/lib/ipv6.h"
#include "tests/unit/net/straw.h"

/* --- where it listens ------------------------------------------------------------------------- */

static const struct listen_row {
    const char *name, *in, *ip;
    bool udp, tcp;
    int err;
} listen_rows[] = {
    {"both transports without a prefix", "127.0.0.1:5070", "127.0.0.1:5070", true, true, 0},
    {"UDP only", "udp:127.0.0.1:5070", "127.0.0.1:5070", true, false, 0},
    {"TCP only, in capitals", "TCP:[::1]:5070", "[::1]:5070", false, true, 0},
    {"5060 without a port", "192.0.2.1", "192.0.2.1:5060", true, true, 0},
    {"IPv6 in brackets without a port", "[2001:db8::1]", "[2001:db8::1]:5060", true, true, 0},
    {"bare IPv6", "2001:db8::1", "[2001:db8::1]:5060", true, true, 0},
    {"all of IPv6", "udp:::", "[::]:5060", true, false, 0},
    {"all addresses", "*:5080", ":5080", true, true, 0},
    {"all addresses, port alone", ":5080", ":5080", true, true, 0},
    {"all addresses, usual port", "udp:", ":5060", true, false, 0},
    {"a free port", "127.0.0.1:0", "127.0.0.1:0", true, true, 0},
    {"port above 65535", "127.0.0.1:65536", NULL, false, false, -EBADMSG},
    {"a host name", "localhost:5060", NULL, false, false, -EBADMSG},
    {"another transport", "sctp:127.0.0.1:5060", NULL, false, false, -EBADMSG},
    {"rubbish behind the port", "127.0.0.1:5060x", NULL, false, false, -EBADMSG},
};

static void listen_row(void **state)
{
    const struct listen_row *row = *state;
    struct net_sip_listen listen;
    struct buf text = buf_new(100);

    assert_int_equal(net_sip_listen_parse(slice_of(row->in), &listen), row->err);
    if (row->err)
        return;
    assert_int_equal(listen.udp, row->udp);
    assert_int_equal(listen.tcp, row->tcp);
    if (listen.ip.family)
        ip_put_host(&text, &listen.ip);
    buf_printf(&text, ":%u", (unsigned)listen.ip.port);
    assert_string_equal(buf_cstr(&text), row->ip);
    buf_free(&text);
}

static void one_free_port_for_all(void **state)
{
    struct fixture f;
    enum sip_transport transport;
    struct ip at;
    size_t n = 0;

    (void)state;
    straw_set_up(&f, "*:0");
    while (net_sip_link_listening(f.link[0], n, &transport, &at)) {
        assert_int_equal(at.port, f.at[0].port);
        n++;
    }
    assert_int_equal(n, 4); /* two transports, two families */
    straw_tear_down(&f);
}

static void port_taken(void **state)
{
    struct fixture f;
    struct net_sip_link_config config;
    struct net_sip_link *third;

    (void)state;
    straw_set_up(&f, "udp:127.0.0.1:0");
    config = straw_config(&f, 0, "udp:127.0.0.1:0");
    config.listen.ip.port = f.at[0].port;
    assert_int_equal(net_sip_link_open(&config, &third), -EADDRINUSE);
    straw_tear_down(&f);
}

/* --- messages there and back ------------------------------------------------------------------ */

static const struct way {
    const char *name, *listen;
    enum sip_transport transport;
} ways[] = {
    {"UDP over IPv4", "udp:127.0.0.1:0", SIP_UDP},
    {"UDP over IPv6", "udp:[::1]:0", SIP_UDP},
    {"TCP over IPv4", "tcp:127.0.0.1:0", SIP_TCP},
    {"TCP over IPv6", "tcp:[::1]:0", SIP_TCP},
};

static void there_and_back(void **state)
{
    const struct way *way = *state;
    struct fixture f;
    struct sip_flow to_b;

    straw_set_up(&f, way->listen);
    f.endpoint[1].reply = RESPONSE;
    to_b = straw_flow_to(&f, 1, way->transport);
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].received == 1);
    assert_string_equal(f.endpoint[1].message, REQUEST);
    assert_string_equal(f.endpoint[0].message, RESPONSE);
    assert_int_equal(f.endpoint[1].flow.transport, way->transport);
    assert_true(ip_same(&f.endpoint[1].flow.local, &f.at[1]));
    assert_true(ip_same(&f.endpoint[0].flow.remote, &f.at[1]));
    assert_int_equal(f.endpoint[1].flow.connection != 0, way->transport == SIP_TCP);
    if (way->transport == SIP_UDP)
        assert_true(ip_same(&f.endpoint[1].flow.remote, &f.at[0]));
    assert_int_equal(f.traced_in, 2);
    assert_int_equal(f.traced_out, 2);

    /* A second request to the same place takes the same connection. */
    straw_send(&f, 0, 8, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].received == 2);
    assert_int_equal(f.endpoint[1].flow.connection, way->transport == SIP_TCP ? 1 : 0);
    assert_int_equal(f.endpoint[0].failed + f.endpoint[1].failed, 0);
    straw_tear_down(&f);
}

static void nobody_there(void **state)
{
    const struct way *way = *state;
    struct fixture f;
    struct sip_flow to_b;

    straw_set_up(&f, way->listen);
    to_b = straw_flow_to(&f, 1, way->transport);
    net_sip_link_close(f.link[1]);
    f.link[1] = NULL;
    net_loop_turn(f.loop, false);
    straw_send(&f, 0, 7, &to_b, REQUEST); /* would fail the test if it were told from inside */
    WAIT_UNTIL(&f, f.endpoint[0].failed == 1);
    assert_int_equal(f.endpoint[0].failed_key, 7);
    assert_int_equal(f.endpoint[0].failed_err, -ECONNREFUSED);
    straw_turn_for(&f, 50);
    assert_int_equal(f.endpoint[0].failed, 1);
    straw_tear_down(&f);
}

/* A thousand accounts register where nobody is. */
static void nobody_there_for_many(void **state)
{
    const struct way *way = *state;
    struct fixture f;
    struct sip_flow to_b;

    straw_set_up(&f, way->listen);
    to_b = straw_flow_to(&f, 1, way->transport);
    net_sip_link_close(f.link[1]);
    f.link[1] = NULL;
    net_loop_turn(f.loop, false);
    for (uint64_t key = 1; key <= 1000; key++)
        straw_send(&f, 0, key, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].failed == 1000);
    straw_turn_for(&f, 50);
    assert_int_equal(f.endpoint[0].failed, 1000);
    straw_tear_down(&f);
}

static void no_way_to_send(void **state)
{
    struct fixture f;
    struct sip_flow flow = {.transport = SIP_UDP};

    (void)state;
    straw_set_up(&f, "udp:127.0.0.1:0");
    assert_int_equal(ip_parse_with_port(SLICE("[::1]:5060"), &flow.remote), 0);
    straw_send(&f, 0, 1, &flow, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].failed == 1);
    assert_int_equal(f.endpoint[0].failed_err, -EAFNOSUPPORT);
    flow = straw_flow_to(&f, 1, SIP_TLS);
    straw_send(&f, 0, 2, &flow, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].failed == 2);
    assert_int_equal(f.endpoint[0].failed_err, -EPROTONOSUPPORT);
    straw_tear_down(&f);
}

static void keep_alives_are_no_messages(void **state)
{
    struct fixture f;
    struct sip_flow to_b;

    (void)state;
    straw_set_up(&f, "udp:127.0.0.1:0");
    to_b = straw_flow_to(&f, 1, SIP_UDP);
    straw_send(&f, 0, 1, &to_b, "\r\n\r\n");
    straw_send(&f, 0, 1, &to_b, "jaK");
    straw_send(&f, 0, 2, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received);
    assert_string_equal(f.endpoint[1].message, REQUEST);
    assert_int_equal(f.endpoint[1].received, 1);
    straw_tear_down(&f);
}

struct calls {
    struct fixture *f;
    size_t n;
    bool inside;
};

static void on_call(void *arg, const struct sip_call_event *event)
{
    struct calls *c = arg;

    (void)event;
    c->n++;
    assert_false(c->inside);
    c->inside = true;
    if (c->n == 1)
        straw_append(&c->f->endpoint[0],
                     SIP_OUT_CALL);   /* what an owner asks for in here is done too */
    net_sip_link_pump(c->f->link[0]); /* but not from inside */
    c->inside = false;
}

static void call_events(void **state)
{
    struct fixture f;
    struct calls calls = {.f = &f};
    struct net_sip_link_config config;

    (void)state;
    straw_set_up(&f, "udp:127.0.0.1:0");
    net_sip_link_close(f.link[0]);
    config = straw_config(&f, 0, "udp:127.0.0.1:0");
    config.on_call = on_call;
    config.on_trace = NULL;
    config.arg = &calls;
    assert_int_equal(net_sip_link_open(&config, &f.link[0]), 0);
    straw_append(&f.endpoint[0], SIP_OUT_CALL);
    net_sip_link_pump(f.link[0]);
    assert_int_equal(calls.n, 2);
    assert_true(list_empty(&f.endpoint[0].out.items));
    straw_tear_down(&f);
}

static void deadline(void **state)
{
    struct fixture f;

    (void)state;
    straw_set_up(&f, "udp:127.0.0.1:0");
    f.endpoint[0].deadline_ms = net_now_ms() + 20;
    net_sip_link_pump(f.link[0]);
    WAIT_UNTIL(&f, f.endpoint[0].ticks == 1);
    straw_turn_for(&f, 30);
    assert_int_equal(f.endpoint[0].ticks, 1);
    straw_tear_down(&f);
}

/* --- where hosts are -------------------------------------------------------------------------- */

static const struct locate_row {
    const char *name, *listen, *host;
    uint16_t port;
    enum sip_transport transport;
    bool secure;
    const char *flows;
    int err;
} locate_rows[] = {
    {"IPv4: UDP, port 5060", "*:0", "127.0.0.1", 0, 0, false, "udp 127.0.0.1 > 127.0.0.1:5060 ", 0},
    {"a port", "*:0", "127.0.0.1", 5099, SIP_UDP, false, "udp 127.0.0.1 > 127.0.0.1:5099 ", 0},
    {"transport=tcp", "*:0", "127.0.0.1", 0, SIP_TCP, false, "tcp 127.0.0.1 > 127.0.0.1:5060 ", 0},
    {"IPv6 in brackets", "*:0", "[::1]", 5070, 0, false, "udp ::1 > [::1]:5070 ", 0},
    {"localhost: both families", "*:0", "localhost", 0, 0, false,
     "udp 127.0.0.1 > 127.0.0.1:5060 udp ::1 > [::1]:5060 ", 0},
    {"only families that we have sockets of", "127.0.0.1:0", "localhost", 0, 0, false,
     "udp 127.0.0.1 > 127.0.0.1:5060 ", 0},
    {"without UDP, TCP", "tcp:127.0.0.1:0", "127.0.0.1", 0, 0, false,
     "tcp 127.0.0.1 > 127.0.0.1:5060 ", 0},
    {"TCP may be called without listening on it", "udp:127.0.0.1:0", "127.0.0.1", 0, SIP_TCP, false,
     "tcp 127.0.0.1 > 127.0.0.1:5060 ", 0},
    {"UDP may not", "tcp:127.0.0.1:0", "127.0.0.1", 0, SIP_UDP, false, "", -EPROTONOSUPPORT},
    {"no socket of the family", "127.0.0.1:0", "::1", 0, 0, false, "", -EAFNOSUPPORT},
    {"what is bound to loopback cannot leave the machine", "127.0.0.1:0", "192.0.2.9", 0, 0, false,
     "", -ENETUNREACH},
    {"sips: is not spoken where there is no TLS", "*:0", "127.0.0.1", 0, 0, true, "", -EPROTONOSUPPORT},
    {"TLS neither", "*:0", "127.0.0.1", 0, SIP_TLS, false, "", -EPROTONOSUPPORT},
};

static void locate(struct fixture *f, const struct locate_row *row)
{
    struct sip_out_item *item = straw_append(&f->endpoint[0], SIP_OUT_LOCATE);

    item->key = 5;
    item->host = strdup(row->host);
    item->port = row->port;
    item->transport = row->transport;
    item->secure = row->secure;
    net_sip_link_pump(f->link[0]);
}

static void assert_flows(struct fixture *f, const char *expected)
{
    struct buf text = buf_new(1000);

    for (size_t i = 0; i < f->endpoint[0].n_flows; i++) {
        const struct sip_flow *flow = &f->endpoint[0].flows[i];

        buf_puts(&text, flow->transport == SIP_TCP ? "tcp " : "udp ");
        ip_put(&text, &flow->local);
        buf_puts(&text, " > ");
        ip_put_with_port(&text, &flow->remote);
        buf_putc(&text, ' ');
        assert_int_equal(flow->local.port, f->at[0].port);
        assert_int_equal(flow->connection, 0);
    }
    assert_string_equal(buf_cstr(&text), expected);
    buf_free(&text);
}

/* Numeric hosts and localhost are located before the pump returns. */
static void locate_row(void **state)
{
    const struct locate_row *row = *state;
    struct fixture f;

    straw_set_up(&f, row->listen);
    locate(&f, row);
    assert_int_equal(f.endpoint[0].located, 1);
    assert_int_equal(f.endpoint[0].located_key, 5);
    assert_flows(&f, row->flows);
    assert_int_equal(f.endpoint[0].located_err, row->err);
    straw_tear_down(&f);
}

static const struct fake_record zone[] = {
    {"NAPTR", "x.test", 60, "1 2 s SIP+D2U _sip._udp.x.test"},
    {"NAPTR", "x.test", 60, "1 1 s SIP+D2T _sip._tcp.x.test"},
    {"SRV", "_sip._udp.x.test", 60, "1 0 5070 a.test"},
    {"SRV", "_sip._tcp.x.test", 60, "2 0 5072 b.test"},
    {"SRV", "_sip._tcp.x.test", 60, "1 0 5071 a.test"},
    {"A", "a.test", 60, "127.0.0.2"},
    {"A", "b.test", 60, "127.0.0.3"},
    {"A", "deaf.test", 60, "127.0.0.4"},
    {"NAPTR", "deaf.test", 60, "SILENCE"},
    {"NAPTR", "mute.test", 60, "SILENCE"},
    {"SRV", "_sip._udp.mute.test", 60, "SILENCE"},
    {"SRV", "_sip._tcp.mute.test", 60, "SILENCE"},
    {"A", "mute.test", 60, "SILENCE"},
    {"AAAA", "mute.test", 60, "SILENCE"},
    {"A", "six.test", 60, "192.0.2.1"},
    {0},
};

static const struct locate_row name_rows[] = {
    {"NAPTR, SRV and A", "127.0.0.1:0", "x.test", 0, 0, false,
     "tcp 127.0.0.1 > 127.0.0.2:5071 tcp 127.0.0.1 > 127.0.0.3:5072 "
     "udp 127.0.0.1 > 127.0.0.2:5070 ",
     0},
    {"SRV of the transport that is said", "127.0.0.1:0", "x.test", 0, SIP_UDP, false,
     "udp 127.0.0.1 > 127.0.0.2:5070 ", 0},
    {"only A, without UDP", "tcp:127.0.0.1:0", "a.test", 0, 0, false,
     "tcp 127.0.0.1 > 127.0.0.2:5060 ", 0},
    {"a port", "127.0.0.1:0", "a.test", 5099, 0, false, "udp 127.0.0.1 > 127.0.0.2:5099 ", 0},
    {"a name server that does not answer for NAPTR", "127.0.0.1:0", "deaf.test", 0, 0, false,
     "udp 127.0.0.1 > 127.0.0.4:5060 ", 0},
    {"one that does not answer at all", "127.0.0.1:0", "mute.test", 0, 0, false, "", -ETIMEDOUT},
    {"no such name", "127.0.0.1:0", "nobody.test", 0, 0, false, "", -ENOENT},
    {"an address that cannot be reached from here", "127.0.0.1:0", "six.test", 0, 0, false, "",
     -ENETUNREACH},
};

static void locate_name_row(void **state)
{
    const struct locate_row *row = *state;
    struct fixture f;
    uint64_t start_ms = net_now_ms();

    straw_set_up(&f, row->listen);
    fake_dns_use(f.dns, zone);
    locate(&f, row);
    assert_int_equal(f.endpoint[0].located, 0);
    WAIT_UNTIL(&f, f.endpoint[0].located == 1);
    assert_int_equal(f.endpoint[0].located_key, 5);
    assert_flows(&f, row->flows);
    assert_int_equal(f.endpoint[0].located_err, row->err);
    assert_true(net_now_ms() - start_ms < NET_RESOLVE_LIMIT_MS + 2000);
    straw_tear_down(&f);
}

static void close_while_locating(void **state)
{
    static const struct locate_row row = {.host = "mute.test"};
    struct fixture f;

    (void)state;
    straw_set_up(&f, "127.0.0.1:0");
    fake_dns_use(f.dns, zone);
    locate(&f, &row);
    WAIT_UNTIL(&f, fake_dns_asked(f.dns, NULL, NULL) == 5);
    straw_tear_down(&f);
}

/* Whom connections by TLS must lead to: the name that was not used for longest is forgotten. */
static void names_of_tls(void **state)
{
    uint32_t first, second;
    struct fixture f;
    char name[32];

    (void)state;
    straw_set_up(&f, "udp:127.0.0.1:0");
    first = sip_link_peer_number(f.link[0], SLICE("first.test"), 0);
    second = sip_link_peer_number(f.link[0], SLICE("second.test"), 0);
    assert_non_null(sip_link_peer(f.link[0], first));
    for (unsigned n = 3; n <= SIP_LINK_MAX_PEERS + 1; n++) {
        snprintf(name, sizeof name, "n%u.test", n);
        assert_int_not_equal(sip_link_peer_number(f.link[0], slice_of(name), 0), 0);
    }
    assert_null(sip_link_peer(f.link[0], second));
    assert_non_null(sip_link_peer(f.link[0], first));
    straw_tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_tls),
        cmocka_unit_test(close_while_locating),
        cmocka_unit_test(one_free_port_for_all),
        cmocka_unit_test(port_taken),
        cmocka_unit_test(no_way_to_send),
        cmocka_unit_test(keep_alives_are_no_messages),
        cmocka_unit_test(call_events),
        cmocka_unit_test(deadline),
    };

    ipv6_needed();
    return RUN_ROWS("net/sip_link --listen", listen_rows, listen_row) +
           RUN_ROWS("net/sip_link there and back", ways, there_and_back) +
           RUN_ROWS("net/sip_link nobody there", ways, nobody_there) +
           RUN_ROWS("net/sip_link nobody there for a thousand", ways, nobody_there_for_many) +
           RUN_ROWS("net/sip_link locate", locate_rows, locate_row) +
           RUN_ROWS("net/sip_link locate a name", name_rows, locate_name_row) +
           cmocka_run_group_tests_name("net/sip_link", tests, NULL, NULL);
}
