/* Who encrypts, with whose keys, and who is refused: two exchanges against each other, and single
 * descriptions against what is wanted (RFC 4568 7, RFC 8643). */
#include "sdp/exchange.h"

#include <errno.h>
#include <stdio.h>

#include "tests/lib/rows.h"
#include "tests/lib/sdp_text.h"

#define ROOM 8000
#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n"
#define KEY "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define CM80(tag) "a=crypto:" #tag " AES_CM_128_HMAC_SHA1_80 " KEY "\n"
#define CM32(tag) "a=crypto:" #tag " AES_CM_128_HMAC_SHA1_32 " KEY "\n"

static struct sdp_exchange *phone(enum sdp_encryption encryption, bool offered, uint64_t seed)
{
    static struct rng rng; /* lives as long as its keys */
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x = NULL;

    rng = rng_seeded(seed);
    sdp_keying_new(&rng, encryption, offered, &local.keying);
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    return x;
}

/* --- one offers, the other answers ---------------------------------------------------------- */

enum { CLEAR, KEYED, REFUSED };

static const struct two_row {
    const char *name;
    enum sdp_encryption one, other;
    bool offered;
    int is;
} two_rows[] = {
    {"prefer and prefer", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_PREFER, true, KEYED},
    {"prefer and require", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_REQUIRE, true, KEYED},
    {"prefer and off", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_OFF, true, CLEAR},
    {"require and prefer", SDP_ENCRYPT_REQUIRE, SDP_ENCRYPT_PREFER, true, KEYED},
    {"require and require", SDP_ENCRYPT_REQUIRE, SDP_ENCRYPT_REQUIRE, true, KEYED},
    {"require and off", SDP_ENCRYPT_REQUIRE, SDP_ENCRYPT_OFF, true, REFUSED},
    {"off and off", SDP_ENCRYPT_OFF, SDP_ENCRYPT_OFF, true, CLEAR},
    {"off and prefer", SDP_ENCRYPT_OFF, SDP_ENCRYPT_PREFER, true, CLEAR},
    {"off and require", SDP_ENCRYPT_OFF, SDP_ENCRYPT_REQUIRE, true, REFUSED},
    {"prefer without offering keys, and prefer", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_PREFER, false,
     CLEAR},
    {"prefer without offering keys, and require", SDP_ENCRYPT_PREFER, SDP_ENCRYPT_REQUIRE, false,
     REFUSED},
};

