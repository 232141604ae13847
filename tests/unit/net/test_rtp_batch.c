#include "tests/lib/rows.h"

#include <poll.h>
#include <string.h>

#include "net/loop.h"
#include "net/rtp_batch.h"
#include "net/rtp_pair.h"

struct pair_of_pairs {
    struct net_rtp_pair from, to;
    struct net_sockaddr address;
    struct net_rtp_batch *batch;
};

static struct pair_of_pairs setup(void)
{
    struct pair_of_pairs p;
    struct rng rng = rng_system();
    struct ip local;

    assert_int_equal(ip_parse(SLICE("127.0.0.1"), &local), 0);
    assert_int_equal(net_rtp_pair_open(&local, 16384, 32767, &rng, &p.from), 0);
    assert_int_equal(net_rtp_pair_open(&local, 16384, 32767, &rng, &p.to), 0);
    p.address = net_sockaddr_of(&p.to.local);
    p.batch = net_rtp_batch_new();
    assert_non_null(p.batch);
    net_rtp_batch_prepare(p.to.rtp_fd);
    return p;
}

static void teardown(struct pair_of_pairs *p)
{
    net_rtp_batch_free(p->batch);
    net_rtp_pair_close(&p->from);
    net_rtp_pair_close(&p->to);
}

static void send_bytes(struct pair_of_pairs *p, const char *bytes, size_t n)
{
    assert_int_equal(net_rtp_send(p->from.rtp_fd, &p->address, (struct slice){bytes, n}), 0);
}

static void test_nothing_is_there(void **state)
{
    struct pair_of_pairs p = setup();
    const struct net_rtp_datagram *d;

    (void)state;
    assert_int_equal(net_rtp_batch_recv(p.batch, p.to.rtp_fd, &d), 0);
    teardown(&p);
}

static void test_in_order_with_source(void **state)
{
    struct pair_of_pairs p = setup();
    const struct net_rtp_datagram *d;

    (void)state;
    send_bytes(&p, "one", 3);
    send_bytes(&p, "", 0);
    send_bytes(&p, "three", 5);
    assert_int_equal(net_rtp_batch_recv(p.batch, p.to.rtp_fd, &d), 3);
    assert_slice(d[0].bytes, "one");
    assert_slice(d[1].bytes, "");
    assert_slice(d[2].bytes, "three");
    assert_true(ip_same(&d[0].from, &p.from.local));
    teardown(&p);
}

/* Whether a packet that was looked at 50 ms late has the time at which it came: 20 ms for a busy
 * machine, which may come between the readings of two clocks. */
static bool has_time_of_arrival(struct pair_of_pairs *p)
{
    const struct net_rtp_datagram *d;
    uint64_t before = net_now_us(), after;

    send_bytes(p, "x", 1);
    after = net_now_us();
    (void)poll(NULL, 0, 50);
    assert_int_equal(net_rtp_batch_recv(p->batch, p->to.rtp_fd, &d), 1);
    assert_true(net_now_us() - after >= 49000);
    return d->arrived_us + 20000 >= before && d->arrived_us <= after + 20000;
}

/* Linux begins to stamp packets a moment after the first socket has asked for it, by a worker of
 * its own; until then they have the time at which they were looked at. */
static void test_time_of_arrival(void **state)
{
    struct pair_of_pairs p = setup();
    bool stamped = false;

    (void)state;
    for (int i = 0; i < 100 && !stamped; i++)
        stamped = has_time_of_arrival(&p);
    assert_true(stamped);
    teardown(&p);
}

/* Their place stays, so that a batch is full where more may wait. */
static void test_too_long_ones_are_empty(void **state)
{
    static const char longest[NET_RTP_MAX_BYTES + 1];
    struct pair_of_pairs p = setup();
    const struct net_rtp_datagram *d;

    (void)state;
    send_bytes(&p, longest, NET_RTP_MAX_BYTES + 1);
    send_bytes(&p, longest, NET_RTP_MAX_BYTES);
    assert_int_equal(net_rtp_batch_recv(p.batch, p.to.rtp_fd, &d), 2);
    assert_int_equal(d[0].bytes.n, 0);
    assert_true(ip_same(&d[0].from, &p.from.local));
    assert_int_equal(d[1].bytes.n, NET_RTP_MAX_BYTES);
    teardown(&p);
}

static void test_a_full_batch_leaves_the_rest(void **state)
{
    struct pair_of_pairs p = setup();
    const struct net_rtp_datagram *d;

    (void)state;
    for (int i = 0; i < NET_RTP_BATCH + 3; i++)
        send_bytes(&p, "x", 1);
    assert_int_equal(net_rtp_batch_recv(p.batch, p.to.rtp_fd, &d), NET_RTP_BATCH);
    assert_int_equal(net_rtp_batch_recv(p.batch, p.to.rtp_fd, &d), 3);
    teardown(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_there),
        cmocka_unit_test(test_in_order_with_source),
        cmocka_unit_test(test_time_of_arrival),
        cmocka_unit_test(test_too_long_ones_are_empty),
        cmocka_unit_test(test_a_full_batch_leaves_the_rest),
    };

    return cmocka_run_group_tests_name("net/rtp_batch", tests, NULL, NULL);
}
