/* Extended reports between two streams, as their packets: no socket, no thread, no clock. */
#include "audio/codec.h"
#include "phone/media_stream.h"
#include "tests/lib/rows.h"

struct side {
    struct media_stream stream;
    struct media_agreement agreed;
};

struct pair {
    struct side a, b;
};

static void begin(struct side *s, uint32_t ssrc)
{
    s->stream.session.ssrc = ssrc;
    s->stream.agreed = &s->agreed;
    s->stream.count.round_trip_ms = -1;
    s->agreed.ptime_ms = 20;
    s->agreed.send = audio_codec_find(SLICE("opus"), 0, 0);
    s->agreed.params.xr = (struct sdp_xr){true, true, true};
}

static void setup(struct pair *p)
{
    *p = (struct pair){0};
    begin(&p->a, 0xa);
    begin(&p->b, 0xb);
}

/* s hears a packet of from. */
static void hear(struct side *s, uint32_t from, uint16_t sequence)
{
    static const struct rtp_packet nothing = {0};
    struct rtp_packet packet = nothing;

    packet.ssrc = from;
    packet.sequence = sequence;
    if (!s->stream.has_heard)
        rtp_source_init(&s->stream.heard, from, sequence);
    s->stream.has_heard = true;
    if (rtp_source_packet(&s->stream.heard, sequence) != RTP_SOURCE_REFUSE)
        stream_xr_note(&s->stream, &packet, NULL, false);
}

/* What one side says at then_us is taken by the other at now_us. Returns its length. */
static size_t report(struct side *from, uint64_t then_us, bool sends, struct side *to,
                     uint64_t now_us)
{
    uint8_t bytes[XR_PRINT_MAX];
    size_t n = stream_xr_print(&from->stream, then_us, sends, bytes);
    struct slice rest = {(const char *)bytes, n};
    struct rtcp_packet packet;

    if (n == 0)
        return 0;
    assert_int_equal(rtcp_next(&rest, &packet), 0);
    stream_xr_take(&to->stream, packet.ssrc, packet.blocks, now_us);
    return n;
}

/* Of the packets of a, as a knows it. */
static double mean_run(const struct pair *p, uint64_t now_us)
{
    double lost;

    return stream_xr_mean_run(&p->a.stream, now_us, &lost);
}

/* Of a thousand packets of a, every tenth triple is lost on the way to b. */
static void lose_triples(struct pair *p)
{
    for (uint16_t i = 0; i < 1000; i++)
        if (i % 30 < 27)
            hear(&p->b, 0xa, i);
}

static void test_bursts_reach_their_sender(void **state)
{
    struct pair p;
    const struct xr_voip *v = &p.a.stream.count.remote;

    (void)state;
    setup(&p);
    lose_triples(&p);
    assert_true(report(&p.b, 1000, true, &p.a, 2000) > 0);
    assert_true(p.a.stream.count.has_remote);
    assert_int_equal(v->ssrc, 0xa);
    assert_in_range(v->loss, 24, 26); /* ten per cent */
    assert_int_equal(v->burst_density, 255);
    assert_int_equal(v->burst_ms, 60);
    assert_in_range(v->gap_ms, 540, 580);
    assert_in_range(v->r_factor, 50, 75);
    assert_in_range(v->mos_lq_10, 26, 38);
    assert_true(v->mos_cq_10 <= v->mos_lq_10);
    assert_true(mean_run(&p, 2000) == 3);
}

/* s plays packets of from, which are 20 ms of G.711 and come without jitter. */
static void play_all(struct side *s, uint32_t from, uint16_t ceiling_ms)
{
    static const char sound[160];
    const struct audio_codec *pcmu = audio_codec_find(SLICE("PCMU"), 0, 0);
    struct playout_config config = {.codec = pcmu, .max_ms = ceiling_ms};
    struct rtp_packet packet = {.ssrc = from, .payload = {sound, sizeof sound}};
    int16_t out[160];

    assert_int_equal(playout_new(&config, &s->stream.playout), 0);
    for (unsigned i = 0; i < 200; i++, packet.sequence++, packet.timestamp += 160) {
        playout_put(s->stream.playout, pcmu, from, packet.sequence, packet.timestamp, false,
                    packet.payload, i * UINT64_C(20000));
        playout_get(s->stream.playout, i * UINT64_C(20000), out, 160);
        hear(s, from, packet.sequence);
        stream_xr_note(&s->stream, &packet, pcmu, false);
    }
}

