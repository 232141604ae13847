/* DTLS-SRTP between two ends: paths that do harm, certificates, strangers, and jumps of the
 * clock. */
#include <openssl/ssl.h>
#include <errno.h>

#include "tests/lib/rows.h"
#include "tests/unit/rtp/dtls_rig.h"
#include "rtp/dtls_private.h"

/* --- paths ----------------------------------------------------------------------------------- */

static const struct path {
    const char *name;
    unsigned lost_mask;
    bool twice, backwards, rubbish, cut, bent;
    unsigned within_ms;
    size_t piece;
    bool together;
    unsigned lost_piece;
} paths[] = {
    {.name = "a good path", .within_ms = 1},
    {.name = "the first ClientHello is lost", .lost_mask = 1u << 0, .within_ms = 500},
    {.name = "the cookie is lost", .lost_mask = 1u << 1, .within_ms = 500},
    {.name = "the cookie repeated is lost", .lost_mask = 1u << 2, .within_ms = 500},
    {.name = "the server's flight is lost", .lost_mask = 1u << 3, .within_ms = 500},
    {.name = "the client's flight is lost", .lost_mask = 1u << 4, .within_ms = 500},
    {.name = "the last flight is lost", .lost_mask = 1u << 5, .within_ms = 500},
    {.name = "half of them are lost", .lost_mask = 0x36cd, .within_ms = 9000},
    {.name = "six are lost at once", .lost_mask = 0x3f, .within_ms = 9000},
    {.name = "all come twice", .twice = true, .within_ms = 1},
    {.name = "the last comes first", .twice = true, .backwards = true, .within_ms = 8000},
    {.name = "rubbish before each", .rubbish = true, .within_ms = 1},
    {.name = "half of each before it", .cut = true, .within_ms = 1},
    {.name = "a ClientHello in two pieces", .piece = 150, .within_ms = 1},
    {.name = "in many", .piece = 80, .within_ms = 1},
    {.name = "in pieces of one datagram", .piece = 80, .together = true, .within_ms = 1},
    {.name = "a piece with the cookie is lost", .piece = 150, .lost_piece = 3, .within_ms = 500},
    {.name = "a piece behind the cookie is lost", .piece = 150, .lost_piece = 4, .within_ms = 500},
    {.name = "the cookie is lost between pieces",
     .piece = 150,
     .lost_mask = 1u << 1,
     .within_ms = 500},
    {.name = "the last piece comes first",
     .piece = 150,
     .twice = true,
     .backwards = true,
     .within_ms = 8000},
};

static void check_path(void **state)
{
    const struct path *path = *state;
    struct rig r;

    rig_open_both(&r);
    r.lost_mask = path->lost_mask;
    r.twice = path->twice;
    r.backwards = path->backwards;
    r.rubbish = path->rubbish;
    r.cut = path->cut;
    r.piece = path->piece;
    r.together = path->together;
    r.lost_piece = path->lost_piece;
    rig_run(&r);
    assert_int_equal(rig_assert_agreed(&r), SUITE_AEAD_AES_256_GCM);
    assert_true(rig_now_ms - START_MS <= path->within_ms);
    rig_close(&r);
}

/* Somebody sends a bent copy ahead of each datagram until the handshake breaks a few times; from
 * then on he is silent, and it comes about all the same. */
static void broken_tries_are_followed_by_a_good_one(void **state)
{
    struct rig r;

    (void)state;
    rig_open_both(&r);
    r.bent = true;
    for (unsigned i = 0; i < 12; i++) {
        rig_collect(&r);
        if (r.n_flying)
            rig_deliver(&r);
    }
    r.bent = false;
    rig_run(&r);
    (void)rig_assert_agreed(&r);
    rig_close(&r);
}

/* --- certificates ---------------------------------------------------------------------------- */

static struct fingerprint hashed(const struct rig *r, int whose, enum fingerprint_hash hash)
{
    struct fingerprint fingerprint;
    unsigned char *der = NULL;
    int n = i2d_X509(r->identity[whose]->certificate, &der);

    assert_int_equal(fingerprint_of(hash, (struct slice){(char *)der, (size_t)n}, &fingerprint), 0);
    OPENSSL_free(der);
    return fingerprint;
}

