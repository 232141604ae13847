/* DTLS-SRTP: two ends and a path between them that loses, repeats, reorders, and has strangers on
 * it. The clock is the test's, also the wall clock that OpenSSL reads. */
#include <openssl/ssl.h>
#include <errno.h>
#include <sys/time.h>

#include "tests/lib/rows.h"
#include "rtp/dtls.h"
#include "rtp/dtls_private.h"

#define START_MS 1000000u
#define TOO_LATE_MS (START_MS + 40000u)
#define MAX_FLYING 64

static uint64_t now_ms;
static int64_t wall_shift_s;

/* In the place of the C library's. */
int gettimeofday(struct timeval *out, void *zone)
{
    (void)zone;
    out->tv_sec = (time_t)((int64_t)(now_ms / 1000) + 1700000000 + wall_shift_s);
    out->tv_usec = (suseconds_t)(now_ms % 1000 * 1000);
    return 0;
}

/* --- two ends -------------------------------------------------------------------------------- */

struct flying {
    int to;
    size_t n;
    uint8_t bytes[RTP_DTLS_MAX_DATAGRAM];
};

struct rig {
    struct rtp_dtls_identity *identity[2];
    struct rtp_dtls *end[2];
    struct flying flying[MAX_FLYING];
    size_t n_flying;
    unsigned sent; /* by both together */
    unsigned lost_mask;
    bool twice, backwards, rubbish, cut, bent;
    size_t piece;        /* of a ClientHello, in bytes; 0: it stays whole */
    bool together;       /* all of its pieces in one datagram */
    unsigned lost_piece; /* the so-manyth of all, from 1; 0: none */
    unsigned pieces;     /* that have been sent */
};

static const struct fingerprint *of(const struct rig *r, int whose)
{
    return rtp_dtls_identity_fingerprint(r->identity[whose]);
}

static void open_rig(struct rig *r)
{
    *r = (struct rig){0};
    now_ms = START_MS;
    wall_shift_s = 0;
    for (int i = 0; i < 2; i++)
        assert_int_equal(rtp_dtls_identity_new(&r->identity[i]), 0);
}

static void open_end(struct rig *r, int i, enum rtp_dtls_role role, bool known)
{
    assert_int_equal(rtp_dtls_new(r->identity[i], role, of(r, !i), known, now_ms, &r->end[i]), 0);
}

static void open_both(struct rig *r)
{
    open_rig(r);
    open_end(r, 0, RTP_DTLS_ACTIVE, true);
    open_end(r, 1, RTP_DTLS_PASSIVE, true);
}

static void close_rig(struct rig *r)
{
    for (int i = 0; i < 2; i++) {
        rtp_dtls_free(r->end[i]);
        rtp_dtls_identity_free(r->identity[i]);
    }
}

static void fly(struct rig *r, int to, const void *bytes, size_t n)
{
    struct flying *f = &r->flying[r->n_flying];

    if (r->n_flying == MAX_FLYING)
        return;
    *f = (struct flying){.to = to, .n = n};
    memcpy(f->bytes, bytes, n);
    r->n_flying++;
}

static void harm(struct rig *r, int to, struct slice d)
{
    uint8_t bytes[RTP_DTLS_MAX_DATAGRAM];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + r->sent);
    bytes[0] = (uint8_t)(20 + r->sent % 44);
    if (r->rubbish)
        fly(r, to, bytes, 1 + r->sent * 97 % 1400);
    memcpy(bytes, d.p, d.n);
    if (r->cut)
        fly(r, to, bytes, d.n / 2);
    bytes[r->sent * 31 % d.n] ^= 0x11;
    if (r->bent)
        fly(r, to, bytes, d.n);
}

#define RECORD 13  /* bytes before what is in a record */
#define MESSAGE 12 /* bytes before what is in a message of a handshake */

