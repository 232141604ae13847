/* Playing and recording by command, at any time of a call: what is told, and what is on the
 * disk. */
#include "phone/phone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/file.h"
#include "tests/lib/temporary.h"
#include "tests/unit/phone/phones.h"

#define A (&p->at[0])
#define B (&p->at[1])

static const char *const names[] = {"long.wav", "short.wav", "1.wav", "2.flac", "3.ogg", "4.wav"};
static char folder[TEMPORARY_MAX] = "/tmp/tphone-test-sound-XXXXXX";

/* The file of this name: good for three more of them. */
static const char *in_folder(const char *name)
{
    static char paths[4][TEMPORARY_MAX + 16];
    static unsigned turn;
    char *path = paths[turn++ % ARRAY_LEN(paths)];

    snprintf(path, sizeof paths[0], "%s/%.14s", folder, name);
    return path;
}

static void write_tone(const char *name, unsigned ms)
{
    struct audio_writer *w;
    int16_t samples[80];

    assert_int_equal(audio_writer_open(in_folder(name), 8000, 1, &w, NULL), 0);
    for (unsigned at = 0; at < ms * 8; at += ARRAY_LEN(samples)) {
        for (size_t i = 0; i < ARRAY_LEN(samples); i++)
            samples[i] = (int16_t)(8000 * sin((double)(at + i) * 0.35));
        audio_writer_write(w, samples, ARRAY_LEN(samples));
    }
    assert_int_equal(audio_writer_close(w), 0);
}

static int set_up(void **state)
{
    static struct phones p;

    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(temporary_folder(folder));
    write_tone("long.wav", 20000);
    write_tone("short.wav", 60);
    phones_open(&p, 2);
    *state = &p;
    return 0;
}

static int tear_down(void **state)
{
    phones_close(*state);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

static int play(struct phones_end *end, uint32_t call, const char *name)
{
    struct phone_command command = {
        .kind = PHONE_PLAY, .call = call, .sound.play = in_folder(name)};

    return phone_do(end->phone, &command, NULL, NULL);
}

/* name NULL: nothing more. */
static int record(struct phones_end *end, uint32_t call, const char *name, enum phone_sides sides)
{
    struct phone_command command = {
        .kind = PHONE_RECORD,
        .call = call,
        .sound = {.record = name ? in_folder(name) : NULL, .sides = sides},
    };

    return phone_do(end->phone, &command, NULL, NULL);
}

/* The next one, which is not found again. */
static const struct phones_seen *next(struct phones_end *end, enum phone_event_kind kind,
                                      uint32_t call)
{
    const struct phones_seen *s = phones_wait(end, kind, call);

    end->from = (size_t)(s - end->seen) + 1;
    return s;
}

static void wait_for_file(struct phones_end *end, enum phone_event_kind kind, uint32_t call,
                          const char *name, const char *text)
{
    const struct phones_seen *s = next(end, kind, call);

    assert_string_equal(s->file, in_folder(name));
    assert_string_equal(s->text, text);
}

/* Of the events about files, in their order: "+1 +2 -1". */
static void recordings(const struct phones_end *end, char *out, size_t room)
{
    *out = '\0';
    for (size_t i = 0; i < end->n; i++) {
        const char *base = strrchr(end->seen[i].file, '/');

        if (end->seen[i].kind == PHONE_RECORDING)
            snprintf(out + strlen(out), room - strlen(out), "%c%c ", end->seen[i].on ? '+' : '-',
                     base ? base[1] : '?');
    }
}

static double seconds_of(const char *name)
{
    struct audio_reader *r;
    int16_t samples[480];
    double n = 0;
    int some;

    assert_int_equal(audio_reader_open(in_folder(name), &r, NULL), 0);
    while ((some = audio_reader_read(r, samples, ARRAY_LEN(samples))) > 0)
        n += some;
    n /= audio_reader_rate_hz(r);
    audio_reader_close(r);
    return n;
}

static int loudest(const char *name)
{
    struct audio_reader *r;
    int16_t samples[480];
    int some, most = 0;

    assert_int_equal(audio_reader_open(in_folder(name), &r, NULL), 0);
    while ((some = audio_reader_read(r, samples, ARRAY_LEN(samples))) > 0)
        for (int i = 0; i < some; i++)
            most = abs(samples[i]) > most ? abs(samples[i]) : most;
    audio_reader_close(r);
    return most;
}

static void a_file_is_played_to_its_end(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    assert_int_equal(play(A, call, "short.wav"), 0);
    wait_for_file(A, PHONE_PLAYING, call, "short.wav", "");
    wait_for_file(A, PHONE_PLAY_ENDED, call, "short.wav", "");
    assert_int_equal(play(A, call, "short.wav"), 0); /* and again */
    wait_for_file(A, PHONE_PLAY_ENDED, call, "short.wav", "");
    assert_int_equal(phones_do(A, PHONE_STOP, call), -EBUSY);
}

static void another_file_takes_its_place(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, false);

    assert_int_equal(play(A, call, "long.wav"), 0);
    phones_run(p, 100);
    for (int i = 0; i < 20; i++)
        assert_int_equal(play(A, call, "short.wav"), 0);
    wait_for_file(A, PHONE_PLAY_ENDED, call, "short.wav", "");
    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_PLAY_ENDED, call)); /* once for all of them */
}

