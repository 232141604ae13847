#include "audio/stretch.h"

#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include "base/rand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void sine(int16_t *out, size_t n, double hz, uint32_t rate_hz)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)lrint(9000 * sin(2 * 3.14159265358979 * hz * (double)i / rate_hz));
}

static const struct row {
    const char *name, *drawn;
    uint32_t rate_hz;
    double hz;
} rows[] = {
    {"120 Hz at 8 kHz", "120 Hz at 8 kHz, drawn out", 8000, 120},
    {"200 Hz at 8 kHz", "200 Hz at 8 kHz, drawn out", 8000, 200},
    {"333 Hz at 16 kHz", "333 Hz at 16 kHz, drawn out", 16000, 333},
    {"110 Hz at 48 kHz", "110 Hz at 48 kHz, drawn out", 48000, 110},
    {"250 Hz at 48 kHz", "250 Hz at 48 kHz, drawn out", 48000, 250},
};

static int steepest(const int16_t *samples, size_t n)
{
    int most = 0;

    for (size_t i = 1; i < n; i++)
        most = abs(samples[i] - samples[i - 1]) > most ? abs(samples[i] - samples[i - 1]) : most;
    return most;
}

static struct stretch_how by(size_t most, uint32_t rate_hz)
{
    return (struct stretch_how){.rate_hz = rate_hz, .most = most, .alike = STRETCH_ALIKE};
}

/* A sine stays that sine, with whole periods less or more, and without a click. */
static void check_row(void **state)
{
    const struct row *row = *state;
    size_t n = row->rate_hz / 50, most = row->rate_hz / 100, got;
    struct stretch_how how = by(most, row->rate_hz);
    int16_t in[960], out[960 + 480];

    sine(in, n, row->hz, row->rate_hz);
    memcpy(out, in, n * sizeof *in);
    got = stretch_accelerate(out, n, &how);
    assert_in_range(got, n - most, n - row->rate_hz / 400);
    assert_true(sound_share_at(out, got, row->hz, row->rate_hz) > 0.9);
    assert_true(steepest(out, got) < steepest(in, n) * 5 / 4 + 2);
    assert_true(abs(out[0] - in[0]) <= steepest(in, n));
    assert_int_equal(out[got - 1], in[n - 1]);

    memcpy(out, in, n * sizeof *in);
    got = stretch_expand(out, n, &how);
    assert_in_range(got, n + row->rate_hz / 400, n + most);
    assert_true(sound_share_at(out, got, row->hz, row->rate_hz) > 0.9);
    assert_true(steepest(out, got) < steepest(in, n) * 5 / 4 + 2);
    assert_int_equal(out[0], in[0]);
    assert_int_equal(out[got - 1], in[n - 1]);
}

/* And where the packet ends while the next is missing, it goes on, and is joined by what comes. */
static void check_drawn(void **state)
{
    const struct row *row = *state;
    size_t before = row->rate_hz / 1000 * STRETCH_DRAW_MS, held = row->rate_hz / 25;
    size_t late = row->rate_hz / 50, period;
    int16_t in[48 * 44], out[48 * 84], *end = out + before;

    sine(in, before + late, row->hz, row->rate_hz);
    memcpy(out, in, before * sizeof *in);
    period = stretch_period(end, 1, row->rate_hz);
    stretch_draw_out(end, 1, held, period);
    memcpy(end + held, in + before, late * sizeof *in);
    stretch_join(end + held, end + held, 1, late, period, row->rate_hz);
    assert_true(sound_share_at(end - 1, held, row->hz, row->rate_hz) > 0.9);
    assert_true(steepest(out, before + held + late) < steepest(in, before) * 3 / 2 + 2);
    assert_int_equal(out[before + held + late - 1], in[before + late - 1]);
}

