/* A stream with keys against a far end made by hand, which has the keys, or has not: what leaves,
 * and what is taken. */
#define _GNU_SOURCE 1 /* memmem */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "tests/lib/memory.h"
#include "tests/unit/phone/lone.h"

#define PAYLOAD 160
#define ROOM 2048

struct world {
    struct lone lone;
    struct rtp_srtp *srtp; /* of the far end */
};

static struct rtp_srtp_key key_of(enum suite suite, uint8_t first)
{
    struct rtp_srtp_key key = {.suite = suite};

    for (size_t i = 0; i < sizeof key.key; i++)
        key.key[i] = (uint8_t)(first + i);
    return key;
}

/* Ours is 1, theirs 2: of the same suite, from number first on. */
static void agree_on(struct world *w, enum suite suite, uint8_t first)
{
    struct rtp_srtp_key ours = key_of(suite, first), theirs = key_of(suite, first + 100);
    int err =
        w->srtp ? rtp_srtp_rekey(w->srtp, &theirs, &ours) : rtp_srtp_new(&theirs, &ours, &w->srtp);

    assert_int_equal(err, 0);
    w->lone.params.keys = (struct media_keys){ours, theirs};
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
}

static struct world *world_with(const char *device)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    lone_init(&w->lone, device);
    return w;
}

static struct world *world_new(void)
{
    return world_with(NULL);
}

static void world_free(struct world *w)
{
    lone_free(&w->lone);
    rtp_srtp_free(w->srtp);
    free(w);
}

/* They come from the thread of the sound, which has done by then what it was told before. */
static struct media_stats stats_of(struct world *w)
{
    return lone_stats(&w->lone);
}

/* --- the far end ----------------------------------------------------------------------------- */

struct bytes {
    uint8_t at[ROOM];
    size_t n;
};

static struct bytes plain_packet(uint16_t sequence)
{
    struct bytes b = {.n = RTP_HEADER_BYTES + PAYLOAD};
    struct rtp_packet packet = {.sequence = sequence, .ssrc = 7, .timestamp = sequence * 160u};

    rtp_packet_print(&packet, b.at);
    return b;
}

static struct bytes protected_packet(struct world *w, uint16_t sequence)
{
    struct bytes b = plain_packet(sequence);

    assert_int_equal(rtp_srtp_protect(w->srtp, b.at, &b.n, ROOM), 0);
    return b;
}

static void send_bytes(struct world *w, bool rtcp, const struct bytes *b)
{
    assert_int_equal(net_rtp_send(rtcp ? w->lone.pair.rtcp_fd : w->lone.pair.rtp_fd,
                                  &w->lone.to[rtcp], (struct slice){(const char *)b->at, b->n}),
                     0);
}

static void send_protected(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct bytes b = protected_packet(w, w->lone.sequence++);

        send_bytes(w, false, &b);
    }
}

static struct bytes bye(void)
{
    struct bytes b = {.n = 0};
    struct rtcp_compound what = {.ssrc = 7, .cname = SLICE("far"), .bye = true};

    b.n = rtcp_print(&what, b.at);
    return b;
}

