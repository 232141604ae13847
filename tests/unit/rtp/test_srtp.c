#include "rtp/srtp.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>

#include "rtp/bytes.h"
#include "tests/lib/hex.h"
#include "tests/lib/rows.h"

#define ROOM 2048

/* Sixteen bytes of 0xab in a packet of payload type 15: what libsrtp2's own validation protects. */
#define PLAIN "800f1234 decafbad cafebabe abababab abababab abababab abababab"

static const struct vector {
    const char *name;
    enum suite suite;
    const char *key, *protected;
} vectors[] = {
    {"AES-CM, a tag of 80 bits", SUITE_AES_CM_128_HMAC_SHA1_80,
     "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6",
     "800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb"},
    {"AES-CM, a tag of 32 bits", SUITE_AES_CM_128_HMAC_SHA1_32,
     "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6",
     "800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc"},
    {"AES-GCM of 128 bits", SUITE_AEAD_AES_128_GCM,
     "000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab",
     "800f1234 decafbad cafebabe c5002ede 04cfdd2e b91159e0 880aa06e d2976826 f796b201 df3131a1 "
     "27e8a392"},
    /* The same by the formulae of RFC 7714 8.2 and 11, which give the one above, too. */
    {"AES-GCM of 256 bits", SUITE_AEAD_AES_256_GCM,
     "000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f "
     "a0a1a2a3a4a5a6a7a8a9aaab",
     "800f1234 decafbad cafebabe 0af7f21e 8a90bdad 7a425c9c 31ed4bb1 d9023891 7e7390a2 793500e1 "
     "681acaea"},
};

static struct rtp_srtp_key key_of(enum suite suite, uint8_t first)
{
    struct rtp_srtp_key key = {.suite = suite};

    for (size_t i = 0; i < sizeof key.key; i++)
        key.key[i] = (uint8_t)(first + i);
    return key;
}

static struct rtp_srtp *new_srtp(struct rtp_srtp_key send, struct rtp_srtp_key receive)
{
    struct rtp_srtp *s = NULL;

    assert_int_equal(rtp_srtp_new(&send, &receive, &s), 0);
    return s;
}

static void check_vector(void **state)
{
    const struct vector *v = *state;
    struct slice key_bytes = hex_bytes(v->key), plain = hex_bytes(PLAIN),
                 protected = hex_bytes(v->protected);
    struct rtp_srtp_key key = {.suite = v->suite};
    struct rtp_srtp *s;
    uint8_t packet[ROOM];
    size_t n = plain.n;

    assert_int_equal(key_bytes.n, suite_key_bytes(v->suite));
    memcpy(key.key, key_bytes.p, key_bytes.n);
    s = new_srtp(key, key);
    memcpy(packet, plain.p, plain.n);
    assert_int_equal(rtp_srtp_protect(s, packet, &n, sizeof packet), 0);
    assert_int_equal(n, protected.n);
    assert_memory_equal(packet, protected.p, n);
    assert_int_equal(rtp_srtp_unprotect(s, protected, packet, sizeof packet), plain.n);
    assert_memory_equal(packet, plain.p, plain.n);
    rtp_srtp_free(s);
    free((char *)key_bytes.p);
    free((char *)plain.p);
    free((char *)protected.p);
}

/* A packet of ours with that number, protected by s; where it lies in out. */
static struct slice sent(struct rtp_srtp *s, uint16_t sequence, uint32_t ssrc, uint8_t *out)
{
    size_t n = 32;

    memset(out, 0x11, n);
    out[0] = 0x80;
    out[1] = 0;
    rtp_put16(out + 2, sequence);
    rtp_put32(out + 4, sequence * 160u);
    rtp_put32(out + 8, ssrc);
    assert_int_equal(rtp_srtp_protect(s, out, &n, ROOM), 0);
    return (struct slice){(const char *)out, n};
}

/* An empty receiver report, as above. */
static struct slice sent_rtcp(struct rtp_srtp *s, uint32_t ssrc, uint8_t *out)
{
    size_t n = 8;

    memcpy(out, "\x80\xc9\0\1", 4);
    rtp_put32(out + 4, ssrc);
    assert_int_equal(rtp_srtp_protect_rtcp(s, out, &n, ROOM), 0);
    return (struct slice){(const char *)out, n};
}

struct two {
    struct rtp_srtp *a, *b;
};

/* From one to the next of what is there in thousands: with TPHONE_SHORT, further. */
static unsigned step(unsigned further)
{
    return getenv("TPHONE_SHORT") ? further : 1;
}

