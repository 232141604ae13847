/* tests/lib/hearing: whether what judges the phone's sound judges well. */
#include "tests/lib/hearing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/codec.h"
#include "base/rand.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

enum {
    SECONDS = 6,
    SPOKEN = SECONDS * HEARING_HZ,
    ALL = SPOKEN + HEARING_HZ,
    PACKET = HEARING_HZ / 50,
    LATE = HEARING_HZ / 10,
};

static int16_t said[ALL], heard[ALL];

static void speak(void)
{
    memset(said, 0, sizeof said);
    memset(heard, 0, sizeof heard);
    speech_make(said, SPOKEN, HEARING_HZ, 3);
}

static struct hearing judged(bool narrow)
{
    struct hearing out;

    (void)hearing_judge(said, heard, ALL, narrow, &out);
    return out;
}

static void assert_near(double got, double wanted, double within)
{
    if (!(fabs(got - wanted) <= within))
        fail_msg("got %f, wanted %f", got, wanted);
}

/* ---- what was done to the sound, and what is to be said of it ---- */

static void late(double gain)
{
    speak();
    for (size_t i = 0; i < SPOKEN; i++)
        heard[i + LATE] = (int16_t)(said[i] * gain);
}

static void same_is_best(void **state)
{
    struct hearing h;

    (void)state;
    late(1);
    h = judged(false);
    assert_near(h.score, HEARING_BEST, 0.01);
    assert_near(h.delay_ms, 100, 0.1);
    assert_near(h.spread_ms, 0, 0.1);
    assert_near(h.drift_ms, 0, 0.5);
    assert_int_equal(h.jumps, 0);
    assert_int_equal(h.damaged, 0);
    assert_true(h.frames > 100);
}

static void volume_is_no_fault(void **state)
{
    (void)state;
    late(0.4);
    assert_near(judged(false).score, HEARING_BEST, 0.05);
}

static void step_is_seen(void **state)
{
    size_t half = SPOKEN / 2;
    struct hearing h;

    (void)state;
    speak();
    memcpy(heard + LATE, said, half * sizeof *said);
    memcpy(heard + half + 3 * (size_t)LATE, said + half, (SPOKEN - half) * sizeof *said);
    h = judged(false);
    assert_near(h.first_ms, 100, 0.1);
    assert_near(h.last_ms, 300, 0.1);
    assert_int_equal(h.jumps, 1);
    assert_true(h.score > 4);
}

/* Another card's clock: 48 samples in 48,000 less, 60 ms a minute. */
static void drift_is_measured(void **state)
{
    struct hearing h;

    (void)state;
    speak();
    for (size_t i = 0; i < SPOKEN - 200; i++)
        heard[i + LATE] = said[i - i / 1000];
    h = judged(false);
    assert_near(h.drift_ms, 60, 5);
    assert_int_equal(h.jumps, 0);
    assert_near(h.last_ms - h.first_ms, 4, 1);
}

static void nothing_is_worst(void **state)
{
    struct hearing h;

    (void)state;
    speak();
    assert_int_equal(hearing_judge(said, heard, ALL, false, &h), -1);
    assert_near(h.score, 1, 0);
    speech_make(heard, ALL, HEARING_HZ, 77); /* another talk */
    assert_true(judged(false).score < 1.5);
    memset(said, 0, sizeof said);
    assert_int_equal(hearing_judge(said, heard, ALL, false, &h), -1);
}

/* What a telephone of old does not carry is heard as missing, but not by one of old. */
static void narrow_judges_less(void **state)
{
    (void)state;
    speak();
    for (size_t i = 4; i + LATE < ALL; i++) { /* nothing is left at 4 kHz and little above */
        int sum = said[i] + said[i - 1] + said[i - 2] + said[i - 3];

        heard[i + LATE] = (int16_t)(sum / 4);
    }
    assert_true(judged(true).score > judged(false).score);
}

/* ---- packets lost ---- */

/* So many of a hundred packets, evenly by chance; the same are lost where fewer are. */
static bool is_lost(size_t packet, unsigned percent)
{
    struct rng rng = rng_seeded(1000 + packet);

    return rng_below(&rng, 100) < percent;
}