static void what_is_played_can_be_stopped(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    assert_int_equal(play(A, call, "long.wav"), 0);
    phones_run(p, 60);
    assert_int_equal(phones_do(A, PHONE_STOP, call), 0);
    wait_for_file(A, PHONE_PLAY_ENDED, call, "long.wav", "stopped before its end");
    assert_int_equal(phones_do(A, PHONE_STOP, call), -EBUSY);
}

/* What was to end the call has ended, but something else is said before it does. */
static void something_more_is_said(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);
    struct phone_command last = {
        .kind = PHONE_PLAY,
        .call = call,
        .sound = {.play = in_folder("short.wav"), .hangs_up = true},
    };

    assert_int_equal(phone_do(A->phone, &last, NULL, NULL), 0);
    wait_for_file(A, PHONE_PLAY_ENDED, call, "short.wav", "");
    assert_int_equal(play(A, call, "long.wav"), 0);
    phones_run(p, 400);
    assert_null(phones_find(A, PHONE_ENDED, call));
    assert_int_equal(phones_do(A, PHONE_STOP, call), 0);
    phones_run(p, 200); /* what is on its way */
    assert_int_equal(record(B, B->incoming, "1.wav", PHONE_SIDES_HEARD), 0);
    phones_run(p, 200);
    phones_do(A, PHONE_HANG_UP, call);
    phones_wait(B, PHONE_ENDED, B->incoming);
    assert_true(loudest("1.wav") < 100);
}

static void a_file_that_fails_is_over(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    assert_int_equal(play(A, call, "none.wav"), 0);
    assert_non_null(strstr(next(A, PHONE_SOUND_FAILED, call)->text, "none.wav"));
    assert_non_null(strstr(next(A, PHONE_PLAY_ENDED, call)->text, "none.wav"));
    assert_int_equal(play(A, call, "short.wav"), 0);
    wait_for_file(A, PHONE_PLAY_ENDED, call, "short.wav", "");
    assert_int_equal(play(A, call, ""), 0); /* a folder */
    next(A, PHONE_SOUND_FAILED, call);
}

static void on_hold_it_waits(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    assert_int_equal(phones_do(A, PHONE_HOLD, call), 0);
    phones_wait(A, PHONE_ON_HOLD, call);
    assert_int_equal(play(A, call, "short.wav"), 0);
    wait_for_file(A, PHONE_PLAYING, call, "short.wav", "");
    phones_run(p, 300);
    assert_null(phones_find(A, PHONE_PLAY_ENDED, call));
    assert_int_equal(phones_do(A, PHONE_RESUME, call), 0);
    wait_for_file(A, PHONE_PLAY_ENDED, call, "short.wav", "");
}

/* Both are asked for while it rings, and happen with the answer, which names no files. */
static void before_the_answer_they_wait_for_it(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_dial(A, &B->where, false);

    phones_wait(B, PHONE_INCOMING, 0);
    assert_int_equal(play(A, call, "short.wav"), 0);
    assert_int_equal(play(B, B->incoming, "short.wav"), 0);
    assert_int_equal(record(B, B->incoming, "1.wav", PHONE_SIDES_APART), 0);
    phones_run(p, 50);
    assert_null(phones_find(A, PHONE_PLAYING, 0));
    assert_null(phones_find(B, PHONE_RECORDING, 0));
    assert_int_equal(phones_do(B, PHONE_ANSWER, B->incoming), 0);
    wait_for_file(A, PHONE_PLAY_ENDED, call, "short.wav", "");
    wait_for_file(B, PHONE_RECORDING, B->incoming, "1.wav", "");
    phones_do(A, PHONE_HANG_UP, call);
    assert_int_equal(next(B, PHONE_RECORDING, B->incoming)->on, false);
    wait_for_file(B, PHONE_ENDED, B->incoming, "1.wav", "the other side hung up");
    assert_true(seconds_of("1.wav") > 0.05);
}

