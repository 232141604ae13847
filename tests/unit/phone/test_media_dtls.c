/* A stream that agrees on its keys by DTLS, against a far end made by hand: roles, RTCP with a
 * handshake of its own and without, what goes before the keys, and what begins anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/loop.h"
#include "rtp/demux.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "tests/lib/temporary.h"
#include "tests/unit/phone/dtls_world.h"

/* --- keys ------------------------------------------------------------------------------------ */

static const struct row {
    const char *name;
    bool active, mux;
} rows[] = {
    {"we begin, RTCP beside RTP", true, true},
    {"they begin, RTCP beside RTP", false, true},
    {"we begin, RTCP has its own", true, false},
    {"they begin, RTCP has its own", false, false},
};

static void say_bye(struct world *w, bool genuine)
{
    int i = w->lone.params.rtcp_mux ? 0 : 1;
    struct rtcp_compound what = {.ssrc = 7, .cname = SLICE("far"), .bye = true};
    uint8_t bytes[WORLD_ROOM];
    size_t n = rtcp_print(&what, bytes);

    if (genuine)
        assert_int_equal(rtp_srtp_protect_rtcp(w->far.srtp[i], bytes, &n, sizeof bytes), 0);
    (void)net_rtp_send(world_socket(w, i), &w->lone.to[i], (struct slice){(const char *)bytes, n});
}

/* Sound goes both ways by the keys and only so; the BYE of RTCP counts by its own. */
static void both_ways(void **state)
{
    const struct row *row = *state;
    struct world *w = world_new(row->mux);
    uint64_t refused;

    world_agree(w, row->active);
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] && w->far.sound >= 5 && w->far.srtp[row->mux ? 0 : 1]);
    assert_int_equal(w->lone.err, 0);
    world_speak(w, 5);
    WORLD_UNTIL(w, world_stats(w).packets_received == 5);
    refused = w->lone.stats.packets_refused;
    say_bye(w, false);
    WORLD_UNTIL(w, world_stats(w).packets_refused == refused + 1);
    assert_int_equal(w->lone.told[MEDIA_REMOTE_BYE], 0);
    say_bye(w, true);
    WORLD_UNTIL(w, w->lone.told[MEDIA_REMOTE_BYE] == 1);
    media_stream_stop(w->lone.stream);
    WORLD_UNTIL(w, !w->lone.stream);
    for (unsigned i = 0; i < 5; i++)
        world_step(w);
    assert_true(w->far.reports >= 1);
    assert_int_equal(w->far.clear, 0);
    world_free(w);
}

/* --- before them ----------------------------------------------------------------------------- */

/* An identity that is in a file, and asleep. */
static struct identity *sleeping(void)
{
    char folder[TEMPORARY_MAX] = "/tmp/tphone-media-dtls-XXXXXX", path[96];
    struct identity *identity = NULL;

    assert_non_null(temporary_folder(folder));
    snprintf(path, sizeof path, "%s/dtls.pem", folder);
    for (int i = 0; i < 2; i++) {
        identity_free(identity, 1000);
        assert_int_equal(identity_open(path, &identity), 0);
    }
    unlink(path);
    rmdir(folder);
    return identity;
}

/* Before our certificate is awake nothing leaves, and their first datagram, which comes meanwhile
 * and is not repeated, waits. Sound in the clear is not heard, before as well as after. */
static void nothing_goes_or_comes_without(void **state)
{
    struct world *w = world_new(true);
    uint8_t bytes[WORLD_ROOM];
    size_t n = world_packet(w, bytes);

    (void)state;
    identity_free(w->identity, 1000);
    w->identity = sleeping();
    w->far.repeats = false;
    world_agree(w, false);
    for (unsigned i = 0; i < 20; i++)
        world_step(w);
    assert_int_equal(w->far.shakes + w->far.clear, 0);
    (void)net_rtp_send(w->lone.pair.rtp_fd, &w->lone.to[0], (struct slice){(const char *)bytes, n});
    identity_wake(w->identity);
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] && w->far.sound >= 2);
    (void)net_rtp_send(w->lone.pair.rtp_fd, &w->lone.to[0], (struct slice){(const char *)bytes, n});
    WORLD_UNTIL(w, world_stats(w).packets_refused == 2);
    assert_int_equal(w->lone.stats.packets_received, 0);
    assert_int_equal(w->far.clear, 0);
    world_free(w);
}