static void leaves_noise_and_short_pieces_alone(void **state)
{
    struct stretch_how how = by(80, 8000);
    struct rng rng = rng_seeded(3);
    int16_t in[240], out[240];

    (void)state;
    for (size_t i = 0; i < 160; i++)
        in[i] = (int16_t)((int)rng_below(&rng, 20001) - 10000);
    memcpy(out, in, sizeof in);
    assert_int_equal(stretch_accelerate(out, 160, &how), 160);
    assert_int_equal(stretch_expand(out, 160, &how), 160);
    assert_memory_equal(in, out, 320);
    sine(in, 159, 200, 8000);
    assert_int_equal(stretch_accelerate(in, 159, &how), 159);
    assert_int_equal(stretch_expand(in, 159, &how), 159);
}

/* In pauses, and only there, the length is exactly the one that is wanted. */
static void pauses_take_any_length(void **state)
{
    struct rng rng = rng_seeded(3);

    (void)state;
    for (size_t most = 1; most <= 80; most++) {
        struct stretch_how how = by(most, 8000);
        int16_t piece[240];

        how.pause = 300;
        for (size_t i = 0; i < 160; i++)
            piece[i] = (int16_t)((int)rng_below(&rng, 401) - 200);
        assert_int_equal(stretch_accelerate(piece, 160, &how), 160 - most);
        assert_int_equal(stretch_expand(piece, 160 - most, &how),
                         160 - most + (most < (160 - most) / 2 ? most : (160 - most) / 2));
        how.pause = 0;
        assert_int_equal(stretch_accelerate(piece, 160, &how), 160);
    }
}

static void never_takes_more_than_it_may(void **state)
{
    static int16_t in[960], out[2 * 960];

    (void)state;
    sine(in, 960, 200, 16000); /* 60 ms, with 12 periods */
    for (size_t most = 0; most <= 960; most += 30) {
        struct stretch_how how = by(most, 16000);
        size_t got;

        memcpy(out, in, sizeof in);
        got = stretch_accelerate(out, 960, &how);
        assert_in_range(got, most < 480 ? 960 - most : 480, 960);
        assert_true(most < 240 || got <= 720); /* in several places if need be */
        memcpy(out, in, sizeof in);
        got = stretch_expand(out, 960, &how);
        assert_in_range(got, 960, 960 + most);
        assert_true(most < 240 || got >= 1200);
    }
}

static void takes_what_it_can_of_speech(double alike, int least, int most)
{
    int16_t *in = calloc(16000, sizeof *in), piece[480];
    struct stretch_how how = by(160, 8000);
    int shorter = 0, longer = 0, steep;

    how.alike = alike;
    speech_make(in, 16000, 8000, 4);
    steep = steepest(in, 16000);
    for (size_t at = 0; at + 160 <= 16000; at += 160) {
        memcpy(piece, in + at, 320);
        shorter += stretch_accelerate(piece, 160, &how) < 160;
        assert_true(steepest(piece, 80) <= steep * 5 / 4);
        memcpy(piece, in + at, 320);
        longer += stretch_expand(piece, 160, &how) > 160;
        assert_true(steepest(piece, 160) <= steep * 5 / 4);
    }
    print_message("# %d shorter, %d longer\n", shorter, longer);
    assert_in_range(shorter, least, most);
    assert_in_range(longer, least, most);
    free(in);
}

/* Of 100 pieces, nearly all of them speech; the less well it must fit, the more, and
 * where it cannot fit, nothing. */
static void speech_is_stretched_where_it_fits(void **state)
{
    (void)state;
    takes_what_it_can_of_speech(STRETCH_ALIKE, 50, 100);
    takes_what_it_can_of_speech(0.5, 65, 100);
    takes_what_it_can_of_speech(2, 0, 2); /* the two that are hardly heard */
}

int main(void)
{
    struct CMUnitTest tests[2 * ARRAY_LEN(rows) + 4] = {
        cmocka_unit_test(leaves_noise_and_short_pieces_alone),
        cmocka_unit_test(pauses_take_any_length),
        cmocka_unit_test(never_takes_more_than_it_may),
        cmocka_unit_test(speech_is_stretched_where_it_fits),
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        void *row = (void *)(uintptr_t)&rows[i];

        tests[2 * i + 4] = (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, row};
        tests[2 * i + 5] = (struct CMUnitTest){rows[i].drawn, check_drawn, NULL, NULL, row};
    }
    return cmocka_run_group_tests_name("audio/stretch", tests, NULL, NULL);
}
