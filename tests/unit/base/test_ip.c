#include "base/ip.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *in;
    int err;
    const char *bare, *with_port; /* as ip_put and ip_put_with_port print it */
} rows[] = {
    {"IPv4", "192.0.2.1", 0, "192.0.2.1", "192.0.2.1"},
    {"IPv4 with a port", "192.0.2.1:5060", 0, "192.0.2.1", "192.0.2.1:5060"},
    {"IPv6", "2001:db8::9", 0, "2001:db8::9", "[2001:db8::9]"},
    {"IPv6 in brackets", "[2001:DB8:0:0::9]", 0, "2001:db8::9", "[2001:db8::9]"},
    {"IPv6 with a port", "[2001:db8::9]:5061", 0, "2001:db8::9", "[2001:db8::9]:5061"},
    {"three colons before IPv4 (RFC 5118 4.10)", "[2001:db8:::192.0.2.1]", 0, "2001:db8::c000:201",
     "[2001:db8::c000:201]"},
    {"three colons elsewhere", "[2001:db8:::1]", -EBADMSG, NULL, NULL},
    {"four colons", "[2001:db8::::192.0.2.1]", -EBADMSG, NULL, NULL},
    {"IPv6, nothing but zeros", "::", 0, "::", "[::]"},
    {"IPv6 in its longest form", "1111:2222:3333:4444:5555:6666:123.123.123.123", 0,
     "1111:2222:3333:4444:5555:6666:7b7b:7b7b", "[1111:2222:3333:4444:5555:6666:7b7b:7b7b]"},
    {"port 0 is none", "192.0.2.1:0", 0, "192.0.2.1", "192.0.2.1"},
    {"port 65536", "192.0.2.1:65536", -EBADMSG, NULL, NULL},
    {"a colon without a port", "192.0.2.1:", -EBADMSG, NULL, NULL},
    {"something behind the bracket", "[::1]x", -EBADMSG, NULL, NULL},
    {"an open bracket", "[::1", -EBADMSG, NULL, NULL},
    {"only a bracket", "[", -EBADMSG, NULL, NULL},
    {"empty brackets", "[]:5060", -EBADMSG, NULL, NULL},
    {"a host name", "a.example", -EBADMSG, NULL, NULL},
    {"a host name with a port", "a.example:5060", -EBADMSG, NULL, NULL},
    {"three parts", "192.0.2", -EBADMSG, NULL, NULL},
    {"a part above 255", "192.0.2.256", -EBADMSG, NULL, NULL},
    {"blanks", " 192.0.2.1", -EBADMSG, NULL, NULL},
    {"longer than any address", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
     -EBADMSG, NULL, NULL},
    {"a zone that is no number", "fe80::1%eth0", -EBADMSG, NULL, NULL},
    {"a zone behind IPv4", "192.0.2.1%1", -EBADMSG, NULL, NULL},
    {"nothing", "", -EBADMSG, NULL, NULL},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf b = buf_new(100);
    char text[IP_TEXT_MAX];
    struct ip ip, again;

    assert_int_equal(ip_parse_with_port(in, &ip), row->err);
    if (!row->err) {
        ip_put(&b, &ip);
        assert_slice(buf_slice(&b), row->bare);
        buf_clear(&b);
        ip_put_with_port(&b, &ip);
        assert_slice(buf_slice(&b), row->with_port);
        assert_string_equal(ip_text(&ip, text), row->with_port);
        assert_int_equal(ip_parse_with_port(buf_slice(&b), &again), 0);
        assert_true(ip_same(&ip, &again));
    }
    buf_free(&b);
    exact_free(in);
}

static struct ip ip_of(const char *text)
{
    struct ip ip;

    assert_int_equal(ip_parse_with_port(slice_of(text), &ip), 0);
    return ip;
}

static void zones_are_numbers(void **state)
{
    struct ip one = ip_of("fe80::1%1"), two = ip_of("[fe80::1%2]:5060");
    char text[IP_TEXT_MAX];

    (void)state;
    assert_int_equal(one.scope, 1);
    assert_int_equal(two.scope, 2);
    assert_int_equal(two.port, 5060);
    assert_false(ip_same_host(&one, &two));
    assert_string_equal(ip_text(&two, text), "[fe80::1%2]:5060");
    assert_int_equal(ip_parse(SLICE("fe80::1%4294967296"), &one), -EBADMSG);
}

