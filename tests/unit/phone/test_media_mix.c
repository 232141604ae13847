/* Conferences on the media thread: who hears whom, how well and how late. */
#include "phone/media_mix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/memory.h"
#include "tests/unit/phone/mixes.h"

static void hush(struct mixes *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->at[i].hz = 0;
}

static void expect_purity(const struct mixes *w, size_t member, double least)
{
    double purity = mixes_purity(w, &w->at[member]);

    if (purity < least)
        fail_msg("%zu hears voices with %.4f purity", member, purity);
}

/* --- rates and packet times ------------------------------------------------------------------- */

static const struct row {
    const char *name;
    const char *codecs[4];
    unsigned ptimes_ms[4], beat_ms;
    double purity;
} rows[] = {
    {"three of one rate", {"PCMU", "PCMA", "PCMU"}, {20, 20, 20}, 20, 0.998},
    {"three packet times", {"PCMU", "PCMU", "PCMA"}, {20, 30, 60}, 10, 0.998},
    {"two rates", {"PCMU", "opus", "PCMA"}, {20, 20, 20}, 20, 0.98},
    {"rates and packet times", {"PCMU", "opus", "opus", "PCMA"}, {30, 60, 20, 20}, 10, 0.98},
    {"wide alone", {"opus", "opus", "opus"}, {20, 20, 60}, 20, 0.98},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    const unsigned one[MIXES_MEMBERS_MAX] = {1, 1, 1, 1};
    struct mixes *w;

    mixes_set_up((void **)&w);
    w->beat_ms = row->beat_ms;
    for (size_t i = 0; i < ARRAY_LEN(row->codecs) && row->codecs[i]; i++)
        stream_set_mix(
            mixes_add(w, row->codecs[i], row->ptimes_ms[i], 350 + 450 * (double)i)->stream, 1);
    mixes_run(w, 480);
    mixes_forget(w);
    mixes_run(w, 1200);
    mixes_check(w, one);
    for (size_t i = 0; i < w->n; i++) {
        assert_int_equal(w->at[i].packets, 1200 / row->ptimes_ms[i]);
        expect_purity(w, i, row->purity);
    }
    mixes_tear_down((void **)&w);
}

/* --- in, out, held ---------------------------------------------------------------------------- */

static void conferences_are_apart(void **state)
{
    struct mixes *w = *state;

    mixes_connect(w, 5);
    stream_set_mix(w->at[3].stream, 2);
    stream_set_mix(w->at[4].stream, 2);
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 1, 2, 2});
    stream_set_mix(w->at[0].stream, 2);
    mixes_settle(w);
    mixes_check(w, (unsigned[]){2, 1, 1, 2, 2});
    stream_set_mix(w->at[1].stream, 0);
    mixes_settle(w);
    mixes_check(w, (unsigned[]){2, 0, 1, 2, 2});
    assert_int_equal(w->at[1].packets, 0); /* its own beat sends it, outside of a mix */
}

/* The rate is that of the best, for as long as it is there. */
static void another_rate_comes_and_goes(void **state)
{
    struct mixes *w = *state;
    struct mixes_member *wide;

    mixes_connect(w, 3);
    wide = mixes_add(w, "opus", 20, 2000);
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 1, 0});
    stream_set_mix(wide->stream, 1);
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 1, 1});
    stream_set_mix(wide->stream, 0);
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 1, 0});
    for (size_t i = 0; i < 3; i++)
        expect_purity(w, i, 0.998);
}

/* What it is sent from here on. */
static void change_codec_to(struct mixes_member *m, const char *codec)
{
    const struct audio_codec_params plain = {.channels = 1};
    struct media_stream *s = m->stream;

    s->agreed->send = audio_codec_find(slice_of(codec), 0, 0);
    stream_prepare_sending(s, NULL);
    audio_decoder_free(m->decoder);
    assert_int_equal(audio_decoder_new(s->agreed->send, &plain, &m->decoder), 0);
}

/* And what it sends. */
static void change_codec_from(struct mixes_member *m, const char *codec)
{
    struct media_stream *s = m->stream;

    s->agreed->receive[0] = audio_codec_find(slice_of(codec), 0, 0);
    playout_free(s->playout);
    s->playout = NULL;
    stream_prepare_receiving(s, NULL);
}

