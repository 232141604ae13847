#include "ui/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/timers.h"
#include "net/loop.h"

/* A pipe that poll calls writable takes this much without waiting (pipe(7): PIPE_BUF). */
#define PIECE_BYTES 4096u

void output_init(struct output *out, int fd)
{
    *out = (struct output){.fd = fd, .waiting = buf_new(OUTPUT_WAITING_MAX)};
    pthread_mutex_init(&out->lock, NULL);
}

int output_write_behind(struct output *out, struct output *const others[], size_t n_others)
{
    struct writer *writer = NULL;
    int err = 0;

    if (out->writer)
        return 0;
    for (size_t i = 0; i < n_others && !writer; i++)
        if (writer_is_for(others[i]->writer, out->fd))
            writer = writer_share(others[i]->writer);
    if (!writer)
        err = writer_new(out->fd, &writer);
    pthread_mutex_lock(&out->lock);
    out->writer = writer;
    pthread_mutex_unlock(&out->lock);
    return err;
}

/* The descriptor is shared with the shell and cannot be made non-blocking: ask before writing. */
static bool is_writable(int fd, int limit_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, limit_ms) == 1;
}

static void end_with(struct output *out, int err)
{
    out->err = err;
    out->fd = -1;
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
    end_with(out, -errno);
    return 0;
}

/* False: nothing went. */
static bool flush_piece(struct output *out, int limit_ms)
{
    size_t n = write_piece(out, buf_slice(&out->waiting), limit_ms);

    buf_drop(&out->waiting, n);
    return n > 0;
}

static bool flush_waiting(struct output *out, int limit_ms)
{
    while (out->fd >= 0 && out->waiting.n > 0)
        if (!flush_piece(out, limit_ms))
            return false;
    return true;
}

static void finish_behind(struct output *out, uint64_t patience_ms, uint64_t until_ms)
{
    int err = out->writer ? writer_finish(out->writer, patience_ms, until_ms) : 0;

    if (err && out->fd >= 0)
        end_with(out, err);
}

static void put_behind(struct output *out, struct slice lines)
{
    int err = writer_put(out->writer, lines);

    if (err == -ENOBUFS)
        out->lost++;
    else if (err)
        end_with(out, err);
}

static void put(struct output *out, struct slice lines)
{
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
}

void output_put(struct output *out, struct slice lines)
{
    pthread_mutex_lock(&out->lock);
    if (out->fd >= 0 && out->writer)
        put_behind(out, lines);
    else
        put(out, lines);
    pthread_mutex_unlock(&out->lock);
}

void output_put_all(struct output *out, struct slice lines)
{
    pthread_mutex_lock(&out->lock);
    finish_behind(out, NEVER_MS, NEVER_MS);
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

bool output_has_room(struct output *out)
{
    bool has_room;

    pthread_mutex_lock(&out->lock);
    has_room =
        out->waiting.n <= OUTPUT_WAITING_MAX / 2 && (!out->writer || writer_has_room(out->writer));
    pthread_mutex_unlock(&out->lock);
    return has_room;
}

static int shorter_ms(int limit_ms, uint64_t until_ms)
{
    uint64_t left = net_left_ms(until_ms);

    return left < (uint64_t)limit_ms ? (int)left : limit_ms;
}

bool output_close(struct output *out, int reader_ms, int disk_ms, uint64_t until_ms)
{
    bool let_go;

    pthread_mutex_lock(&out->lock);
    while (out->fd >= 0 && out->waiting.n > 0 && flush_piece(out, shorter_ms(reader_ms, until_ms)))
        continue;
    finish_behind(out, (uint64_t)disk_ms, until_ms);
    let_go = writer_free(out->writer);
    out->writer = NULL;
    buf_free(&out->waiting);
    out->fd = -1;
    pthread_mutex_unlock(&out->lock);
    return let_go;
}
