/* Sound into descriptors, without a clock: who is late, dead or a disk. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phone/media_pipe.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

struct writer {
    uv_loop_t loop;
    struct media_sink *sink;
    int failures, slow, closed, count;
    char why[MEDIA_WHY_MAX];
};

static void on_failed(void *arg, int err, const char *why)
{
    struct writer *w = arg;

    assert_true(err < 0);
    w->failures++;
    snprintf(w->why, sizeof w->why, "%s", why);
}

static void on_slow(void *arg, const char *why)
{
    struct writer *w = arg;

    assert_non_null(strstr(why, "too slow"));
    w->slow++;
}

static void on_closed(void *arg)
{
    struct writer *w = arg;

    w->closed++;
}

/* Opens a copy of fd; 8 kHz. */
static struct writer *open_writer(int fd, uint8_t channels, bool live)
{
    static const struct media_pipe_events events = {{on_failed, on_closed}, on_slow};
    char why[MEDIA_WHY_MAX];
    struct media_pipe pipe = {media_pipe_own(fd, false, why), 8000, channels, live};
    struct writer *w = calloc(1, sizeof *w);

    assert_non_null(w);
    assert_true(pipe.fd >= 0);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    assert_int_equal(media_pipe_out_open(&w->loop, &pipe, &events, w, &w->sink), 0);
    return w;
}

static struct writer *begin_writer(int fd, uint8_t channels, bool live)
{
    struct writer *w = open_writer(fd, channels, live);

    w->sink->ops->begin(w->sink);
    return w;
}

static void close_writer(struct writer *w)
{
    w->sink->ops->close(w->sink);
    w->sink->ops->close(w->sink);
    assert_int_equal(w->closed, 0);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(w->closed, 1);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    free(w);
}

/* n frames, counted on; the right channel has them negative. */
static void say(struct writer *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int16_t v = (int16_t)++w->count, frame[2] = {v, (int16_t)-v};

        w->sink->ops->write(w->sink, frame, 1);
    }
}

/* Never from within a write: whoever hears of it frees what is being written. */
static void expect_failure(struct writer *w)
{
    assert_int_equal(w->failures, 0);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_int_equal(w->failures, 1);
}