/* --- strangers, and new agreements ----------------------------------------------------------- */

/* Who can read what is sent to him, but has another certificate than the one that was named. */
struct stranger {
    struct net_rtp_pair pair;
    struct rtp_dtls_identity *identity;
    struct rtp_dtls *dtls;
};

static void open_stranger(struct stranger *his)
{
    struct ip local = lone_address(0);
    struct rng rng = rng_system();

    assert_int_equal(net_rtp_pair_open(&local, 40000, 60000, &rng, &his->pair), 0);
    assert_int_equal(rtp_dtls_identity_new(&his->identity), 0);
    assert_int_equal(
        rtp_dtls_new(his->identity, RTP_DTLS_ACTIVE, NULL, 0, net_now_ms(), &his->dtls), 0);
}

/* Goes on with his handshake; returns how many bytes he was sent. */
static size_t move_stranger(struct world *w, struct stranger *his)
{
    char bytes[WORLD_ROOM];
    struct slice d;
    struct ip from;
    ptrdiff_t n;
    size_t came = 0;

    while ((n = net_rtp_recv(his->pair.rtp_fd, bytes, sizeof bytes, &from)) > 0) {
        came += (size_t)n;
        rtp_dtls_input(his->dtls, (struct slice){bytes, (size_t)n}, net_now_ms());
    }
    rtp_dtls_tick(his->dtls, net_now_ms());
    while (rtp_dtls_output(his->dtls, &d))
        (void)net_rtp_send(his->pair.rtp_fd, &w->lone.to[0], d);
    world_step(w);
    return came;
}

static void close_stranger(struct stranger *his)
{
    rtp_dtls_free(his->dtls);
    rtp_dtls_identity_free(his->identity);
    net_rtp_pair_close(&his->pair);
}

/* He begins before the far end does, and is not spoken to; and where the far end has been heard,
 * he gets no answer at all. */
static void a_stranger_begins(void **state)
{
    struct world *w = world_new(true);
    struct stranger his;
    size_t came = 0;

    (void)state;
    open_stranger(&his);
    world_agree(w, false);
    w->far.silent = true;
    for (unsigned i = 0; i < 60; i++)
        came += move_stranger(w, &his);
    assert_true(came > 0);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 0);
    w->far.silent = false;
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] && w->far.sound >= 2);
    assert_int_equal(w->lone.err, 0);
    (void)move_stranger(w, &his);
    came = 0;
    for (unsigned i = 0; i < 60; i++)
        came += move_stranger(w, &his);
    assert_int_equal(came, 0);
    assert_int_equal(world_stats(w).packets_received, 0);
    close_stranger(&his);
    world_free(w);
}

/* The description names a place where nobody is: who shakes hands from elsewhere, and has the
 * certificate, is the far end. Its sound is heard from there, and ours goes there. */
static void the_far_end_is_behind_a_nat(void **state)
{
    struct world *w = world_new(true);

    (void)state;
    w->lone.params.remote_rtp.port = 9;
    world_agree(w, false);
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] && w->far.sound >= 3);
    assert_int_equal(w->lone.err, 0);
    world_speak(w, 5);
    WORLD_UNTIL(w, world_stats(w).packets_received == 5);
    assert_int_equal(w->far.clear, 0);
    world_free(w);
}

/* Neither what somebody writes in the name of that place, nor a crowd that begins and never repeats
 * a cookie, keeps it from its call. */
