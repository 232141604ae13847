/* The jitter buffer step by step: what it does for packets that are late or lost. */
#include "tests/unit/audio/jitter_steps.h"

#include <errno.h>

static void replaces_one_lost_from_the_next(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    steps_put(j, 5, 100);
    steps_get(j, 80);
    steps_get(j, 100);
    assert_string_equal(steps_get(j, 120), "F5");
    assert_string_equal(steps_get(j, 140), "D5");
    assert_int_equal(steps_put(j, 4, 141), -ETIME);
    assert_int_equal(steps_stats(j).late, 1);
    assert_int_equal(steps_stats(j).lost, 1);
    assert_int_equal(steps_stats(j).recovered, 1);
    jitter_free(j);
}

static void conceals_the_first_of_two_lost(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    steps_put(j, 6, 119);
    steps_get(j, 80);
    steps_get(j, 100);
    assert_string_equal(steps_get(j, 120), "C");
    assert_string_equal(steps_get(j, 140), "F6");
    assert_string_equal(steps_get(j, 160), "D6");
    assert_int_equal(steps_stats(j).lost, 2);
    assert_int_equal(steps_stats(j).concealed_ms, 20);
    jitter_free(j);
}

static void holds_the_sound_until_a_late_one_comes(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    assert_string_equal(steps_get(j, 120), "H");
    assert_string_equal(steps_get(j, 130), "H");
    steps_put(j, 4, 135);
    assert_string_equal(steps_get(j, 140), "D4");
    assert_int_equal(steps_stats(j).late, 0);
    assert_int_equal(steps_stats(j).lost, 0);
    assert_int_equal(steps_stats(j).held_ms, 20);
    assert_int_equal(steps_stats(j).concealed_ms, 0);
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
    struct jitter *j = steps_playing();

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    assert_string_equal(steps_get(j, 120), "H");
    steps_put(j, 6, 125);
    plays(j, 130, JITTER_CONCEAL, 10);
    plays(j, 140, JITTER_FEC, 20);
    assert_string_equal(steps_get(j, 160), "D6");
    assert_int_equal(steps_stats(j).lost, 2);
    assert_int_equal(steps_stats(j).recovered, 1);
    assert_int_equal(steps_stats(j).concealed_ms, 20);
    assert_int_equal(steps_stats(j).held_ms, 0);
    jitter_free(j);
}

/* The decoder hears of the first before the second is got back, not behind it. */
static void two_lost_while_the_sound_is_held_for_both(void **state)
{
    struct jitter *j = steps_playing();
    struct jitter_decision what;

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    for (uint64_t now = 120; now < 150; now += 10)
        assert_string_equal(steps_get(j, now), "H");
    steps_put(j, 6, 145);
    what = plays(j, 150, JITTER_FEC, 20);
    assert_int_equal(what.skipped, PACKET);
    what = plays(j, 170, JITTER_DECODE, 20);
    assert_int_equal(what.skipped, 0);
    assert_int_equal(steps_stats(j).lost, 2);
    assert_int_equal(steps_stats(j).recovered, 1);
    assert_int_equal(steps_stats(j).concealed_ms, 20);
    assert_int_equal(steps_stats(j).held_ms, 10);
    jitter_free(j);
}

/* Opus adds nothing of the packet before where it was asked for none, or has no room. */
static void what_the_next_does_not_carry_is_invented(void **state)
{
    struct jitter *j = steps_playing();
    struct jitter_packet next = steps_packet(5);

    (void)state;
    next.carries = false;
    jitter_put(j, &next, 100000);
    steps_get(j, 80);
    steps_get(j, 100);
    assert_string_equal(steps_get(j, 120), "F5"); /* whose codec leads up to it all the same */
    assert_string_equal(steps_get(j, 140), "D5");
    assert_int_equal(steps_stats(j).lost, 1);
    assert_int_equal(steps_stats(j).recovered, 0);
    assert_int_equal(steps_stats(j).concealed_ms, 20);
    jitter_free(j);
}

static int put_without_fec(struct jitter *j, int i, uint64_t now_ms)
{
    struct jitter_packet p = steps_packet(i);

    p.fec = false;
    return jitter_put(j, &p, now_ms * 1000);
}

static void what_was_held_stands_in_for_what_is_lost(void **state)
{
    struct jitter *j = steps_new();
    struct jitter_decision what;
    uint64_t now;
    int i;

    (void)state;
    for (i = 0, now = 0; i < 100; i++, now += 20) { /* so long it knows that none is overtaken */
        steps_put(j, i, now);
        steps_get(j, now + 15);
    }
    while (steps_get(j, now)[0] == 'D')
        now += 20;
    assert_string_equal(steps_get(j, now + 10), "H");
    put_without_fec(j, i + 1, now + 15); /* one is lost, and 20 ms were held in its place */
    jitter_get(j, (now + 20) * 1000, 0, &what);
    assert_int_equal(what.action, JITTER_DECODE);
    assert_int_equal(what.skipped, PACKET); /* which the decoder has to hear of */
    assert_int_equal(steps_stats(j).lost, 1);
    assert_int_equal(steps_stats(j).concealed_ms, 20);
    assert_int_equal(steps_stats(j).held_ms, 0);
    jitter_free(j);
}

