/* Conferences on the media thread, beat by beat with a clock of our own: what is sent to each is
 * caught on its socket and decoded. */
#include "phone/media_mix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "phone/media_stream.h"
#include "rtp/packet.h"
#include "tests/lib/rows.h"

#define MEMBERS_MAX 6
#define LOUD 3000.0
#define PI 3.14159265358979

struct member {
    struct media_stream *stream;
    struct net_rtp_pair far;
    struct audio_decoder *decoder;
    double hz; /* that it says; 0: it is silent */
    uint64_t said;
    int16_t *heard;
    size_t n_heard, room;
    unsigned packets;
};

struct world {
    struct media_thread thread;
    struct rng rng;
    struct member at[MEMBERS_MAX];
    size_t n;
    unsigned beat_ms;
    uint64_t now_us;
};

/* --- the world -------------------------------------------------------------------------------- */

static struct media_agreement *agreement(const char *codec, unsigned ptime_ms, const struct ip *far)
{
    struct media_agreement *a = calloc(1, sizeof *a);

    assert_non_null(a);
    a->send = a->receive[0] = audio_codec_find(slice_of(codec), 0, 0);
    a->ptime_ms = ptime_ms;
    a->params = (struct media_params){.remote_rtp = *far,
                                      .signalling = *far,
                                      .send = true,
                                      .receive = true,
                                      .may_send = true,
                                      .n_receive_formats = 1,
                                      .event_send = MEDIA_NO_EVENTS};
    return a;
}

static struct member *add(struct world *w, const char *codec, unsigned ptime_ms, double hz)
{
    const struct audio_codec_params plain = {.channels = 1};
    struct member *m = &w->at[w->n++];
    struct media_stream *s = m->stream = calloc(1, sizeof *s);
    struct ip any;

    assert_true(w->n <= MEMBERS_MAX && s);
    assert_int_equal(ip_parse(SLICE("127.0.0.1"), &any), 0);
    assert_int_equal(net_rtp_pair_open(&any, 20000, 40000, &w->rng, &m->far), 0);
    assert_int_equal(net_rtp_pair_open(&any, 20000, 40000, &w->rng, &s->pair), 0);
    m->hz = hz;
    m->room = 48000 * 20;
    m->heard = malloc(m->room * sizeof *m->heard);
    s->thread = &w->thread;
    s->agreed = agreement(codec, ptime_ms, &m->far.local);
    s->may_send = true;
    assert_int_equal(audio_decoder_new(s->agreed->send, &plain, &m->decoder), 0);
    rtp_latch_signalled(&s->latch, &m->far.local, &m->far.local, &m->far.local);
    s->latch.heard = true; /* else it would get but a few packets */
    stream_set_remote(s);
    rtp_session_init(&s->session, &w->rng);
    rtp_event_sender_init(&s->keys);
    stream_prepare_sending(s, NULL);
    stream_prepare_receiving(s, NULL);
    return m;
}

static void remove_member(struct member *m)
{
    stream_set_mix(m->stream, 0);
    stream_stop_sending(m->stream);
    stream_stop_receiving(m->stream);
    net_rtp_pair_close(&m->far);
    net_rtp_pair_close(&m->stream->pair);
    audio_decoder_free(m->decoder);
    free(m->stream->agreed);
    free(m->stream);
    free(m->heard);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    list_init(&w->thread.streams);
    list_init(&w->thread.mixes);
    w->thread.opus_complexity = 9; /* a lower one bends tones */
    w->rng = rng_system();
    w->beat_ms = 20;
    w->now_us = w->thread.last_beat_us = 1000000000;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < w->n; i++)
        remove_member(&w->at[i]);
    assert_true(list_empty(&w->thread.mixes)); /* the last one has closed it */
    free(w);
    return 0;
}

