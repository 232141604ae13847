/* Sound out of descriptors, beat by beat, without a clock. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "phone/media_pipe.h"
#include "tests/lib/rows.h"

#define PI 3.14159265358979

struct reader {
    uv_loop_t loop;
    struct media_pipe_in *in;
    int failures, closed;
    char why[MEDIA_WHY_MAX];
};

static void on_failed(void *arg, int err, const char *why)
{
    struct reader *r = arg;

    assert_true(err < 0);
    r->failures++;
    snprintf(r->why, sizeof r->why, "%s", why);
}

static void on_closed(void *arg)
{
    struct reader *r = arg;

    r->closed++;
}

static int own(int fd, bool reads)
{
    char why[MEDIA_WHY_MAX];
    int got = media_pipe_own(fd, reads, why);

    assert_true(got >= 0);
    return got;
}

/* Opens a copy of fd. */
static struct reader *open_reader(int fd, uint32_t rate_hz, uint8_t channels, bool live)
{
    static const struct media_file_events events = {on_failed, on_closed};
    struct media_pipe pipe = {own(fd, true), rate_hz, channels, live};
    struct reader *r = calloc(1, sizeof *r);

    assert_non_null(r);
    assert_int_equal(uv_loop_init(&r->loop), 0);
    assert_int_equal(media_pipe_in_open(&r->loop, &pipe, &events, r, &r->in), 0);
    return r;
}

static void close_reader(struct reader *r)
{
    media_pipe_in_close(r->in);
    media_pipe_in_close(r->in);
    assert_int_equal(r->closed, 0);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(r->closed, 1);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    free(r);
}

static void make_pipe(int out[2])
{
    assert_int_equal(pipe(out), 0);
}

static void put(int fd, const void *bytes, size_t n)
{
    assert_int_equal(write(fd, bytes, n), n);
}

/* Samples first, first + 1 … */
static void put_count(int fd, int first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int v = first + (int)i;
        unsigned char bytes[2] = {(unsigned char)v, (unsigned char)(v >> 8)};

        put(fd, bytes, 2);
    }
}

static size_t take(struct reader *r, int16_t *out, size_t n, uint32_t rate_hz)
{
    unsigned channels = 1;

    n = media_pipe_in_read(r->in, out, n, rate_hz, &channels);
    assert_int_equal(channels, 1);
    return n;
}

/* Waits for helpers until the end: all samples, at most room. */
static size_t take_all(struct reader *r, int16_t *out, size_t room, uint32_t rate_hz)
{
    size_t n = 0;

    for (int i = 0; i < 20000 && !media_pipe_in_ended(r->in) && !r->failures; i++) {
        size_t some = take(r, out + n, room - n < 160 ? room - n : 160, rate_hz);

        n += some;
        if (some == 0)
            usleep(500);
    }
    return n;
}

static void samples_come_as_they_are(void **state)
{
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    put_count(fds[1], -80, 400);
    r = open_reader(fds[0], 8000, 1, false);
    assert_int_equal(take(r, out, 160, 8000), 160);
    for (int i = 0; i < 160; i++)
        assert_int_equal(out[i], i - 80);
    assert_false(media_pipe_in_ended(r->in));
    assert_int_equal(pipe_unread(fds[0]), 480); /* the rest waits in the pipe */
    close_reader(r);
    assert_int_equal(pipe_unread(fds[0]), 480);
    close(fds[0]);
    close(fds[1]);
}

