/* What is learnt about delays, packet by packet. */
#include "audio/jitter_delay.h"

#include "tests/lib/rows.h"

#include "base/rand.h"

enum { PACKET_US = 20000 };

struct source {
    struct jitter_delay d;
    struct rng rng;
    uint64_t number;
    int64_t extra_us; /* of the route */
    double drift;     /* the sender's clock is faster by */
};

static void begin(struct source *s)
{
    *s = (struct source){.rng = rng_seeded(1), .extra_us = 5000};
    jitter_delay_init(&s->d, 40);
}

/* A packet that was sent in its turn and took late_us more than the route. */
static void packet(struct source *s, int64_t late_us)
{
    int64_t timestamp_us = (int64_t)s->number * PACKET_US;
    int64_t sent_us = (int64_t)((double)timestamp_us / (1 + s->drift));
    int64_t arrival_us = sent_us + s->extra_us + late_us;

    s->number++;
    jitter_delay_note(&s->d, arrival_us - timestamp_us, (uint64_t)arrival_us, PACKET_US);
}

static void packets(struct source *s, unsigned seconds, uint32_t jitter_us)
{
    for (unsigned i = 0; i < seconds * 1000000 / PACKET_US; i++)
        packet(s, jitter_us ? rng_below(&s->rng, jitter_us) : 0);
}

/* Nothing comes for ms, then all at once. */
static void spike(struct source *s, int ms)
{
    for (int left = ms; left > 0; left -= PACKET_US / 1000)
        packet(s, left * INT64_C(1000));
}

static void believes_the_first_target_until_it_knows_more(void **state)
{
    struct source s;

    (void)state;
    begin(&s);
    assert_int_equal(jitter_delay_wanted_ms(&s.d), 40);
    packet(&s, 0);
    assert_int_equal(jitter_delay_wanted_ms(&s.d), 110); /* if there is no second, that is */
    packet(&s, 0);
    assert_int_equal(jitter_delay_wanted_ms(&s.d), 40);
    packets(&s, 2, 0);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 0, 4);
}

static void learns_jitter_in_seconds(void **state)
{
    struct source s;

    (void)state;
    begin(&s);
    packets(&s, 30, 4000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 2, 10);
    packets(&s, 3, 90000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 85, 130);
    packets(&s, 90, 4000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 2, 20);
}

/* Two phones that open their cards, a machine that starts programs: the first second of a call is
 * not like what follows. */
static void the_first_second_is_forgotten_soon(void **state)
{
    struct source s;

    (void)state;
    begin(&s);
    for (int i = 0; i < 10; i++)
        packet(&s, 0);
    spike(&s, 140);
    spike(&s, 100);
    packets(&s, 1, 4000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 60, 150);
    packets(&s, 6, 4000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 2, 30);
}

static void one_spike_changes_nothing(void **state)
{
    struct source s;

    (void)state;
    begin(&s);
    packets(&s, 30, 4000);
    spike(&s, 300);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 2, 14);
    packets(&s, 1, 4000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 2, 14);
}

static void spikes_that_repeat_are_prepared_for(void **state)
{
    struct source s;

    (void)state;
    begin(&s);
    packets(&s, 30, 4000);
    spike(&s, 150);
    packets(&s, 15, 4000);
    spike(&s, 120);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 60, 100);
    packets(&s, 40, 4000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 60, 100);
    packets(&s, 25, 4000); /* over a minute without one */
    assert_in_range(jitter_delay_wanted_ms(&s.d), 2, 20);
}

/* All delays so far are longer, counted from a packet that is quicker than any before, and may come
 * again; and shorter once none is as quick. */
static void a_quicker_packet_makes_the_others_late(void **state)
{
    struct source s;
    uint32_t before_ms;

    (void)state;
    begin(&s);
    s.extra_us = 60000;
    packets(&s, 30, 60000);
    before_ms = jitter_delay_wanted_ms(&s.d);
    s.extra_us -= 40000; /* less than what would be another route */
    packet(&s, 0);
    packet(&s, 0); /* the first may overtake the one before */
    assert_in_range(jitter_delay_wanted_ms(&s.d), before_ms + 30, before_ms + 40);
    s.extra_us += 40000;
    packets(&s, 3, 0);
    assert_in_range(jitter_delay_wanted_ms(&s.d), before_ms - 10, before_ms + 10);
}

