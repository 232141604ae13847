#include "audio/comfort.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include "base/rand.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 8000, PACKET = 160, SECOND = RATE };

static double level_db(const int16_t *samples, size_t n)
{
    double energy = 0;

    for (size_t i = 0; i < n; i++)
        energy += (double)samples[i] * samples[i];
    return 10 * log10(energy / (double)n / 32768 / 32768 + 1e-13);
}

static void a_payload_is_level_and_coefficients(void **state)
{
    struct slice whole = exact_bytes("\x32\x00\x7f\xff", 4);
    unsigned char printed[COMFORT_ORDER + 1];
    struct comfort c;

    (void)state;
    assert_int_equal(comfort_parse(whole, &c), 0);
    assert_int_equal(c.level, 50);
    assert_int_equal(c.order, 3);
    assert_true(c.reflection[0] < -0.9 && c.reflection[0] > -1);
    assert_true(fabs(c.reflection[1]) < 1e-9); /* 127 is 0 */
    assert_true(c.reflection[2] > 0.9 && c.reflection[2] < 1);
    exact_free(whole);
    c.reflection[0] = 0.5;
    assert_int_equal(comfort_print(&c, printed), 4);
    assert_int_equal(comfort_parse((struct slice){(char *)printed, 4}, &c), 0);
    assert_true(fabs(c.reflection[0] - 0.5) < 0.005);
    assert_int_equal(comfort_parse(SLICE(""), &c), -EBADMSG);
    assert_int_equal(comfort_parse(SLICE("\xff"), &c), 0); /* the first bit says nothing */
    assert_int_equal(c.level, 127);
    assert_int_equal(c.order, 0);
    assert_int_equal(comfort_parse(SLICE("abcdefghijklmnopqrstuvwxyz"), &c), 0);
    assert_int_equal(c.order, COMFORT_ORDER);
}

static const struct noise_row {
    const char *name, *payload;
    double level_db;
} noises[] = {
    {"white", "\x28", -40},
    {"dull", "\x32\x10\x60", -50},
    {"bright", "\x32\xf0", -50},
    {"with much of a shape", "\x28\x20\xc0\x60\x90\x70\x80", -40},
};

static void noise_is_as_loud_as_it_says(void **state)
{
    static int16_t out[4 * SECOND];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(noises); i++) {
        struct comfort_noise noise = {.seed = 1};
        struct comfort like;

        assert_int_equal(comfort_parse(slice_of(noises[i].payload), &like), 0);
        comfort_noise_set(&noise, &like);
        comfort_noise_make(&noise, out, ARRAY_LEN(out));
        assert_true(fabs(level_db(out + SECOND, 3 * SECOND) - noises[i].level_db) < 1.5);
    }
}

static void no_noise_is_silence_and_the_wildest_is_bounded(void **state)
{
    struct comfort_noise noise = {0};
    struct comfort like;
    int16_t out[SECOND];

    (void)state;
    comfort_noise_make(&noise, out, ARRAY_LEN(out));
    comfort_parse(SLICE("\x7f\x20"), &like);
    comfort_noise_set(&noise, &like);
    comfort_noise_make(&noise, out, ARRAY_LEN(out));
    for (size_t i = 0; i < ARRAY_LEN(out); i++)
        assert_int_equal(out[i], 0);
    for (int i = 0; i < 256; i++) {
        char payload[12];

        memset(payload, i, sizeof payload);
        payload[0] = 0;
        comfort_parse((struct slice){payload, sizeof payload}, &like);
        comfort_noise_set(&noise, &like);
        comfort_noise_make(&noise, out, ARRAY_LEN(out));
        for (size_t k = 0; k < COMFORT_ORDER; k++)
            assert_true(isfinite(noise.memory[k]));
    }
}