static struct hearing with_silence_for(unsigned percent)
{
    speak();
    for (size_t p = 0; p < SPOKEN / PACKET; p++)
        if (!is_lost(p, percent))
            memcpy(heard + p * PACKET + LATE, said + p * PACKET, PACKET * sizeof *said);
    return judged(false);
}

static void more_lost_is_worse(void **state)
{
    static const unsigned percent[] = {0, 2, 5, 10, 20, 40};
    struct hearing better = {.score = HEARING_BEST + 1}, h;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(percent); i++) {
        h = with_silence_for(percent[i]);
        if (h.score >= better.score || h.damaged < better.damaged)
            fail_msg("%u %% lost: %.2f, %u damaged; with fewer %.2f, %u", percent[i], h.score,
                     h.damaged, better.score, better.damaged);
        better = h;
    }
}

enum stands_in { SILENCE, CONCEALMENT, FEC };

/* Opus at 24 kbit/s. */
static struct hearing through_opus(unsigned percent, enum stands_in how)
{
    struct audio_codec_params params = {
        .channels = 1, .rate_hz = HEARING_HZ, .bitrate = 24000, .fec = true, .complexity = 5};
    static unsigned char bytes[SPOKEN / PACKET + 1][400];
    int n[SPOKEN / PACKET + 1] = {0};
    const struct audio_codec *opus = audio_codec_find(SLICE("opus"), 48000, 2);
    struct audio_encoder *encoder;
    struct audio_decoder *decoder;

    speak();
    assert_int_equal(audio_encoder_new(opus, &params, &encoder), 0);
    assert_int_equal(audio_decoder_new(opus, &params, &decoder), 0);
    audio_encoder_set_fec(encoder, percent);
    for (size_t p = 0; p < SPOKEN / PACKET; p++)
        n[p] = audio_encode(encoder, said + p * PACKET, PACKET, bytes[p], sizeof bytes[p]);
    for (size_t p = 0; p < SPOKEN / PACKET; p++) {
        struct slice here = {(char *)bytes[p], (size_t)n[p]};
        struct slice next = {(char *)bytes[p + 1], (size_t)n[p + 1]};
        int16_t *out = heard + p * PACKET + LATE;

        if (!is_lost(p, percent))
            audio_decode(decoder, here, out, PACKET);
        else if (how == FEC && next.n && !is_lost(p + 1, percent))
            audio_decode_fec(decoder, next, out, PACKET);
        else if (how != SILENCE)
            audio_decode_lost(decoder, out, PACKET);
    }
    audio_encoder_free(encoder);
    audio_decoder_free(decoder);
    return judged(false);
}

static void codecs_in_order(void **state)
{
    double clean = through_opus(0, SILENCE).score, silent = through_opus(10, SILENCE).score;
    double concealed = through_opus(10, CONCEALMENT).score, fec = through_opus(10, FEC).score;

    (void)state;
    if (!(clean > 3.9 && clean > fec && fec > concealed + 0.1 && concealed > silent))
        fail_msg("clean %.2f, FEC %.2f, concealed %.2f, silence %.2f", clean, fec, concealed,
                 silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"the same sound is the best there is, however late", same_is_best, NULL, NULL, NULL},
        {"another volume is no fault", volume_is_no_fault, NULL, NULL, NULL},
        {"a step of the delay is seen, and no damage", step_is_seen, NULL, NULL, NULL},
        {"drift is measured", drift_is_measured, NULL, NULL, NULL},
        {"silence and foreign sound are the worst", nothing_is_worst, NULL, NULL, NULL},
        {"narrow judges what a telephone of old carries", narrow_judges_less, NULL, NULL, NULL},
        /* With TPHONE_SHORT no more: nothing new runs in those. */
        {"the more is lost the worse", more_lost_is_worse, NULL, NULL, NULL},
        {"Opus: clean, FEC, concealment, silence, in this order", codecs_in_order, NULL, NULL,
         NULL},
    };

    return _cmocka_run_group_tests("hearing", tests,
                                   ARRAY_LEN(tests) - (getenv("TPHONE_SHORT") ? 2 : 0), NULL, NULL);
}
