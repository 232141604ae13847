/* Gaps in what a microphone brings. */
#include "audio/gap.h"

#include "tests/lib/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, BEAT = 480, LEVEL = 8000 };

static const double STEP = 2 * 3.14159265358979 * 300 / RATE;

/* Of samples of a tone whose neighbours differ by 314 at most, one channel of so many. */
static int biggest_step(const int16_t *samples, size_t n, unsigned channels)
{
    int biggest = 0;

    for (size_t i = channels; i < n * channels; i += channels)
        if (abs(samples[i] - samples[i - channels]) > biggest)
            biggest = abs(samples[i] - samples[i - channels]);
    return biggest;
}

/* Left and right differ in level, and are never in step. */
static int16_t sound_at(size_t i, unsigned channel)
{
    return (int16_t)lrint((channel ? LEVEL / 2 : LEVEL) * sin(STEP * (double)i + channel));
}

/* A second of a tone that goes on behind a gap of so many samples in its middle, into out. */
static void tone_with_gap(size_t missing, unsigned channels, int16_t *out)
{
    struct gap g = {.channels = channels};
    size_t said = 0;

    for (size_t at = 0; at < RATE; at += BEAT) {
        int16_t *beat = out + at * channels;
        size_t got = BEAT;

        if (at >= RATE / 2 && missing > 0) {
            got = missing < BEAT ? BEAT - missing : 0;
            missing -= BEAT - got;
        }
        for (size_t i = 0; i < got; i++, said++)
            for (unsigned channel = 0; channel < channels; channel++)
                beat[i * channels + channel] = sound_at(said, channel);
        gap_fill(&g, beat, got, BEAT, RATE);
    }
}

static const struct row {
    const char *name;
    size_t missing;
    bool silent; /* in the end */
} rows[] = {
    {"nothing is missing", 0, false},
    {"half of a beat is missing", BEAT / 2, false},
    {"a beat is missing", BEAT, false},
    {"what is missing for long becomes silence", 5 * BEAT, true},
};

static void check_channels(const struct row *row, unsigned channels)
{
    int16_t *out = calloc(RATE, channels * sizeof *out);
    size_t end = RATE / 2 + row->missing;

    tone_with_gap(row->missing, channels, out);
    for (unsigned channel = 0; channel < channels; channel++) {
        const int16_t *tail = out + (end - BEAT / 4) * channels + channel;

        assert_true(biggest_step(out + channel, RATE - 1, channels) < 2 * LEVEL * STEP);
        assert_true((biggest_step(tail, BEAT / 4, channels) > 0) != row->silent);
        for (size_t i = 0; i < RATE / 2 && row->missing == 0; i++)
            assert_int_equal(out[i * channels + channel], sound_at(i, channel));
    }
    free(out);
}

static void check_row(void **state)
{
    check_channels(*state, 1);
    check_channels(*state, 2);
}

static void rates_beyond_all_have_silence(void **state)
{
    int16_t samples[BEAT] = {1, 2, 3};
    struct gap g = {.period = 0};

    (void)state;
    samples[4] = 5;
    gap_fill(&g, samples, 3, BEAT, 192000);
    assert_int_equal(samples[2], 3);
    assert_int_equal(samples[4], 0);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LEN(rows) + 1] = {
        cmocka_unit_test(rates_beyond_all_have_silence)};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i + 1] =
            (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("audio/gap", tests, NULL, NULL);
}
