#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include "tests/lib/rows.h"

#include "rtp/rtcp.h"
#include "rtp/xr.h"
#include "tests/lib/hex.h"

#define RR0 "80c90001 00000001 "
#define REPORT "00000009 80ffffff 00010002 00000003 00000004 00000005 "

static const struct row {
    const char *name, *hex;
    int err;
} rows[] = {
    {"an empty RR", RR0, 0},
    {"an SR with one report",
     "81c8000c 00000001 11111111 22222222 33333333 44444444 55555555 " REPORT, 0},
    {"reports are announced that did not come",
     "82c8000c 00000001 11111111 22222222 33333333 44444444 55555555 " REPORT, -EBADMSG},
    {"SR without its sender info", "80c80001 00000001", -EBADMSG},
    {"the profile may extend an RR", "80c90002 00000001 ffffffff", 0},
    {"a compound begins with SR or RR (RFC 3550 6.1)", "80cb0000", -EBADMSG},
    {"RR, SDES with CNAME", RR0 "81ca0003 00000001 01036162 63000000", 0},
    {"a CNAME that fills its word still ends in a zero", RR0 "81ca0003 00000001 01026162 00000000", 0},
    {"no zero ends the chunk", RR0 "81ca0002 00000001 01026162", -EBADMSG},
    {"an item longer than the chunk", RR0 "81ca0002 00000001 01ff6162", -EBADMSG},
    {"an item's length is missing", RR0 "81ca0002 00000001 01016101", -EBADMSG},
    {"two chunks", RR0 "82ca0006 00000001 01036162 63000000 00000002 01036162 63000000", 0},
    {"the second chunk is missing", RR0 "82ca0003 00000001 01036162 63000000", -EBADMSG},
    {"BYE of nobody", RR0 "80cb0000", 0},
    {"BYE with reason", RR0 "81cb0002 00000001 03627965", 0},
    {"BYE whose reason is longer than the packet", RR0 "81cb0002 00000001 04627965", -EBADMSG},
    {"BYE without its SSRC", RR0 "81cb0000", -EBADMSG},
    {"an unknown type is passed over", RR0 "80d00001 12345678", 0},
    {"feedback is passed over", RR0 "81ce0002 00000001 00000002", 0},
    {"an extended report, whatever its blocks are", RR0 "80cf0002 00000001 0700ffff", 0},
    {"an extended report of nobody", RR0 "80cf0000", -EBADMSG},
    {"padding in the last packet", RR0 "a0cb0001 00000004", 0},
    {"padding in an earlier one", "a0c90002 00000001 00000004 80cb0000", -EBADMSG},
    {"padding of zero", RR0 "a0cb0001 00000000", -EBADMSG},
    {"padding that is no word", RR0 "a0cb0001 00000003", -EBADMSG},
    {"padding longer than the packet", RR0 "a0cb0001 00000008", -EBADMSG},
    {"a length beyond the datagram", "80c90002 00000001", -EBADMSG},
    {"bytes behind the last packet", RR0 "80cb", -EBADMSG},
    {"version 1 in the second packet", RR0 "40cb0000", -EBADMSG},
    {"three bytes", "80c900", -EBADMSG},
    {"nothing", "", -EBADMSG},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = hex_bytes(row->hex);

    assert_int_equal(rtcp_check(in), row->err);
    free((void *)(uintptr_t)in.p);
}

static void test_values_of_a_report(void **state)
{
    struct slice in =
        hex_bytes("81c8000c 00000001 11111111 22222222 33333333 44444444 55555555 " REPORT);
    struct slice rest = in;
    struct rtcp_packet p;
    struct rtcp_report r;

    (void)state;
    assert_int_equal(rtcp_next(&rest, &p), 0);
    assert_int_equal(p.type, RTCP_SR);
    assert_int_equal(p.ssrc, 1);
    assert_true(p.sender.ntp == 0x1111111122222222);
    assert_int_equal(p.sender.timestamp, 0x33333333);
    assert_int_equal(p.sender.packets, 0x44444444);
    assert_int_equal(p.sender.bytes, 0x55555555);
    assert_int_equal(p.count, 1);
    r = rtcp_report_at(&p, 0);
    assert_int_equal(r.ssrc, 9);
    assert_int_equal(r.fraction_lost, 128);
    assert_int_equal(r.lost, -1); /* 24 bits, signed */
    assert_int_equal(r.extended_sequence, 65538);
    assert_int_equal(r.jitter, 3);
    assert_int_equal(r.last_sr, 4);
    assert_int_equal(r.delay_since_sr, 5);
    assert_int_equal(rtcp_next(&rest, &p), -ENODATA);
    free((void *)(uintptr_t)in.p);
}

