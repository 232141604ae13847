/* Keys as tones: what is sent is heard, and what is no key is none. */
#include "audio/dtmf.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/codec.h"
#include "base/rand.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#define TWO_PI 6.28318530717958647692
#define ALL "123A456B789C*0#D"

/* Takes it in packets of 20 ms. */
static size_t hear(struct dtmf_receiver *r, const int16_t *samples, size_t n, uint32_t rate_hz,
                   char *out, size_t room)
{
    size_t found = 0, step = rate_hz / 50;

    for (size_t at = 0; at < n; at += step)
        found += dtmf_take(r, samples + at, n - at < step ? n - at : step, rate_hz, out + found,
                           room - found - 1);
    out[found] = '\0';
    return found;
}

/* --- what is sent ----------------------------------------------------------------------------- */

static const struct row {
    const char *name, *keys, *heard;
    uint32_t rate_hz;
    const char *codec; /* or NULL */
} rows[] = {
    {"each key at 8,000 Hz", ALL, ALL, 8000, NULL},
    {"each key at 16,000 Hz", ALL, ALL, 16000, NULL},
    {"each key at 48,000 Hz", ALL, ALL, 48000, NULL},
    {"the same key again and again", "111122", "111122", 8000, NULL},
    {"pauses of a second", "1,2p3", "123", 8000, NULL},
    {"small letters", "abcd", "ABCD", 8000, NULL},
    {"through PCMU", ALL, ALL, 8000, "PCMU"},
    {"through PCMA", ALL, ALL, 8000, "PCMA"},
    {"through Opus", ALL, ALL, 48000, "opus"},
};

static void through_codec(const char *name, int16_t *samples, size_t n)
{
    const struct audio_codec *codec = audio_codec_find(slice_of(name), 0, 0);
    struct audio_codec_params params = {0};
    struct audio_encoder *enc;
    struct audio_decoder *dec;
    size_t step;

    assert_int_equal(audio_encoder_new(codec, &params, &enc), 0);
    assert_int_equal(audio_decoder_new(codec, &params, &dec), 0);
    step = audio_encoder_rate_hz(enc) / 50;
    for (size_t at = 0; at + step <= n; at += step) {
        unsigned char packet[AUDIO_PAYLOAD_MAX];
        int bytes = audio_encode(enc, samples + at, step, packet, sizeof packet);

        assert_int_equal(audio_decode(dec, (struct slice){(char *)packet, (size_t)bytes},
                                      samples + at, step),
                         step);
    }
    audio_encoder_free(enc);
    audio_decoder_free(dec);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    size_t n = (size_t)row->rate_hz * 6, packet = row->rate_hz / 50, at = 0;
    int16_t *samples = calloc(n, sizeof *samples);
    struct dtmf_sender s = {0};
    struct dtmf_receiver r = {0};
    char heard[64];

    assert_int_equal(dtmf_push(&s, slice_of(row->keys)), 0);
    for (; dtmf_busy(&s) && at + packet <= n; at += packet)
        dtmf_put(&s, samples + at, packet, row->rate_hz);
    assert_false(dtmf_busy(&s));
    if (row->codec)
        through_codec(row->codec, samples, n);
    hear(&r, samples, n, row->rate_hz, heard, sizeof heard);
    assert_string_equal(heard, row->heard);
    free(samples);
}

static void a_key_lasts_as_long_as_it_should(void **state)
{
    struct dtmf_sender s = {0};
    int16_t samples[8000];
    size_t n = 0, loud = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        samples[i] = 1000; /* a microphone */
    dtmf_push(&s, SLICE("5"));
    dtmf_put(&s, samples, ARRAY_LEN(samples), 8000);
    while (n < ARRAY_LEN(samples) && samples[n] != 1000)
        n++;
    for (size_t i = 0; i < 800; i++)
        loud += abs(samples[i]) > 3000;
    assert_int_equal(n, 1600); /* 100 ms and 100 ms, then the microphone again */
    assert_true(loud > 500);
    for (size_t i = 800; i < 1600; i++)
        assert_int_equal(samples[i], 0);
    assert_true(sound_share_at(samples, 800, 770, 8000) > 0.3);
    assert_true(sound_share_at(samples, 800, 1336, 8000) > 0.5);
}