/* A record before the keys, with another number: there are more of them than their sender knows. */
static size_t put_record(uint8_t *to, const uint8_t *head, unsigned nth, const uint8_t *body,
                         size_t n)
{
    memcpy(to, head, RECORD);
    to[9] = (uint8_t)(head[10] >> 3);
    to[10] = (uint8_t)((unsigned)head[10] << 5 | nth);
    to[11] = (uint8_t)(n >> 8);
    to[12] = (uint8_t)n;
    memcpy(to + RECORD, body, n);
    return RECORD + n;
}

static void put24(uint8_t *to, size_t n)
{
    to[0] = (uint8_t)(n >> 16);
    to[1] = (uint8_t)(n >> 8);
    to[2] = (uint8_t)n;
}

/* RFC 6347 4.2.3. Flies all but what stays in out. */
static size_t put_pieces(struct rig *r, int to, const uint8_t *head, size_t n, uint8_t *out)
{
    const uint8_t *message = head + RECORD, *body = message + MESSAGE;
    size_t at = 0, put = 0;

    for (unsigned nth = 0; at < n - MESSAGE; nth++) {
        size_t left = n - MESSAGE - at, size = left < r->piece ? left : r->piece;
        uint8_t piece[RTP_DTLS_MTU];

        memcpy(piece, message, 6);
        put24(piece + 6, at);
        put24(piece + 9, size);
        memcpy(piece + MESSAGE, body + at, size);
        put += put_record(out + put, head, nth, piece, MESSAGE + size);
        at += size;
        if (r->together)
            continue;
        if (++r->pieces != r->lost_piece)
            fly(r, to, out, put);
        if (r->twice)
            fly(r, to, out, put);
        put = 0;
    }
    return put;
}

static bool fly_in_pieces(struct rig *r, int to, struct slice d)
{
    uint8_t out[RTP_DTLS_MAX_DATAGRAM];
    size_t n = 0;

    if (!r->piece || to == 0)
        return false;
    while (d.n > 0) {
        const uint8_t *head = (const uint8_t *)d.p;
        size_t body = (size_t)head[11] << 8 | head[12];
        bool hello = head[0] == 22 && head[4] == 0 && head[RECORD] == 1;

        if (hello) {
            n += put_pieces(r, to, head, body, out + n);
        } else if (head[4] == 0) {
            n += put_record(out + n, head, 0, head + RECORD, body);
        } else {
            memcpy(out + n, head, RECORD + body);
            n += RECORD + body;
        }
        d = slice_skip(d, RECORD + body);
    }
    if (n > 0)
        fly(r, to, out, n);
    return true;
}

static void collect(struct rig *r)
{
    struct slice d;

    for (int i = 0; i < 2; i++)
        while (r->end[i] && rtp_dtls_output(r->end[i], &d)) {
            unsigned n = r->sent++;

            assert_in_range(d.n, 1, RTP_DTLS_MTU);
            if (n < 32 && (r->lost_mask & 1u << n))
                continue;
            harm(r, !i, d);
            if (fly_in_pieces(r, !i, d))
                continue;
            fly(r, !i, d.p, d.n);
            if (r->twice)
                fly(r, !i, d.p, d.n);
        }
}

static void deliver(struct rig *r)
{
    struct flying f = r->flying[r->backwards ? r->n_flying - 1 : 0];

    r->n_flying--;
    if (!r->backwards)
        memmove(r->flying, r->flying + 1, r->n_flying * sizeof f);
    if (r->end[f.to])
        rtp_dtls_input(r->end[f.to], (struct slice){(const char *)f.bytes, f.n}, now_ms);
}

static uint64_t next_deadline(const struct rig *r)
{
    uint64_t at = UINT64_MAX;

    for (int i = 0; i < 2; i++)
        if (r->end[i] && rtp_dtls_deadline_ms(r->end[i]) < at)
            at = rtp_dtls_deadline_ms(r->end[i]);
    return at;
}