static void test_print_is_read_back(void **state)
{
    const struct rtcp_sender sender = {0x0102030405060708, 9, 10, 11};
    const struct rtcp_report reports[2] = {{1, 2, -3, 4, 5, 6, 7}, {8, 9, 0x1000000, 11, 12, 13, 14}};
    uint8_t bytes[RTCP_PRINT_MAX];
    struct rtcp_packet p;

    (void)state;
    for (size_t cname = 0; cname < 9; cname++) { /* every filling of the last word */
        struct rtcp_compound what = {77, &sender, reports, 2, {"12345678", cname}, true, {0}};
        struct slice rest = {(char *)bytes, rtcp_print(&what, bytes)};

        assert_int_equal(rest.n % 4, 0);
        assert_int_equal(rtcp_check(rest), 0);
        rtcp_next(&rest, &p);
        assert_int_equal(p.ssrc, 77);
        assert_int_equal(rtcp_report_at(&p, 0).lost, -3);
        assert_int_equal(rtcp_report_at(&p, 1).lost, 0x7fffff); /* clamped, RFC 3550 6.4.1 */
        assert_int_equal(rtcp_report_at(&p, 1).delay_since_sr, 14);
        rtcp_next(&rest, &p);
        assert_int_equal(p.type, RTCP_SDES);
        assert_true(slice_eq(p.cname, what.cname));
        rtcp_next(&rest, &p);
        assert_int_equal(p.type, RTCP_BYE);
        assert_true(rtcp_bye_names(&p, 77));
        assert_false(rtcp_bye_names(&p, 78));
    }
}

static void test_longest_print_fits(void **state)
{
    static const char name[400] = "x", xr[XR_PRINT_MAX] = "\x80\xcf\0\x25";
    struct rtcp_report reports[40] = {{0}};
    struct rtcp_sender sender = {0};
    struct rtcp_compound what = {1, &sender, reports, 40, {name, sizeof name}, true, {xr, sizeof xr}};
    uint8_t bytes[RTCP_PRINT_MAX];
    size_t n = rtcp_print(&what, bytes);

    (void)state;
    assert_true(n <= sizeof bytes);
    assert_int_equal(rtcp_check((struct slice){(char *)bytes, n}), 0);
}

/* The example of RFC 3550 figure 2: 6.125 s of round trip. */
static void test_round_trip(void **state)
{
    struct rtcp_report report = {.last_sr = 0xb7052000, .delay_since_sr = 0x00054000};
    uint64_t now = (uint64_t)0x0000b7108000 << 16;
    uint32_t us = 0;

    (void)state;
    assert_int_equal(rtcp_round_trip(&report, now, &us), 0);
    assert_int_equal(us, 6125000);
    report.delay_since_sr = 0x000c0000; /* longer than it is since then */
    assert_int_equal(rtcp_round_trip(&report, now, &us), -ENODATA);
    report.last_sr = 0;
    assert_int_equal(rtcp_round_trip(&report, now, &us), -ENODATA);
    report.last_sr = 0xb7109000; /* in our future */
    report.delay_since_sr = 0;
    assert_int_equal(rtcp_round_trip(&report, now, &us), -ENODATA);
    report.last_sr = 0xb7108000 - 70 * 65536; /* no round trip takes a minute */
    assert_int_equal(rtcp_round_trip(&report, now, &us), -ENODATA);
    report.last_sr = 0xb7108000 - 5000 * 65536u; /* nor more than *us holds */
    assert_int_equal(rtcp_round_trip(&report, now, &us), -ENODATA);
    assert_true(rtcp_ntp(1500000) == 0x180000000u);
    assert_int_equal(rtcp_ntp_middle(0x1122334455667788), 0x33445566);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_values_of_a_report),
        cmocka_unit_test(test_print_is_read_back),
        cmocka_unit_test(test_longest_print_fits),
        cmocka_unit_test(test_round_trip),
    };

    return RUN_ROWS("rtp/rtcp", rows, check_row) +
           cmocka_run_group_tests_name("rtp/rtcp", rest, NULL, NULL);
}
