/* Keys without memory, libsrtp2's included: they are refused, those from before go on, a packet for
 * which there is none is lost and the next one is not, and nothing is left behind. */
#include <errno.h>
#include <string.h>

#include "rtp/latch.h"
#include "rtp/srtp.h"
#include "tests/lib/memory.h"
#include "tests/lib/memory_srtp.h"
#include "tests/lib/rows.h"

static const struct rtp_srtp_key one = {.suite = SUITE_AES_CM_128_HMAC_SHA1_80, .key = {1}},
                                 other = {.suite = SUITE_AEAD_AES_256_GCM, .key = {2}};

static bool is_there = true;
bool __wrap_mem_is_there(size_t n);

bool __wrap_mem_is_there(size_t n)
{
    return is_there && n > 0;
}

/* What libsrtp2 may crash of is never begun. */
static void nothing_is_begun_without_memory(void **state)
{
    unsigned before = memory_srtp_taken();
    struct rtp_srtp *s = NULL;

    (void)state;
    is_there = false;
    assert_int_equal(rtp_srtp_new(&one, &other, &s), -ENOMEM);
    is_there = true;
    assert_null(s);
    assert_int_equal(memory_srtp_taken(), before);
}

static void a_stream_may_be_refused(void **state)
{
    unsigned before = memory_srtp_taken();
    struct rtp_srtp *s = NULL;
    int err;

    (void)state;
    for (unsigned n = 1;; n += memory_step()) {
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
    assert_true(memory_srtp_taken() - before > 20);
}

/* --- two ends -------------------------------------------------------------------------------- */

struct ends {
    struct rtp_srtp *here, *there;
    uint16_t sequence;
};

static void open_ends(struct ends *e)
{
    *e = (struct ends){0};
    assert_int_equal(rtp_srtp_new(&one, &other, &e->here), 0);
    assert_int_equal(rtp_srtp_new(&other, &one, &e->there), 0);
}

static void close_ends(struct ends *e)
{
    rtp_srtp_free(e->here);
    rtp_srtp_free(e->there);
}

/* What is said there, or here, is heard; else -errno of who could not. */
static int say(struct ends *e, bool from_here, uint32_t ssrc, bool rtcp)
{
    struct rtp_srtp *from = from_here ? e->here : e->there, *to = from_here ? e->there : e->here;
    uint8_t plain[] = {0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, (uint8_t)ssrc, 42}, packet[64], out[64];
    size_t n = sizeof plain;
    ptrdiff_t heard;
    int err;

    plain[3] = (uint8_t)++e->sequence;
    if (rtcp)
        memcpy(plain, (uint8_t[]){0x80, 201, 0, 1, 0, 0, 0, (uint8_t)ssrc}, n = 8);
    memcpy(packet, plain, n);
    err = rtcp ? rtp_srtp_protect_rtcp(from, packet, &n, sizeof packet)
               : rtp_srtp_protect(from, packet, &n, sizeof packet);
    if (err)
        return err;
    heard = rtcp ? rtp_srtp_unprotect_rtcp(to, (struct slice){(char *)packet, n}, out, sizeof out)
                 : rtp_srtp_unprotect(to, (struct slice){(char *)packet, n}, out, sizeof out);
    if (heard < 0)
        return (int)heard;
    assert_int_equal(heard, rtcp ? 8 : sizeof plain);
    assert_memory_equal(out, plain, (size_t)heard);
    return 0;
}

/* Of each SSRC the first packet takes memory, at either end. */
static void first_packets(void **state)
{
    const bool rtcp = *state != NULL;
    bool failed = true;

    for (unsigned n = 1; failed; n += memory_step()) {
        struct ends e;
        int err;

        open_ends(&e);
        assert_int_equal(say(&e, false, 1, rtcp), 0);
        memory_fail_at(n);
        err = say(&e, true, 7, rtcp);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_true(err == 0 ? !failed : failed && (err == -ENOMEM || err == -EBADMSG));
        assert_int_equal(say(&e, true, 7, rtcp), 0);
        assert_int_equal(say(&e, false, 1, rtcp), 0);
        close_ends(&e);
        assert_true(failed || n > 4);
    }
}

static void other_keys_may_be_refused(void **state)
{
    static const struct rtp_srtp_key third = {.suite = SUITE_AES_CM_128_HMAC_SHA1_32, .key = {3}},
                                     fourth = {.suite = SUITE_AEAD_AES_128_GCM, .key = {4}};
    bool failed = true;

    (void)state;
    for (unsigned n = 1; failed; n += memory_step()) {
        struct ends e;
        int err;

        open_ends(&e);
        assert_int_equal(say(&e, true, 1, false), 0);
        memory_fail_at(n);
        err = rtp_srtp_rekey(e.here, &third, &fourth);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_int_equal(err, failed ? -ENOMEM : 0);
        if (!err)
            assert_int_equal(rtp_srtp_rekey(e.there, &fourth, &third), 0);
        assert_int_equal(say(&e, true, 1, false), 0);
        assert_int_equal(say(&e, false, 2, false), 0);
        close_ends(&e);
        assert_true(failed || n > 10);
    }
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

/* Nor does it keep anybody out once there is some. */
static void without_a_place_nothing_is_latched_to(void **state)
{
    const struct ip said = {4, {192, 0, 2, 1}, 4000, 0}, there = {4, {198, 51, 100, 7}, 61000, 0};
    struct rtp_latch latch = {.heard = false};

    (void)state;
    rtp_latch_signalled(&latch, &said, &said, &said);
    memory_fail_at(1);
    assert_int_equal(rtp_latch_rtp(&latch, &there, 1, 1, 0), RTP_LATCH_REFUSE);
    assert_true(memory_has_failed());
    memory_fail_at(0);
    for (uint16_t i = 2; i < 1 + RTP_LATCH_PACKETS; i++)
        assert_int_equal(rtp_latch_rtp(&latch, &there, 1, i, 0), RTP_LATCH_REFUSE);
    assert_int_equal(rtp_latch_rtp(&latch, &there, 1, 1 + RTP_LATCH_PACKETS, 0), RTP_LATCH_MOVED);
    rtp_latch_end(&latch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_begun_without_memory),
        cmocka_unit_test(without_a_place_nothing_is_latched_to),
        cmocka_unit_test(a_stream_may_be_refused),
        {"the first packet of an SSRC", first_packets, NULL, NULL, NULL},
        {"its first RTCP", first_packets, NULL, NULL, (void *)&one},
        cmocka_unit_test(other_keys_may_be_refused),
        cmocka_unit_test(keys_that_are_refused_replace_none),
    };

    struct rtp_srtp *kept;
    int failed;

    /* What libsrtp2 stands on (NSS) begins anew where nobody has keys: somebody has. */
    if (rtp_srtp_prepare() || rtp_srtp_new(&one, &other, &kept))
        return 1;
    failed = cmocka_run_group_tests_name("rtp/no_memory", tests, NULL, NULL);
    rtp_srtp_free(kept);
    return failed;
}
