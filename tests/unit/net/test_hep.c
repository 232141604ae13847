/* HEP version 3, byte for byte as its specification has it. */
#include "net/hep.h"

#include <stdlib.h>

#include "tests/lib/hex.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *from, *to;
    bool stream;
    uint64_t unix_us;
    uint32_t agent;
    const char *password, *message, *bytes;
} rows[] = {
    {"UDP over IPv4", "212.202.0.1:12010", "82.116.0.211:5060", false, 1313440077002345, 2001, "",
     "INVITE ",
     "48455033 006a"                       /* "HEP3", 106 bytes in all */
     "0000 0001 0007 02 0000 0002 0007 11" /* IPv4, UDP */
     "0000 0003 000a d4ca0001 0000 0004 000a 527400d3"
     "0000 0007 0008 2eea 0000 0008 0008 13c4"
     "0000 0009 000a 4e49814d 0000 000a 000a 00000929" /* seconds and microseconds */
     "0000 000b 0007 01 0000 000c 000a 000007d1"       /* SIP, seen by number 2001 */
     "0000 000f 000d 494e5649544520"},
    {"TCP over IPv6, with a password", "[2001:db8::1]:5060", "[2001:db8::2]:5061", true, 5, 1, "pw",
     "x",
     "48455033 0084"
     "0000 0001 0007 0a 0000 0002 0007 06"
     "0000 0005 0016 20010db8000000000000000000000001"
     "0000 0006 0016 20010db8000000000000000000000002"
     "0000 0007 0008 13c4 0000 0008 0008 13c5"
     "0000 0009 000a 00000000 0000 000a 000a 00000005"
     "0000 000b 0007 01 0000 000c 000a 00000001"
     "0000 000e 0008 7077 0000 000f 0007 78"},
    {"where our own address is not known", "", "[::1]:5060", false, 0, 0xffffffff, "", "",
     "48455033 007b"
     "0000 0001 0007 0a 0000 0002 0007 11"
     "0000 0005 0016 00000000000000000000000000000000"
     "0000 0006 0016 00000000000000000000000000000001"
     "0000 0007 0008 0000 0000 0008 0008 13c4"
     "0000 0009 000a 00000000 0000 000a 000a 00000000"
     "0000 000b 0007 01 0000 000c 000a ffffffff"
     "0000 000f 0006"},
};

static struct net_hep packet_of(const struct row *row)
{
    struct net_hep hep = {.stream = row->stream,
                          .unix_us = row->unix_us,
                          .agent = row->agent,
                          .password = slice_of(row->password),
                          .message = slice_of(row->message)};

    if (*row->from)
        assert_int_equal(ip_parse_with_port(slice_of(row->from), &hep.from), 0);
    assert_int_equal(ip_parse_with_port(slice_of(row->to), &hep.to), 0);
    return hep;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct net_hep hep = packet_of(row);
    struct slice wanted = hex_bytes(row->bytes);
    struct buf out = buf_new(NET_HEP_MAX_BYTES);

    net_hep_put(&out, &hep);
    assert_true(buf_ok(&out));
    assert_int_equal(out.n, wanted.n);
    assert_memory_equal(out.p, wanted.p, wanted.n);
    buf_free(&out);
    free((void *)wanted.p);
}

/* It fills a datagram, and its length says so. */
static void too_long(void **state)
{
    static char long_message[70000];
    struct net_hep hep = packet_of(&rows[0]);
    struct buf out = buf_new(NET_HEP_MAX_BYTES);

    (void)state;
    memset(long_message, 'y', sizeof long_message);
    hep.message = (struct slice){long_message, sizeof long_message};
    net_hep_put(&out, &hep);
    assert_true(buf_ok(&out));
    assert_int_equal(out.n, NET_HEP_MAX_BYTES);
    assert_int_equal((unsigned char)out.p[4] << 8 | (unsigned char)out.p[5], NET_HEP_MAX_BYTES);
    assert_int_equal(out.p[out.n - 1], 'y');
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest others[] = {cmocka_unit_test(too_long)};

    return RUN_ROWS("net/hep", rows, check_row) |
           cmocka_run_group_tests_name("net/hep: long", others, NULL, NULL);
}
