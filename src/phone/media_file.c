#include "phone/media_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/resample.h"
#include "audio/stereo.h"
#include "phone/sound_file.h"

#define LEAST_HALF_SAMPLES 2048 /* a quarter of a second at 8 kHz, in 4 KiB */
#define RAW_SAMPLES 2048

/* A fifth of a second at high rates: enough for a busy disk, little for a thousand calls. */
static size_t half_samples(uint32_t rate_hz)
{
    return rate_hz / 5 > LEAST_HALF_SAMPLES ? rate_hz / 5 : LEAST_HALF_SAMPLES;
}

struct half {
    int16_t *samples;
    size_t n, cap; /* of values, which are whole frames */
    uint32_t rate_hz;
    uint8_t channels;
};

/* A half has memory only while there is something in it: most of the time one of a file's two. */
static int half_make(struct half *half, uint32_t rate_hz, uint8_t channels)
{
    size_t cap = half_samples(rate_hz) * channels;
    int16_t *samples = malloc(cap * sizeof *samples);

    if (!samples)
        return -ENOMEM;
    *half = (struct half){samples, 0, cap, rate_hz, channels};
    return 0;
}

static void half_drop(struct half *half)
{
    free(half->samples);
    *half = (struct half){.samples = NULL};
}

/* What is behind `at` in it, at another rate: a fraction of a second at most. Without memory it is
 * lost. */
static void half_convert(struct half *half, size_t at, uint32_t rate_hz)
{
    const uint8_t channels = half->channels;
    struct half other = {.rate_hz = rate_hz, .channels = channels};
    size_t frames = (half->n - at) / channels, n, room = 0;
    struct resample *resample = NULL;

    if (resample_new_of(channels, half->rate_hz, rate_hz, RESAMPLE_CALL, &resample) == 0) {
        room = resample_room(resample, frames) + half_samples(rate_hz);
        other.cap = room * channels;
        other.samples = malloc(other.cap * sizeof *other.samples);
    }
    if (other.samples) {
        n = resample_run(resample, half->samples + at, frames, other.samples, room);
        n += resample_flush(resample, other.samples + n * channels, room - n);
        other.n = n * channels;
    }
    resample_free(resample);
    half_drop(half);
    *half = other;
}

static void swap(struct half *a, struct half *b)
{
    struct half t = *a;

    *a = *b;
    *b = t;
}

/* --- playing --------------------------------------------------------------------------------- */

struct media_player {
    /* The media thread's */
    struct media_jobs *jobs;
    struct media_file_events events;
    void *arg;
    struct half front; /* being given out */
    size_t at;         /* in it */
    uint32_t rate_hz;
    uint8_t channels;      /* at most, of what is read from now on */
    uint8_t read_channels; /* of what was read last; 0: nothing was */
    bool busy, closing, failed;
    bool late;     /* closed was told before the disk was done: nobody listens any more */
    bool told_end; /* the worker has reached the end; what is in the halves is all */

    /* The worker's while busy */
    struct media_job job;
    char *path;
    const struct net_spawner *helper; /* of the jobs, which a late worker may outlive */
    struct audio_reader *reader;
    struct resample *resample; /* NULL: the file has the rate that is wanted */
    uint32_t resample_hz;      /* what it yields, */
    uint8_t resample_channels;
    struct half back;
    bool at_end; /* of the file; the resampler may still hold some */
    int err;
    char why[AUDIO_WHY_MAX];
};

static void player_work(struct media_player *p, void (*work)(struct media_job *job));

/* What the resampler of the form before holds, in the new form: else the sound jumps by 5 ms. */
static void player_take_rest(struct media_player *p)
{
    struct half rest, *back = &p->back;
    size_t n;

    if (!p->resample || half_make(&rest, p->resample_hz, p->resample_channels) != 0)
        return;
    rest.n = resample_flush(p->resample, rest.samples, rest.cap / rest.channels) * rest.channels;
    half_convert(&rest, 0, back->rate_hz);
    n = rest.n / rest.channels;
    n = n * back->channels > back->cap ? back->cap / back->channels : n;
    stereo_convert(rest.samples, n, rest.channels, back->samples, back->channels);
    back->n = n * back->channels;
    half_drop(&rest);
}

