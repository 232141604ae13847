#include "phone/media_ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/mixer.h"
#include "audio/resample.h"
#include "audio/tone.h"
#include "phone/media_thread.h"
#include "phone/sound_file.h"

#define TONE_MOST_S 30u /* of a file: what is behind that is not heard */
#define TONE_LEAST_S 3u /* a shorter one has silence behind it, so that it does not rattle */
#define PIECE_MS 10u    /* of the file, that is converted at once */
#define TONE_RATE_MAX 384000u
#define DEVICES_MAX (MEDIA_RINGS_MAX + 1)

/* One device that rings. */
struct voice {
    struct media_ring *ring;
    struct media_device *device; /* NULL: closed */
    bool failed;
    uint32_t rate_hz; /* of tone and resample */
    struct tone tone;
    struct resample *resample;
    size_t at; /* in the file */
    /* Converted and not yet said. */
    int16_t rest[2 * MIXER_SAMPLES];
    size_t n_rest;
};

struct media_ring {
    struct list link;
    struct media_thread *thread;
    char *names[DEVICES_MAX];
    struct voice *voices[DEVICES_MAX];
    size_t n, n_open; /* devices; those that are not closed */
    bool ending, told;
    bool elsewhere; /* the last of them is the default, in place of all others */

    char *path; /* of the file, or NULL */
    struct media_job job;
    const struct net_spawner *helper; /* the job's, who may be left behind by the thread */
    bool loading;
    int16_t *samples; /* NULL: the bell */
    size_t n_samples;
    uint32_t rate_hz;
    int err;
    char why[AUDIO_WHY_MAX];
};

/* --- begin and end -------------------------------------------------------------------------- */

static char *copy(const char *text, bool *failed)
{
    char *out = strdup(text);

    *failed |= !out;
    return out;
}

struct media_ring *media_ring_new(const char *const *devices, size_t n, const char *tone)
{
    struct media_ring *ring = calloc(1, sizeof *ring);
    bool failed = false;

    if (!ring)
        return NULL;
    list_init(&ring->link);
    ring->n = n < MEDIA_RINGS_MAX ? n : MEDIA_RINGS_MAX;
    for (size_t i = 0; i < ring->n; i++)
        ring->names[i] = copy(devices[i], &failed);
    ring->path = tone ? copy(tone, &failed) : NULL;
    if (!failed)
        return ring;
    media_ring_drop(ring);
    return NULL;
}

void media_ring_drop(struct media_ring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < ring->n; i++) {
        if (ring->voices[i])
            resample_free(ring->voices[i]->resample);
        free(ring->voices[i]);
        free(ring->names[i]);
    }
    free(ring->samples);
    free(ring->path);
    free(ring);
}

static void free_if_over(struct media_ring *ring)
{
    struct media_thread *t = ring->thread;

    if (!ring->ending || ring->n_open > 0 || ring->loading)
        return;
    list_remove(&ring->link);
    media_ring_drop(ring);
    media_thread_closed(t);
}

static void tell_failure(struct media_ring *ring, int err, const char *why)
{
    struct media_event event = {.type = MEDIA_RING_FAILED, .err = err};

    if (ring->told || ring->ending)
        return;
    ring->told = true;
    snprintf(event.why, sizeof event.why, "%s", why);
    media_thread_tell(ring->thread, &event);
}

/* --- the file ------------------------------------------------------------------------------- */

static int read_samples(struct media_ring *ring, struct audio_reader *reader)
{
    uint32_t rate_hz = audio_reader_rate_hz(reader);
    size_t least = (size_t)rate_hz * TONE_LEAST_S;
    int err;

    if (rate_hz == 0 || rate_hz > TONE_RATE_MAX)
        return -EINVAL;
    err = audio_reader_read_all(reader, TONE_MOST_S, &ring->samples, &ring->n_samples);
    if (err)
        return err;
    ring->rate_hz = rate_hz;
    if (ring->n_samples < least)
        ring->n_samples = least;
    return 0;
}

