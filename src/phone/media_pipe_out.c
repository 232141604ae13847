/* What is recorded, into a descriptor. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phone/media_pipe.h"

#define KEPT_MS 200        /* for a reader that is late */
#define LIVE_BEHIND_MS 200 /* in the pipe itself, where one program listens and talks */
#define PIECE_FRAMES 256

struct media_pipe_out {
    struct media_sink sink;
    uv_async_t done;
    uv_timer_t patience;
    unsigned handles; /* that are not closed yet */
    bool late;        /* closed was told while the carrier was still at it */
    struct media_pipe_events events;
    void *arg;
    bool live, begun, closing, failed, told, told_slow;
    int err; /* not told yet, with why */
    char why[MEDIA_WHY_MAX];
    struct pipe_helper carrier; /* to a disk */
    int fd;
    enum pipe_kind kind;
    size_t frame; /* bytes of one */
    unsigned char *queue;
    size_t n, cap;  /* bytes */
    size_t partial; /* of the first frame of the queue, what has been written already */
};

/* --- life ------------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *handle)
{
    struct media_pipe_out *p = handle->data;
    struct media_file_events events = p->events.file;
    void *arg = p->arg;
    bool late = p->late;

    if (--p->handles > 0)
        return;
    free(p->queue);
    free(p);
    if (!late)
        events.closed(arg);
}

/* Told from the loop: whoever writes now goes on to use what he would free when he heard it. */
static void fail(struct media_pipe_out *p, int err, const char *why)
{
    p->failed = true;
    p->err = err;
    snprintf(p->why, sizeof p->why, "what is heard cannot be piped out any more: %.150s", why);
    uv_async_send(&p->done);
}

/* Once, and not behind closed. */
static void tell(struct media_pipe_out *p, int err)
{
    if (!p->told && !p->late)
        p->events.file.failed(p->arg, err, p->why);
    p->told = true;
}

static void on_done(uv_async_t *done)
{
    struct media_pipe_out *p = done->data;
    bool over = pipe_helper_over(&p->carrier);
    int err;

    if (over && p->carrier.err)
        fail(p, p->carrier.err, p->carrier.why);
    if (over)
        p->carrier.err = 0;
    err = p->err;
    p->err = 0; /* told once */
    if (err)
        tell(p, err);
    if (!over || !p->closing || !p->begun || uv_is_closing((uv_handle_t *)done))
        return;
    uv_close((uv_handle_t *)done, on_closed);
    uv_close((uv_handle_t *)&p->patience, on_closed);
}

/* The loop may end without the carrier, which then has what it uses for itself. */
static void on_patience(uv_timer_t *patience)
{
    struct media_pipe_out *p = patience->data;

    snprintf(p->why, sizeof p->why, "what is heard cannot be piped out: the disk does not answer");
    tell(p, -ETIMEDOUT);
    p->late = true;
    uv_unref((uv_handle_t *)&p->done);
    p->events.file.closed(p->arg);
}

static void expect_end(struct media_pipe_out *p)
{
    uv_async_send(&p->done);
    if (p->closing && p->begun)
        (void)uv_timer_start(&p->patience, on_patience, PIPE_LAST_MS, 0);
}

/* The disk may wait, so a thread of its own writes to it. */
static int start_carrier(struct media_pipe_out *p)
{
    int pair[2], err = pipe_pair(1, pair);

    if (!err)
        err = pipe_helper_start(&p->carrier, pair[0], p->fd, false, &p->done);
    else
        close(p->fd);
    p->fd = err ? -1 : pair[1];
    p->kind = PIPE_NEVER_WAITS;
    return err;
}

/* --- the queue ------------------------------------------------------------------------------- */

static void forget(struct media_pipe_out *p, size_t from, size_t n)
{
    memmove(p->queue + from, p->queue + from + n, p->n - from - n);
    p->n -= n;
}

/* Makes room for n bytes: whole frames go, and never half of one that the reader has begun. */
static void drop_oldest(struct media_pipe_out *p, size_t n)
{
    size_t begun = p->partial ? p->frame - p->partial : 0;
    size_t surplus = p->n + n > p->cap ? p->n + n - p->cap : 0;

    if (!surplus)
        return;
    surplus = (surplus + p->frame - 1) / p->frame * p->frame;
    forget(p, begun, surplus < p->n - begun ? surplus : (p->n - begun) / p->frame * p->frame);
    if (!p->told_slow)
        p->events.slow(p->arg, "whoever reads what is heard is too slow: some of it is lost");
    p->told_slow = true;
}

