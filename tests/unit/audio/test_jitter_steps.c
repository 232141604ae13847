/* The jitter buffer step by step: what single packets do. */
#include "audio/jitter.h"

#include "tests/lib/rows.h"

#include <errno.h>
#include <stdio.h>

enum { MS = 8, PACKET = 20 * MS }; /* units of a clock of 8,000 Hz */

static struct jitter *new_jitter(void)
{
    struct jitter_config config = {.clock_hz = 8000};
    struct jitter *j;

    assert_int_equal(jitter_new(&config, &j), 0);
    return j;
}

/* The i-th packet of a stream that began at sequence number 100 and timestamp 1000. */
static struct jitter_packet packet(int i)
{
    return (struct jitter_packet){.ssrc = 1,
                                  .sequence = (uint16_t)(100 + i),
                                  .timestamp = (uint32_t)(1000 + i * PACKET),
                                  .duration = PACKET,
                                  .payload_type = (uint8_t)i,
                                  .fec = true,
                                  .carries = true,
                                  .payload = SLICE("sound")};
}

static int put(struct jitter *j, int i, uint64_t now_ms)
{
    struct jitter_packet p = packet(i);

    return jitter_put(j, &p, now_ms * 1000);
}

/* The decision at now_ms, as a letter and, for packets, their number. */
static const char *get(struct jitter *j, uint64_t now_ms)
{
    static char text[16];
    struct jitter_decision what;

    jitter_get(j, now_ms * 1000, 0, &what);
    snprintf(text, sizeof text, "%c", "WDFCH"[what.action]);
    if (what.action == JITTER_DECODE || what.action == JITTER_FEC || what.payload.n) {
        snprintf(text + 1, sizeof text - 1, "%u", what.payload_type);
        assert_slice(what.payload, "sound");
    }
    return text;
}

static struct jitter_stats stats_of(const struct jitter *j)
{
    struct jitter_stats stats;

    jitter_stats(j, &stats);
    return stats;
}

/* Six packets in time, the first two played. */
static struct jitter *playing(void)
{
    struct jitter *j = new_jitter();

    for (int i = 0; i < 4; i++)
        put(j, i, (uint64_t)i * 20);
    assert_string_equal(get(j, 40), "D0");
    assert_string_equal(get(j, 60), "D1");
    return j;
}

static void waits_before_the_first(void **state)
{
    struct jitter *j = new_jitter();

    (void)state;
    assert_string_equal(get(j, 0), "W");
    put(j, 0, 10);
    assert_string_equal(get(j, 20), "W");
    put(j, 1, 30);
    assert_string_equal(get(j, 39), "W");
    assert_string_equal(get(j, 40), "D0");
    jitter_free(j);
}

/* Before anything is known the delay of the second tells most. */
static void waits_longer_for_a_late_second(void **state)
{
    struct jitter *j = new_jitter();

    (void)state;
    put(j, 0, 0);
    assert_string_equal(get(j, 69), "W");
    put(j, 1, 70);
    assert_string_equal(get(j, 70), "D0");
    jitter_free(j);
}

static void says_which_is_the_first(void **state)
{
    struct jitter *j = new_jitter();
    struct jitter_decision what;

    (void)state;
    put(j, 0, 0);
    put(j, 1, 20);
    jitter_get(j, 40000, 0, &what);
    assert_true(what.first);
    jitter_get(j, 60000, 0, &what);
    assert_false(what.first);
    jitter_free(j);
}

static void takes_each_once(void **state)
{
    struct jitter *j = playing();

    (void)state;
    assert_int_equal(put(j, 3, 61), -EEXIST);
    assert_int_equal(put(j, 0, 61), -EEXIST);
    assert_int_equal(stats_of(j).duplicates, 2);
    assert_string_equal(get(j, 80), "D2");
    assert_string_equal(get(j, 100), "D3");
    jitter_free(j);
}

static void puts_order_right(void **state)
{
    struct jitter *j = new_jitter();

    (void)state;
    put(j, 2, 0);
    put(j, 0, 1);
    put(j, 1, 2);
    assert_string_equal(get(j, 60), "D0");
    assert_string_equal(get(j, 80), "D1");
    assert_string_equal(get(j, 100), "D2");
    assert_int_equal(stats_of(j).lost, 0);
    jitter_free(j);
}

