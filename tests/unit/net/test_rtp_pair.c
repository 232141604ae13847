#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "net/rtp_pair.h"
#include "tests/lib/ipv6.h"
#include "tests/lib/rows.h"

static struct ip address(const char *text)
{
    struct ip ip;

    assert_int_equal(ip_parse_with_port(slice_of(text), &ip), 0);
    return ip;
}

static void wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&p, 1, 5000), 1);
}

static const struct row {
    const char *name, *local;
    uint16_t first, last;
    int err;
} rows[] = {
    {"the usual range, IPv4", "127.0.0.1", NET_RTP_FIRST_PORT, NET_RTP_LAST_PORT, 0},
    {"the usual range, IPv6", "::1", NET_RTP_FIRST_PORT, NET_RTP_LAST_PORT, 0},
    {"an odd first port is rounded up", "127.0.0.1", 21001, 21999, 0},
    {"one port is no pair", "127.0.0.1", 22000, 22000, -EINVAL},
    {"an odd port and an even one are no pair", "127.0.0.1", 22001, 22002, -EINVAL},
    {"a range upside down", "127.0.0.1", 22002, 22000, -EINVAL},
    {"not our address", "192.0.2.77", 23000, 23999, -EADDRNOTAVAIL},
};

static void opens(void **state)
{
    const struct row *row = *state;
    struct ip local = address(row->local);
    struct rng rng = rng_system();
    struct net_rtp_pair pair;

    assert_int_equal(net_rtp_pair_open(&local, row->first, row->last, &rng, &pair), row->err);
    if (row->err) {
        assert_int_equal(pair.rtp_fd, -1);
        assert_int_equal(pair.rtcp_fd, -1);
        return;
    }
    assert_int_equal(pair.local.port % 2, 0);
    assert_in_range(pair.local.port, row->first, row->last - 1);
    net_rtp_pair_close(&pair);
    net_rtp_pair_close(&pair); /* harmless */
}

static void how_many_are_left(void **state)
{
    struct net_rtp_pair pair = {.rtp_fd = 30, .rtcp_fd = 31};
    struct rlimit before, few;

    (void)state;
    assert_int_equal(net_rtp_pairs_left(&pair, 3, 40000, 40009), 2);
    assert_int_equal(net_rtp_pairs_left(&pair, 5, 40000, 40009), 0);
    assert_int_equal(net_rtp_pairs_left(&pair, 6, 40000, 40009), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_int_equal(net_rtp_pairs_left(&pair, 1, 40000, 49999), (64 - 31 - 16) / 2);
    pair.rtcp_fd = 63;
    assert_int_equal(net_rtp_pairs_left(&pair, 1, 40000, 49999), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Finds a place for n pairs, then fills it; other tests use ports at the same time. */
static void range_is_used_up(void **state)
{
    struct ip local = address("127.0.0.1");
    struct rng rng = rng_system();
    struct net_rtp_pair pairs[3], one_more;
    uint16_t first = 0;
    size_t n = 0;

    (void)state;
    for (int tries = 0; tries < 200 && n < 3; tries++) {
        first = (uint16_t)(40000 + 2 * rng_below(&rng, 8000));
        for (n = 0; n < 3; n++)
            if (net_rtp_pair_open(&local, first, first + 5, &rng, &pairs[n]))
                break;
        for (size_t i = 0; n < 3 && i < n; i++)
            net_rtp_pair_close(&pairs[i]);
    }
    assert_int_equal(n, 3);
    assert_int_equal(net_rtp_pair_open(&local, first, first + 5, &rng, &one_more), -EADDRINUSE);
    net_rtp_pair_close(&pairs[1]);
    assert_int_equal(net_rtp_pair_open(&local, first, first + 5, &rng, &one_more), 0);
    assert_int_equal(one_more.local.port, pairs[1].local.port);
    net_rtp_pair_close(&one_more);
    net_rtp_pair_close(&pairs[0]);
    net_rtp_pair_close(&pairs[2]);
}

/* The search begins anywhere: 20 pairs of 8192 places all in the first 32 would be no accident. */
static void starts_at_random(void **state)
{
    struct ip local = address("127.0.0.1");
    struct rng rng = rng_system();
    unsigned low = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct net_rtp_pair pair;

        assert_int_equal(net_rtp_pair_open(&local, 16384, 32767, &rng, &pair), 0);
        low += pair.local.port < 16384 + 64;
        net_rtp_pair_close(&pair);
    }
    assert_true(low < 20);
}

static int buffer_of(int fd)
{
    int bytes = 0;
    socklen_t n = sizeof bytes;

    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &n), 0);
    return bytes;
}

