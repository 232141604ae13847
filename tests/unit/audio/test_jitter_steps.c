/* The jitter buffer step by step: what single packets do. */
#include "tests/unit/audio/jitter_steps.h"

#include <errno.h>

static void waits_before_the_first(void **state)
{
    struct jitter *j = steps_new();

    (void)state;
    assert_string_equal(steps_get(j, 0), "W");
    steps_put(j, 0, 10);
    assert_string_equal(steps_get(j, 20), "W");
    steps_put(j, 1, 30);
    assert_string_equal(steps_get(j, 39), "W");
    assert_string_equal(steps_get(j, 40), "D0");
    jitter_free(j);
}

/* Before anything is known the delay of the second tells most. */
static void waits_longer_for_a_late_second(void **state)
{
    struct jitter *j = steps_new();

    (void)state;
    steps_put(j, 0, 0);
    assert_string_equal(steps_get(j, 69), "W");
    steps_put(j, 1, 70);
    assert_string_equal(steps_get(j, 70), "D0");
    jitter_free(j);
}

static void says_which_is_the_first(void **state)
{
    struct jitter *j = steps_new();
    struct jitter_decision what;

    (void)state;
    steps_put(j, 0, 0);
    steps_put(j, 1, 20);
    jitter_get(j, 40000, 0, &what);
    assert_true(what.first);
    jitter_get(j, 60000, 0, &what);
    assert_false(what.first);
    jitter_free(j);
}

static void takes_each_once(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    assert_int_equal(steps_put(j, 3, 61), -EEXIST);
    assert_int_equal(steps_put(j, 0, 61), -EEXIST);
    assert_int_equal(steps_stats(j).duplicates, 2);
    assert_string_equal(steps_get(j, 80), "D2");
    assert_string_equal(steps_get(j, 100), "D3");
    jitter_free(j);
}

static void puts_order_right(void **state)
{
    struct jitter *j = steps_new();

    (void)state;
    steps_put(j, 2, 0);
    steps_put(j, 0, 1);
    steps_put(j, 1, 2);
    assert_string_equal(steps_get(j, 60), "D0");
    assert_string_equal(steps_get(j, 80), "D1");
    assert_string_equal(steps_get(j, 100), "D2");
    assert_int_equal(steps_stats(j).lost, 0);
    jitter_free(j);
}

enum {
    LONG_BEAT = 20
}; /* decisions of up to 1700, where three packets and more are asked for at once */

/* A stream without any jitter, asked on a beat with which its packets do not keep step. After three
 * seconds nothing is stretched, held or invented any more, nor is the delay more than it must
 * be. */
static void check_calm(unsigned packet_ms, unsigned beat_ms, unsigned phase_ms)
{
    struct jitter_config config = {.clock_hz = 8000, .packet_ms = (uint16_t)packet_ms};
    unsigned next = 0, changed = 0;
    int64_t queued = 0;
    struct jitter *j;

    assert_int_equal(jitter_new(&config, &j), 0);
    for (uint64_t now = 0; now < 20000; now += beat_ms) {
        for (; next * packet_ms + phase_ms <= now; next++) {
            struct jitter_packet p = {.ssrc = 1,
                                      .sequence = (uint16_t)next,
                                      .timestamp = next * packet_ms * MS,
                                      .duration = packet_ms * MS,
                                      .payload = SLICE("sound")};

            assert_int_equal(jitter_put(j, &p, (next * packet_ms + phase_ms) * UINT64_C(1000)), 0);
        }
        while (queued < beat_ms * MS) {
            struct jitter_decision what;
            int64_t by;

            jitter_get(j, now * 1000, (uint32_t)queued, &what);
            by = what.amount < 10 * MS ? what.amount : 10 * MS;
            queued += what.duration;
            if (what.stretch != JITTER_AS_IS)
                queued += what.stretch == JITTER_EXPAND ? by : -by;
            changed += now >= 3000 && (what.action != JITTER_DECODE || what.stretch);
        }
        queued -= beat_ms * MS;
    }
    print_message("# packets of %u, beat of %u: delay %u ms, %u changed\n", packet_ms, beat_ms,
                  steps_stats(j).delay_ms, changed);
    assert_true(changed <= (beat_ms > 30 ? LONG_BEAT : 0));
    assert_true(steps_stats(j).delay_ms <= packet_ms + beat_ms + 10);
    jitter_free(j);
}

