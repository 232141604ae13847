/* What was said on a connection is not found in the memory that is given back, by TLS neither. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "net/tcp.h"
#include "tests/lib/memory.h"
#include "tests/lib/memory_openssl.h"
#include "tests/lib/paper.h"
#include "tests/lib/rows.h"

struct side {
    struct fixture *f;
    struct net_tcp *tcp;
    size_t n; /* bytes that came */
    char got[512];
    bool echo, connected, closed;
    int err;
};

struct fixture {
    struct net_loop *loop;
    struct net_deadline *limit;
    struct net_tcp_listener *listener;
    struct net_tls_context *context; /* NULL: without TLS */
    struct side client, server;
    bool gave_up;
};

static void on_connected(void *arg)
{
    ((struct side *)arg)->connected = true;
}

static void on_bytes(void *arg, struct slice bytes)
{
    struct side *side = arg;

    if (side->n + bytes.n <= sizeof side->got)
        memcpy(side->got + side->n, bytes.p, bytes.n);
    side->n += bytes.n;
    if (side->echo)
        assert_int_equal(net_tcp_send(side->tcp, bytes), 0);
}

static void on_closed(void *arg, int err)
{
    struct side *side = arg;

    side->closed = true;
    side->err = err;
    net_tcp_close(side->tcp);
    side->tcp = NULL;
}

static const struct net_tcp_events events = {on_connected, on_bytes, on_closed};

static void on_accepted(void *arg, struct net_tcp *tcp)
{
    struct fixture *f = arg;
    struct net_tls *tls;

    f->server.tcp = tcp;
    f->server.connected = !f->context;
    if (f->context) {
        assert_int_equal(net_tls_server_new(f->context, &tls), 0);
        net_tcp_secure(tcp, tls);
    }
    assert_int_equal(net_tcp_own(tcp, &events, &f->server), 0);
}

static void on_limit(void *arg)
{
    ((struct fixture *)arg)->gave_up = true;
}

#define WAIT_UNTIL(f, condition)                                                                   \
    do {                                                                                           \
        while (!(condition) && !(f)->gave_up)                                                      \
            net_loop_turn((f)->loop, true);                                                        \
        assert_false((f)->gave_up);                                                                \
    } while (0)

static void open_context(struct fixture *f)
{
    struct net_tls_settings settings = {.ca = paper_path("here", "pem"),
                                        .certificate = paper_path("here", "pem"),
                                        .key = paper_path("here", "key")};
    struct buf why = buf_new(100);

    assert_int_equal(net_tls_context_new(&settings, &why, &f->context), 0);
}

/* Both sides stand. */
static void set_up(struct fixture *f, bool tls)
{
    static const struct net_tcp_listen_events listen_events = {on_accepted};
    struct net_tls *hands;
    struct ip at;

    *f = (struct fixture){.gave_up = false};
    assert_int_equal(ip_parse_with_port(SLICE("127.0.0.1:0"), &at), 0);
    assert_int_equal(net_loop_new(&f->loop), 0);
    assert_int_equal(net_deadline_new(f->loop, on_limit, f, &f->limit), 0);
    net_deadline_set(f->limit, net_now_ms() + 10000);
    if (tls)
        open_context(f);
    assert_int_equal(net_tcp_listen(f->loop, &at, &listen_events, f, &f->listener), 0);
    at = net_tcp_listener_local(f->listener);
    assert_int_equal(net_tcp_connect(f->loop, &at, NULL, &events, &f->client, &f->client.tcp), 0);
    if (tls) {
        assert_int_equal(net_tls_client_new(f->context, SLICE("here.test"), &hands), 0);
        net_tcp_secure(f->client.tcp, hands);
    }
    WAIT_UNTIL(f, f->client.connected && f->server.connected);
}

static void tear_down(struct fixture *f)
{
    net_tcp_close(f->client.tcp);
    net_tcp_close(f->server.tcp);
    net_tcp_listener_close(f->listener);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
    net_tls_context_free(f->context);
}

static const struct row {
    const char *name;
    bool tls;
} rows[] = {{"TCP", false}, {"TLS", true}};

/* --- what is left behind ---------------------------------------------------------------------- */

static void nothing_is_left_behind(void **state)
{
    static const struct slice secrets[] = {SLICE_INIT("the wind is in the buffalo")};
    const struct row *row = *state;
    struct fixture f;

    set_up(&f, row->tls);
    f.server.echo = true;
    memory_watch(secrets, ARRAY_LEN(secrets));
    assert_int_equal(net_tcp_send(f.client.tcp, secrets[0]), 0);
    WAIT_UNTIL(&f, f.client.n == secrets[0].n);
    assert_memory_equal(f.client.got, secrets[0].p, secrets[0].n);
    tear_down(&f);
    assert_int_equal(memory_found(), 0);
}

int main(void)
{
    static const struct paper paper = {.name = "here", .alternatives = "DNS:here.test"};
    int failed;

    signal(SIGPIPE, SIG_IGN); /* as main does */
    if (!memory_openssl_prepare())
        return 1;
    paper_make(&paper);
    failed = RUN_ROWS("net/tcp: nothing is left behind", rows, nothing_is_left_behind);
    paper_remove();
    return failed;
}