static void bytes_are_in_network_order_and_nuls_are_refused(void **state)
{
    struct ip ip = ip_of("1.2.3.4");

    (void)state;
    assert_memory_equal(ip.bytes, "\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(ip_parse(SLICE("1.2.3.4\0"), &ip), -EBADMSG);
}

static const struct kind_row {
    const char *name, *in;
    bool any, multicast, loopback;
} kind_rows[] = {
    {"kind: 0.0.0.0", "0.0.0.0", true, false, false},
    {"kind: ::", "::", true, false, false},
    {"kind: first multicast address", "224.0.0.0", false, true, false},
    {"kind: last multicast address", "239.255.255.255", false, true, false},
    {"kind: behind multicast", "240.0.0.0", false, false, false},
    {"kind: IPv6 multicast", "ff02::1", false, true, false},
    {"kind: 127/8 is all loopback", "127.9.9.9", false, false, true},
    {"kind: ::1", "::1", false, false, true},
    {"kind: ::2", "::2", false, false, false},
};

static void check_kind(void **state)
{
    const struct kind_row *row = *state;
    struct ip ip = ip_of(row->in);

    assert_int_equal(ip_is_any(&ip), row->any);
    assert_int_equal(ip_is_multicast(&ip), row->multicast);
    assert_int_equal(ip_is_loopback(&ip), row->loopback);
}

/* Both ends of each range, and what stands beside it. */
static const struct private_row {
    const char *name, *in;
    bool is_private;
} private_rows[] = {
    {"private: 10.0.0.0", "10.0.0.0", true},
    {"private: 10.255.255.255", "10.255.255.255", true},
    {"private: 11.0.0.0", "11.0.0.0", false},
    {"private: 172.15.255.255", "172.15.255.255", false},
    {"private: 172.16.0.0", "172.16.0.0", true},
    {"private: 172.31.255.255", "172.31.255.255", true},
    {"private: 172.32.0.0", "172.32.0.0", false},
    {"private: 192.168.1.1", "192.168.1.1", true},
    {"private: 192.169.0.0", "192.169.0.0", false},
    {"private: 100.63.255.255", "100.63.255.255", false},
    {"private: 100.64.0.0, of a provider", "100.64.0.0", true},
    {"private: 100.127.255.255", "100.127.255.255", true},
    {"private: 100.128.0.0", "100.128.0.0", false},
    {"private: 169.254.1.1, link-local", "169.254.1.1", true},
    {"private: 127.0.0.1", "127.0.0.1", true},
    {"private: 192.0.2.1", "192.0.2.1", false},
    {"private: ::1", "::1", true},
    {"private: fe80::1", "fe80::1", true},
    {"private: fec0::1", "fec0::1", false},
    {"private: fd00::1", "fd00::1", true},
    {"private: fe00::1", "fe00::1", false},
    {"private: 2001:db8::1", "2001:db8::1", false},
};

static void check_private(void **state)
{
    const struct private_row *row = *state;
    struct ip ip = ip_of(row->in);

    assert_int_equal(ip_is_private(&ip), row->is_private);
}

static const struct source_row {
    const char *name, *a, *b;
    bool same;
} source_rows[] = {
    {"source: the same IPv4 address", "192.0.2.1", "192.0.2.1", true},
    {"source: its neighbour", "192.0.2.1", "192.0.2.2", false},
    {"source: two addresses of 64 bits", "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
    {"source: another network", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
    {"source: other families", "0.0.0.0", "::", false},
    {"source: neighbours on a link", "fe80::1%1", "fe80::2%1", false},
    {"source: the end of the link-local ones", "fec0::1", "fec0::2", true},
    {"source: link-local of two links", "fe80::1%1", "fe80::1%2", false},
};

static void check_source(void **state)
{
    const struct source_row *row = *state;
    struct ip a = ip_of(row->a), b = ip_of(row->b);

    a.port = 1; /* which says nothing of who it is */
    a = ip_source(&a);
    b = ip_source(&b);
    assert_int_equal(ip_same(&a, &b), row->same);
}

static void no_address_is_of_no_kind(void **state)
{
    struct ip none = {0};
    char text[IP_TEXT_MAX];

    (void)state;
    assert_false(ip_is_any(&none) || ip_is_multicast(&none) || ip_is_loopback(&none));
    assert_string_equal(ip_text(&none, text), "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_numbers),
        cmocka_unit_test(bytes_are_in_network_order_and_nuls_are_refused),
        cmocka_unit_test(no_address_is_of_no_kind),
    };

    return RUN_ROWS("base/ip rows", rows, check_row) +
           RUN_ROWS("base/ip kinds", kind_rows, check_kind) +
           RUN_ROWS("base/ip: private", private_rows, check_private) +
           RUN_ROWS("base/ip: source", source_rows, check_source) +
           cmocka_run_group_tests_name("base/ip", tests, NULL, NULL);
}