static void a_calm_stream_is_left_alone(void **state)
{
    static const unsigned packets_ms[] = {10, 20, 30, 40, 60, 120}, beats_ms[] = {10, 20, 30, 60};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(packets_ms); i++)
        for (size_t k = 0; k < ARRAY_LEN(beats_ms); k++)
            for (unsigned phase_ms = 0; phase_ms < 10; phase_ms += 3)
                check_calm(packets_ms[i], beats_ms[k], phase_ms);
}

static void waits_through_a_pause(void **state)
{
    struct jitter *j = steps_playing();
    struct jitter_packet p = steps_packet(4);

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    p.timestamp += 1000 * MS; /* the sender said nothing for a second: no number is missing */
    p.marker = true;
    assert_int_equal(jitter_put(j, &p, 1080000), 0);
    assert_string_equal(steps_get(j, 1085), "W");
    assert_string_equal(steps_get(j, 1120), "D4");
    assert_int_equal(steps_stats(j).lost, 0);
    assert_int_equal(steps_stats(j).concealed_ms, 0);
    jitter_free(j);
}

static void does_not_miss_a_digit(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    for (int i = 4; i < 12; i++) { /* RFC 4733 2.5.1.2: the timestamp is that of its beginning */
        struct jitter_packet p = steps_packet(i);

        p.duration = 0;
        p.timestamp = 1000 + 4 * PACKET;
        assert_int_equal(jitter_put(j, &p, (uint64_t)i * 20000), 0);
    }
    for (int i = 12; i < 14; i++)
        steps_put(j, i, (uint64_t)i * 20);
    assert_string_equal(steps_get(j, 280), "D12");
    assert_int_equal(steps_stats(j).lost, 0);
    jitter_free(j);
}

static void believes_a_jump_at_its_second_packet(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    assert_int_equal(steps_put(j, 30000, 62), -EAGAIN);
    assert_int_equal(steps_put(j, 4, 63), 0);
    assert_int_equal(steps_put(j, 30000, 64), -EAGAIN);
    assert_int_equal(steps_put(j, 30001, 65), 0);
    assert_int_equal(steps_stats(j).restarts, 1);
    assert_int_equal(steps_stats(j).waiting, 1);
    jitter_free(j);
}

static void follows_a_timestamp_that_jumps(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    for (int i = 4; i < 6; i++) {
        struct jitter_packet p = steps_packet(i);

        p.timestamp += 0x50000000u;
        assert_int_equal(jitter_put(j, &p, (uint64_t)i * 20000), 0);
        assert_int_equal(steps_stats(j).restarts, i == 5); /* at the second */
    }
    assert_string_equal(steps_get(j, 100), "W");
    assert_string_equal(steps_get(j, 140), "D5");
    jitter_free(j);
}

static void skips_ahead_after_a_sleep(void **state)
{
    struct jitter *j = steps_playing();
    uint16_t sequence;

    (void)state;
    for (int i = 4; i < 30; i++)
        steps_put(j, i, (uint64_t)i * 20);
    assert_string_equal(steps_get(j, 5000), "D29");
    assert_int_equal(steps_stats(j).discarded, 27);
    for (int i = 2; i < 29; i++) {
        assert_true(jitter_discarded(j, &sequence));
        assert_int_equal(sequence, 100 + i);
    }
    assert_false(jitter_discarded(j, &sequence));
    jitter_free(j);
}

static void holds_no_more_than_it_may(void **state)
{
    struct jitter *j = steps_new();
    uint16_t sequence = 0;

    (void)state;
    for (int i = 0; i < 3 * JITTER_PACKETS; i++)
        steps_put(j, i, 0);
    /* Ahead of the time by more than 2 s: taken for another stream each time. */
    assert_true(steps_stats(j).waiting <= JITTER_PACKETS);
    for (int i = 3 * JITTER_PACKETS; i < 6 * JITTER_PACKETS; i++)
        steps_put(j, i, (uint64_t)i * 20);
    assert_int_equal(steps_stats(j).waiting, JITTER_PACKETS);
    for (int i = 0; i < JITTER_TOLD; i++)
        assert_true(jitter_discarded(j, &sequence)); /* the latest of them */
    assert_int_equal(sequence, 100 + 5 * JITTER_PACKETS - 1);
    assert_false(jitter_discarded(j, &sequence));
    jitter_free(j);
}

