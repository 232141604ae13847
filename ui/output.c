#include "ui/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* A pipe that poll calls writable takes this much without waiting (pipe(7): PIPE_BUF). */
#define PIECE_BYTES 4096u

void output_init(struct output *out, int fd)
{
    *out = (struct output){.fd = fd, .waiting = buf_new(OUTPUT_WAITING_MAX)};
    pthread_mutex_init(&out->lock, NULL);
}

/* The descriptor is shared with the shell and cannot be made non-blocking: ask before writing. */
static bool is_writable(int fd, int limit_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, limit_ms) == 1;
}

/* Writes a piece. Returns how much went, 0: not now; the reader gone: fd becomes -1. */
static size_t write_piece(struct output *out, struct slice s, int limit_ms)
{
    ssize_t n;

    if (!is_writable(out->fd, limit_ms))
        return 0;
    n = write(out->fd, s.p, s.n < PIECE_BYTES ? s.n : PIECE_BYTES);
    if (n >= 0)
        return (size_t)n;
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    out->err = -errno;
    out->fd = -1;
    return 0;
}

static bool flush_waiting(struct output *out, int limit_ms)
{
    while (out->fd >= 0 && out->waiting.n > 0) {
        size_t n = write_piece(out, buf_slice(&out->waiting), limit_ms);

        if (n == 0)
            return false;
        buf_drop(&out->waiting, n);
    }
    return true;
}

void output_put(struct output *out, struct slice lines)
{
    pthread_mutex_lock(&out->lock);
    if (flush_waiting(out, 0)) {
        size_t n;

        while (out->fd >= 0 && lines.n > 0 && (n = write_piece(out, lines, 0)) > 0)
            lines = slice_skip(lines, n);
    }
    if (out->fd >= 0 && lines.n > 0) {
        buf_put(&out->waiting, lines);
        if (!buf_ok(&out->waiting)) {
            out->waiting.failed = false;
            out->lost++;
        }
    }
    pthread_mutex_unlock(&out->lock);
}

void output_put_all(struct output *out, struct slice lines)
{
    pthread_mutex_lock(&out->lock);
    while (out->fd >= 0 && !flush_waiting(out, -1))
        continue;
    while (out->fd >= 0 && lines.n > 0)
        lines = slice_skip(lines, write_piece(out, lines, -1));
    pthread_mutex_unlock(&out->lock);
}

bool output_flush(struct output *out)
{
    bool done;

    pthread_mutex_lock(&out->lock);
    done = flush_waiting(out, 0);
    pthread_mutex_unlock(&out->lock);
    return done;
}

void output_close(struct output *out, int limit_ms)
{
    pthread_mutex_lock(&out->lock);
    flush_waiting(out, limit_ms);
    buf_free(&out->waiting);
    out->fd = -1;
    pthread_mutex_unlock(&out->lock);
}