static void replaces_one_lost_from_the_next(void **state)
{
    struct jitter *j = playing();

    (void)state;
    put(j, 5, 100);
    get(j, 80);
    get(j, 100);
    assert_string_equal(get(j, 120), "F5");
    assert_string_equal(get(j, 140), "D5");
    assert_int_equal(put(j, 4, 141), -ETIME);
    assert_int_equal(stats_of(j).late, 1);
    assert_int_equal(stats_of(j).lost, 1);
    assert_int_equal(stats_of(j).recovered, 1);
    jitter_free(j);
}

static void conceals_the_first_of_two_lost(void **state)
{
    struct jitter *j = playing();

    (void)state;
    put(j, 6, 119);
    get(j, 80);
    get(j, 100);
    assert_string_equal(get(j, 120), "C");
    assert_string_equal(get(j, 140), "F6");
    assert_string_equal(get(j, 160), "D6");
    assert_int_equal(stats_of(j).lost, 2);
    assert_int_equal(stats_of(j).concealed_ms, 20);
    jitter_free(j);
}

static void holds_the_sound_until_a_late_one_comes(void **state)
{
    struct jitter *j = playing();

    (void)state;
    get(j, 80);
    get(j, 100);
    assert_string_equal(get(j, 120), "H");
    assert_string_equal(get(j, 130), "H");
    put(j, 4, 135);
    assert_string_equal(get(j, 140), "D4");
    assert_int_equal(stats_of(j).late, 0);
    assert_int_equal(stats_of(j).lost, 0);
    assert_int_equal(stats_of(j).held_ms, 20);
    assert_int_equal(stats_of(j).concealed_ms, 0);
    jitter_free(j);
}

/* The decision at now_ms, which is one of action, for so many ms. */
static struct jitter_decision plays(struct jitter *j, uint64_t now_ms, enum jitter_action action,
                                    uint32_t ms)
{
    struct jitter_decision what;

    jitter_get(j, now_ms * 1000, 0, &what);
    assert_int_equal(what.action, action);
    assert_int_equal(what.duration, ms * MS);
    return what;
}

/* What was held, and what is invented, is for the first of the two. */
static void two_lost_while_the_sound_is_held(void **state)
{
    struct jitter *j = playing();

    (void)state;
    get(j, 80);
    get(j, 100);
    assert_string_equal(get(j, 120), "H");
    put(j, 6, 125);
    plays(j, 130, JITTER_CONCEAL, 10);
    plays(j, 140, JITTER_FEC, 20);
    assert_string_equal(get(j, 160), "D6");
    assert_int_equal(stats_of(j).lost, 2);
    assert_int_equal(stats_of(j).recovered, 1);
    assert_int_equal(stats_of(j).concealed_ms, 20);
    assert_int_equal(stats_of(j).held_ms, 0);
    jitter_free(j);
}

/* The decoder hears of the first before the second is got back, not behind it. */
static void two_lost_while_the_sound_is_held_for_both(void **state)
{
    struct jitter *j = playing();
    struct jitter_decision what;

    (void)state;
    get(j, 80);
    get(j, 100);
    for (uint64_t now = 120; now < 150; now += 10)
        assert_string_equal(get(j, now), "H");
    put(j, 6, 145);
    what = plays(j, 150, JITTER_FEC, 20);
    assert_int_equal(what.skipped, PACKET);
    what = plays(j, 170, JITTER_DECODE, 20);
    assert_int_equal(what.skipped, 0);
    assert_int_equal(stats_of(j).lost, 2);
    assert_int_equal(stats_of(j).recovered, 1);
    assert_int_equal(stats_of(j).concealed_ms, 20);
    assert_int_equal(stats_of(j).held_ms, 10);
    jitter_free(j);
}

/* Opus adds nothing of the packet before where it was asked for none, or has no room. */
static void what_the_next_does_not_carry_is_invented(void **state)
{
    struct jitter *j = playing();
    struct jitter_packet next = packet(5);

    (void)state;
    next.carries = false;
    jitter_put(j, &next, 100000);
    get(j, 80);
    get(j, 100);
    assert_string_equal(get(j, 120), "F5"); /* whose codec leads up to it all the same */
    assert_string_equal(get(j, 140), "D5");
    assert_int_equal(stats_of(j).lost, 1);
    assert_int_equal(stats_of(j).recovered, 0);
    assert_int_equal(stats_of(j).concealed_ms, 20);
    jitter_free(j);
}

