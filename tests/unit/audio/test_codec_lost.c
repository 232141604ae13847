#include "audio/codec.h"

#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <stdlib.h>

/* Of ten packets one is lost: how like the whole is what is heard with the packet behind it at
 * hand, and from the past alone. Silence in its place would be 0.95. */
static const struct gone {
    const char *codec;
    uint32_t clock_hz;
    unsigned packet_ms;
    double both, past;
} gone[] = {
    {"PCMU", 8000, 20, 0.98, 0.953},
    {"PCMA", 8000, 20, 0.98, 0.953},
    {"L16", 8000, 20, 0.98, 0.953},
    {"L16", 16000, 20, 0.98, 0.965},
    {"L16", 48000, 10, 0.97, 0.97},
    {"PCMU", 8000, 10, 0.97, 0.97},
};

static int16_t *with_losses(const struct gone *row, bool both, const int16_t *in, size_t n)
{
    const struct audio_codec *codec = audio_codec_find(slice_of(row->codec), row->clock_hz, 0);
    struct audio_codec_params params = {0};
    size_t step = codec->rate_hz / 1000 * row->packet_ms;
    int16_t *out = calloc(n, sizeof *out);
    struct audio_encoder *enc;
    struct audio_decoder *dec;

    assert_int_equal(audio_encoder_new(codec, &params, &enc), 0);
    assert_int_equal(audio_decoder_new(codec, &params, &dec), 0);
    for (size_t at = 0; at + 2 * step <= n; at += step) {
        bool lost = at / step % 10 == 9;
        unsigned char packet[AUDIO_PAYLOAD_MAX];
        const int16_t *from = in + at + (lost ? step : 0);
        int bytes = audio_encode(enc, from, step, packet, sizeof packet);
        struct slice payload = {(char *)packet, (size_t)bytes};

        if (!lost)
            assert_int_equal(audio_decode(dec, payload, out + at, step), step);
        else if (both)
            assert_int_equal(audio_decode_fec(dec, payload, out + at, step), step);
        else
            assert_int_equal(audio_decode_lost(dec, out + at, step), step);
    }
    audio_encoder_free(enc);
    audio_decoder_free(dec);
    return out;
}

static void what_is_lost_is_invented(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
        const struct gone *row = &gone[i];
        size_t n = (size_t)row->clock_hz * 3;
        int16_t *in = calloc(n, sizeof *in), *both, *past;
        double with, without;

        speech_make(in, n, row->clock_hz, 2);
        both = with_losses(row, true, in, n);
        past = with_losses(row, false, in, n);
        with = sound_likeness(in, both, n, 0, NULL);
        without = sound_likeness(in, past, n, 0, NULL);
        print_message("# %s/%u: %.3f with what is behind, %.3f without\n", row->codec,
                      (unsigned)row->clock_hz, with, without);
        assert_true(with >= row->both);
        assert_true(without >= row->past);
        assert_true(sound_loudness(both, n) < 1.05 * sound_loudness(in, n));
        assert_true(sound_loudness(past, n) < 1.05 * sound_loudness(in, n));
        free(in);
        free(both);
        free(past);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lost_is_invented),
    };

    return cmocka_run_group_tests_name("audio/codec: what is lost", tests, NULL, NULL);
}
