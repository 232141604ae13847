/* When a stream looks at what came, for how long, and which of it is heard: on a clock of our own,
 * without any packets but junk. What is taken out of the jitter buffer is noted, and what a
 * conference would hear. */
#include <stdlib.h>
#include <string.h>

#include "phone/media_mix.h"
#include "phone/media_stream.h"
#include "tests/lib/rows.h"
#include "tests/lib/wrap.h"

enum { RATE = 8000, BEAT_US = 20000, START_US = 5000000, TAKEN_MAX = 64 };

static struct {
    uint64_t now_us;
    size_t n;
} taken[TAKEN_MAX];
static size_t n_taken, heard;

enum { BATCH_US = 20, ENDLESS = 1 << 30 };

/* The sockets, RTP's and RTCP's: how much junk waits in each, how far apart it came, and how often
 * each was looked at. */
static struct {
    size_t waiting, looks;
    uint64_t apart_us;
} port[2];
static uint64_t clock_us;

WRAP(bool, playout_get, struct playout *p, uint64_t now_us, int16_t *out, size_t n)
{
    (void)p;
    memset(out, 0, n * sizeof *out);
    assert_true(n_taken < TAKEN_MAX);
    taken[n_taken].now_us = now_us;
    taken[n_taken++].n = n;
    return false;
}

WRAP(void, stream_mix_put, struct media_stream *s, const int16_t *samples, size_t n,
     uint32_t rate_hz)
{
    (void)s;
    (void)samples;
    (void)rate_hz;
    heard += n;
}

WRAP(uint64_t, net_now_us, void)
{
    return clock_us;
}

WRAP(size_t, net_rtp_batch_recv, struct net_rtp_batch *batch, int fd,
     const struct net_rtp_datagram **out)
{
    static struct net_rtp_datagram junk[NET_RTP_BATCH];
    size_t n = port[fd].waiting < NET_RTP_BATCH ? port[fd].waiting : NET_RTP_BATCH;

    (void)batch;
    for (size_t i = 0; i < n; i++)
        junk[i].arrived_us = clock_us - (port[fd].waiting - 1 - i) * port[fd].apart_us;
    port[fd].waiting -= n;
    port[fd].looks++;
    clock_us += BATCH_US;
    *out = junk;
    return n;
}

struct world {
    struct media_stream s;
    struct media_agreement agreed;
    struct media_thread *thread;
    uint64_t now_us;
};

static struct world *begin(bool find_tones)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->thread = calloc(1, sizeof *w->thread);
    assert_non_null(w->thread);
    w->thread->batch = net_rtp_batch_new();
    assert_non_null(w->thread->batch);
    w->agreed.send = audio_codec_find(SLICE("PCMU"), 0, 0);
    w->agreed.ptime_ms = BEAT_US / 1000;
    w->agreed.params.receive = true;
    w->agreed.params.find_tones = find_tones;
    w->s.thread = w->thread;
    w->s.agreed = &w->agreed;
    w->s.pair = (struct net_rtp_pair){.rtp_fd = 0, .rtcp_fd = 1};
    w->s.timing.next_ms = NEVER_MS;
    w->s.told_first = true;
    list_init(&w->s.recordings);
    w->now_us = w->s.played_us = w->s.beat_us = w->s.received_us = START_US;
    stream_prepare_receiving(&w->s, NULL);
    n_taken = heard = 0;
    clock_us = START_US;
    memset(port, 0, sizeof port);
    return w;
}

static void end(struct world *w)
{
    stream_stop_receiving(&w->s);
    net_rtp_batch_free(w->thread->batch);
    free(w->thread);
    free(w);
}

static void beat(struct world *w)
{
    clock_us = w->now_us += BEAT_US;
    w->thread->take_until_us = w->now_us + BEAT_US / 4;
    stream_receive_due(&w->s, w->now_us);
    stream_play(&w->s, w->now_us);
    stream_rtcp_beat(&w->s, w->now_us);
}

static void beat_for_us(struct world *w, uint64_t us)
{
    for (uint64_t until_us = w->now_us + us; w->now_us < until_us;)
        beat(w);
}

static void test_nothing_is_played_to_nobody(void **state)
{
    struct world *w = begin(false);

    (void)state;
    for (int i = 0; i < 20; i++)
        beat(w);
    assert_int_equal(n_taken, 0);
    end(w);
}

/* As on beats of their own, of which four come at once. */
static void test_tones_are_looked_for_now_and_then(void **state)
{
    struct world *w = begin(true);

    (void)state;
    for (size_t i = 1; i <= 12; i++) {
        beat(w);
        assert_int_equal(n_taken, i / 4 * 4);
    }
    for (size_t i = 0; i < n_taken; i++) {
        assert_int_equal(taken[i].n, RATE / 50);
        assert_int_equal(taken[i].now_us, START_US + (i + 1) * BEAT_US);
    }
    end(w);
}

