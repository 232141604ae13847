#include "config.h"

/* Noise and level, by each engine that there is; echoes are in test_voice_rooms. */
#include "audio/voice.h"

#include "base/rand.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { RATE = 16000, FRAME = RATE / 100, SECONDS = 26, N = SECONDS * RATE };

struct talk {
    int16_t far[N], near[N], out[N];
    struct voice_stats at_end;
};

static struct talk *talk;
static int16_t *voices[2]; /* of the far end, and ours */

static double energy(const int16_t *a, double from_s, double to_s)
{
    double sum = 1e-9;

    for (size_t i = (size_t)(from_s * RATE); i < (size_t)(to_s * RATE); i++)
        sum += (double)a[i] * a[i];
    return sum;
}

static int16_t clip(double value)
{
    return (int16_t)lrint(fmax(-32768, fmin(32767, value)));
}

static void run(struct voice *v, double noise)
{
    struct rng rng = rng_seeded(9);

    for (size_t at = 0; at + FRAME <= N; at += FRAME) {
        for (size_t i = at; i < at + FRAME; i++)
            talk->out[i] = clip(talk->near[i] + noise * ((double)rng_below(&rng, 2001) / 1000 - 1));
        voice_run(v, talk->far + at, talk->out + at);
    }
    voice_stats(v, &talk->at_end);
}

/* The far end's voice or ours, while it speaks. */
static void speak(int16_t *out, double from_s, double to_s)
{
    const int16_t *voice = voices[out == talk->near];
    size_t from = (size_t)(from_s * RATE), to = (size_t)(to_s * RATE);

    for (size_t i = 0; i < N; i++)
        out[i] = i < from || i >= to ? 0 : voice[i];
}

/* Takes a breath now and then. */
static void breathe(int16_t *out)
{
    for (size_t i = 0; i < N; i++)
        if (i % (2 * RATE) < RATE / 2)
            out[i] = 0;
}

static struct voice *engine(const char *name)
{
    struct voice *v = NULL;

    assert_int_equal(voice_new(RATE, name, &v), 0);
    assert_int_equal(voice_frame(v), FRAME);
    return v;
}

/* --- where there is nothing to do, nothing is done ------------------------------------------- */

static bool is_untouched(double from_s)
{
    for (size_t i = (size_t)(from_s * RATE); i < N; i++)
        if (talk->out[i] != talk->near[i])
            return false;
    return true;
}

static void a_headset_gives_what_was_said(void **state)
{
    struct voice *v = engine(NULL);

    (void)state;
    speak(talk->far, 0, SECONDS);
    speak(talk->near, 0, SECONDS);
    breathe(talk->near);
    run(v, 0);
    assert_true(is_untouched(0));
    assert_false(talk->at_end.active[VOICE_ECHO] || talk->at_end.active[VOICE_NOISE] ||
                 talk->at_end.active[VOICE_LEVEL]);
    assert_true(isnan(talk->at_end.echo_less_db) && isnan(talk->at_end.echo_delay_ms));
    voice_free(v);
}

static void what_is_off_does_nothing(void **state)
{
    struct voice *v = engine(NULL);

    (void)state;
    speak(talk->far, 0, SECONDS);
    speak(talk->near, 0, SECONDS);
    for (enum voice_part part = 0; part < VOICE_PARTS; part++)
        voice_set(v, part, VOICE_OFF);
    run(v, 0);
    assert_true(is_untouched(0));
    voice_free(v);
}

static void a_tone_is_no_speech(void **state)
{
    struct voice *v = engine(NULL);

    (void)state;
    speak(talk->far, 0, 0);
    for (size_t i = 0; i < N; i++)
        talk->near[i] = (int16_t)lrint(2000 * sin(0.2 * (double)i));
    run(v, 0);
    assert_true(is_untouched(0.02));
    assert_true(isnan(talk->at_end.speech_db));
    voice_free(v);
}

/* --- noise ----------------------------------------------------------------------------------- */

static void lessen_noise(const char *name)
{
    struct voice *v = engine(name);
    double before, after;

    speak(talk->far, 0, 0);
    speak(talk->near, 10, 20);
    run(v, 300);
    before = 20 * log10(300 / sqrt(3));
    after = 10 * log10(energy(talk->out, 22, 26) / (4 * RATE));
    print_message("# %s: noise of %.1f dBFS is less by %.1f dB\n", talk->at_end.engine,
                  talk->at_end.noise_db, before - after);
    assert_true(talk->at_end.active[VOICE_NOISE]);
    assert_true(fabs(talk->at_end.noise_db - (before - 90.3)) < 3);
    assert_true(before - after > 8);
    assert_true(energy(talk->out, 10, 20) > 0.5 * energy(talk->near, 10, 20));
    voice_free(v);
}

