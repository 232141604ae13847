#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include "tests/lib/rows.h"

#include "rtp/red.h"
#include "tests/lib/hex.h"

/* --- taking apart ---------------------------------------------------------------------------- */

/* "offset:length" of each block, and the payload type of the last. */
/* clang-format off */
static const struct row {
    const char *name, *hex, *blocks;
    unsigned own_type, ignored;
} rows[] = {
    {"a frame alone behind its one byte", "6f aabb", "0:2", 111, 0},
    {"the example of RFC 2198 4: half a second of GSM behind it",
     "85 0320 0e" " 07 aabbccddeeff00112233445566778899", "200:14 0:2", 7, 0},
    {"two earlier ones, the earliest first", "ef 0f0002 ef 078003 6f 1111 222222 33",
     "960:2 480:3 0:1", 111, 0},
    {"the largest offset and an own frame of no bytes", "ef fffc01 6f aa", "16383:1 0:0", 111, 0},
    {"seven earlier ones are the most",
     "ef 000401 ef 000801 ef 000c01 ef 001001 ef 001401 ef 001801 ef 001c01 6f 01020304050607",
     "1:1 2:1 3:1 4:1 5:1 6:1 7:1 0:0", 111, 0},
    {"of nine the first two are left out",
     "ef 000401 ef 000801 ef 000c01 ef 001001 ef 001401 ef 001801 ef 001c01 ef 002001 ef 002401 6f "
     "010203040506070809", "3:1 4:1 5:1 6:1 7:1 8:1 9:1 0:0", 111, 2},
    {"of eight one promises more than came",
     "ef 000409 ef 000801 ef 000c01 ef 001001 ef 001401 ef 001801 ef 001c01 ef 002001 6f "
     "0102030405060708", NULL, 0, 0},
    {"an earlier frame that is not earlier is left out", "ef 000002 ef 078001 6f aaaa bb cc",
     "480:1 0:1", 111, 1},
    {"an earlier frame of no bytes is left out", "ef 078000 6f cc", "0:1", 111, 1},
    {"a length of more than came", "ef 078005 6f aabbccdd", NULL, 0, 0},
    {"two lengths that are too much together", "ef 0f0003 ef 078002 6f aabbccdd", NULL, 0, 0},
    {"a header cut off", "ef 0780", NULL, 0, 0},
    {"headers without an end", "ef 078001", NULL, 0, 0},
    {"only promises of more", "ffffffff ffffffff", NULL, 0, 0},
    {"nothing", "", NULL, 0, 0},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = hex_bytes(row->hex);
    struct rtp_red_block blocks[RTP_RED_BLOCKS];
    char found[200] = "";
    unsigned ignored;
    int n = rtp_red_parse(in, blocks, &ignored);

    for (int i = 0; i < n; i++) {
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%u:%zu", i ? " " : "",
                 blocks[i].offset, blocks[i].payload.n);
        assert_true(blocks[i].payload.p >= in.p &&
                    blocks[i].payload.p + blocks[i].payload.n <= in.p + in.n);
    }
    if (!row->blocks)
        assert_int_equal(n, -EBADMSG);
    else
        assert_string_equal(found, row->blocks);
    if (row->blocks) {
        assert_int_equal(blocks[n - 1].payload_type, row->own_type);
        assert_int_equal(ignored, row->ignored);
    }
    free((void *)in.p);
}

/* --- printing -------------------------------------------------------------------------------- */

static void test_printed_is_what_was_taken_apart(void **state)
{
    struct slice in = hex_bytes("ef 0f0002 80 078003 6f 1111 222222 33");
    struct rtp_red_block blocks[RTP_RED_BLOCKS];
    uint8_t out[64];
    unsigned ignored;
    int n = rtp_red_parse(in, blocks, &ignored);

    (void)state;
    assert_int_equal(n, 3);
    assert_int_equal(rtp_red_print(blocks, 3, out, in.n), in.n);
    assert_memory_equal(out, in.p, in.n);
    assert_int_equal(rtp_red_print(blocks, 3, out, in.n - 1), 0);
    free((void *)in.p);
}

static void test_fields_too_small_for_a_frame(void **state)
{
    static const char sound[RTP_RED_LENGTH_MAX + 1];
    struct rtp_red_block blocks[2] = {{0, 160, {sound, sizeof sound}}, {0, 0, {sound, 1}}};
    uint8_t out[2048];

    (void)state;
    assert_int_equal(rtp_red_print(blocks, 2, out, sizeof out), 0);
    blocks[0].payload.n--;
    assert_int_equal(rtp_red_print(blocks, 2, out, sizeof out), 4 + 1 + RTP_RED_LENGTH_MAX + 1);
    blocks[0].offset = RTP_RED_OFFSET_MAX + 1;
    assert_int_equal(rtp_red_print(blocks, 2, out, sizeof out), 0);
}

