/* Each allocation of the link fails once: the endpoint is told an answer all the same where it
 * looked up a name, who connects is served or closed and then served, and what is sent arrives or
 * is told to have failed. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/address.h"
#include "net/capture.h"
#include "net/interface.h"
#include "net/loop.h"
#include "tests/lib/memory.h"
#include "tests/lib/memory_openssl.h"
#include "tests/lib/memory_uv.h"
#include "tests/lib/paper.h"
#include "tests/unit/net/straw.h"

static const struct fake_record zone[] = {
    {"NAPTR", "x.test", 60, "1 1 s SIP+D2U _sip._udp.x.test"},
    {"SRV", "_sip._udp.x.test", 60, "1 0 5070 a.test"},
    {"SRV", "_sip._udp.x.test", 60, "2 0 5071 b.test"},
    {"A", "a.test", 60, "127.0.0.2"},
    {"A", "b.test", 60, "127.0.0.3"},
    {0},
};

/* True where an allocation failed. Without one, and without the help of the second try, both
 * places are found. */
static bool locate_with(unsigned nth)
{
    struct sip_out_item *item;
    struct fixture f;
    bool failed;

    straw_set_up(&f, "127.0.0.1:0");
    fake_dns_use(f.dns, zone);
    item = straw_append(&f.endpoint[0], SIP_OUT_LOCATE);
    item->key = 5;
    item->host = strdup("x.test");
    memory_fail_at(nth);
    net_sip_link_pump(f.link[0]);
    WAIT_UNTIL(&f, f.endpoint[0].located == 1);
    failed = memory_has_failed();
    memory_fail_at(0);
    assert_true(f.endpoint[0].n_flows > 0 || f.endpoint[0].located_err < 0);
    if (!failed)
        assert_int_equal(f.endpoint[0].n_flows, 2);
    straw_tear_down(&f);
    return failed;
}

static void locate(void **state)
{
    unsigned n = 1;

    (void)state;
    while (locate_with(n))
        n++;
    assert_true(n > 20);
}

/* --- a loop, which a first call begins -------------------------------------------------------- */

static void loops(void **state)
{
    unsigned before = memory_uv_taken();
    bool failed = true;

    (void)state;
    for (unsigned n = 1; failed; n++) {
        struct net_loop *loop = NULL;
        int err;

        memory_fail_at(n);
        err = net_loop_new(&loop);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_true(err == (failed ? -ENOMEM : 0));
        assert_true(!loop == failed);
        net_loop_free(loop);
        assert_true(failed || n > 2);
    }
    assert_true(memory_uv_taken() - before > 1);
}

/* --- the networks of this machine ------------------------------------------------------------- */

static void note_change(void *arg)
{
    ++*(unsigned *)arg;
}

/* Looks at the addresses once. */
static bool watch_with(unsigned nth)
{
    struct net_interface_watch *watch;
    struct net_loop *loop;
    unsigned changes = 0;
    uint64_t until_ms;
    bool failed;

    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(net_interface_watch_new(loop, note_change, &changes, &watch), 0);
    until_ms = net_now_ms() + NET_INTERFACE_QUIET_MS;
    memory_fail_at(nth);
    while (!memory_has_failed() && net_now_ms() < until_ms) {
        net_loop_turn(loop, false);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    failed = memory_has_failed();
    memory_fail_at(0);
    assert_int_equal(changes, 0); /* as it was the first look */
    net_interface_watch_free(watch);
    net_loop_free(loop);
    return failed;
}

static void watches(void **state)
{
    unsigned n = 1;

    (void)state;
    while (watch_with(n))
        n++;
    assert_true(n > 1);
}

/* --- connections that others open ------------------------------------------------------------- */

/* A stranger is a bare socket, which allocates nothing of ours. */
static int dial(const struct fixture *f)
{
    struct net_sockaddr to = net_sockaddr_of(&f->at[0]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &to.u.any, sizeof to.u.v4), 0);
    return fd;
}

static void say(struct fixture *f, int fd, struct slice text)
{
    (void)send(fd, text.p, text.n, MSG_NOSIGNAL);
    straw_turn_for(f, 2);
}