/* What one end is told about the other: its fingerprints, and whether they are right. */
static const struct told {
    const char *name;
    enum fingerprint_hash hash[2];
    bool wrong[2];
    bool accepted;
} tellings[] = {
    {"sha-384", {FINGERPRINT_SHA384}, {false}, true},
    {"sha-512", {FINGERPRINT_SHA512}, {false}, true},
    {"a wrong sha-256", {FINGERPRINT_SHA256}, {true}, false},
    {"two of one hash, and the second is right",
     {FINGERPRINT_SHA256, FINGERPRINT_SHA256},
     {true, false},
     true},
    {"the stronger one counts, and is wrong",
     {FINGERPRINT_SHA256, FINGERPRINT_SHA512},
     {false, true},
     false},
    {"the stronger one counts, and is right",
     {FINGERPRINT_SHA512, FINGERPRINT_SHA256},
     {false, true},
     true},
};

static void check_telling(void **state)
{
    const struct told *told = *state;
    size_t n = told->hash[1] == FINGERPRINT_NONE ? 1 : 2;
    struct fingerprint fingerprints[2];

    for (int who = 0; who < 2; who++) {
        struct rig r;

        rig_open(&r);
        for (size_t i = 0; i < n; i++) {
            fingerprints[i] = hashed(&r, !who, told->hash[i]);
            fingerprints[i].bytes[3] ^= told->wrong[i];
        }
        assert_int_equal(rtp_dtls_new(r.identity[who], who ? RTP_DTLS_PASSIVE : RTP_DTLS_ACTIVE,
                                      fingerprints, n, rig_now_ms, &r.end[who]),
                         0);
        rig_open_end(&r, !who, who ? RTP_DTLS_ACTIVE : RTP_DTLS_PASSIVE, true);
        rig_run(&r);
        if (told->accepted)
            (void)rig_assert_agreed(&r);
        else
            rig_assert_failed(&r, who, RTP_DTLS_WRONG_CERTIFICATE);
        rig_close(&r);
    }
}

/* RFC 5763 6.7.1: the answer comes later than the handshake. Nothing is given out before. */
static void a_late_answer(void **state)
{
    struct rtp_srtp_key keys[2];
    struct rig r;

    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        struct fingerprint said;

        rig_open(&r);
        rig_open_end(&r, 0, RTP_DTLS_ACTIVE, true);
        rig_open_end(&r, 1, RTP_DTLS_PASSIVE, false);
        for (unsigned i = 0; i < 100; i++) {
            rig_collect(&r);
            if (r.n_flying)
                rig_deliver(&r);
        }
        rig_assert_state(&r, 0, RTP_DTLS_READY);
        rig_assert_state(&r, 1, RTP_DTLS_UNVERIFIED);
        assert_int_equal(rtp_dtls_keys(r.end[1], &keys[0], &keys[1]), -EAGAIN);
        said = *rig_fingerprint(&r, 0);
        said.bytes[31] ^= (uint8_t)wrong;
        rtp_dtls_expect(r.end[1], &said, 1, rig_now_ms);
        rig_run(&r);
        if (wrong)
            rig_assert_failed(&r, 1, RTP_DTLS_WRONG_CERTIFICATE);
        else
            (void)rig_assert_agreed(&r);
        rig_close(&r);
    }
}

/* The far end begins later than we, and we know that it will. */
static void the_passive_end_is_late(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r);
    rig_open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    while (rig_now_ms < START_MS + 6000) {
        rig_collect(&r);
        r.n_flying = 0;
        rig_now_ms = rig_next_deadline(&r);
        rtp_dtls_tick(r.end[0], rig_now_ms);
        rtp_dtls_wait(r.end[0], rig_now_ms);
    }
    rig_open_end(&r, 1, RTP_DTLS_PASSIVE, true);
    rig_run(&r);
    (void)rig_assert_agreed(&r);
    assert_true(rig_now_ms < START_MS + 6000 + 2 * RTP_DTLS_MAX_RETRY_MS);
    rig_close(&r);
}