static void speak(struct member *m, unsigned ms)
{
    uint32_t rate_hz = playout_rate_hz(m->stream->playout);
    int16_t samples[AUDIO_PACKET_MAX_SAMPLES];
    size_t n = rate_hz / 1000 * ms;

    for (size_t i = 0; i < n; i++, m->said++)
        samples[i] = (int16_t)lrint(LOUD * sin(2 * PI * m->hz * (double)m->said / rate_hz));
    if (m->stream->mix)
        stream_mix_put(m->stream, samples, n, rate_hz);
}

static void listen_to(struct member *m)
{
    unsigned char bytes[2048];
    struct rtp_packet packet;
    ssize_t n;

    while ((n = recv(m->far.rtp_fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        struct slice all = {(const char *)bytes, (size_t)n};
        int got;

        assert_int_equal(rtp_packet_parse(all, &packet), 0);
        got = audio_decode(m->decoder, packet.payload, m->heard + m->n_heard, m->room - m->n_heard);
        assert_true(got > 0);
        m->n_heard += (size_t)got;
        m->packets++;
    }
}

/* Beats for ms; what each member says in them is played in ms_played where that is not 0. */
static void run(struct world *w, unsigned ms)
{
    for (unsigned done = 0; done < ms; done += w->beat_ms) {
        w->now_us += w->beat_ms * UINT64_C(1000);
        w->thread.last_beat_us = w->now_us;
        for (size_t i = 0; i < w->n; i++)
            speak(&w->at[i], w->beat_ms);
        media_mix_beat(&w->thread, w->now_us);
        for (size_t i = 0; i < w->n; i++)
            listen_to(&w->at[i]);
    }
}

static void forget(struct world *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->at[i].n_heard = w->at[i].packets = 0;
}

/* --- what is heard ---------------------------------------------------------------------------- */

static double amplitude(const struct member *m, double hz)
{
    double rate_hz = audio_decoder_rate_hz(m->decoder), re = 0, im = 0;

    for (size_t i = 0; i < m->n_heard; i++) {
        re += m->heard[i] * cos(2 * PI * hz * (double)i / rate_hz);
        im += m->heard[i] * sin(2 * PI * hz * (double)i / rate_hz);
    }
    return m->n_heard ? 2 * sqrt(re * re + im * im) / (double)m->n_heard : 0;
}

static bool is_heard(const struct member *m, const struct member *other)
{
    double a = amplitude(m, other->hz);

    if (a < LOUD / 30)
        return false;
    if (a < LOUD * 0.8 || a > LOUD * 1.2)
        fail_msg("%.0f Hz is heard at %.0f by %.0f", other->hz, a, m->hz);
    return true;
}

/* Each member of mix hears all others of it and nobody else. */
static void check_mix(const struct world *w, const unsigned mix[])
{
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < w->n; k++)
            if (is_heard(&w->at[i], &w->at[k]) != (i != k && mix[i] && mix[i] == mix[k]))
                fail_msg("%zu of %u and %zu of %u", i, mix[i], k, mix[k]);
}

/* The share of what is heard that are the voices of the others: gaps and steps are noise. */
static double purity(const struct world *w, const struct member *m)
{
    double all = 0, voices = 0;

    for (size_t i = 0; i < m->n_heard; i++)
        all += (double)m->heard[i] * m->heard[i];
    for (size_t i = 0; i < w->n; i++)
        if (&w->at[i] != m) {
            double a = amplitude(m, w->at[i].hz);

            voices += a * a / 2 * (double)m->n_heard;
        }
    return all > 0 ? voices / all : 0;
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
    const unsigned one[MEMBERS_MAX] = {1, 1, 1, 1};
    struct world *w;

    set_up((void **)&w);
    w->beat_ms = row->beat_ms;
    for (size_t i = 0; i < ARRAY_LEN(row->codecs) && row->codecs[i]; i++)
        stream_set_mix(add(w, row->codecs[i], row->ptimes_ms[i], 350 + 450 * (double)i)->stream, 1);
    run(w, 480);
    forget(w);
    run(w, 1200);
    check_mix(w, one);
    for (size_t i = 0; i < w->n; i++) {
        assert_int_equal(w->at[i].packets, 1200 / row->ptimes_ms[i]);
        if (purity(w, &w->at[i]) < row->purity)
            fail_msg("%zu hears voices with %.4f purity", i, purity(w, &w->at[i]));
    }
    tear_down((void **)&w);
}

/* --- in, out, held ---------------------------------------------------------------------------- */

/* members of PCMU, all in mix 1. */
static void connect_all(struct world *w, size_t members)
{
    for (size_t i = 0; i < members; i++)
        stream_set_mix(add(w, "PCMU", 20, 350 + 450 * (double)i)->stream, 1);
}

static void settle(struct world *w)
{
    run(w, 200);
    forget(w);
    run(w, 400);
}

static void conferences_are_apart(void **state)
{
    struct world *w = *state;

    connect_all(w, 5);
    stream_set_mix(w->at[3].stream, 2);
    stream_set_mix(w->at[4].stream, 2);
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 1, 2, 2});
    stream_set_mix(w->at[0].stream, 2);
    settle(w);
    check_mix(w, (unsigned[]){2, 1, 1, 2, 2});
    stream_set_mix(w->at[1].stream, 0);
    settle(w);
    check_mix(w, (unsigned[]){2, 0, 1, 2, 2});
    assert_int_equal(w->at[1].packets, 0); /* its own beat sends it, outside of a mix */
}