/* Each sends with what the other receives with; and the two directions have different keys. */
static void assert_keyed(const struct sdp_exchange *one, const struct sdp_exchange *other)
{
    const struct sdp_secured *a = sdp_secured_of(one), *b = sdp_secured_of(other);

    assert_int_equal(a->by, SDP_SDES);
    assert_int_equal(b->by, SDP_SDES);
    assert_true(sdp_crypto_same_key(&a->send, &b->receive));
    assert_true(sdp_crypto_same_key(&b->send, &a->receive));
    assert_false(sdp_crypto_same_key(&a->send, &a->receive));
    assert_int_equal(a->send.tag, b->send.tag);
    assert_int_equal(a->send.suite, SUITE_AEAD_AES_256_GCM);
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

static void check_two(void **state)
{
    const struct two_row *row = *state;
    struct sdp_exchange *one = phone(row->one, row->offered, 1),
                        *other = phone(row->other, true, 2);
    struct buf offer = buf_new(ROOM);

    if (row->is == REFUSED) {
        assert_int_equal(sdp_exchange_offer(one, &offer), 0);
        assert_int_equal(sdp_exchange_take_offer(other, buf_slice(&offer)), -ENOKEY);
        assert_int_equal(sdp_exchange_state(other), SDP_STABLE);
    } else {
        offer_and_answer(one, other);
        if (row->is == KEYED)
            assert_keyed(one, other);
        else
            assert_int_equal(sdp_secured_of(one)->by + sdp_secured_of(other)->by, SDP_CLEAR);
    }
    assert_true(sdp_says(sdp_exchange_ours(one),
                         row->one == SDP_ENCRYPT_REQUIRE ? " RTP/SAVP " : " RTP/AVP "));
    buf_free(&offer);
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* --- what phones offer ---------------------------------------------------------------------- */

static const struct offer_row {
    const char *name, *offer;
    enum sdp_encryption wanted;
    int err;
    const char *answer; /* a part of it; NULL: the call is in the clear */
} offer_rows[] = {
    {"the order of the offer counts", "m=audio 5004 RTP/SAVP 0\n" CM32(7) CM80(8),
     SDP_ENCRYPT_PREFER, 0, "a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:"},
    {"lines that we lack are passed over",
     "m=audio 5004 RTP/SAVP 0\na=crypto:1 F8_128_HMAC_SHA1_80 " KEY "\n" CM80(2),
     SDP_ENCRYPT_PREFER, 0, "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"},
    {"RTP/SAVPF is answered as it is", "m=audio 5004 RTP/SAVPF 0\n" CM80(1), SDP_ENCRYPT_PREFER, 0,
     " RTP/SAVPF 0"},
    {"keys with RTP/AVP are taken (RFC 8643)", "m=audio 5004 RTP/AVP 0\n" CM80(1),
     SDP_ENCRYPT_REQUIRE, 0, " RTP/AVP 0"},
    {"broken keys with RTP/AVP are none",
     "m=audio 5004 RTP/AVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\n", SDP_ENCRYPT_PREFER, 0,
     NULL},
    {"RTP/SAVP without keys", "m=audio 5004 RTP/SAVP 0\n", SDP_ENCRYPT_PREFER, -ENOKEY, NULL},
    {"RTP/SAVP with broken keys only",
     "m=audio 5004 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\n", SDP_ENCRYPT_PREFER,
     -ENOKEY, NULL},
    {"two lines: the encrypted one, though it stands last",
     "m=audio 5004 RTP/AVP 0\nm=audio 5006 RTP/SAVP 0\n" CM80(1), SDP_ENCRYPT_PREFER, 0,
     "m=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/SAVP 0"},
    {"two lines, and off: the one in the clear",
     "m=audio 5004 RTP/SAVP 0\n" CM80(1) "m=audio 5006 RTP/AVP 0\n", SDP_ENCRYPT_OFF, 0, NULL},
    {"keys, and no codec that we know", "m=audio 5004 RTP/SAVP 18\n" CM80(1), SDP_ENCRYPT_REQUIRE,
     -EPROTONOSUPPORT, NULL},
};

static void check_offer(void **state)
{
    const struct offer_row *row = *state;
    struct sdp_exchange *x = phone(row->wanted, true, 3);
    struct buf answer = buf_new(ROOM);
    char offer[ROOM];

    snprintf(offer, sizeof offer, "%s%s", HEAD, row->offer);
    assert_int_equal(sdp_exchange_take_offer(x, slice_of(offer)), row->err);
    if (!row->err) {
        assert_int_equal(sdp_exchange_answer(x, &answer), 0);
        assert_true(!row->answer || sdp_says(buf_slice(&answer), row->answer));
        assert_int_equal(sdp_says(buf_slice(&answer), "a=crypto"), row->answer != NULL);
        assert_int_equal(sdp_secured_of(x)->by, row->answer ? SDP_SDES : SDP_CLEAR);
    }
    buf_free(&answer);
    sdp_exchange_free(x);
}

/* --- what phones answer --------------------------------------------------------------------- */

static const struct answer_row {
    const char *name, *answer;
    enum sdp_encryption wanted;
    int err;
    enum suite suite;
} answer_rows[] = {
    {"our third", "m=audio 5004 RTP/SAVP 0\n" CM80(3), SDP_ENCRYPT_REQUIRE, 0,
     SUITE_AES_CM_128_HMAC_SHA1_80},
    {"our fourth, RTP/AVP", "m=audio 5004 RTP/AVP 0\n" CM32(4), SDP_ENCRYPT_PREFER, 0,
     SUITE_AES_CM_128_HMAC_SHA1_32},
    {"a tag of another suite", "m=audio 5004 RTP/SAVP 0\n" CM80(4), SDP_ENCRYPT_REQUIRE, -ENOKEY,
     SUITE_NONE},
    {"a tag that we did not offer", "m=audio 5004 RTP/SAVP 0\n" CM80(9), SDP_ENCRYPT_REQUIRE,
     -ENOKEY, SUITE_NONE},
    {"keys and RTP/AVP in answer to RTP/SAVP", "m=audio 5004 RTP/AVP 0\n" CM80(3),
     SDP_ENCRYPT_REQUIRE, 0, SUITE_AES_CM_128_HMAC_SHA1_80},
    {"no keys", "m=audio 5004 RTP/SAVP 0\n", SDP_ENCRYPT_REQUIRE, -ENOKEY, SUITE_NONE},
    {"no keys, RTP/AVP", "m=audio 5004 RTP/AVP 0\n", SDP_ENCRYPT_REQUIRE, -ENOKEY, SUITE_NONE},
    {"no keys, where they are only preferred", "m=audio 5004 RTP/AVP 0\n", SDP_ENCRYPT_PREFER, 0,
     SUITE_NONE},
    {"a wrong key, though it is only preferred: it would be noise",
     "m=audio 5004 RTP/AVP 0\n" CM80(1), SDP_ENCRYPT_PREFER, -ENOKEY, SUITE_NONE},
    {"keys that nobody asked for", "m=audio 5004 RTP/AVP 0\n" CM80(3), SDP_ENCRYPT_OFF, 0,
     SUITE_NONE},
};

static void check_answer(void **state)
{
    const struct answer_row *row = *state;
    struct sdp_exchange *x = phone(row->wanted, true, 4);
    struct buf offer = buf_new(ROOM);
    char answer[ROOM];

    assert_int_equal(sdp_exchange_offer(x, &offer), 0);
    snprintf(answer, sizeof answer, "%s%s", HEAD, row->answer);
    assert_int_equal(sdp_exchange_take_answer(x, slice_of(answer)), row->err);
    if (!row->err) {
        assert_int_equal(sdp_secured_of(x)->by, row->suite ? SDP_SDES : SDP_CLEAR);
        assert_int_equal(sdp_secured_of(x)->receive.suite, row->suite);
    }
    buf_free(&offer);
    sdp_exchange_free(x);
}

/* --- later ---------------------------------------------------------------------------------- */

/* A session that was encrypted goes on so, whoever asks for what. */
static void no_way_back(void **state)
{
    struct sdp_exchange *one = phone(SDP_ENCRYPT_PREFER, true, 5),
                        *other = phone(SDP_ENCRYPT_PREFER, true, 6);
    struct sdp_crypto before;
    struct buf offer = buf_new(ROOM);

    (void)state;
    offer_and_answer(one, other);
    before = sdp_secured_of(one)->send;
    assert_int_equal(sdp_exchange_take_offer(one, slice_of(HEAD "m=audio 5004 RTP/AVP 0\n")),
                     -ENOKEY);
    assert_int_equal(sdp_exchange_state(one), SDP_STABLE);
    assert_int_equal(sdp_exchange_offer(one, &offer), 0);
    assert_int_equal(sdp_exchange_take_answer(one, slice_of(HEAD "m=audio 5004 RTP/AVP 0\n")),
                     -ENOKEY);
    assert_int_equal(sdp_exchange_state(one), SDP_STABLE);
    assert_int_equal(sdp_secured_of(one)->by, SDP_SDES);
    assert_true(sdp_crypto_same_key(&sdp_secured_of(one)->send, &before));
    buf_free(&offer);
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* Hold and resume from either side leave the keys as they were: the packets go on in sequence. */
static void keys_stay(void **state)
{
    struct sdp_exchange *one = phone(SDP_ENCRYPT_REQUIRE, true, 7),
                        *other = phone(SDP_ENCRYPT_PREFER, true, 8);
    struct sdp_secured before;

    (void)state;
    offer_and_answer(one, other);
    before = *sdp_secured_of(one);
    for (int i = 0; i < 4; i++) {
        struct sdp_exchange *asks = i % 2 ? one : other, *answers = i % 2 ? other : one;

        assert_int_equal(sdp_exchange_set_direction(asks, i < 2 ? SDP_SENDONLY : SDP_SENDRECV), 0);
        offer_and_answer(asks, answers);
        assert_keyed(one, other);
        assert_true(sdp_crypto_same_key(&sdp_secured_of(one)->send, &before.send));
        assert_true(sdp_crypto_same_key(&sdp_secured_of(one)->receive, &before.receive));
    }
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* --- a key of ours is left behind for good --------------------------------------------------- */

#define OTHER_KEY "inline:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
#define OTHER_CM80(tag) "a=crypto:" #tag " AES_CM_128_HMAC_SHA1_80 " OTHER_KEY "\n"

/* What we send with once media was agreed on, by their offer. */
static struct sdp_crypto offered(struct sdp_exchange *x, const char *media)
{
    struct buf answer = buf_new(ROOM);
    char offer[ROOM];

    snprintf(offer, sizeof offer, "%s%s", HEAD, media);
    assert_int_equal(sdp_exchange_take_offer(x, slice_of(offer)), 0);
    assert_int_equal(sdp_exchange_answer(x, &answer), 0);
    buf_free(&answer);
    return sdp_secured_of(x)->send;
}

/* The same by our offer; asked: they wanted one. */
static struct sdp_crypto answered(struct sdp_exchange *x, bool asked, const char *media)
{
    struct buf offer = buf_new(ROOM), line = buf_new(ROOM);
    char answer[ROOM];

    assert_int_equal((asked ? sdp_exchange_offer_asked : sdp_exchange_offer)(x, &offer), 0);
    snprintf(answer, sizeof answer, "%s%s", HEAD, media);
    assert_int_equal(sdp_exchange_take_answer(x, slice_of(answer)), 0);
    sdp_crypto_print(&sdp_secured_of(x)->send, &line);
    assert_true(sdp_says(buf_slice(&offer), buf_cstr(&line)));
    buf_free(&line);
    buf_free(&offer);
    return sdp_secured_of(x)->send;
}

#define SAVP "m=audio 5004 RTP/SAVP 0\n"

static const struct left_row {
    const char *name;
    const char *first, *between, *last; /* offers of theirs; between: NULL for none */
    bool same;                          /* our key is, at last */
} left_rows[] = {
    {"their key again: ours goes on", SAVP CM80(1), SAVP CM80(1), SAVP CM80(1), true},
    {"with another tag, too", SAVP CM80(1), SAVP CM80(2), SAVP CM80(3), true},
    {"it stands behind another suite now", SAVP CM80(1), NULL, SAVP CM32(1) CM80(3), false},
    {"another key of theirs", SAVP CM80(1), NULL, SAVP OTHER_CM80(1), false},
    {"another key of theirs, and back", SAVP CM80(1), SAVP OTHER_CM80(1), SAVP CM80(1), false},
    {"another suite, and back", SAVP CM80(1), SAVP CM32(1), SAVP CM80(1), false},
};

static void check_left(void **state)
{
    const struct left_row *row = *state;
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, true, 13);
    struct sdp_crypto first = offered(x, row->first), between, last;

    if (row->between)
        between = offered(x, row->between);
    last = offered(x, row->last);
    assert_int_equal(sdp_crypto_same_key(&first, &last), row->same);
    if (row->between && !row->same)
        assert_false(sdp_crypto_same_key(&between, &last));
    sdp_exchange_free(x);
}

/* By offers of ours, which key is used is theirs to say, and what they have is not taken back; but
 * the next description makes up for it. */
static void left_by_offers(void **state)
{
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, true, 14);
    struct sdp_crypto first = answered(x, false, SAVP CM80(3)), second, third, unused;

    (void)state;
    second = answered(x, false, SAVP CM80(3)); /* a hold */
    assert_true(sdp_crypto_same_key(&first, &second));
    second = answered(x, false, SAVP CM32(4));
    third = answered(x, false, SAVP CM80(3));
    assert_false(sdp_crypto_same_key(&first, &third));
    /* Another key of theirs: perhaps another phone, and whoever was there before knows ours. */
    (void)answered(x, false, SAVP CM80(3));
    third = answered(x, false, SAVP CM80(3));
    second = answered(x, false, SAVP OTHER_CM80(3));
    assert_true(sdp_crypto_same_key(&second, &third));
    third = answered(x, false, SAVP OTHER_CM80(3));
    assert_false(sdp_crypto_same_key(&second, &third));
    second = answered(x, false, SAVP OTHER_CM80(3));
    assert_true(sdp_crypto_same_key(&second, &third));
    /* And he knows all that was offered. */
    unused = sdp_exchange_local(x)->keying.own[3];
    second = offered(x, SAVP CM32(1));
    assert_int_equal(second.suite, unused.suite);
    assert_false(sdp_crypto_same_key(&second, &unused));
    sdp_exchange_free(x);
}

/* Who asks for an offer may take it to anybody (RFC 6337 5.3). */
static void left_when_asked(void **state)
{
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, true, 15);
    struct sdp_crypto first = answered(x, true, SAVP CM80(3)), second;
    struct buf offer = buf_new(ROOM);

    (void)state;
    second = answered(x, true, SAVP CM80(3));
    assert_false(sdp_crypto_same_key(&first, &second));
    assert_int_equal(sdp_exchange_offer_asked(x, &offer), 0);
    sdp_exchange_rollback(x); /* no answer came */
    assert_true(sdp_crypto_same_key(&sdp_secured_of(x)->send, &second));
    first = offered(x, SAVP CM80(1));
    assert_true(sdp_crypto_same_key(&first, &second));
    buf_free(&offer);
    sdp_exchange_free(x);
}

/* Two phones answer one offer: each is sent to by the key that was offered. */
static void branches_have_one_offer(void **state)
{
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, true, 16);
    struct sdp_crypto first = answered(x, false, SAVP CM80(3)), second;
    const char *const others[] = {HEAD SAVP CM32(4), HEAD SAVP OTHER_CM80(3)};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_int_equal(sdp_exchange_take_answer(x, slice_of(others[i])), 0);
    assert_true(sdp_crypto_same_key(&sdp_secured_of(x)->send, &first));
    second = offered(x, SAVP OTHER_CM80(1)); /* whose rival knows what we send with */
    assert_false(sdp_crypto_same_key(&second, &first));
    sdp_exchange_free(x);
}