static void strangers_do_not_keep_it_out(void **state)
{
    static const char nothing[] = {0x14, 0};
    struct world *w = world_new(true);
    struct stranger his, place;
    struct slice d, hello;
    char bytes[WORLD_ROOM];

    (void)state;
    open_stranger(&his);
    open_stranger(&place);
    assert_true(rtp_dtls_output(his.dtls, &d));
    memcpy(bytes, d.p, d.n);
    hello = (struct slice){bytes, d.n};
    w->lone.params.remote_rtp.port = place.pair.local.port;
    w->far.silent = true;
    world_agree(w, false);
    for (unsigned i = 0; i < 1200 && !(w->lone.told[MEDIA_KEYS] && w->far.sound >= 3); i++) {
        (void)net_rtp_send(place.pair.rtp_fd, &w->lone.to[0], (struct slice){nothing, 2});
        (void)net_rtp_send(place.pair.rtp_fd, &w->lone.to[0], hello);
        (void)net_rtp_send(his.pair.rtp_fd, &w->lone.to[0], hello);
        (void)net_rtp_send(his.pair.rtcp_fd, &w->lone.to[0], hello);
        w->far.silent = i < 20;
        world_step(w);
    }
    assert_int_equal(w->lone.err, 0);
    assert_true(w->far.sound >= 3);
    close_stranger(&place);
    close_stranger(&his);
    world_free(w);
}

/* RFC 8842 5: what has not changed goes on, and another certificate is another association. */
static void another_certificate(void **state)
{
    struct world *w = world_new(true);
    unsigned shakes;

    (void)state;
    world_agree(w, true);
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] == 1 && w->far.sound >= 2);
    shakes = w->far.shakes;
    w->lone.params.send = false;
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    w->lone.params.send = true;
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    w->far.sound = 0;
    WORLD_UNTIL(w, w->far.sound >= 3);
    world_speak(w, 2);
    WORLD_UNTIL(w, world_stats(w).packets_received == 2);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 1);
    assert_int_equal(w->far.shakes, shakes);
    w->far.sound = 0;
    world_agree(w, true);
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] == 2 && w->far.sound >= 3);
    world_speak(w, 2);
    WORLD_UNTIL(w, world_stats(w).packets_received == 4);
    world_free(w);
}

/* What is told of the keys before, and not heard yet, says nothing of the next ones. */
static void keys_of_before_are_not_told(void **state)
{
    struct world *w = world_new(true);

    (void)state;
    world_agree(w, true);
    for (unsigned i = 0; i < 1000 && w->far.sound < 2; i++) {
        usleep(5000);
        world_step_far(w);
    }
    assert_true(w->far.sound >= 2);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 0);
    world_agree(w, true);
    w->far.sound = 0;
    WORLD_UNTIL(w, w->far.sound >= 3);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 1);
    world_free(w);
}

/* RFC 8842 5.3: the same fingerprints in another order, one said twice, and a tls-id where there
 * was none, are the association as it was. */
static void other_words_for_the_same(void **state)
{
    struct world *w = world_new(true);
    struct media_dtls *how = &w->lone.params.dtls;
    unsigned shakes;

    (void)state;
    world_agree(w, true);
    how->fingerprints[1] = (struct fingerprint){FINGERPRINT_SHA256, {1}};
    how->n_fingerprints = 2;
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] == 1 && w->far.sound >= 2);
    shakes = w->far.shakes;
    how->fingerprints[2] = how->fingerprints[0];
    how->fingerprints[0] = how->fingerprints[1];
    how->n_fingerprints = 3;
    memcpy(how->tls_id, "abcdefghijklmnopqrst", 21);
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    w->far.sound = 0;
    WORLD_UNTIL(w, w->far.sound >= 3);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 1);
    assert_int_equal(w->far.shakes, shakes);
    world_free(w);
}

/* RTCP comes beside RTP in mid-call, or leaves it: sound goes on by the keys that it has, and RTCP
 * has keys all the same. */
