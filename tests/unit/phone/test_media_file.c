/* phone/media_file: a file is played at any rate; a disk that does not answer holds no call. */
#include "phone/media_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/file.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"
#include "tests/lib/temporary.h"

struct stuck {
    struct media_job job;
    uv_sem_t *gate;
};

static void wait_at_gate(struct media_job *job)
{
    uv_sem_wait(LIST_ITEM(job, struct stuck, job)->gate);
}

static void forget(struct media_job *job)
{
    (void)job;
}

struct told {
    int failed, closed, err;
    char why[256];
};

static void on_failed(void *arg, int err, const char *why)
{
    struct told *told = arg;

    told->failed++;
    told->err = err;
    snprintf(told->why, sizeof told->why, "%s", why);
}

static void on_closed(void *arg)
{
    ((struct told *)arg)->closed++;
}

static const struct media_file_events events = {on_failed, on_closed};

struct rig {
    uv_loop_t loop;
    struct media_jobs jobs;
    uv_sem_t gate;
    struct stuck stuck[MEDIA_JOBS_WORKERS_MAX];
};

static void begin(struct rig *rig)
{
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    assert_int_equal(media_jobs_init(&rig->jobs, &rig->loop), 0);
    assert_int_equal(uv_sem_init(&rig->gate, 0), 0);
}

/* All workers there may be are held before a file has its turn. */
static void begin_stuck(struct rig *rig)
{
    begin(rig);
    for (int i = 0; i < MEDIA_JOBS_WORKERS_MAX; i++) {
        rig->stuck[i] = (struct stuck){{.work = wait_at_gate, .done = forget}, &rig->gate};
        media_jobs_put(&rig->jobs, &rig->stuck[i].job);
    }
}

/* The disk is back. */
static void end(struct rig *rig)
{
    for (int i = 0; i < MEDIA_JOBS_WORKERS_MAX; i++)
        uv_sem_post(&rig->gate);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    media_jobs_close(&rig->jobs);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    uv_sem_destroy(&rig->gate);
}

enum { SINE_HZ = 500, FILE_HZ = 16000, PIECE = 480 };

/* Three seconds of a sine, the same in as many channels. */
static void make_file(const char *path, uint8_t channels)
{
    static int16_t sound[3 * FILE_HZ * 2];
    struct audio_writer *writer;
    size_t n = 3 * FILE_HZ * channels;

    for (size_t i = 0; i < n; i++)
        sound[i] = (int16_t)lrint(
            8000 * sin(2 * 3.14159265358979 * SINE_HZ * (double)(i / channels) / FILE_HZ));
    assert_int_equal(audio_writer_open(path, FILE_HZ, channels, &writer, NULL), 0);
    assert_int_equal(audio_writer_write(writer, sound, 3 * FILE_HZ), 0);
    assert_int_equal(audio_writer_close(writer), 0);
}

static int clean_tenths(const int16_t *heard, size_t n, uint32_t rate_hz)
{
    size_t tenth = rate_hz / 10;
    int clean = 0;

    for (size_t at = 0; at + tenth <= n; at += tenth)
        clean += sound_share_at(heard + at, tenth, SINE_HZ, rate_hz) > 0.99;
    return clean;
}

