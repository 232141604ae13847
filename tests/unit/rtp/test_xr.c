#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/rows.h"

#include "rtp/rtcp.h"
#include "rtp/xr.h"
#include "tests/lib/hex.h"

#define VOIP "07000008 00000009 1a0378 02 0190 0bb8 0050 005a f17f7f10 507f2827 b2000028 007801f4"

/* --- blocks ---------------------------------------------------------------------------------- */

/* What is read of the blocks: a letter of each in their order, ! where they do not fit. */
static const struct row {
    const char *name, *hex, *kinds;
} rows[] = {
    {"no block at all", "", ""},
    {"VoIP metrics", VOIP, "v"},
    {"an unknown type is passed over", "63000001 12345678" VOIP, "?v"},
    {"VoIP metrics that are too short are passed over", "07000001 00000009" VOIP, "?v"},
    {"VoIP metrics that are too long as well", "07000009 00000009" VOIP "00000000", "?!"},
    {"a length beyond the packet", "07000009 00000009", "!"},
    {"half a head", "0700", "!"},
    {"receiver reference time and DLRR",
     "04000002 11111111 22222222 05000003 00000009 33333333 00008000", "td"},
    {"a time that is too short", "04000001 11111111", "?"},
    {"DLRR of nobody", "05000000", "n"},
    {"DLRR of two, ours behind",
     "05000006 00000008 00000001 00000001 00000009 33333333 00008000", "d"},
    {"DLRR for others", "05000003 00000008 33333333 00008000", "n"},
    {"DLRR of half a sub-block", "05000002 00000009 33333333", "?"},
    {"an empty block of run lengths", "01000002 00000009 00640064", "r"},
    {"run lengths without their range", "01000001 00000009", "?"},
    {"run lengths about another", "01000003 00000008 00640091 401effff", "?"},
    {"thinned run lengths say nothing of runs", "01030003 00000009 00640091 401effff", "?"},
    {"a run beyond the range", "01000003 00000009 00640091 402e0000", "?"},
};

static char kind_of(const struct xr_block *block)
{
    struct xr_loss report;
    struct xr_voip voip;
    struct xr_dlrr dlrr;
    uint64_t ntp;
    int err = xr_dlrr_read(block, 9, &dlrr);

    if (err != -EBADMSG)
        return err ? 'n' : 'd';
    if (xr_voip_read(block, &voip) == 0)
        return 'v';
    if (xr_time_read(block, &ntp) == 0)
        return 't';
    return xr_rle_read(block, 9, &report) == 0 ? 'r' : '?';
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = hex_bytes(row->hex), rest = in;
    struct xr_block block;
    char kinds[8] = "";
    size_t n = 0;
    int err;

    while ((err = xr_next(&rest, &block)) == 0)
        kinds[n++] = kind_of(&block);
    if (err != -ENODATA)
        kinds[n++] = '!';
    assert_string_equal(kinds, row->kinds);
    free((void *)(uintptr_t)in.p);
}

/* --- values ---------------------------------------------------------------------------------- */

static struct xr_voip read_voip(const char *hex)
{
    struct slice in = hex_bytes(hex), rest = in;
    struct xr_block block;
    struct xr_voip voip;

    assert_int_equal(xr_next(&rest, &block), 0);
    assert_int_equal(xr_voip_read(&block, &voip), 0);
    free((void *)(uintptr_t)in.p);
    return voip;
}

static void test_values_of_voip_metrics(void **state)
{
    struct xr_voip v = read_voip(VOIP);

    (void)state;
    assert_int_equal(v.ssrc, 9);
    assert_int_equal(v.loss, 26);
    assert_int_equal(v.discard, 3);
    assert_int_equal(v.burst_density, 120);
    assert_int_equal(v.gap_density, 2);
    assert_int_equal(v.burst_ms, 400);
    assert_int_equal(v.gap_ms, 3000);
    assert_int_equal(v.round_trip_ms, 80);
    assert_int_equal(v.end_system_ms, 90);
    assert_int_equal(v.signal_dbm, -15);
    assert_int_equal(v.noise_dbm, XR_UNKNOWN);
    assert_int_equal(v.rerl_db, XR_UNKNOWN);
    assert_int_equal(v.gmin, 16);
    assert_int_equal(v.r_factor, 80);
    assert_int_equal(v.r_external, XR_UNKNOWN);
    assert_int_equal(v.mos_lq_10, 40);
    assert_int_equal(v.mos_cq_10, 39);
    assert_int_equal(v.concealment, XR_PLC_ENHANCED);
    assert_true(v.adaptive);
    assert_int_equal(v.rate, 2);
    assert_int_equal(v.nominal_ms, 40);
    assert_int_equal(v.most_ms, 120);
    assert_int_equal(v.ceiling_ms, 500);
}

static void test_values_out_of_range_are_unknown(void **state)
{
    struct xr_voip v = read_voip("07000008 00000009 00000000 00000000 00000000 "
                                 "0000ff10 65ff0933 00000000 00000000");

    (void)state;
    assert_int_equal(v.rerl_db, XR_UNKNOWN);
    assert_int_equal(v.r_factor, XR_UNKNOWN); /* 101 */
    assert_int_equal(v.r_external, XR_UNKNOWN);
    assert_int_equal(v.mos_lq_10, XR_UNKNOWN); /* 0.9 */
    assert_int_equal(v.mos_cq_10, XR_UNKNOWN); /* 5.1 */
    assert_false(v.adaptive);
}

