#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/tcp.h"
#include "tests/lib/ipv6.h"
#include "tests/lib/paper.h"
#include "tests/lib/rows.h"

struct side {
    struct fixture *f;
    struct net_tcp *tcp;
    struct buf got;
    bool connected, closed, echo, close_when_read;
    int err;
};

struct fixture {
    struct net_loop *loop;
    struct net_deadline *limit;
    struct net_tcp_listener *listener;
    struct side client, server;
    unsigned accepted;
    bool one_too_many;
    bool gave_up, do_not_accept;
    struct net_tls_context *context; /* NULL: no TLS */
};

static void on_limit(void *arg)
{
    ((struct fixture *)arg)->gave_up = true;
}

static void on_connected(void *arg)
{
    ((struct side *)arg)->connected = true;
}

static void on_bytes(void *arg, struct slice bytes)
{
    struct side *side = arg;

    buf_put(&side->got, bytes);
    if (side->echo)
        assert_int_equal(net_tcp_send(side->tcp, bytes), 0);
    if (side->close_when_read) {
        net_tcp_close(side->tcp);
        side->tcp = NULL;
        side->closed = true;
    }
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

    f->accepted++;
    f->one_too_many = net_tcp_is_one_too_many(tcp);
    if (f->do_not_accept || f->server.tcp) {
        net_tcp_close(tcp);
        return;
    }
    f->server.tcp = tcp;
    if (f->context) {
        struct net_tls *tls;

        assert_int_equal(net_tls_server_new(f->context, &tls), 0);
        net_tcp_secure(tcp, tls);
    }
    assert_int_equal(net_tcp_own(tcp, &events, &f->server), 0);
}

static const struct net_tcp_listen_events listen_events = {on_accepted};

static const struct row {
    const char *name, *any_port;
} rows[] = {{"IPv4", "127.0.0.1:0"}, {"IPv6", "[::1]:0"}};

static void set_up(struct fixture *f, const struct row *row)
{
    struct ip at;

    *f = (struct fixture){.client.got = buf_new(1 << 22), .server.got = buf_new(1 << 22)};
    assert_int_equal(ip_parse_with_port(slice_of(row->any_port), &at), 0);
    assert_int_equal(net_loop_new(&f->loop), 0);
    assert_int_equal(net_deadline_new(f->loop, on_limit, f, &f->limit), 0);
    assert_int_equal(net_tcp_listen(f->loop, &at, &listen_events, f, &f->listener), 0);
    net_deadline_set(f->limit, net_now_ms() + 10000);
}

static void tear_down(struct fixture *f)
{
    net_tcp_close(f->client.tcp);
    net_tcp_close(f->server.tcp);
    net_tcp_listener_close(f->listener);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
    net_tls_context_free(f->context);
    buf_free(&f->client.got);
    buf_free(&f->server.got);
}

static void dial(struct fixture *f)
{
    struct ip to = net_tcp_listener_local(f->listener);

    assert_int_equal(net_tcp_connect(f->loop, &to, NULL, &events, &f->client, &f->client.tcp), 0);
}

#define WAIT_UNTIL(f, condition)                                                                   \
    do {                                                                                           \
        while (!(condition) && !(f)->gave_up)                                                      \
            net_loop_turn((f)->loop, true);                                                        \
        assert_false((f)->gave_up);                                                                \
    } while (0)

static void carries(void **state)
{
    struct fixture f;
    struct ip here, there;

    set_up(&f, *state);
    f.server.echo = true;
    dial(&f);
    assert_false(net_tcp_is_connected(f.client.tcp));
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("before it stands, ")), 0);
    WAIT_UNTIL(&f, f.client.connected);
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("and after")), 0);
    WAIT_UNTIL(&f, f.client.got.n == 27);
    assert_slice(buf_slice(&f.client.got), "before it stands, and after");
    here = net_tcp_local(f.client.tcp);
    there = net_tcp_remote(f.server.tcp);
    assert_true(ip_same(&here, &there));
    tear_down(&f);
}

/* --- by TLS ----------------------------------------------------------------------------------- */

static void open_context(struct fixture *f)
{
    static const struct paper paper = {.name = "here", .alternatives = "DNS:here.test"};
    struct net_tls_settings settings;
    struct buf why = buf_new(100);

    paper_make(&paper);
    settings = (struct net_tls_settings){.ca = paper_path("here", "pem"),
                                         .certificate = paper_path("here", "pem"),
                                         .key = paper_path("here", "key")};
    assert_int_equal(net_tls_context_new(&settings, &why, &f->context), 0);
    paper_remove();
}