/* Makes p->resample what leads from the file to the back half: nothing where they have one rate. */
static int player_fit_rate(struct media_player *p)
{
    uint32_t file_hz = audio_reader_rate_hz(p->reader), rate_hz = p->back.rate_hz;
    uint8_t channels = p->back.channels;
    int err = 0;

    if (p->resample && p->resample_hz == rate_hz && p->resample_channels == channels)
        return 0;
    player_take_rest(p);
    resample_free(p->resample);
    p->resample = NULL;
    if (file_hz != rate_hz)
        err = resample_new_of(channels, file_hz, rate_hz, RESAMPLE_FILE, &p->resample);
    if (err)
        snprintf(p->why, sizeof p->why, "cannot convert the rate of %.200s", p->path);
    p->resample_hz = rate_hz;
    p->resample_channels = channels;
    return err;
}

static int player_prepare(struct media_player *p)
{
    int err = p->reader ? 0 : sound_file_read(p->helper, p->path, &p->reader, p->why);

    if (err)
        return err;
    if (audio_reader_channels(p->reader) < p->back.channels)
        p->back.channels = 1;
    return player_fit_rate(p);
}

/* As much as there is room for, read at once and into its place. */
static int player_plain_piece(struct media_player *p, int16_t *out, size_t room)
{
    int n;

    if (room == 0)
        return -ENOBUFS;
    n = p->at_end ? 0 : audio_reader_read_frames(p->reader, p->back.channels, out, room);
    if (n >= 0 && (size_t)n < room)
        p->at_end = true;
    return n;
}

static int player_resampled_piece(struct media_player *p, int16_t *out, size_t room)
{
    int16_t raw[RAW_SAMPLES];
    size_t want = RAW_SAMPLES / p->back.channels;
    int n;

    while (want > 1 && resample_room(p->resample, want) > room)
        want /= 2;
    if (resample_room(p->resample, want) > room)
        return -ENOBUFS;
    n = p->at_end ? 0 : audio_reader_read_frames(p->reader, p->back.channels, raw, want);
    if (n < 0)
        return n;
    if ((size_t)n < want)
        p->at_end = true;
    if (n == 0)
        return (int)resample_flush(p->resample, out, room);
    return (int)resample_run(p->resample, raw, (size_t)n, out, room);
}

/* One piece of the file, or of what the resampler holds back. Returns samples a channel, 0 at the
 * end, or -errno. */
static int player_piece(struct media_player *p, int16_t *out, size_t room)
{
    return p->resample ? player_resampled_piece(p, out, room) : player_plain_piece(p, out, room);
}

/* In a worker: fills the back half. */
static void player_read_ahead(struct media_job *job)
{
    struct media_player *p = LIST_ITEM(job, struct media_player, job);
    struct half *back = &p->back;
    int n = 1;

    p->err = player_prepare(p);
    while (!p->err && n > 0) {
        n = player_piece(p, back->samples + back->n, (back->cap - back->n) / back->channels);
        if (n > 0)
            back->n += (size_t)n * back->channels;
        else if (n < 0 && n != -ENOBUFS) {
            p->err = n;
            snprintf(p->why, sizeof p->why, "cannot read %.200s: %s", p->path, strerror(-n));
        }
    }
}

static void player_close_file(struct media_job *job)
{
    struct media_player *p = LIST_ITEM(job, struct media_player, job);

    audio_reader_close(p->reader);
    resample_free(p->resample);
    p->reader = NULL;
    p->resample = NULL;
}

static void player_free(struct media_player *p)
{
    struct media_file_events events = p->events;
    void *arg = p->arg;
    bool late = p->late;

    free(p->front.samples);
    free(p->back.samples);
    free(p->path);
    free(p);
    if (!late)
        events.closed(arg);
}

/* The halves change places when the front is empty; the back is filled anew when half of the front
 * is gone. */
static void player_turn(struct media_player *p)
{
    if (p->busy || p->failed || p->closing)
        return;
    if (p->back.samples && p->back.n == 0)
        half_drop(&p->back);
    else if (p->back.samples && p->back.rate_hz != p->rate_hz)
        half_convert(&p->back, 0, p->rate_hz);
    if (p->at == p->front.n && p->back.samples) {
        swap(&p->front, &p->back);
        half_drop(&p->back);
        p->at = 0;
    }
    if (p->back.samples || p->told_end || p->front.n - p->at > p->front.n / 2)
        return;
    if (half_make(&p->back, p->rate_hz, p->channels) == 0)
        player_work(p, player_read_ahead);
}

