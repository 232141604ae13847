#include "audio/codec.h"

#include "tests/lib/hearing.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 300, FIRST = 7 };
#define AHEAD 0.5

/* Of ten packets one is lost: how like the whole is what is heard with the packet behind it at
 * hand, and from the past alone. Silence in its place would be 0.95. */
static const struct gone {
    const char *codec;
    uint32_t clock_hz;
    unsigned packet_ms;
    double both, past;
} gone[] = {
    /* clang-format off */
    {"PCMU", 8000, 20, 0.989, 0.963},
    {"PCMA", 8000, 20, 0.99, 0.963},
    {"L16", 8000, 20, 0.99, 0.963},
    {"L16", 16000, 20, 0.98, 0.965},
    {"L16", 48000, 10, 0.98, 0.98},
    {"PCMU", 8000, 10, 0.982, 0.982},
    /* clang-format on */
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

/* The same by ear, beside what the codec alone makes of it: a packet in twenty is lost, one or
 * three in a row, and something is put in its place. What a packet of G.722 means depends on those
 * before it: the same one again is worse than silence, and a decoder that is not told of what was
 * invented finds its way back late (AHEAD is 0.3 then). */
enum way { SILENCE, AGAIN, FROM_PAST, FROM_BOTH, WAYS };

static const struct heard {
    const char *name, *codec;
    unsigned run;
} heard[] = {
    {"PCMU: what is invented sounds better than silence or the same again", "PCMU", 1},
    {"G.722: so it does", "G722", 1},
    {"G.722: and the decoder goes on from what was invented", "G722", 3},
};

static void stand_in(struct audio_decoder *dec, enum way way, struct slice next, int16_t *out,
                     size_t step)
{
    if (way == SILENCE)
        memset(out, 0, step * sizeof *out);
    else if (way == AGAIN)
        memcpy(out, out - step, step * sizeof *out);
    else if (way == FROM_PAST || !next.n)
        audio_decode_lost(dec, out, step);
    else
        audio_decode_fec(dec, next, out, step);
}

/* run: so many are lost in a row, 0: none at all. */
static int16_t *listen(const struct audio_codec *codec, unsigned run, enum way way,
                       const int16_t *in, size_t n)
{
    static unsigned char packets[PACKETS][AUDIO_PAYLOAD_MAX];
    struct slice payload[PACKETS + 1] = {0};
    struct audio_codec_params params = {0};
    size_t step = codec->rate_hz / 1000 * 20;
    int16_t *out = calloc(n, sizeof *out);
    struct audio_encoder *enc;
    struct audio_decoder *dec;

    assert_int_equal(audio_encoder_new(codec, &params, &enc), 0);
    assert_int_equal(audio_decoder_new(codec, &params, &dec), 0);
    for (size_t i = 0; i < PACKETS; i++) {
        int bytes = audio_encode(enc, in + i * step, step, packets[i], AUDIO_PAYLOAD_MAX);
        bool lost = run && i && (i + FIRST) % (20 * run) >= 19 * run;

        payload[i] = (struct slice){(char *)packets[i], lost ? 0 : (size_t)bytes};
    }
    for (size_t i = 0; i < PACKETS; i++)
        if (payload[i].n)
            audio_decode(dec, payload[i], out + i * step, step);
        else
            stand_in(dec, way, payload[i + 1], out + i * step, step);
    audio_encoder_free(enc);
    audio_decoder_free(dec);
    return out;
}

static void what_is_invented_sounds_better(void **state)
{
    const struct heard *row = *state;
    const struct audio_codec *codec = audio_codec_find(slice_of(row->codec), 0, 0);
    size_t n = (size_t)codec->rate_hz / 50 * PACKETS;
    double score[WAYS], without;
    int16_t *in, *whole;

    if (!audio_codec_usable(codec))
        return; /* its library is not there */
    in = calloc(n, sizeof *in);
    speech_make(in, n, codec->rate_hz, 2);
    whole = listen(codec, 0, SILENCE, in, n);
    for (enum way way = 0; way < WAYS; way++) {
        int16_t *out = listen(codec, row->run, way, in, n);

        score[way] = hearing_score(whole, out, n, codec->rate_hz);
        free(out);
    }
    print_message("# silence %.2f, again %.2f, from before %.2f, from both %.2f\n", score[SILENCE],
                  score[AGAIN], score[FROM_PAST], score[FROM_BOTH]);
    without = fmax(score[SILENCE], score[AGAIN]);
    assert_true(score[FROM_PAST] >= without + AHEAD);
    assert_true(score[FROM_BOTH] >= without + AHEAD);
    free(whole);
    free(in);
}

int main(void)
{
    struct CMUnitTest tests[1 + ARRAY_LEN(heard)] = {cmocka_unit_test(what_is_lost_is_invented)};

    for (size_t i = 0; i < ARRAY_LEN(heard); i++)
        tests[1 + i] = (struct CMUnitTest){heard[i].name, what_is_invented_sounds_better, NULL,
                                           NULL, (void *)&heard[i]};
    return cmocka_run_group_tests_name("audio/codec: what is lost", tests, NULL, NULL);
}
