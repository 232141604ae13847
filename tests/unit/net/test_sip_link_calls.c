/* Two whole SIP stacks call each other over real sockets on loopback. */
#include <errno.h>
#include <string.h>

#include "net/sip_link.h"
#include "tests/lib/ipv6.h"
#include "tests/lib/paper.h"
#include "tests/lib/rows.h"

struct node {
    struct fixture *f;
    struct rng rng;
    struct sip_endpoint *ep;
    struct net_sip_link *link;
    struct sip_call *call;
    struct ip at;
    bool auto_answer;
    bool incoming, answered, acked, ended;
    enum sip_end_cause cause;
    int err;
    size_t sdp_bytes;           /* of the offer that came */
    enum sip_transport came_by; /* the INVITE */
    enum sip_transport sent_by; /* our last request */
    uint64_t connection;        /* that the INVITE came by */
    char not_safe[300];
    struct net_tls_context *trust[2]; /* a: whom it trusts, by number; b: itself, and nobody */
};

struct fixture {
    struct net_loop *loop;
    struct net_deadline *tick;
    struct rng rng;
    struct net_resolver *resolver;
    uint64_t end_ms;
    bool gave_up;
    size_t offer_bytes;
    struct node a, b;
};

static void on_tick(void *arg)
{
    struct fixture *f = arg;

    f->gave_up = net_now_ms() >= f->end_ms;
    net_deadline_set(f->tick, net_now_ms() + 5);
}

#define WAIT_UNTIL(f, condition)                                                                   \
    do {                                                                                           \
        while (!(condition) && !(f)->gave_up)                                                      \
            net_loop_turn((f)->loop, true);                                                        \
        assert_false((f)->gave_up);                                                                \
    } while (0)

#define SDP_START                                                                                  \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 9000 RTP/AVP 0\r\n"

/* An offer of at least bytes, grown by attributes that nobody knows. */
static void give_offer(struct node *n)
{
    struct buf sdp = buf_new(10000);

    buf_puts(&sdp, SDP_START);
    while (sdp.n < n->f->offer_bytes)
        buf_puts(&sdp, "a=x-padding:0123456789012345678901234567890123456789\r\n");
    sip_call_offer(n->call, buf_slice(&sdp), net_now_ms());
    buf_free(&sdp);
}

static void on_call(void *arg, const struct sip_call_event *event)
{
    struct node *n = arg;

    switch (event->kind) {
    case SIP_CALL_OFFER_WANTED:
        n->call = event->call;
        give_offer(n);
        break;
    case SIP_CALL_INCOMING:
        n->incoming = true;
        n->call = event->call;
        n->sdp_bytes = event->sdp.n;
        n->came_by = event->flow.transport;
        n->connection = event->flow.connection;
        if (n->auto_answer)
            sip_call_accept(n->call, SLICE(SDP_START), net_now_ms());
        break;
    case SIP_CALL_ANSWERED:
        n->answered = true;
        break;
    case SIP_CALL_ACKED:
        n->acked = true;
        break;
    case SIP_CALL_ENDED:
        n->ended = true;
        n->cause = event->cause;
        n->err = event->err;
        n->call = NULL;
        break;
    default:
        break;
    }
}

static void on_trace(void *arg, bool sent, const struct sip_flow *flow, struct slice bytes)
{
    struct node *n = arg;

    if (sent && !slice_starts(bytes, SLICE("SIP/2.0")))
        n->sent_by = flow->transport;
}

static struct net_tls_context *context_of(void *arg, unsigned trust)
{
    return ((struct node *)arg)->trust[trust];
}

static void on_not_safe(void *arg, const char *sentence)
{
    struct node *n = arg;

    strncpy(n->not_safe, sentence, sizeof n->not_safe - 1);
}

/* Both have the certificate of this machine; a second trust knows nobody. */
static void open_trust(struct node *n)
{
    struct net_tls_settings s = {.ca = paper_path("root", "pem"),
                                 .certificate = paper_path("here", "pem"),
                                 .key = paper_path("here", "key")};
    struct buf why = buf_new(100);

    assert_int_equal(net_tls_context_new(&s, &why, &n->trust[0]), 0);
    s.ca = paper_path("here", "pem");
    assert_int_equal(net_tls_context_new(&s, &why, &n->trust[1]), 0);
}