/* Until nobody waits for anything. */
static void run(struct rig *r)
{
    for (unsigned steps = 0; steps < 100000; steps++) {
        uint64_t at;

        collect(r);
        if (r->n_flying) {
            deliver(r);
            continue;
        }
        at = next_deadline(r);
        if (at > TOO_LATE_MS)
            return;
        now_ms = at > now_ms ? at : now_ms;
        for (int i = 0; i < 2; i++)
            if (r->end[i])
                rtp_dtls_tick(r->end[i], now_ms);
    }
    fail_msg("they never come to an end");
}

static void assert_state(const struct rig *r, int i, enum rtp_dtls_state state)
{
    assert_int_equal(rtp_dtls_state(r->end[i]), state);
}

static void assert_failed(const struct rig *r, int i, enum rtp_dtls_trouble trouble)
{
    struct rtp_srtp_key keys[2];

    assert_state(r, i, RTP_DTLS_FAILED);
    assert_int_equal(rtp_dtls_trouble(r->end[i]), trouble);
    assert_int_equal(rtp_dtls_keys(r->end[i], &keys[0], &keys[1]), -EAGAIN);
}

static enum suite assert_agreed(const struct rig *r)
{
    struct rtp_srtp_key send[2], receive[2];

    for (int i = 0; i < 2; i++) {
        assert_state(r, i, RTP_DTLS_READY);
        assert_int_equal(rtp_dtls_keys(r->end[i], &send[i], &receive[i]), 0);
    }
    assert_int_not_equal(send[0].suite, SUITE_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(send[i].suite, receive[!i].suite);
        assert_memory_equal(send[i].key, receive[!i].key, suite_key_bytes(send[i].suite));
    }
    assert_memory_not_equal(send[0].key, send[1].key, suite_key_bytes(send[0].suite));
    return send[0].suite;
}

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

    open_both(&r);
    r.lost_mask = path->lost_mask;
    r.twice = path->twice;
    r.backwards = path->backwards;
    r.rubbish = path->rubbish;
    r.cut = path->cut;
    r.piece = path->piece;
    r.together = path->together;
    r.lost_piece = path->lost_piece;
    run(&r);
    assert_int_equal(assert_agreed(&r), SUITE_AEAD_AES_256_GCM);
    assert_true(now_ms - START_MS <= path->within_ms);
    close_rig(&r);
}

/* Somebody sends a bent copy ahead of each datagram until the handshake breaks a few times; from
 * then on he is silent, and it comes about all the same. */
static void broken_tries_are_followed_by_a_good_one(void **state)
{
    struct rig r;

    (void)state;
    open_both(&r);
    r.bent = true;
    for (unsigned i = 0; i < 12; i++) {
        collect(&r);
        if (r.n_flying)
            deliver(&r);
    }
    r.bent = false;
    run(&r);
    (void)assert_agreed(&r);
    close_rig(&r);
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

        open_rig(&r);
        for (size_t i = 0; i < n; i++) {
            fingerprints[i] = hashed(&r, !who, told->hash[i]);
            fingerprints[i].bytes[3] ^= told->wrong[i];
        }
        assert_int_equal(rtp_dtls_new(r.identity[who], who ? RTP_DTLS_PASSIVE : RTP_DTLS_ACTIVE,
                                      fingerprints, n, now_ms, &r.end[who]),
                         0);
        open_end(&r, !who, who ? RTP_DTLS_ACTIVE : RTP_DTLS_PASSIVE, true);
        run(&r);
        if (told->accepted)
            (void)assert_agreed(&r);
        else
            assert_failed(&r, who, RTP_DTLS_WRONG_CERTIFICATE);
        close_rig(&r);
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

        open_rig(&r);
        open_end(&r, 0, RTP_DTLS_ACTIVE, true);
        open_end(&r, 1, RTP_DTLS_PASSIVE, false);
        for (unsigned i = 0; i < 100; i++) {
            collect(&r);
            if (r.n_flying)
                deliver(&r);
        }
        assert_state(&r, 0, RTP_DTLS_READY);
        assert_state(&r, 1, RTP_DTLS_UNVERIFIED);
        assert_int_equal(rtp_dtls_keys(r.end[1], &keys[0], &keys[1]), -EAGAIN);
        said = *of(&r, 0);
        said.bytes[31] ^= (uint8_t)wrong;
        rtp_dtls_expect(r.end[1], &said, 1, now_ms);
        run(&r);
        if (wrong)
            assert_failed(&r, 1, RTP_DTLS_WRONG_CERTIFICATE);
        else
            (void)assert_agreed(&r);
        close_rig(&r);
    }
}