static void a_longer_route_is_noticed_and_then_believed(void **state)
{
    struct source s;

    (void)state;
    begin(&s);
    packets(&s, 30, 10000);
    s.extra_us += 200000;
    packets(&s, 1, 10000);
    assert_in_range(jitter_delay_base_us(&s.d) + jitter_delay_risen_us(&s.d), 205000, 210000);
    s.extra_us += 40000; /* less than what would be a spike */
    packets(&s, 1, 10000);
    assert_in_range(jitter_delay_base_us(&s.d) + jitter_delay_risen_us(&s.d) +
                        jitter_delay_wanted_ms(&s.d) * 1000,
                    250000, 300000);
    packets(&s, 2, 10000);
    assert_in_range(jitter_delay_risen_us(&s.d), 0, 5000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 8, 30);
}

/* It is not jitter as well, however little was known before. */
static void a_longer_route_is_counted_once(void **state)
{
    (void)state;
    for (unsigned seconds = 3; seconds < 40; seconds += 3) {
        struct source s;

        begin(&s);
        packets(&s, seconds, 4000);
        s.extra_us += 200000;
        for (unsigned i = 0; i < 250; i++) {
            packet(&s, rng_below(&s.rng, 4000));
            assert_in_range(jitter_delay_base_us(&s.d) / 1000 + jitter_delay_wanted_ms(&s.d) +
                                jitter_delay_risen_us(&s.d) / 1000,
                            i < 30 ? 0 : 200, 235);
        }
    }
}

static void a_shorter_route_is_believed_at_once(void **state)
{
    struct source s;
    int64_t before_us;

    (void)state;
    begin(&s);
    s.extra_us = 300000;
    packets(&s, 30, 10000);
    before_us = jitter_delay_base_us(&s.d);
    s.extra_us = 100000;
    packets(&s, 1, 10000);
    assert_in_range(before_us - jitter_delay_base_us(&s.d), 190000, 210000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 8, 30);
}

static void hours_of_drift_are_followed(void **state)
{
    static const double drifts[] = {0.002, -0.002, 0.0002, -0.0002};

    (void)state;
    for (size_t i = 0; i < sizeof drifts / sizeof *drifts; i++) {
        struct source s;

        begin(&s);
        s.drift = drifts[i];
        for (unsigned hour = 0; hour < 3; hour++) {
            packets(&s, 3600, 8000);
            assert_in_range(jitter_delay_wanted_ms(&s.d), 6, 22);
        }
    }
}

static void what_was_learnt_outlives_the_stream(void **state)
{
    struct source s;

    (void)state;
    begin(&s);
    packets(&s, 30, 60000);
    jitter_delay_restart(&s.d);
    s.extra_us = 9000000;
    packets(&s, 5, 60000);
    assert_in_range(jitter_delay_wanted_ms(&s.d), 50, 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_the_first_target_until_it_knows_more),
        cmocka_unit_test(learns_jitter_in_seconds),
        cmocka_unit_test(the_first_second_is_forgotten_soon),
        cmocka_unit_test(one_spike_changes_nothing),
        cmocka_unit_test(spikes_that_repeat_are_prepared_for),
        cmocka_unit_test(a_quicker_packet_makes_the_others_late),
        cmocka_unit_test(a_longer_route_is_noticed_and_then_believed),
        cmocka_unit_test(a_longer_route_is_counted_once),
        cmocka_unit_test(a_shorter_route_is_believed_at_once),
        cmocka_unit_test(hours_of_drift_are_followed),
        cmocka_unit_test(what_was_learnt_outlives_the_stream),
    };

    return cmocka_run_group_tests_name("audio/jitter_delay", tests, NULL, NULL);
}
