#include "sdp/fingerprint.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define BYTES_8 "01:23:45:67:89:AB:CD:EF:"
#define BYTES_31 BYTES_8 BYTES_8 BYTES_8 "01:23:45:67:89:AB:CD"
#define SHA_256 "sha-256 " BYTES_31 ":EF"
#define SHA_384 "sha-384 " BYTES_8 BYTES_8 BYTES_31 ":EF"
#define TLS_ID "abcdefghijklmnopqrstuvwxyz+/-_0123456789"

static const struct line_row {
    const char *name, *in;
    int err;
    uint8_t last;
} line_rows[] = {
    {"sha-256", SHA_256, 0, 0xef},
    {"sha-384", SHA_384, 0, 0},
    {"sha-512", "sha-512 " BYTES_8 BYTES_8 BYTES_8 BYTES_8 BYTES_31 ":EF", 0, 0},
    {"small letters", "SHA-256 " BYTES_31 ":ef", 0, 0xef},
    {"sha-1", "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB", -ENOTSUP, 0},
    {"md5", "md5 01:02", -ENOTSUP, 0},
    {"one byte too few", "sha-256 " BYTES_31, -EBADMSG, 0},
    {"one byte too many", SHA_256 ":01", -EBADMSG, 0},
    {"half a byte", "sha-256 " BYTES_31 ":E", -EBADMSG, 0},
    {"no colon", "sha-256 " BYTES_31 "EF", -EBADMSG, 0},
    {"no digit", "sha-256 " BYTES_31 ":EG", -EBADMSG, 0},
    {"two blanks", "sha-256  " BYTES_31 ":EF", -EBADMSG, 0},
    {"a blank behind", SHA_256 " ", -EBADMSG, 0},
    {"a hash alone", "sha-256", -EBADMSG, 0},
    {"a hash and a blank", "sha-256 ", -EBADMSG, 0},
    {"no hash", " " BYTES_31 ":EF", -EBADMSG, 0},
    {"nothing", "", -EBADMSG, 0},
};

static void check_line(void **state)
{
    const struct line_row *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf text = buf_new(1024);
    struct fingerprint got, again;

    assert_int_equal(fingerprint_parse(in, &got), row->err);
    if (!row->err) {
        assert_int_equal(got.bytes[31], got.hash == FINGERPRINT_SHA256 ? row->last : 0xef);
        fingerprint_print(&got, &text);
        assert_int_equal(fingerprint_parse(buf_slice(&text), &again), 0);
        assert_true(fingerprint_eq(&got, &again));
    }
    buf_free(&text);
    exact_free(in);
}

static const struct line_row typed_rows[] = {
    {"as openssl prints it", BYTES_31 ":EF", 0, 0xef},
    {"with the hash, as SSH does", "SHA256:" BYTES_31 ":EF", 0, 0xef},
    {"with the hash, as SDP does", SHA_256, 0, 0xef},
    {"digits alone", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0, 0x1f},
    {"in pairs, with blanks around",
     "  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 "
     "15 16 17 18 19 1a 1b 1c 1d 1e 1f ",
     0, 0x1f},
    {"a byte too few, typed", BYTES_31, -EBADMSG, 0},
    {"a byte too many, typed", BYTES_31 ":EF:00", -EBADMSG, 0},
    {"half a byte too many", BYTES_31 ":EF0", -EBADMSG, 0},
    {"no digit, typed", BYTES_31 ":EG", -EBADMSG, 0},
    {"another hash", "sha-384 " BYTES_31 ":EF", -EBADMSG, 0},
    {"nothing, typed", "", -EBADMSG, 0},
};

static void check_typed(void **state)
{
    const struct line_row *row = *state;
    struct slice in = exact_copy(row->in);
    struct fingerprint got;

    assert_int_equal(fingerprint_parse_sha256(in, &got), row->err);
    assert_int_equal(got.hash, row->err ? FINGERPRINT_NONE : FINGERPRINT_SHA256);
    assert_int_equal(got.bytes[31], row->last);
    exact_free(in);
}

static const struct lines_row {
    const char *name, *session, *media;
    int err;
    size_t n;
    enum sdp_setup setup;
    const char *tls_id;
} lines_rows[] = {
    {"all for the media", "",
     "a=fingerprint:" SHA_256 "\r\na=setup:actpass\r\na=tls-id:" TLS_ID "\r\n", 0, 1,
     SDP_SETUP_ACTPASS, TLS_ID},
    {"all for the session",
     "a=fingerprint:" SHA_256 "\r\na=setup:passive\r\na=tls-id:" TLS_ID "\r\n", "", 0, 1,
     SDP_SETUP_PASSIVE, TLS_ID},
    {"the media's stand instead of the session's",
     "a=fingerprint:" SHA_256 "\r\na=setup:active\r\n",
     "a=fingerprint:" SHA_384 "\r\na=fingerprint:" SHA_256 "\r\na=setup:holdconn\r\n", 0, 2,
     SDP_SETUP_HOLDCONN, ""},
    {"one that is taken beside one that is not", "",
     "a=fingerprint:sha-1 01:02\r\na=fingerprint:" SHA_256 "\r\n", 0, 1, SDP_SETUP_NONE, ""},
    {"the session's do not help where the media's are bad", "a=fingerprint:" SHA_256 "\r\n",
     "a=fingerprint:sha-1 01:02\r\n", -ENOTSUP, 0, SDP_SETUP_NONE, ""},
    {"five", "",
     "a=fingerprint:" SHA_256 "\r\na=fingerprint:" SHA_256 "\r\na=fingerprint:" SHA_256
     "\r\na=fingerprint:" SHA_256 "\r\na=fingerprint:" SHA_256 "\r\na=setup:active\r\n",
     0, 4, SDP_SETUP_ACTIVE, ""},
    {"a setup that nobody knows", "", "a=fingerprint:" SHA_256 "\r\na=setup:both\r\n", 0, 1,
     SDP_SETUP_NONE, ""},
    {"a tls-id that is too short", "", "a=fingerprint:" SHA_256 "\r\na=tls-id:abcdefghij\r\n", 0, 1,
     SDP_SETUP_NONE, ""},
    {"a tls-id with a blank", "", "a=fingerprint:" SHA_256 "\r\na=tls-id:" TLS_ID " x\r\n", 0, 1,
     SDP_SETUP_NONE, ""},
    {"none", "a=setup:actpass\r\n", "a=sendrecv\r\n", -ENOENT, 0, SDP_SETUP_NONE, ""},
    {"one that is broken", "", "a=fingerprint:sha-256 01:02\r\n", -EBADMSG, 0, SDP_SETUP_NONE, ""},
};