/* What is measured of noise makes noise of which the same is measured. */
static void what_is_measured_is_heard(void **state)
{
    static int16_t out[2 * SECOND], again[2 * SECOND];
    struct comfort_noise noise = {.seed = 7}, other = {.seed = 8};
    struct comfort like, measured, back;

    (void)state;
    comfort_parse(slice_of(noises[3].payload), &like);
    comfort_noise_set(&noise, &like);
    comfort_noise_make(&noise, out, ARRAY_LEN(out));
    comfort_measure(out + SECOND, SECOND, &measured);
    assert_true(abs(measured.level - like.level) <= 1);
    for (size_t i = 0; i < COMFORT_SENT; i++)
        assert_true(fabs(measured.reflection[i] - like.reflection[i]) < 0.12);
    comfort_noise_set(&other, &measured);
    comfort_noise_make(&other, again, ARRAY_LEN(again));
    comfort_measure(again + SECOND, SECOND, &back);
    for (size_t i = 0; i < COMFORT_SENT; i++)
        assert_true(fabs(measured.reflection[i] - back.reflection[i]) < 0.12);
    memset(out, 0, sizeof out);
    comfort_measure(out, SECOND, &measured);
    assert_int_equal(measured.level, 127);
    assert_int_equal(measured.order, 0);
}

/* Counts of verdicts over n packets of sound. */
struct verdicts {
    unsigned speech, described, nothing;
};

static struct verdicts listen(struct comfort_listener *l, const int16_t *samples, size_t n)
{
    struct verdicts out = {0, 0, 0};
    struct comfort like;

    for (size_t at = 0; at + PACKET <= n; at += PACKET)
        switch (comfort_listen(l, samples + at, PACKET, RATE, &like)) {
        case COMFORT_SPEECH:
            out.speech++;
            break;
        case COMFORT_DESCRIBE:
            out.described++;
            break;
        case COMFORT_NOTHING:
            out.nothing++;
        }
    return out;
}

static void speech_is_sent_and_silence_described(void **state)
{
    static int16_t speech[4 * SECOND], room[4 * SECOND];
    struct comfort_noise noise = {.seed = 3};
    struct comfort_listener l = {0};
    struct comfort like;
    struct verdicts v;

    (void)state;
    comfort_parse(SLICE("\x3a\x40"), &like); /* a room at -58 dB */
    comfort_noise_set(&noise, &like);
    comfort_noise_make(&noise, room, ARRAY_LEN(room));
    speech_make(speech, ARRAY_LEN(speech), RATE, 4);
    for (size_t i = 0; i < ARRAY_LEN(speech); i++)
        speech[i] = (int16_t)(speech[i] / 2 + room[i]);
    v = listen(&l, room, ARRAY_LEN(room)); /* 10 packets until it is believed */
    assert_in_range(v.speech, 9, 12);
    assert_in_range(v.described, 4, 8);
    v = listen(&l, speech, ARRAY_LEN(speech));
    assert_true(v.speech > 195);
    v = listen(&l, room, ARRAY_LEN(room));
    assert_in_range(v.speech, 4, 12); /* the last word ended before */
    assert_in_range(v.described, 4, 8);
    assert_true(v.nothing > 175);
}

static void a_muted_microphone_is_silence(void **state)
{
    static const int16_t nothing[4 * SECOND];
    struct comfort_listener l = {0};
    struct verdicts v = listen(&l, nothing, ARRAY_LEN(nothing));

    (void)state;
    assert_in_range(v.speech, 9, 11);
    assert_in_range(v.described, 3, 5);
}

/* A room in which a fan begins is taken for speech at first, and not for ever. */
static void louder_noise_becomes_silence(void **state)
{
    static int16_t fan[60 * SECOND];
    struct comfort_noise noise = {.seed = 3};
    struct comfort_listener l = {0};
    struct comfort like;

    (void)state;
    comfort_parse(SLICE("\x2c"), &like); /* -44 dB */
    comfort_noise_set(&noise, &like);
    comfort_noise_make(&noise, fan, ARRAY_LEN(fan));
    l = (struct comfort_listener){.known = true, .floor_db = -68};
    assert_true(listen(&l, fan + SECOND, SECOND).speech == 50);
    assert_true(listen(&l, fan, ARRAY_LEN(fan)).nothing > 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payload_is_level_and_coefficients),
        cmocka_unit_test(noise_is_as_loud_as_it_says),
        cmocka_unit_test(no_noise_is_silence_and_the_wildest_is_bounded),
        cmocka_unit_test(what_is_measured_is_heard),
        cmocka_unit_test(speech_is_sent_and_silence_described),
        cmocka_unit_test(a_muted_microphone_is_silence),
        cmocka_unit_test(louder_noise_becomes_silence),
    };

    return cmocka_run_group_tests_name("audio/comfort", tests, NULL, NULL);
}
