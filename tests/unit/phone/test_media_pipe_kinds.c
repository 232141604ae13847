/* Sound out of descriptors that says what it is: WAV, which is read as it comes, and whatever else
 * libsndfile knows, which a helper decodes. */
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/temporary.h"
#include "tests/unit/phone/piped.h"

#define PI 3.14159265358979

/* --- WAV ------------------------------------------------------------------------------------- */

#define WAV(rate, channels, length)                                                                \
    "RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0" channels "\0" rate "\0\0\0\0\2\0\x10\0"           \
    "data" length

static void wav_says_what_it_is(void **state)
{
    static const char head[] = WAV("\x40\x1f\0\0", "\1", "\6\0\0\0") "\1\0\2\0\3\0LIST\4\0\0\0abcd";
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    r = piped_open(fds[0], 48000, 2, false);
    for (size_t i = 0; i < sizeof head - 1; i++) {
        assert_int_equal(i < 45 ? piped_take(r, out, 160, 8000) : 0, 0);
        piped_put(fds[1], head + i, 1);
    }
    assert_int_equal(piped_take(r, out, 160, 8000), 3); /* what stands behind them is no sound */
    assert_int_equal(out[2], 3);
    assert_true(media_pipe_in_ended(r->in));
    piped_close(r);
    close(fds[0]);
    close(fds[1]);
}

static void a_length_that_nobody_knew_is_none(void **state)
{
    static const char head[] = WAV("\x40\x1f\0\0", "\1", "\0\xf0\xff\x7f");
    int16_t out[200];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    piped_put(fds[1], head, sizeof head - 1);
    piped_put_count(fds[1], 0, 200);
    close(fds[1]);
    r = piped_open(fds[0], 48000, 2, false);
    assert_int_equal(piped_take_all(r, out, 200, 8000), 200);
    assert_int_equal(out[199], 199);
    piped_close(r);
    close(fds[0]);
}

static void a_header_that_is_cut_off_is_told(void **state)
{
    static const char head[] = WAV("\x40\x1f\0\0", "\1", "\6\0\0\0");
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    piped_put(fds[1], head, 30);
    close(fds[1]);
    r = piped_open(fds[0], 8000, 1, false);
    assert_int_equal(piped_take(r, out, 160, 8000), 0);
    assert_int_equal(r->failures, 1);
    assert_int_equal(piped_take(r, out, 160, 8000), 0);
    assert_int_equal(r->failures, 1);
    assert_non_null(strstr(r->why, "ends in the header"));
    piped_close(r);
    close(fds[0]);
}

/* --- what libsndfile knows -------------------------------------------------------------------- */

/* A second of 400 Hz in a file of the format, whose name is gone. */
static int tone_file(int format, int rate_hz)
{
    SF_INFO info = {.samplerate = rate_hz, .channels = 1, .format = format};
    char path[TEMPORARY_MAX] = "/tmp/test_media_pipe_XXXXXX";
    int fd = temporary_file(path);
    SNDFILE *sound = sf_open(path, SFM_WRITE, &info);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_non_null(sound);
    for (int i = 0; i < rate_hz; i++) {
        float v = 0.5f * (float)sin(2 * PI * 400 * i / rate_hz);

        assert_int_equal(sf_write_float(sound, &v, 1), 1);
    }
    sf_close(sound);
    return fd;
}

/* As far as it is a tone of 400 Hz and of that loudness. */
static void expect_tone(const int16_t *samples, size_t n, uint32_t rate_hz)
{
    double c = 0, s = 0;

    assert_true(n >= rate_hz * 9 / 10 && n <= rate_hz * 11 / 10);
    for (size_t i = n / 4; i < n / 4 + rate_hz / 2; i++) {
        c += samples[i] * cos(2 * PI * 400 * (double)i / rate_hz);
        s += samples[i] * sin(2 * PI * 400 * (double)i / rate_hz);
    }
    assert_in_range((uint64_t)(sqrt(c * c + s * s) * 4 / rate_hz), 14000, 18500);
}

static const struct encoding {
    const char *name;
    int format, rate_hz;
} encodings[] = {
    {"Ogg/Vorbis", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100},
    {"Ogg/Opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000},
    {"WAV of floats", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 22050},
    {"WAV of u-law", SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000},
};

/* From a file, and again from a pipe into which the file is put bit by bit. */
static void encodings_are_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        int16_t *out = calloc(8000 * 2, sizeof *out);
        int fd = tone_file(encodings[i].format, encodings[i].rate_hz), fds[2];
        struct piped *r = piped_open(fd, 16000, 1, false);
        size_t n = 0;
        char piece[512];
        ssize_t some;

        assert_non_null(out);
        print_message("%s\n", encodings[i].name);
        expect_tone(out, piped_take_all(r, out, 8000 * 2, 8000), 8000);
        piped_close(r);
        piped_make(fds);
        r = piped_open(fds[0], 16000, 1, false);
        while ((some = read(fd, piece, sizeof piece)) > 0) {
            piped_put(fds[1], piece, (size_t)some);
            n += piped_take(r, out + n, 160, 8000);
            usleep(200);
        }
        close(fds[1]);
        n += piped_take_all(r, out + n, 8000 * 2 - n, 8000);
        assert_int_equal(r->failures, 0);
        expect_tone(out, n, 8000);
        piped_close(r);
        close(fds[0]);
        close(fd);
        free(out);
    }
}

static void what_is_no_sound_is_told(void **state)
{
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    piped_put(fds[1], "OggS and then nothing that anybody knows", 40);
    close(fds[1]);
    r = piped_open(fds[0], 8000, 1, false);
    assert_int_equal(piped_take_all(r, out, 160, 8000), 0);
    assert_int_equal(r->failures, 1);
    assert_non_null(strstr(r->why, "cannot play what is piped in: not a sound file"));
    piped_close(r);
    close(fds[0]);
}

/* The decoder waits for more, and the call ends. */
static void a_decoder_that_waits_can_be_closed(void **state)
{
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    piped_put(fds[1], "OggS", 4);
    r = piped_open(fds[0], 8000, 1, false);
    assert_int_equal(piped_take(r, out, 160, 8000), 0);
    piped_close(r);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wav_says_what_it_is),
        cmocka_unit_test(a_length_that_nobody_knew_is_none),
        cmocka_unit_test(a_header_that_is_cut_off_is_told),
        cmocka_unit_test(encodings_are_decoded),
        cmocka_unit_test(what_is_no_sound_is_told),
        cmocka_unit_test(a_decoder_that_waits_can_be_closed),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("phone/media_pipe, kinds", tests, NULL, NULL);
}
