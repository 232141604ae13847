#include "config.h"

/* The echo canceller in simulated rooms, by each engine that there is, at the rates that calls and
 * cards have, while people speak and while what is made of numbers does. */
#include "audio/voice.h"

#include "base/rand.h"
#include "tests/lib/echo_room.h"
#include "tests/lib/human.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The far end speaks; at 10 s, where it does, the delay of its echo jumps; from 15 to 20 s we
 * speak, too. */
enum { JUMP = 10, BOTH = 15, ALONE = 20, SECONDS = 25, RATE_MOST = 48000, N = SECONDS * RATE_MOST };

#define STRETCH_S 0.05
#define LATE_MS 30 /* by which an engine may make us late, at most */

/* What both say: it takes longer to make than to hear, so each is made once. */
struct said {
    bool made;
    int16_t far[N], near[N];
};

struct talk {
    uint32_t rate_hz;
    size_t n;
    const int16_t *far, *near;
    int16_t out[N];
    float echo[N];
    struct voice_stats at_15;
    struct said said[2][2]; /* at 16 kHz or more; by people or not */
};

static struct talk *talk;

/* --- what is measured --------------------------------------------------------------------- */

static size_t at_s(double s)
{
    return (size_t)(s * talk->rate_hz);
}

/* By how much the echo is softer than it came. */
static double less_db(double from_s, double to_s)
{
    double came = 1e-9, left = 1e-9;

    for (size_t i = at_s(from_s); i < at_s(to_s); i++) {
        came += (double)talk->echo[i] * (double)talk->echo[i];
        left += (double)talk->out[i] * talk->out[i];
    }
    return 10 * log10(came / left);
}

/* Of n samples that are sent the share that is what we said so many samples before, looking at
 * every step. */
static double share_of_near(size_t from, size_t n, size_t late, size_t step)
{
    double said = 1e-9, both = 0;

    for (size_t i = from; i < from + n; i += step) {
        said += (double)talk->near[i] * talk->near[i];
        both += (double)talk->near[i] * talk->out[i + late];
    }
    return both / said;
}

/* Engines make us late by some milliseconds. */
static size_t lateness(double from_s, double to_s)
{
    double most = 0;
    size_t best = 0;

    for (size_t late = 0; late <= talk->rate_hz * LATE_MS / 1000; late++) {
        double share = share_of_near(at_s(from_s), at_s(to_s) - at_s(from_s), late, 13);

        if (share <= most)
            continue;
        most = share;
        best = late;
    }
    return best;
}

/* How loud we are in what is sent: each stretch of it is projected on what we said, as the echo
 * that is left has next to nothing in common with that. */
static double near_db(double from_s, double to_s)
{
    size_t late = lateness(from_s, to_s), n = at_s(STRETCH_S);
    double said = 1e-9, ours = 0;

    for (size_t at = at_s(from_s); at + n <= at_s(to_s); at += n) {
        double share = fmax(0, share_of_near(at, n, late, 1)), energy = 0;

        for (size_t i = at; i < at + n; i++)
            energy += (double)talk->near[i] * talk->near[i];
        said += energy;
        ours += energy * share * share;
    }
    return 10 * log10(ours / said + 1e-9);
}

/* Takes a breath now and then. */
static void breathe(int16_t *out, double every_s, double for_s)
{
    for (size_t i = 0; i < talk->n; i++)
        if (i % at_s(every_s) < at_s(for_s))
            out[i] = 0;
}

/* --- the talks ---------------------------------------------------------------------------- */

static void run(struct voice *v)
{
    struct rng rng = rng_seeded(9);
    size_t frame = voice_frame(v);

    for (size_t at = 0; at + frame <= talk->n; at += frame) {
        for (size_t i = at; i < at + frame; i++)
            talk->out[i] = (int16_t)lrint(
                fmax(-32768, fmin(32767, (double)talk->echo[i] + talk->near[i] +
                                             3 * ((double)rng_below(&rng, 2001) / 1000 - 1))));
        if (at == at_s(BOTH))
            voice_stats(v, &talk->at_15);
        voice_run(v, talk->far + at, talk->out + at);
    }
}

static void make(struct said *said, uint32_t rate_hz, bool human)
{
    if (human) {
        assert_int_equal(human_speech(said->far, talk->n, rate_hz, HUMAN_WOMAN), 0);
        assert_int_equal(human_speech(said->near, talk->n, rate_hz, HUMAN_MAN), 0);
    } else {
        speech_make(said->far, talk->n, rate_hz, 1);
        speech_make(said->near, talk->n, rate_hz, 2);
        breathe(said->far, 1.7, 0.3);
        breathe(said->near, 2.1, 0.4);
    }
    for (size_t i = 0; i < talk->n; i++)
        if (i < at_s(BOTH) || i >= at_s(ALONE))
            said->near[i] = 0;
    said->made = true;
}

static void speak(uint32_t rate_hz, bool human)
{
    struct said *said = &talk->said[rate_hz > 16000][human];

    talk->rate_hz = rate_hz;
    talk->n = SECONDS * rate_hz;
    talk->far = said->far;
    talk->near = said->near;
    if (!said->made)
        make(said, rate_hz, human);
}

struct goal {
    double then_db;  /* from 5 s on the echo is softer by this, at least, */
    double jump_db;  /* in the 5 s behind a jump of its delay, */
    double again_db; /* and behind what we have said, */
    double near_db;  /* and we, while both speak, are softer by this, at most */
};

#define W "webrtc"
#define S "speexdsp"