/* Each suite once, for both directions. */
static const struct suite_row {
    const char *name;
    enum suite suite;
} suite_rows[] = {
    {"AES_CM_128_HMAC_SHA1_80", SUITE_AES_CM_128_HMAC_SHA1_80},
    {"AES_CM_128_HMAC_SHA1_32", SUITE_AES_CM_128_HMAC_SHA1_32},
    {"AEAD_AES_128_GCM", SUITE_AEAD_AES_128_GCM},
    {"AEAD_AES_256_GCM", SUITE_AEAD_AES_256_GCM},
};

static struct two pair(enum suite suite)
{
    struct rtp_srtp_key one = key_of(suite, 1), other = key_of(suite, 101);

    return (struct two){new_srtp(one, other), new_srtp(other, one)};
}

static void part(struct two t)
{
    rtp_srtp_free(t.a);
    rtp_srtp_free(t.b);
}

static void check_suite(void **state)
{
    const struct suite_row *row = *state;
    struct two t = pair(row->suite);
    uint8_t packet[ROOM], out[ROOM];
    struct slice bytes;

    /* 200,000 packets: the sequence number wraps three times (RFC 3711 3.3.1). */
    for (unsigned i = 0; i < 200000; i += step(200)) {
        bytes = sent(t.a, (uint16_t)(65000 + i), 7, packet);
        if (i % 1000 == 0 || i + 10 * step(200) > 200000)
            assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, ROOM), 32);
    }
    assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, ROOM), -EALREADY);
    bytes = sent_rtcp(t.b, 9, packet);
    assert_int_equal(rtp_srtp_unprotect_rtcp(t.a, bytes, out, ROOM), 8);
    assert_int_equal(rtp_srtp_unprotect_rtcp(t.a, bytes, out, ROOM), -EALREADY);
    part(t);
}

/* Each bit of a packet counts, and each length below the whole. */
static void check_forgery(void **state)
{
    const struct suite_row *row = *state;
    struct two t = pair(row->suite);
    uint8_t packet[ROOM], out[ROOM], rtcp[ROOM];
    struct slice bytes = sent(t.a, 1, 7, packet), report = sent_rtcp(t.a, 7, rtcp);

    for (size_t i = 0; i < 8 * bytes.n; i += step(3)) {
        packet[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_true(rtp_srtp_unprotect(t.b, bytes, out, ROOM) < 0);
        packet[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < 8 * report.n; i += step(3)) {
        rtcp[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_true(rtp_srtp_unprotect_rtcp(t.b, report, out, ROOM) < 0);
        rtcp[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < bytes.n; n++)
        assert_true(rtp_srtp_unprotect(t.b, slice_head(bytes, n), out, ROOM) < 0);
    for (size_t n = 0; n < report.n; n++)
        assert_true(rtp_srtp_unprotect_rtcp(t.b, slice_head(report, n), out, ROOM) < 0);
    assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, bytes.n - 1), -EMSGSIZE);
    assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, ROOM), 32);
    assert_int_equal(rtp_srtp_unprotect_rtcp(t.b, report, out, ROOM), 8);
    part(t);
}

static void no_room_to_grow(void **state)
{
    struct two t = pair(SUITE_AES_CM_128_HMAC_SHA1_80);
    uint8_t packet[ROOM] = {0x80};
    size_t n = 100;

    (void)state;
    assert_int_equal(rtp_srtp_protect(t.a, packet, &n, 100 + RTP_SRTP_MAX_GROWTH - 1), -EMSGSIZE);
    assert_int_equal(n, 100);
    assert_int_equal(rtp_srtp_protect(t.a, packet, &n, 100 + RTP_SRTP_MAX_GROWTH), 0);
    part(t);
}

static void reordered(void **state)
{
    struct two t = pair(SUITE_AEAD_AES_128_GCM);
    uint8_t packets[4][ROOM], out[ROOM];
    struct slice bytes[4];

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = sent(t.a, (uint16_t)(65534 + i), 7, packets[i]); /* across the wrap */
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(rtp_srtp_unprotect(t.b, bytes[i ^ 1], out, ROOM), 32);
    part(t);
}

