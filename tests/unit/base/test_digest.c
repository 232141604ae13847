#include "base/digest.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* RFC 1321 A.5; FIPS 180-4 examples. */
static const struct row {
    const char *name;
    enum digest_kind kind;
    const char *in, *hex;
} rows[] = {
    {"MD5 of nothing", DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {"MD5 of abc", DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"MD5 of more than a block", DIGEST_MD5,
     "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a"},
    {"SHA-256 of nothing", DIGEST_SHA256, "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"SHA-256 of abc", DIGEST_SHA256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"SHA-256 of two blocks", DIGEST_SHA256,
     "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"SHA-512/256 of abc", DIGEST_SHA512_256, "abc",
     "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
    {"SHA-512/256 of two blocks", DIGEST_SHA512_256,
     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"},
};

static void whole(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    char hex[DIGEST_HEX_MAX + 1];

    digest_hex(row->kind, &in, 1, hex);
    assert_string_equal(hex, row->hex);
    exact_free(in);
}

/* Cut at each place, with an empty part in between, it is the same. */
static void in_parts(void **state)
{
    const struct row *row = *state;
    struct slice in = slice_of(row->in);
    char hex[DIGEST_HEX_MAX + 1];

    for (size_t i = 0; i <= in.n; i++) {
        struct slice parts[] = {slice_head(in, i), {0}, slice_skip(in, i)};

        digest_hex(row->kind, parts, ARRAY_LEN(parts), hex);
        assert_string_equal(hex, row->hex);
    }
}

static void no_parts(void **state)
{
    char hex[DIGEST_HEX_MAX + 1];

    (void)state;
    digest_hex(DIGEST_MD5, NULL, 0, hex);
    assert_string_equal(hex, "d41d8cd98f00b204e9800998ecf8427e");
}

int main(void)
{
    static const struct CMUnitTest more[] = {cmocka_unit_test(no_parts)};
    int failed = RUN_ROWS("base/digest", rows, whole);

    failed += RUN_ROWS("base/digest in parts", rows, in_parts);
    return failed + cmocka_run_group_tests_name("base/digest", more, NULL, NULL);
}