/* The active end loses its memory in the middle; the passive one notices by the new beginning. */
static void the_active_end_begins_anew(void **state)
{
    struct rig r;

    (void)state;
    rig_open_both(&r);
    r.lost_mask = 1u << 4; /* the client's second flight */
    while (r.sent < 5) {
        rig_collect(&r);
        if (r.n_flying)
            rig_deliver(&r);
    }
    rtp_dtls_free(r.end[0]);
    rig_open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    rig_run(&r);
    (void)rig_assert_agreed(&r);
    assert_true(rig_now_ms - START_MS <= 1);
    rig_close(&r);
}

static void no_answer_at_all(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r);
    rig_open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    rig_open_end(&r, 1, RTP_DTLS_PASSIVE, false);
    rig_run(&r);
    rig_assert_state(&r, 1, RTP_DTLS_FAILED);
    assert_int_equal(rig_now_ms, START_MS + RTP_DTLS_PATIENCE_MS);
    rig_close(&r);
}

/* --- what both can --------------------------------------------------------------------------- */

static const struct suite_row {
    const char *name, *active, *passive;
    enum suite suite;
} suites[] = {
    {"AES-256 in GCM where both can", "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", NULL,
     SUITE_AEAD_AES_256_GCM},
    {"AES-128 in GCM", "SRTP_AEAD_AES_128_GCM", NULL, SUITE_AEAD_AES_128_GCM},
    {"the long tag", NULL, "SRTP_AES128_CM_SHA1_80", SUITE_AES_CM_128_HMAC_SHA1_80},
    {"the short tag", "SRTP_AES128_CM_SHA1_32", NULL, SUITE_AES_CM_128_HMAC_SHA1_32},
    {"nothing in common", "SRTP_AES128_CM_SHA1_32", "SRTP_AEAD_AES_128_GCM", SUITE_NONE},
};

static void check_suite(void **state)
{
    const struct suite_row *row = *state;
    const char *profiles[] = {row->active, row->passive};
    struct rig r;

    rig_open(&r);
    for (int i = 0; i < 2; i++)
        if (profiles[i])
            assert_int_equal(SSL_CTX_set_tlsext_use_srtp(r.identity[i]->ctx, profiles[i]), 0);
    rig_open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    rig_open_end(&r, 1, RTP_DTLS_PASSIVE, true);
    rig_run(&r);
    if (row->suite == SUITE_NONE) {
        rig_assert_failed(&r, 0, RTP_DTLS_NO_SUITE);
        rig_assert_failed(&r, 1, RTP_DTLS_NO_SUITE);
    } else {
        assert_int_equal(rig_assert_agreed(&r), row->suite);
    }
    rig_close(&r);
}

static void an_old_version_is_refused(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r);
    SSL_CTX_set_security_level(r.identity[0]->ctx, 0);
    assert_true(SSL_CTX_set_min_proto_version(r.identity[0]->ctx, DTLS1_VERSION));
    assert_true(SSL_CTX_set_max_proto_version(r.identity[0]->ctx, DTLS1_VERSION));
    assert_true(SSL_CTX_set_cipher_list(r.identity[0]->ctx, "ALL"));
    rig_open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    rig_open_end(&r, 1, RTP_DTLS_PASSIVE, true);
    rig_run(&r);
    rig_assert_failed(&r, 0, RTP_DTLS_REFUSED);
    rig_assert_state(&r, 1, RTP_DTLS_FAILED);
    rig_close(&r);
}

static const struct roles {
    const char *name;
    enum rtp_dtls_role role;
    enum rtp_dtls_trouble trouble;
} roles[] = {
    {"both want to begin", RTP_DTLS_ACTIVE, RTP_DTLS_SAME_ROLE},
    {"both wait", RTP_DTLS_PASSIVE, RTP_DTLS_SILENCE},
};

static void check_roles(void **state)
{
    const struct roles *row = *state;
    struct rig r;

    rig_open(&r);
    for (int i = 0; i < 2; i++)
        rig_open_end(&r, i, row->role, true);
    rig_run(&r);
    for (int i = 0; i < 2; i++)
        rig_assert_failed(&r, i, row->trouble);
    assert_true(rig_now_ms == START_MS + RTP_DTLS_PATIENCE_MS);
    assert_true(r.sent < 32);
    rig_close(&r);
}

/* --- strangers ------------------------------------------------------------------------------- */

/* A beginning of somebody who cannot read what is sent to the far end costs one answer, no longer
 * than what came, and the far end's own beginning counts as ever. */