/* RFC 3611 4.7, but for loss and what comes of it: what a telephone does not measure is 127. */
static void test_each_field_says_what_is(void **state)
{
    struct pair p;
    const struct xr_voip *v = &p.a.stream.count.remote;
    static const uint16_t ceilings[] = {0, 200};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ceilings); i++) {
        struct jitter_stats stats;

        setup(&p);
        p.b.stream.count.round_trip_ms = 80.4;
        play_all(&p.b, 0xa, ceilings[i]);
        playout_stats(p.b.stream.playout, &stats);
        report(&p.b, 1000, true, &p.a, 2000);
        assert_int_equal(v->round_trip_ms, 80);
        assert_int_equal(v->end_system_ms, 20 + stats.delay_ms + 40);
        assert_in_range(stats.delay_ms, 20, 30);
        assert_int_equal(v->signal_dbm, XR_UNKNOWN);
        assert_int_equal(v->noise_dbm, XR_UNKNOWN);
        assert_int_equal(v->rerl_db, XR_UNKNOWN);
        assert_int_equal(v->gmin, 16);
        assert_int_equal(v->r_external, XR_UNKNOWN);
        assert_in_range(v->r_factor, 88, 92);
        assert_int_equal(v->mos_lq_10, 44);
        assert_in_range(v->mos_cq_10, 43, 44);
        assert_int_equal(v->concealment, XR_PLC_ENHANCED);
        assert_true(v->adaptive);
        assert_int_equal(v->rate, 0);
        assert_int_equal(v->nominal_ms, stats.target_ms);
        assert_int_equal(v->most_ms, ceilings[i] ? 200 : stats.target_ms + 300);
        assert_int_equal(v->ceiling_ms, ceilings[i] ? 200 : JITTER_MAX_MS);
        playout_free(p.b.stream.playout);
    }
}

/* A second and a half after the call began: the loss before the latest packets is known, and that
 * among these is not yet. */
static void test_the_first_report_knows_of_bursts(void **state)
{
    struct pair p;
    double lost = 0;

    (void)state;
    setup(&p);
    for (uint16_t i = 0; i < 75; i++)
        if ((i < 30 || i >= 33) && (i < 60 || i >= 70))
            hear(&p.b, 0xa, i);
    report(&p.b, 1000, true, &p.a, 2000);
    assert_true(stream_xr_mean_run(&p.a.stream, 2000, &lost) == 3);
    assert_true(lost == 3);
}

/* A report may come before anything that was lost is settled. */
static void test_no_loss_says_nothing_of_bursts(void **state)
{
    struct pair p;
    double lost = 10;

    (void)state;
    setup(&p);
    for (uint16_t i = 0; i < 75; i++)
        if (i < 60 || i >= 70)
            hear(&p.b, 0xa, i);
    report(&p.b, 1000, true, &p.a, 2000);
    assert_true(p.a.stream.xr.ours.expected > 0);
    assert_true(stream_xr_mean_run(&p.a.stream, 2000, &lost) == 0);
    assert_true(lost == 0);
}

static void test_without_run_lengths_bursts_have_to_do(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    p.b.agreed.params.xr.runs = false;
    assert_true(mean_run(&p, 2000) == 0);
    lose_triples(&p);
    report(&p.b, 1000, true, &p.a, 2000);
    assert_true(mean_run(&p, 2000) == 3);
}

static void test_what_was_repaired_is_lost_on_the_way_only(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    for (uint16_t i = 0; i < 500; i++)
        if (i % 10)
            hear(&p.b, 0xa, i);
        else if (i > 10)
            stream_xr_repaired(&p.b.stream, i);
    report(&p.b, 1000, true, &p.a, 2000);
    assert_int_equal(p.a.stream.count.remote.loss, 0);
    assert_in_range(p.a.stream.xr.ours.lost, 40, 50);
}

