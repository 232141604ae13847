/* Queues in which more waits than they need. */
#include "audio/standing.h"

#include "base/rand.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, MS = RATE / 1000, BEAT = 10 * MS, PIECE = STANDING_PIECE_MS * MS };

static void half_second(struct standing *s, size_t least, size_t most)
{
    for (unsigned i = 0; i < 50; i++)
        standing_note(s, i % 10 == 3 ? least : most, RATE);
}

static void only_what_always_waits_is_too_much(void **state)
{
    struct standing s = {.needs_ms = 10};

    (void)state;
    half_second(&s, 8 * MS, 80 * MS);
    assert_int_equal(s.surplus, 0);
    half_second(&s, 50 * MS, 80 * MS);
    assert_int_equal(s.surplus, 40 * MS);
    half_second(&s, 0, 80 * MS);
    assert_int_equal(s.surplus, 0);
}

static void who_ran_dry_needs_more_for_a_while(void **state)
{
    struct standing s = {.needs_ms = 10, .gap_ms = 15};

    (void)state;
    standing_gap(&s); /* at once: nothing has come yet */
    half_second(&s, 50 * MS, 80 * MS);
    half_second(&s, 50 * MS, 80 * MS);
    assert_int_equal(s.surplus, 40 * MS);
    standing_gap(&s);
    assert_int_equal(s.surplus, 0);
    half_second(&s, 25 * MS, 80 * MS);
    assert_int_equal(s.surplus, 0);
    for (unsigned i = 0; i < 200; i++)
        half_second(&s, 25 * MS, 80 * MS);
    assert_int_equal(s.surplus, 15 * MS);
    for (unsigned i = 0; i < 10; i++) {
        standing_gap(&s);
        standing_gap(&s);
        half_second(&s, 0, 0);
    }
    standing_gap(&s);
    half_second(&s, 90 * MS, 90 * MS);
    assert_int_equal(s.surplus, 20 * MS); /* there is an end to it */
}

/* A queue that begins with 60 ms too much, of speech, and a clock that is quicker besides. */
static void a_delay_is_gone_in_seconds(void **state)
{
    enum { SECONDS = 6, QUICKER = 500 }; /* 2000 ppm: a sample in so many more */
    struct standing s = {.needs_ms = 5};
    int16_t *speech = calloc(SECONDS * RATE, sizeof *speech);
    size_t queued = 65 * MS + BEAT;

    (void)state;
    speech_make(speech, SECONDS * RATE, RATE, 3);
    for (size_t at = 0; at + PIECE <= SECONDS * RATE; at += PIECE) {
        size_t left = standing_shorten(&s, speech + at, PIECE, RATE);

        assert_true(left <= PIECE && left >= PIECE / 2);
        queued += PIECE / QUICKER;
        queued -= PIECE - left;
        standing_note(&s, queued, RATE);
        standing_note(&s, queued - BEAT, RATE);
        if (at > 3 * RATE)
            assert_in_range(queued - BEAT, 3 * MS, 12 * MS);
    }
    free(speech);
}

static void what_is_needed_is_left_alone(void **state)
{
    struct standing s = {.needs_ms = 10};
    int16_t silence[PIECE] = {0};

    (void)state;
    half_second(&s, 12 * MS, 30 * MS);
    assert_int_equal(standing_shorten(&s, silence, PIECE, RATE), PIECE - 2 * MS);
    assert_int_equal(standing_shorten(&s, silence, PIECE, RATE), PIECE);
}

/* A card whose clock is that much quicker than ours, for half an hour of talk with pauses: it never
 * runs dry, and no delay builds up. A beat comes up to 3 ms late. */
