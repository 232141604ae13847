/* What is heard of a call, with each codec, and the files that sound comes from and goes to. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audio/file.h"
#include "net/loop.h"
#include "tests/lib/envelope.h"
#include "tests/unit/phone/patient_clock.h"
#include "tests/unit/phone/streams.h"

/* --- the clock that they go by ---------------------------------------------------------------- */

#define STOPPED_MS 400

static void stop_for_a_while(pid_t who)
{
    kill(who, SIGSTOP);
    usleep(STOPPED_MS * 1000);
    kill(who, SIGCONT);
    _exit(0);
}

/* Else the tests below need luck on a machine that stands still now and then. */
static void test_the_clock_stands_while_we_are_stopped(void **state)
{
    uint64_t before_ns = uv_hrtime(), took_ns;
    pid_t who = getpid(), child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0)
        stop_for_a_while(who);
    assert_int_equal(waitpid(child, NULL, 0), child);
    took_ns = uv_hrtime() - before_ns;
    assert_true(took_ns < (uint64_t)STOPPED_MS * 1000000 / 2);
}

/* --- a call with each codec ------------------------------------------------------------------- */

static const struct row {
    const char *name, *codec;
    uint32_t file_hz, recorded_hz;
    uint16_t ptime_ms;
    bool mux;
} rows[] = {
    {"PCMU carries speech both ways", "PCMU", 8000, 8000, 20, false},
    {"PCMA from a file of another rate, RTCP on the same port", "PCMA", 44100, 8000, 0, true},
    {"PCMA in packets of 30 ms", "PCMA", 16000, 8000, 30, false},
    {"Opus carries speech both ways", "opus", 16000, 48000, 20, false},
    {"Opus in packets of 60 ms", "opus", 48000, 48000, 60, true},
};

/* The delay of a call wanders: it begins with a packet and a little, and comes down to what the
 * network needs. */
static bool sounds_like(const char *spoken, const char *heard, double least)
{
    struct envelope a = envelope_of_file(spoken), b = envelope_of_file(heard);
    struct envelope_match m = envelope_match_moving(&a, &b, 600, 40);

    if (m.correlation < least)
        print_message("%s: correlation %.3f at %d ms\n", heard, m.correlation, m.delay_ms);
    envelope_free(&a);
    envelope_free(&b);
    return m.correlation >= least;
}

static bool is_same_sound(const char *spoken, const char *heard)
{
    return sounds_like(spoken, heard, 0.95);
}

static void check_totals(const struct media_stats *t, const struct media_stats *other,
                         const struct row *row)
{
    assert_string_equal(t->codec, row->codec);
    assert_string_equal(t->heard_codec, row->codec);
    assert_true(t->heard_packet_ms == (row->ptime_ms ? row->ptime_ms : 20));
    assert_true(t->playout_delay_mean_ms >= t->heard_packet_ms);
    assert_true(t->packets_sent > 1500 / 60);
    assert_true(t->packets_received + 2 >= other->packets_sent);
    assert_true(t->lost <= 1);
    assert_int_equal(t->packets_refused, 0);
    assert_true(t->bytes_sent > 0);
}

static uint32_t rate_of(const char *path)
{
    struct audio_reader *reader;
    char why[AUDIO_WHY_MAX];
    uint32_t rate_hz;

    assert_int_equal(audio_reader_open(path, &reader, why), 0);
    rate_hz = audio_reader_rate_hz(reader);
    audio_reader_close(reader);
    return rate_hz;
}

/* One call; false where the sound did not arrive as it was. */
static bool make_call(const struct row *row)
{
    struct streams *w = streams_new(NULL);
    struct streams_side *sides[2] = {&w->a, &w->b};
    struct media_params to_b = streams_params(media_stream_port(w->b.stream), row->codec);
    struct media_params to_a = streams_params(media_stream_port(w->a.stream), row->codec);
    bool same;

    to_a.ptime_ms = to_b.ptime_ms = row->ptime_ms;
    to_a.rtcp_mux = to_b.rtcp_mux = row->mux;
    for (int i = 0; i < 2; i++) {
        envelope_write_syllables(sides[i]->play, row->file_hz, 1500, 17 + (uint64_t)i);
        media_stream_play(sides[i]->stream, sides[i]->play);
        media_stream_record(sides[i]->stream, sides[i]->record, PHONE_SIDES_HEARD);
    }
    assert_int_equal(media_stream_start(w->a.stream, &to_b), 0);
    assert_int_equal(media_stream_start(w->b.stream, &to_a), 0);
    streams_wait(w, &w->a.told[MEDIA_FILE_ENDED], 1);
    streams_wait(w, &w->b.told[MEDIA_FILE_ENDED], 1);
    loop_run_ms(&w->loop, 300);
    streams_stop(w);
    assert_int_equal(w->a.told[MEDIA_FIRST_PACKET], 1);
    assert_int_equal(w->b.told[MEDIA_FIRST_PACKET], 1);
    same = is_same_sound(w->a.play, w->b.record) && is_same_sound(w->b.play, w->a.record);
    check_totals(&w->a.totals, &w->b.totals, row);
    check_totals(&w->b.totals, &w->a.totals, row);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rate_of(sides[i]->record), row->recorded_hz);
    streams_free(w);
    return same;
}

/* Fifty times slower than life, Opus cannot keep up; valgrind looks for other things than sound. */
static bool is_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded && strstr(preloaded, "vgpreload");
}

/* The clock stands while we are stopped. Where a thread alone has to wait, as with many tests at
 * once, the sound gets a hole. That is no fault of the code, so a call has three tries; a fault
 * would show in each. */
