#include "audio/tone.h"

#include "audio/level.h"

#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <math.h>
#include <stdlib.h>

/* Which of the first seconds, in steps of 100 ms, sound: '#', or are silent: '.'. */
static const struct row {
    const char *name;
    enum tone_kind kind;
    const char *pattern;
} rows[] = {
    {"ringback: 1 s on, 4 s off", TONE_RINGBACK,
     "##########........................................##########...."},
    {"busy: half a second on, half off", TONE_BUSY, "#####.....#####.....#####....."},
    {"congestion: 0.2 s on, 0.2 s off", TONE_CONGESTION, "##..##..##.."},
    {"call waiting: twice 0.2 s, then 5 s off", TONE_WAITING, "##..##...................."},
    {"nothing", TONE_NONE, ".........."},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct tone t;

    for (uint32_t rate = 8000; rate <= 48000; rate *= 6) {
        tone_start(&t, row->kind, rate);
        for (const char *at = row->pattern; *at; at++) {
            int16_t piece[4800];
            size_t n = rate / 10;

            /* In pieces, as it is played. */
            for (size_t i = 0; i < n; i += n / 10)
                assert_int_equal(tone_read(&t, piece + i, n / 10), row->kind != TONE_NONE);
            if (*at == '.') {
                assert_int_equal(level_peak(piece, n), 0);
                continue;
            }
            assert_true(sound_share_at(piece, n, 425, rate) > 0.9);
            assert_true(fabsf(level_dbfs(piece, n) + 15) < 1);
        }
    }
}

static void beeps_once(void **state)
{
    struct tone t;
    int16_t out[2400];

    (void)state;
    tone_start(&t, TONE_BEEP, 8000);
    assert_true(tone_read(&t, out, 2400));
    assert_true(sound_share_at(out, 2400, 850, 8000) > 0.9);
    assert_false(tone_read(&t, out, 2400));
    assert_int_equal(level_peak(out, 2400), 0);
}

static void edges_are_round(void **state)
{
    struct tone t;
    int16_t out[8000];

    (void)state;
    tone_start(&t, TONE_CONGESTION, 8000);
    tone_read(&t, out, 8000);
    for (size_t i = 1; i < 8000; i++) /* a sine of that height climbs 2,700 at most */
        assert_true(abs(out[i] - out[i - 1]) < 2800);
    assert_true(abs(out[0]) < 300 && abs(out[1599]) < 300);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(edges_are_round),
                                              cmocka_unit_test(beeps_once)};

    return RUN_ROWS("audio/tone", rows, check_row) +
           cmocka_run_group_tests_name("audio/tone", tests, NULL, NULL);
}