/* Where a disk is behind it, the carrier knows better why. */
static void give_up(struct media_pipe_out *p, int err)
{
    if (p->carrier.done)
        p->failed = true;
    else
        fail(p, err, err == -EPIPE ? "nobody reads it" : strerror(-err));
}

static bool has_enough(const struct media_pipe_out *p)
{
    return p->live &&
           pipe_unread_there(p->fd, p->kind) / p->frame * 1000 / p->sink.rate_hz >= LIVE_BEHIND_MS;
}

static void flush(struct media_pipe_out *p)
{
    while (p->n && p->begun && !p->failed && !has_enough(p)) {
        int n = pipe_write(p->fd, p->kind, p->queue, p->n);

        if (n < 0 && n != -EAGAIN)
            give_up(p, n);
        if (n <= 0)
            return;
        p->partial = (p->partial + (size_t)n) % p->frame;
        forget(p, 0, (size_t)n);
    }
}

/* n frames, PIECE_FRAMES at most; NULL: silence. */
static void put(struct media_pipe_out *p, const int16_t *frames, size_t n)
{
    size_t values = n * p->sink.channels;

    drop_oldest(p, n * p->frame);
    for (size_t i = 0; i < values && p->n + 2 <= p->cap; i++) {
        uint16_t v = frames ? (uint16_t)frames[i] : 0;

        p->queue[p->n++] = (unsigned char)v;
        p->queue[p->n++] = (unsigned char)(v >> 8);
    }
}

/* --- as a sink ------------------------------------------------------------------------------- */

static void pipe_begin(struct media_sink *sink)
{
    struct media_pipe_out *p = (struct media_pipe_out *)sink;

    p->begun = true;
    flush(p);
    expect_end(p);
}

static void pipe_append(struct media_sink *sink, const int16_t *frames, size_t n)
{
    struct media_pipe_out *p = (struct media_pipe_out *)sink;

    for (size_t some; n > 0 && !p->failed && !p->closing; n -= some) {
        some = n < PIECE_FRAMES ? n : PIECE_FRAMES;
        put(p, frames, some);
        frames = frames ? frames + some * sink->channels : NULL;
    }
    flush(p);
}

/* Of hours no reader is left behind by more than the queue. */
static void pipe_silence(struct media_sink *sink, uint64_t n)
{
    struct media_pipe_out *p = (struct media_pipe_out *)sink;
    uint64_t most = p->cap / p->frame;

    pipe_append(sink, NULL, (size_t)(n < most ? n : most));
}

/* What the reader has no room for now is lost. */
static void pipe_close(struct media_sink *sink)
{
    struct media_pipe_out *p = (struct media_pipe_out *)sink;

    if (p->closing)
        return;
    flush(p);
    p->closing = true;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->failed = true;
    expect_end(p);
}

static const struct media_sink_ops ops = {pipe_begin, pipe_append, pipe_silence, pipe_close};

int media_pipe_out_open(uv_loop_t *loop, const struct media_pipe *pipe,
                        const struct media_pipe_events *events, void *arg, struct media_sink **out)
{
    struct media_pipe_out *p = calloc(1, sizeof *p);
    size_t frame = pipe->channels * sizeof(int16_t), cap = pipe->rate_hz * KEPT_MS / 1000 * frame;
    unsigned char *queue = malloc(cap);
    int err = p && queue ? uv_async_init(loop, &p->done, on_done) : -ENOMEM;

    if (err) {
        free(queue);
        free(p);
        close(pipe->fd);
        return err;
    }
    p->sink = (struct media_sink){&ops, pipe->rate_hz, pipe->channels};
    (void)uv_timer_init(loop, &p->patience); /* never fails */
    p->done.data = p->patience.data = p;
    p->handles = 2;
    p->events = *events;
    p->arg = arg;
    p->live = pipe->live;
    p->fd = pipe->fd;
    p->kind = pipe_kind(pipe->fd);
    p->frame = frame;
    p->queue = queue;
    p->cap = cap;
    *out = &p->sink;
    if (p->kind == PIPE_DISK && (err = start_carrier(p)) != 0)
        fail(p, err, "no thread is left for it");
    return 0;
}
