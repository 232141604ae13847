#include "phone/media_device_private.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/device.h"
#include "audio/level.h"
#include "audio/mixer.h"
#include "audio/stereo.h"
#include "phone/media.h"
#include "phone/media_passage.h"
#include "phone/media_stand_in.h"
#include "phone/media_voice.h"

#define RETRY_US 1000000 /* a device that failed is tried again after that */
#define LOOK_US 2000000  /* how often one is looked for that another stands in for */
#define SAME_BEATS 200   /* in which both channels are the same, until they count as one */

static void start_work(struct media_device *d);

static void give_away(struct media_device *d)
{
    d->to_close = d->device;
    d->voice_to_close = d->voice;
    d->device = NULL;
    d->voice = NULL;
}

/* Once for each name. */
static void tell_note(struct media_device *d)
{
    if (!*audio_device_note(d->opened) || d->noted || d->closing)
        return;
    d->noted = true;
    d->events.failed(d->arg, 0, audio_device_note(d->opened));
}

static void take_opened(struct media_device *d)
{
    tell_note(d);
    d->device = d->opened;
    d->voice = d->opened_voice;
    d->opened = NULL;
    d->opened_voice = NULL;
    if (d->voice)
        media_voice_set(d->voice, &d->modes);
    media_passage_begin(&d->passage, d->device);
    media_passage_log_stereo(d->device, d->opening_stereo);
    d->same = SAME_BEATS;
    d->failed = false;
    d->stands_in = d->stood_in;
    d->next_us = 0;
    if (d->wanted && !d->closing)
        d->events.ready(d->arg);
}

static void switched(struct media_device *d)
{
    int err = d->err;

    d->choosing = false;
    free(err ? d->next : d->name);
    d->name = err ? d->name : d->next;
    d->told = err ? d->told : NOTHING; /* of the other one */
    d->noted = d->noted && err;
    d->next = NULL;
    d->failed = !d->opened && d->wanted && d->name;
    d->next_us = 0;
    if (d->opened)
        take_opened(d);
    if (!d->closing && d->events.chosen)
        d->events.chosen(d->arg, err, err ? d->why : "");
}

static void tell_failure(struct media_device *d, int err, const char *why)
{
    enum told what = err ? FAILED : OTHER;

    if (d->closing || what <= d->told)
        return;
    d->told = what;
    d->events.failed(d->arg, err, why);
}

static void opened(struct media_device *d)
{
    if (d->opened) {
        if (d->err)
            tell_failure(d, 0, d->why);
        take_opened(d);
    } else if (d->err) {
        d->failed = true;
        d->next_us = 0;
        tell_failure(d, d->err < 0 ? d->err : -EIO, d->why);
    }
}

/* It may have run at the moment at which it was given up. */
static void give_back_opened(struct media_device *d)
{
    d->to_close = d->opened;
    d->voice_to_close = d->opened_voice;
    d->opened = NULL;
    d->opened_voice = NULL;
}

/* PortAudio knows what was there and free at the moment at which the one that stands in was opened:
 * where there is more by now, name may be among it, and all is opened anew. */
static void looked(struct media_device *d)
{
    if (d->give_up)
        give_back_opened(d);
    if (d->give_up || (!d->opened && !d->others))
        return;
    give_away(d);
    if (d->opened)
        take_opened(d);
}

static void work_done(uv_work_t *work, int status)
{
    struct media_device *d = work->data;
    enum job job = d->job;

    (void)status;
    d->job = IDLE;
    switch (job) {
    case OPEN:
        opened(d);
        break;
    case SWITCH:
        switched(d);
        break;
    case LOOK:
        looked(d);
        break;
    case CLOSE:
    case IDLE:
        break;
    }
    start_work(d);
}

static void start(struct media_device *d, enum job job)
{
    d->job = job;
    d->opening_modes = d->modes;
    d->opening_stereo = d->stereo;
    d->work.data = d;
    if (uv_queue_work(d->loop, &d->work, media_device_work, work_done) != 0)
        abort(); /* only a NULL callback makes it fail */
}

static enum job next_job(const struct media_device *d)
{
    if (d->to_close)
        return CLOSE;
    if (d->choosing && !d->closing)
        return SWITCH;
    if (d->device && (!d->wanted || d->closing || audio_device_failed(d->device)))
        return CLOSE;
    if (d->wanted && !d->closing && !d->device && !d->failed && d->name)
        return OPEN;
    return IDLE;
}