/* What comes behind the interruption is heard by itself, as it may be much later. */
static const struct cut {
    const char *name;
    unsigned ms; /* of the key until then */
    const char *before, *behind;
} cuts[] = {
    {"before it has begun", 0, "", "5"},
    {"too early to be heard", 20, "", "5"},
    {"late enough", 60, "5", ""},
    {"in the silence behind it", 120, "5", ""},
};

static void check_cut(void **state)
{
    const struct cut *row = *state;
    struct dtmf_sender s = {0};
    struct dtmf_receiver r[2] = {{0}};
    int16_t samples[4000] = {0};
    char heard[8];

    dtmf_push(&s, SLICE("5"));
    dtmf_put(&s, samples, row->ms * 8, 8000);
    hear(&r[0], samples, ARRAY_LEN(samples), 8000, heard, sizeof heard);
    assert_string_equal(heard, row->before);
    memset(samples, 0, sizeof samples);
    dtmf_interrupt(&s, 160, 8000);
    dtmf_interrupt(&s, 160, 8000);
    dtmf_put(&s, samples, ARRAY_LEN(samples), 8000);
    hear(&r[1], samples, ARRAY_LEN(samples), 8000, heard, sizeof heard);
    assert_string_equal(heard, row->behind);
    assert_false(dtmf_busy(&s));
}

/* What may be an echo of ours: time passes while nothing is put, too. */
static void a_key_began_so_long_ago(void **state)
{
    struct dtmf_sender s = {0};
    int16_t samples[1600];

    (void)state;
    dtmf_interrupt(&s, 160, 8000);
    assert_false(dtmf_began(&s, '5', 1200));
    dtmf_push(&s, SLICE("5"));
    dtmf_put(&s, samples, ARRAY_LEN(samples), 8000);
    assert_true(dtmf_began(&s, '5', 1200));
    assert_false(dtmf_began(&s, '8', 1200));
    dtmf_interrupt(&s, 8000, 8000);
    assert_true(dtmf_began(&s, '5', 1200));
    dtmf_interrupt(&s, 8000, 8000);
    assert_false(dtmf_began(&s, '5', 1200));
    dtmf_push(&s, SLICE("5"));
    dtmf_put(&s, samples, 160, 8000);
    dtmf_interrupt(&s, 16000, 8000); /* so early in the key that it begins anew */
    assert_false(dtmf_began(&s, '5', 1200));
    dtmf_put(&s, samples, 160, 8000);
    assert_true(dtmf_began(&s, '5', 1200));
}

static void what_is_no_key_is_not_sent(void **state)
{
    static const char many[DTMF_QUEUE + 1] = "1";
    struct dtmf_sender s = {0};

    (void)state;
    assert_int_equal(dtmf_push(&s, SLICE("12x")), -EINVAL);
    assert_int_equal(dtmf_push(&s, SLICE("!")), -EINVAL); /* flash is no tone */
    assert_int_equal(dtmf_push(&s, (struct slice){many, 0}), 0);
    assert_false(dtmf_busy(&s));
    for (int i = 0; i < DTMF_QUEUE; i++)
        assert_int_equal(dtmf_push(&s, SLICE("1")), 0);
    assert_int_equal(dtmf_push(&s, SLICE("1")), -ENOBUFS);
}

/* --- what is heard ---------------------------------------------------------------------------- */

/* Two tones of so many ms with noise, all relative to full scale. */
static const struct sound {
    const char *name;
    double low_hz, high_hz, low_db, high_db, noise_db;
    unsigned ms;
    const char *heard;
} sounds[] = {
    {"a key of 60 ms", 770, 1336, -10, -10, -90, 60, "5"},
    {"one of 25 ms is too short", 770, 1336, -10, -10, -90, 25, ""},
    {"a long one is told once", 770, 1336, -10, -10, -90, 2000, "5"},
    {"a quiet one", 770, 1336, -30, -30, -90, 100, "5"},
    {"the quietest", 770, 1336, -35, -35, -90, 60, "5"},
    {"one that nobody would hear", 770, 1336, -50, -50, -90, 100, ""},
    {"the high tone 6 dB louder", 770, 1336, -16, -10, -90, 100, "5"},
    {"the high tone 12 dB louder", 770, 1336, -22, -10, -90, 100, ""},
    {"the low tone 3 dB louder", 770, 1336, -10, -13, -90, 100, "5"},
    {"the low tone 8 dB louder", 770, 1336, -10, -18, -90, 100, ""},
    {"with noise", 770, 1336, -10, -10, -30, 100, "5"},
    {"with a tenth of noise", 770, 1336, -16, -16, -22, 100, "5"},
    {"with two thirds of noise", 770, 1336, -16, -16, -13, 2000, ""},
    {"one tone", 770, 1336, -10, -90, -90, 300, ""},
    {"two that are none of its tones", 440, 480, -10, -10, -90, 1000, ""},
    {"noise alone", 770, 1336, -90, -90, -10, 2000, ""},
};

