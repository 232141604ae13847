#include "audio/file.h"

#include "tests/lib/rows.h"
#include "tests/lib/speech.h"
#include "tests/lib/temporary.h"

#include <errno.h>
#include <signal.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEMPORARY_MAX] = "/tmp/tphone-test-file-XXXXXX";
static char path[200];
static char why[AUDIO_WHY_MAX];

static const char *path_of(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return temporary_folder(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"a.wav",    "b.wav",    "stereo.wav", "float.flac",
                                        "text.wav", "x.raw",    "x.RAW",      "link.wav",
                                        "full.wav", "fifo.wav", "empty.wav",  "some.flac"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(path_of(names[i]));
    rmdir(path_of("folder.wav"));
    return rmdir(folder);
}

static void comes_back_as_written(void **state)
{
    int16_t in[20000], out[20010];
    struct audio_writer *w;
    struct audio_reader *r;
    struct stat st;

    (void)state;
    speech_make(in, 20000, 8000, 1);
    assert_int_equal(audio_writer_open(path_of("a.wav"), 8000, 1, &w, why), 0);
    for (size_t at = 0; at < 20000; at += 80)
        assert_int_equal(audio_writer_write(w, in + at, 80), 0);
    assert_int_equal(audio_writer_frames(w), 20000);
    assert_int_equal(audio_writer_close(w), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 44 + 40000);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(audio_reader_open(path, &r, why), 0);
    assert_int_equal(audio_reader_rate_hz(r), 8000);
    assert_int_equal(audio_reader_length(r), 20000);
    assert_int_equal(audio_reader_read(r, out, 7000), 7000);
    assert_int_equal(audio_reader_read(r, out + 7000, 13010), 13000);
    assert_memory_equal(in, out, sizeof in);
    assert_int_equal(audio_reader_read(r, out, 10), 0);
    audio_reader_close(r);
}

static void a_recording_survives_its_writer(void **state)
{
    int16_t in[24000] = {0};
    struct audio_writer *w;
    struct audio_reader *r;

    (void)state;
    assert_int_equal(audio_writer_open(path_of("b.wav"), 8000, 1, &w, NULL), 0);
    audio_writer_write(w, in, 24000);
    audio_writer_write(w, in, 100);
    /* Not closed, as if killed: all but the last second is there for a reader. */
    assert_int_equal(audio_reader_open(path_of("b.wav"), &r, why), 0);
    assert_true(audio_reader_length(r) >= 16000);
    audio_reader_close(r);
    assert_int_equal(audio_writer_close(w), 0);
}

static void an_empty_recording_is_a_file_too(void **state)
{
    struct audio_writer *w;
    struct audio_reader *r;
    int16_t out[10];

    (void)state;
    assert_int_equal(audio_writer_open(path_of("empty.wav"), 48000, 1, &w, NULL), 0);
    assert_int_equal(audio_writer_close(w), 0);
    assert_int_equal(audio_reader_open(path_of("empty.wav"), &r, why), 0);
    assert_int_equal(audio_reader_read(r, out, 10), 0);
    audio_reader_close(r);
}

static void other_kinds_are_mixed_to_mono(void **state)
{
    SF_INFO info = {.samplerate = 44100, .channels = 2, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    const float frames[6] = {0.5f, 0.25f, -1.0f, -1.0f, 3.0f, 3.0f};
    SNDFILE *file = sf_open(path_of("stereo.wav"), SFM_WRITE, &info);
    struct audio_reader *r;
    int16_t out[4];

    (void)state;
    assert_non_null(file);
    assert_int_equal(sf_writef_float(file, frames, 3), 3);
    sf_close(file);
    assert_int_equal(audio_reader_open(path, &r, why), 0);
    assert_int_equal(audio_reader_rate_hz(r), 44100);
    assert_int_equal(audio_reader_read(r, out, 4), 3);
    assert_int_equal(out[0], 12288); /* neither scaled to the loudest nor wrapped */
    assert_int_equal(out[1], -32768);
    assert_int_equal(out[2], 32767);
    audio_reader_close(r);
}

/* Of exactly two channels both can be had; all else is the same in both. */
static void two_channels_can_be_kept(void **state)
{
    const short frames[6] = {100, -200, 300, -400, 500, -600};
    struct audio_reader *r;
    int16_t out[8];

    (void)state;
    for (int channels = 1; channels <= 3; channels++) {
        SF_INFO info = {
            .samplerate = 48000, .channels = channels, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
        SNDFILE *file = sf_open(path_of("some.flac"), SFM_WRITE, &info);

        assert_non_null(file);
        assert_int_equal(sf_writef_short(file, frames, 6 / channels), 6 / channels);
        sf_close(file);
        assert_int_equal(audio_reader_open(path, &r, why), 0);
        assert_int_equal(audio_reader_channels(r), channels == 2 ? 2 : 1);
        assert_int_equal(audio_reader_read_frames(r, 2, out, 2), 2);
        assert_int_equal(out[0], channels == 3 ? 67 : 100);
        assert_int_equal(out[1], channels == 2 ? -200 : out[0]);
        assert_int_equal(out[2], channels == 1 ? -200 : channels == 2 ? 300 : -167);
        audio_reader_close(r);
        assert_int_equal(audio_reader_open(path, &r, why), 0);
        assert_int_equal(audio_reader_read_frames(r, 1, out, 2), 2);
        assert_int_equal(out[1], channels == 1 ? -200 : channels == 2 ? -50 : -167);
        audio_reader_close(r);
    }
}

static void raw_is_8_khz(void **state)
{
    static const char *const names[] = {"x.raw", "x.RAW"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        FILE *f = fopen(path_of(names[i]), "wb");
        struct audio_reader *r;
        int16_t out[4];

        fwrite("\x01\x00\xff\xff\x00\x80", 1, 6, f);
        fclose(f);
        assert_int_equal(audio_reader_open(path, &r, why), 0);
        assert_int_equal(audio_reader_rate_hz(r), 8000);
        assert_int_equal(audio_reader_read(r, out, 4), 3);
        assert_int_equal(out[0], 1);
        assert_int_equal(out[1], -1);
        assert_int_equal(out[2], -32768);
        audio_reader_close(r);
    }
}

static void says_why_not(void **state)
{
    struct audio_reader *r;
    struct audio_writer *w;
    FILE *f;

    (void)state;
    assert_int_equal(audio_reader_open("/nowhere/a.wav", &r, why), -ENOENT);
    assert_string_equal(why, "cannot play /nowhere/a.wav: No such file or directory");
    assert_int_equal(audio_reader_open(folder, &r, why), -EINVAL);
    assert_non_null(strstr(why, "it is not a regular file"));
    f = fopen(path_of("text.wav"), "w");
    fputs("a letter, not a song", f);
    fclose(f);
    assert_int_equal(audio_reader_open(path, &r, why), -EBADMSG);
    assert_non_null(strstr(why, "not a sound file"));
    assert_int_equal(audio_reader_open(path, &r, NULL), -EBADMSG);
    assert_int_equal(audio_writer_open("/nowhere/a.wav", 8000, 1, &w, why), -ENOENT);
    assert_string_equal(why, "cannot record to /nowhere/a.wav: No such file or directory");
    assert_int_equal(mkdir(path_of("folder.wav"), 0700), 0);
    assert_int_equal(audio_writer_open(path, 8000, 1, &w, why), -EISDIR);
    assert_int_equal(audio_writer_close(NULL), 0);
    audio_reader_close(NULL);
}

static void touches_only_regular_files(void **state)
{
    struct audio_writer *w;
    struct audio_reader *r;
    char target[200];

    (void)state;
    snprintf(target, sizeof target, "%s", path_of("a.wav"));
    assert_int_equal(symlink(target, path_of("link.wav")), 0);
    assert_int_equal(audio_writer_open(path, 8000, 1, &w, why), -ELOOP);
    assert_non_null(strstr(why, "symbolic link"));
    assert_int_equal(mkfifo(path_of("fifo.wav"), 0600), 0);
    assert_int_equal(audio_reader_open(path, &r, why), -EINVAL);
    assert_true(audio_writer_open(path, 8000, 1, &w, why) < 0);
    assert_int_equal(symlink("/dev/full", path_of("full.wav")), 0);
    assert_int_equal(audio_writer_open(path, 8000, 1, &w, why), -ELOOP);
    assert_int_equal(audio_writer_open("/dev/zero", 8000, 1, &w, why), -EINVAL);
}

static void a_full_disk_is_told(void **state)
{
    struct audio_writer *w;
    int16_t in[8000] = {0};
    int err;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(audio_writer_open(path_of("b.wav"), 8000, 1, &w, why), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){10000, RLIM_INFINITY}), 0);
    err = audio_writer_write(w, in, 8000);
    assert_int_equal(err, -EFBIG);
    assert_int_equal(audio_writer_write(w, in, 10), -EFBIG);
    assert_int_equal(audio_writer_close(w), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_written),
        cmocka_unit_test(a_recording_survives_its_writer),
        cmocka_unit_test(an_empty_recording_is_a_file_too),
        cmocka_unit_test(other_kinds_are_mixed_to_mono),
        cmocka_unit_test(two_channels_can_be_kept),
        cmocka_unit_test(raw_is_8_khz),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(touches_only_regular_files),
        cmocka_unit_test(a_full_disk_is_told),
    };

    return cmocka_run_group_tests_name("audio/file", tests, make_folder, remove_folder);
}