static int16_t sample_at(const unsigned char *p)
{
    return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

static void make_pipe(int out[2])
{
    assert_int_equal(pipe(out), 0);
    assert_int_equal(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
}

static void frames_leave_at_once(void **state)
{
    unsigned char got[64];
    struct writer *w;
    int fds[2];

    (void)state;
    make_pipe(fds);
    w = begin_writer(fds[1], 2, true);
    say(w, 3);
    assert_int_equal(read(fds[0], got, sizeof got), 12);
    assert_memory_equal(got, "\1\0\xff\xff\2\0\xfe\xff\3\0\xfd\xff", 12);
    w->sink->ops->silence(w->sink, 2);
    assert_int_equal(read(fds[0], got, sizeof got), 8);
    assert_memory_equal(got, "\0\0\0\0\0\0\0\0", 8);
    close_writer(w);
    close(fds[0]);
    close(fds[1]);
}

/* Another recording still writes to it. */
static void nothing_leaves_before_its_turn(void **state)
{
    unsigned char got[64];
    struct writer *w;
    int fds[2];

    (void)state;
    make_pipe(fds);
    w = open_writer(fds[1], 1, false);
    say(w, 3);
    assert_int_equal(read(fds[0], got, sizeof got), -1);
    w->sink->ops->begin(w->sink);
    assert_int_equal(read(fds[0], got, sizeof got), 6);
    close_writer(w);
    close(fds[0]);
    close(fds[1]);
}

static void a_slow_reader_loses_the_oldest(void **state)
{
    static unsigned char got[1 << 20];
    struct writer *w;
    int fds[2], last = 0, jumps = 0;
    ssize_t n;

    (void)state;
    make_pipe(fds);
    for (uint8_t channels = 1; channels <= 2; channels++) {
        w = begin_writer(fds[1], channels, false);
        say(w, channels == 1 ? 20 : 10);
        assert_int_equal(read(fds[0], got, 5), 5); /* in the middle of a sample */
        say(w, 60000);                             /* 7 s: more than a pipe takes */
        assert_int_equal(w->slow, 1);
        assert_int_equal(w->failures, 0);
        n = read(fds[0], got + 5, sizeof got - 5); /* what stood in the pipe */
        assert_true(n > 0);
        w->sink->ops->silence(w->sink, 0); /* the reader is back */
        n += 5 + read(fds[0], got + 5 + n, sizeof got - 5 - (size_t)n);
        last = jumps = 0;
        for (ssize_t i = 0; i + 2 * channels <= n; i += 2 * channels) {
            uint16_t v = (uint16_t)sample_at(got + i);

            jumps += v != (uint16_t)(last + 1);
            if (channels == 2)
                assert_int_equal(sample_at(got + i + 2), (int16_t) - (int16_t)v);
            last = v;
        }
        assert_int_equal(jumps, 1);
        assert_int_equal((uint16_t)w->count, last);
        close_writer(w);
    }
    close(fds[0]);
    close(fds[1]);
}

static size_t read_all(int fd, unsigned char *out, size_t room)
{
    size_t n = 0;
    ssize_t some;

    while ((some = read(fd, out + n, room - n)) > 0)
        n += (size_t)some;
    return n;
}

/* A socket may take a part of a frame. What follows it later is the rest, whatever was dropped in
 * between. */
static void no_frame_is_cut(void **state)
{
    static unsigned char got[1 << 20];
    int fds[2], room = 2305; /* odd, and less than what is kept for a slow reader */
    size_t n;
    struct writer *w;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    w = begin_writer(fds[1], 2, false);
    say(w, 8000);
    n = read_all(fds[0], got, sizeof got);
    assert_true(n > 0 && n % 4 == 0);
    w->sink->ops->silence(w->sink, 0);
    say(w, 8000); /* the rest of a frame waits, and others behind it are dropped */
    n += read_all(fds[0], got + n, sizeof got - n);
    assert_int_not_equal(n % 4, 0);
    for (size_t some = 1; some > 0; n += some) {
        w->sink->ops->silence(w->sink, 0);
        some = read_all(fds[0], got + n, sizeof got - n);
    }
    assert_int_equal(n % 4, 0);
    for (size_t i = 0; i < n; i += 4)
        assert_int_equal(sample_at(got + i), -sample_at(got + i + 2));
    close_writer(w);
    close(fds[0]);
    close(fds[1]);
}

/* Who listens and talks is not left two seconds behind what is said. */
static void a_live_reader_is_kept_close(void **state)
{
    int16_t packet[160] = {0};
    struct writer *w;
    int fds[2];

    (void)state;
    for (int socket = 0; socket < 2; socket++) {
        if (socket)
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        else
            make_pipe(fds);
        w = begin_writer(fds[1], 1, true);
        if (socket) /* what waits for us does not count */
            assert_int_equal(write(fds[0], packet, sizeof packet), sizeof packet);
        for (int i = 0; i < 200; i++)
            w->sink->ops->write(w->sink, packet, 160);
        assert_in_range(pipe_unread(fds[0]), 3200, 3200 + 3200);
        close_writer(w);
        close(fds[0]);
        close(fds[1]);
    }
}

static void a_dead_reader_is_told_once(void **state)
{
    struct writer *w;
    int fds[2];

    (void)state;
    for (int socket = 0; socket < 2; socket++) {
        if (socket)
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        else
            make_pipe(fds);
        w = begin_writer(fds[1], 1, false);
        say(w, 100);
        assert_int_equal(w->failures, 0);
        close(fds[0]);
        say(w, 100);
        expect_failure(w);
        assert_non_null(strstr(w->why, "nobody reads it"));
        close_writer(w);
        close(fds[1]);
    }
}

static void a_file_gets_everything(void **state)
{
    FILE *file = tmpfile();
    struct stat st;
    struct writer *w;

    (void)state;
    assert_non_null(file);
    for (int i = 1; i <= 2; i++) { /* the second call goes on behind the first */
        w = begin_writer(fileno(file), 1, false);
        say(w, 8000);
        close_writer(w);
        assert_int_equal(fstat(fileno(file), &st), 0);
        assert_int_equal(st.st_size, i * 16000);
    }
    fclose(file);
}

static void a_full_disk_is_told_once(void **state)
{
    int fd = open("/dev/full", O_WRONLY);
    struct writer *w = begin_writer(fd, 1, false);

    (void)state;
    say(w, 100);
    expect_failure(w);
    assert_non_null(strstr(w->why, "No space left"));
    close_writer(w);
    close(fd);
}

/* As above, where a thread writes. */
static void a_disk_behind_a_thread_fails(void **state)
{
    char path[TEMPORARY_MAX] = "/tmp/test_media_pipe_XXXXXX";
    int made = temporary_file(path), fd = open(path, O_WRONLY);
    struct rlimit all, few;
    struct writer *w;

    (void)state;
    assert_true(made >= 0 && fd >= 0);
    assert_int_equal(unlink(path), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    few = (struct rlimit){6000, all.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    w = begin_writer(fd, 1, false);
    say(w, 8000);
    w->sink->ops->close(w->sink);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    assert_int_equal(w->failures, 1);
    assert_non_null(strstr(w->why, "File too large"));
    assert_int_equal(w->closed, 1);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    free(w);
    close(fd);
    close(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_leave_at_once),
        cmocka_unit_test(nothing_leaves_before_its_turn),
        cmocka_unit_test(a_slow_reader_loses_the_oldest),
        cmocka_unit_test(no_frame_is_cut),
        cmocka_unit_test(a_live_reader_is_kept_close),
        cmocka_unit_test(a_dead_reader_is_told_once),
        cmocka_unit_test(a_file_gets_everything),
        cmocka_unit_test(a_full_disk_is_told_once),
        cmocka_unit_test(a_disk_behind_a_thread_fails),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("phone/media_pipe_out", tests, NULL, NULL);
}