static double amplitude(double db)
{
    return 32767 * pow(10, db / 20);
}

static void check_sound(void **state)
{
    const struct sound *row = *state;
    int16_t samples[8000 * 3] = {0};
    struct rng rng = rng_seeded(3);
    struct dtmf_receiver r = {0};
    char heard[16];

    for (size_t i = 0; i < (size_t)row->ms * 8; i++) {
        double t = TWO_PI * (double)i / 8000;
        double noise = (rng_below(&rng, 20001) / 10000.0 - 1) * amplitude(row->noise_db);

        samples[1000 + i] = (int16_t)(amplitude(row->low_db) * sin(row->low_hz * t) +
                                      amplitude(row->high_db) * sin(row->high_hz * t) + noise);
    }
    hear(&r, samples, ARRAY_LEN(samples), 8000, heard, sizeof heard);
    assert_string_equal(heard, row->heard);
}

/* Two tones for ms from at on, into samples. */
static void put_tones(int16_t *samples, size_t at, unsigned ms, double low_hz, double high_hz)
{
    for (size_t i = 0; i < ms * 8u; i++) {
        double t = TWO_PI * (double)(at + i) / 8000;

        samples[at + i] = (int16_t)(amplitude(-13) * sin(low_hz * t) +
                                    amplitude(-11) * sin(high_hz * t));
    }
}

/* Q.24: within 1.5 % all are taken, beyond 3.5 % none is. */
static const struct beside {
    const char *name;
    double low_percent, high_percent;
    bool taken;
} besides[] = {
    {"right on", 0, 0, true},
    {"both 1.5 % too high", 1.5, 1.5, true},
    {"both 1.5 % too low", -1.5, -1.5, true},
    {"the low one too high, the high one too low", 1.5, -1.5, true},
    {"the low one too low, the high one too high", -1.5, 1.5, true},
    {"the low one 3.5 % too high", 3.5, 0, false},
    {"the low one 3.5 % too low", -3.5, 0, false},
    {"the high one 3.5 % too high", 0, 3.5, false},
    {"the high one 3.5 % too low", 0, -3.5, false},
    {"both 4 % too high", 4, 4, false},
    {"both 5 % too low", -5, -5, false},
};

static void check_beside(void **state)
{
    static const double lows[] = {697, 770, 852, 941}, highs[] = {1209, 1336, 1477, 1633};
    const struct beside *row = *state;

    for (size_t i = 0; i < 16; i++)
        for (size_t shift = 0; shift < DTMF_HALF; shift += 10) {
            int16_t samples[8 * 300] = {0};
            struct dtmf_receiver r = {0};
            char heard[16], wanted[2] = {row->taken ? ALL[i] : '\0', '\0'};

            put_tones(samples, 400 + shift, 60, lows[i / 4] * (1 + row->low_percent / 100),
                      highs[i % 4] * (1 + row->high_percent / 100));
            hear(&r, samples, ARRAY_LEN(samples), 8000, heard, sizeof heard);
            assert_string_equal(heard, wanted);
        }
}

/* Q.24: a key of 40 ms behind a pause of 40 ms is another one. But a packet of 20 ms that was lost
 * tears no key in two, and 23 ms are no key. However the blocks lie. */
static const struct gap {
    const char *name;
    unsigned key_ms, gap_ms;
    const char *heard;
} gaps[] = {
    {"keys and pauses of 40 ms", 40, 40, "555"},
    {"long keys and pauses of 40 ms", 100, 40, "555"},
    {"keys of 40 ms and long pauses", 40, 300, "555"},
    {"holes of 20 ms", 60, 20, "5"},
    {"what is too short", 23, 60, ""},
};