static void tell_closed(struct media_device *d)
{
    struct media_device_events events = d->events;
    void *arg = d->arg;

    media_device_drop(d);
    events.closed(arg);
}

/* Brings the device to where it should be: open while wanted, else closed. */
static void start_work(struct media_device *d)
{
    enum job job = d->job == IDLE ? next_job(d) : IDLE;

    if (job != IDLE) {
        if (job != OPEN && !d->to_close)
            give_away(d);
        d->reopens = d->wanted && d->name;
        start(d, job);
    } else if (d->job == IDLE && d->closing) {
        tell_closed(d);
    }
}

static bool names_none(const char *name)
{
    struct slice microphone = slice_of(name), loudspeaker = microphone;

    if (!audio_device_halves(name, &microphone, &loudspeaker))
        return strcmp(name, "none") == 0;
    return slice_ieq(microphone, SLICE("none")) && slice_ieq(loudspeaker, SLICE("none"));
}

static int set_name(char **out, const char *name)
{
    bool none = !name || names_none(name);

    *out = none ? NULL : strdup(name);
    return *out || none ? 0 : -ENOMEM;
}

void media_device_drop(struct media_device *d)
{
    if (!d)
        return;
    free(d->name);
    free(d->next);
    free(d);
}

void media_device_play_only(struct media_device *d)
{
    d->play_only = true;
}

void media_device_unattended(struct media_device *d)
{
    d->unattended = true;
}

void media_device_set_stereo(struct media_device *d, bool stereo)
{
    d->stereo = stereo;
}

int media_device_choose(struct media_device *d, const char *name)
{
    int err = d->choosing ? -EBUSY : set_name(&d->next, name);

    if (err)
        return err;
    d->choosing = true;
    d->give_up = true;
    start_work(d);
    return 0;
}

int media_device_new(uv_loop_t *loop, const char *name, const struct media_device_events *events,
                     void *arg, struct media_device **out)
{
    struct media_device *d = calloc(1, sizeof *d);

    if (!d)
        return -ENOMEM;
    d->loop = loop;
    if (set_name(&d->name, name) != 0) {
        free(d);
        return -ENOMEM;
    }
    d->events = *events;
    d->arg = arg;
    d->gains = (struct media_gains){LEVEL_UNITY, LEVEL_UNITY};
    *out = d;
    return 0;
}

void media_device_close(struct media_device *d)
{
    if (d->closing)
        return;
    d->closing = true;
    d->give_up = true;
    if (d->job != IDLE)
        return;
    give_away(d);
    start(d, CLOSE); /* or nothing, as closed never comes at once */
}

void media_device_set_gains(struct media_device *d, const struct media_gains *gains)
{
    d->gains = *gains;
}

void media_device_set_voice(struct media_device *d, const struct media_voice_modes *modes)
{
    d->modes = *modes;
    if (d->voice)
        media_voice_set(d->voice, modes);
}

bool media_device_voice(const struct media_device *d, struct voice_stats *out)
{
    if (!media_device_is_open(d) || !media_voice_works(d->voice))
        return false;
    media_voice_stats(d->voice, out);
    return true;
}

void media_device_want(struct media_device *d, bool wanted)
{
    if (d->wanted == wanted)
        return;
    d->wanted = wanted;
    if (!wanted)
        d->give_up = true;
    d->failed = false; /* a new call tries anew, */
    if (d->told == FAILED)
        d->told = FAILED_BEFORE; /* and hears of it */
    start_work(d);
}

bool media_device_runs(const struct media_device *d)
{
    return d->device && audio_device_running(d->device);
}

bool media_device_is_open(const struct media_device *d)
{
    return d->device && d->wanted;
}

uint32_t media_device_rate_hz(const struct media_device *d)
{
    return d->device ? audio_device_rate_hz(d->device) : 0;
}

unsigned media_device_outputs(const struct media_device *d)
{
    return d->device ? audio_device_outputs(d->device) : 1;
}

/* Whether so much has passed since one began to count, which is counted anew then. */
static bool is_time(struct media_device *d, uint64_t now_us, uint64_t after_us)
{
    bool due = d->next_us && now_us >= d->next_us;

    if (due || !d->next_us)
        d->next_us = now_us + after_us;
    return due;
}

