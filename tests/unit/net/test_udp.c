#include <errno.h>
#include <string.h>

#include "net/address.h"
#include "net/udp.h"
#include "tests/lib/ipv6.h"
#include "tests/lib/rows.h"

struct fixture {
    struct net_loop *loop;
    struct net_deadline *limit;
    struct net_udp *a, *b;
    struct ip from, unreachable;
    char got[64];
    size_t datagrams, n;
    int err;
    bool close_when_read, gave_up;
};

static void on_limit(void *arg)
{
    ((struct fixture *)arg)->gave_up = true;
}

static void on_datagram(void *arg, const struct ip *from, struct slice bytes)
{
    struct fixture *f = arg;

    f->datagrams++;
    f->from = *from;
    f->n = bytes.n;
    memcpy(f->got, bytes.p, bytes.n < sizeof f->got ? bytes.n : sizeof f->got);
    if (f->close_when_read) {
        net_udp_close(f->b);
        f->b = NULL;
    }
}

static void on_unreachable(void *arg, const struct ip *to, int err)
{
    struct fixture *f = arg;

    f->unreachable = *to;
    f->err = err;
}

static const struct net_udp_events events = {on_datagram, on_unreachable};

static const struct row {
    const char *name, *any_port;
} rows[] = {{"IPv4", "127.0.0.1:0"}, {"IPv6", "[::1]:0"}};

static void set_up(struct fixture *f, const struct row *row)
{
    struct ip local;

    *f = (struct fixture){0};
    assert_int_equal(ip_parse_with_port(slice_of(row->any_port), &local), 0);
    assert_int_equal(net_loop_new(&f->loop), 0);
    assert_int_equal(net_deadline_new(f->loop, on_limit, f, &f->limit), 0);
    assert_int_equal(net_udp_open(f->loop, &local, &events, f, &f->a), 0);
    assert_int_equal(net_udp_open(f->loop, &local, &events, f, &f->b), 0);
    net_deadline_set(f->limit, net_now_ms() + 10000);
}

static void tear_down(struct fixture *f)
{
    net_udp_close(f->a);
    net_udp_close(f->b);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
}

static void wait_for_datagram(struct fixture *f)
{
    size_t before = f->datagrams;

    while (f->datagrams == before && !f->gave_up)
        net_loop_turn(f->loop, true);
    assert_false(f->gave_up);
}

static void carries(void **state)
{
    struct fixture f;
    struct ip to;

    set_up(&f, *state);
    to = net_udp_local(f.b);
    assert_true(to.port != 0);
    assert_int_equal(net_udp_send(f.a, &to, SLICE("hello")), 0);
    wait_for_datagram(&f);
    assert_int_equal(f.n, 5);
    assert_memory_equal(f.got, "hello", 5);
    to = net_udp_local(f.a);
    assert_true(ip_same(&f.from, &to));
    assert_int_equal(net_udp_send(f.b, &f.from, SLICE("")), 0);
    wait_for_datagram(&f);
    assert_int_equal(f.n, 0);
    tear_down(&f);
}

static void large_datagrams(void **state)
{
    static char bytes[70000];
    struct fixture f;
    struct ip to;

    set_up(&f, *state);
    to = net_udp_local(f.b);
    assert_int_equal(net_udp_send(f.a, &to, (struct slice){bytes, 65507}), 0);
    wait_for_datagram(&f);
    assert_int_equal(f.n, 65507);
    assert_int_equal(net_udp_send(f.a, &to, (struct slice){bytes, sizeof bytes}), -EMSGSIZE);
    tear_down(&f);
}

static void closes_in_callback(void **state)
{
    struct fixture f;
    struct ip to;

    set_up(&f, *state);
    to = net_udp_local(f.b);
    f.close_when_read = true;
    assert_int_equal(net_udp_send(f.a, &to, SLICE("one")), 0);
    assert_int_equal(net_udp_send(f.a, &to, SLICE("two")), 0);
    wait_for_datagram(&f);
    net_loop_turn(f.loop, false);
    assert_int_equal(f.datagrams, 1);
    tear_down(&f);
}

#ifdef __linux__
/* A port that was ours a moment ago has nobody behind it. */
static void nobody_there(void **state)
{
    struct fixture f;
    struct ip gone, there;

    set_up(&f, *state);
    there = net_udp_local(f.a);
    gone = net_udp_local(f.b);
    net_udp_close(f.b);
    f.b = NULL;
    net_loop_turn(f.loop, false);
    assert_int_equal(net_udp_send(f.a, &gone, SLICE("hello?")), 0);
    /* The error belongs to that datagram, not to the next one, which arrives. */
    assert_int_equal(net_udp_send(f.a, &there, SLICE("myself")), 0);
    wait_for_datagram(&f);
    while (!f.err && !f.gave_up)
        net_loop_turn(f.loop, true);
    assert_int_equal(f.err, -ECONNREFUSED);
    assert_true(ip_same(&f.unreachable, &gone));
    tear_down(&f);
}
#endif

static void port_taken(void **state)
{
    struct fixture f;
    struct net_udp *third;
    struct ip taken;

    set_up(&f, *state);
    taken = net_udp_local(f.a);
    assert_int_equal(net_udp_open(f.loop, &taken, &events, &f, &third), -EADDRINUSE);
    tear_down(&f);
}

/* An IPv6 wildcard leaves the port free for IPv4. */
static void families_apart(void **state)
{
    struct net_loop *loop;
    struct net_udp *v4, *v6;
    struct ip at = net_any(6, 0);

    (void)state;
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(net_udp_open(loop, &at, &events, NULL, &v6), 0);
    at = net_any(4, net_udp_local(v6).port);
    assert_int_equal(net_udp_open(loop, &at, &events, NULL, &v4), 0);
    net_udp_close(v4);
    net_udp_close(v6);
    net_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest others[] = {cmocka_unit_test(families_apart)};

    ipv6_needed();
    return RUN_ROWS("net/udp datagrams", rows, carries) +
           RUN_ROWS("net/udp large datagrams", rows, large_datagrams) +
           RUN_ROWS("net/udp closed while reading", rows, closes_in_callback) +
#ifdef __linux__
           RUN_ROWS("net/udp nobody there", rows, nobody_there) +
#endif
           RUN_ROWS("net/udp port taken", rows, port_taken) +
           cmocka_run_group_tests_name("net/udp families", others, NULL, NULL);
}