/* Both channels for who wants them, at whatever rate, and one for who does not. */
static void two_channels_are_kept(void **state)
{
    static const struct {
        uint8_t channels;
        unsigned wanted, got;
        uint32_t rate_hz;
        int left, right;
    } all[] = {
        {2, 2, 2, 8000, 1000, 3000}, {2, 2, 2, 16000, 1000, 3000}, {2, 1, 1, 8000, 2000, 2000},
        {1, 2, 1, 8000, 1000, 3000}, {2, 1, 1, 16000, 2000, 2000},
    };
    int16_t out[2 * 320];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        unsigned channels = all[i].wanted;
        size_t at = 100 * all[i].got;
        struct reader *r;
        int fds[2];

        make_pipe(fds);
        for (int k = 0; k < 320; k++)
            put(fds[1], "\xe8\x03\xb8\x0b", 4); /* 1000, 3000 */
        r = open_reader(fds[0], 8000, all[i].channels, false);
        media_pipe_in_skip(r->in, 10, all[i].rate_hz, channels); /* it is not live: nothing goes */
        assert_int_equal(
            media_pipe_in_read(r->in, out, all[i].rate_hz / 100, all[i].rate_hz, &channels),
            all[i].rate_hz / 100);
        assert_int_equal(channels, all[i].got);
        assert_in_range(out[0], all[i].left / 2, all[i].left * 3 / 2);
        if (all[i].channels == 2 && all[i].rate_hz == 8000) {
            assert_int_equal(out[0], all[i].left);
            assert_int_equal(out[1], all[i].right);
        } else if (all[i].channels == 2) { /* behind the beginning of the filter */
            assert_in_range(out[at], all[i].left - 100, all[i].left + 100);
            assert_in_range(out[at + 1], all[i].right - 200, all[i].right + 200);
        }
        close_reader(r);
        close(fds[0]);
        close(fds[1]);
    }
}

/* Also of what is over. */
static void one_may_be_wanted_after_two(void **state)
{
    struct reader *r;
    int fds[2];
    int16_t out[200];
    unsigned channels = 2;

    (void)state;
    make_pipe(fds);
    r = open_reader(fds[0], 8000, 2, false);
    put_count(fds[1], 1, 160);
    close(fds[1]);
    assert_int_equal(media_pipe_in_read(r->in, out, 100, 8000, &channels), 80);
    assert_int_equal(channels, 2);
    channels = 1;
    assert_int_equal(media_pipe_in_read(r->in, out, 100, 8000, &channels), 0);
    assert_int_equal(channels, 1);
    close_reader(r);
}

static void a_slow_writer_is_not_waited_for(void **state)
{
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    r = open_reader(fds[0], 8000, 1, false);
    assert_int_equal(take(r, out, 160, 8000), 0);
    put(fds[1], "\1\0\2", 3);
    assert_int_equal(take(r, out, 160, 8000), 1);
    put(fds[1], "\3\4", 2);
    assert_int_equal(take(r, out, 160, 8000), 1);
    assert_int_equal(out[0], 0x302);
    assert_false(media_pipe_in_ended(r->in));
    close(fds[1]);
    assert_int_equal(take(r, out, 160, 8000), 0); /* half a sample is none */
    assert_true(media_pipe_in_ended(r->in));
    assert_int_equal(r->failures, 0);
    close_reader(r);
    close(fds[0]);
}

static void nothing_at_all_ends_at_once(void **state)
{
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    close(fds[1]);
    r = open_reader(fds[0], 8000, 1, false);
    assert_int_equal(take(r, out, 160, 8000), 0);
    assert_true(media_pipe_in_ended(r->in));
    assert_int_equal(r->failures, 0);
    close_reader(r);
    close(fds[0]);
}

static void two_channels_are_mixed(void **state)
{
    int16_t out[4];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    put(fds[1], "\x00\x10\x00\x20\xff\x7f\xff\x7f\x00\x80\x00\x80", 12);
    r = open_reader(fds[0], 8000, 2, false);
    assert_int_equal(take(r, out, 4, 8000), 3);
    assert_int_equal(out[0], 0x1800);
    assert_int_equal(out[1], 32767);
    assert_int_equal(out[2], -32768);
    close_reader(r);
    close(fds[0]);
    close(fds[1]);
}