/* The rate is that of the best, for as long as it is there. */
static void another_rate_comes_and_goes(void **state)
{
    struct world *w = *state;
    struct member *wide;

    connect_all(w, 3);
    wide = add(w, "opus", 20, 2000);
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 1, 0});
    stream_set_mix(wide->stream, 1);
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 1, 1});
    stream_set_mix(wide->stream, 0);
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 1, 0});
    for (size_t i = 0; i < 3; i++)
        assert_true(purity(w, &w->at[i]) > 0.998);
}

/* What it is sent from here on. */
static void change_codec_to(struct member *m, const char *codec)
{
    const struct audio_codec_params plain = {.channels = 1};
    struct media_stream *s = m->stream;

    s->agreed->send = audio_codec_find(slice_of(codec), 0, 0);
    stream_prepare_sending(s, NULL);
    audio_decoder_free(m->decoder);
    assert_int_equal(audio_decoder_new(s->agreed->send, &plain, &m->decoder), 0);
}

/* And what it sends. */
static void change_codec_from(struct member *m, const char *codec)
{
    struct media_stream *s = m->stream;

    s->agreed->receive[0] = audio_codec_find(slice_of(codec), 0, 0);
    playout_free(s->playout);
    s->playout = NULL;
    stream_prepare_receiving(s, NULL);
}

static void a_better_codec_is_agreed(void **state)
{
    struct world *w = *state;

    connect_all(w, 3);
    run(w, 200);
    for (size_t i = 0; i < 2; i++) {
        change_codec_to(&w->at[i], "opus");
        change_codec_from(&w->at[i], "opus");
    }
    w->at[0].hz = 6000; /* which takes more than the 8 kHz of the third */
    settle(w);
    assert_true(is_heard(&w->at[1], &w->at[0]) && !is_heard(&w->at[2], &w->at[0]));
    w->at[0].hz = 350;
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 1});
}

/* RFC 3264 5.1: each side sends what it likes of what was agreed. */
static void who_hears_at_another_rate_than_it_speaks(void **state)
{
    struct world *w = *state;

    connect_all(w, 3);
    change_codec_to(&w->at[0], "opus");
    change_codec_from(&w->at[1], "opus");
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 1});
    for (size_t i = 0; i < 3; i++)
        if (purity(w, &w->at[i]) < 0.96)
            fail_msg("%zu hears voices with %.4f purity", i, purity(w, &w->at[i]));
}