static void what_the_next_brings_along_is_played_all_the_same(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    assert_string_equal(steps_get(j, 120), "H");
    steps_put(j, 5, 125);
    assert_string_equal(steps_get(j, 130), "F5");
    assert_string_equal(steps_get(j, 150), "D5");
    assert_int_equal(steps_stats(j).recovered, 1);
    assert_int_equal(steps_stats(j).concealed_ms, 0);
    assert_int_equal(steps_stats(j).held_ms, 10);
    jitter_free(j);
}

static void waits_a_little_for_one_that_may_be_overtaken(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    put_without_fec(j, 5, 119);
    assert_string_equal(steps_get(j, 120), "H");
    put_without_fec(j, 4, 125);
    assert_string_equal(steps_get(j, 130), "D4");
    assert_string_equal(steps_get(j, 150), "D5");
    assert_int_equal(steps_stats(j).lost, 0);
    jitter_free(j);
}

static int put_bridge(struct jitter *j, int i, uint64_t now_ms)
{
    struct jitter_packet p = steps_packet(i);

    p.fec = false;
    p.bridge = true;
    return jitter_put(j, &p, now_ms * 1000);
}

static void bridges_to_the_next_where_none_is_overtaken(void **state)
{
    static const char *const then[] = {"C101", "D101", "C", "C104", "D104"};
    struct jitter *j = steps_new();
    const char *now_comes;
    uint64_t now;
    int i;

    (void)state;
    for (i = 0, now = 0; i < 100; i++, now += 20) {
        put_bridge(j, i, now);
        steps_get(j, now + 15);
    }
    put_bridge(j, i + 1, now + 1); /* one is lost, another two behind it */
    put_bridge(j, i + 4, now + 2);
    for (now += 15; (now_comes = steps_get(j, now))[0] == 'D'; now += 20)
        continue;
    for (i = 0; i < (int)ARRAY_LEN(then); i++, now += 20, now_comes = steps_get(j, now))
        assert_string_equal(now_comes, then[i]);
    assert_int_equal(steps_stats(j).lost, 3);
    assert_int_equal(steps_stats(j).recovered, 0);
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
        steps_put(j, i, (uint64_t)i * 20);
    assert_string_equal(steps_get(j, 80), "D0");
    jitter_get(j, 100000, 0, &what); /* 4 was due 20 ms ago */
    assert_int_equal(what.stretch, JITTER_AS_IS);
    jitter_get(j, 121000, 0, &what); /* 41 ms */
    assert_int_equal(what.action, JITTER_DECODE);
    assert_int_equal(what.stretch, JITTER_EXPAND);
    assert_true(what.amount > 0);
    jitter_free(j);
}

static void stops_inventing_after_100_ms(void **state)
{
    struct jitter *j = steps_playing();

    (void)state;
    steps_get(j, 80);
    steps_get(j, 100);
    for (uint64_t now = 120; now < 220; now += 10)
        assert_string_equal(steps_get(j, now), now < 160 ? "H" : "C");
    assert_string_equal(steps_get(j, 220), "W");
    assert_int_equal(steps_stats(j).concealed_ms, 100);
    assert_int_equal(steps_stats(j).held_ms, 0);
    jitter_free(j);
}

/* Though more delay is wanted where so much is lost: it is not made of what was not. */
static void goes_on_as_late_as_before_behind_losses(void **state)
{
    struct jitter *j = steps_new();

    (void)state;
    for (int i = 0; i < 4; i++)
        steps_put(j, i, (uint64_t)i * 20);
    for (uint64_t now_ms = 30; now_ms < 110; now_ms += 20)
        assert_int_equal(*steps_get(j, now_ms), 'D');
    for (uint64_t now_ms = 110; now_ms < 220; now_ms += 10)
        steps_get(j, now_ms);
    steps_put(j, 11, 220);
    assert_in_range(steps_stats(j).target_ms, 40, 65);
    assert_string_equal(steps_get(j, 249), "W");
    assert_string_equal(steps_get(j, 250), "D11");
    jitter_free(j);
}

/* Up to the time of packet i, from that of packet *sent on; that of number lost does not come. */
static void play_until(struct jitter *j, int *sent, int i, int lost)
{
    for (; *sent < i; ++*sent) {
        if (*sent != lost)
            steps_put(j, *sent, (uint64_t)*sent * 20);
        steps_get(j, (uint64_t)*sent * 20 + 20);
    }
}

/* What stands in for a lost one comes with the next, which may be a little late, too: else sound is
 * held at each. */
static void has_time_for_the_next_once_one_was_lost(void **state)
{
    struct jitter *j = steps_new();
    int sent = 0;

    (void)state;
    play_until(j, &sent, 600, 600);
    assert_int_equal(steps_stats(j).target_ms, 20);
    play_until(j, &sent, 605, 600);
    assert_in_range(steps_stats(j).target_ms, 24, 30);
    play_until(j, &sent, 850, 600);
    assert_in_range(steps_stats(j).target_ms, 24, 30);
    play_until(j, &sent, 1000, 600); /* none for eight seconds */
    assert_int_equal(steps_stats(j).target_ms, 20);
    jitter_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(has_time_for_the_next_once_one_was_lost),
    };

    return cmocka_run_group_tests_name("audio/jitter gap", tests, NULL, NULL);
}
