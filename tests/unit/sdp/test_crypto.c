#include "sdp/crypto.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* RFC 4568 9.2's example of a key of 30 bytes. */
#define KEY "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define KEY44 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="

static const struct row {
    const char *name, *in;
    int err;
    uint32_t tag;
    enum suite suite;
} rows[] = {
    {"the short form", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY, 0, 1,
     SUITE_AES_CM_128_HMAC_SHA1_80},
    {"a lifetime as a power of two", "2 AES_CM_128_HMAC_SHA1_32 inline:" KEY "|2^20", 0, 2,
     SUITE_AES_CM_128_HMAC_SHA1_32},
    {"a lifetime in packets", "2 AES_CM_128_HMAC_SHA1_32 inline:" KEY "|1048576", 0, 2,
     SUITE_AES_CM_128_HMAC_SHA1_32},
    {"GCM with 128 bits", "3 AEAD_AES_128_GCM inline:" KEY28, 0, 3, SUITE_AEAD_AES_128_GCM},
    {"GCM with 256 bits", "4 AEAD_AES_256_GCM inline:" KEY44, 0, 4, SUITE_AEAD_AES_256_GCM},
    {"blanks and tabs", " 5 \t AES_CM_128_HMAC_SHA1_80   inline:" KEY "  ", 0, 5,
     SUITE_AES_CM_128_HMAC_SHA1_80},
    {"the highest tag", "999999999 AES_CM_128_HMAC_SHA1_80 inline:" KEY, 0, 999999999,
     SUITE_AES_CM_128_HMAC_SHA1_80},
    {"a window changes no packet", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " WSH=64", 0, 1,
     SUITE_AES_CM_128_HMAC_SHA1_80},
    {"what may be ignored is", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " -XYZ", 0, 1,
     SUITE_AES_CM_128_HMAC_SHA1_80},
    {"letters in another case", "1 aes_cm_128_hmac_sha1_80 INLINE:" KEY, 0, 1,
     SUITE_AES_CM_128_HMAC_SHA1_80},
    {"MKI", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4", -ENOTSUP, 0, SUITE_NONE},
    {"MKI without a lifetime", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|1:4", -ENOTSUP, 0,
     SUITE_NONE},
    {"two keys", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4;inline:" KEY "|2^20|2:4",
     -ENOTSUP, 0, SUITE_NONE},
    {"two keys without MKI", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY ";inline:" KEY, -ENOTSUP, 0,
     SUITE_NONE},
    {"a suite that we lack", "1 F8_128_HMAC_SHA1_80 inline:" KEY, -ENOTSUP, 0, SUITE_NONE},
    {"another key method", "1 AES_CM_128_HMAC_SHA1_80 outline:" KEY, -ENOTSUP, 0, SUITE_NONE},
    {"RTP in the clear", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNENCRYPTED_SRTP", -ENOTSUP, 0,
     SUITE_NONE},
    {"RTCP in the clear", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNENCRYPTED_SRTCP", -ENOTSUP, 0,
     SUITE_NONE},
    {"not authenticated", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNAUTHENTICATED_SRTP", -ENOTSUP,
     0, SUITE_NONE},
    {"another parameter first", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " WSH=64 KDR=1", -ENOTSUP,
     0, SUITE_NONE},
    {"tag 0", "0 AES_CM_128_HMAC_SHA1_80 inline:" KEY, -EBADMSG, 0, SUITE_NONE},
    {"a tag of ten digits", "1000000000 AES_CM_128_HMAC_SHA1_80 inline:" KEY, -EBADMSG, 0,
     SUITE_NONE},
    {"no tag", "AES_CM_128_HMAC_SHA1_80 inline:" KEY, -EBADMSG, 0, SUITE_NONE},
    {"no key", "1 AES_CM_128_HMAC_SHA1_80", -EBADMSG, 0, SUITE_NONE},
    {"an empty key", "1 AES_CM_128_HMAC_SHA1_80 inline:", -EBADMSG, 0, SUITE_NONE},
    {"a key that is too short", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY28, -EBADMSG, 0, SUITE_NONE},
    {"a key that is too long", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY44, -EBADMSG, 0, SUITE_NONE},
    {"a key without end",
     "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY KEY KEY KEY KEY KEY KEY KEY KEY KEY KEY KEY, -EBADMSG,
     0, SUITE_NONE},
    {"no base64", "1 AES_CM_128_HMAC_SHA1_80 inline:!VNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
     -EBADMSG, 0, SUITE_NONE},
    {"padding in the middle",
     "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKC==ewkyMjA7fQp9CnVubGVz", -EBADMSG, 0,
     SUITE_NONE},
    {"padding that is not due",
     "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubG==", -EBADMSG, 0,
     SUITE_NONE},
    {"padding that is missing",
     "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGwAA", -EBADMSG, 0, SUITE_NONE},
    {"nothing", "", -EBADMSG, 0, SUITE_NONE},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sdp_crypto got, zero = {0};

    memset(&got, 0x55, sizeof got);
    assert_int_equal(sdp_crypto_parse(in, &got), row->err);
    assert_int_equal(got.tag, row->tag);
    assert_int_equal(got.suite, row->suite);
    if (row->err)
        assert_memory_equal(got.key, zero.key, sizeof got.key);
    exact_free(in);
}

static void the_key_is_what_stands_there(void **state)
{
    struct sdp_crypto got;

    (void)state;
    assert_int_equal(sdp_crypto_parse(SLICE("4 AEAD_AES_256_GCM inline:" KEY44), &got), 0);
    for (size_t i = 0; i < 44; i++)
        assert_int_equal(got.key[i], i);
}

/* Whatever the suite, what is printed reads as the same. */
static void print_and_parse(void **state)
{
    struct rng rng = rng_seeded(7);

    (void)state;
    for (enum suite suite = SUITE_AES_CM_128_HMAC_SHA1_80; suite <= SUITE_AEAD_AES_256_GCM;
         suite++) {
        struct sdp_crypto ours, other, read;
        struct buf text = buf_new(1000);

        sdp_crypto_new(&rng, 9, suite, &ours);
        sdp_crypto_new(&rng, 9, suite, &other);
        assert_false(sdp_crypto_same_key(&ours, &other));
        sdp_crypto_print(&ours, &text);
        assert_int_equal(sdp_crypto_parse(buf_slice(&text), &read), 0);
        assert_int_equal(read.tag, 9);
        read.tag = 1;
        assert_true(sdp_crypto_same_key(&ours, &read));
        read.key[suite_key_bytes(suite) - 1] ^= 1; /* the last byte of the salt */
        assert_false(sdp_crypto_same_key(&ours, &read));
        read.key[suite_key_bytes(suite) - 1] ^= 1;
        read.suite = suite % 4 + 1;
        assert_false(sdp_crypto_same_key(&ours, &read));
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_what_stands_there),
        cmocka_unit_test(print_and_parse),
    };

    return RUN_ROWS("sdp/crypto lines", rows, check_row) +
           cmocka_run_group_tests_name("sdp/crypto", tests, NULL, NULL);
}