static void rates_are_converted_to_the_last_sample(void **state)
{
    int16_t out[1000];
    struct reader *r;
    size_t n;
    int fds[2];

    (void)state;
    make_pipe(fds);
    put_count(fds[1], 0, 1600);
    close(fds[1]);
    r = open_reader(fds[0], 16000, 1, false);
    n = take_all(r, out, 1000, 8000);
    assert_in_range(n, 799, 801);
    assert_in_range(out[400], 790, 810);
    close_reader(r);
    close(fds[0]);
}

/* --- WAV ------------------------------------------------------------------------------------- */

#define WAV(rate, channels, length)                                                                \
    "RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0" channels "\0" rate "\0\0\0\0\2\0\x10\0"           \
    "data" length

static void wav_says_what_it_is(void **state)
{
    static const char head[] = WAV("\x40\x1f\0\0", "\1", "\6\0\0\0") "\1\0\2\0\3\0LIST\4\0\0\0abcd";
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    r = open_reader(fds[0], 48000, 2, false);
    for (size_t i = 0; i < sizeof head - 1; i++) {
        assert_int_equal(i < 45 ? take(r, out, 160, 8000) : 0, 0);
        put(fds[1], head + i, 1);
    }
    assert_int_equal(take(r, out, 160, 8000), 3); /* what stands behind them is no sound */
    assert_int_equal(out[2], 3);
    assert_true(media_pipe_in_ended(r->in));
    close_reader(r);
    close(fds[0]);
    close(fds[1]);
}

static void a_length_that_nobody_knew_is_none(void **state)
{
    static const char head[] = WAV("\x40\x1f\0\0", "\1", "\0\xf0\xff\x7f");
    int16_t out[200];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    put(fds[1], head, sizeof head - 1);
    put_count(fds[1], 0, 200);
    close(fds[1]);
    r = open_reader(fds[0], 48000, 2, false);
    assert_int_equal(take_all(r, out, 200, 8000), 200);
    assert_int_equal(out[199], 199);
    close_reader(r);
    close(fds[0]);
}

static void a_header_that_is_cut_off_is_told(void **state)
{
    static const char head[] = WAV("\x40\x1f\0\0", "\1", "\6\0\0\0");
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    put(fds[1], head, 30);
    close(fds[1]);
    r = open_reader(fds[0], 8000, 1, false);
    assert_int_equal(take(r, out, 160, 8000), 0);
    assert_int_equal(r->failures, 1);
    assert_int_equal(take(r, out, 160, 8000), 0);
    assert_int_equal(r->failures, 1);
    assert_non_null(strstr(r->why, "ends in the header"));
    close_reader(r);
    close(fds[0]);
}

/* --- what libsndfile knows -------------------------------------------------------------------- */

/* A second of 400 Hz in a file of the format, whose name is gone. */
static int tone_file(int format, int rate_hz)
{
    SF_INFO info = {.samplerate = rate_hz, .channels = 1, .format = format};
    char path[] = "/tmp/test_media_pipe_XXXXXX";
    int fd = mkstemp(path);
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
        struct reader *r = open_reader(fd, 16000, 1, false);
        size_t n = 0;
        char piece[512];
        ssize_t some;

        assert_non_null(out);
        print_message("%s\n", encodings[i].name);
        expect_tone(out, take_all(r, out, 8000 * 2, 8000), 8000);
        close_reader(r);
        make_pipe(fds);
        r = open_reader(fds[0], 16000, 1, false);
        while ((some = read(fd, piece, sizeof piece)) > 0) {
            put(fds[1], piece, (size_t)some);
            n += take(r, out + n, 160, 8000);
            usleep(200);
        }
        close(fds[1]);
        n += take_all(r, out + n, 8000 * 2 - n, 8000);
        assert_int_equal(r->failures, 0);
        expect_tone(out, n, 8000);
        close_reader(r);
        close(fds[0]);
        close(fd);
        free(out);
    }
}