/* What was sent under the old key before the far end had the new one is still heard. */
static void rekeyed(void **state)
{
    enum suite suite = SUITE_AES_CM_128_HMAC_SHA1_80;
    struct two t = pair(suite);
    struct rtp_srtp_key newer = key_of(SUITE_AEAD_AES_256_GCM, 50), same = key_of(suite, 101);
    uint8_t old[2][ROOM], packet[ROOM], out[ROOM];
    struct slice late[2];

    (void)state;
    late[0] = sent(t.a, 1, 7, old[0]);
    late[1] = sent(t.a, 2, 7, old[1]);
    assert_int_equal(rtp_srtp_rekey(t.b, &same, &newer), 0);
    assert_int_equal(rtp_srtp_rekey(t.a, &newer, &same), 0);
    assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 3, 7, packet), out, ROOM), 32);
    assert_int_equal(rtp_srtp_unprotect(t.b, late[0], out, ROOM), 32);
    assert_int_equal(rtp_srtp_unprotect(t.b, late[0], out, ROOM), -EALREADY);
    for (unsigned i = 0; i < RTP_SRTP_OLD_PACKETS; i++)
        assert_int_equal(
            rtp_srtp_unprotect(t.b, sent(t.a, (uint16_t)(4 + i), 7, packet), out, ROOM), 32);
    assert_int_equal(rtp_srtp_unprotect(t.b, late[1], out, ROOM), -EBADMSG);
    /* The other direction had no new key: its packets go on. */
    assert_int_equal(rtp_srtp_unprotect(t.a, sent(t.b, 1, 8, packet), out, ROOM), 32);
    part(t);
}

static void the_same_key_again_goes_on(void **state)
{
    enum suite suite = SUITE_AES_CM_128_HMAC_SHA1_80;
    struct two t = pair(suite);
    struct rtp_srtp_key one = key_of(suite, 1), other = key_of(suite, 101), none = {0};
    uint8_t packet[ROOM], out[ROOM];
    struct slice bytes = sent(t.a, 1, 7, packet);

    (void)state;
    assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, ROOM), 32);
    assert_int_equal(rtp_srtp_rekey(t.b, &other, &one), 0);
    assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, ROOM), -EALREADY);
    assert_int_equal(rtp_srtp_rekey(t.b, NULL, &none), -EINVAL);
    assert_int_equal(rtp_srtp_rekey(t.b, NULL, NULL), 0);
    assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 2, 7, packet), out, ROOM), 32);
    part(t);
}

/* A server joins us with another phone and comes back: each key goes on where it was. So no packet
 * of ours has the number of an earlier one, and none that was recorded counts again. */
static void back_to_a_key(void **state)
{
    static const enum suite suites[] = {SUITE_AEAD_AES_256_GCM, SUITE_AES_CM_128_HMAC_SHA1_80};
    struct rtp_srtp_key ours[RTP_SRTP_MAX_FORMER + 1], theirs[RTP_SRTP_MAX_FORMER + 1];
    uint8_t rtp[ROOM], rtcp[ROOM], one[ROOM], other[ROOM], out[ROOM];
    struct slice recorded, report, first, second;
    struct two t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        ours[i] = key_of(suites[i % 2], (uint8_t)(1 + 8 * i));
        theirs[i] = key_of(suites[i % 2], (uint8_t)(101 + 8 * i));
    }
    t = (struct two){new_srtp(theirs[0], ours[0]), new_srtp(ours[0], theirs[0])};
    recorded = sent(t.a, 1, 7, rtp);
    report = sent_rtcp(t.a, 7, rtcp);
    assert_int_equal(rtp_srtp_unprotect(t.b, recorded, out, ROOM), 32);
    assert_int_equal(rtp_srtp_unprotect_rtcp(t.b, report, out, ROOM), 8);
    first = sent_rtcp(t.b, 9, one);
    for (size_t i = 1; i <= ARRAY_LEN(ours); i++)
        assert_int_equal(
            rtp_srtp_rekey(t.b, &ours[i % ARRAY_LEN(ours)], &theirs[i % ARRAY_LEN(ours)]), 0);
    second = sent_rtcp(t.b, 9, other);
    assert_int_equal(first.n, second.n);
    assert_memory_not_equal(first.p, second.p, first.n);
    assert_int_equal(rtp_srtp_unprotect_rtcp(t.a, first, out, ROOM), 8);
    assert_int_equal(rtp_srtp_unprotect_rtcp(t.a, second, out, ROOM), 8);
    assert_int_equal(rtp_srtp_unprotect(t.b, recorded, out, ROOM), -EALREADY);
    assert_int_equal(rtp_srtp_unprotect_rtcp(t.b, report, out, ROOM), -EALREADY);
    assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 2, 7, rtp), out, ROOM), 32);
    part(t);
}

/* Behind a pause in which neither side sent: nothing of the time before it is on its way. */
static void nothing_late(void **state)
{
    struct two t = pair(SUITE_AEAD_AES_128_GCM);
    struct rtp_srtp_key newer = key_of(SUITE_AEAD_AES_128_GCM, 50);
    uint8_t packet[ROOM], out[ROOM];

    (void)state;
    assert_int_equal(rtp_srtp_rekey(t.b, NULL, &newer), 0);
    assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 1, 7, packet), out, ROOM), 32);
    rtp_srtp_end_old(t.b);
    assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 2, 7, packet), out, ROOM), -EBADMSG);
    assert_int_equal(rtp_srtp_rekey(t.a, &newer, NULL), 0);
    assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 3, 7, packet), out, ROOM), 32);
    part(t);
}

