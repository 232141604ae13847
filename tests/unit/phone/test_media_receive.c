/* When a stream looks at what came, and which of it is heard: on a clock of our own, without any
 * packets. What is taken out of the jitter buffer is noted, and what a conference would hear. */
#include <stdlib.h>
#include <string.h>

#include "phone/media_mix.h"
#include "phone/media_stream.h"
#include "tests/lib/rows.h"

enum { RATE = 8000, BEAT_US = 20000, START_US = 5000000, TAKEN_MAX = 64 };

static struct {
    uint64_t now_us;
    size_t n;
} taken[TAKEN_MAX];
static size_t n_taken, heard;

#define WRAP(type, name, ...)                                                                      \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

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
    w->s.pair = NET_RTP_PAIR_NONE;
    w->s.told_first = true;
    list_init(&w->s.recordings);
    w->now_us = w->s.played_us = w->s.beat_us = w->s.received_us = START_US;
    stream_prepare_receiving(&w->s, NULL);
    n_taken = heard = 0;
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
    w->now_us += BEAT_US;
    stream_receive_due(&w->s, w->now_us);
    stream_play(&w->s, w->now_us);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_played_to_nobody),
        cmocka_unit_test(test_tones_are_looked_for_now_and_then),
        cmocka_unit_test(test_who_begins_to_listen_hears_what_comes_now),
        cmocka_unit_test(test_what_nobody_hears_may_lag),
        cmocka_unit_test(test_a_stall_is_skipped),
    };

    return cmocka_run_group_tests_name("phone/media_receive", tests, NULL, NULL);
}