static void player_done(struct media_job *job)
{
    struct media_player *p = LIST_ITEM(job, struct media_player, job);

    p->busy = false;
    if (p->closing) {
        if (p->reader || p->resample)
            player_work(p, player_close_file);
        else
            player_free(p);
        return;
    }
    if (p->err) {
        p->failed = true;
        p->events.failed(p->arg, p->err, p->why);
        return;
    }
    p->told_end = p->back.n == 0;
    p->read_channels = p->back.channels;
    player_turn(p);
}

/* The call goes on, or ends, without its file. */
static void player_late(struct media_job *job)
{
    struct media_player *p = LIST_ITEM(job, struct media_player, job);

    p->late = true;
    p->events.closed(p->arg);
}

static void player_work(struct media_player *p, void (*work)(struct media_job *job))
{
    p->busy = true;
    p->job.work = work;
    p->job.done = player_done;
    media_jobs_put(p->jobs, &p->job);
    if (p->closing && !p->late)
        media_jobs_hurry(p->jobs, &p->job, MEDIA_FILE_LAST_MS, player_late);
}

int media_player_open(struct media_jobs *jobs, const char *path, uint32_t rate_hz, uint8_t channels,
                      const struct media_file_events *events, void *arg, struct media_player **out)
{
    struct media_player *p = calloc(1, sizeof *p);
    char *copy = strdup(path);

    if (!p || !copy || half_make(&p->back, rate_hz, channels) != 0) {
        free(copy);
        free(p);
        return -ENOMEM;
    }
    p->jobs = jobs;
    p->helper = jobs->helper;
    p->path = copy;
    p->events = *events;
    p->arg = arg;
    p->rate_hz = rate_hz;
    p->channels = channels;
    player_work(p, player_read_ahead);
    *out = p;
    return 0;
}

void media_player_set_form(struct media_player *p, uint32_t rate_hz, uint8_t channels)
{
    p->channels = channels;
    if (rate_hz == p->rate_hz)
        return;
    p->rate_hz = rate_hz;
    if (p->front.samples)
        half_convert(&p->front, p->at, rate_hz);
    p->at = 0;
    player_turn(p);
}

size_t media_player_read(struct media_player *p, int16_t *out, size_t n, unsigned *channels)
{
    size_t done = 0;

    if (p->read_channels < *channels)
        *channels = 1;
    while (done < n) {
        unsigned has = p->front.channels;
        size_t some;

        if (p->front.n == p->at) {
            player_turn(p);
            has = p->front.channels;
            if (p->front.n == p->at)
                break;
        }
        some = (p->front.n - p->at) / has;
        if (some > n - done)
            some = n - done;
        stereo_convert(p->front.samples + p->at, some, has, out + done * *channels, *channels);
        p->at += some * has;
        done += some;
    }
    player_turn(p);
    return done;
}

bool media_player_ended(const struct media_player *p)
{
    return p->told_end && p->at == p->front.n && p->back.n == 0;
}

void media_player_close(struct media_player *p)
{
    if (!p || p->closing)
        return;
    p->closing = true;
    if (p->busy)
        media_jobs_hurry(p->jobs, &p->job, MEDIA_FILE_LAST_MS, player_late);
    else
        player_work(p, player_close_file);
}

/* --- recording ------------------------------------------------------------------------------- */

struct media_recorder {
    /* The media thread's */
    struct media_sink sink;
    struct media_jobs *jobs;
    struct media_file_events events;
    void *arg;
    struct half front; /* being filled */
    uint64_t silence;  /* frames of silence behind it */
    bool begun, busy, closing, failed;
    bool late; /* closed was told before the disk was done: nobody listens any more */

    /* The worker's while busy */
    struct media_job job;
    char *path;
    const struct net_spawner *helper; /* as a player's */
    struct audio_writer *writer;
    struct half back;
    uint64_t back_silence;
    bool last; /* complete the file */
    int err;
    char why[AUDIO_WHY_MAX];
};

static int write_silence(struct audio_writer *writer, uint8_t channels, uint64_t n)
{
    static const int16_t zeros[RAW_SAMPLES];
    const size_t piece = RAW_SAMPLES / channels;
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
    half_drop(&r->back);
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
    swap(&r->front, &r->back);
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
            (void)half_make(&r->front, sink->rate_hz, channels);
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