/* An INVITE that rings in two places: the one that was heard first was encrypted, and another one
 * answers. No session was given up for it. */
static void another_branch(void **state)
{
    struct sdp_exchange *one = phone(SDP_ENCRYPT_PREFER, true, 11),
                        *early = phone(SDP_ENCRYPT_PREFER, true, 12);

    (void)state;
    offer_and_answer(one, early);
    assert_keyed(one, early);
    assert_int_equal(sdp_exchange_take_answer(one, slice_of(HEAD "m=audio 5004 RTP/AVP 0\n")), 0);
    assert_int_equal(sdp_secured_of(one)->by, SDP_CLEAR);
    sdp_exchange_free(one);
    sdp_exchange_free(early);
}

/* A call that began in the clear may become encrypted, by keys that stay as those of any other. */
static void a_way_up(void **state)
{
    struct sdp_exchange *one = phone(SDP_ENCRYPT_PREFER, false, 9),
                        *other = phone(SDP_ENCRYPT_PREFER, true, 10);
    struct sdp_secured before;

    (void)state;
    offer_and_answer(one, other);
    assert_int_equal(sdp_secured_of(one)->by, SDP_CLEAR);
    offer_and_answer(other, one);
    assert_keyed(one, other);
    before = *sdp_secured_of(one);
    offer_and_answer(other, one);
    assert_true(sdp_crypto_same_key(&sdp_secured_of(one)->send, &before.send));
    assert_true(sdp_crypto_same_key(&sdp_secured_of(one)->receive, &before.receive));
    sdp_exchange_free(one);
    sdp_exchange_free(other);
}