static void takes_an_old_one_at_most_once(void **state)
{
    struct jitter *j = steps_new();

    (void)state;
    steps_put(j, 90, 0);
    assert_int_equal(steps_put(j, 1, 1), -ETIME); /* so far back it is no longer known what came */
    assert_int_equal(steps_put(j, 1, 2), -ETIME);
    assert_int_equal(steps_put(j, 30, 3), 0);
    assert_int_equal(steps_put(j, 30, 4), -EEXIST);
    assert_int_equal(steps_stats(j).late, 2);
    jitter_free(j);
}

static void refuses_what_is_too_long(void **state)
{
    struct jitter *j = steps_new();
    struct jitter_packet p = steps_packet(0);
    static char big[JITTER_PAYLOAD_MAX + 1];

    (void)state;
    p.duration = 121 * MS;
    assert_int_equal(jitter_put(j, &p, 0), -EINVAL);
    p.duration = PACKET;
    p.payload = (struct slice){big, sizeof big};
    assert_int_equal(jitter_put(j, &p, 0), -EINVAL);
    p.payload.n--;
    assert_int_equal(jitter_put(j, &p, 0), 0);
    jitter_free(j);
}

static void the_mean_delay_is_of_all(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    assert_int_equal(steps_stats(j).delay_ms, 40);
    assert_int_equal(steps_stats(j).delay_mean_ms, 40);
    steps_get(j, 80);
    assert_string_equal(steps_get(j, 160), "D3");
    assert_int_equal(steps_stats(j).delay_ms, 100);
    assert_int_equal(steps_stats(j).delay_mean_ms, 55);
    jitter_free(j);
}

static void flush_begins_anew(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    jitter_flush(j);
    assert_string_equal(steps_get(j, 80), "W");
    steps_put(j, 500, 90); /* another place in the stream is no jump now */
    assert_string_equal(steps_get(j, 100), "W");
    assert_string_equal(steps_get(j, 130), "D244");
    assert_int_equal(steps_stats(j).lost, 0);
    jitter_free(j);
}

static void counts_by_another_clock(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    jitter_set_clock(j, 48000);
    for (int i = 0; i < 2; i++) {
        struct jitter_packet p = steps_packet(i);

        p.timestamp = (uint32_t)(7000 + i * PACKET * 6);
        p.duration = PACKET * 6;
        assert_int_equal(jitter_put(j, &p, 1000000 + (uint64_t)i * 20000), 0);
    }
    assert_string_equal(steps_get(j, 1029), "W");
    assert_string_equal(steps_get(j, 1031), "D0");
    assert_string_equal(steps_get(j, 1051), "D1");
    assert_int_equal(steps_stats(j).played_ms, 80);
    jitter_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_before_the_first),
        cmocka_unit_test(waits_longer_for_a_late_second),
        cmocka_unit_test(a_calm_stream_is_left_alone),
        cmocka_unit_test(says_which_is_the_first),
        cmocka_unit_test(takes_each_once),
        cmocka_unit_test(puts_order_right),
        cmocka_unit_test(waits_through_a_pause),
        cmocka_unit_test(does_not_miss_a_digit),
        cmocka_unit_test(believes_a_jump_at_its_second_packet),
        cmocka_unit_test(follows_a_timestamp_that_jumps),
        cmocka_unit_test(skips_ahead_after_a_sleep),
        cmocka_unit_test(holds_no_more_than_it_may),
        cmocka_unit_test(takes_an_old_one_at_most_once),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(the_mean_delay_is_of_all),
        cmocka_unit_test(flush_begins_anew),
        cmocka_unit_test(counts_by_another_clock),
    };

    return cmocka_run_group_tests_name("audio/jitter steps", tests, NULL, NULL);
}