/* What it said before is of another rate, and not enough for a long beat at this one. */
static void the_codec_changes_while_it_is_held(void **state)
{
    struct world *w = *state;
    struct media_params *held;

    connect_all(w, 3);
    held = &w->at[0].stream->agreed->params;
    run(w, 100);
    held->send = held->receive = false;
    change_codec_to(&w->at[0], "opus");
    w->beat_ms = 120;
    run(w, 120);
    w->beat_ms = 20;
    held->send = held->receive = true;
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 1});
}

/* We hold it: it hears nothing, and nobody hears it; what was said meanwhile is not told later. */
static void who_is_held_misses_what_is_said(void **state)
{
    struct world *w = *state;
    struct media_params *held;

    connect_all(w, 2);
    stream_set_mix(add(w, "PCMU", 60, 2150)->stream, 1);
    held = &w->at[2].stream->agreed->params;
    run(w, 220); /* in the middle of a packet */
    held->send = held->receive = false;
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 0});
    assert_int_equal(w->at[2].packets, 0);
    w->at[0].hz = 0;
    run(w, 200);
    forget(w);
    held->send = held->receive = true;
    run(w, 400);
    assert_true(is_heard(&w->at[2], &w->at[1]));
    w->at[0].hz = 350;
    assert_false(is_heard(&w->at[2], &w->at[0]));
}

static void music_on_hold_is_not_for_all(void **state)
{
    struct world *w = *state;

    connect_all(w, 3);
    w->at[2].stream->agreed->params.send = false; /* it wants to hear nothing, and plays */
    settle(w);
    check_mix(w, (unsigned[]){1, 1, 0});
}

static void who_only_listens_hears(void **state)
{
    struct world *w = *state;

    connect_all(w, 3);
    w->at[2].stream->agreed->params.receive = false;
    settle(w);
    assert_true(is_heard(&w->at[2], &w->at[0]) && is_heard(&w->at[2], &w->at[1]));
    assert_false(is_heard(&w->at[0], &w->at[2]));
}

static void full_voices_are_clipped_and_not_wrapped(void **state)
{
    int16_t loud[160];
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(loud); i++)
        loud[i] = 30000;
    connect_all(w, 3);
    for (size_t i = 0; i < 3; i++)
        w->at[i].hz = 0;
    run(w, 20);
    forget(w);
    stream_mix_put(w->at[0].stream, loud, ARRAY_LEN(loud), 8000);
    stream_mix_put(w->at[1].stream, loud, ARRAY_LEN(loud), 8000);
    w->now_us += 20000;
    media_mix_beat(&w->thread, w->now_us);
    for (size_t i = 0; i < 3; i++)
        listen_to(&w->at[i]);
    assert_in_range(w->at[2].heard[80], 31000, 32767);
    assert_in_range(w->at[0].heard[80], 29000, 31000);
}

/* --- delay ------------------------------------------------------------------------------------ */

/* When a tone that begins now is heard, in ms after the packet that leaves with this beat. */
static double delay_ms(struct world *w, struct member *from, const struct member *to, double hz)
{
    size_t i = 0;

    forget(w);
    from->hz = hz;
    from->said = 0;
    run(w, 400);
    while (i < to->n_heard && abs(to->heard[i]) < 500)
        i++;
    from->hz = 0;
    run(w, 400);
    return (double)i * 1000 / audio_decoder_rate_hz(to->decoder);
}

static void what_is_said_leaves_in_the_same_beat(void **state)
{
    struct world *w = *state;

    connect_all(w, 3);
    for (size_t i = 0; i < 3; i++)
        w->at[i].hz = 0;
    run(w, 400);
    assert_true(delay_ms(w, &w->at[0], &w->at[1], 1000) < 1);
    assert_true(delay_ms(w, &w->at[2], &w->at[1], 1000) < 1);
}