static void files_follow_one_another(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);
    char told[64];

    assert_int_equal(record(A, call, "1.wav", PHONE_SIDES_HEARD), 0);
    phones_run(p, 200);
    assert_int_equal(record(A, call, "2.flac", PHONE_SIDES_APART), 0);
    phones_run(p, 200);
    assert_int_equal(record(A, call, "3.ogg", PHONE_SIDES_MIXED), 0);
    phones_run(p, 200);
    assert_int_equal(record(A, call, NULL, 0), 0);
    assert_int_equal(record(A, call, NULL, 0), -EBUSY);
    phones_run(p, 200);
    phones_do(A, PHONE_HANG_UP, call);
    phones_wait(A, PHONE_ENDED, call);
    recordings(A, told, sizeof told);
    assert_string_equal(told, "+1 +2 -1 +3 -2 -3 ");
    for (size_t i = 2; i < 5; i++)
        assert_true(seconds_of(names[i]) > 0.1 && seconds_of(names[i]) < 0.6);
}

/* The one before is complete before the next one begins. */
static void the_same_file_again_and_again(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);
    unsigned on = 0, off = 0;

    for (int i = 0; i < 20; i++)
        assert_int_equal(record(A, call, "1.wav", PHONE_SIDES_APART), 0);
    phones_run(p, 300);
    phones_do(A, PHONE_HANG_UP, call);
    phones_wait(A, PHONE_ENDED, call);
    for (size_t i = 0; i < A->n; i++) {
        on += A->seen[i].kind == PHONE_RECORDING && A->seen[i].on;
        off += A->seen[i].kind == PHONE_RECORDING && !A->seen[i].on;
    }
    assert_int_equal(on, 20);
    assert_int_equal(off, 20);
    assert_true(seconds_of("1.wav") > 0.1);
}

static void other_endings_start_no_call(void **state)
{
    struct phones *p = *state;
    struct phone_command command = {
        .kind = PHONE_DIAL, .target = "x@127.0.0.1:9", .sound.record = "a.mp3"};
    struct buf why = buf_new(1024);

    assert_int_equal(phone_do(A->phone, &command, NULL, &why), -EINVAL);
    assert_non_null(strstr(buf_cstr(&why), "a.mp3"));
    assert_int_equal(phone_calls(A->phone), 0);
    buf_free(&why);
}

static void a_recording_that_fails_is_told_once(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);
    const struct phones_seen *s;

    assert_int_equal(record(A, call, "1.mp4", PHONE_SIDES_HEARD), -EINVAL);
    assert_int_equal(record(A, call, "none/1.wav", PHONE_SIDES_HEARD), 0);
    assert_true(next(A, PHONE_RECORDING, call)->on);
    s = next(A, PHONE_RECORDING, call);
    assert_false(s->on);
    assert_non_null(strstr(s->text, "none/1.wav"));
    assert_int_equal(record(A, call, NULL, 0), -EBUSY);
    phones_do(A, PHONE_HANG_UP, call);
    phones_wait(A, PHONE_ENDED, call);
    assert_null(phones_find(A, PHONE_SOUND_FAILED, call));
}

int main(void)
{
#define SOUND_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    /* clang-format off */
    const struct CMUnitTest tests[] = {
        SOUND_TEST(a_file_is_played_to_its_end),
        SOUND_TEST(another_file_takes_its_place),
        SOUND_TEST(what_is_played_can_be_stopped),
        SOUND_TEST(something_more_is_said),
        SOUND_TEST(a_file_that_fails_is_over),
        SOUND_TEST(on_hold_it_waits),
        SOUND_TEST(before_the_answer_they_wait_for_it),
        SOUND_TEST(files_follow_one_another),
        SOUND_TEST(the_same_file_again_and_again),
        SOUND_TEST(other_endings_start_no_call),
        SOUND_TEST(a_recording_that_fails_is_told_once),
    };
    /* clang-format on */

    return cmocka_run_group_tests(tests, NULL, NULL);
}