static void node_open(struct node *n, struct fixture *f, const char *listen)
{
    struct sip_endpoint_config ep = {.user_agent = "test"};
    struct net_sip_link_config config = {.loop = f->loop,
                                         .on_call = on_call,
                                         .on_trace = on_trace,
                                         .tls = context_of,
                                         .on_not_safe = on_not_safe,
                                         .arg = n,
                                         .resolver = f->resolver,
                                         .rng = &f->rng};
    enum sip_transport transport;

    n->f = f;
    open_trust(n);
    n->rng = rng_system();
    ep.rng = &n->rng;
    n->ep = sip_endpoint_new(&ep);
    assert_non_null(n->ep);
    config.endpoint = n->ep;
    assert_int_equal(net_sip_listen_parse(slice_of(listen), &config.listen), 0);
    assert_int_equal(net_sip_link_open(&config, &n->link), 0);
    assert_true(net_sip_link_listening(n->link, 0, &transport, &n->at));
}

static void node_close(struct node *n)
{
    net_sip_link_close(n->link);
    sip_endpoint_free(n->ep);
    net_tls_context_free(n->trust[0]);
    net_tls_context_free(n->trust[1]);
    n->link = NULL;
    n->ep = NULL;
}

static void set_up(struct fixture *f, const char *listen_a, const char *listen_b)
{
    struct net_resolver_config resolver;

    *f = (struct fixture){.end_ms = net_now_ms() + 15000};
    assert_int_equal(net_loop_new(&f->loop), 0);
    assert_int_equal(net_deadline_new(f->loop, on_tick, f, &f->tick), 0);
    net_deadline_set(f->tick, 0);
    f->rng = rng_system();
    resolver = (struct net_resolver_config){.loop = f->loop, .rng = &f->rng};
    assert_int_equal(net_resolver_new(&resolver, &f->resolver), 0);
    node_open(&f->a, f, listen_a);
    node_open(&f->b, f, listen_b);
}

static void tear_down(struct fixture *f)
{
    node_close(&f->a);
    node_close(&f->b);
    net_resolver_free(f->resolver);
    net_deadline_free(f->tick);
    net_loop_free(f->loop);
}

/* a calls b: host, b's port, params. */
static void dial(struct fixture *f, const char *host, const char *params)
{
    struct buf target = buf_new(200);
    struct sip_invite_params invite = {.contact_user = SLICE("a")};

    buf_printf(&target, "sip:b@%s:%u%s", host, (unsigned)f->b.at.port, params);
    invite.target = buf_slice(&target);
    assert_int_equal(sip_call_invite(f->a.ep, &invite, &f->a.call, net_now_ms()), 0);
    net_sip_link_pump(f->a.link);
    buf_free(&target);
}

