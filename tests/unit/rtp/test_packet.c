#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include "tests/lib/rows.h"

#include "rtp/demux.h"
#include "rtp/packet.h"
#include "tests/lib/hex.h"

#define HEAD "8000 0001 00000002 00000003 " /* PCMU, sequence 1, time 2, SSRC 3 */

static const struct row {
    const char *name, *hex;
    int err;
    unsigned payload, csrcs, extension;
} rows[] = {
    {"the fixed header alone", HEAD, 0, 0, 0, 0},
    {"a payload", HEAD "aabbcc", 0, 3, 0, 0},
    {"two CSRCs", "8200 0001 00000002 00000003 11111111 22222222 aa", 0, 1, 2, 0},
    {"fifteen CSRCs are announced and one word came",
     "8f00 0001 00000002 00000003 11111111", -EBADMSG, 0, 0, 0},
    {"an extension of one word", "9000 0001 00000002 00000003 bede0001 10aa0000 aabb", 0, 2, 0, 4},
    {"an extension of no words (RFC 3550 5.3.1: zero is valid)",
     "9000 0001 00000002 00000003 bede0000 aa", 0, 1, 0, 0},
    {"an extension longer than the packet", "9000 0001 00000002 00000003 bedeffff 10aa0000",
     -EBADMSG, 0, 0, 0},
    {"an extension's header cut off", "9000 0001 00000002 00000003 bede00", -EBADMSG, 0, 0, 0},
    {"padding counts itself", "a000 0001 00000002 00000003 aabb 000003", 0, 2, 0, 0},
    {"padding may take the whole payload", "a000 0001 00000002 00000003 00000004", 0, 0, 0, 0},
    {"padding of zero", "a000 0001 00000002 00000003 aabb00", -EBADMSG, 0, 0, 0},
    {"padding longer than the payload", "a000 0001 00000002 00000003 aabb09", -EBADMSG, 0, 0, 0},
    {"padding where there is no byte", "a000 0001 00000002 00000003", -EBADMSG, 0, 0, 0},
    {"padding must not reach into an extension",
     "b000 0001 00000002 00000003 bede0001 10aa0005 03", -EBADMSG, 0, 0, 0},
    {"CSRC, extension and padding together",
     "b100 0001 00000002 00000003 11111111 bede0001 10aa0000 aabb 0002", 0, 2, 1, 4},
    {"version 1", "4000 0001 00000002 00000003", -EBADMSG, 0, 0, 0},
    {"version 0", "0000 0001 00000002 00000003", -EBADMSG, 0, 0, 0},
    {"eleven bytes", "8000 0001 00000002 000000", -EBADMSG, 0, 0, 0},
    {"nothing", "", -EBADMSG, 0, 0, 0},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = hex_bytes(row->hex);
    struct rtp_packet p;

    assert_int_equal(rtp_packet_parse(in, &p), row->err);
    if (!row->err) {
        assert_int_equal(p.payload.n, row->payload);
        assert_int_equal(p.n_csrc, row->csrcs);
        assert_int_equal(p.csrc.n, 4 * row->csrcs);
        assert_int_equal(p.extension.n, row->extension);
        assert_int_equal(p.sequence, 1);
        assert_int_equal(p.timestamp, 2);
        assert_int_equal(p.ssrc, 3);
        assert_int_equal(p.payload_type, 0);
    }
    free((void *)(uintptr_t)in.p);
}

static void test_print_and_parse_agree(void **state)
{
    struct rtp_packet out, in = {.marker = true, .payload_type = 111, .sequence = 0xfffe,
                                 .timestamp = 0xdeadbeef, .ssrc = 0x80000001};
    uint8_t bytes[RTP_HEADER_BYTES];

    (void)state;
    rtp_packet_print(&in, bytes);
    assert_int_equal(bytes[0], 0x80);
    assert_int_equal(bytes[1], 0x80 | 111);
    assert_int_equal(rtp_packet_parse((struct slice){(char *)bytes, sizeof bytes}, &out), 0);
    assert_true(out.marker);
    assert_int_equal(out.payload_type, in.payload_type);
    assert_int_equal(out.sequence, in.sequence);
    assert_int_equal(out.timestamp, in.timestamp);
    assert_int_equal(out.ssrc, in.ssrc);
}

/* RFC 7983 7 and RFC 5761 4. */
static void test_demux(void **state)
{
    static const struct {
        uint8_t first, second;
        enum rtp_kind kind;
    } table[] = {
        {0, 1, RTP_KIND_STUN},       {3, 1, RTP_KIND_STUN},      {4, 0, RTP_KIND_UNKNOWN},
        {19, 0, RTP_KIND_UNKNOWN},   {20, 0, RTP_KIND_DTLS},     {63, 0, RTP_KIND_DTLS},
        {64, 0, RTP_KIND_UNKNOWN},   {127, 0, RTP_KIND_UNKNOWN}, {128, 0, RTP_KIND_RTP},
        {191, 128, RTP_KIND_RTP},    {192, 0, RTP_KIND_UNKNOWN}, {255, 0, RTP_KIND_UNKNOWN},
        {128, 191, RTP_KIND_RTP},    {128, 192, RTP_KIND_RTCP},  {129, 200, RTP_KIND_RTCP},
        {129, 223, RTP_KIND_RTCP},   {128, 224, RTP_KIND_RTP},   {128, 127, RTP_KIND_RTP},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char bytes[2] = {(char)table[i].first, (char)table[i].second};

        assert_int_equal(rtp_demux((struct slice){bytes, 2}), table[i].kind);
        assert_int_equal(rtp_demux((struct slice){bytes, 1}), RTP_KIND_UNKNOWN);
    }
}

/* RFC 8489 5: a whole message, whose length is a multiple of four and does not lie. */
static void test_stun_is_one_whole_message(void **state)
{
    static const struct {
        const char *name;
        uint8_t bytes[32];
        size_t n;
        bool is;
    } messages[] = {
        {"no attribute", {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 20, true},
        {"one attribute", {1, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42}, 28, true},
        {"cut off", {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 19, false},
        {"cut off in an attribute", {0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42}, 24, false},
        {"something behind it", {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 24, false},
        {"an odd length", {0, 1, 0, 6, 0x21, 0x12, 0xa4, 0x42}, 26, false},
        {"a length above all", {0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42}, 20, false},
        {"another cookie", {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43}, 20, false},
        {"another first byte", {4, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 20, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        char *copy = malloc(messages[i].n);

        assert_non_null(copy);
        memcpy(copy, messages[i].bytes, messages[i].n);
        if (rtp_is_stun((struct slice){copy, messages[i].n}) != messages[i].is)
            fail_msg("%s", messages[i].name);
        free(copy);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_and_parse_agree),
        cmocka_unit_test(test_stun_is_one_whole_message),
        cmocka_unit_test(test_demux),
    };

    return RUN_ROWS("rtp/packet", rows, check_row) +
           cmocka_run_group_tests_name("rtp/packet", tests, NULL, NULL);
}
