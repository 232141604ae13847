/* Connections and memory: what was said is not found in what is given back, by TLS neither; and
 * where there is none for the rest of a message, nothing goes out behind its beginning. */
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

/* --- half a message ----------------------------------------------------------------------------
 */

/* Of the test program: what the system takes of the next write, -1: all; then memory is short. */
static int taken = -1;

int __real_uv_try_write(uv_stream_t *stream, const uv_buf_t bufs[], unsigned n);
int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t bufs[], unsigned n);

int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t bufs[], unsigned n)
{
    uv_buf_t some = bufs[0];
    int most = taken;

    taken = -1;
    if (most < 0)
        return __real_uv_try_write(stream, bufs, n);
    memory_fail_at(1);
    if (most == 0)
        return UV_EAGAIN;
    some.len = (size_t)most;
    return __real_uv_try_write(stream, &some, 1);
}

static int send_short(struct fixture *f, int most)
{
    int err;

    taken = most;
    err = net_tcp_send(f->client.tcp, SLICE("MESSAGE sip:one SIP/2.0"));
    assert_int_equal(taken, -1);
    assert_true(memory_has_failed());
    memory_fail_at(0);
    return err;
}

/* The beginning of a message has gone and its rest is lost; by TLS any part of it is one too much,
 * as what is lost counts there. The connection ends, and tells so by itself. */
static const struct torn_row {
    const char *name;
    bool tls;
    int taken;
} torn_rows[] = {
    {"TCP, behind a part of it", false, 8},
    {"TLS, behind a part of it", true, 8},
    {"TLS, behind nothing of it", true, 0},
};

static void torn(void **state)
{
    const struct torn_row *row = *state;
    struct fixture f;

    set_up(&f, row->tls);
    assert_int_equal(send_short(&f, row->taken), -ENOMEM);
    assert_false(f.client.closed); /* not from in there */
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("MESSAGE sip:two SIP/2.0")), -EPIPE);
    WAIT_UNTIL(&f, f.client.closed && f.server.closed);
    assert_int_equal(f.client.err, -ENOMEM);
    assert_int_equal(f.server.err, 0);
    assert_int_equal(f.server.n, row->tls ? 0 : row->taken);
    tear_down(&f);
}

/* What comes meanwhile is not read any more. */
static void torn_while_they_speak(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, false);
    assert_int_equal(net_tcp_send(f.server.tcp, SLICE("something")), 0);
    assert_int_equal(send_short(&f, 8), -ENOMEM);
    WAIT_UNTIL(&f, f.client.closed);
    assert_int_equal(f.client.err, -ENOMEM);
    assert_int_equal(f.client.n, 0);
    tear_down(&f);
}

/* A message of which nothing has gone is lost alone. */
static void whole(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, false);
    assert_int_equal(send_short(&f, 0), -ENOMEM);
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("MESSAGE sip:two SIP/2.0")), 0);
    WAIT_UNTIL(&f, f.server.n == 23);
    assert_memory_equal(f.server.got, "MESSAGE sip:two SIP/2.0", 23);
    assert_false(f.client.closed);
    tear_down(&f);
}

/* More than may wait is refused before TLS counts it: what was taken arrives. */
static void too_much_for_tls(void **state)
{
    static char block[60000];
    struct fixture f;
    size_t n = 0;

    (void)state;
    set_up(&f, true);
    while (net_tcp_send(f.client.tcp, (struct slice){block, sizeof block}) == 0)
        n += sizeof block;
    assert_int_equal(net_tcp_send(f.client.tcp, (struct slice){block, sizeof block}), -ENOBUFS);
    WAIT_UNTIL(&f, f.server.n == n);
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("MESSAGE")), 0);
    WAIT_UNTIL(&f, f.server.n == n + 7);
    assert_false(f.client.closed || f.server.closed);
    tear_down(&f);
}

int main(void)
{
    static const struct paper paper = {.name = "here", .alternatives = "DNS:here.test"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torn_while_they_speak),
        cmocka_unit_test(whole),
        cmocka_unit_test(too_much_for_tls),
    };
    int failed;

    signal(SIGPIPE, SIG_IGN); /* as main does */
    if (!memory_openssl_prepare())
        return 1;
    paper_make(&paper);
    failed = RUN_ROWS("net/tcp: nothing is left behind", rows, nothing_is_left_behind) +
             RUN_ROWS("net/tcp: half a message", torn_rows, torn) +
             cmocka_run_group_tests_name("net/tcp: short memory", tests, NULL, NULL);
    paper_remove();
    return failed;
}