static void half_an_hour(int ppm)
{
    enum { MINUTES = 30, TALK_S = 10 };
    struct standing s = {.needs_ms = 12};
    struct rng rng = rng_seeded(5);
    int16_t *talk = calloc(TALK_S * RATE, sizeof *talk), beat[2 * BEAT];
    double queued = 20 * MS, eats = BEAT * (1 + ppm * 1e-6);

    speech_make(talk, TALK_S * RATE, RATE, 4);
    for (size_t i = 0; i < TALK_S * RATE; i++)
        if (i % (3 * RATE) < RATE / 2)
            talk[i] = 0;
    for (unsigned i = 0; i < MINUTES * 6000; i++) {
        double late = rng_below(&rng, 3 * MS);
        size_t n = BEAT;

        queued -= eats;
        assert_true(queued - late > 0);
        assert_true(queued < 30 * MS);
        standing_note(&s, (size_t)(queued - late), RATE);
        memcpy(beat, talk + i % (TALK_S * 100) * BEAT, sizeof *beat * BEAT);
        n = standing_shorten(&s, beat, n, RATE);
        n = standing_lengthen(&s, beat, n, 2 * BEAT, RATE);
        queued += (double)n;
    }
    free(talk);
}

/* Nothing is put into a queue that does well with less than it would need elsewhere. */
static void who_is_bold_runs_dry_first(void **state)
{
    struct standing s = {.needs_ms = 12, .gap_ms = 5, .bold = true};
    int16_t silence[2 * BEAT] = {0};

    (void)state;
    half_second(&s, 2 * MS, 30 * MS);
    assert_int_equal(standing_lengthen(&s, silence, BEAT, 2 * BEAT, RATE), BEAT);
    half_second(&s, 0, 30 * MS);
    standing_gap(&s);
    half_second(&s, 2 * MS, 30 * MS);
    assert_int_equal(standing_lengthen(&s, silence, BEAT, 2 * BEAT, RATE), BEAT); /* just filled */
    half_second(&s, 2 * MS, 30 * MS);
    assert_int_equal(standing_lengthen(&s, silence, BEAT, BEAT + MS, RATE), BEAT + MS);
    assert_true(standing_lengthen(&s, silence, BEAT, 2 * BEAT, RATE) > BEAT);
    for (unsigned i = 0; i < 200; i++)
        half_second(&s, 17 * MS, 30 * MS);
    assert_int_equal(s.more_ms, 5);
    assert_int_equal(s.surplus, 0);
}

static void clocks_that_differ_are_followed_for_half_an_hour(void **state)
{
    (void)state;
    half_an_hour(200);
    half_an_hour(-200);
    half_an_hour(0);
}

/* Of two channels both are shortened and lengthened at the same place. */
static void two_channels_stay_together(void **state)
{
    enum { PIECES = 50 };
    static int16_t frames[2 * 2 * PIECE], speech[PIECES * PIECE];
    struct standing s = {.channels = 2, .needs_ms = 5};
    size_t gone = 0;

    (void)state;
    speech_make(speech, PIECES * PIECE, RATE, 3);
    for (size_t at = 0; at < PIECES * PIECE; at += PIECE) {
        size_t n;

        for (size_t i = 0; i < 2 * PIECE; i++)
            frames[i] = (int16_t)(speech[at + i / 2] / (i % 2 ? 2 : 1));
        s.surplus = 10 * MS;
        n = standing_shorten(&s, frames, PIECE, RATE);
        gone += PIECE - n;
        for (size_t i = 0; i < n; i++)
            assert_in_range(frames[2 * i] - 2 * frames[2 * i + 1] + 10, 0, 20);
    }
    assert_true(gone > 20 * MS);
    memset(frames, 0, sizeof frames);
    s.wanting = 5 * MS;
    assert_int_equal(standing_lengthen(&s, frames, PIECE, 2 * PIECE, RATE), PIECE + 5 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_channels_stay_together),
        cmocka_unit_test(only_what_always_waits_is_too_much),
        cmocka_unit_test(who_ran_dry_needs_more_for_a_while),
        cmocka_unit_test(a_delay_is_gone_in_seconds),
        cmocka_unit_test(what_is_needed_is_left_alone),
        cmocka_unit_test(who_is_bold_runs_dry_first),
        cmocka_unit_test(clocks_that_differ_are_followed_for_half_an_hour),
    };

    return cmocka_run_group_tests_name("audio/standing", tests, NULL, NULL);
}