static void check_lines(void **state)
{
    const struct lines_row *row = *state;
    struct slice session = exact_copy(row->session), media_lines = exact_copy(row->media);
    struct sdp_model model = {.lines = session};
    struct sdp_media media = {.lines = media_lines};
    struct sdp_dtls got;

    assert_int_equal(sdp_dtls_parse(&model, &media, &got), row->err);
    assert_int_equal(got.n_fingerprints, row->n);
    assert_int_equal(got.setup, row->setup);
    assert_string_equal(got.tls_id, row->tls_id);
    exact_free(session);
    exact_free(media_lines);
}

/* --- what goes on ---------------------------------------------------------------------------- */

static struct sdp_dtls description(const char *lines)
{
    struct sdp_model model = {0};
    struct sdp_media media = {.lines = slice_of(lines)};
    struct sdp_dtls out;

    (void)sdp_dtls_parse(&model, &media, &out);
    return out;
}

static const struct change {
    const char *name, *before, *now;
    bool goes_on;
} changes[] = {
    {"the same", "a=fingerprint:" SHA_256 "\r\na=setup:active\r\n",
     "a=fingerprint:" SHA_256 "\r\na=setup:active\r\n", true},
    {"an offer by who answered", "a=fingerprint:" SHA_256 "\r\na=setup:active\r\n",
     "a=fingerprint:" SHA_256 "\r\na=setup:actpass\r\n", true},
    {"the other role", "a=fingerprint:" SHA_256 "\r\na=setup:active\r\n",
     "a=fingerprint:" SHA_256 "\r\na=setup:passive\r\n", false},
    {"another order", "a=fingerprint:" SHA_256 "\r\na=fingerprint:" SHA_384 "\r\n",
     "a=fingerprint:" SHA_384 "\r\na=fingerprint:" SHA_256 "\r\n", true},
    {"one more", "a=fingerprint:" SHA_256 "\r\n",
     "a=fingerprint:" SHA_256 "\r\na=fingerprint:" SHA_384 "\r\n", false},
    {"another", "a=fingerprint:" SHA_256 "\r\n", "a=fingerprint:" SHA_384 "\r\n", false},
    {"another tls-id", "a=fingerprint:" SHA_256 "\r\na=tls-id:" TLS_ID "\r\n",
     "a=fingerprint:" SHA_256 "\r\na=tls-id:" TLS_ID "x\r\n", false},
    {"a tls-id where there was none", "a=fingerprint:" SHA_256 "\r\n",
     "a=fingerprint:" SHA_256 "\r\na=tls-id:" TLS_ID "\r\n", true},
    {"none where there was a tls-id", "a=fingerprint:" SHA_256 "\r\na=tls-id:" TLS_ID "\r\n",
     "a=fingerprint:" SHA_256 "\r\n", true},
    {"one twice, then another beside it",
     "a=fingerprint:" SHA_256 "\r\na=fingerprint:" SHA_256 "\r\n",
     "a=fingerprint:" SHA_256 "\r\na=fingerprint:" SHA_384 "\r\n", false},
};

static void check_change(void **state)
{
    const struct change *row = *state;
    struct sdp_dtls before = description(row->before), now = description(row->now);

    assert_int_equal(sdp_dtls_goes_on(&before, &now), row->goes_on);
}

static void roles_fit(void **state)
{
    static const enum sdp_setup answers[][2] = {
        {SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE}, {SDP_SETUP_PASSIVE, SDP_SETUP_ACTIVE},
        {SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE}, {SDP_SETUP_NONE, SDP_SETUP_PASSIVE},
        {SDP_SETUP_HOLDCONN, SDP_SETUP_NONE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        assert_int_equal(sdp_setup_answer(answers[i][0]), answers[i][1]);
    assert_true(sdp_setup_answers(SDP_SETUP_ACTIVE) && sdp_setup_answers(SDP_SETUP_PASSIVE));
    assert_false(sdp_setup_answers(SDP_SETUP_ACTPASS) || sdp_setup_answers(SDP_SETUP_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(roles_fit)};
    int failed = RUN_ROWS("sdp/fingerprint: a line", line_rows, check_line);

    failed += RUN_ROWS("sdp/fingerprint: as it is typed", typed_rows, check_typed);
    failed += RUN_ROWS("sdp/fingerprint: lines", lines_rows, check_lines);
    failed += RUN_ROWS("sdp/fingerprint: what goes on", changes, check_change);
    return failed + cmocka_run_group_tests_name("sdp/fingerprint", tests, NULL, NULL);
}