/* Keys that we would not offer, but which they have brought: our own offers, as for a hold, go on
 * with them. Who knows no other kind would have to refuse else, or to leave RTP/SAVP. */
static void theirs_goes_on(void **state)
{
    struct sdp_exchange *x = phone(SDP_ENCRYPT_PREFER, false, 17);
    struct sdp_crypto first = offered(x, SAVP CM80(1)), second;
    struct buf offer = buf_new(ROOM);

    (void)state;
    second = answered(x, false, SAVP CM80(3));
    assert_true(sdp_crypto_same_key(&first, &second));
    assert_true(sdp_says(sdp_exchange_ours(x), " RTP/SAVP "));
    second = answered(x, true, SAVP CM80(3)); /* perhaps for another one */
    assert_false(sdp_crypto_same_key(&first, &second));
    assert_int_equal(sdp_exchange_offer(x, &offer), 0);
    sdp_exchange_rollback(x); /* a 491 */
    first = offered(x, SAVP CM80(1));
    assert_true(sdp_crypto_same_key(&first, &second));
    buf_free(&offer);
    sdp_exchange_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_way_back),     cmocka_unit_test(keys_stay),
        cmocka_unit_test(another_branch),  cmocka_unit_test(a_way_up),
        cmocka_unit_test(theirs_goes_on),  cmocka_unit_test(left_by_offers),
        cmocka_unit_test(left_when_asked), cmocka_unit_test(branches_have_one_offer),
    };

    return RUN_ROWS("sdp/secure: two phones", two_rows, check_two) +
           RUN_ROWS("sdp/secure: offers", offer_rows, check_offer) +
           RUN_ROWS("sdp/secure: answers", answer_rows, check_answer) +
           RUN_ROWS("sdp/secure: a key of ours", left_rows, check_left) +
           cmocka_run_group_tests_name("sdp/secure", tests, NULL, NULL);
}
