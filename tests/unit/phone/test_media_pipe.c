/* Sound out of descriptors, beat by beat, without a clock. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/phone/piped.h"

#define PI 3.14159265358979

static void samples_come_as_they_are(void **state)
{
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    piped_put_count(fds[1], -80, 400);
    r = piped_open(fds[0], 8000, 1, false);
    assert_int_equal(piped_take(r, out, 160, 8000), 160);
    for (int i = 0; i < 160; i++)
        assert_int_equal(out[i], i - 80);
    assert_false(media_pipe_in_ended(r->in));
    assert_int_equal(pipe_unread(fds[0]), 480); /* the rest waits in the pipe */
    piped_close(r);
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
        struct piped *r;
        int fds[2];

        piped_make(fds);
        for (int k = 0; k < 320; k++)
            piped_put(fds[1], "\xe8\x03\xb8\x0b", 4); /* 1000, 3000 */
        r = piped_open(fds[0], 8000, all[i].channels, false);
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
        piped_close(r);
        close(fds[0]);
        close(fds[1]);
    }
}

/* Also of what is over. */
static void one_may_be_wanted_after_two(void **state)
{
    struct piped *r;
    int fds[2];
    int16_t out[200];
    unsigned channels = 2;

    (void)state;
    piped_make(fds);
    r = piped_open(fds[0], 8000, 2, false);
    piped_put_count(fds[1], 1, 160);
    close(fds[1]);
    assert_int_equal(media_pipe_in_read(r->in, out, 100, 8000, &channels), 80);
    assert_int_equal(channels, 2);
    channels = 1;
    assert_int_equal(media_pipe_in_read(r->in, out, 100, 8000, &channels), 0);
    assert_int_equal(channels, 1);
    piped_close(r);
}

static void a_slow_writer_is_not_waited_for(void **state)
{
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    r = piped_open(fds[0], 8000, 1, false);
    assert_int_equal(piped_take(r, out, 160, 8000), 0);
    piped_put(fds[1], "\1\0\2", 3);
    assert_int_equal(piped_take(r, out, 160, 8000), 1);
    piped_put(fds[1], "\3\4", 2);
    assert_int_equal(piped_take(r, out, 160, 8000), 1);
    assert_int_equal(out[0], 0x302);
    assert_false(media_pipe_in_ended(r->in));
    close(fds[1]);
    assert_int_equal(piped_take(r, out, 160, 8000), 0); /* half a sample is none */
    assert_true(media_pipe_in_ended(r->in));
    assert_int_equal(r->failures, 0);
    piped_close(r);
    close(fds[0]);
}

static void nothing_at_all_ends_at_once(void **state)
{
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    close(fds[1]);
    r = piped_open(fds[0], 8000, 1, false);
    assert_int_equal(piped_take(r, out, 160, 8000), 0);
    assert_true(media_pipe_in_ended(r->in));
    assert_int_equal(r->failures, 0);
    piped_close(r);
    close(fds[0]);
}

static void two_channels_are_mixed(void **state)
{
    int16_t out[4];
    struct piped *r;
    int fds[2];

    (void)state;
    piped_make(fds);
    piped_put(fds[1], "\x00\x10\x00\x20\xff\x7f\xff\x7f\x00\x80\x00\x80", 12);
    r = piped_open(fds[0], 8000, 2, false);
    assert_int_equal(piped_take(r, out, 4, 8000), 3);
    assert_int_equal(out[0], 0x1800);
    assert_int_equal(out[1], 32767);
    assert_int_equal(out[2], -32768);
    piped_close(r);
    close(fds[0]);
    close(fds[1]);
}

static void rates_are_converted_to_the_last_sample(void **state)
{
    int16_t out[1000];
    struct piped *r;
    size_t n;
    int fds[2];

    (void)state;
    piped_make(fds);
    piped_put_count(fds[1], 0, 1600);
    close(fds[1]);
    r = piped_open(fds[0], 16000, 1, false);
    n = piped_take_all(r, out, 1000, 8000);
    assert_in_range(n, 799, 801);
    assert_in_range(out[400], 790, 810);
    piped_close(r);
    close(fds[0]);
}

/* --- descriptors ----------------------------------------------------------------------------- */

static void each_reader_of_a_file_begins_where_it_stood(void **state)
{
    FILE *file = tmpfile();
    int16_t out[100];

    (void)state;
    assert_non_null(file);
    piped_put_count(fileno(file), 0, 60);
    assert_int_equal(lseek(fileno(file), 20, SEEK_SET), 20);
    for (int i = 0; i < 2; i++) {
        struct piped *r = piped_open(fileno(file), 8000, 1, false);

        assert_int_equal(piped_take_all(r, out, 100, 8000), 50);
        assert_int_equal(out[0], 10);
        piped_close(r);
    }
    fclose(file);
}

static void a_socket_will_do(void **state)
{
    int16_t out[160];
    struct piped *r;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    r = piped_open(fds[0], 8000, 1, true);
    assert_int_equal(piped_take(r, out, 160, 8000), 0);
    piped_put_count(fds[1], 0, 100);
    assert_int_equal(piped_take(r, out, 160, 8000), 100);
    close(fds[1]);
    assert_int_equal(piped_take(r, out, 160, 8000), 0);
    assert_true(media_pipe_in_ended(r->in));
    piped_close(r);
    close(fds[0]);
}

static void what_never_ends_is_read_by_need(void **state)
{
    int fd = open("/dev/zero", O_RDONLY);
    int16_t out[960];
    struct piped *r = piped_open(fd, 48000, 2, true);

    (void)state;
    for (int i = 0; i < 50; i++)
        assert_int_equal(piped_take(r, out, 960, 48000), 960);
    piped_close(r);
    close(fd);
}

static void the_flags_of_others_are_left_alone(void **state)
{
    int fds[2], flags, copy;

    (void)state;
    piped_make(fds);
    flags = fcntl(fds[0], F_GETFL);
    copy = piped_own(fds[0], true);
    assert_int_equal(fcntl(fds[0], F_GETFL), flags);
    assert_true(fcntl(copy, F_GETFD) & FD_CLOEXEC);
    close(copy);
    copy = piped_own(fds[1], false);
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
    piped_make(fds);
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
    piped_make(fds);
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
    piped_put(fd, piece, sizeof piece);
}

/* What waits after `late_ms` were written too late and two seconds have passed. */
static size_t standing_ms(bool live, int late_ms)
{
    int16_t out[160];
    struct piped *r;
    int fds[2], at = 0;
    size_t waits;

    piped_make(fds);
    r = piped_open(fds[0], 8000, 1, live);
    for (int i = 0; i < late_ms / 20; i++)
        put_voice(fds[1], &at);
    for (int i = 0; i < 100; i++) {
        put_voice(fds[1], &at);
        assert_int_equal(piped_take(r, out, 160, 8000), 160);
    }
    waits = pipe_unread(fds[0]) / 16;
    piped_close(r);
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
    struct piped *r;
    int fds[2], at = 0;

    (void)state;
    piped_make(fds);
    for (int live = 0; live < 2; live++) {
        put_voice(fds[1], &at);
        r = piped_open(fds[0], 8000, 1, live);
        media_pipe_in_skip(r->in, 160, 8000, 1);
        assert_int_equal(piped_take(r, out, 160, 8000), live ? 0 : 160);
        piped_close(r);
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