/* Whether its request, which comes in three pieces, arrives; else the connection is closed. */
static bool is_served(struct fixture *f)
{
    size_t before = f->endpoint[0].received;
    struct slice request = SLICE(REQUEST);
    bool served;
    char byte;
    int fd = dial(f);

    say(f, fd, slice_head(request, 10));
    say(f, fd, slice_skip(slice_head(request, 40), 10));
    say(f, fd, slice_skip(request, 40));
    while (f->endpoint[0].received == before && !f->gave_up &&
           recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
        straw_turn_for(f, 2);
    assert_false(f->gave_up);
    served = f->endpoint[0].received > before;
    close(fd);
    return served;
}

static bool accept_with(unsigned nth)
{
    struct fixture f;
    bool failed, served;

    straw_set_up(&f, "tcp:127.0.0.1:0");
    memory_fail_at(nth);
    served = is_served(&f);
    failed = memory_has_failed();
    memory_fail_at(0);
    assert_true(served || failed);
    assert_true(is_served(&f));
    WAIT_UNTIL(&f, f.endpoint[0].lost >= 1); /* one that was never begun is none */
    straw_tear_down(&f);
    return failed;
}

static void accepts(void **state)
{
    unsigned n = 1;

    (void)state;
    while (accept_with(n))
        n++;
    assert_true(n > 3);
}

/* --- what is sent ----------------------------------------------------------------------------- */

#define FIRST 60

static const struct way {
    const char *name, *listen;
    enum sip_transport transport;
    unsigned least; /* allocations */
    bool openssl;   /* its allocations fail, too: as it has hundreds, each tenth behind the FIRST */
} ways[] = {
    {"a datagram is sent and taken", "127.0.0.1:0", SIP_UDP, 0, false},
    {"a connection is opened and a request sent", "tcp:127.0.0.1:0", SIP_TCP, 4, false},
    {"the same by TLS", "tls:127.0.0.1:0", SIP_TLS, 8, false},
    {"the same by TLS, where OpenSSL has no memory", "tls:127.0.0.1:0", SIP_TLS, 100, true},
};

static struct net_tls_context *trust(void)
{
    struct net_tls_settings s = {.ca = paper_path("root", "pem"),
                                 .certificate = paper_path("here", "pem"),
                                 .key = paper_path("here", "key")};
    struct buf why = buf_new(1000);
    struct net_tls_context *context = NULL;

    assert_int_equal(net_tls_context_new(&s, &why, &context), 0);
    buf_free(&why);
    return context;
}

/* The flow to the second link, as a look-up gives it: over TLS it says who must be there. */
static struct sip_flow locate_it(struct fixture *f, enum sip_transport transport)
{
    struct sip_out_item *item = straw_append(&f->endpoint[0], SIP_OUT_LOCATE);
    size_t before = f->endpoint[0].located;

    item->host = strdup("127.0.0.1");
    item->port = f->at[1].port;
    item->transport = transport;
    straw_pump(f, 0);
    WAIT_UNTIL(f, f->endpoint[0].located > before);
    assert_int_equal(f->endpoint[0].n_flows, 1);
    return f->endpoint[0].flows[0];
}

static void send_first(struct fixture *f, const struct way *way, const struct sip_flow *flow,
                       unsigned nth)
{
    struct sip_out_item *item = straw_append(&f->endpoint[0], SIP_OUT_SEND);

    item->key = 7;
    item->how = SIP_SEND_REQUEST;
    item->flow = *flow;
    buf_puts(&item->bytes, REQUEST);
    memory_openssl_counts(way->openssl);
    memory_fail_at(nth);
    straw_pump(f, 0);
    /* A datagram may be lost at either end, which its sender's timer notices. */
    for (unsigned i = 0; i < 20 && !f->endpoint[1].received && !f->endpoint[0].failed; i++)
        straw_turn_for(f, 2);
}

static bool send_with(const struct way *way, struct net_tls_context *tls, unsigned nth)
{
    struct sip_flow flow;
    struct fixture f;
    size_t before;
    bool failed;

    straw_set_up_tls(&f, way->listen, tls);
    flow = locate_it(&f, way->transport);
    send_first(&f, way, &flow, nth);
    if (way->transport != SIP_UDP)
        WAIT_UNTIL(&f, f.endpoint[1].received + f.endpoint[1].lost + f.endpoint[0].failed);
    failed = memory_has_failed();
    memory_fail_at(0);
    memory_openssl_counts(false);
    if (!failed)
        WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    before = f.endpoint[1].received;
    straw_send(&f, 0, 8, &flow, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received > before || f.endpoint[0].failed > 1);
    if (f.endpoint[1].received == before) { /* over a connection that was being lost */
        straw_send(&f, 0, 9, &flow, REQUEST);
        WAIT_UNTIL(&f, f.endpoint[1].received > before);
    }
    straw_tear_down(&f);
    return failed;
}

static void sends(void **state)
{
    const struct way *way = *state;
    struct net_tls_context *tls = way->transport == SIP_TLS ? trust() : NULL;
    unsigned n = 1;

    while (send_with(way, tls, n))
        n += way->openssl && n > FIRST ? 10 : 1;
    assert_true(n > way->least);
    net_tls_context_free(tls);
}

/* --- copies for a capture server -------------------------------------------------------------- */

static void on_lost(void *arg, const char *why)
{
    (void)why;
    ++*(unsigned *)arg;
}

/* What is lost is lost; the next one arrives, once the server is looked for again. */
static bool capture_with(unsigned nth)
{
    static const struct fake_record here[] = {{"A", "c.test", 60, "127.0.0.1"}, {0}};
    struct net_capture *capture = NULL;
    struct net_capture_config config = {.host = "c.test", .on_lost = on_lost};
    struct fixture f;
    unsigned lost = 0;
    bool failed;

    straw_set_up(&f, "127.0.0.1:0");
    fake_dns_use(f.dns, here);
    config.resolver = f.resolver;
    config.port = f.at[1].port;
    config.arg = &lost;
    memory_fail_at(nth);
    if (net_capture_new(&config, &capture) == 0) {
        net_capture_send(capture, SLICE("before"));
        WAIT_UNTIL(&f, f.endpoint[1].received > 0 || lost || memory_has_failed());
        failed = memory_has_failed();
        memory_fail_at(0);
        straw_turn_for(&f, 5);
        f.endpoint[1].received = 0;
        net_resolver_network_changed(f.resolver);
        net_capture_network_changed(capture);
        net_capture_send(capture, SLICE("behind"));
        WAIT_UNTIL(&f, f.endpoint[1].received > 0);
        net_capture_free(capture);
    } else {
        failed = memory_has_failed();
        memory_fail_at(0);
    }
    straw_tear_down(&f);
    return failed;
}

static void captures(void **state)
{
    unsigned n = 1;

    (void)state;
    while (capture_with(n))
        n++;
    assert_true(n > 4);
}

int main(void)
{
    static const struct paper papers[] = {
        {"root", NULL, NULL, NULL, 0, 0, true},
        {"here", "root", NULL, "IP:127.0.0.1", 0, 0, false},
    };
    const struct CMUnitTest tests[] = {
        {"a name, with each allocation failing once", locate, NULL, NULL, NULL},
        {"a loop", loops, NULL, NULL, NULL},
        {"the addresses of this machine", watches, NULL, NULL, NULL},
        {"who connects is served, or closed and then served", accepts, NULL, NULL, NULL},
        {"copies for a capture server", captures, NULL, NULL, NULL},
        {ways[0].name, sends, NULL, NULL, (void *)&ways[0]},
        {ways[1].name, sends, NULL, NULL, (void *)&ways[1]},
        {ways[2].name, sends, NULL, NULL, (void *)&ways[2]},
        {ways[3].name, sends, NULL, NULL, (void *)&ways[3]},
    };
    int failed;

    signal(SIGPIPE, SIG_IGN); /* as main does */
    if (!memory_openssl_prepare() || !memory_uv_prepare())
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(papers); i++)
        paper_make(&papers[i]);
    failed = cmocka_run_group_tests_name("net: no memory", tests, NULL, NULL);
    paper_remove();
    return failed;
}
