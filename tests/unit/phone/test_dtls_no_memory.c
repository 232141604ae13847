/* A stream that agrees on its keys by DTLS, each allocation of whose thread fails once: it has keys
 * all the same and both can hear them in use, or it says why not; and nothing leaves in the clear,
 * or counts that came so. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "net/loop.h"
#include "tests/lib/memory.h"
#include "tests/lib/memory_openssl.h"
#include "tests/unit/phone/dtls_world.h"

#define PATIENCE_MS (RTP_DTLS_PATIENCE_MS + 3000u)
#define STEP 197 /* of OpenSSL's allocations, of which a handshake has thousands */

static const struct row {
    const char *name;
    bool active, mux, nat, openssl;
} rows[] = {
    {"we begin", true, true, false, false},
    {"they begin, RTCP has its own", false, false, false, false},
    {"they begin from behind a NAT", false, true, true, false},
    {"we begin, and OpenSSL has no memory", true, true, false, true},
    {"they begin, and OpenSSL has no memory", false, true, false, true},
};

/* --- the thread of the sound alone ----------------------------------------------------------- */

static pthread_t test_thread;
static atomic_uint left;

/* What the far end allocates is none of it. */
static bool fails(void *arg)
{
    (void)arg;
    if (pthread_equal(pthread_self(), test_thread) || left == 0)
        return false;
    return --left == 0;
}

struct seen {
    unsigned keys, ends;
};

static void look_at_keys(struct world *w, const struct row *row)
{
    WORLD_UNTIL(w, w->far.srtp[0] && (w->far.sound >= 2 || w->lone.told[MEDIA_CODEC_FAILED]));
    world_speak(w, 2);
    WORLD_UNTIL(w, world_stats(w).packets_received == 2);
    if (!row->mux)
        WORLD_UNTIL(w, w->far.srtp[1] || left == 0);
}

static void look_at_end(struct world *w)
{
    assert_int_equal(w->lone.err, -ENOKEY);
    for (unsigned i = 0; i < 10; i++)
        world_step(w);
    assert_int_equal(w->far.sound, 0);
    assert_int_equal(world_stats(w).packets_received, 0);
}

/* Whether an allocation failed. */
static bool shake(const struct row *row, unsigned nth, struct seen *seen)
{
    struct world *w = world_new(row->mux);
    uint64_t until_ms = net_now_ms() + PATIENCE_MS;
    uint8_t clear[WORLD_ROOM];
    bool failed;

    if (row->nat)
        w->lone.params.remote_rtp.port = 9;
    left = nth;
    memory_openssl_counts(row->openssl);
    world_agree(w, row->active);
    while (!w->lone.told[MEDIA_KEYS]) {
        if (net_now_ms() > until_ms)
            fail_msg("no keys, and no word why: allocation %u", nth);
        world_step(w);
    }
    failed = left == 0;
    left = 0;
    memory_openssl_counts(false);
    assert_true(failed || !w->lone.err);
    (void)net_rtp_send(w->lone.pair.rtp_fd, &w->lone.to[0],
                       (struct slice){(const char *)clear, world_packet(w, clear)});
    if (w->lone.err)
        look_at_end(w);
    else
        look_at_keys(w, row);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 1);
    assert_int_equal(w->far.clear, 0);
    seen->keys += !w->lone.err;
    seen->ends += w->lone.err != 0;
    world_free(w);
    return failed;
}

static void each_fails(void **state)
{
    const struct row *row = *state;
    struct seen seen = {0};
    unsigned n = 1, step = getenv("TPHONE_LONG") ? 1 : STEP;

    while (shake(row, n, &seen))
        n += row->openssl ? step : 1;
    print_message("%u allocations: %u handshakes all the same, %u ends\n", n - 1, seen.keys,
                  seen.ends);
    assert_true(n > (row->openssl ? 1000 : 5));
    assert_true(seen.keys > seen.ends);
}

/* --- what is left behind --------------------------------------------------------------------- */

#define SECRET_BYTES 16

/* Of keys that were agreed on nothing is found in what is given back: when others take their place,
 * and at the end of the stream. */
static void no_key_is_left_behind(void **state)
{
    struct world *w = world_new(false);
    struct rtp_srtp_key keys[4];
    struct slice secrets[ARRAY_LEN(keys)];

    (void)state;
    world_agree(w, true);
    WORLD_UNTIL(w, w->far.srtp[0] && w->far.srtp[1] && w->far.sound >= 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rtp_dtls_keys(w->far.dtls[i], &keys[2 * i], &keys[2 * i + 1]), 0);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        secrets[i] = (struct slice){(const char *)keys[i].key, SECRET_BYTES};
    memory_watch(secrets, ARRAY_LEN(secrets));
    world_agree(w, true);
    w->far.sound = 0;
    WORLD_UNTIL(w, w->far.sound >= 2);
    assert_int_equal(memory_found(), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rtp_dtls_keys(w->far.dtls[i], &keys[2 * i], &keys[2 * i + 1]), 0);
    memory_watch(secrets, ARRAY_LEN(secrets));
    world_free(w);
    assert_int_equal(memory_found(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_key_is_left_behind)};

    test_thread = pthread_self();
    if (!memory_openssl_prepare() || rtp_srtp_prepare())
        return 1;
    memory_fail_by(fails, NULL);
    return cmocka_run_group_tests_name("phone/media_dtls: keys", tests, NULL, NULL) +
           RUN_ROWS("phone/media_dtls: no memory", rows, each_fails);
}