static void a_stranger_begins(void **state)
{
    struct rtp_dtls_identity *his;
    struct rtp_dtls *stranger;
    struct slice d, answer;
    struct rig r;

    (void)state;
    rig_open_both(&r);
    assert_int_equal(rtp_dtls_identity_new(&his), 0);
    assert_int_equal(rtp_dtls_new(his, RTP_DTLS_ACTIVE, NULL, 0, rig_now_ms, &stranger), 0);
    assert_true(rtp_dtls_output(stranger, &d));
    for (unsigned i = 0; i < 1000; i++) {
        rtp_dtls_input(r.end[1], d, rig_now_ms);
        assert_true(rtp_dtls_output(r.end[1], &answer));
        assert_true(answer.n <= d.n);
        assert_false(rtp_dtls_output(r.end[1], &answer));
    }
    rig_run(&r);
    (void)rig_assert_agreed(&r);
    assert_true(rig_now_ms - START_MS <= 1);
    rtp_dtls_free(stranger);
    rtp_dtls_identity_free(his);
    rig_close(&r);
}

/* content type, DTLS 1.2, epoch 0, sequence number 5, two bytes: fatal, handshake_failure */
static const uint8_t forged_alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2, 2, 40};

static void forged_alerts_end_nothing(void **state)
{
    struct rig r;

    (void)state;
    rig_open_both(&r);
    for (unsigned i = 0; i < 40; i++) {
        for (int to = 0; to < 2; to++)
            rtp_dtls_input(r.end[to],
                           (struct slice){(const char *)forged_alert, sizeof forged_alert},
                           rig_now_ms);
        rig_collect(&r);
        if (r.n_flying)
            rig_deliver(&r);
    }
    rig_run(&r);
    (void)rig_assert_agreed(&r);
    assert_true(rig_now_ms - START_MS <= 1);
    rig_close(&r);
}

static void nothing_changes_afterwards(void **state)
{
    struct rtp_srtp_key before[2], after[2];
    struct rtp_dtls *stranger;
    struct slice d;
    struct rig r;

    (void)state;
    rig_open_both(&r);
    rig_run(&r);
    (void)rtp_dtls_keys(r.end[1], &before[0], &before[1]);
    assert_int_equal(rtp_dtls_new(r.identity[0], RTP_DTLS_ACTIVE, NULL, 0, rig_now_ms, &stranger),
                     0);
    assert_true(rtp_dtls_output(stranger, &d));
    rtp_dtls_input(r.end[1], d, rig_now_ms);
    rtp_dtls_input(r.end[1], (struct slice){(const char *)forged_alert, sizeof forged_alert},
                   rig_now_ms);
    assert_false(rtp_dtls_output(r.end[1], &d));
    assert_int_equal(rtp_dtls_deadline_ms(r.end[1]), UINT64_MAX);
    (void)rig_assert_agreed(&r);
    (void)rtp_dtls_keys(r.end[1], &after[0], &after[1]);
    assert_memory_equal(before[0].key, after[0].key, SUITE_MAX_KEY_BYTES);
    rtp_dtls_free(stranger);
    rig_close(&r);
}

static void goodbye(void **state)
{
    struct rtp_srtp_key keys[2];
    struct rig r;

    (void)state;
    rig_open_both(&r);
    rig_run(&r);
    rtp_dtls_close(r.end[0]);
    rig_run(&r);
    rig_assert_state(&r, 1, RTP_DTLS_CLOSED);
    assert_int_equal(rtp_dtls_keys(r.end[1], &keys[0], &keys[1]), -EAGAIN);
    rig_close(&r);
}

/* --- the wall clock -------------------------------------------------------------------------- */

static void the_wall_clock_jumps(void **state)
{
    struct rig r;

    (void)state;
    for (int days = -1; days <= 1; days += 2) {
        rig_open_both(&r);
        rig_run(&r);
        rig_wall_shift_s = days * 86400;
        assert_int_equal(rtp_dtls_deadline_ms(r.end[0]), UINT64_MAX);
        assert_int_equal(rtp_dtls_deadline_ms(r.end[1]), UINT64_MAX);
        rig_close(&r);

        rig_open_both(&r);
        rig_wall_shift_s = days * 86400;
        rig_run(&r);
        (void)rig_assert_agreed(&r);
        rig_close(&r);
    }
    rig_open_both(&r);
    rig_wall_shift_s = -86400;
    r.lost_mask = 1; /* is repeated by the next try only */
    rig_run(&r);
    (void)rig_assert_agreed(&r);
    assert_true(rig_now_ms - START_MS <= RTP_DTLS_TRY_MS + RTP_DTLS_MAX_PAUSE_MS);
    rig_close(&r);
}

