/* Who encrypts by DTLS, in which role, and what comes before what: two exchanges against each
 * other, and single descriptions against one (RFC 5763, RFC 8842, RFC 8643). */
#include <errno.h>
#include <stdio.h>

#include "sdp/exchange.h"
#include "tests/lib/rows.h"
#include "tests/lib/sdp_text.h"

#define ROOM 8000
#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n"
#define CRYPTO                                                                                     \
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
#define SIXTEEN "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F"
#define SHA_256 "a=fingerprint:sha-256 " SIXTEEN ":" SIXTEEN "\n"
#define ELEVENS "11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11"
#define SHA_256_OTHER "a=fingerprint:sha-256 " SIXTEEN ":" ELEVENS "\n"
#define SHA_1 "a=fingerprint:sha-1 " SIXTEEN ":00:01:02:03\n"
#define DTLS "m=audio 5004 UDP/TLS/RTP/SAVP 0\n"

/* With a certificate, and keys for a=crypto where asked for. */
static struct sdp_exchange *phone(enum sdp_encryption encryption, bool crypto, bool offered,
                                  uint8_t seed)
{
    static struct rng rng; /* lives as long as its keys */
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x = NULL;

    rng = rng_seeded(seed);
    local.keying.encryption = encryption;
    if (crypto)
        sdp_keying_new(&rng, encryption, offered, &local.keying);
    local.keying.certificate = (struct fingerprint){FINGERPRINT_SHA256, {seed, 2, 3}};
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    return x;
}

static void offer_and_answer(struct sdp_exchange *one, struct sdp_exchange *other)
{
    struct buf offer = buf_new(ROOM), answer = buf_new(ROOM);

    assert_int_equal(sdp_exchange_offer(one, &offer), 0);
    assert_int_equal(sdp_exchange_take_offer(other, buf_slice(&offer)), 0);
    assert_int_equal(sdp_exchange_answer(other, &answer), 0);
    assert_int_equal(sdp_exchange_take_answer(one, buf_slice(&answer)), 0);
    buf_free(&offer);
    buf_free(&answer);
}

static void assert_dtls(const struct sdp_exchange *active, const struct sdp_exchange *passive)
{
    const struct sdp_secured *a = sdp_secured_of(active), *p = sdp_secured_of(passive);

    assert_int_equal(a->by, SDP_DTLS);
    assert_int_equal(p->by, SDP_DTLS);
    assert_true(a->active && !p->active);
    assert_true(fingerprint_eq(&a->theirs.fingerprints[0],
                               &sdp_exchange_local(passive)->keying.certificate));
    assert_true(fingerprint_eq(&p->theirs.fingerprints[0],
                               &sdp_exchange_local(active)->keying.certificate));
}

/* --- one offers, the other answers ----------------------------------------------------------- */

static const struct two_row {
    const char *name;
    enum sdp_encryption one, other;
    bool one_crypto, other_crypto, offered;
    enum sdp_keyed by;
    const char *profile;
} two_rows[] = {
    {"prefer and prefer: RTP/AVP (RFC 8643)", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_PREFER, false, false,
     false, SDP_DTLS, " RTP/AVP "},
    {"require and prefer: the profile of DTLS", SDP_ENCRYPT_REQUIRE, SDP_ENCRYPT_PREFER, false,
     false, false, SDP_DTLS, " UDP/TLS/RTP/SAVP "},
    {"prefer and off", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_OFF, false, false, false, SDP_CLEAR,
     " RTP/AVP "},
    {"both ways, and both ends can both: SDES", SDP_ENCRYPT_REQUIRE, SDP_ENCRYPT_REQUIRE, true,
     true, true, SDP_SDES, " RTP/SAVP "},
    {"both ways, and the other end can DTLS", SDP_ENCRYPT_REQUIRE, SDP_ENCRYPT_REQUIRE, true, false,
     true, SDP_DTLS, " RTP/SAVP "},
    {"SDES is not to be offered", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_PREFER, true, true, false,
     SDP_DTLS, " RTP/AVP "},
};