/* The far end begins later than we, and we know that it will. */
static void the_passive_end_is_late(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    while (now_ms < START_MS + 6000) {
        collect(&r);
        r.n_flying = 0;
        now_ms = next_deadline(&r);
        rtp_dtls_tick(r.end[0], now_ms);
        rtp_dtls_wait(r.end[0], now_ms);
    }
    open_end(&r, 1, RTP_DTLS_PASSIVE, true);
    run(&r);
    (void)assert_agreed(&r);
    assert_true(now_ms < START_MS + 6000 + 2 * RTP_DTLS_MAX_RETRY_MS);
    close_rig(&r);
}

/* The active end loses its memory in the middle; the passive one notices by the new beginning. */
static void the_active_end_begins_anew(void **state)
{
    struct rig r;

    (void)state;
    open_both(&r);
    r.lost_mask = 1u << 4; /* the client's second flight */
    while (r.sent < 5) {
        collect(&r);
        if (r.n_flying)
            deliver(&r);
    }
    rtp_dtls_free(r.end[0]);
    open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    run(&r);
    (void)assert_agreed(&r);
    assert_true(now_ms - START_MS <= 1);
    close_rig(&r);
}

static void no_answer_at_all(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    open_end(&r, 1, RTP_DTLS_PASSIVE, false);
    run(&r);
    assert_state(&r, 1, RTP_DTLS_FAILED);
    assert_int_equal(now_ms, START_MS + RTP_DTLS_PATIENCE_MS);
    close_rig(&r);
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

    open_rig(&r);
    for (int i = 0; i < 2; i++)
        if (profiles[i])
            assert_int_equal(SSL_CTX_set_tlsext_use_srtp(r.identity[i]->ctx, profiles[i]), 0);
    open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    open_end(&r, 1, RTP_DTLS_PASSIVE, true);
    run(&r);
    if (row->suite == SUITE_NONE) {
        assert_failed(&r, 0, RTP_DTLS_NO_SUITE);
        assert_failed(&r, 1, RTP_DTLS_NO_SUITE);
    } else {
        assert_int_equal(assert_agreed(&r), row->suite);
    }
    close_rig(&r);
}

static void an_old_version_is_refused(void **state)
{
    struct rig r;

    (void)state;
    open_rig(&r);
    SSL_CTX_set_security_level(r.identity[0]->ctx, 0);
    assert_true(SSL_CTX_set_min_proto_version(r.identity[0]->ctx, DTLS1_VERSION));
    assert_true(SSL_CTX_set_max_proto_version(r.identity[0]->ctx, DTLS1_VERSION));
    assert_true(SSL_CTX_set_cipher_list(r.identity[0]->ctx, "ALL"));
    open_end(&r, 0, RTP_DTLS_ACTIVE, true);
    open_end(&r, 1, RTP_DTLS_PASSIVE, true);
    run(&r);
    assert_failed(&r, 0, RTP_DTLS_REFUSED);
    assert_state(&r, 1, RTP_DTLS_FAILED);
    close_rig(&r);
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

    open_rig(&r);
    for (int i = 0; i < 2; i++)
        open_end(&r, i, row->role, true);
    run(&r);
    for (int i = 0; i < 2; i++)
        assert_failed(&r, i, row->trouble);
    assert_true(now_ms == START_MS + RTP_DTLS_PATIENCE_MS);
    assert_true(r.sent < 32);
    close_rig(&r);
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
    open_both(&r);
    assert_int_equal(rtp_dtls_identity_new(&his), 0);
    assert_int_equal(rtp_dtls_new(his, RTP_DTLS_ACTIVE, NULL, 0, now_ms, &stranger), 0);
    assert_true(rtp_dtls_output(stranger, &d));
    for (unsigned i = 0; i < 1000; i++) {
        rtp_dtls_input(r.end[1], d, now_ms);
        assert_true(rtp_dtls_output(r.end[1], &answer));
        assert_true(answer.n <= d.n);
        assert_false(rtp_dtls_output(r.end[1], &answer));
    }
    run(&r);
    (void)assert_agreed(&r);
    assert_true(now_ms - START_MS <= 1);
    rtp_dtls_free(stranger);
    rtp_dtls_identity_free(his);
    close_rig(&r);
}

