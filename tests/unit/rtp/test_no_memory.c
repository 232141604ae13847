/* Keys without memory: they are refused, those from before go on, and nothing is left behind. */
#include <errno.h>
#include <string.h>

#include "rtp/srtp.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"

static const struct rtp_srtp_key one = {.suite = SUITE_AES_CM_128_HMAC_SHA1_80, .key = {1}},
                                 other = {.suite = SUITE_AEAD_AES_256_GCM, .key = {2}};

static void a_stream_may_be_refused(void **state)
{
    struct rtp_srtp *s = NULL;
    int err;

    (void)state;
    for (unsigned n = 1;; n++) {
        memory_fail_at(n);
        err = rtp_srtp_new(&one, &other, &s);
        if (!memory_has_failed())
            break;
        assert_int_equal(err, -ENOMEM);
        assert_null(s);
    }
    memory_fail_at(0);
    assert_int_equal(err, 0);
    rtp_srtp_free(s);
}

/* Keys that cannot be used, in either direction, replace none. */
static void keys_that_are_refused_replace_none(void **state)
{
    static const struct rtp_srtp_key none = {.suite = SUITE_NONE};
    uint8_t plain[] = {0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 42}, packet[64], out[64];
    struct rtp_srtp *s, *far;
    size_t n = sizeof plain;

    (void)state;
    assert_int_equal(rtp_srtp_new(&one, &other, &s), 0);
    assert_int_equal(rtp_srtp_new(&other, &one, &far), 0);
    assert_int_equal(rtp_srtp_rekey(s, &other, &none), -EINVAL);
    assert_int_equal(rtp_srtp_rekey(s, &none, &one), -EINVAL);
    memcpy(packet, plain, n);
    assert_int_equal(rtp_srtp_protect(s, packet, &n, sizeof packet), 0);
    assert_int_equal(
        rtp_srtp_unprotect(far, (struct slice){(const char *)packet, n}, out, sizeof out),
        sizeof plain);
    assert_memory_equal(out, plain, sizeof plain);
    rtp_srtp_free(s);
    rtp_srtp_free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_may_be_refused),
        cmocka_unit_test(keys_that_are_refused_replace_none),
    };

    if (rtp_srtp_prepare())
        return 1;
    return cmocka_run_group_tests_name("rtp/no_memory", tests, NULL, NULL);
}