/* --- identities ------------------------------------------------------------------------------ */

static void an_identity_is_read_as_it_was_written(void **state)
{
    struct rtp_dtls_identity *a, *b;
    struct buf pem = buf_new(RTP_DTLS_MAX_PEM);

    (void)state;
    assert_int_equal(rtp_dtls_identity_new(&a), 0);
    assert_int_equal(rtp_dtls_identity_print(a, &pem), 0);
    assert_int_equal(rtp_dtls_identity_parse(buf_slice(&pem), &b), 0);
    assert_true(fingerprint_eq(rtp_dtls_identity_fingerprint(a), rtp_dtls_identity_fingerprint(b)));
    for (size_t n = 0; n + 8 < pem.n; n += 7) {
        struct rtp_dtls_identity *cut = NULL;

        assert_int_equal(rtp_dtls_identity_parse(slice_head(buf_slice(&pem), n), &cut), -EBADMSG);
    }
    buf_free(&pem);
    rtp_dtls_identity_free(a);
    rtp_dtls_identity_free(b);
}

static void key_and_certificate_belong_together(void **state)
{
    struct rtp_dtls_identity *a, *b, *mixed = NULL;
    struct buf first = buf_new(RTP_DTLS_MAX_PEM), second = buf_new(RTP_DTLS_MAX_PEM);
    const char *at;

    (void)state;
    assert_int_equal(rtp_dtls_identity_new(&a), 0);
    assert_int_equal(rtp_dtls_identity_new(&b), 0);
    assert_int_equal(rtp_dtls_identity_print(a, &first), 0);
    assert_int_equal(rtp_dtls_identity_print(b, &second), 0);
    at = strstr(buf_cstr(&first), "-----BEGIN CERTIFICATE");
    assert_non_null(at);
    first.n = (size_t)(at - first.p);
    at = strstr(buf_cstr(&second), "-----BEGIN CERTIFICATE");
    buf_puts(&first, at);
    assert_int_equal(rtp_dtls_identity_parse(buf_slice(&first), &mixed), -EBADMSG);
    buf_free(&first);
    buf_free(&second);
    rtp_dtls_identity_free(a);
    rtp_dtls_identity_free(b);
}

static void a_certificate_tells_of_nobody(void **state)
{
    struct rtp_dtls_identity *identity;
    char name[128];

    (void)state;
    assert_int_equal(rtp_dtls_identity_new(&identity), 0);
    X509_NAME_oneline(X509_get_subject_name(identity->certificate), name, sizeof name);
    assert_string_equal(name, "/CN=tphone");
    rtp_dtls_identity_free(identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_tries_are_followed_by_a_good_one),
        cmocka_unit_test(a_late_answer),
        cmocka_unit_test(the_passive_end_is_late),
        cmocka_unit_test(the_active_end_begins_anew),
        cmocka_unit_test(no_answer_at_all),
        cmocka_unit_test(an_old_version_is_refused),
        cmocka_unit_test(a_stranger_begins),
        cmocka_unit_test(forged_alerts_end_nothing),
        cmocka_unit_test(nothing_changes_afterwards),
        cmocka_unit_test(goodbye),
        cmocka_unit_test(the_wall_clock_jumps),
        cmocka_unit_test(an_identity_is_read_as_it_was_written),
        cmocka_unit_test(key_and_certificate_belong_together),
        cmocka_unit_test(a_certificate_tells_of_nobody),
    };
    int failed = cmocka_run_group_tests_name("rtp/dtls", tests, NULL, NULL);

    failed += RUN_ROWS("rtp/dtls: paths", paths, check_path);
    failed += RUN_ROWS("rtp/dtls: fingerprints", tellings, check_telling);
    failed += RUN_ROWS("rtp/dtls: suites", suites, check_suite);
    failed += RUN_ROWS("rtp/dtls: roles", roles, check_roles);
    return failed;
}
