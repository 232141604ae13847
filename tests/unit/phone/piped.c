#include "tests/unit/phone/piped.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void on_failed(void *arg, int err, const char *why)
{
    struct piped *r = arg;

    assert_true(err < 0);
    r->failures++;
    snprintf(r->why, sizeof r->why, "%s", why);
}

static void on_closed(void *arg)
{
    struct piped *r = arg;

    r->closed++;
}

int piped_own(int fd, bool reads)
{
    char why[MEDIA_WHY_MAX];
    int got = media_pipe_own(fd, reads, why);

    assert_true(got >= 0);
    return got;
}

struct piped *piped_open(int fd, uint32_t rate_hz, uint8_t channels, bool live)
{
    static const struct media_file_events events = {on_failed, on_closed};
    struct media_pipe pipe = {piped_own(fd, true), rate_hz, channels, live};
    struct piped *r = calloc(1, sizeof *r);

    assert_non_null(r);
    assert_int_equal(uv_loop_init(&r->loop), 0);
    assert_int_equal(media_pipe_in_open(&r->loop, &pipe, &events, r, &r->in), 0);
    return r;
}

void piped_close(struct piped *r)
{
    media_pipe_in_close(r->in);
    media_pipe_in_close(r->in);
    assert_int_equal(r->closed, 0);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(r->closed, 1);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    free(r);
}

void piped_make(int out[2])
{
    assert_int_equal(pipe(out), 0);
}

void piped_put(int fd, const void *bytes, size_t n)
{
    assert_int_equal(write(fd, bytes, n), n);
}

void piped_put_count(int fd, int first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int v = first + (int)i;
        unsigned char bytes[2] = {(unsigned char)v, (unsigned char)(v >> 8)};

        piped_put(fd, bytes, 2);
    }
}

size_t piped_take(struct piped *r, int16_t *out, size_t n, uint32_t rate_hz)
{
    unsigned channels = 1;

    n = media_pipe_in_read(r->in, out, n, rate_hz, &channels);
    assert_int_equal(channels, 1);
    return n;
}

size_t piped_take_all(struct piped *r, int16_t *out, size_t room, uint32_t rate_hz)
{
    size_t n = 0;

    for (int i = 0; i < 20000 && !media_pipe_in_ended(r->in) && !r->failures; i++) {
        size_t some = piped_take(r, out + n, room - n < 160 ? room - n : 160, rate_hz);

        n += some;
        if (some == 0)
            usleep(500);
    }
    return n;
}