static void load_in_worker(struct media_job *job)
{
    struct media_ring *ring = (struct media_ring *)((char *)job - offsetof(struct media_ring, job));
    struct audio_reader *reader;

    ring->err = sound_file_read(ring->helper, ring->path, &reader, ring->why);
    if (ring->err)
        return;
    ring->err = read_samples(ring, reader);
    if (ring->err)
        snprintf(ring->why, sizeof ring->why, "cannot ring with %.180s: %s", ring->path,
                 ring->err == -ENODATA ? "there is no sound in it" : strerror(-ring->err));
    audio_reader_close(reader);
}

static void loaded(struct media_job *job)
{
    struct media_ring *ring = (struct media_ring *)((char *)job - offsetof(struct media_ring, job));

    ring->loading = false;
    if (ring->err)
        tell_failure(ring, ring->err, ring->why);
    free_if_over(ring);
}

/* --- devices -------------------------------------------------------------------------------- */

static void on_ready(void *arg)
{
    struct voice *voice = arg;

    media_thread_rhythm(voice->ring->thread, false);
}

/* Where another one rang in its place, that one does no more. */
static void on_back(void *arg)
{
    struct voice *voice = arg;
    struct media_ring *ring = voice->ring;
    struct voice *other = ring->elsewhere ? ring->voices[ring->n - 1] : NULL;

    voice->failed = false;
    if (other && other != voice && other->device)
        media_device_want(other->device, false);
}

static int open_voice(struct media_ring *ring, size_t i);

/* None of them can be heard: better the wrong room than nobody who answers. */
static void ring_elsewhere(struct media_ring *ring)
{
    struct voice *other = ring->elsewhere ? ring->voices[ring->n - 1] : NULL;
    bool hopeless = ring->ending;

    for (size_t i = 0; i < ring->n - ring->elsewhere; i++)
        hopeless |=
            (ring->voices[i] && !ring->voices[i]->failed) || strcmp(ring->names[i], "default") == 0;
    if (other && other->device && !hopeless)
        media_device_want(other->device, true); /* again */
    if (hopeless || ring->elsewhere)
        return;
    ring->names[ring->n] = strdup("default");
    if (!ring->names[ring->n])
        return;
    ring->elsewhere = true;
    ring->n++;
    (void)open_voice(ring, ring->n - 1);
}

/* Without err it is heard all the same, by the loudspeaker of another card. */
static void on_failed(void *arg, int err, const char *why)
{
    struct voice *voice = arg;

    tell_failure(voice->ring, err, why);
    if (!err)
        return;
    voice->failed = true;
    ring_elsewhere(voice->ring);
}

static void on_closed(void *arg)
{
    struct voice *voice = arg;
    struct media_ring *ring = voice->ring;

    voice->device = NULL;
    ring->n_open--;
    free_if_over(ring);
}

static int open_voice(struct media_ring *ring, size_t i)
{
    static const struct media_device_events events = {on_ready, on_failed, on_back, NULL,
                                                      on_closed};
    struct voice *voice = calloc(1, sizeof *voice);
    int err;

    ring->voices[i] = voice;
    if (!voice)
        return -ENOMEM;
    voice->ring = ring;
    err = media_device_new(net_loop_uv(ring->thread->loop), ring->names[i], &events, voice,
                           &voice->device);
    voice->failed = err != 0;
    if (err)
        return err;
    ring->n_open++;
    media_device_play_only(voice->device);
    media_device_want(voice->device, true);
    return 0;
}

void media_ring_begin(struct media_thread *t, struct media_ring *ring)
{
    ring->thread = t;
    ring->helper = t->jobs.helper;
    list_append(&t->rings, &ring->link);
    ring->job = (struct media_job){.work = load_in_worker, .done = loaded, .alone = true};
    list_init(&ring->job.link);
    ring->loading = ring->path != NULL;
    if (ring->loading)
        media_jobs_put(&t->jobs, &ring->job);
    for (size_t i = 0; i < ring->n; i++)
        if (open_voice(ring, i) != 0)
            tell_failure(ring, -ENOMEM, "there is no memory to ring");
    ring_elsewhere(ring);
}