static int put_without_fec(struct jitter *j, int i, uint64_t now_ms)
{
    struct jitter_packet p = packet(i);

    p.fec = false;
    return jitter_put(j, &p, now_ms * 1000);
}

static void what_was_held_stands_in_for_what_is_lost(void **state)
{
    struct jitter *j = new_jitter();
    struct jitter_decision what;
    uint64_t now;
    int i;

    (void)state;
    for (i = 0, now = 0; i < 100; i++, now += 20) { /* so long it knows that none is overtaken */
        put(j, i, now);
        get(j, now + 15);
    }
    while (get(j, now)[0] == 'D')
        now += 20;
    assert_string_equal(get(j, now + 10), "H");
    put_without_fec(j, i + 1, now + 15); /* one is lost, and 20 ms were held in its place */
    jitter_get(j, (now + 20) * 1000, 0, &what);
    assert_int_equal(what.action, JITTER_DECODE);
    assert_int_equal(what.skipped, PACKET); /* which the decoder has to hear of */
    assert_int_equal(stats_of(j).lost, 1);
    assert_int_equal(stats_of(j).concealed_ms, 20);
    assert_int_equal(stats_of(j).held_ms, 0);
    jitter_free(j);
}

static void what_the_next_brings_along_is_played_all_the_same(void **state)
{
    struct jitter *j = playing();

    (void)state;
    get(j, 80);
    get(j, 100);
    assert_string_equal(get(j, 120), "H");
    put(j, 5, 125);
    assert_string_equal(get(j, 130), "F5");
    assert_string_equal(get(j, 150), "D5");
    assert_int_equal(stats_of(j).recovered, 1);
    assert_int_equal(stats_of(j).concealed_ms, 0);
    assert_int_equal(stats_of(j).held_ms, 10);
    jitter_free(j);
}

static void waits_a_little_for_one_that_may_be_overtaken(void **state)
{
    struct jitter *j = playing();

    (void)state;
    get(j, 80);
    get(j, 100);
    put_without_fec(j, 5, 119);
    assert_string_equal(get(j, 120), "H");
    put_without_fec(j, 4, 125);
    assert_string_equal(get(j, 130), "D4");
    assert_string_equal(get(j, 150), "D5");
    assert_int_equal(stats_of(j).lost, 0);
    jitter_free(j);
}

static int put_bridge(struct jitter *j, int i, uint64_t now_ms)
{
    struct jitter_packet p = packet(i);

    p.fec = false;
    p.bridge = true;
    return jitter_put(j, &p, now_ms * 1000);
}

static void bridges_to_the_next_where_none_is_overtaken(void **state)
{
    static const char *const then[] = {"C101", "D101", "C", "C104", "D104"};
    struct jitter *j = new_jitter();
    const char *now_comes;
    uint64_t now;
    int i;

    (void)state;
    for (i = 0, now = 0; i < 100; i++, now += 20) {
        put_bridge(j, i, now);
        get(j, now + 15);
    }
    put_bridge(j, i + 1, now + 1); /* one is lost, another two behind it */
    put_bridge(j, i + 4, now + 2);
    for (now += 15; (now_comes = get(j, now))[0] == 'D'; now += 20)
        continue;
    for (i = 0; i < (int)ARRAY_LEN(then); i++, now += 20, now_comes = get(j, now))
        assert_string_equal(now_comes, then[i]);
    assert_int_equal(stats_of(j).lost, 3);
    assert_int_equal(stats_of(j).recovered, 0);
    jitter_free(j);
}

static void plays_slower_what_is_left_when_the_next_is_overdue(void **state)
{
    struct jitter_config config = {.clock_hz = 8000, .min_ms = 80};
    struct jitter_decision what;
    struct jitter *j;

    (void)state;
    assert_int_equal(jitter_new(&config, &j), 0);
    for (int i = 0; i < 4; i++)
        put(j, i, (uint64_t)i * 20);
    assert_string_equal(get(j, 80), "D0");
    jitter_get(j, 100000, 0, &what); /* 4 was due 20 ms ago */
    assert_int_equal(what.stretch, JITTER_AS_IS);
    jitter_get(j, 121000, 0, &what); /* 41 ms */
    assert_int_equal(what.action, JITTER_DECODE);
    assert_int_equal(what.stretch, JITTER_EXPAND);
    assert_true(what.amount > 0);
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
                  stats_of(j).delay_ms, changed);
    assert_true(changed <= (beat_ms > 30 ? LONG_BEAT : 0));
    assert_true(stats_of(j).delay_ms <= packet_ms + beat_ms + 10);
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