static void a_better_codec_is_agreed(void **state)
{
    struct mixes *w = *state;

    mixes_connect(w, 3);
    mixes_run(w, 200);
    for (size_t i = 0; i < 2; i++) {
        change_codec_to(&w->at[i], "opus");
        change_codec_from(&w->at[i], "opus");
    }
    w->at[0].hz = 6000; /* which takes more than the 8 kHz of the third */
    mixes_settle(w);
    assert_true(mixes_is_heard(&w->at[1], &w->at[0]) && !mixes_is_heard(&w->at[2], &w->at[0]));
    w->at[0].hz = 350;
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 1});
}

/* RFC 3264 5.1: each side sends what it likes of what was agreed. */
static void who_hears_at_another_rate_than_it_speaks(void **state)
{
    struct mixes *w = *state;

    mixes_connect(w, 3);
    change_codec_to(&w->at[0], "opus");
    change_codec_from(&w->at[1], "opus");
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 1});
    for (size_t i = 0; i < 3; i++)
        expect_purity(w, i, 0.96);
}

/* What it said before is of another rate, and not enough for a long beat at this one. */
static void the_codec_changes_while_it_is_held(void **state)
{
    struct mixes *w = *state;
    struct media_params *held;

    mixes_connect(w, 3);
    held = &w->at[0].stream->agreed->params;
    mixes_run(w, 100);
    held->send = held->receive = false;
    change_codec_to(&w->at[0], "opus");
    w->beat_ms = 120;
    mixes_run(w, 120);
    w->beat_ms = 20;
    held->send = held->receive = true;
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 1});
}

/* We hold it: it hears nothing, and nobody hears it; what was said meanwhile is not told later. */
static void who_is_held_misses_what_is_said(void **state)
{
    struct mixes *w = *state;
    struct media_params *held;

    mixes_connect(w, 2);
    stream_set_mix(mixes_add(w, "PCMU", 60, 2150)->stream, 1);
    held = &w->at[2].stream->agreed->params;
    mixes_run(w, 220); /* in the middle of a packet */
    held->send = held->receive = false;
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 0});
    assert_int_equal(w->at[2].packets, 0);
    w->at[0].hz = 0;
    mixes_run(w, 200);
    mixes_forget(w);
    held->send = held->receive = true;
    mixes_run(w, 400);
    assert_true(mixes_is_heard(&w->at[2], &w->at[1]));
    w->at[0].hz = 350;
    assert_false(mixes_is_heard(&w->at[2], &w->at[0]));
}

static void music_on_hold_is_not_for_all(void **state)
{
    struct mixes *w = *state;

    mixes_connect(w, 3);
    w->at[2].stream->agreed->params.send = false; /* it wants to hear nothing, and plays */
    mixes_settle(w);
    mixes_check(w, (unsigned[]){1, 1, 0});
}

static void who_only_listens_hears(void **state)
{
    struct mixes *w = *state;

    mixes_connect(w, 3);
    w->at[2].stream->agreed->params.receive = false;
    mixes_settle(w);
    assert_true(mixes_is_heard(&w->at[2], &w->at[0]) && mixes_is_heard(&w->at[2], &w->at[1]));
    assert_false(mixes_is_heard(&w->at[0], &w->at[2]));
}

static void full_voices_are_clipped_and_not_wrapped(void **state)
{
    int16_t loud[160];
    struct mixes *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(loud); i++)
        loud[i] = 30000;
    mixes_connect(w, 3);
    hush(w);
    mixes_run(w, 20);
    mixes_forget(w);
    stream_mix_put(w->at[0].stream, loud, ARRAY_LEN(loud), 8000);
    stream_mix_put(w->at[1].stream, loud, ARRAY_LEN(loud), 8000);
    w->now_us += 20000;
    media_mix_beat(&w->thread, w->now_us);
    for (size_t i = 0; i < 3; i++)
        mixes_listen(&w->at[i]);
    assert_in_range(w->at[2].heard[80], 31000, 32767);
    assert_in_range(w->at[0].heard[80], 29000, 31000);
}

/* --- delay ------------------------------------------------------------------------------------ */

/* When a tone that begins now is heard, in ms after the packet that leaves with this beat. */
static double delay_ms(struct mixes *w, struct mixes_member *from, const struct mixes_member *to,
                       double hz)
{
    size_t i = 0;

    mixes_forget(w);
    from->hz = hz;
    from->said = 0;
    mixes_run(w, 400);
    while (i < to->n_heard && abs(to->heard[i]) < 500)
        i++;
    from->hz = 0;
    mixes_run(w, 400);
    return (double)i * 1000 / audio_decoder_rate_hz(to->decoder);
}

