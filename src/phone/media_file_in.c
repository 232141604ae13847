/* What the far end hears, out of a file. */
#include "phone/media_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/resample.h"
#include "audio/stereo.h"
#include "phone/media_half.h"
#include "phone/sound_file.h"

#define RAW_SAMPLES 2048

struct media_player {
    /* The media thread's */
    struct media_jobs *jobs;
    struct media_file_events events;
    void *arg;
    struct media_half front; /* being given out */
    size_t at;               /* in it */
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
    struct media_half back;
    bool at_end; /* of the file; the resampler may still hold some */
    int err;
    char why[AUDIO_WHY_MAX];
};

static void player_work(struct media_player *p, void (*work)(struct media_job *job));

/* What the resampler of the form before holds, in the new form: else the sound jumps by 5 ms. */
static void player_take_rest(struct media_player *p)
{
    struct media_half rest, *back = &p->back;
    size_t n;

    if (!p->resample || media_half_make(&rest, p->resample_hz, p->resample_channels) != 0)
        return;
    rest.n = resample_flush(p->resample, rest.samples, rest.cap / rest.channels) * rest.channels;
    media_half_convert(&rest, 0, back->rate_hz);
    n = rest.n / rest.channels;
    n = n * back->channels > back->cap ? back->cap / back->channels : n;
    stereo_convert(rest.samples, n, rest.channels, back->samples, back->channels);
    back->n = n * back->channels;
    media_half_drop(&rest);
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
    struct media_half *back = &p->back;
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
        media_half_drop(&p->back);
    else if (p->back.samples && p->back.rate_hz != p->rate_hz)
        media_half_convert(&p->back, 0, p->rate_hz);
    if (p->at == p->front.n && p->back.samples) {
        media_half_swap(&p->front, &p->back);
        media_half_drop(&p->back);
        p->at = 0;
    }
    if (p->back.samples || p->told_end || p->front.n - p->at > p->front.n / 2)
        return;
    if (media_half_make(&p->back, p->rate_hz, p->channels) == 0)
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

    if (!p || !copy || media_half_make(&p->back, rate_hz, channels) != 0) {
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
        media_half_convert(&p->front, p->at, rate_hz);
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