static void what_is_no_sound_is_told(void **state)
{
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    put(fds[1], "OggS and then nothing that anybody knows", 40);
    close(fds[1]);
    r = open_reader(fds[0], 8000, 1, false);
    assert_int_equal(take_all(r, out, 160, 8000), 0);
    assert_int_equal(r->failures, 1);
    assert_non_null(strstr(r->why, "cannot play what is piped in: not a sound file"));
    close_reader(r);
    close(fds[0]);
}

/* The decoder waits for more, and the call ends. */
static void a_decoder_that_waits_can_be_closed(void **state)
{
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    make_pipe(fds);
    put(fds[1], "OggS", 4);
    r = open_reader(fds[0], 8000, 1, false);
    assert_int_equal(take(r, out, 160, 8000), 0);
    close_reader(r);
    close(fds[0]);
    close(fds[1]);
}

/* --- descriptors ----------------------------------------------------------------------------- */

static void each_reader_of_a_file_begins_where_it_stood(void **state)
{
    FILE *file = tmpfile();
    int16_t out[100];

    (void)state;
    assert_non_null(file);
    put_count(fileno(file), 0, 60);
    assert_int_equal(lseek(fileno(file), 20, SEEK_SET), 20);
    for (int i = 0; i < 2; i++) {
        struct reader *r = open_reader(fileno(file), 8000, 1, false);

        assert_int_equal(take_all(r, out, 100, 8000), 50);
        assert_int_equal(out[0], 10);
        close_reader(r);
    }
    fclose(file);
}

static void a_socket_will_do(void **state)
{
    int16_t out[160];
    struct reader *r;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    r = open_reader(fds[0], 8000, 1, true);
    assert_int_equal(take(r, out, 160, 8000), 0);
    put_count(fds[1], 0, 100);
    assert_int_equal(take(r, out, 160, 8000), 100);
    close(fds[1]);
    assert_int_equal(take(r, out, 160, 8000), 0);
    assert_true(media_pipe_in_ended(r->in));
    close_reader(r);
    close(fds[0]);
}

static void what_never_ends_is_read_by_need(void **state)
{
    int fd = open("/dev/zero", O_RDONLY);
    int16_t out[960];
    struct reader *r = open_reader(fd, 48000, 2, true);

    (void)state;
    for (int i = 0; i < 50; i++)
        assert_int_equal(take(r, out, 960, 48000), 960);
    close_reader(r);
    close(fd);
}

static void the_flags_of_others_are_left_alone(void **state)
{
    int fds[2], flags, copy;

    (void)state;
    make_pipe(fds);
    flags = fcntl(fds[0], F_GETFL);
    copy = own(fds[0], true);
    assert_int_equal(fcntl(fds[0], F_GETFL), flags);
    assert_true(fcntl(copy, F_GETFD) & FD_CLOEXEC);
    close(copy);
    copy = own(fds[1], false);
    assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    close(copy);
    close(fds[0]);
    close(fds[1]);
}

/* Where a pipe cannot be opened again, it is asked first. */
static void a_shared_pipe_never_waits(void **state)
{
    int fds[2], n = 1;
    char piece[8192] = {0};

    (void)state;
    make_pipe(fds);
    assert_int_equal(pipe_kind(fds[0]), PIPE_ASK_FIRST);
    assert_int_equal(pipe_read(fds[0], PIPE_ASK_FIRST, piece, 10), -EAGAIN);
    for (int i = 0; i < 1000 && n > 0; i++)
        n = pipe_write(fds[1], PIPE_ASK_FIRST, piece, sizeof piece);
    assert_int_equal(n, -EAGAIN);
    close(fds[0]);
    assert_int_equal(pipe_write(fds[1], PIPE_ASK_FIRST, piece, 10), -EPIPE);
    close(fds[1]);
}

static void refuse(int fd, bool reads, const char *because)
{
    char why[MEDIA_WHY_MAX];

    assert_true(media_pipe_own(fd, reads, why) < 0);
    assert_non_null(strstr(why, because));
}