static void dial_safely(struct fixture *f, const char *name)
{
    struct net_tls *tls;

    dial(f);
    assert_int_equal(net_tls_client_new(f->context, slice_of(name), &tls), 0);
    net_tcp_secure(f->client.tcp, tls);
}

static void carries_safely(void **state)
{
    static char block[100000];
    struct fixture f;

    set_up(&f, *state);
    open_context(&f);
    f.server.echo = true;
    dial_safely(&f, "here.test");
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("before it stands, ")), 0);
    WAIT_UNTIL(&f, f.client.connected && f.server.connected);
    assert_true(net_tcp_is_connected(f.server.tcp));
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("and after")), 0);
    WAIT_UNTIL(&f, f.client.got.n == 27);
    assert_slice(buf_slice(&f.client.got), "before it stands, and after");
    memset(block, 'x', sizeof block);
    assert_int_equal(net_tcp_send(f.client.tcp, (struct slice){block, sizeof block}), 0);
    WAIT_UNTIL(&f, f.client.got.n == 27 + sizeof block);
    assert_string_equal(net_tls_facts(net_tcp_tls(f.client.tcp))->name, "here.test");
    net_tcp_finish(f.client.tcp);
    WAIT_UNTIL(&f, f.server.closed);
    assert_int_equal(f.server.err, 0);
    tear_down(&f);
}

static void not_whom_it_says(void **state)
{
    struct fixture f;

    set_up(&f, *state);
    open_context(&f);
    dial_safely(&f, "elsewhere.test");
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("secret")), 0);
    WAIT_UNTIL(&f, f.client.closed && f.server.closed);
    assert_int_equal(f.client.err, NET_TLS_FAILED);
    assert_int_equal(f.server.err, NET_TLS_FAILED);
    assert_false(f.client.connected);
    assert_int_equal(f.server.got.n, 0);
    tear_down(&f);
}

static void speaks_no_tls(void **state)
{
    struct fixture f;

    set_up(&f, *state);
    open_context(&f);
    dial(&f);
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("OPTIONS sip:a@b SIP/2.0\r\n\r\n")), 0);
    WAIT_UNTIL(&f, f.server.closed);
    assert_int_equal(f.server.err, NET_TLS_FAILED);
    assert_int_equal(f.server.got.n, 0);
    tear_down(&f);
}

static void safe_and_closed_in_callback(void **state)
{
    struct fixture f;

    set_up(&f, *state);
    open_context(&f);
    f.server.close_when_read = true;
    dial_safely(&f, "here.test");
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("bye")), 0);
    WAIT_UNTIL(&f, f.client.closed);
    assert_int_equal(f.client.err, 0); /* close_notify has come */
    tear_down(&f);
}

/* More than a socket's buffers hold, in both directions at once, in order. */
static void much(void **state)
{
    static char block[10000];
    struct fixture f;
    size_t sent = 0, total = 3000000;

    set_up(&f, *state);
    f.server.echo = true;
    dial(&f);
    WAIT_UNTIL(&f, f.client.connected);
    while (f.client.got.n < total && !f.gave_up) {
        while (sent < total && sent - f.client.got.n < 200000) {
            memset(block, (int)('a' + sent / sizeof block % 26), sizeof block);
            assert_int_equal(net_tcp_send(f.client.tcp, (struct slice){block, sizeof block}), 0);
            sent += sizeof block;
        }
        net_loop_turn(f.loop, true);
    }
    assert_int_equal(f.client.got.n, total);
    for (size_t i = 0; i < total; i += 997)
        assert_int_equal(f.client.got.p[i], 'a' + i / sizeof block % 26);
    tear_down(&f);
}

static void refused(void **state)
{
    struct fixture f;
    struct ip to;

    set_up(&f, *state);
    to = net_tcp_listener_local(f.listener);
    net_tcp_listener_close(f.listener);
    f.listener = NULL;
    net_loop_turn(f.loop, false);
    assert_int_equal(net_tcp_connect(f.loop, &to, NULL, &events, &f.client, &f.client.tcp), 0);
    WAIT_UNTIL(&f, f.client.closed);
    assert_int_equal(f.client.err, -ECONNREFUSED);
    assert_false(f.client.connected);
    tear_down(&f);
}

static void closed_in_order(void **state)
{
    struct fixture f;

    set_up(&f, *state);
    dial(&f);
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("my last words")), 0);
    net_tcp_finish(f.client.tcp);
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("and more")), -EPIPE);
    WAIT_UNTIL(&f, f.server.closed);
    assert_int_equal(f.server.err, 0);
    assert_slice(buf_slice(&f.server.got), "my last words");
    WAIT_UNTIL(&f, f.client.closed);
    tear_down(&f);
}