static void test_round_trip_of_who_sends_nothing(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    report(&p.a, 1000000, false, &p.b, 1040000);
    report(&p.b, 1540000, true, &p.a, 1580000); /* a second's half later */
    assert_in_range((uint32_t)p.a.stream.count.round_trip_ms, 79, 80);
    assert_int_equal(report(&p.b, 1600000, true, &p.a, 1640000), 0); /* answered once */
    report(&p.a, 2000000, false, &p.b, 2080000);
    report(&p.b, 2540000, true, &p.a, 2660000);
    assert_in_range((uint32_t)p.a.stream.count.round_trip_ms, 199, 200);
    assert_in_range((uint32_t)p.a.stream.count.round_trip_mean_ms, 139, 140);
}

static void test_only_what_was_agreed_is_sent(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    p.b.agreed.params.xr = (struct sdp_xr){false, false, false};
    lose_triples(&p);
    assert_int_equal(report(&p.b, 1000, false, &p.a, 2000), 0);
    assert_false(p.a.stream.count.has_remote);
}

static void test_what_is_said_of_others_is_nothing(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    lose_triples(&p);
    p.a.stream.session.ssrc = 0xc; /* another since */
    report(&p.b, 1000, true, &p.a, 2000);
    assert_false(p.a.stream.count.has_remote);
    assert_true(mean_run(&p, 2000) == 0);
}

/* A beat stands for a moment that may lie before what has come since. */
static void test_an_answer_before_the_question(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    report(&p.a, 1000000, false, &p.b, 1040000);
    report(&p.b, 1030000, true, &p.a, 1100000);
    assert_in_range((uint32_t)p.a.stream.count.round_trip_ms, 99, 101);
}

/* Whatever we send ourselves. */
static void test_their_sound_is_judged_by_their_packets(void **state)
{
    static const char sound[480];
    struct pair p;
    struct rtp_packet packet = {.ssrc = 0xa, .payload = {sound, sizeof sound}};

    (void)state;
    setup(&p);
    lose_triples(&p);
    stream_xr_note(&p.b.stream, &packet, audio_codec_find(SLICE("PCMU"), 0, 0), false);
    report(&p.b, 1000, true, &p.a, 2000);
    assert_int_equal(p.a.stream.count.remote.burst_ms, 180);
}

static void test_what_a_former_far_end_said_is_gone(void **state)
{
    struct media_agreement before;
    struct pair p;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        setup(&p);
        lose_triples(&p);
        report(&p.b, 1000, true, &p.a, 2000);
        before = p.a.agreed;
        if (i == 1)
            p.a.agreed.params.remote_rtp.port++;
        if (i == 2)
            p.a.agreed.params.xr = (struct sdp_xr){false, false, false};
        stream_xr_agreed(&p.a.stream, &before);
        assert_int_equal(p.a.stream.count.has_remote, i == 0);
        assert_true(mean_run(&p, 2000) == (i == 0 ? 3 : 0));
    }
}

static void test_run_lengths_become_old(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    p.b.agreed.params.xr.voip = false;
    lose_triples(&p);
    report(&p.b, 1000, true, &p.a, 2000);
    assert_true(mean_run(&p, 19000000) == 3);
    assert_true(mean_run(&p, 21000000) == 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bursts_reach_their_sender),
        cmocka_unit_test(test_each_field_says_what_is),
        cmocka_unit_test(test_the_first_report_knows_of_bursts),
        cmocka_unit_test(test_no_loss_says_nothing_of_bursts),
        cmocka_unit_test(test_without_run_lengths_bursts_have_to_do),
        cmocka_unit_test(test_what_was_repaired_is_lost_on_the_way_only),
        cmocka_unit_test(test_round_trip_of_who_sends_nothing),
        cmocka_unit_test(test_only_what_was_agreed_is_sent),
        cmocka_unit_test(test_what_is_said_of_others_is_nothing),
        cmocka_unit_test(test_an_answer_before_the_question),
        cmocka_unit_test(test_their_sound_is_judged_by_their_packets),
        cmocka_unit_test(test_what_a_former_far_end_said_is_gone),
        cmocka_unit_test(test_run_lengths_become_old),
    };

    return cmocka_run_group_tests_name("phone/media_xr", tests, NULL, NULL);
}