static void check_gap(void **state)
{
    const struct gap *row = *state;

    for (size_t shift = 0; shift < DTMF_HALF; shift++)
        for (int off = -1; off <= 1; off++) {
            int16_t samples[8 * 1200] = {0};
            struct dtmf_receiver r = {0};
            char heard[16];

            for (unsigned i = 0; i < 3; i++)
                put_tones(samples, 400 + shift + i * 8u * (row->key_ms + row->gap_ms), row->key_ms,
                          770 * (1 + 0.015 * off), 1336 * (1 - 0.015 * off));
            hear(&r, samples, ARRAY_LEN(samples), 8000, heard, sizeof heard);
            assert_string_equal(heard, row->heard);
        }
}

/* Five minutes of talk. */
static void speech_is_no_key(void **state)
{
    size_t n = 8000 * 60;
    int16_t *samples = calloc(n, sizeof *samples);
    char heard[64];

    (void)state;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        struct dtmf_receiver r = {0};

        speech_make(samples, n, 8000, seed);
        assert_int_equal(hear(&r, samples, n, 8000, heard, sizeof heard), 0);
    }
    free(samples);
}

/* A lost packet of 20 ms in a key makes no second one. */
static void a_gap_in_a_key_is_no_second_key(void **state)
{
    int16_t samples[8000] = {0};
    struct dtmf_sender s = {0};
    struct dtmf_receiver r = {0};
    char heard[16];

    (void)state;
    for (size_t at = 0; at < 3200; at += 1600) { /* 300 ms of it: three, without their gaps */
        dtmf_push(&s, SLICE("7"));
        dtmf_put(&s, samples + at / 2, 1600, 8000);
    }
    for (size_t i = 480; i < 640; i++)
        samples[i] = 0;
    hear(&r, samples, ARRAY_LEN(samples), 8000, heard, sizeof heard);
    assert_string_equal(heard, "7");
}

static void other_rates_are_left_alone(void **state)
{
    int16_t samples[441] = {0};
    struct dtmf_receiver r = {0};
    char heard[4];

    (void)state;
    assert_int_equal(dtmf_take(&r, samples, ARRAY_LEN(samples), 44100, heard, sizeof heard), 0);
    assert_int_equal(dtmf_take(&r, samples, ARRAY_LEN(samples), 4000, heard, sizeof heard), 0);
}

/* By which an echo of it is known. */
static void what_began_lately(void **state)
{
    struct dtmf_sender s = {0};
    int16_t samples[160];

    (void)state;
    assert_int_equal(dtmf_push(&s, SLICE("5,6")), 0);
    assert_false(dtmf_began(&s, '5', 1000));
    for (int ms = 0; ms < 500; ms += 20)
        dtmf_put(&s, samples, 160, 8000);
    assert_true(dtmf_began(&s, '5', 1000));
    assert_false(dtmf_began(&s, '5', 400));
    assert_false(dtmf_began(&s, '6', 1000));
    for (int ms = 0; ms < 1000; ms += 20)
        dtmf_put(&s, samples, 160, 8000);
    assert_false(dtmf_began(&s, '5', 1000));
    assert_true(dtmf_began(&s, '6', 1000));
    assert_false(dtmf_began(&s, '!', 1000));
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(a_key_lasts_as_long_as_it_should),
        cmocka_unit_test(a_key_began_so_long_ago),
        cmocka_unit_test(what_is_no_key_is_not_sent),
        cmocka_unit_test(speech_is_no_key),
        cmocka_unit_test(a_gap_in_a_key_is_no_second_key),
        cmocka_unit_test(other_rates_are_left_alone),
        cmocka_unit_test(what_began_lately),
    };

    return RUN_ROWS("audio/dtmf", rows, check_row) + RUN_ROWS("audio/dtmf heard", sounds, check_sound) +
           RUN_ROWS("audio/dtmf beside", besides, check_beside) +
           RUN_ROWS("audio/dtmf gaps", gaps, check_gap) +
           RUN_ROWS("audio/dtmf interrupted", cuts, check_cut) +
           cmocka_run_group_tests_name("audio/dtmf", rest, NULL, NULL);
}