static void stops_inventing_after_100_ms(void **state)
{
    struct jitter *j = playing();

    (void)state;
    get(j, 80);
    get(j, 100);
    for (uint64_t now = 120; now < 220; now += 10)
        assert_string_equal(get(j, now), now < 160 ? "H" : "C");
    assert_string_equal(get(j, 220), "W");
    assert_int_equal(stats_of(j).concealed_ms, 100);
    assert_int_equal(stats_of(j).held_ms, 0);
    jitter_free(j);
}

/* Though more delay is wanted where so much is lost: it is not made of what was not. */
static void goes_on_as_late_as_before_behind_losses(void **state)
{
    struct jitter *j = new_jitter();

    (void)state;
    for (int i = 0; i < 4; i++)
        put(j, i, (uint64_t)i * 20);
    for (uint64_t now_ms = 30; now_ms < 110; now_ms += 20)
        assert_int_equal(*get(j, now_ms), 'D');
    for (uint64_t now_ms = 110; now_ms < 220; now_ms += 10)
        get(j, now_ms);
    put(j, 11, 220);
    assert_in_range(stats_of(j).target_ms, 40, 60);
    assert_string_equal(get(j, 249), "W");
    assert_string_equal(get(j, 250), "D11");
    jitter_free(j);
}

static void waits_through_a_pause(void **state)
{
    struct jitter *j = playing();
    struct jitter_packet p = packet(4);

    (void)state;
    get(j, 80);
    get(j, 100);
    p.timestamp += 1000 * MS; /* the sender said nothing for a second: no number is missing */
    p.marker = true;
    assert_int_equal(jitter_put(j, &p, 1080000), 0);
    assert_string_equal(get(j, 1085), "W");
    assert_string_equal(get(j, 1120), "D4");
    assert_int_equal(stats_of(j).lost, 0);
    assert_int_equal(stats_of(j).concealed_ms, 0);
    jitter_free(j);
}

static void does_not_miss_a_digit(void **state)
{
    struct jitter *j = playing();

    (void)state;
    get(j, 80);
    get(j, 100);
    for (int i = 4; i < 12; i++) { /* RFC 4733 2.5.1.2: the timestamp is that of its beginning */
        struct jitter_packet p = packet(i);

        p.duration = 0;
        p.timestamp = 1000 + 4 * PACKET;
        assert_int_equal(jitter_put(j, &p, (uint64_t)i * 20000), 0);
    }
    for (int i = 12; i < 14; i++)
        put(j, i, (uint64_t)i * 20);
    assert_string_equal(get(j, 280), "D12");
    assert_int_equal(stats_of(j).lost, 0);
    jitter_free(j);
}

static void believes_a_jump_at_its_second_packet(void **state)
{
    struct jitter *j = playing();

    (void)state;
    assert_int_equal(put(j, 30000, 62), -EAGAIN);
    assert_int_equal(put(j, 4, 63), 0);
    assert_int_equal(put(j, 30000, 64), -EAGAIN);
    assert_int_equal(put(j, 30001, 65), 0);
    assert_int_equal(stats_of(j).restarts, 1);
    assert_int_equal(stats_of(j).waiting, 1);
    jitter_free(j);
}

static void follows_a_timestamp_that_jumps(void **state)
{
    struct jitter *j = playing();

    (void)state;
    for (int i = 4; i < 6; i++) {
        struct jitter_packet p = packet(i);

        p.timestamp += 0x50000000u;
        assert_int_equal(jitter_put(j, &p, (uint64_t)i * 20000), 0);
        assert_int_equal(stats_of(j).restarts, i == 5); /* at the second */
    }
    assert_string_equal(get(j, 100), "W");
    assert_string_equal(get(j, 140), "D5");
    jitter_free(j);
}

static void skips_ahead_after_a_sleep(void **state)
{
    struct jitter *j = playing();
    uint16_t sequence;

    (void)state;
    for (int i = 4; i < 30; i++)
        put(j, i, (uint64_t)i * 20);
    assert_string_equal(get(j, 5000), "D29");
    assert_int_equal(stats_of(j).discarded, 27);
    for (int i = 2; i < 29; i++) {
        assert_true(jitter_discarded(j, &sequence));
        assert_int_equal(sequence, 100 + i);
    }
    assert_false(jitter_discarded(j, &sequence));
    jitter_free(j);
}