static const struct row {
    const char *name, *engine;
    struct echo_room room;
    struct goal goal;
} rows[] = {
/* clang-format off */
#define ROOM(seed, delay, loss, jump, drift, reverb) \
    {0, seed, delay, loss, (jump) ? JUMP : 0, jump, drift, reverb}
#ifdef HAVE_WEBRTC_AUDIO_PROCESSING
    {"webrtc: a room of 60 ms", W, ROOM(1, 60, -6, 40, 0, 250), {30, 25, 30, -7}},
    {"webrtc: another, drifting 50 ppm", W, ROOM(2, 60, -6, 40, 50, 250), {30, 25, 30, -7}},
    {"webrtc: the same, the other way", W, ROOM(2, 60, -6, 40, -50, 250), {30, 25, 30, -7}},
    {"webrtc: a small room at once", W, ROOM(4, 20, -6, 40, 0, 120), {30, 25, 30, -7}},
    {"webrtc: a hall", W, ROOM(5, 100, -10, 40, 0, 500), {30, 25, 30, -7}},
    {"webrtc: a loud echo that comes late", W, ROOM(6, 200, -3, 40, 0, 250), {30, 25, 30, -7}},
    /* Where we are 20 dB louder than the echo it has to be learnt anew. */
    {"webrtc: a soft echo that comes late", W, ROOM(3, 200, -20, 40, 0, 250), {30, 25, 20, -7}},
    {"webrtc: a long one that stays", W, ROOM(7, 40, -6, 0, 0, 400), {30, 30, 30, -7}},
#endif
    {"speexdsp: a room of 60 ms", S, ROOM(1, 60, -6, 40, 0, 250), {45, 35, 40, -7}},
    {"speexdsp: another, drifting 50 ppm", S, ROOM(2, 60, -6, 0, 50, 250), {40, 35, 40, -7}},
    {"speexdsp: a small room at once", S, ROOM(4, 20, -6, 40, 0, 120), {45, 33, 40, -7}},
    {"speexdsp: a hall", S, ROOM(5, 100, -10, 40, 0, 500), {40, 28, 35, -7}},
    {"speexdsp: a loud echo that comes late", S, ROOM(6, 200, -3, 40, 0, 250), {40, 35, 45, -7}},
    {"speexdsp: a soft echo that comes late", S, ROOM(3, 200, -20, 40, 0, 250), {35, 33, 28, -7}},
    {"speexdsp: a long one that stays", S, ROOM(7, 40, -6, 0, 0, 400), {45, 45, 45, -7}},
#undef ROOM
    /* clang-format on */
};

static bool judge(const struct row *row, uint32_t rate_hz, bool human)
{
    const struct goal *goal = &row->goal;
    struct echo_room room = row->room;
    struct voice *v = NULL;
    struct goal is;

    room.rate_hz = rate_hz;
    assert_int_equal(voice_new(rate_hz, row->engine, &v), 0);
    voice_set(v, VOICE_LEVEL, VOICE_OFF); /* which would make what is left louder, or us */
    speak(rate_hz, human);
    echo_room_hear(&room, talk->far, talk->echo, talk->n);
    run(v);
    voice_free(v);
    is.then_db = less_db(5, JUMP);
    is.jump_db = less_db(JUMP + 0.02, BOTH);
    is.again_db = less_db(ALONE + 0.02, SECONDS);
    is.near_db = near_db(BOTH + 0.2, ALONE - 0.2);
    print_message(
        "# %s, %u Hz, %s: echo less by %.1f dB from 5 s on, %.1f behind a jump, %.1f behind "
        "us; we by %.1f dB; it says %.1f dB at %.0f ms\n",
        row->name, rate_hz, human ? "people" : "made", is.then_db, is.jump_db, is.again_db,
        is.near_db, talk->at_15.echo_less_db, talk->at_15.echo_delay_ms);
    return is.then_db >= goal->then_db && is.jump_db >= goal->jump_db &&
           is.again_db >= goal->again_db && is.near_db >= goal->near_db &&
           talk->at_15.active[VOICE_ECHO] &&
           fabs(talk->at_15.echo_delay_ms - room.delay_ms - room.jump_ms) <= 40;
}

/* With TPHONE_SHORT only what says the most, and the other two only with TPHONE_LONG. */
static void an_echo_goes_and_we_stay(void **state)
{
    const struct row *row = *state;
    bool well = judge(row, 16000, true);

    if (!getenv("TPHONE_SHORT"))
        well &= judge(row, 48000, false);
    if (getenv("TPHONE_LONG")) {
        well &= judge(row, 48000, true);
        well &= judge(row, 16000, false);
    }
    assert_true(well);
}

/* --- the measure itself ------------------------------------------------------------------- */

/* What is left of the echo is not taken for us, wherever it is loud. */
static void we_are_not_mistaken_for_the_echo(void **state)
{
    struct echo_room room = {16000, 1, 60, -6, 0, 0, 0, 250};

    (void)state;
    speak(room.rate_hz, true);
    echo_room_hear(&room, talk->far, talk->echo, talk->n);
    for (size_t i = 0; i < talk->n; i++)
        talk->out[i] = (int16_t)lrintf(talk->echo[i]);
    assert_true(near_db(BOTH, ALONE - 0.2) < -12);
    for (size_t i = 80; i < talk->n; i++)
        talk->out[i] = (int16_t)lrintf(talk->echo[i] + 0.5f * talk->near[i - 80]);
    assert_true(fabs(near_db(BOTH, ALONE - 0.2) + 6) < 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(we_are_not_mistaken_for_the_echo),
    };
    int failed;

    talk = calloc(1, sizeof *talk);
    failed = RUN_ROWS("audio/voice, rooms", rows, an_echo_goes_and_we_stay);
    failed += cmocka_run_group_tests_name("audio/voice, rooms, measured", tests, NULL, NULL);
    free(talk);
    return failed;
}