static void what_is_said_leaves_in_the_same_beat(void **state)
{
    struct mixes *w = *state;

    mixes_connect(w, 3);
    hush(w);
    mixes_run(w, 400);
    assert_true(delay_ms(w, &w->at[0], &w->at[1], 1000) < 1);
    assert_true(delay_ms(w, &w->at[2], &w->at[1], 1000) < 1);
}

static void conversion_costs_some_milliseconds(void **state)
{
    struct mixes *w = *state;

    mixes_connect(w, 2);
    stream_set_mix(mixes_add(w, "opus", 20, 0)->stream, 1);
    hush(w);
    mixes_run(w, 400);
    assert_true(delay_ms(w, &w->at[0], &w->at[1], 1000) < 1);
    assert_true(delay_ms(w, &w->at[2], &w->at[1], 1000) < 8);
    assert_true(delay_ms(w, &w->at[0], &w->at[2], 1000) < 16); /* Opus has its own delay, too */
}

/* Whatever happened, it is as before soon after. */
static void disturbances_leave_no_delay(void **state)
{
    static const unsigned stalls_ms[] = {40, 60, 80, 120, 180, 500, 3000};
    struct mixes *w = *state;

    mixes_connect(w, 3);
    hush(w);
    mixes_run(w, 400);
    for (size_t i = 0; i < ARRAY_LEN(stalls_ms); i++) {
        unsigned beat_ms = w->beat_ms;

        w->beat_ms = stalls_ms[i] < 100 ? stalls_ms[i] : beat_ms;
        w->now_us += stalls_ms[i] < 100 ? 0 : stalls_ms[i] * UINT64_C(1000);
        mixes_run(w, w->beat_ms); /* one beat, that stands for all that were missed */
        w->beat_ms = beat_ms;
        mixes_run(w, 200);
        if (delay_ms(w, &w->at[0], &w->at[1], 1000) >= 10)
            fail_msg("a stall of %u ms leaves delay", stalls_ms[i]);
    }
}

/* More than the time that it stands for, again and again: a clock that runs away. */
static void nothing_piles_up(void **state)
{
    struct mixes *w = *state;
    int16_t surplus[160] = {0};

    mixes_connect(w, 3);
    hush(w);
    for (unsigned i = 0; i < 200; i++) {
        stream_mix_put(w->at[0].stream, surplus, ARRAY_LEN(surplus), 8000);
        mixes_run(w, 20);
    }
    assert_true(delay_ms(w, &w->at[0], &w->at[1], 1000) < 10);
}

/* --- our own voice ---------------------------------------------------------------------------- */

