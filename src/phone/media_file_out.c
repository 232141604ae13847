/* What is recorded, into a file. */
#include "phone/media_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phone/media_half.h"
#include "phone/sound_file.h"

#define SILENT_SAMPLES 2048 /* of a piece of it */

struct media_recorder {
    /* The media thread's */
    struct media_sink sink;
    struct media_jobs *jobs;
    struct media_file_events events;
    void *arg;
    struct media_half front; /* being filled */
    uint64_t silence;        /* frames of silence behind it */
    bool begun, busy, closing, failed;
    bool late; /* closed was told before the disk was done: nobody listens any more */

    /* The worker's while busy */
    struct media_job job;
    char *path;
    const struct net_spawner *helper; /* as a player's */
    struct audio_writer *writer;
    struct media_half back;
    uint64_t back_silence;
    bool last; /* complete the file */
    int err;
    char why[AUDIO_WHY_MAX];
};

static int write_silence(struct audio_writer *writer, uint8_t channels, uint64_t n)
{
    static const int16_t zeros[SILENT_SAMPLES];
    const size_t piece = SILENT_SAMPLES / channels;
    int err = 0;

    for (; n && !err; n -= n < piece ? n : piece)
        err = audio_writer_write(writer, zeros, n < piece ? (size_t)n : piece);
    return err;
}

static int recorder_write_back(struct media_recorder *r)
{
    uint8_t channels = r->sink.channels;
    int err = audio_writer_write(r->writer, r->back.samples, r->back.n / channels);

    return err ? err : write_silence(r->writer, channels, r->back_silence);
}

/* In a worker. */
static void recorder_write_behind(struct media_job *job)
{
    struct media_recorder *r = LIST_ITEM(job, struct media_recorder, job);
    int err = 0;

    if (!r->err && !r->writer)
        r->err = sound_file_write(r->helper, r->path, r->sink.rate_hz, r->sink.channels, &r->writer,
                                  r->why);
    if (!r->err)
        err = recorder_write_back(r);
    if (r->last) {
        int closing = audio_writer_close(r->writer);

        r->writer = NULL;
        err = err ? err : closing;
    }
    if (err && !r->err) {
        r->err = err;
        snprintf(r->why, sizeof r->why, "cannot write %.200s: %s", r->path, strerror(-err));
    }
}

static void recorder_turn(struct media_recorder *r);

static void recorder_free(struct media_recorder *r)
{
    struct media_file_events events = r->events;
    void *arg = r->arg;
    bool late = r->late;

    free(r->front.samples);
    free(r->back.samples);
    free(r->path);
    free(r);
    if (!late)
        events.closed(arg);
}

static void recorder_done(struct media_job *job)
{
    struct media_recorder *r = LIST_ITEM(job, struct media_recorder, job);
    bool last = r->last; /* failed may close the recorder, which then has work again */

    r->busy = false;
    r->back_silence = 0;
    media_half_drop(&r->back);
    if (r->err && !r->failed) {
        r->failed = true;
        r->events.failed(r->arg, r->err, r->why);
    }
    if (last)
        recorder_free(r);
    else
        recorder_turn(r);
}

static void recorder_late(struct media_job *job)
{
    struct media_recorder *r = LIST_ITEM(job, struct media_recorder, job);
    char why[AUDIO_WHY_MAX];

    r->late = true;
    snprintf(why, sizeof why, "cannot write %.200s: the disk does not answer", r->path);
    if (!r->failed)
        r->events.failed(r->arg, -ETIMEDOUT, why);
    r->failed = true;
    r->events.closed(r->arg);
}

static void recorder_hurry(struct media_recorder *r)
{
    if (r->closing && r->busy && !r->late)
        media_jobs_hurry(r->jobs, &r->job, MEDIA_FILE_LAST_MS, recorder_late);
}

/* Hands a full half to a worker; the last one whether full or not. */
static void recorder_turn(struct media_recorder *r)
{
    bool full = r->front.n && r->front.n == r->front.cap;

    if (r->busy || !r->begun || (!full && !r->silence && !r->closing))
        return;
    if (r->failed && !r->closing) {
        r->front.n = r->silence = 0;
        return;
    }
    media_half_swap(&r->front, &r->back);
    r->back_silence = r->silence;
    r->silence = 0;
    r->last = r->closing;
    r->busy = true;
    r->job.work = recorder_write_behind;
    r->job.done = recorder_done;
    media_jobs_put(r->jobs, &r->job);
    recorder_hurry(r);
}

static void recorder_begin(struct media_sink *sink)
{
    struct media_recorder *r = (struct media_recorder *)sink;

    r->begun = true;
    recorder_turn(r);
}

static void recorder_write(struct media_sink *sink, const int16_t *frames, size_t n)
{
    struct media_recorder *r = (struct media_recorder *)sink;
    uint8_t channels = sink->channels;

    while (n) {
        size_t some;

        if (!r->front.samples) /* without memory there is no room */
            (void)media_half_make(&r->front, sink->rate_hz, channels);
        some = (r->front.cap - r->front.n) / channels;
        if (some == 0 || r->silence) {
            r->silence += n; /* the worker is behind; what comes after that silence must wait */
            recorder_turn(r);
            return;
        }
        some = some < n ? some : n;
        memcpy(r->front.samples + r->front.n, frames, some * channels * sizeof *frames);
        r->front.n += some * channels;
        frames += some * channels;
        n -= some;
        if (r->front.n == r->front.cap)
            recorder_turn(r);
    }
}

static void recorder_silence(struct media_sink *sink, uint64_t n)
{
    struct media_recorder *r = (struct media_recorder *)sink;

    r->silence += n;
    recorder_turn(r);
}

static void recorder_close(struct media_sink *sink)
{
    struct media_recorder *r = (struct media_recorder *)sink;

    if (r->closing)
        return;
    r->closing = true;
    recorder_hurry(r); /* if it is being written to */
    recorder_turn(r);
}

int media_recorder_open(struct media_jobs *jobs, const char *path, uint32_t rate_hz,
                        uint8_t channels, const struct media_file_events *events, void *arg,
                        struct media_sink **out)
{
    static const struct media_sink_ops ops = {recorder_begin, recorder_write, recorder_silence,
                                              recorder_close};
    struct media_recorder *r = calloc(1, sizeof *r);
    char *copy = strdup(path);

    if (!r || !copy) {
        free(copy);
        free(r);
        return -ENOMEM;
    }
    r->sink = (struct media_sink){&ops, audio_writer_fit_rate(path, rate_hz), channels};
    r->jobs = jobs;
    r->helper = jobs->helper;
    r->job.alone = audio_writer_encodes(path);
    r->path = copy;
    r->events = *events;
    r->arg = arg;
    *out = &r->sink;
    return 0;
}