static void rtcp_moves(void **state)
{
    const struct row *row = *state;
    struct world *w = world_new(row->mux);
    struct far *far = &w->far;

    world_agree(w, row->active);
    WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] == 1 && far->sound >= 2 && far->srtp[row->mux ? 0 : 1]);
    if (row->mux)
        world_open_far(w, row->active, 1);
    w->lone.params.rtcp_mux = !row->mux;
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    far->sound = 0;
    WORLD_UNTIL(w, far->sound >= 3 && far->srtp[1]);
    world_speak(w, 2);
    WORLD_UNTIL(w, world_stats(w).packets_received == 2);
    say_bye(w, true);
    WORLD_UNTIL(w, w->lone.told[MEDIA_REMOTE_BYE] == 1);
    assert_int_equal(w->lone.told[MEDIA_KEYS], 1);
    assert_int_equal(far->clear, 0);
    world_free(w);
}

/* A packet of the far end as it goes on the wire. */
struct recorded {
    uint8_t bytes[WORLD_ROOM];
    size_t n;
};

static struct recorded record(struct world *w, struct rtp_srtp *srtp)
{
    struct recorded r;

    r.n = world_packet(w, r.bytes);
    assert_int_equal(rtp_srtp_protect(srtp, r.bytes, &r.n, sizeof r.bytes), 0);
    return r;
}

static void play(struct world *w, const struct recorded *r)
{
    (void)net_rtp_send(w->lone.pair.rtp_fd, &w->lone.to[0],
                       (struct slice){(const char *)r->bytes, r->n});
}

/* Keys by SDES, by DTLS, and those by SDES again: while others are in use they are of no use, and
 * then they go on where they were, so that what was recorded does not count again. */
static void keys_by_sdes_rest(void **state)
{
    const struct media_keys keys = {{SUITE_AEAD_AES_256_GCM, {1}}, {SUITE_AEAD_AES_256_GCM, {2}}};
    struct world *w = world_new(true);
    struct rtp_srtp *far;
    struct recorded first;

    (void)state;
    assert_int_equal(rtp_srtp_new(&keys.receive, &keys.send, &far), 0);
    w->lone.params.keys = keys;
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
    first = record(w, far);
    play(w, &first);
    WORLD_UNTIL(w, world_stats(w).packets_received == 1);
    for (unsigned i = 1; i <= 2; i++) {
        struct recorded next = record(w, far);
        uint64_t refused = world_stats(w).packets_refused;

        w->lone.params.keys = (struct media_keys){.send.suite = SUITE_NONE};
        world_agree(w, true);
        WORLD_UNTIL(w, w->lone.told[MEDIA_KEYS] == i);
        play(w, &next);
        WORLD_UNTIL(w, world_stats(w).packets_refused == refused + 1);
        w->lone.params.dtls = (struct media_dtls){.identity = NULL};
        w->lone.params.keys = keys;
        assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
        (void)world_stats(w);
        play(w, &first);
        WORLD_UNTIL(w, world_stats(w).packets_refused == refused + 2);
        play(w, &next);
        WORLD_UNTIL(w, world_stats(w).packets_received == 1 + i);
    }
    rtp_srtp_free(far);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_or_comes_without),
        cmocka_unit_test(a_stranger_begins),
        cmocka_unit_test(the_far_end_is_behind_a_nat),
        cmocka_unit_test(strangers_do_not_keep_it_out),
        cmocka_unit_test(another_certificate),
        cmocka_unit_test(keys_of_before_are_not_told),
        cmocka_unit_test(keys_by_sdes_rest),
        cmocka_unit_test(other_words_for_the_same),
    };

    if (rtp_srtp_prepare())
        return 1;
    return RUN_ROWS("phone/media_dtls: sound and reports", rows, both_ways) +
           RUN_ROWS("phone/media_dtls: RTCP moves", rows, rtcp_moves) +
           cmocka_run_group_tests_name("phone/media_dtls", tests, NULL, NULL);
}