static void steady_noise_is_lessened(void **state)
{
    (void)state;
    lessen_noise(NULL);
    lessen_noise("speexdsp");
}

/* --- level ----------------------------------------------------------------------------------- */

/* What becomes of somebody who speaks that much louder than speech_make. */
static double level_of(double gain_db, enum voice_mode mode)
{
    struct voice *v = engine(NULL);
    double level;

    speak(talk->far, 0, 0);
    speak(talk->near, 0, SECONDS);
    for (size_t i = 0; i < N; i++)
        talk->near[i] = clip(talk->near[i] * pow(10, gain_db / 20));
    breathe(talk->near);
    voice_set(v, VOICE_LEVEL, mode);
    run(v, 0);
    level = 10 * log10(energy(talk->out, 20, 26) / (6.0 * RATE * 0.75) / (32768.0 * 32768.0));
    print_message("# %+.0f dB: speech of %.1f dBFS becomes %.1f by %.1f dB\n", gain_db,
                  talk->at_end.speech_db, level, talk->at_end.gain_db);
    assert_int_equal(talk->at_end.active[VOICE_LEVEL], talk->at_end.gain_db != 0);
    voice_free(v);
    return level;
}

static void speech_is_brought_to_a_level(void **state)
{
    double usual = level_of(0, VOICE_OFF);

    (void)state;
    assert_true(fabs(level_of(0, VOICE_AUTO) - usual) < 0.1);
    assert_true(fabs(level_of(-6, VOICE_AUTO) - usual + 6) < 0.1);
    assert_true(level_of(-25, VOICE_AUTO) > usual - 25 + 7);
    assert_true(fabs(level_of(-15, VOICE_ON) + 24) < 4);
    assert_true(fabs(level_of(10, VOICE_ON) + 20) < 4);
}

static void rates_and_engines_that_are_not_there(void **state)
{
    struct voice *v;

    (void)state;
    assert_int_equal(voice_new(7999, NULL, &v), -EINVAL);
    assert_int_equal(voice_new(48001, NULL, &v), -EINVAL);
    assert_int_equal(voice_new(RATE, "ears", &v), -ENOENT);
    assert_int_equal(voice_new(44100, "webrtc", &v), -ENOENT);
    assert_int_equal(voice_new(44100, NULL, &v), 0);
    assert_int_equal(voice_frame(v), 441);
    voice_free(v);
    voice_free(NULL);
}

static const char *engine_at(uint32_t rate_hz, const char *wanted)
{
    struct voice_stats stats = {0};
    struct voice *v;

    if (voice_new(rate_hz, wanted, &v) == 0) {
        voice_stats(v, &stats);
        voice_free(v);
    }
    return stats.engine;
}

/* That of the two which takes more of an echo away works wherever it can. */
static void the_better_engine_goes_first(void **state)
{
    (void)state;
    assert_string_equal(engine_at(44100, NULL), "speexdsp");
#ifdef HAVE_WEBRTC_AUDIO_PROCESSING
    assert_string_equal(engine_at(RATE, "webrtc"), "webrtc");
    assert_string_equal(engine_at(RATE, NULL), "webrtc");
#else
    assert_null(engine_at(RATE, "webrtc"));
    assert_string_equal(engine_at(RATE, NULL), "speexdsp");
#endif
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_headset_gives_what_was_said),
        cmocka_unit_test(what_is_off_does_nothing),
        cmocka_unit_test(a_tone_is_no_speech),
        cmocka_unit_test(steady_noise_is_lessened),
        cmocka_unit_test(speech_is_brought_to_a_level),
        cmocka_unit_test(rates_and_engines_that_are_not_there),
        cmocka_unit_test(the_better_engine_goes_first),
    };
    int failed;

    talk = calloc(1, sizeof *talk);
    for (uint32_t i = 0; i < ARRAY_LEN(voices); i++) {
        voices[i] = calloc(N, sizeof *voices[i]);
        speech_make(voices[i], N, RATE, i + 1);
    }
    failed = cmocka_run_group_tests_name("audio/voice", tests, NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(voices); i++)
        free(voices[i]);
    free(talk);
    return failed;
}
