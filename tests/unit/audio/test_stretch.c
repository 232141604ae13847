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
    const char *name;
    uint32_t rate_hz;
    double hz;
} rows[] = {
    {"120 Hz at 8 kHz", 8000, 120},   {"200 Hz at 8 kHz", 8000, 200},
    {"333 Hz at 16 kHz", 16000, 333}, {"110 Hz at 48 kHz", 48000, 110},
    {"250 Hz at 48 kHz", 48000, 250},
};

static int steepest(const int16_t *samples, size_t n)
{
    int most = 0;

    for (size_t i = 1; i < n; i++)
        most = abs(samples[i] - samples[i - 1]) > most ? abs(samples[i] - samples[i - 1]) : most;
    return most;
}

/* A sine stays that sine, with whole periods less or more, and without a click. */
static void check_row(void **state)
{
    const struct row *row = *state;
    size_t n = row->rate_hz / 50, most = row->rate_hz / 100, got;
    int16_t in[960], out[960 + 480];

    sine(in, n, row->hz, row->rate_hz);
    memcpy(out, in, n * sizeof *in);
    got = stretch_accelerate(out, n, row->rate_hz);
    assert_in_range(got, n - most, n - row->rate_hz / 400);
    assert_true(sound_share_at(out, got, row->hz, row->rate_hz) > 0.9);
    assert_true(steepest(out, got) < steepest(in, n) * 5 / 4 + 2);
    assert_true(abs(out[0] - in[0]) <= steepest(in, n));
    assert_int_equal(out[got - 1], in[n - 1]);

    memcpy(out, in, n * sizeof *in);
    got = stretch_expand(out, n, row->rate_hz);
    assert_in_range(got, n + row->rate_hz / 400, n + most);
    assert_true(sound_share_at(out, got, row->hz, row->rate_hz) > 0.9);
    assert_true(steepest(out, got) < steepest(in, n) * 5 / 4 + 2);
    assert_int_equal(out[0], in[0]);
    assert_int_equal(out[got - 1], in[n - 1]);
}

static void leaves_noise_and_short_pieces_alone(void **state)
{
    struct rng rng = rng_seeded(3);
    int16_t in[240], out[240];

    (void)state;
    for (size_t i = 0; i < 160; i++)
        in[i] = (int16_t)((int)rng_below(&rng, 20001) - 10000);
    memcpy(out, in, sizeof in);
    assert_int_equal(stretch_accelerate(out, 160, 8000), 160);
    assert_int_equal(stretch_expand(out, 160, 8000), 160);
    assert_memory_equal(in, out, 320);
    sine(in, 159, 200, 8000);
    assert_int_equal(stretch_accelerate(in, 159, 8000), 159);
    assert_int_equal(stretch_expand(in, 159, 8000), 159);
}

static void takes_silence_any_way(void **state)
{
    int16_t piece[240] = {0};

    (void)state;
    assert_true(stretch_accelerate(piece, 160, 8000) < 160);
    assert_true(stretch_expand(piece, 160, 8000) > 160);
}

static void copes_with_most_of_speech(void **state)
{
    int16_t *in = calloc(8000, sizeof *in), piece[240];
    int shorter = 0;

    (void)state;
    speech_make(in, 8000, 8000, 4);
    for (size_t at = 0; at + 160 <= 8000; at += 160) {
        memcpy(piece, in + at, 320);
        shorter += stretch_accelerate(piece, 160, 8000) < 160;
    }
    assert_true(shorter >= 15); /* of 50 */
    free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_noise_and_short_pieces_alone),
        cmocka_unit_test(takes_silence_any_way),
        cmocka_unit_test(copes_with_most_of_speech),
        {rows[0].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[0]},
        {rows[1].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[1]},
        {rows[2].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[2]},
        {rows[3].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[3]},
        {rows[4].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[4]},
    };

    return cmocka_run_group_tests_name("audio/stretch", tests, NULL, NULL);
}