/* What was before is not heard late. */
static void test_who_begins_to_listen_hears_what_comes_now(void **state)
{
    struct world *w = begin(true);

    (void)state;
    for (int i = 0; i < 6; i++)
        beat(w);
    w->s.mix = (struct mix_member *)(void *)w;
    beat(w);
    assert_int_equal(heard, RATE / 50);
    assert_int_equal(n_taken, 7);
    beat(w);
    assert_int_equal(heard, 2 * RATE / 50);
    assert_int_equal(taken[7].now_us, w->now_us);
    w->s.mix = NULL;
    end(w);
}

/* It is behind by design, which is not to be taken for a stall. */
static void test_what_nobody_hears_may_lag(void **state)
{
    struct world *w = begin(true);

    (void)state;
    for (int i = 0; i < 3; i++)
        beat(w);
    assert_int_equal(n_taken, 0);
    w->now_us += 160000;
    beat(w);
    assert_int_equal(n_taken, 12);
    end(w);
}

/* Old sound is no use to anybody. */
static void test_a_stall_is_skipped(void **state)
{
    struct world *w = begin(true);

    (void)state;
    beat(w);
    w->now_us += 3000000;
    beat(w);
    assert_int_equal(n_taken, 0);
    end(w);
}

/* Who is flooded takes all that came, else the kernel drops what the far end sends as well. */
static void test_a_flood_is_taken_whole(void **state)
{
    struct world *w = begin(false);

    (void)state;
    beat_for_us(w, 600000);
    port[0].waiting = port[1].waiting = 1000;
    beat_for_us(w, 600000);
    assert_int_equal(port[0].waiting + port[1].waiting, 0);
    assert_int_equal(w->s.count.packets_refused, 2000);
    end(w);
}

static void check_looks(struct world *w, bool rtp_each, bool rtcp_each)
{
    port[0].looks = port[1].looks = 0;
    beat_for_us(w, 5000000);
    assert_in_range(port[0].looks, rtp_each ? 250 : 62, rtp_each ? 250 : 63);
    assert_in_range(port[1].looks, rtcp_each ? 250 : 9, rtcp_each ? 250 : 11);
}

/* And looks there again with each beat for a while, as more may come. */
static void test_a_flood_is_looked_for_on_each_beat(void **state)
{
    struct world *w = begin(false);

    (void)state;
    beat_for_us(w, 5000000);
    check_looks(w, false, false);
    for (size_t i = 0; i < 2; i++) {
        port[i].waiting = NET_RTP_BATCH;
        beat_for_us(w, 500000);
        check_looks(w, i == 0, i == 1);
        beat_for_us(w, 5000000);
        check_looks(w, false, false);
    }
    end(w);
}

/* Sound of a second that waited while we stood still, at 10 ms a packet, and reports of many: to
 * look for more of it would keep us behind. */
static void test_what_waited_through_a_stall_is_no_flood(void **state)
{
    struct world *w = begin(false);

    (void)state;
    beat_for_us(w, 1000000);
    port[0].waiting = 100;
    port[0].apart_us = 10000;
    port[1].waiting = NET_RTP_BATCH;
    port[1].apart_us = 100000;
    beat_for_us(w, 500000);
    assert_int_equal(port[0].waiting + port[1].waiting, 0);
    check_looks(w, false, false);
    end(w);
}

/* A flood without end has its share of the beat, for all streams together, and each stream a few
 * batches of each port beyond that. */
static void test_no_flood_holds_up_a_beat(void **state)
{
    struct world *w = begin(false);

    (void)state;
    for (int i = 0; i < 40; i++) {
        port[0].waiting = port[1].waiting = ENDLESS;
        beat(w);
        assert_true(clock_us <= w->now_us + BEAT_US / 4 + 2 * 8 * BATCH_US);
    }
    port[0].looks = port[1].looks = 0;
    beat(w); /* RTP has used up the time, and RTCP has its few */
    assert_int_equal(port[0].looks, BEAT_US / 4 / BATCH_US);
    assert_int_equal(port[1].looks, 8);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_played_to_nobody),
        cmocka_unit_test(test_tones_are_looked_for_now_and_then),
        cmocka_unit_test(test_who_begins_to_listen_hears_what_comes_now),
        cmocka_unit_test(test_what_nobody_hears_may_lag),
        cmocka_unit_test(test_a_stall_is_skipped),
        cmocka_unit_test(test_a_flood_is_taken_whole),
        cmocka_unit_test(test_a_flood_is_looked_for_on_each_beat),
        cmocka_unit_test(test_what_waited_through_a_stall_is_no_flood),
        cmocka_unit_test(test_no_flood_holds_up_a_beat),
    };

    return cmocka_run_group_tests_name("phone/media_receive", tests, NULL, NULL);
}
