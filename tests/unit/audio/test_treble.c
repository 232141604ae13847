#include "audio/treble.h"

#include <math.h>

#include "audio/codec.h"
#include "tests/lib/rows.h"

enum { SECOND = 50, FRAME = TREBLE_HZ / SECOND, AT = SECOND + 10, FRAMES = AT + 10 };

static const struct row {
    const char *name;
    unsigned low_hz, low, high_hz, high; /* two tones and their amplitudes, of channel 0 alone */
    unsigned other;                      /* amplitude of high_hz in channel 1 */
    unsigned once;                       /* of 12 kHz in the frame AT */
    bool missing, missing_then;          /* before that frame, and from it on */
} rows[] = {
    {"a voice of 8 kHz", 300, 5000, 7600, 500, 0, 0, true, true},
    {"the same, softly", 300, 200, 7600, 20, 0, 0, true, true},
    {"a pause", 300, 50, 7600, 5, 0, 0, false, false},
    {"something above", 300, 5000, 10500, 500, 0, 0, false, false},
    {"hardly anything above", 300, 5000, 12000, 8, 0, 0, false, false},
    {"what a resampler leaves of nothing", 300, 20000, 12000, 12, 0, 0, true, true},
    {"what rounding leaves of nothing", 300, 500, 12000, 3, 0, 0, true, true},
    {"in one of two channels", 300, 5000, 12000, 0, 500, 0, false, false},
    {"a hiss, at once", 300, 5000, 7600, 500, 0, 500, true, false},
};

static double tone(unsigned hz, unsigned amplitude, size_t at)
{
    return amplitude * sin(2 * 3.14159265358979 * hz * (double)at / TREBLE_HZ);
}

static void make(int16_t *samples, const struct row *row, size_t frame)
{
    for (size_t i = 0; i < FRAME; i++) {
        size_t at = frame * FRAME + i;
        double low = tone(row->low_hz, row->low, at);
        double once = frame == AT ? tone(12000, row->once, at) : 0;

        samples[2 * i] = (int16_t)lrint(low + tone(row->high_hz, row->high, at + 1) + once);
        samples[2 * i + 1] = (int16_t)lrint(low + tone(row->high_hz, row->other, at + 1));
    }
}

static bool hear(struct treble *t, const struct row *row, size_t frame)
{
    int16_t samples[2 * FRAME];

    make(samples, row, frame);
    return treble_is_missing(t, samples, FRAME, 2);
}

/* The second without is over at its end, and not before. */
static void check_row(void **state)
{
    const struct row *row = *state;
    struct treble t;

    treble_init(&t);
    for (size_t i = 0; i < FRAMES; i++) {
        bool known = i + 1 >= SECOND;

        assert_int_equal(hear(&t, row, i), known && (i < AT ? row->missing : row->missing_then));
    }
}

/* Of a packet: RFC 6716 3.1. */
static unsigned config_of(struct audio_encoder *enc, const struct row *row, size_t frame)
{
    int16_t samples[2 * FRAME];
    unsigned char packet[AUDIO_PAYLOAD_MAX];

    make(samples, row, frame);
    for (size_t i = 0; i < FRAME; i++)
        samples[i] = samples[2 * i];
    assert_true(audio_encode(enc, samples, FRAME, packet, sizeof packet) > 0);
    return packet[0] >> 3;
}

static bool reaches_above_8_khz(unsigned config)
{
    return (config >= 12 && config < 16) || config >= 24;
}

static void opus_spends_nothing_on_what_is_not_there(void **state)
{
    static const struct row hiss = {NULL, 300, 5000, 7600, 500, 0, 3000, true, false};
    const struct audio_codec *opus = audio_codec_find(SLICE("opus"), 0, 0);
    struct audio_codec_params params = {.fec = true, .bitrate = 48000}, lower = params;
    struct audio_encoder *enc;

    (void)state;
    assert_int_equal(audio_encoder_new(opus, &params, &enc), 0);
    for (size_t i = 0; i < FRAMES; i++) {
        unsigned config = config_of(enc, &hiss, i);

        if (i + 1 >= SECOND)
            assert_int_equal(reaches_above_8_khz(config), i >= AT);
    }
    audio_encoder_free(enc);

    lower.max_rate_hz = 16000;
    assert_int_equal(audio_encoder_new(opus, &lower, &enc), 0);
    for (size_t i = 0; i < FRAMES; i++)
        assert_false(reaches_above_8_khz(config_of(enc, &hiss, i)));
    audio_encoder_free(enc);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LEN(rows) + 1] = {
        cmocka_unit_test(opus_spends_nothing_on_what_is_not_there)};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i + 1] = (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests_name("audio/treble", tests, NULL, NULL);
}