static void check_two(void **state)
{
    const struct two_row *row = *state;
    struct sdp_exchange *one = phone(row->one, row->one_crypto, row->offered, 1),
                        *other = phone(row->other, row->other_crypto, row->offered, 2);

    offer_and_answer(one, other);
    assert_true(sdp_says(sdp_exchange_ours(one), row->profile));
    assert_true(sdp_says(sdp_exchange_ours(one), "a=setup:actpass"));
    assert_int_equal(sdp_says(sdp_exchange_ours(one), "a=crypto"), row->one_crypto && row->offered);
    if (row->by == SDP_DTLS)
        assert_dtls(other, one);
    else
        assert_int_equal(sdp_secured_of(one)->by, row->by);
    assert_int_equal(sdp_says(sdp_exchange_ours(other), "a=setup:active"), row->by == SDP_DTLS);
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* RFC 8842 5.3: whoever offers again, the roles and with them the keys stay. */
static void roles_stay(void **state)
{
    struct sdp_exchange *one = phone(SDP_ENCRYPT_PREFER, false, false, 1),
                        *other = phone(SDP_ENCRYPT_PREFER, false, false, 2);

    (void)state;
    offer_and_answer(one, other);
    for (int i = 0; i < 4; i++) {
        struct sdp_exchange *asks = i % 2 ? one : other, *answers = i % 2 ? other : one;

        assert_int_equal(sdp_exchange_set_direction(asks, i < 2 ? SDP_SENDONLY : SDP_SENDRECV), 0);
        offer_and_answer(asks, answers);
        assert_dtls(other, one);
    }
    assert_int_equal(sdp_exchange_take_offer(one, slice_of(HEAD "m=audio 5004 RTP/AVP 0\n")),
                     -ENOKEY);
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* --- tls-id (RFC 8842) ----------------------------------------------------------------------- */

#define ONE_ID "one0one1one2one3one4one5"

static struct sdp_exchange *phone_with_id(void)
{
    struct rng rng = rng_seeded(1);
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x = NULL;

    local.keying.certificate = (struct fingerprint){FINGERPRINT_SHA256, {1, 2, 3}};
    memcpy(local.keying.tls_id, ONE_ID, sizeof ONE_ID);
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    return x;
}

/* The shortest offer of x, which is then taken back. */
static bool shortest_says(struct sdp_exchange *x, const char *text)
{
    struct buf shortest = buf_new(ROOM);
    bool says;

    sdp_exchange_set_room(x, 1);
    assert_int_equal(sdp_exchange_offer(x, &shortest), 0);
    assert_true(sdp_says(buf_slice(&shortest), "a=fingerprint"));
    says = sdp_says(buf_slice(&shortest), text);
    sdp_exchange_rollback(x);
    buf_free(&shortest);
    return says;
}

/* 5.2, 5.5: our offers have one, and always the same. Whoever has heard of it may take an offer
 * without for another association, whatever room there is. */
static void id_offered(void **state)
{
    struct sdp_exchange *one = phone_with_id(), *other = phone(SDP_ENCRYPT_PREFER, false, false, 2);

    (void)state;
    offer_and_answer(one, other);
    assert_true(sdp_says(sdp_exchange_ours(one), "a=tls-id:" ONE_ID "\r\n"));
    assert_false(sdp_says(sdp_exchange_ours(other), "a=tls-id"));
    assert_true(shortest_says(one, "a=tls-id:" ONE_ID "\r\n"));
    assert_int_equal(sdp_exchange_set_direction(one, SDP_SENDONLY), 0);
    offer_and_answer(one, other);
    assert_true(sdp_says(sdp_exchange_ours(one), "a=tls-id:" ONE_ID "\r\n"));
    assert_true(shortest_says(one, "a=tls-id:" ONE_ID "\r\n"));
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* Nobody has heard of it where there was no room for it from the start. */
static void id_without_room(void **state)
{
    struct sdp_exchange *one = phone_with_id(), *other = phone(SDP_ENCRYPT_PREFER, false, false, 2);

    (void)state;
    assert_false(shortest_says(one, "a=tls-id"));
    offer_and_answer(one, other);
    assert_false(sdp_says(sdp_exchange_ours(one), "a=tls-id"));
    assert_false(shortest_says(one, "a=tls-id"));
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* 5.3: an answer has one where the offer does. */
static void id_answered(void **state)
{
    struct buf answer = buf_new(ROOM);
    struct sdp_exchange *x = phone_with_id();

    (void)state;
    assert_int_equal(sdp_exchange_take_offer(x, slice_of(HEAD DTLS SHA_256)), 0);
    assert_int_equal(sdp_exchange_answer(x, &answer), 0);
    assert_false(sdp_says(buf_slice(&answer), "a=tls-id"));
    buf_clear(&answer);
    assert_int_equal(
        sdp_exchange_take_offer(x, slice_of(HEAD DTLS SHA_256 "a=tls-id:abcdefghij0123456789\n")),
        0);
    assert_int_equal(sdp_exchange_answer(x, &answer), 0);
    assert_true(sdp_says(buf_slice(&answer), "a=tls-id:" ONE_ID "\r\n"));
    assert_true(shortest_says(x, "a=tls-id:" ONE_ID "\r\n"));
    buf_clear(&answer);
    assert_int_equal(sdp_exchange_take_offer(x, slice_of(HEAD DTLS SHA_256)), 0);
    assert_int_equal(sdp_exchange_answer(x, &answer), 0);
    assert_false(sdp_says(buf_slice(&answer), "a=tls-id"));
    assert_true(shortest_says(x, "a=tls-id:" ONE_ID "\r\n")); /* they have heard of it */
    buf_free(&answer);
    sdp_exchange_free(x);
}

/* --- of strangers ---------------------------------------------------------------------------- */

static const struct text_row {
    const char *name, *text;
    bool answer;
    int err;
    const char *ours; /* in our answer */
} text_rows[] = {
    {"passive is answered active", DTLS SHA_256 "a=setup:passive\n", false, 0, "a=setup:active"},
    {"active is answered passive", DTLS SHA_256 "a=setup:active\n", false, 0, "a=setup:passive"},
    {"as browsers write it", "m=audio 5004 UDP/TLS/RTP/SAVPF 0\n" SHA_256 "a=setup:actpass\n",
     false, 0, " UDP/TLS/RTP/SAVPF 0"},
    {"holdconn", DTLS SHA_256 "a=setup:holdconn\n", false, -ENOKEY, NULL},
    {"SHA-1 alone", DTLS SHA_1 "a=setup:actpass\n", false, -ENOKEY, NULL},
    {"SHA-1 beside a better one", DTLS SHA_1 SHA_256 "a=setup:actpass\n", false, 0,
     "a=setup:active"},
    {"keys by SDES under the profile of DTLS", DTLS CRYPTO, false, -ENOKEY, NULL},
    {"both by a stranger: DTLS, as our keys would be read",
     "m=audio 5004 RTP/SAVP 0\n" CRYPTO SHA_256 "a=setup:actpass\n", false, 0, "a=setup:active"},
    {"an answer that waits", DTLS SHA_256 "a=setup:passive\n", true, 0, NULL},
    {"an answer that is a question", DTLS SHA_256 "a=setup:actpass\n", true, -ENOKEY, NULL},
    {"an answer with SHA-1 would be noise", "m=audio 5004 RTP/AVP 0\n" SHA_1 "a=setup:active\n",
     true, -ENOKEY, NULL},
    {"the same for the session", SHA_1 "a=setup:active\nm=audio 5004 RTP/AVP 0\n", true, -ENOKEY,
     NULL},
    {"a question for the session", SHA_256 "a=setup:actpass\nm=audio 5004 RTP/AVP 0\n", true,
     -ENOKEY, NULL},
    {"a role that is missing", SHA_256 "m=audio 5004 RTP/AVP 0\n", true, -ENOKEY, NULL},
    {"an answer without", "m=audio 5004 RTP/AVP 0\n", true, 0, NULL},
};

/* They answer what we offer, or offer and are answered. */
static void hear(struct sdp_exchange *x, const char *media, bool answer, int err, struct buf *ours)
{
    char text[ROOM];

    snprintf(text, sizeof text, "%s%s", HEAD, media);
    if (answer) {
        assert_int_equal(sdp_exchange_offer(x, ours), 0);
        assert_int_equal(sdp_exchange_take_answer(x, slice_of(text)), err);
        return;
    }
    assert_int_equal(sdp_exchange_take_offer(x, slice_of(text)), err);
    if (!err)
        assert_int_equal(sdp_exchange_answer(x, ours), 0);
}

static void check_text(void **state)
{
    const struct text_row *row = *state;
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, true, false, 3);
    struct buf ours = buf_new(ROOM);

    hear(x, row->text, row->answer, row->err, &ours);
    assert_true(!row->ours || sdp_says(buf_slice(&ours), row->ours));
    buf_free(&ours);
    sdp_exchange_free(x);
}

/* --- what comes behind it -------------------------------------------------------------------- */

/* A call by DTLS: they began it and are active. Then they offer again, or answer what we offer. */
static const struct later_row {
    const char *name, *text;
    bool offered, answer;
    int err;
    enum sdp_keyed by;
} later_rows[] = {
    {"keys in the clear do not replace it", "m=audio 5004 RTP/AVP 0\n" CRYPTO, false, false,
     -ENOKEY, SDP_DTLS},
    {"nor do they by their profile", "m=audio 5004 RTP/SAVP 0\n" CRYPTO, false, false, -ENOKEY,
     SDP_DTLS},
    {"keys that we would offer do", "m=audio 5004 RTP/SAVP 0\n" CRYPTO, true, false, 0, SDP_SDES},
    {"an answer that is a question keeps the roles",
     "m=audio 5004 RTP/AVP 0\n" SHA_256 "a=setup:actpass\n", false, true, 0, SDP_DTLS},
    {"so does one without a role", "m=audio 5004 RTP/AVP 0\n" SHA_256, false, true, 0, SDP_DTLS},
    {"not with another certificate", "m=audio 5004 RTP/AVP 0\n" SHA_256_OTHER "a=setup:actpass\n",
     false, true, -ENOKEY, SDP_DTLS},
    {"nor where it is to be none", "m=audio 5004 RTP/AVP 0\n" SHA_256 "a=setup:holdconn\n", false,
     true, -ENOKEY, SDP_DTLS},
};

static void check_later(void **state)
{
    const struct later_row *row = *state;
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, true, row->offered, 3);
    struct buf ours = buf_new(ROOM);

    assert_int_equal(sdp_exchange_take_offer(x, slice_of(HEAD DTLS SHA_256 "a=setup:active\n")), 0);
    assert_int_equal(sdp_exchange_answer(x, &ours), 0);
    if (row->answer)
        assert_int_equal(sdp_exchange_set_direction(x, SDP_SENDONLY), 0);
    hear(x, row->text, row->answer, row->err, &ours);
    assert_int_equal(sdp_secured_of(x)->by, row->by);
    assert_true(row->by != SDP_DTLS || !sdp_secured_of(x)->active);
    buf_free(&ours);
    sdp_exchange_free(x);
}

/* Who can be reached from everywhere lets those begin that cannot. */
static void behind_a_nat(void **state)
{
    static const struct {
        bool reachable;
        const char *offer, *ours;
    } rows[] = {
        {true, "c=IN IP4 10.0.0.7\na=setup:actpass\n", "a=setup:passive"},
        {true, "c=IN IP4 10.0.0.7\na=setup:passive\n", "a=setup:active"},
        {true, "a=setup:actpass\n", "a=setup:active"},
        {true, "c=IN IP4 a.example\na=setup:actpass\n", "a=setup:active"},
        {false, "c=IN IP4 10.0.0.7\na=setup:actpass\n", "a=setup:active"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sdp_local local = sdp_test_local();
        struct rng rng = rng_seeded(1);
        struct sdp_exchange *x;
        struct buf ours = buf_new(ROOM);
        char text[ROOM];

        local.keying.certificate = (struct fingerprint){FINGERPRINT_SHA256, {1, 2, 3}};
        local.keying.reachable = rows[i].reachable;
        assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
        snprintf(text, sizeof text, "%s%s%s%s", HEAD, DTLS, rows[i].offer, SHA_256);
        assert_int_equal(sdp_exchange_take_offer(x, slice_of(text)), 0);
        assert_int_equal(sdp_exchange_answer(x, &ours), 0);
        assert_true(sdp_says(buf_slice(&ours), rows[i].ours));
        buf_free(&ours);
        sdp_exchange_free(x);
    }
}

/* Keys by SDES, by DTLS, and by SDES again: a key of ours that was left is not used again, nor is
 * it offered. */
static void behind_dtls(void **state)
{
    static const char *const offers[] = {HEAD "m=audio 5004 RTP/SAVP 0\n" CRYPTO,
                                         HEAD DTLS SHA_256 "a=setup:active\n"};
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, true, true, 4);
    struct sdp_crypto first = {0};
    struct buf ours = buf_new(ROOM);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sdp_exchange_take_offer(x, slice_of(offers[i % 2])), 0);
        assert_int_equal(sdp_exchange_answer(x, &ours), 0);
        assert_int_equal(sdp_secured_of(x)->by, i % 2 ? SDP_DTLS : SDP_SDES);
        if (i == 0)
            first = sdp_secured_of(x)->send;
    }
    assert_int_equal(sdp_secured_of(x)->send.suite, first.suite);
    assert_false(sdp_crypto_same_key(&sdp_secured_of(x)->send, &first));
    first = sdp_exchange_local(x)->keying.own[0];
    assert_int_equal(sdp_exchange_take_offer(x, slice_of(offers[1])), 0);
    assert_int_equal(sdp_exchange_answer(x, &ours), 0);
    assert_int_equal(sdp_exchange_offer(x, &ours), 0);
    assert_false(sdp_crypto_same_key(&sdp_exchange_local(x)->keying.own[0], &first));
    buf_free(&ours);
    sdp_exchange_free(x);
}