static void conversion_costs_some_milliseconds(void **state)
{
    struct world *w = *state;

    connect_all(w, 2);
    stream_set_mix(add(w, "opus", 20, 0)->stream, 1);
    for (size_t i = 0; i < 3; i++)
        w->at[i].hz = 0;
    run(w, 400);
    assert_true(delay_ms(w, &w->at[0], &w->at[1], 1000) < 1);
    assert_true(delay_ms(w, &w->at[2], &w->at[1], 1000) < 8);
    assert_true(delay_ms(w, &w->at[0], &w->at[2], 1000) < 16); /* Opus has its own delay, too */
}

/* Whatever happened, it is as before soon after. */
static void disturbances_leave_no_delay(void **state)
{
    static const unsigned stalls_ms[] = {40, 60, 80, 120, 180, 500, 3000};
    struct world *w = *state;

    connect_all(w, 3);
    for (size_t i = 0; i < 3; i++)
        w->at[i].hz = 0;
    run(w, 400);
    for (size_t i = 0; i < ARRAY_LEN(stalls_ms); i++) {
        unsigned beat_ms = w->beat_ms;

        w->beat_ms = stalls_ms[i] < 100 ? stalls_ms[i] : beat_ms;
        w->now_us += stalls_ms[i] < 100 ? 0 : stalls_ms[i] * UINT64_C(1000);
        run(w, w->beat_ms); /* one beat, that stands for all that were missed */
        w->beat_ms = beat_ms;
        run(w, 200);
        if (delay_ms(w, &w->at[0], &w->at[1], 1000) >= 10)
            fail_msg("a stall of %u ms leaves delay", stalls_ms[i]);
    }
}

/* More than the time that it stands for, again and again: a clock that runs away. */
static void nothing_piles_up(void **state)
{
    struct world *w = *state;
    int16_t surplus[160] = {0};

    connect_all(w, 3);
    for (size_t i = 0; i < 3; i++)
        w->at[i].hz = 0;
    for (unsigned i = 0; i < 200; i++) {
        stream_mix_put(w->at[0].stream, surplus, ARRAY_LEN(surplus), 8000);
        run(w, 20);
    }
    assert_true(delay_ms(w, &w->at[0], &w->at[1], 1000) < 10);
}

/* --- our own voice ---------------------------------------------------------------------------- */

/* The microphone goes to all of them; muted, they still hear each other. */
static void our_own_voice_goes_to_all(void **state)
{
    struct world *w = *state;
    struct member us = {.hz = 2600};

    connect_all(w, 3);
    for (unsigned beat = 0; beat < 60; beat++) {
        int16_t said[160];

        for (size_t i = 0; i < ARRAY_LEN(said); i++, us.said++)
            said[i] = (int16_t)lrint(LOUD * sin(2 * PI * us.hz * (double)us.said / 8000));
        for (size_t i = 0; i < 3; i++) {
            w->at[i].stream->source = SOURCE_DEVICE;
            stream_push_microphone(w->at[i].stream, said, ARRAY_LEN(said), 8000);
            w->at[i].stream->muted = beat >= 30;
        }
        run(w, 20);
        if (beat == 29) {
            check_mix(w, (unsigned[]){1, 1, 1});
            for (size_t i = 0; i < 3; i++)
                assert_true(is_heard(&w->at[i], &us));
        }
        if (beat == 29 || beat == 30)
            forget(w);
    }
    check_mix(w, (unsigned[]){1, 1, 1});
    for (size_t i = 0; i < 3; i++)
        assert_false(is_heard(&w->at[i], &us));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest others[] = {
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
    };
    struct CMUnitTest tests[ARRAY_LEN(rows) + ARRAY_LEN(others)];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)&rows[i]};
    memcpy(tests + ARRAY_LEN(rows), others, sizeof others);
    return cmocka_run_group_tests_name("phone/media_mix", tests, NULL, NULL);
}