/* The next seconds of it. Where the rate has changed, a few milliseconds are missing. */
static void hear(struct rig *rig, struct media_player *player, double seconds, uint32_t rate_hz)
{
    static int16_t heard[4 * 48000];
    size_t n = 0, most = (size_t)(seconds * rate_hz);

    assert_in_range(most, 1, ARRAY_LEN(heard) - PIECE);
    while (n < most && !media_player_ended(player)) {
        unsigned channels = 1;
        size_t want = most - n < PIECE ? most - n : PIECE;
        size_t some = media_player_read(player, heard + n, want, &channels);

        assert_int_equal(channels, 1);
        n += some;
        if (some == 0)
            uv_run(&rig->loop, UV_RUN_ONCE);
        else
            uv_run(&rig->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(n, most);
    assert_true(clean_tenths(heard, n, rate_hz) >= (int)(seconds * 10) - 1);
    assert_in_range((int)sound_loudness(heard, n), 5400, 5800); /* 8000 by the root of two */
}

/* What another part of the call wants: the file's rate or others, each from then on. */
static void plays_at_every_rate(uint8_t channels)
{
    static const uint32_t rates[] = {FILE_HZ, 48000, 8000, FILE_HZ, FILE_HZ};
    char folder[TEMPORARY_MAX] = "/tmp/test_media_file_XXXXXX", path[96];
    static struct rig rig;
    struct told told = {0};
    struct media_player *player;

    assert_non_null(temporary_folder(folder));
    snprintf(path, sizeof path, "%s/sine.wav", folder);
    make_file(path, channels);
    begin(&rig);
    assert_int_equal(
        media_player_open(&rig.jobs, path, rates[0], channels, &events, &told, &player), 0);
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        media_player_set_form(player, rates[i], (uint8_t)(i % 2 ? 1 : channels));
        hear(&rig, player, 0.5, rates[i]);
    }
    media_player_close(player);
    while (!told.closed)
        uv_run(&rig.loop, UV_RUN_ONCE);
    end(&rig);
    assert_int_equal(told.failed, 0);
    unlink(path);
    rmdir(folder);
}

static void mono_plays_at_every_rate(void **state)
{
    (void)state;
    plays_at_every_rate(1);
}

static void stereo_plays_at_every_rate(void **state)
{
    (void)state;
    plays_at_every_rate(2);
}

static void a_player_is_not_waited_for(void **state)
{
    static struct rig rig;
    struct told told = {0};
    struct media_player *player;

    (void)state;
    begin_stuck(&rig);
    assert_int_equal(media_player_open(&rig.jobs, "/dev/null", 8000, 1, &events, &told, &player),
                     0);
    media_player_close(player);
    assert_int_equal(told.closed, 0); /* never at once */
    while (!told.closed)
        uv_run(&rig.loop, UV_RUN_ONCE);
    end(&rig);
    assert_int_equal(told.closed, 1);
    assert_int_equal(told.failed, 0);
}

static void a_recording_has_failed(void **state)
{
    static const int16_t sound[800];
    char folder[TEMPORARY_MAX] = "/tmp/test_media_file_XXXXXX", path[96];
    FILE *made;
    static struct rig rig;
    struct told told = {0};
    struct media_sink *sink;

    (void)state;
    assert_non_null(temporary_folder(folder));
    snprintf(path, sizeof path, "%s/late.wav", folder);
    begin_stuck(&rig);
    assert_int_equal(media_recorder_open(&rig.jobs, path, 8000, 1, &events, &told, &sink), 0);
    sink->ops->begin(sink);
    sink->ops->write(sink, sound, 800);
    sink->ops->close(sink);
    while (!told.closed)
        uv_run(&rig.loop, UV_RUN_ONCE);
    end(&rig);
    assert_int_equal(told.closed, 1);
    assert_int_equal(told.failed, 1);
    assert_non_null(strstr(told.why, "does not answer"));
    made = fopen(path, "r"); /* written all the same, at last */
    assert_non_null(made);
    assert_int_equal(fseek(made, 0, SEEK_END), 0);
    assert_int_equal(ftell(made), 44 + 1600);
    fclose(made);
    unlink(path);
    rmdir(folder);
}

/* --- the form changes, as by re-INVITE -------------------------------------------------------- */

enum { TONES_HZ = 48000, LEVEL = 8000, SECONDS = 3 };

static double tone_at(unsigned channel, double at_s)
{
    return LEVEL * sin(2 * M_PI * (channel ? 660 : 440) * at_s);
}

static void write_tones(const char *path)
{
    int16_t *frames = calloc((size_t)SECONDS * TONES_HZ, 2 * sizeof *frames);
    struct audio_writer *w;

    assert_non_null(frames);
    for (size_t i = 0; i < 2 * SECONDS * TONES_HZ; i++)
        frames[i] = (int16_t)tone_at(i % 2, (double)(i / 2) / TONES_HZ);
    assert_int_equal(audio_writer_open(path, TONES_HZ, 2, &w, NULL), 0);
    assert_int_equal(audio_writer_write(w, frames, (size_t)SECONDS * TONES_HZ), 0);
    assert_int_equal(audio_writer_close(w), 0);
    free(frames);
}

static const struct form {
    uint32_t rate_hz;
    uint8_t channels;
} forms[] = {{48000, 2}, {8000, 1}, {48000, 2}, {48000, 1}, {16000, 1}, {24000, 2}, {48000, 2}};

/* What was read ahead in one channel is in both. */
static double off(const int16_t *frame, unsigned channels, double at_s)
{
    double left = tone_at(0, at_s), right = tone_at(1, at_s), mean = (left + right) / 2;
    double other = frame[channels - 1];

    return fmin(fmax(fabs(frame[0] - mean), fabs(other - mean)),
                channels == 2 ? fmax(fabs(frame[0] - left), fabs(other - right)) : INFINITY);
}

/* Ten milliseconds; how many of their samples are not what the file has there. */
static unsigned play_beat(struct media_player *p, const struct form *form, double at_s)
{
    int16_t out[2 * TONES_HZ / 100];
    unsigned channels = form->channels;
    size_t n = form->rate_hz / 100;
    unsigned wrong = 0;

    assert_int_equal(media_player_read(p, out, n, &channels), n);
    assert_in_range(channels, 1, form->channels);
    for (size_t i = 0; i < n; i++)
        wrong += off(out + i * channels, channels, at_s + (double)i / form->rate_hz) > LEVEL / 10;
    return wrong;
}

static void a_file_goes_on_in_another_form(void **state)
{
    char folder[TEMPORARY_MAX] = "/tmp/test_media_file_XXXXXX", path[96];
    struct told told = {0};
    struct media_player *p;
    static struct rig rig;
    double at_s = 0;

    (void)state;
    assert_non_null(temporary_folder(folder));
    snprintf(path, sizeof path, "%s/tones.wav", folder);
    write_tones(path);
    begin(&rig);
    assert_int_equal(
        media_player_open(&rig.jobs, path, forms[0].rate_hz, forms[0].channels, &events, &told, &p),
        0);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        media_player_set_form(p, forms[i].rate_hz, forms[i].channels);
        for (unsigned beat = 0; beat < 40; beat++, at_s += 0.01) {
            uv_run(&rig.loop, UV_RUN_DEFAULT); /* what is read ahead is there */
            /* Where two rates meet a resampler knows but one side, for a third of a millisecond. */
            assert_in_range(play_beat(p, &forms[i], at_s), 0, forms[i].rate_hz / 3000);
        }
    }
    media_player_close(p);
    end(&rig);
    assert_int_equal(told.closed, 1);
    assert_int_equal(told.failed, 0);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mono_plays_at_every_rate),
        cmocka_unit_test(stereo_plays_at_every_rate),
        cmocka_unit_test(a_player_is_not_waited_for),
        cmocka_unit_test(a_recording_has_failed),
        cmocka_unit_test(a_file_goes_on_in_another_form),
    };

    return cmocka_run_group_tests_name("phone/media_file", tests, NULL, NULL);
}