static void what_makes_no_sense_is_refused(void **state)
{
    int fds[2], folder = open("/", O_RDONLY), terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    int other = eventfd(0, 0);

    (void)state;
    make_pipe(fds);
    refuse(-1, true, "not open");
    refuse(999, true, "not open");
    refuse(fds[1], true, "cannot be read from");
    refuse(fds[0], false, "cannot be written to");
    refuse(folder, true, "it is a folder");
    refuse(other, true, "things of its kind");
    refuse(other, false, "things of its kind");
    refuse(terminal, true, "it is a terminal");
    refuse(terminal, false, "it is a terminal");
    close(folder);
    close(other);
    close(terminal);
    close(fds[0]);
    close(fds[1]);
}

/* --- close to the call ----------------------------------------------------------------------- */

/* A voice of 200 Hz, 20 ms at a time. */
static void put_voice(int fd, int *at)
{
    int16_t piece[160];

    for (size_t i = 0; i < 160; i++)
        piece[i] = (int16_t)(8000 * sin(2 * PI * 200 * (*at)++ / 8000));
    put(fd, piece, sizeof piece);
}

/* What waits after `late_ms` were written too late and two seconds have passed. */
static size_t standing_ms(bool live, int late_ms)
{
    int16_t out[160];
    struct reader *r;
    int fds[2], at = 0;
    size_t waits;

    make_pipe(fds);
    r = open_reader(fds[0], 8000, 1, live);
    for (int i = 0; i < late_ms / 20; i++)
        put_voice(fds[1], &at);
    for (int i = 0; i < 100; i++) {
        put_voice(fds[1], &at);
        assert_int_equal(take(r, out, 160, 8000), 160);
    }
    waits = pipe_unread(fds[0]) / 16;
    close_reader(r);
    close(fds[0]);
    close(fds[1]);
    return waits;
}

static void what_came_late_is_made_up_for(void **state)
{
    (void)state;
    assert_in_range(standing_ms(true, 40), 0, 4);
    assert_in_range(standing_ms(true, 160), 0, 4);
    assert_int_equal(standing_ms(false, 40), 40);
    assert_int_equal(standing_ms(true, 1000), 1000); /* somebody wrote in advance */
}

static void what_may_not_be_sent_passes(void **state)
{
    int16_t out[160];
    struct reader *r;
    int fds[2], at = 0;

    (void)state;
    make_pipe(fds);
    for (int live = 0; live < 2; live++) {
        put_voice(fds[1], &at);
        r = open_reader(fds[0], 8000, 1, live);
        media_pipe_in_skip(r->in, 160, 8000, 1);
        assert_int_equal(take(r, out, 160, 8000), live ? 0 : 160);
        close_reader(r);
    }
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_as_they_are),
        cmocka_unit_test(two_channels_are_kept),
        cmocka_unit_test(one_may_be_wanted_after_two),
        cmocka_unit_test(a_slow_writer_is_not_waited_for),
        cmocka_unit_test(nothing_at_all_ends_at_once),
        cmocka_unit_test(two_channels_are_mixed),
        cmocka_unit_test(rates_are_converted_to_the_last_sample),
        cmocka_unit_test(wav_says_what_it_is),
        cmocka_unit_test(a_length_that_nobody_knew_is_none),
        cmocka_unit_test(a_header_that_is_cut_off_is_told),
        cmocka_unit_test(encodings_are_decoded),
        cmocka_unit_test(what_is_no_sound_is_told),
        cmocka_unit_test(a_decoder_that_waits_can_be_closed),
        cmocka_unit_test(each_reader_of_a_file_begins_where_it_stood),
        cmocka_unit_test(a_socket_will_do),
        cmocka_unit_test(what_never_ends_is_read_by_need),
        cmocka_unit_test(the_flags_of_others_are_left_alone),
        cmocka_unit_test(a_shared_pipe_never_waits),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(what_came_late_is_made_up_for),
        cmocka_unit_test(what_may_not_be_sent_passes),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("phone/media_pipe", tests, NULL, NULL);
}
