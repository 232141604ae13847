#include <string.h>

#include "net/address.h"
#include "tests/lib/ipv6.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *in, *host;
    int family;
} rows[] = {
    {"IPv4 with port", "192.0.2.1:5060", "192.0.2.1:5060", AF_INET},
    {"IPv6 with port", "[2001:db8::9]:5061", "[2001:db8::9]:5061", AF_INET6},
    {"a link-local address keeps its scope", "[fe80::1%7]:9", "[fe80::1%7]:9", AF_INET6},
    {"IPv4 mapped into IPv6 is IPv4", "[::ffff:192.0.2.1]:7", "192.0.2.1:7", AF_INET6},
};

static void there_and_back(void **state)
{
    const struct row *row = *state;
    char text[IP_TEXT_MAX];
    struct net_sockaddr at;
    struct ip ip, back;

    assert_int_equal(ip_parse_with_port(slice_of(row->in), &ip), 0);
    at = net_sockaddr_of(&ip);
    /* ip_parse may fold the mapped form itself; then there is nothing left to map back. */
    assert_true(at.u.any.sa_family == row->family || ip.family == 4);
    back = net_ip_of(&at.u.any);
    assert_string_equal(ip_text(&back, text), row->host);
}

static const struct way {
    const char *name, *remote, *local;
} ways[] = {
    {"loopback answers from itself", "127.0.0.1", "127.0.0.1"},
    {"IPv6 loopback too", "::1", "::1"},
    {"with a port", "127.0.0.1:5060", "127.0.0.1"},
};

static void local_towards(void **state)
{
    const struct way *way = *state;
    char text[IP_TEXT_MAX];
    struct ip remote, local;

    assert_int_equal(ip_parse_with_port(slice_of(way->remote), &remote), 0);
    assert_int_equal(net_local_towards(&remote, &local), 0);
    assert_int_equal(local.port, 0);
    local.family == 6 ? assert_string_equal(way->local, "::1")
                      : assert_string_equal(ip_text(&local, text), way->local);
}

static void no_way(void **state)
{
    const struct ip nowhere = {0};
    struct ip local;

    (void)state;
    assert_true(net_local_towards(&nowhere, &local) < 0);
}

int main(void)
{
    const struct CMUnitTest others[] = {cmocka_unit_test(no_way)};

    ipv6_needed();
    return RUN_ROWS("net/address", rows, there_and_back) +
           RUN_ROWS("net/address local", ways, local_towards) +
           cmocka_run_group_tests_name("net/address other", others, NULL, NULL);
}