/* content type, DTLS 1.2, epoch 0, sequence number 5, two bytes: fatal, handshake_failure */
static const uint8_t forged_alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2, 2, 40};

static void forged_alerts_end_nothing(void **state)
{
    struct rig r;

    (void)state;
    open_both(&r);
    for (unsigned i = 0; i < 40; i++) {
        for (int to = 0; to < 2; to++)
            rtp_dtls_input(r.end[to],
                           (struct slice){(const char *)forged_alert, sizeof forged_alert}, now_ms);
        collect(&r);
        if (r.n_flying)
            deliver(&r);
    }
    run(&r);
    (void)assert_agreed(&r);
    assert_true(now_ms - START_MS <= 1);
    close_rig(&r);
}

static void nothing_changes_afterwards(void **state)
{
    struct rtp_srtp_key before[2], after[2];
    struct rtp_dtls *stranger;
    struct slice d;
    struct rig r;

    (void)state;
    open_both(&r);
    run(&r);
    (void)rtp_dtls_keys(r.end[1], &before[0], &before[1]);
    assert_int_equal(rtp_dtls_new(r.identity[0], RTP_DTLS_ACTIVE, NULL, 0, now_ms, &stranger), 0);
    assert_true(rtp_dtls_output(stranger, &d));
    rtp_dtls_input(r.end[1], d, now_ms);
    rtp_dtls_input(r.end[1], (struct slice){(const char *)forged_alert, sizeof forged_alert},
                   now_ms);
    assert_false(rtp_dtls_output(r.end[1], &d));
    assert_int_equal(rtp_dtls_deadline_ms(r.end[1]), UINT64_MAX);
    (void)assert_agreed(&r);
    (void)rtp_dtls_keys(r.end[1], &after[0], &after[1]);
    assert_memory_equal(before[0].key, after[0].key, SUITE_MAX_KEY_BYTES);
    rtp_dtls_free(stranger);
    close_rig(&r);
}

static void goodbye(void **state)
{
    struct rtp_srtp_key keys[2];
    struct rig r;

    (void)state;
    open_both(&r);
    run(&r);
    rtp_dtls_close(r.end[0]);
    run(&r);
    assert_state(&r, 1, RTP_DTLS_CLOSED);
    assert_int_equal(rtp_dtls_keys(r.end[1], &keys[0], &keys[1]), -EAGAIN);
    close_rig(&r);
}

/* --- the wall clock -------------------------------------------------------------------------- */

static void the_wall_clock_jumps(void **state)
{
    struct rig r;

    (void)state;
    for (int days = -1; days <= 1; days += 2) {
        open_both(&r);
        run(&r);
        wall_shift_s = days * 86400;
        assert_int_equal(rtp_dtls_deadline_ms(r.end[0]), UINT64_MAX);
        assert_int_equal(rtp_dtls_deadline_ms(r.end[1]), UINT64_MAX);
        close_rig(&r);

        open_both(&r);
        wall_shift_s = days * 86400;
        run(&r);
        (void)assert_agreed(&r);
        close_rig(&r);
    }
    open_both(&r);
    wall_shift_s = -86400;
    r.lost_mask = 1; /* is repeated by the next try only */
    run(&r);
    (void)assert_agreed(&r);
    assert_true(now_ms - START_MS <= RTP_DTLS_TRY_MS + RTP_DTLS_MAX_PAUSE_MS);
    close_rig(&r);
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
