/* Every kind of file that is written: decoded again, cut off, and on a full disk. */
#include "audio/file.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

#define PIECE 480 /* frames written at a time */
#define LEFT_HZ 440
#define RIGHT_HZ 1000
#define LOUD 8000
#define SECONDS 4

static const struct row {
    const char *name, *file;
    uint32_t rate_hz;
    uint8_t channels;
    int format;        /* of libsndfile */
    double killed_s;   /* that may be missing after a SIGKILL */
    rlim_t disk;       /* bytes that it has */
    double at_least_s; /* what is played of those */
} rows[] = {
    /* clang-format off */
    {"WAV, mono",             "a.wav",   8000, 1, SF_FORMAT_WAV,  1.0,  20001, 1.1},
    {"WAV, stereo, capitals", "a.WAV",  48000, 2, SF_FORMAT_WAV,  1.0, 200001, 0.9},
    {"FLAC, mono",            "a.flac",  8000, 1, SF_FORMAT_FLAC, 0.6,  10000, 0.5},
    {"FLAC, stereo",          "a.flac", 48000, 2, SF_FORMAT_FLAC, 0.1,  60000, 0.5},
    {"Ogg, mono",             "a.ogg",  48000, 1, SF_FORMAT_OGG,  2.1,  18000, 0.9},
    {"Ogg, stereo",           "a.opus", 16000, 2, SF_FORMAT_OGG,  2.1,  14000, 0.9},
    /* clang-format on */
};

static char folder[TEMPORARY_MAX] = "/tmp/tphone-test-write-XXXXXX";

static const char *path_of(const struct row *row)
{
    static char path[64];

    snprintf(path, sizeof path, "%s/%s", folder, row->file);
    return path;
}

static int16_t tone(uint64_t at, uint32_t rate_hz, double hz)
{
    return (int16_t)(LOUD * sin(2 * M_PI * hz * (double)at / rate_hz));
}

/* Tones for so many seconds, another in each channel, or until it fails. */
static int write_tones(struct audio_writer *w, const struct row *row)
{
    int16_t frames[2 * PIECE], *out;
    int err = 0;

    for (uint64_t at = 0; at < (uint64_t)row->rate_hz * SECONDS && !err; at += PIECE) {
        out = frames;
        for (uint64_t i = at; i < at + PIECE; i++) {
            *out++ = tone(i, row->rate_hz, LEFT_HZ);
            if (row->channels == 2)
                *out++ = tone(i, row->rate_hz, RIGHT_HZ);
        }
        err = audio_writer_write(w, frames, PIECE);
    }
    return err;
}

static struct audio_writer *open_writer(const struct row *row)
{
    struct audio_writer *w = NULL;

    unlink(path_of(row));
    assert_int_equal(audio_writer_open(path_of(row), row->rate_hz, row->channels, &w, NULL), 0);
    return w;
}

/* Fails where frames of this channel are not its tone all along. */
static void check_tone(const float *frames, size_t n, const struct row *row, unsigned channel)
{
    double hz = channel ? RIGHT_HZ : LEFT_HZ, re = 0, im = 0, all = 0;

    for (size_t i = 0; i < n; i++) {
        double angle = 2 * M_PI * hz * (double)i / row->rate_hz;
        double value = frames[i * row->channels + channel];

        re += value * cos(angle);
        im += value * sin(angle);
        all += value * value;
    }
    assert_true(all / (double)n > 0.02);                           /* as loud as it was */
    assert_true((re * re + im * im) * 2 / (double)n > 0.95 * all); /* and nothing else */
}

/* Seconds of sound in the file, which are as they were written. */
static double check_file(const struct row *row)
{
    SF_INFO info = {.format = 0};
    SNDFILE *file = sf_open(path_of(row), SFM_READ, &info);
    size_t room = (size_t)row->rate_hz * (SECONDS + 1);
    float *frames = calloc(room * row->channels, sizeof *frames);
    sf_count_t n;

    assert_non_null(file);
    assert_non_null(frames);
    assert_int_equal(info.format & SF_FORMAT_TYPEMASK, row->format);
    assert_int_equal(info.channels, row->channels);
    assert_int_equal(info.samplerate, row->rate_hz);
    n = sf_readf_float(file, frames, (sf_count_t)room);
    assert_true(n > 0);
    for (unsigned channel = 0; channel < row->channels; channel++)
        check_tone(frames, (size_t)n, row, channel);
    sf_close(file);
    free(frames);
    return (double)n / row->rate_hz;
}

static void comes_back_as_written(void **state)
{
    const struct row *row = *state;
    struct audio_writer *w = open_writer(row);
    struct stat st;
    double seconds;

    assert_int_equal(write_tones(w, row), 0);
    assert_true(audio_writer_frames(w) >= (uint64_t)row->rate_hz * SECONDS);
    assert_int_equal(audio_writer_close(w), 0);
    assert_int_equal(stat(path_of(row), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    seconds = check_file(row);
    assert_true(seconds > SECONDS - 0.01 && seconds < SECONDS + 0.1);
}

static void survives_its_writer(void **state)
{
    const struct row *row = *state;
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct audio_writer *w = open_writer(row);

        (void)write_tones(w, row);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(check_file(row) > SECONDS - row->killed_s);
}

static void keeps_what_a_full_disk_took(void **state)
{
    const struct row *row = *state;
    struct audio_writer *w = open_writer(row);
    struct rlimit before, small;
    struct stat st;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){row->disk, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(write_tones(w, row), -EFBIG);
    assert_int_equal(audio_writer_write(w, (const int16_t[2]){0}, 1), -EFBIG);
    assert_int_equal(audio_writer_close(w), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(stat(path_of(row), &st), 0);
    assert_true((rlim_t)st.st_size <= row->disk);
    if (row->format == SF_FORMAT_WAV) /* no part of a frame is left behind */
        assert_int_equal((st.st_size - 44) % (2 * row->channels), 0);
    assert_true(check_file(row) > row->at_least_s);
}

static void other_endings_are_refused(void **state)
{
    static const char *const names[] = {"a", "a.mp3", "wav", ".wav/a", "a.wav.gz", ""};
    char why[AUDIO_WHY_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(audio_writer_check_name(names[i], why), -EINVAL);
        assert_non_null(strstr(why, "must end in .wav, .flac, .ogg or .opus"));
    }
    assert_int_equal(audio_writer_check_name("a.mp3.Opus", why), 0);
}

static void opus_has_rates_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(audio_writer_fit_rate("a.wav", 44100), 44100);
    assert_int_equal(audio_writer_fit_rate("a.flac", 32000), 32000);
    assert_int_equal(audio_writer_fit_rate("a.ogg", 8000), 8000);
    assert_int_equal(audio_writer_fit_rate("a.ogg", 11025), 12000);
    assert_int_equal(audio_writer_fit_rate("a.opus", 32000), 48000);
    assert_int_equal(audio_writer_fit_rate("a.opus", 96000), 48000);
}

static int remove_folder(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        unlink(path_of(&rows[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_endings_are_refused),
        cmocka_unit_test(opus_has_rates_of_its_own),
    };
    int failed;

    if (!temporary_folder(folder))
        return 1;
    failed = RUN_ROWS("written and read", rows, comes_back_as_written) +
             RUN_ROWS("killed", rows, survives_its_writer) +
             RUN_ROWS("full disk", rows, keeps_what_a_full_disk_took) +
             cmocka_run_group_tests_name("names", tests, NULL, NULL);
    return remove_folder() != 0 || failed;
}