static void holds_no_more_than_it_may(void **state)
{
    struct jitter *j = new_jitter();
    uint16_t sequence = 0;

    (void)state;
    for (int i = 0; i < 3 * JITTER_PACKETS; i++)
        put(j, i, 0);
    /* Ahead of the time by more than 2 s: taken for another stream each time. */
    assert_true(stats_of(j).waiting <= JITTER_PACKETS);
    for (int i = 3 * JITTER_PACKETS; i < 6 * JITTER_PACKETS; i++)
        put(j, i, (uint64_t)i * 20);
    assert_int_equal(stats_of(j).waiting, JITTER_PACKETS);
    for (int i = 0; i < JITTER_TOLD; i++)
        assert_true(jitter_discarded(j, &sequence)); /* the latest of them */
    assert_int_equal(sequence, 100 + 5 * JITTER_PACKETS - 1);
    assert_false(jitter_discarded(j, &sequence));
    jitter_free(j);
}

static void takes_an_old_one_at_most_once(void **state)
{
    struct jitter *j = new_jitter();

    (void)state;
    put(j, 90, 0);
    assert_int_equal(put(j, 1, 1), -ETIME); /* so far back it is no longer known what came */
    assert_int_equal(put(j, 1, 2), -ETIME);
    assert_int_equal(put(j, 30, 3), 0);
    assert_int_equal(put(j, 30, 4), -EEXIST);
    assert_int_equal(stats_of(j).late, 2);
    jitter_free(j);
}

static void refuses_what_is_too_long(void **state)
{
    struct jitter *j = new_jitter();
    struct jitter_packet p = packet(0);
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
    struct jitter *j = playing();

    (void)state;
    assert_int_equal(stats_of(j).delay_ms, 40);
    assert_int_equal(stats_of(j).delay_mean_ms, 40);
    get(j, 80);
    assert_string_equal(get(j, 160), "D3");
    assert_int_equal(stats_of(j).delay_ms, 100);
    assert_int_equal(stats_of(j).delay_mean_ms, 55);
    jitter_free(j);
}

static void flush_begins_anew(void **state)
{
    struct jitter *j = playing();

    (void)state;
    jitter_flush(j);
    assert_string_equal(get(j, 80), "W");
    put(j, 500, 90); /* another place in the stream is no jump now */
    assert_string_equal(get(j, 100), "W");
    assert_string_equal(get(j, 130), "D244");
    assert_int_equal(stats_of(j).lost, 0);
    jitter_free(j);
}

static void counts_by_another_clock(void **state)
{
    struct jitter *j = playing();

    (void)state;
    jitter_set_clock(j, 48000);
    for (int i = 0; i < 2; i++) {
        struct jitter_packet p = packet(i);

        p.timestamp = (uint32_t)(7000 + i * PACKET * 6);
        p.duration = PACKET * 6;
        assert_int_equal(jitter_put(j, &p, 1000000 + (uint64_t)i * 20000), 0);
    }
    assert_string_equal(get(j, 1029), "W");
    assert_string_equal(get(j, 1031), "D0");
    assert_string_equal(get(j, 1051), "D1");
    assert_int_equal(stats_of(j).played_ms, 80);
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
        cmocka_unit_test(replaces_one_lost_from_the_next),
        cmocka_unit_test(conceals_the_first_of_two_lost),
        cmocka_unit_test(holds_the_sound_until_a_late_one_comes),
        cmocka_unit_test(what_was_held_stands_in_for_what_is_lost),
        cmocka_unit_test(what_the_next_brings_along_is_played_all_the_same),
        cmocka_unit_test(two_lost_while_the_sound_is_held),
        cmocka_unit_test(two_lost_while_the_sound_is_held_for_both),
        cmocka_unit_test(what_the_next_does_not_carry_is_invented),
        cmocka_unit_test(waits_a_little_for_one_that_may_be_overtaken),
        cmocka_unit_test(bridges_to_the_next_where_none_is_overtaken),
        cmocka_unit_test(plays_slower_what_is_left_when_the_next_is_overdue),
        cmocka_unit_test(stops_inventing_after_100_ms),
        cmocka_unit_test(goes_on_as_late_as_before_behind_losses),
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