static void peer_that_does_not_read(void **state)
{
    static char block[100000];
    struct fixture f;
    int err = 0;

    set_up(&f, *state);
    f.do_not_accept = true;
    dial(&f);
    for (int i = 0; i < 4 && !err; i++) /* it does not stand yet, so all has to wait */
        err = net_tcp_send(f.client.tcp, (struct slice){block, sizeof block});
    assert_int_equal(err, -ENOBUFS);
    WAIT_UNTIL(&f, f.client.closed);
    tear_down(&f);
}

static void closes_in_callback(void **state)
{
    struct fixture f;

    set_up(&f, *state);
    f.server.close_when_read = true;
    dial(&f);
    assert_int_equal(net_tcp_send(f.client.tcp, SLICE("go away")), 0);
    WAIT_UNTIL(&f, f.server.closed && f.client.closed);
    tear_down(&f);
}

static void port_taken(void **state)
{
    struct fixture f;
    struct net_tcp_listener *second;
    struct ip taken;

    set_up(&f, *state);
    taken = net_tcp_listener_local(f.listener);
    assert_int_equal(net_tcp_listen(f.loop, &taken, &listen_events, &f, &second), -EADDRINUSE);
    tear_down(&f);
}

/* Leaves n descriptors free; returns the limit there was. */
static struct rlimit leave_descriptors(rlim_t n)
{
    struct rlimit before, low;
    int next = dup(0);

    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = (rlim_t)next + n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    return before;
}

static void no_descriptor_left(void **state)
{
    struct fixture f;
    struct rlimit before;

    set_up(&f, *state);
    dial(&f);
    before = leave_descriptors(0);
    WAIT_UNTIL(&f, f.client.closed); /* rather than waiting in the queue for ever */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(f.accepted, 0);
    /* And with descriptors again, it accepts again. */
    f.client.connected = f.client.closed = false;
    dial(&f);
    WAIT_UNTIL(&f, f.accepted == 1);
    assert_false(f.one_too_many);
    tear_down(&f);
}

/* What the wrapped accept4 does. */
static struct {
    unsigned fail; /* so many times, */
    unsigned calls;
} kernel;

int __real_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags);
int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags);

int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
    kernel.calls++;
    if (kernel.fail == 0)
        return __real_accept4(fd, from, n, flags);
    kernel.fail--;
    errno = ENOMEM;
    return -1;
}

/* Who waits is let in once there is memory; until then nothing spins. */
static void no_memory_in_the_system(void **state)
{
    struct fixture f;

    set_up(&f, *state);
    kernel.calls = 0;
    kernel.fail = 2;
    dial(&f);
    WAIT_UNTIL(&f, kernel.calls > 0);
    for (unsigned i = 0; i < 50; i++)
        net_loop_turn(f.loop, false);
    assert_int_equal(kernel.calls, 1);
    kernel.fail = 0;
    WAIT_UNTIL(&f, f.accepted == 1);
    tear_down(&f);
}

static void few_descriptors_left(void **state)
{
    struct fixture f;
    struct rlimit before;

    set_up(&f, *state);
    dial(&f);
    before = leave_descriptors(NET_TCP_SPARED);
    WAIT_UNTIL(&f, f.accepted == 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(f.one_too_many);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest memory[] = {{"no memory in the system", no_memory_in_the_system, NULL,
                                         NULL, (void *)&rows[0]}};

    ipv6_needed();
    return cmocka_run_group_tests_name("net/tcp memory", memory, NULL, NULL) +
           RUN_ROWS("net/tcp bytes in order", rows, carries) +
           RUN_ROWS("net/tcp by TLS", rows, carries_safely) +
           RUN_ROWS("net/tcp by TLS with a stranger", rows, not_whom_it_says) +
           RUN_ROWS("net/tcp without TLS where it is wanted", rows, speaks_no_tls) +
           RUN_ROWS("net/tcp by TLS closed in callback", rows, safe_and_closed_in_callback) +
           RUN_ROWS("net/tcp megabytes", rows, much) + RUN_ROWS("net/tcp refused", rows, refused) +
           RUN_ROWS("net/tcp closed in order", rows, closed_in_order) +
           RUN_ROWS("net/tcp peer that does not read", rows, peer_that_does_not_read) +
           RUN_ROWS("net/tcp closed in callback", rows, closes_in_callback) +
           RUN_ROWS("net/tcp port taken", rows, port_taken) +
           RUN_ROWS("net/tcp few descriptors left", rows, few_descriptors_left) +
           RUN_ROWS("net/tcp no descriptor left", rows, no_descriptor_left);
}