/* The microphone goes to all of them; muted, they still hear each other. */
static void our_own_voice_goes_to_all(void **state)
{
    struct mixes *w = *state;
    struct mixes_member us = {.hz = 2600};

    mixes_connect(w, 3);
    for (unsigned beat = 0; beat < 60; beat++) {
        int16_t said[160];

        for (size_t i = 0; i < ARRAY_LEN(said); i++, us.said++)
            said[i] =
                (int16_t)lrint(MIXES_LOUD * sin(2 * MIXES_PI * us.hz * (double)us.said / 8000));
        for (size_t i = 0; i < 3; i++) {
            w->at[i].stream->source = SOURCE_DEVICE;
            stream_push_microphone(w->at[i].stream, said, ARRAY_LEN(said),
                                   (struct media_form){8000, 1});
            w->at[i].stream->muted = beat >= 30;
        }
        mixes_run(w, 20);
        if (beat == 29) {
            mixes_check(w, (unsigned[]){1, 1, 1});
            for (size_t i = 0; i < 3; i++)
                assert_true(mixes_is_heard(&w->at[i], &us));
        }
        if (beat == 29 || beat == 30)
            mixes_forget(w);
    }
    mixes_check(w, (unsigned[]){1, 1, 1});
    for (size_t i = 0; i < 3; i++)
        assert_false(mixes_is_heard(&w->at[i], &us));
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Each allocation fails once: whom that concerns is not heard, and all are as soon as there is
 * memory again. */
static void no_memory(void **state)
{
    struct mixes *w = *state;
    bool failed = true;

    mixes_connect(w, 2);
    mixes_add(w, "opus", 20, 1250);
    for (unsigned n = 1; failed; n++) {
        for (size_t i = 0; i < w->n; i++)
            stream_set_mix(w->at[i].stream, 0);
        memory_fail_at(n);
        for (size_t i = 0; i < w->n; i++)
            stream_set_mix(w->at[i].stream, 1);
        mixes_run(w, 60);
        failed = memory_has_failed();
        memory_fail_at(0);
        for (size_t i = 0; i < w->n; i++)
            if (!w->at[i].stream->mix)
                stream_set_mix(w->at[i].stream, 1);
        mixes_settle(w);
        mixes_check(w, (unsigned[]){1, 1, 1});
        assert_true(n < 100);
    }
}

/* --- keys ------------------------------------------------------------------------------------ */

/* A member whose far end has not been heard for long. */
static struct mixes_member *add_unheard(struct mixes *w)
{
    struct mixes_member *m = mixes_add(w, "PCMU", 20, 0);

    stream_set_mix(m->stream, 1);
    m->stream->latch.heard = m->stream->latch.same_host = false;
    mixes_run(w, 5000);
    return m;
}

/* Where the far end has not been heard, hardly anything may leave: tones are not to be lost. */
static void keys_wait_until_they_may_leave(void **state)
{
    struct mixes *w = *state;
    struct mixes_member *m = add_unheard(w);
    struct dtmf_receiver receiver = {0};
    char found[8] = "";

    assert_int_equal(dtmf_push(&m->stream->tones, SLICE("58")), 0);
    mixes_run(w, 500);
    assert_true(dtmf_busy(&m->stream->tones));
    m->stream->latch.heard = true;
    mixes_forget(w);
    mixes_run(w, 600);
    assert_false(dtmf_busy(&m->stream->tones));
    dtmf_take(&receiver, m->heard, m->n_heard, 8000, found, sizeof found);
    assert_string_equal(found, "58");
    m->stream->agreed->params.find_tones = true; /* and as an echo they are no keys of theirs: */
    stream_find_tones(m->stream, m->heard, m->n_heard, 8000); /* there is nobody to tell them to */
}

/* The rest of a key that is behind a gap would be another press. */
static void a_key_that_is_cut_off_is_one(void **state)
{
    struct mixes *w = *state;
    struct mixes_member *m = add_unheard(w);
    struct dtmf_receiver receiver = {0};
    char found[8] = "";

    m->stream->latch.heard = true;
    mixes_forget(w);
    assert_int_equal(dtmf_push(&m->stream->tones, SLICE("5")), 0);
    mixes_run(w, 60);
    assert_int_equal(dtmf_take(&receiver, m->heard, m->n_heard, 8000, found, sizeof found), 1);
    m->stream->latch.heard = false;
    mixes_run(w, 500);
    m->stream->latch.heard = true;
    mixes_forget(w);
    mixes_run(w, 600);
    assert_true(m->n_heard >= 500 * 8);
    for (size_t i = 0; i < m->n_heard; i++)
        assert_in_range(abs(m->heard[i]), 0, 100);
    assert_false(dtmf_busy(&m->stream->tones));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, mixes_set_up, mixes_tear_down)

int main(void)
{
    const struct CMUnitTest others[] = {
        TEST(keys_wait_until_they_may_leave),
        TEST(a_key_that_is_cut_off_is_one),
        TEST(conferences_are_apart),
        TEST(another_rate_comes_and_goes),
        TEST(a_better_codec_is_agreed),
        TEST(who_hears_at_another_rate_than_it_speaks),
        TEST(the_codec_changes_while_it_is_held),
        TEST(who_is_held_misses_what_is_said),
        TEST(music_on_hold_is_not_for_all),
        TEST(who_only_listens_hears),
        TEST(full_voices_are_clipped_and_not_wrapped),
        TEST(what_is_said_leaves_in_the_same_beat),
        TEST(conversion_costs_some_milliseconds),
        TEST(disturbances_leave_no_delay),
        TEST(nothing_piles_up),
        TEST(our_own_voice_goes_to_all),
        TEST(no_memory),
    };

    return RUN_ROWS("phone/media_mix", rows, check_row) +
           cmocka_run_group_tests_name("phone/media_mix", others, NULL, NULL);
}