void media_ring_end(struct media_thread *t)
{
    media_thread_rhythm(t, false); /* first, as this may be the end of it all */
    LIST_EACH (&t->rings, at) {
        struct media_ring *ring = LIST_ITEM(at, struct media_ring, link);

        if (ring->ending)
            continue;
        ring->ending = true;
        for (size_t i = 0; i < ring->n; i++)
            if (ring->voices[i] && ring->voices[i]->device)
                media_device_close(ring->voices[i]->device);
        free_if_over(ring);
    }
}

bool media_ring_is_heard(const struct media_thread *t)
{
    bool any = false;

    LIST_EACH (&t->rings, at) {
        const struct media_ring *ring = LIST_ITEM(at, struct media_ring, link);

        for (size_t i = 0; i < ring->n && !ring->ending; i++)
            any |= ring->voices[i] && ring->voices[i]->device &&
                   media_device_is_open(ring->voices[i]->device);
    }
    return any;
}

/* --- sound ---------------------------------------------------------------------------------- */

/* One piece more of the file, at the rate of the device. */
static bool convert_piece(struct voice *voice)
{
    struct media_ring *ring = voice->ring;
    size_t n = ring->rate_hz * PIECE_MS / 1000, left = ring->n_samples - voice->at;

    n = n < left ? n : left;
    if (voice->n_rest + resample_room(voice->resample, n) > ARRAY_LEN(voice->rest))
        return false;
    voice->n_rest +=
        resample_run(voice->resample, ring->samples + voice->at, n, voice->rest + voice->n_rest,
                     ARRAY_LEN(voice->rest) - voice->n_rest);
    voice->at = n < left ? voice->at + n : 0;
    return true;
}

static void say_file(struct voice *voice, size_t n)
{
    while (voice->n_rest < n && convert_piece(voice))
        continue;
    if (n > voice->n_rest)
        n = voice->n_rest;
    media_device_say(voice->device, voice->rest, n);
    voice->n_rest -= n;
    memmove(voice->rest, voice->rest + n, voice->n_rest * sizeof *voice->rest);
}

/* From the beginning where the device has another rate than it had. */
static void settle_rate(struct voice *voice)
{
    uint32_t rate_hz = media_device_rate_hz(voice->device);

    if (voice->rate_hz != rate_hz) {
        voice->rate_hz = rate_hz;
        tone_start(&voice->tone, TONE_RING, rate_hz);
        resample_free(voice->resample);
        voice->resample = NULL;
    }
    if (voice->ring->samples && !voice->ring->loading && !voice->resample) {
        voice->at = voice->n_rest = 0;
        (void)resample_new(voice->ring->rate_hz, rate_hz, RESAMPLE_FILE, &voice->resample);
    }
}

static void say(struct voice *voice)
{
    int16_t samples[MIXER_SAMPLES];
    size_t n;

    (void)media_device_heard(voice->device, &n);
    if (!media_device_runs(voice->device) || voice->ring->loading)
        return; /* it begins with its beginning */
    settle_rate(voice);
    if (voice->resample) {
        say_file(voice, n);
        return;
    }
    tone_read(&voice->tone, samples, n);
    media_device_say(voice->device, samples, n);
}

void media_ring_beat(struct media_thread *t, uint64_t due_us, uint64_t elapsed_us)
{
    LIST_EACH (&t->rings, at) {
        struct media_ring *ring = LIST_ITEM(at, struct media_ring, link);

        for (size_t i = 0; i < ring->n && !ring->ending; i++) {
            struct voice *voice = ring->voices[i];

            if (!voice || !voice->device ||
                !media_device_begin_beat(voice->device, due_us, elapsed_us))
                continue;
            say(voice);
            media_device_end_beat(voice->device);
        }
    }
}