static const struct row {
    const char *name, *listen_a, *listen_b, *host, *params;
    size_t offer_bytes;
    enum sip_transport came_by;
} rows[] = {
    {"UDP over IPv4", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1", "", 0, SIP_UDP},
    {"UDP over IPv6", "[::1]:0", "[::1]:0", "[::1]", "", 0, SIP_UDP},
    {"UDP on all addresses", "*:0", "*:0", "127.0.0.1", "", 0, SIP_UDP},
    {"TCP over IPv4", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1", ";transport=tcp", 0, SIP_TCP},
    {"TCP over IPv6", "[::1]:0", "[::1]:0", "[::1]", ";transport=tcp", 0, SIP_TCP},
    {"TLS over IPv4", "tls:127.0.0.1:0", "tls:127.0.0.1:0", "127.0.0.1", ";transport=tls", 0,
     SIP_TLS},
    {"TLS over IPv6", "tls:[::1]:0", "tls:[::1]:0", "[::1]", ";transport=tls", 0, SIP_TLS},
    {"TLS by name, where the caller does not listen by it", "127.0.0.1:0", "tls:127.0.0.1:0",
     "localhost", ";transport=tls", 0, SIP_TLS},
    {"2 kB by TLS", "127.0.0.1:0", "tls:127.0.0.1:0", "127.0.0.1", ";transport=tls", 2000, SIP_TLS},
    {"nothing but TCP", "tcp:127.0.0.1:0", "tcp:127.0.0.1:0", "127.0.0.1", "", 0, SIP_TCP},
    {"localhost where only IPv4 listens", "*:0", "127.0.0.1:0", "localhost", "", 0, SIP_UDP},
    {"over 1300 bytes by TCP, RFC 3261 18.1.1", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1", "", 1400,
     SIP_TCP},
    {"and back to UDP where that is refused", "127.0.0.1:0", "udp:127.0.0.1:0", "127.0.0.1", "",
     1400, SIP_UDP},
    {"2 kB by TCP over IPv6", "[::1]:0", "[::1]:0", "[::1]", "", 2000, SIP_TCP},
};

static void call_and_hang_up(void **state)
{
    const struct row *row = *state;

    for (int who = 0; who < 2; who++) {
        struct fixture f;
        struct node *n;

        set_up(&f, row->listen_a, row->listen_b);
        f.offer_bytes = row->offer_bytes;
        f.b.auto_answer = true;
        dial(&f, row->host, row->params);
        WAIT_UNTIL(&f, f.a.answered && f.b.acked);
        assert_int_equal(f.b.came_by, row->came_by);
        assert_true(f.b.sdp_bytes >= row->offer_bytes);
        n = who ? &f.b : &f.a;
        sip_call_hangup(n->call, net_now_ms());
        net_sip_link_pump(n->link);
        WAIT_UNTIL(&f, f.a.ended && f.b.ended);
        assert_int_equal(f.a.cause, who ? SIP_END_REMOTE : SIP_END_LOCAL);
        assert_int_equal(f.b.cause, who ? SIP_END_LOCAL : SIP_END_REMOTE);
        tear_down(&f);
    }
}

/* Dialling a numeric host puts the INVITE on the wire before the pump returns. */
static void invite_leaves_at_once(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, "127.0.0.1:0", "127.0.0.1:0");
    dial(&f, "127.0.0.1", "");
    assert_int_equal(f.a.sent_by, SIP_UDP);
    WAIT_UNTIL(&f, f.b.incoming);
    tear_down(&f);
}

static const struct gone {
    const char *name, *listen, *host, *params;
} gones[] = {
    {"nobody listens on UDP", "127.0.0.1:0", "127.0.0.1", ""},
    {"nor over IPv6", "[::1]:0", "[::1]", ""},
    {"nobody listens on TCP", "127.0.0.1:0", "127.0.0.1", ";transport=tcp"},
};

static void nobody_there(void **state)
{
    const struct gone *row = *state;
    uint64_t start_ms = net_now_ms();
    struct fixture f;

    set_up(&f, row->listen, row->listen);
    net_sip_link_close(f.b.link);
    f.b.link = NULL;
    net_loop_turn(f.loop, false);
    dial(&f, row->host, row->params);
    WAIT_UNTIL(&f, f.a.ended);
    assert_int_equal(f.a.cause, SIP_END_UNREACHABLE);
    assert_int_equal(f.a.err, -ECONNREFUSED);
    assert_true(net_now_ms() - start_ms < 5000); /* and not 32 s */
    tear_down(&f);
}

/* Whose trust counts is the account's: the same server, not the same trust. */
static void not_safe(void **state)
{
    struct sip_account_params params = {.uri = SLICE("sip:a@example.test"), .trust = 1};
    struct sip_invite_params invite = {.contact_user = SLICE("a")};
    struct buf target = buf_new(200);
    struct fixture f;

    (void)state;
    set_up(&f, "127.0.0.1:0", "tls:127.0.0.1:0");
    assert_int_equal(sip_account_new(f.a.ep, &params, &invite.account), 0);
    buf_printf(&target, "sips:b@127.0.0.1:%u", (unsigned)f.b.at.port);
    invite.target = buf_slice(&target);
    assert_int_equal(sip_call_invite(f.a.ep, &invite, &f.a.call, net_now_ms()), 0);
    net_sip_link_pump(f.a.link);
    WAIT_UNTIL(&f, f.a.ended);
    assert_int_equal(f.a.cause, SIP_END_UNREACHABLE);
    assert_int_equal(f.a.err, SIP_NOT_SAFE);
    assert_non_null(strstr(f.a.not_safe, "of an authority that is not known"));
    assert_false(f.b.incoming);
    sip_account_free(invite.account);
    buf_free(&target);
    tear_down(&f);
}

static uint64_t connection_of_call(struct fixture *f, const char *host)
{
    f->a.answered = f->b.acked = f->b.incoming = false;
    dial(f, host, ";transport=tls");
    WAIT_UNTIL(f, f->a.answered && f->b.acked);
    return f->b.connection;
}

/* RFC 5922 7.3: a connection leads to whom it was verified for and to nobody else, though both
 * names are at one address. */
static void reused_for_the_same_name_only(void **state)
{
    struct fixture f;
    uint64_t first;

    (void)state;
    set_up(&f, "127.0.0.1:0", "tls:127.0.0.1:0");
    f.b.auto_answer = true;
    first = connection_of_call(&f, "127.0.0.1");
    assert_int_equal(connection_of_call(&f, "127.0.0.1"), first);
    assert_int_not_equal(connection_of_call(&f, "localhost"), first);
    assert_int_equal(connection_of_call(&f, "127.0.0.1"), first);
    tear_down(&f);
}

static void unknown_host(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, "127.0.0.1:0", "127.0.0.1:0");
    dial(&f, "nobody.invalid", "");
    WAIT_UNTIL(&f, f.a.ended);
    assert_int_equal(f.a.cause, SIP_END_NOT_FOUND);
    tear_down(&f);
}