static void check_row(void **state)
{
    const struct row *row = *state;
    bool same = false;

    if (is_under_valgrind()) {
        (void)make_call(row);
        return;
    }
    for (int i = 0; i < 3 && !same; i++)
        same = make_call(row);
    assert_true(same);
}

/* --- files ------------------------------------------------------------------------------------ */

#define LATE_MS 60 /* may begin and end so much later than it was told to */

/* While nobody sends; false where what is recorded is too short. */
static bool record_silence(void)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->a.stream), "PCMU");
    struct audio_reader *reader;
    char why[AUDIO_WHY_MAX];
    uint64_t begun_us = net_now_us(), ms, recorded_ms;

    p.send = false;
    media_stream_record(w->b.stream, w->b.record, PHONE_SIDES_HEARD);
    assert_int_equal(media_stream_start(w->b.stream, &p), 0);
    loop_run_ms(&w->loop, 700);
    media_stream_stop(w->b.stream);
    streams_wait(w, &w->b.told[MEDIA_CLOSED], 1);
    ms = (net_now_us() - begun_us) / 1000;
    assert_int_equal(audio_reader_open(w->b.record, &reader, why), 0);
    recorded_ms = audio_reader_length(reader) / 8;
    audio_reader_close(reader);
    assert_true(recorded_ms <= ms);
    streams_stop(w);
    streams_free(w);
    return recorded_ms >= 700 - LATE_MS;
}

/* That a machine has let the media thread wait for longer is no fault, which would show in each. */
static void test_recording_keeps_the_time_line(void **state)
{
    bool whole = false;

    (void)state;
    for (int i = 0; i < 3 && !whole; i++)
        whole = record_silence();
    assert_true(whole);
}

/* One call; false where the sound is another. */
static bool record_a_moving_call(void)
{
    struct streams *w = streams_new(NULL);
    struct media_open how = {.local = streams_loopback()};
    static const char *const codecs[] = {"PCMU", "opus", "PCMA", "opus"};
    bool same;

    envelope_write_syllables(w->a.play, 16000, 2400, 31);
    media_stream_play(w->a.stream, w->a.play);
    media_stream_record(w->a.stream, w->a.record, PHONE_SIDES_APART);
    media_stream_record(w->b.stream, w->b.record, PHONE_SIDES_MIXED);
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        if (i == 2)
            assert_int_equal(media_stream_move(w->b.stream, &how), 0);
        streams_start(w, codecs[i]);
        loop_run_ms(&w->loop, 500);
    }
    streams_wait(w, &w->a.told[MEDIA_FILE_ENDED], 1);
    loop_run_ms(&w->loop, 300);
    streams_stop(w);
    assert_int_equal(w->a.told[MEDIA_RECORDED], 1);
    assert_int_equal(w->b.told[MEDIA_RECORDED], 1);
    same = is_same_sound(w->a.play, w->a.record) &&
           sounds_like(w->a.play, w->b.record, 0.85); /* packets got lost on the way */
    streams_free(w);
    return same;
}

/* The files have the rate of the first codec, and a sound is where it was, to the end. Three tries,
 * as for the calls above. */
static void test_a_recording_outlives_codecs_and_moves(void **state)
{
    bool same = false;

    (void)state;
    for (int i = 0; i < 3 && !same; i++)
        same = record_a_moving_call();
    assert_true(same);
}

static void test_files_that_are_not_there(void **state)
{
    struct streams *w = streams_new(NULL);

    (void)state;
    media_stream_play(w->a.stream, "/nonexistent/spoken.wav");
    media_stream_record(w->a.stream, "/nonexistent/heard.wav", PHONE_SIDES_HEARD);
    streams_start(w, "PCMU");
    streams_wait(w, &w->a.told[MEDIA_SOURCE_FAILED], 1);
    streams_wait(w, &w->a.told[MEDIA_RECORDED], 1);
    assert_non_null(strstr(w->a.why, "/nonexistent/heard.wav"));
    assert_true(streams_stats(w, &w->a).packets_sent > 0); /* silence */
    streams_stop(w);
    streams_free(w);
}

static void test_files_are_checked_before_the_call(void **state)
{
    struct streams *w = streams_new(NULL);
    char why[MEDIA_WHY_MAX];

    (void)state;
    assert_int_equal(media_check_record("/nonexistent/heard.wav", why), -ENOENT);
    assert_non_null(strstr(why, "/nonexistent/heard.wav"));
    assert_true(media_check_record(w->dir, why) < 0);
    assert_int_equal(media_check_record(w->a.record, why), 0);
    assert_int_equal(access(w->a.record, F_OK), -1); /* it is not left behind */
    envelope_write_syllables(w->a.play, 8000, 100, 1);
    assert_int_equal(media_check_play(w->a.play, why), 0);
    assert_int_equal(media_check_record(w->a.play, why), 0);
    assert_int_equal(media_check_play(w->a.play, why), 0); /* and not emptied */
    assert_true(media_check_play("/nonexistent/spoken.wav", why) < 0);
    envelope_write_syllables(w->a.play, 8000, 0, 1);
    assert_int_equal(media_check_play(w->a.play, why), -ENODATA);
    assert_non_null(strstr(why, "there is no sound in it"));
    streams_stop(w);
    streams_free(w);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_the_clock_stands_while_we_are_stopped),
        cmocka_unit_test(test_recording_keeps_the_time_line),
        cmocka_unit_test(test_a_recording_outlives_codecs_and_moves),
        cmocka_unit_test(test_files_that_are_not_there),
        cmocka_unit_test(test_files_are_checked_before_the_call),
    };

    int failed;

    patient_clock_start();
    failed = RUN_ROWS("phone/media", rows, check_row) +
             cmocka_run_group_tests_name("phone/media", rest, NULL, NULL);
    patient_clock_stop();
    return failed;
}
