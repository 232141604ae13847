/* What of a stream is recorded: one recording after the other, each to a sink of its own.
 *
 * The next one is there at once, and keeps its sound, while the one before is still being completed
 * on the disk; only then is it begun, as it may be the same file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phone/media_pipe.h"
#include "phone/media_sides.h"
#include "phone/media_stream.h"

#define NO_MEMORY "no memory to record"

struct media_recording {
    struct list link; /* in the stream's recordings; the first one may be written to */
    struct media_stream *stream;
    struct media_sink *sink; /* NULL: not opened yet, as there is no codec */
    struct media_sides *sides;
    char *path;
    struct media_pipe *pipe; /* in place of path, until it is opened; or NULL */
    enum phone_sides which;
    unsigned serial;
    int err;
    char why[MEDIA_WHY_MAX];
};

static void begin_first(struct media_stream *s)
{
    struct list *first = list_first(&s->recordings);
    struct media_recording *r = first ? LIST_ITEM(first, struct media_recording, link) : NULL;

    if (r && r->sink)
        r->sink->ops->begin(r->sink);
}

/* Takes path over. */
static void tell_recorded(struct media_stream *s, char *path, unsigned serial, int err,
                          const char *why)
{
    struct media_event event = {
        .type = MEDIA_RECORDED, .stream = s, .arg = s->arg, .err = err, .serial = serial};

    snprintf(event.why, sizeof event.why, "%s", why);
    media_thread_tell_file(s->thread, &event, path);
}

static void drop(struct media_recording *r)
{
    struct media_stream *s = r->stream;

    tell_recorded(s, r->path, r->serial, r->err, r->why);
    list_remove(&r->link);
    stream_free_pipe(r->pipe);
    free(r);
    begin_first(s);
}

static void on_failed(void *arg, int err, const char *why)
{
    struct media_recording *r = arg;

    r->err = err;
    snprintf(r->why, sizeof r->why, "%s", why);
    if (r->stream->recording == r)
        stream_end_recording(r->stream);
}

static void on_closed(void *arg)
{
    struct media_recording *r = arg;
    struct media_stream *s = r->stream;

    drop(r);
    s->holds--;
    media_thread_stream_closed(s);
}

/* Of the file: that of what is heard, or the better one of both sides. */
static uint32_t best_rate(const struct media_stream *s, enum phone_sides which)
{
    uint32_t heard = playout_rate_hz(s->playout);
    uint32_t sent = s->encoder ? audio_encoder_rate_hz(s->encoder) : 0;

    return which != PHONE_SIDES_HEARD && sent > heard ? sent : heard;
}

static uint8_t channels_of_file(const struct media_stream *s, enum phone_sides which)
{
    if (which == PHONE_SIDES_HEARD)
        return (uint8_t)playout_channels(s->playout);
    return which == PHONE_SIDES_APART ? 2 : 1;
}

static void on_slow(void *arg, const char *why)
{
    struct media_recording *r = arg;

    stream_tell_failure(r->stream, MEDIA_RECORD_SLOW, 0, why);
}

static int open_where(struct media_stream *s, struct media_recording *r)
{
    static const struct media_pipe_events events = {{on_failed, on_closed}, on_slow};
    uv_loop_t *loop = net_loop_uv(s->thread->loop);
    struct media_pipe *pipe = r->pipe;
    int err;

    if (!pipe)
        return media_recorder_open(&s->thread->jobs, r->path, best_rate(s, r->which),
                                   channels_of_file(s, r->which), &events.file, r, &r->sink);
    err = media_pipe_out_open(loop, pipe, &events, r, &r->sink);
    r->pipe = NULL;
    free(pipe);
    return err;
}

static int open_sink(struct media_stream *s, struct media_recording *r)
{
    int err = open_where(s, r);

    if (!err)
        s->holds++;
    return err ? err : media_sides_new(r->which, r->sink, s->played_us, &r->sides);
}

void stream_free_pipe(struct media_pipe *pipe)
{
    if (pipe)
        close(pipe->fd);
    free(pipe);
}

void stream_record(struct media_stream *s, char *path, struct media_pipe *pipe,
                   enum phone_sides which, unsigned serial)
{
    struct media_recording *r = path ? calloc(1, sizeof *r) : NULL;

    stream_end_recording(s);
    if (!r) {
        stream_free_pipe(pipe);
        if (path)
            tell_recorded(s, path, serial, -ENOMEM, NO_MEMORY);
        return;
    }
    *r = (struct media_recording){
        .stream = s, .path = path, .pipe = pipe, .which = which, .serial = serial};
    list_append(&s->recordings, &r->link);
    s->recording = r;
}

void stream_end_recording(struct media_stream *s)
{
    struct media_recording *r = s->recording;

    s->recording = NULL;
    if (!r)
        return;
    media_sides_end(r->sides);
    r->sides = NULL;
    if (r->sink) {
        r->sink->ops->close(r->sink);
        return;
    }
    if (!r->err)
        snprintf(r->why, sizeof r->why, "there was no sound to record");
    drop(r);
}

void stream_begin_recording(struct media_stream *s)
{
    struct media_recording *r = s->recording;
    int err;

    if (!r || r->sink)
        return;
    err = open_sink(s, r);
    if (r->sink && list_first(&s->recordings) == &r->link)
        r->sink->ops->begin(r->sink);
    if (err)
        on_failed(r, err, NO_MEMORY);
}

void stream_record_heard(struct media_stream *s, const int16_t *samples, size_t n,
                         unsigned channels, uint32_t rate_hz, uint64_t end_us)
{
    if (s->recording && s->recording->sides)
        media_sides_put(s->recording->sides, MEDIA_SIDE_THEIRS, samples, n, channels, rate_hz,
                        end_us);
}

void stream_record_sent(struct media_stream *s, const int16_t *samples, size_t n, unsigned channels,
                        uint32_t rate_hz, uint64_t end_us)
{
    if (s->recording && s->recording->sides)
        media_sides_put(s->recording->sides, MEDIA_SIDE_OURS, samples, n, channels, rate_hz,
                        end_us);
}