/* Twice what was asked for, as Linux counts its own overhead, or the most that the system allows.
 */
static void has_room_for_floods(void **state)
{
    struct ip local = address("127.0.0.1");
    struct rng rng = rng_system();
    struct net_rtp_pair pair;
    FILE *file = fopen("/proc/sys/net/core/rmem_max", "r");
    int most = 0;

    (void)state;
    if (!file)
        skip();
    assert_int_equal(fscanf(file, "%d", &most), 1);
    fclose(file);
    most = most < NET_RTP_BUFFER ? most : NET_RTP_BUFFER;
    assert_int_equal(net_rtp_pair_open(&local, 16384, 32767, &rng, &pair), 0);
    assert_true(buffer_of(pair.rtp_fd) >= 2 * most);
    assert_true(buffer_of(pair.rtcp_fd) >= 2 * most);
    net_rtp_pair_close(&pair);
}

static const struct link {
    const char *name, *local;
} links[] = {{"packets over IPv4", "127.0.0.1"}, {"packets over IPv6", "::1"}};

static void carries(void **state)
{
    const struct link *link = *state;
    struct ip local = address(link->local), from;
    struct rng rng = rng_system();
    struct net_rtp_pair a, b;
    struct net_sockaddr to_b;
    char got[8];

    assert_int_equal(net_rtp_pair_open(&local, 16384, 32767, &rng, &a), 0);
    assert_int_equal(net_rtp_pair_open(&local, 16384, 32767, &rng, &b), 0);
    assert_int_equal(net_rtp_recv(b.rtp_fd, got, sizeof got, &from), -EAGAIN);

    to_b = net_sockaddr_of(&b.local);
    assert_int_equal(net_rtp_send(a.rtp_fd, &to_b, SLICE("a packet")), 0);
    assert_int_equal(net_rtp_send(a.rtp_fd, &to_b, SLICE("too long")), 0);
    wait_readable(b.rtp_fd);
    assert_int_equal(net_rtp_recv(b.rtp_fd, got, sizeof got, &from), 8);
    assert_memory_equal(got, "a packet", 8);
    assert_true(ip_same(&from, &a.local));
    wait_readable(b.rtp_fd);
    assert_int_equal(net_rtp_recv(b.rtp_fd, got, 7, &from), -EMSGSIZE);
    assert_int_equal(net_rtp_recv(b.rtp_fd, got, sizeof got, &from), -EAGAIN);

    b.local.port++;
    to_b = net_sockaddr_of(&b.local);
    assert_int_equal(net_rtp_send(a.rtcp_fd, &to_b, SLICE("rtcp")), 0);
    wait_readable(b.rtcp_fd);
    assert_int_equal(net_rtp_recv(b.rtcp_fd, got, sizeof got, &from), 4);
    assert_int_equal(from.port, a.local.port + 1);
    net_rtp_pair_close(&a);
    net_rtp_pair_close(&b);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(how_many_are_left),
        cmocka_unit_test(range_is_used_up),
        cmocka_unit_test(starts_at_random),
        cmocka_unit_test(has_room_for_floods),
    };

    ipv6_needed();
    return RUN_ROWS("net/rtp_pair open", rows, opens) +
           RUN_ROWS("net/rtp_pair packets", links, carries) +
           cmocka_run_group_tests_name("net/rtp_pair range", others, NULL, NULL);
}