/* A far end may take as many SSRCs as it likes: those that make room are forgotten, so that the
 * first packet of one is not known as a replay any more. Who goes on talking is not forgotten. */
static void many_sources(void **state)
{
    struct two t = pair(SUITE_AES_CM_128_HMAC_SHA1_80);
    uint8_t first[ROOM], packet[ROOM], out[ROOM];
    struct slice again = sent(t.a, 1, 1, first), bytes;

    (void)state;
    assert_int_equal(rtp_srtp_unprotect(t.b, again, out, ROOM), 32);
    for (uint32_t ssrc = 2; ssrc <= RTP_SRTP_MAX_SOURCES; ssrc++)
        assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 1, ssrc, packet), out, ROOM), 32);
    assert_int_equal(rtp_srtp_unprotect(t.b, again, out, ROOM), -EALREADY);
    for (uint32_t ssrc = 100; ssrc < 1000; ssrc++) {
        assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 1, ssrc, packet), out, ROOM), 32);
        bytes = sent(t.a, (uint16_t)ssrc, 2, packet);
        assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, ROOM), 32);
        assert_int_equal(rtp_srtp_unprotect(t.b, bytes, out, ROOM), -EALREADY);
    }
    assert_int_equal(rtp_srtp_unprotect(t.b, again, out, ROOM), 32);
    part(t);
}

/* Bytes of the heap; where nobody counts them as we do, always the same. */
static size_t heap(void)
{
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* A far end says that it has another key and goes on with the one before: what was on its way is
 * taken, and then no more of it, be there never so many SSRCs. */
static void never_the_new_key(void **state)
{
    struct two t = pair(SUITE_AES_CM_128_HMAC_SHA1_80);
    struct rtp_srtp_key newer = key_of(SUITE_AES_CM_128_HMAC_SHA1_80, 50);
    uint8_t first[ROOM], packet[ROOM], out[ROOM];
    struct slice again = sent(t.a, 1, 99, first);
    unsigned taken = 0;
    size_t before = 0;

    (void)state;
    for (uint32_t ssrc = 1; ssrc <= RTP_SRTP_MAX_SOURCES; ssrc++)
        assert_int_equal(rtp_srtp_unprotect(t.b, sent(t.a, 1, ssrc, packet), out, ROOM), 32);
    assert_int_equal(rtp_srtp_rekey(t.b, NULL, &newer), 0);
    assert_int_equal(rtp_srtp_unprotect(t.b, again, out, ROOM), 32);
    for (uint32_t ssrc = 100; ssrc < 1000; ssrc++) {
        struct rtp_srtp *other = new_srtp(key_of(SUITE_AES_CM_128_HMAC_SHA1_80, 1), newer);

        taken += rtp_srtp_unprotect(t.b, sent(other, 1, ssrc, packet), out, ROOM) == 32;
        rtp_srtp_free(other);
        if (ssrc == 120)
            before = heap();
        if (ssrc == 250) /* who makes room is forgotten under the old key, too */
            assert_true(heap() < before + 40000);
    }
    assert_true(taken > RTP_SRTP_OLD_PACKETS);
    assert_true(taken < RTP_SRTP_OLD_TRIES);
    assert_int_equal(rtp_srtp_unprotect(t.b, again, out, ROOM), -EBADMSG);
    part(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_room_to_grow), cmocka_unit_test(reordered),
        cmocka_unit_test(rekeyed),         cmocka_unit_test(the_same_key_again_goes_on),
        cmocka_unit_test(many_sources),    cmocka_unit_test(never_the_new_key),
        cmocka_unit_test(back_to_a_key),   cmocka_unit_test(nothing_late),
    };

    struct rtp_srtp *kept;
    int failed;

    if (rtp_srtp_prepare())
        return 1;
    /* What libsrtp2 stands on (NSS) begins anew where nobody has keys: somebody has. */
    kept = new_srtp(key_of(SUITE_AEAD_AES_128_GCM, 1), key_of(SUITE_AEAD_AES_128_GCM, 2));
    failed = RUN_ROWS("rtp/srtp vectors", vectors, check_vector) +
             RUN_ROWS("rtp/srtp wraps and replays", suite_rows, check_suite) +
             RUN_ROWS("rtp/srtp forgeries", suite_rows, check_forgery) +
             cmocka_run_group_tests_name("rtp/srtp", tests, NULL, NULL);
    rtp_srtp_free(kept);
    return failed;
}