/* An early close of the caller's connection ends an unanswered INVITE like a CANCEL. */
static void caller_gone_while_ringing(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, "127.0.0.1:0", "127.0.0.1:0");
    dial(&f, "127.0.0.1", ";transport=tcp");
    WAIT_UNTIL(&f, f.b.incoming);
    sip_call_progress(f.b.call, 180, (struct slice){0}, net_now_ms());
    net_sip_link_pump(f.b.link);
    net_sip_link_close(f.a.link);
    f.a.link = NULL;
    WAIT_UNTIL(&f, f.b.ended);
    assert_int_equal(f.b.cause, SIP_END_CANCELLED);
    tear_down(&f);
}

static void cancelled(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, "127.0.0.1:0", "127.0.0.1:0");
    dial(&f, "127.0.0.1", "");
    WAIT_UNTIL(&f, f.b.incoming);
    sip_call_progress(f.b.call, 180, (struct slice){0}, net_now_ms());
    net_sip_link_pump(f.b.link);
    sip_call_hangup(f.a.call, net_now_ms());
    net_sip_link_pump(f.a.link);
    WAIT_UNTIL(&f, f.a.ended && f.b.ended);
    assert_int_equal(f.b.cause, SIP_END_CANCELLED);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invite_leaves_at_once),         cmocka_unit_test(not_safe),
        cmocka_unit_test(reused_for_the_same_name_only), cmocka_unit_test(unknown_host),
        cmocka_unit_test(caller_gone_while_ringing),     cmocka_unit_test(cancelled),
    };

    static const struct paper papers[] = {
        {.name = "root", .is_authority = true},
        {.name = "here", .issuer = "root", .alternatives = "DNS:localhost,IP:127.0.0.1,IP:::1"},
    };
    int failed;

    ipv6_needed();
    for (size_t i = 0; i < ARRAY_LEN(papers); i++)
        paper_make(&papers[i]);
    failed = RUN_ROWS("net/sip_link calls", rows, call_and_hang_up) +
             RUN_ROWS("net/sip_link nobody to call", gones, nobody_there) +
             cmocka_run_group_tests_name("net/sip_link call ends", tests, NULL, NULL);
    paper_remove();
    return failed;
}