/* --- what was sent --------------------------------------------------------------------------- */

enum { UNITS = 960 };

/* Packets of one byte, the number of each; the one at -1 was not sent. */
/* clang-format off */
static const struct wrapped {
    const char *name;
    unsigned sent, without, depth, distance; /* distance in packets */
    const char *repeated;                    /* the numbers, earliest first */
} wraps[] = {
    {"the one before", 9, 0, 1, 1, "9"},
    {"the two before", 9, 0, 2, 1, "8 9"},
    {"two at a distance of four", 9, 0, 2, 4, "2 6"},
    {"nothing was sent yet", 0, 0, 2, 1, ""},
    {"only one was sent yet", 1, 0, 2, 1, "1"},
    {"a pause leaves its place empty", 9, 9, 2, 1, "8"},
    {"no distance and no depth mean nothing", 9, 0, 0, 0, ""},
    {"beyond the 14 bits of the offset nothing is told of", 40, 0, 2, 17, "24"},
};
/* clang-format on */

static void check_wrap(void **state)
{
    const struct wrapped *row = *state;
    struct rtp_red_sender *s = calloc(1, sizeof *s);
    struct rtp_red_block own = {111, 0, SLICE("own")}, blocks[RTP_RED_BLOCKS];
    uint32_t start = 0u - 3 * UNITS; /* timestamps wrap */
    char found[100] = "";
    uint8_t out[256];
    unsigned ignored;
    size_t n;

    assert_non_null(s);
    for (unsigned char i = 1; i <= row->sent; i++)
        if (i != row->without)
            rtp_red_keep(s, 111, start + i * UNITS, (struct slice){(const char *)&i, 1});
    n = rtp_red_wrap(s, &own, start + (row->sent + 1) * UNITS, row->depth, row->distance * UNITS,
                     out, sizeof out);
    if (n > 0) {
        int got = rtp_red_parse((struct slice){(const char *)out, n}, blocks, &ignored);

        assert_true(got > 1);
        for (int i = 0; i + 1 < got; i++) {
            unsigned number = (unsigned char)blocks[i].payload.p[0];

            assert_int_equal(blocks[i].offset, (row->sent + 1 - number) * UNITS);
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%u", i ? " " : "",
                     number);
        }
        assert_slice(blocks[got - 1].payload, "own");
        assert_int_equal(s->copies, got - 1);
        assert_int_equal(s->reach, blocks[0].offset);
    } else {
        assert_int_equal(s->copies, 0);
        assert_int_equal(s->reach, 0);
    }
    assert_string_equal(found, row->repeated);
    free(s);
}

static void test_the_farthest_goes_where_room_is_short(void **state)
{
    static const char sound[RTP_RED_KEPT_BYTES + 1];
    struct rtp_red_sender *s = calloc(1, sizeof *s);
    struct rtp_red_block own = {0, 0, {sound, 160}};
    uint8_t out[1024];

    (void)state;
    assert_non_null(s);
    for (uint32_t i = 1; i <= 3; i++)
        rtp_red_keep(s, 0, i * 160, (struct slice){sound, 160});
    assert_int_equal(rtp_red_wrap(s, &own, 640, 3, 160, out, 500), 1 + 160 + 2 * 164);
    assert_int_equal(rtp_red_bytes(2, 160), 1 + 160 + 2 * 164);
    assert_int_equal(rtp_red_wrap(s, &own, 640, 3, 160, out, 200), 0);
    rtp_red_keep(s, 0, 480, (struct slice){sound, sizeof sound}); /* too long to be kept */
    assert_int_equal(rtp_red_wrap(s, &own, 640, 1, 160, out, sizeof out), 1 + 160 + 164);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printed_is_what_was_taken_apart),
        cmocka_unit_test(test_fields_too_small_for_a_frame),
        cmocka_unit_test(test_the_farthest_goes_where_room_is_short),
    };

    return RUN_ROWS("rtp/red: taking apart", rows, check_row) +
           RUN_ROWS("rtp/red: what was sent", wraps, check_wrap) +
           cmocka_run_group_tests_name("rtp/red: printing", tests, NULL, NULL);
}
