/* DTLS-SRTP without memory: each allocation of a handshake fails once, those of OpenSSL included.
 * Both ends agree on keys all the same, or it comes to an end that says why, and the next one is as
 * good as any. */
#include <errno.h>
#include <stdlib.h>

#include "tests/lib/memory.h"
#include "tests/lib/memory_openssl.h"
#include "tests/lib/rows.h"
#include "tests/unit/rtp/dtls_rig.h"

/* Each end that had room to begin. */
static void open_ends(struct rig *r)
{
    for (int i = 0; i < 2; i++) {
        int err = rtp_dtls_new(r->identity[i], i ? RTP_DTLS_PASSIVE : RTP_DTLS_ACTIVE,
                               rig_fingerprint(r, !i), 1, rig_now_ms, &r->end[i]);

        if (!err)
            continue;
        assert_int_equal(err, -ENOMEM);
        assert_null(r->end[i]);
    }
}

static void close_ends(struct rig *r)
{
    for (int i = 0; i < 2; i++) {
        rtp_dtls_free(r->end[i]);
        r->end[i] = NULL;
    }
    r->n_flying = 0;
}

static bool has_keys(const struct rig *r, int i)
{
    return r->end[i] && rtp_dtls_state(r->end[i]) == RTP_DTLS_READY;
}

/* Where it comes to nothing that is nobody's fault: at one end memory was short, and what the other
 * one saw of that is silence, or that it was refused. OpenSSL takes some for what came. */
static void assert_end_in_words(const struct rig *r)
{
    bool told = !r->end[0] || !r->end[1];

    for (int i = 0; i < 2; i++) {
        if (!r->end[i] || has_keys(r, i))
            continue;
        if (rtp_dtls_state(r->end[i]) == RTP_DTLS_CLOSED) {
            rig_assert_state(r, !i, RTP_DTLS_FAILED); /* the other one has said so */
            continue;
        }
        rig_assert_state(r, i, RTP_DTLS_FAILED);
        switch (rtp_dtls_trouble(r->end[i])) {
        case RTP_DTLS_OWN_FAULT:
        case RTP_DTLS_BROKEN:
            told = true;
            break;
        case RTP_DTLS_SILENCE:
        case RTP_DTLS_REFUSED:
            break;
        default:
            fail_msg("trouble %d is not what it was", (int)rtp_dtls_trouble(r->end[i]));
        }
    }
    assert_true(told);
}

struct seen {
    unsigned keys, ends;
};

/* Allocations fail from a certain one on. */
static unsigned left;

static bool fails_for_good(void *arg)
{
    (void)arg;
    left -= left > 0;
    return left == 0;
}

/* Whether an allocation failed. */
static bool shake(struct rig *r, unsigned nth, bool for_good, struct seen *seen)
{
    bool failed, keys;

    rig_now_ms = START_MS;
    left = nth;
    memory_openssl_counts(true);
    memory_fail_at(for_good ? 0 : nth);
    memory_fail_by(for_good ? fails_for_good : NULL, NULL);
    open_ends(r);
    rig_run(r);
    failed = for_good ? left == 0 : memory_has_failed();
    memory_fail_by(NULL, NULL);
    memory_fail_at(0);
    memory_openssl_counts(false);
    keys = has_keys(r, 0) && has_keys(r, 1);
    if (keys)
        (void)rig_assert_agreed(r);
    else
        assert_end_in_words(r);
    assert_true(keys || failed);
    seen->keys += keys;
    seen->ends += !keys;
    close_ends(r);
    return failed;
}

/* OpenSSL has thousands: behind the first ones each so-manyth, in the long tests each. Valgrind
 * takes a tenth of a second for one. */
static unsigned next(unsigned n, unsigned step)
{
    if (getenv("TPHONE_SHORT"))
        return n + 101;
    return n + (n < 200 || getenv("TPHONE_LONG") ? 1 : step);
}

static struct seen each_fails(bool for_good, unsigned step)
{
    struct seen seen = {0};
    struct rig r;
    unsigned n = 1;

    rig_open(&r);
    assert_false(shake(&r, 0, false, &seen)); /* what is made once only is there */
    while (shake(&r, n, for_good, &seen))
        n = next(n, step);
    assert_false(shake(&r, 0, false, &seen));
    print_message("%u allocations: %u handshakes all the same, %u ends\n", n - 1, seen.keys,
                  seen.ends);
    assert_true(n > 1000);
    rig_close(&r);
    return seen;
}

static void one_fails(void **state)
{
    struct seen seen = each_fails(false, 4);

    (void)state;
    assert_true(seen.keys > seen.ends);
}

static void all_fail(void **state)
{
    struct seen seen = each_fails(true, 17);

    (void)state;
    assert_true(seen.ends > seen.keys);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"a handshake, each allocation of which fails once", one_fails, NULL, NULL, NULL},
        {"one of which all fail from some allocation on", all_fail, NULL, NULL, NULL},
    };

    if (!memory_openssl_prepare())
        return 1;
    return cmocka_run_group_tests_name("rtp/dtls: no memory", tests, NULL, NULL);
}