/* One that opens need not run: only what calls for samples works again. */
static void note_running(struct media_device *d)
{
    if (d->closing || d->told <= (d->stands_in ? OTHER : NOTHING))
        return;
    d->told = NOTHING;
    if (d->stands_in)
        tell_failure(d, 0, d->why); /* still that of its opening */
    else if (d->events.back)
        d->events.back(d->arg);
}

/* A card that has stopped is closed and tried again after a while, as long as somebody wants it. */
static void watch(struct media_device *d, uint64_t now_us)
{
    bool stopped = d->device && audio_device_failed(d->device);

    if (!stopped && media_device_runs(d))
        note_running(d);
    if (stopped) {
        d->failed = true;
        d->next_us = now_us + RETRY_US;
        tell_failure(d, -ENODEV, "the sound device has stopped; trying it again");
        start_work(d);
    } else if (d->job != IDLE || !d->wanted) {
        return;
    } else if (d->failed && is_time(d, now_us, RETRY_US)) {
        d->failed = false;
        start_work(d);
    } else if (d->stands_in && d->device && is_time(d, now_us, LOOK_US)) {
        d->give_up = false;
        start(d, LOOK);
    }
}

static size_t samples_in(uint32_t rate_hz, uint64_t us)
{
    uint64_t n = us * rate_hz / 1000000;

    return n < MIXER_SAMPLES ? (size_t)n : MIXER_SAMPLES;
}

/* A sound server makes two channels of a microphone that has one; and where something is done to
 * what it hears, that is one, too. A pause, in which both are silent, does not make one of two. */
static void settle_channels(struct media_device *d)
{
    unsigned inputs = audio_device_inputs(d->device);

    if (inputs == 1 || stereo_same(d->heard, d->n))
        d->same += d->same < SAME_BEATS;
    else
        d->same = 0;
    stereo_convert(d->heard, d->n, inputs, d->mono, 1);
}

bool media_device_begin_beat(struct media_device *d, uint64_t now_us, uint64_t elapsed_us)
{
    watch(d, now_us);
    if (!media_device_is_open(d))
        return false;
    d->n = samples_in(audio_device_rate_hz(d->device), elapsed_us);
    media_passage_hear(&d->passage, d->device, d->voice, d->heard, d->n);
    level_gain(d->heard, d->n * audio_device_inputs(d->device), d->gains.microphone);
    settle_channels(d);
    if (d->measured)
        level_meter_add(&d->microphone_level, d->heard, d->n * audio_device_inputs(d->device));
    mixer_clear(&d->mixer, d->n * audio_device_outputs(d->device));
    return true;
}

const int16_t *media_device_heard(const struct media_device *d, size_t *n)
{
    *n = d->n;
    return d->mono;
}

const int16_t *media_device_heard_in(const struct media_device *d, size_t *n, unsigned *channels)
{
    *n = d->n;
    *channels = d->same < SAME_BEATS ? 2 : 1;
    return *channels == 2 ? d->heard : d->mono;
}

void media_device_say(struct media_device *d, const int16_t *samples, size_t n)
{
    media_device_say_in(d, samples, n, 1);
}

void media_device_say_in(struct media_device *d, const int16_t *samples, size_t n,
                         unsigned channels)
{
    int16_t frames[2 * MIXER_SAMPLES];
    unsigned outputs = audio_device_outputs(d->device);

    if (channels == outputs) {
        mixer_add(&d->mixer, samples, n * channels);
        return;
    }
    n = n < MIXER_SAMPLES ? n : MIXER_SAMPLES;
    stereo_convert(samples, n, channels, frames, outputs);
    mixer_add(&d->mixer, frames, n * outputs);
}

void media_device_end_beat(struct media_device *d)
{
    if (audio_device_is_null(d->device) && !d->measured)
        return;
    mixer_get(&d->mixer, NULL, d->heard);
    level_gain(d->heard, d->mixer.n, d->gains.speaker);
    if (d->measured)
        level_meter_add(&d->speaker_level, d->heard, d->mixer.n);
    media_passage_say(&d->passage, d->device, d->heard, d->n);
}

void media_device_measure(struct media_device *d, bool on)
{
    d->measured = on;
    d->microphone_level = d->speaker_level = (struct level_meter){0};
}

void media_device_levels(struct media_device *d, double *microphone, double *speaker)
{
    *microphone = level_meter_take(&d->microphone_level);
    *speaker = level_meter_take(&d->speaker_level);
}
