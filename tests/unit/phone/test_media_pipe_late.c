/* phone/media_pipe: a disk that does not answer holds no call. */
#define _GNU_SOURCE 1
#include "phone/media_pipe.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/lib/rows.h"

/* The file whose disk is stuck until somebody opens the gate; set before there are threads. */
static ino_t stuck;
static uv_sem_t gate;

static void wait_where_stuck(int fd)
{
    struct stat st;

    if (stuck && fstat(fd, &st) == 0 && st.st_ino == stuck)
        uv_sem_wait(&gate);
}

/* In place of the C library's. */
ssize_t read(int fd, void *out, size_t n)
{
    wait_where_stuck(fd);
    return syscall(SYS_read, fd, out, n);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    wait_where_stuck(fd);
    return syscall(SYS_write, fd, bytes, n);
}

struct told {
    int failed, closed;
    char why[MEDIA_WHY_MAX];
};

static void on_failed(void *arg, int err, const char *why)
{
    struct told *told = arg;

    (void)err;
    assert_int_equal(told->closed, 0);
    told->failed++;
    snprintf(told->why, sizeof told->why, "%s", why);
}

static void on_closed(void *arg)
{
    ((struct told *)arg)->closed++;
}

static void on_slow(void *arg, const char *why)
{
    (void)arg;
    (void)why;
}

static const struct media_pipe_events events = {{on_failed, on_closed}, on_slow};

static struct media_pipe open_stuck(FILE *file, bool reads)
{
    char why[MEDIA_WHY_MAX];
    struct media_pipe pipe = {media_pipe_own(fileno(file), reads, why), 8000, 1, false};
    struct stat st;

    assert_true(pipe.fd >= 0);
    assert_int_equal(fstat(pipe.fd, &st), 0);
    stuck = st.st_ino;
    assert_int_equal(uv_sem_init(&gate, 0), 0);
    return pipe;
}

static void on_tick(uv_timer_t *tick)
{
    (void)tick;
}

static void count(uv_handle_t *handle, void *arg)
{
    (void)handle;
    ++*(int *)arg;
}

static int handles_of(uv_loop_t *loop)
{
    int n = 0;

    uv_walk(loop, count, &n);
    return n;
}

static void end(uv_loop_t *loop, struct told *told)
{
    uv_timer_t tick; /* others keep the media thread's loop going */

    while (!told->closed)
        uv_run(loop, UV_RUN_ONCE);
    assert_int_equal(uv_timer_init(loop, &tick), 0);
    assert_int_equal(uv_timer_start(&tick, on_tick, 10, 10), 0);
    uv_sem_post(&gate); /* the disk is back, for the one time that it is wanted */
    while (handles_of(loop) > 1)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
    assert_int_equal(told->closed, 1);
    uv_sem_destroy(&gate);
}

static void what_is_played_is_not_waited_for(void **state)
{
    FILE *file = tmpfile();
    struct media_pipe pipe = open_stuck(file, true);
    struct media_pipe_in *in;
    struct told told = {0};
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(media_pipe_in_open(&loop, &pipe, &events.file, &told, &in), 0);
    media_pipe_in_close(in);
    assert_int_equal(told.closed, 0);
    end(&loop, &told);
    assert_int_equal(told.failed, 0);
    fclose(file);
}

static void what_is_recorded_has_failed(void **state)
{
    static const int16_t sound[160];
    FILE *file = tmpfile();
    struct media_pipe pipe = open_stuck(file, false);
    struct media_sink *sink;
    struct told told = {0};
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(media_pipe_out_open(&loop, &pipe, &events, &told, &sink), 0);
    sink->ops->begin(sink);
    sink->ops->write(sink, sound, 160);
    sink->ops->close(sink);
    end(&loop, &told);
    assert_int_equal(told.failed, 1);
    assert_non_null(strstr(told.why, "does not answer"));
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_played_is_not_waited_for),
        cmocka_unit_test(what_is_recorded_has_failed),
    };

    return cmocka_run_group_tests_name("phone/media_pipe_late", tests, NULL, NULL);
}
