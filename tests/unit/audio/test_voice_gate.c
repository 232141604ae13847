/* The gate behind a filter that takes away what the test says. */
#include "audio/voice_gate.h"

#include "base/rand.h"
#include "tests/lib/rows.h"

#include <math.h>
#include <string.h>

enum { FRAME = 160, LATE = 3, SECOND = 100, LEARNT = 4 * SECOND, HELD = 64 };

#define BACK 0.5 /* of what is played, in amplitude */

/* What the filter takes to be the echo, and what is one. */
struct now {
    double takes, comes;         /* shares of the right echo */
    unsigned takes_at, comes_at; /* so late, in frames */
    double near;                 /* amplitude of us */
};

struct scene {
    struct voice_gate gate;
    struct rng far, near;
    int16_t played[HELD][FRAME];
    unsigned frame;
    int16_t left[FRAME], out[FRAME];
};

static double noise(struct rng *rng)
{
    return (double)rng_below(rng, 2001) / 1000 - 1;
}

/* Syllables, five a second. */
static double loudness(unsigned frame, unsigned from)
{
    double wave = sin(3.14159265358979 * (frame + from) / 20.0);

    return 3000 * wave * wave;
}

static void begin(struct scene *s)
{
    memset(s, 0, sizeof *s);
    s->far = rng_seeded(1);
    s->near = rng_seeded(2);
    voice_gate_start(&s->gate, FRAME);
}

static double echo_at(const struct scene *s, unsigned late, size_t i)
{
    return BACK * s->played[(s->frame + HELD - late) % HELD][i];
}

static void step(struct scene *s, const struct now *now)
{
    int16_t captured[FRAME];
    int16_t *played;

    s->frame++;
    played = s->played[s->frame % HELD];
    for (size_t i = 0; i < FRAME; i++)
        played[i] = (int16_t)(loudness(s->frame, 0) * noise(&s->far));
    for (size_t i = 0; i < FRAME; i++) {
        captured[i] =
            (int16_t)(now->comes * echo_at(s, now->comes_at, i) + now->near * noise(&s->near));
        s->left[i] = (int16_t)(captured[i] - now->takes * echo_at(s, now->takes_at, i));
    }
    voice_gate_note(&s->gate, played, captured, s->left);
    memcpy(s->out, s->left, sizeof s->out);
    voice_gate_run(&s->gate, s->out);
}

static double energy(const int16_t *samples)
{
    double sum = 1e-9;

    for (size_t i = 0; i < FRAME; i++)
        sum += (double)samples[i] * samples[i];
    return sum;
}

/* By how much those frames are softer than what the filter left. */
static double less_db(struct scene *s, const struct now *now, unsigned frames)
{
    double left = 0, out = 0;

    for (unsigned i = 0; i < frames; i++) {
        step(s, now);
        left += energy(s->left);
        out += energy(s->out);
    }
    return 10 * log10(left / out);
}

static const struct now fits = {1, 1, LATE, LATE, 0};

static const struct row {
    const char *name;
    struct now now;
    unsigned skip, frames; /* behind the time in which it fitted */
    double least_db, most_db;
} rows[] = {
    {"what a jump leaves, at once", {1, 1, LATE, LATE + 4, 0}, 0, 50, 15, 99},
    {"and a second later", {1, 1, LATE, LATE + 4, 0}, SECOND, SECOND, 25, 99},
    {"what a filter leaves that has forgotten", {0, 1, LATE, LATE, 0}, 10, SECOND, 25, 99},
    {"what it leaves that takes a fifth", {0.2, 1, LATE, LATE, 0}, 10, SECOND, 20, 99},
    {"an echo twice as loud as it was", {1, 2, LATE, LATE, 0}, 10, SECOND, 15, 99},
    {"both speak, and it fits", {1, 1, LATE, LATE, 3000}, 50, 4 * SECOND, 0, 2},
    {"we are loud where it does not fit", {0, 1, LATE, LATE, 9000}, 50, 4 * SECOND, 0, 2},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct scene s;
    double less;

    begin(&s);
    less_db(&s, &fits, LEARNT);
    less_db(&s, &row->now, row->skip);
    less = less_db(&s, &row->now, row->frames);
    print_message("# %s: softer by %.1f dB\n", row->name, less);
    assert_true(less >= row->least_db - 0.01);
    assert_true(less <= row->most_db);
}

/* As where a headset is put on: we are not made softer by an echo that was. */
static void an_echo_that_is_gone_is_forgotten(void **state)
{
    const struct now gone = {0, 0, LATE, LATE, 0}, ours = {0, 0, LATE, LATE, 300};
    struct scene s;

    (void)state;
    begin(&s);
    less_db(&s, &fits, LEARNT);
    assert_true(less_db(&s, &ours, SECOND) > 20);
    less_db(&s, &gone, LEARNT);
    assert_true(less_db(&s, &ours, SECOND) < 1);
}

static void where_nothing_is_played_we_are_untouched(void **state)
{
    int16_t silence[FRAME] = {0}, captured[FRAME], out[FRAME];
    struct rng rng = rng_seeded(3);
    struct scene s;

    (void)state;
    begin(&s);
    less_db(&s, &fits, LEARNT);
    for (unsigned at = 0; at < SECOND; at++) {
        for (size_t i = 0; i < FRAME; i++)
            captured[i] = (int16_t)(loudness(at, 5) * noise(&rng));
        voice_gate_note(&s.gate, silence, captured, captured);
        memcpy(out, captured, sizeof out);
        voice_gate_run(&s.gate, out);
        if (at > 50)
            assert_memory_equal(out, captured, sizeof out);
    }
}

static void the_gain_goes_up_and_down_without_a_click(void **state)
{
    const struct now both[2] = {{1, 1, LATE, LATE, 3000}, {1, 1, LATE, LATE + 4, 0}};
    struct scene s;
    double last = 1, most = 0, least = 1;

    (void)state;
    begin(&s);
    for (unsigned at = 0; at < LEARNT; at++) {
        int16_t even[FRAME];

        step(&s, &both[at / 100 % 2]);
        s.gate.gain = last;
        for (size_t i = 0; i < FRAME; i++)
            even[i] = 1000;
        voice_gate_run(&s.gate, even);
        for (size_t i = 0; i < FRAME; i++) {
            most = fmax(most, fabs(even[i] / 1000.0 - last));
            last = even[i] / 1000.0;
            least = fmin(least, last);
        }
        last = s.gate.gain;
    }
    assert_true(least < 0.2);
    assert_true(most < 1.5 / FRAME);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_echo_that_is_gone_is_forgotten),
        cmocka_unit_test(where_nothing_is_played_we_are_untouched),
        cmocka_unit_test(the_gain_goes_up_and_down_without_a_click),
    };
    int failed = RUN_ROWS("audio/voice_gate", rows, check_row);

    return failed + cmocka_run_group_tests_name("audio/voice_gate, frames", tests, NULL, NULL);
}