static void test_mean_run_of_bursts(void **state)
{
    static const struct {
        uint16_t burst_ms;
        uint8_t density;
        uint32_t run_100;
    } table[] = {
        {0, 0, 0},        /* there were none */
        {100, 255, 500},  /* five in a row */
        {20000, 26, 111}, /* ten per cent at random: all one burst */
        {20000, 128, 200},
        {40, 200, 156}, /* no run is longer than what was lost of the burst */
        {20, 10, 100},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct xr_voip v = {.burst_ms = table[i].burst_ms, .burst_density = table[i].density};

        assert_int_equal(xr_voip_run_100(&v, 20), table[i].run_100);
    }
}

/* --- ours ------------------------------------------------------------------------------------ */

static void test_print_is_read_back(void **state)
{
    struct xr_voip voip = read_voip(VOIP), voip_again;
    struct xr_dlrr dlrr = {77, 0x12345678, 0x8000}, dlrr_again = {0};
    struct xr_packet what = {.ssrc = 5, .time_ntp = 0x0102030405060708, .dlrr = &dlrr, .voip = &voip};
    uint8_t bytes[XR_PRINT_MAX], compound[RTCP_PRINT_MAX];
    size_t n = xr_print(&what, bytes);
    struct rtcp_compound all = {.ssrc = 5, .xr = {(char *)bytes, n}, .bye = true};
    struct slice rest = {(char *)compound, rtcp_print(&all, compound)};
    struct rtcp_packet p;
    struct xr_block block;
    uint64_t ntp;

    (void)state;
    assert_int_equal(rtcp_check(rest), 0);
    while (rtcp_next(&rest, &p) == 0 && p.type != RTCP_XR)
        ;
    assert_int_equal(p.ssrc, 5);
    assert_int_equal(xr_next(&p.blocks, &block), 0);
    assert_int_equal(xr_time_read(&block, &ntp), 0);
    assert_true(ntp == 0x0102030405060708);
    assert_int_equal(xr_next(&p.blocks, &block), 0);
    assert_int_equal(xr_dlrr_read(&block, 77, &dlrr_again), 0);
    assert_memory_equal(&dlrr, &dlrr_again, sizeof dlrr);
    assert_int_equal(xr_next(&p.blocks, &block), 0);
    assert_int_equal(xr_voip_read(&block, &voip_again), 0);
    assert_int_equal(voip_again.ceiling_ms, 500);
    assert_int_equal(voip_again.signal_dbm, -15);
    assert_int_equal(voip_again.rate, 2);
    assert_true(voip_again.adaptive);
    assert_int_equal(xr_next(&p.blocks, &block), -ENODATA);
    assert_int_equal(rtcp_next(&rest, &p), 0);
    assert_int_equal(p.type, RTCP_BYE); /* RFC 3550 6.1: BYE is the last */
}

static void test_nothing_to_tell_is_no_packet(void **state)
{
    struct xr_runs none = {.ssrc = 1};
    struct xr_packet what = {.ssrc = 5, .runs = &none};
    uint8_t bytes[XR_PRINT_MAX];

    (void)state;
    assert_int_equal(xr_print(&what, bytes), 0);
}

/* n packets by the letters of pattern, over and over. */
static struct xr_loss there_and_back(const char *pattern, unsigned n)
{
    struct xr_runs runs = {.ssrc = 9, .first = 65500, .n = (uint16_t)n};
    struct xr_packet what = {.ssrc = 5, .runs = &runs};
    struct xr_loss report = {0};
    uint8_t bytes[XR_PRINT_MAX];
    struct slice rest = {(char *)bytes, 0};
    struct rtcp_packet p;
    struct xr_block block;

    for (unsigned i = 0; i < n; i++)
        runs.came[i / 64] |= (uint64_t)(pattern[i % strlen(pattern)] == '.') << i % 64;
    rest.n = xr_print(&what, bytes);
    assert_true(rest.n <= sizeof bytes && rest.n % 4 == 0);
    assert_int_equal(rtcp_next(&rest, &p), 0);
    assert_int_equal(xr_next(&p.blocks, &block), 0);
    assert_int_equal(xr_rle_read(&block, 9, &report), 0);
    return report;
}

static void test_run_lengths_are_read_back(void **state)
{
    static const struct {
        const char *pattern;
        unsigned n;
        struct xr_loss is;
    } table[] = {
        {".", 1, {1, 0, 0, 0}},
        {"x", 1, {1, 1, 1, 1}},
        {".", XR_RLE_PACKETS, {512, 0, 0, 0}},
        {"x", XR_RLE_PACKETS, {512, 512, 1, 512}},
        {"x.", XR_RLE_PACKETS, {512, 256, 256, 1}},
        {".......xxx", 250, {250, 75, 25, 3}},
        {"xx...............", 170, {170, 20, 10, 2}}, /* a run that just needs no vector */
        {"xx..............", 160, {160, 20, 10, 2}},
        {"xxxxxxxxxxxxxxxx.", 34, {34, 32, 2, 16}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct xr_loss got = there_and_back(table[i].pattern, table[i].n);

        assert_memory_equal(&got, &table[i].is, sizeof got);
    }
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_values_of_voip_metrics),
        cmocka_unit_test(test_values_out_of_range_are_unknown),
        cmocka_unit_test(test_mean_run_of_bursts),
        cmocka_unit_test(test_print_is_read_back),
        cmocka_unit_test(test_nothing_to_tell_is_no_packet),
        cmocka_unit_test(test_run_lengths_are_read_back),
    };

    return RUN_ROWS("rtp/xr", rows, check_row) +
           cmocka_run_group_tests_name("rtp/xr", rest, NULL, NULL);
}