/* Keys by SDES that they have brought, though we would offer DTLS: it goes on so, also where they
 * have taken the sound away meanwhile. The profile is that of the keys in the same offer. */
static void behind_a_pause(void **state)
{
    static const char *const offers[] = {HEAD "m=audio 5004 RTP/SAVP 0\n" CRYPTO,
                                         HEAD "m=audio 0 RTP/SAVP 0\n"};
    struct sdp_exchange *x = phone(SDP_ENCRYPT_REQUIRE, true, false, 5);
    struct buf ours = buf_new(ROOM);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
        assert_int_equal(sdp_exchange_take_offer(x, slice_of(offers[i])), 0);
        assert_int_equal(sdp_exchange_answer(x, &ours), 0);
    }
    buf_clear(&ours);
    assert_int_equal(sdp_exchange_offer(x, &ours), 0);
    assert_true(sdp_says(buf_slice(&ours), "a=crypto:"));
    assert_true(sdp_says(buf_slice(&ours), " RTP/SAVP "));
    assert_false(sdp_says(buf_slice(&ours), "UDP/TLS"));
    buf_free(&ours);
    sdp_exchange_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_stay),      cmocka_unit_test(id_offered),
        cmocka_unit_test(id_without_room), cmocka_unit_test(id_answered),
        cmocka_unit_test(behind_a_nat),    cmocka_unit_test(behind_dtls),
        cmocka_unit_test(behind_a_pause)};

    return RUN_ROWS("sdp/secure by DTLS: two phones", two_rows, check_two) +
           RUN_ROWS("sdp/secure by DTLS: strangers", text_rows, check_text) +
           RUN_ROWS("sdp/secure by DTLS: behind it", later_rows, check_later) +
           cmocka_run_group_tests_name("sdp/secure by DTLS", tests, NULL, NULL);
}