/* The next that came; false: nothing. */
static bool got(struct world *w, bool rtcp, struct bytes *out)
{
    struct ip from;
    ptrdiff_t n = net_rtp_recv(rtcp ? w->lone.pair.rtcp_fd : w->lone.pair.rtp_fd, (char *)out->at,
                               sizeof out->at, &from);

    out->n = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static void wait_received(struct world *w, uint64_t n)
{
    for (unsigned i = 0; i < 1000 && stats_of(w).packets_received < n; i++)
        loop_run_ms(&w->lone.loop, 10);
    assert_int_equal(stats_of(w).packets_received, n);
}

static void wait_refused(struct world *w, uint64_t n)
{
    for (unsigned i = 0; i < 1000 && stats_of(w).packets_refused < n; i++)
        loop_run_ms(&w->lone.loop, 10);
    assert_int_equal(stats_of(w).packets_refused, n);
}

/* --- what leaves ----------------------------------------------------------------------------- */

static const struct row {
    const char *name;
    enum suite suite;
    size_t rtp_growth, rtcp_growth;
} rows[] = {
    {"AES-CM, a tag of 80 bits", SUITE_AES_CM_128_HMAC_SHA1_80, 10, 14},
    {"AES-CM, a tag of 32 bits, of 80 for RTCP", SUITE_AES_CM_128_HMAC_SHA1_32, 4, 14},
    {"AES-GCM of 128 bits", SUITE_AEAD_AES_128_GCM, 16, 20},
    {"AES-GCM of 256 bits", SUITE_AEAD_AES_256_GCM, 16, 20},
};

static void check_rtp(struct world *w, const struct bytes *raw, size_t growth)
{
    static const uint8_t silence[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t out[ROOM];
    ptrdiff_t n =
        rtp_srtp_unprotect(w->srtp, (struct slice){(const char *)raw->at, raw->n}, out, sizeof out);

    assert_int_equal(n, RTP_HEADER_BYTES + PAYLOAD);
    assert_int_equal(raw->n, (size_t)n + growth);
    assert_memory_equal(out + RTP_HEADER_BYTES, silence, sizeof silence);
    assert_null(memmem(raw->at, raw->n, silence, sizeof silence));
}

/* The last one says BYE; behind type and SSRC nothing can be read in any. */
static unsigned check_rtcp(struct world *w, size_t growth)
{
    struct bytes raw;
    unsigned n_reports = 0;
    struct rtcp_packet last = {.type = 0};

    for (; got(w, true, &raw); n_reports++) {
        uint8_t out[ROOM];
        ptrdiff_t n = rtp_srtp_unprotect_rtcp(w->srtp, (struct slice){(const char *)raw.at, raw.n},
                                              out, sizeof out);
        struct slice rest = {(const char *)out, (size_t)n};

        assert_true(n > 0 && raw.n == (size_t)n + growth);
        assert_int_equal(rtcp_check(rest), 0);
        for (size_t i = 8; i + 8 <= (size_t)n; i++)
            assert_null(memmem(raw.at + 8, raw.n - 8, out + i, 8));
        while (rtcp_next(&rest, &last) == 0)
            ;
    }
    assert_int_equal(last.type, RTCP_BYE);
    return n_reports;
}

static void what_leaves_is_encrypted(void **state)
{
    const struct row *row = *state;
    struct world *w = world_new();
    struct bytes raw;
    unsigned n = 0;

    agree_on(w, row->suite, 1);
    for (unsigned i = 0; i < 500 && stats_of(w).packets_sent < 8; i++)
        loop_run_ms(&w->lone.loop, 10);
    lone_stop(&w->lone);
    for (; got(w, false, &raw); n++)
        check_rtp(w, &raw, row->rtp_growth);
    assert_true(n >= 8);
    assert_true(check_rtcp(w, row->rtcp_growth) >= 1);
    world_free(w);
}

/* --- what is taken --------------------------------------------------------------------------- */

/* All of it has the right SSRC, and numbers that are due. */
static void only_what_is_genuine_counts(void **state)
{
    struct world *w = world_new();
    struct rtp_srtp_key others = key_of(SUITE_AEAD_AES_256_GCM, 77);
    struct rtp_srtp *other;
    struct bytes first, b;

    (void)state;
    agree_on(w, SUITE_AEAD_AES_256_GCM, 1);
    assert_int_equal(rtp_srtp_new(&others, &others, &other), 0);
    first = protected_packet(w, w->lone.sequence++);
    send_bytes(w, false, &first);
    send_protected(w, 4);
    wait_received(w, 5);
    for (unsigned i = 0; i < 5; i++) {
        send_bytes(w, false, &first); /* again */
        b = plain_packet(w->lone.sequence);
        send_bytes(w, false, &b);
        b = plain_packet(w->lone.sequence);
        assert_int_equal(rtp_srtp_protect(other, b.at, &b.n, ROOM), 0);
        send_bytes(w, false, &b);
        b = protected_packet(w, w->lone.sequence++);
        b.at[20] ^= 1;
        send_bytes(w, false, &b);
    }
    wait_refused(w, 20);
    b = bye();
    send_bytes(w, true, &b);
    assert_int_equal(rtp_srtp_protect_rtcp(other, b.at, &b.n, ROOM), 0);
    send_bytes(w, true, &b);
    wait_refused(w, 22);
    assert_int_equal(w->lone.told[MEDIA_REMOTE_BYE], 0);
    send_protected(w, 1);
    wait_received(w, 6);
    b = bye();
    assert_int_equal(rtp_srtp_protect_rtcp(w->srtp, b.at, &b.n, ROOM), 0);
    send_bytes(w, true, &b);
    for (unsigned i = 0; i < 1000 && !w->lone.told[MEDIA_REMOTE_BYE]; i++)
        loop_run_ms(&w->lone.loop, 10);
    assert_int_equal(w->lone.told[MEDIA_REMOTE_BYE], 1);
    rtp_srtp_free(other);
    world_free(w);
}

/* The description names a place that nothing comes from: who is heard from elsewhere is believed
 * only with the key. */
static void the_address_latches_to_who_has_the_key(void **state)
{
    struct world *w = world_new();
    struct bytes b;

    (void)state;
    w->lone.params.remote_rtp.port = 9;
    agree_on(w, SUITE_AES_CM_128_HMAC_SHA1_80, 1);
    for (uint16_t i = 0; i < 8; i++) {
        b = plain_packet(i);
        send_bytes(w, false, &b);
    }
    wait_refused(w, 8);
    loop_run_ms(&w->lone.loop, 60);
    assert_false(got(w, false, &b));
    send_protected(w, 8);
    for (unsigned i = 0; i < 500 && !got(w, false, &b); i++)
        loop_run_ms(&w->lone.loop, 10);
    check_rtp(w, &b, 10);
    world_free(w);
}

/* What the wrong key makes of a packet is noise, and nobody hears it. */
static void a_wrong_key_is_silence(void **state)
{
    struct world *w = world_new();
    struct rtp_srtp_key wrong = key_of(SUITE_AES_CM_128_HMAC_SHA1_32, 55);

    (void)state;
    agree_on(w, SUITE_AES_CM_128_HMAC_SHA1_32, 1);
    assert_int_equal(rtp_srtp_rekey(w->srtp, &wrong, NULL), 0);
    send_protected(w, 10);
    wait_refused(w, 10);
    assert_int_equal(stats_of(w).packets_received, 0);
    assert_int_equal(w->lone.told[MEDIA_FIRST_PACKET], 0);
    world_free(w);
}

/* Keys that cannot be used, as where there is no memory for them: nothing leaves and nothing is
 * taken, neither in the clear nor by what was agreed before. */
static void unusable_keys_are_silence(void **state)
{
    struct world *w = world_new();
    struct bytes b;

    (void)state;
    agree_on(w, SUITE_AEAD_AES_128_GCM, 1);
    send_protected(w, 5);
    wait_received(w, 5);
    w->lone.params.keys.send.suite = SUITE_AEAD_AES_256_GCM;
    w->lone.params.keys.receive.suite = SUITE_NONE;
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    (void)stats_of(w); /* else the next packets may come with the beat before that */
    send_protected(w, 5);
    b = plain_packet(w->lone.sequence++);
    send_bytes(w, false, &b);
    wait_refused(w, 6);
    assert_int_equal(stats_of(w).packets_received, 5);
    while (got(w, false, &b) || got(w, true, &b))
        ;
    loop_run_ms(&w->lone.loop, 200);
    b = bye();
    send_bytes(w, true, &b);
    wait_refused(w, 7);
    lone_stop(&w->lone);
    assert_false(got(w, false, &b));
    assert_false(got(w, true, &b)); /* no last report either */
    assert_int_equal(w->lone.told[MEDIA_REMOTE_BYE], 0);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 1); /* and it is said */
    world_free(w);
}

/* --- other keys ------------------------------------------------------------------------------ */

/* What was on the way when the keys changed is still heard, and our numbers go on. */
static void other_keys_leave_no_gap(void **state)
{
    struct world *w = world_new();
    struct bytes late[5], raw;
    struct rtp_packet packet;
    int last = -1;

    (void)state;
    agree_on(w, SUITE_AES_CM_128_HMAC_SHA1_80, 1);
    send_protected(w, 10);
    wait_received(w, 10);
    for (size_t i = 0; i < ARRAY_LEN(late); i++)
        late[i] = protected_packet(w, w->lone.sequence++);
    agree_on(w, SUITE_AEAD_AES_128_GCM, 30);
    (void)stats_of(w);
    for (size_t i = 0; i < ARRAY_LEN(late); i++)
        send_bytes(w, false, &late[i]);
    send_protected(w, 10);
    wait_received(w, 25);
    for (unsigned i = 0; i < 500 && stats_of(w).packets_sent < 20; i++)
        loop_run_ms(&w->lone.loop, 10);
    while (got(w, false, &raw)) {
        uint8_t out[ROOM];

        assert_int_equal(rtp_srtp_unprotect(w->srtp, (struct slice){(const char *)raw.at, raw.n},
                                            out, sizeof out),
                         RTP_HEADER_BYTES + PAYLOAD);
        assert_int_equal(
            rtp_packet_parse((struct slice){(const char *)out, RTP_HEADER_BYTES}, &packet), 0);
        assert_true(last < 0 || packet.sequence == (uint16_t)(last + 1));
        last = packet.sequence;
    }
    assert_int_equal(stats_of(w).packets_refused, 0);
    world_free(w);
}

/* The same keys again, as with each re-INVITE: a replay is still one. */
static void the_same_keys_begin_nothing_anew(void **state)
{
    struct world *w = world_new();
    struct bytes first;

    (void)state;
    agree_on(w, SUITE_AEAD_AES_256_GCM, 1);
    first = protected_packet(w, w->lone.sequence++);
    send_bytes(w, false, &first);
    wait_received(w, 1);
    agree_on(w, SUITE_AEAD_AES_256_GCM, 1);
    send_bytes(w, false, &first);
    wait_refused(w, 1);
    send_protected(w, 3);
    wait_received(w, 4);
    world_free(w);
}

/* Keys that could not be used lie in between, as where there was no memory for them: to begin anew
 * with the key before would send other packets by the same numbers. */
static void keys_that_come_back_go_on(void **state)
{
    struct world *w = world_new();
    struct bytes first;

    (void)state;
    agree_on(w, SUITE_AEAD_AES_256_GCM, 1);
    first = protected_packet(w, w->lone.sequence++);
    send_bytes(w, false, &first);
    wait_received(w, 1);
    w->lone.params.keys.receive.suite = SUITE_NONE;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    (void)stats_of(w);
    send_bytes(w, false, &first);
    wait_refused(w, 1);
    agree_on(w, SUITE_AEAD_AES_256_GCM, 1);
    (void)stats_of(w);
    send_bytes(w, false, &first);
    wait_refused(w, 2);
    send_protected(w, 3);
    wait_received(w, 4);
    world_free(w);
}

/* --- what a packet costs --------------------------------------------------------------------- */

static const struct cost_row {
    const char *name;
    enum suite suite;
} cost_rows[] = {
    {"in the clear", SUITE_NONE},
    {"AES-CM", SUITE_AES_CM_128_HMAC_SHA1_80},
    {"AES-GCM", SUITE_AEAD_AES_256_GCM},
};

/* Allocations of other threads than ours, which is the far end's and the phone's. */
struct counter {
    pthread_t here;
    atomic_uint n;
};

static bool count_others(void *arg)
{
    struct counter *counter = arg;

    if (!pthread_equal(pthread_self(), counter->here))
        counter->n++;
    return false;
}

/* n packets each way, 20 ms apart. */
static void talk(struct world *w, unsigned n)
{
    struct bytes b;
    unsigned came = 0;

    for (unsigned i = 0; i < 2000 && (i < n || came < n); i++) {
        if (i < n) {
            b = w->srtp ? protected_packet(w, w->lone.sequence++)
                        : plain_packet(w->lone.sequence++);
            send_bytes(w, false, &b);
        }
        loop_run_ms(&w->lone.loop, 20);
        while (got(w, false, &b))
            came++;
    }
    assert_true(came >= n);
}

/* Received, played, sent: no packet takes memory, once the first ones have gone. How many those are
 * is the machine's: behind a stall more come at once than ever before, and room for them is
 * kept. */
static void a_packet_allocates_nothing(void **state)
{
    const struct cost_row *row = *state;
    struct world *w = world_with("null");
    struct counter counter = {.here = pthread_self(), .n = 1};
    unsigned clean = 0; /* rounds, one behind the other: at first buffers grow */

    media_stream_listen(w->lone.stream, true);
    if (row->suite == SUITE_NONE)
        assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    else
        agree_on(w, row->suite, 1);
    talk(w, 10);
    for (unsigned i = 0; i < 20 && clean < 3; i++) {
        counter.n = 0;
        memory_fail_by(count_others, &counter);
        talk(w, 25);
        memory_fail_by(NULL, NULL);
        clean = counter.n == 0 ? clean + 1 : 0;
    }
    assert_int_equal(clean, 3);
    assert_true(stats_of(w).packets_received >= 85);
    memory_fail_by(count_others, &counter);
    (void)stats_of(w);
    memory_fail_by(NULL, NULL);
    assert_int_not_equal(counter.n, 0); /* it counts */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_genuine_counts),
        cmocka_unit_test(the_address_latches_to_who_has_the_key),
        cmocka_unit_test(a_wrong_key_is_silence),
        cmocka_unit_test(unusable_keys_are_silence),
        cmocka_unit_test(other_keys_leave_no_gap),
        cmocka_unit_test(the_same_keys_begin_nothing_anew),
        cmocka_unit_test(keys_that_come_back_go_on),
    };

    if (rtp_srtp_prepare())
        return 1;
    return RUN_ROWS("phone/media_secure: what leaves", rows, what_leaves_is_encrypted) +
           RUN_ROWS("phone/media_secure: what it costs", cost_rows, a_packet_allocates_nothing) +
           cmocka_run_group_tests_name("phone/media_secure", tests, NULL, NULL);
}
