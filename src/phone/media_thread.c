#include "phone/media_thread.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "audio/level.h"
#include "base/log.h"
#include "phone/media_mix.h"
#include "phone/media_ring.h"
#include "phone/media_stream.h"

#define DEVICE_BEAT_MS 10
#define OPUS_COMPLEXITY 9
#define FLOOD_SHARE 4     /* of a beat: a quarter at most goes to what floods bring */
#define SHAKING_BEAT_MS 5 /* while keys are agreed on: a handshake is six datagrams, one a beat */
#define SHAKING_STREAMS 8 /* but not for a few among many */
#define ATTENDED_US 20000 /* the longest beat that commands and files may wait for */
#define NICE (-11)        /* as sound servers ask for */
#define CLOSE_MS 1000     /* devices that have not closed by then, when all ends, never do */
#define LEAST_MS 30       /* that they have where nothing is left of the time to leave */
/* Opus's encoder takes the most, some 100 KiB; a page that nobody touches costs nothing. */
#define STACK_BYTES (1u << 20)

/* --- messages -------------------------------------------------------------------------------- */

static void fill_reserve(struct media_thread *t)
{
    if (!t->spare)
        t->spare = calloc(1, sizeof *t->spare);
}

/* What waits for an event that is lost waits for ever, so one is in reserve. */
static struct media_message *message_new(struct media_thread *t)
{
    struct media_message *message = calloc(1, sizeof *message);

    if (message) {
        fill_reserve(t);
        return message;
    }
    message = t->spare;
    t->spare = NULL;
    return message;
}

bool media_thread_tell_file(struct media_thread *t, const struct media_event *event, char *file)
{
    struct media_message *message = message_new(t);

    if (!message) {
        log_error("media", "out of memory: an event of a call is lost");
        free(file);
        return false;
    }
    message->event = *event;
    message->file = file;
    message->event.file = file ? file : "";
    media_link_post(t->outbox, &message->link);
    return true;
}

bool media_thread_tell(struct media_thread *t, const struct media_event *event)
{
    return media_thread_tell_file(t, event, NULL);
}

void media_message_free(struct media_message *message)
{
    free(message->file);
    free(message);
}

void media_command_drop(const struct media_command *command)
{
    if (command->pair)
        net_rtp_pair_close(command->pair);
    free(command->pair);
    stream_free_pipe(command->pipe);
    media_ring_drop(command->ring);
    media_agreement_free(command->agreement);
    free(command->text);
}

static void close_handles(struct media_thread *t)
{
    media_link_close(&t->inbox, NULL);
    media_jobs_close(&t->jobs);
    uv_close((uv_handle_t *)&t->prepare, NULL);
}

static void finish(struct media_thread *t)
{
    t->finished = true;
    net_pacer_free(t->pacer);
    t->pacer = NULL;
    close_handles(t);
    net_loop_stop(t->loop);
}

static uint64_t devices_until_ms(const struct media_thread *t)
{
    uint64_t until_ms = (t->leave_ms ? t->leave_ms : net_now_ms()) + CLOSE_MS;

    return net_at_least_ms(until_ms < t->leave_by_ms ? until_ms : t->leave_by_ms, LEAST_MS);
}

/* The end of each device comes here again. */
static void finish_quitting(struct media_thread *t)
{
    if (!t->quitting || t->finished || !list_empty(&t->streams))
        return;
    if (!t->device && list_empty(&t->rings)) {
        finish(t);
        return;
    }
    if (t->device)
        media_device_close(t->device);
    if (!t->waits_for_devices)
        net_deadline_set(t->patience, devices_until_ms(t));
    t->waits_for_devices = true;
}

static void on_patience_over(void *arg)
{
    struct media_thread *t = arg;

    if (t->finished)
        return;
    log_warn("media", "a sound %s does not close: it is left behind",
             list_empty(&t->streams) ? "device" : "file");
    t->left = true;
    finish(t);
}

static void quit(struct media_thread *t)
{
    t->quitting = true;
    if (t->leave_by_ms != NEVER_MS) /* else files have as long as media_file.h says */
        net_deadline_set(t->patience, net_at_least_ms(t->leave_by_ms, LEAST_MS));
    LIST_EACH (&t->streams, at)
        stream_stop(LIST_ITEM(at, struct media_stream, link));
    media_ring_end(t);
    desk_end(t);
    finish_quitting(t);
}

void media_thread_closed(struct media_thread *t)
{
    finish_quitting(t);
}

/* What concerns no stream. */
static void do_to_thread(struct media_thread *t, struct media_command *command)
{
    switch (command->what) {
    case MEDIA_DO_VOLUME:
        t->gains = command->gains;
        if (t->device)
            media_device_set_gains(t->device, &t->gains);
        break;
    case MEDIA_DO_VOICE:
        t->modes = command->modes;
        if (t->device)
            media_device_set_voice(t->device, &t->modes);
        break;
    case MEDIA_DO_LEVELS:
        desk_levels(t, command->number != 0);
        break;
    case MEDIA_DO_DEVICE:
        desk_choose(t, command->text);
        break;
    case MEDIA_DO_TEST:
        desk_test(t, (enum media_test)command->number);
        break;
    case MEDIA_DO_RING:
        media_ring_end(t);
        if (command->ring)
            media_ring_begin(t, command->ring);
        command->ring = NULL;
        break;
    case MEDIA_DO_LEAVE:
        t->leave_by_ms = command->until_ms;
        t->leave_ms = t->leave_ms ? t->leave_ms : net_now_ms();
        media_ring_end(t);
        media_thread_rhythm(t, false);
        break;
    default: /* concerns a stream */
        break;
    }
}

static void on_command(void *arg, struct list *item)
{
    struct media_command *command = LIST_ITEM(item, struct media_command, link);
    struct media_thread *t = arg;
    struct media_stream *s = command->stream;
    bool embedded = command->embedded;

    if (command->what == MEDIA_DO_QUIT) {
        quit(t); /* the command is part of t's owner */
        return;
    }
    fill_reserve(t); /* if the last shortage took it */
    if (!s) {
        if (!t->quitting)
            do_to_thread(t, command);
        media_command_drop(command);
        free(command);
        return;
    }
    if (command->what == MEDIA_DO_OPEN) {
        s->thread = t;
        list_append(&t->streams, &s->link);
    }
    if (!s->stopping)
        stream_do(s, command);
    if (embedded)
        return; /* perhaps gone with its stream by now */
    media_command_drop(command);
    free(command);
}

void media_thread_stream_closed(struct media_stream *s)
{
    struct media_thread *t = s->thread;

    if (!s->stopping || s->holds)
        return;
    list_remove(&s->link);
    media_link_post(t->outbox, &s->closed.link);
    finish_quitting(t);
}

/* --- the beat -------------------------------------------------------------------------------- */

static uint32_t greatest_common(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* The longest beat on which every stream's packet times fall. */
static uint32_t period_us(const struct media_thread *t, unsigned *running)
{
    bool device = (t->device && media_device_is_open(t->device)) || media_ring_is_heard(t);
    uint32_t ms = device ? DEVICE_BEAT_MS : 0;
    bool shaking = false;

    *running = 0;
    LIST_EACH (&t->streams, at) {
        struct media_stream *s = LIST_ITEM(at, struct media_stream, link);

        if (!stream_is_running(s))
            continue;
        ++*running;
        ms = greatest_common(ms, s->agreed->ptime_ms);
        shaking |= stream_dtls_waits(s);
    }
    if (shaking && *running <= SHAKING_STREAMS)
        ms = greatest_common(ms, SHAKING_BEAT_MS);
    return ms * 1000;
}

static void want_device(struct media_thread *t)
{
    bool wanted = desk_wants_device(t), stereo = false;

    LIST_EACH (&t->streams, at) {
        const struct media_stream *s = LIST_ITEM(at, struct media_stream, link);

        wanted |= stream_wants_device(s);
        stereo |= stream_wants_device(s) && s->stereo;
    }
    if (t->device) {
        media_device_set_stereo(t->device, stereo);
        media_device_want(t->device, wanted && !t->leave_ms);
    }
    desk_settle(t);
}

/* Gives the beat its period; returns whether it runs. */
static bool set_beat(struct media_thread *t, uint32_t period, unsigned running)
{
    bool at_once;
    uint64_t now_us = net_now_us(), first_us;

    if (!period) {
        net_pacer_stop(t->pacer);
        t->period_us = 0;
        return false;
    }
    /* A call that is alone may begin with its first packet; to others it would be a hiccup. */
    at_once = !t->period_us || (t->at_once && running == 1);
    if (!at_once && period == t->period_us)
        return true;
    first_us = at_once ? now_us : t->last_beat_us + period;
    if (at_once)
        LIST_EACH (&t->streams, at)
            LIST_ITEM(at, struct media_stream, link)->next_send_us = 0;
    if (!t->period_us)
        t->last_beat_us = now_us;
    t->period_us = period;
    if (net_pacer_start(t->pacer, first_us, period) == 0)
        return true;
    log_error("media", "the beat cannot be started: calls stay silent");
    return false;
}

/* Once for all that has changed, however many commands that were: both look at every stream. Where
 * there are several, nothing begins before the next beat, and what signalling wants can wait for
 * that as well: a thousand calls a second would wake us three times each. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct media_thread *t = prepare->data;
    unsigned running;
    uint32_t period;
    bool beats;

    uv_prepare_stop(prepare);
    if (t->finished)
        return;
    want_device(t);
    period = period_us(t, &running);
    beats = set_beat(t, period, running);
    t->at_once = false;
    media_link_attend(&t->inbox, beats && running > 1 && period <= ATTENDED_US);
    media_jobs_attend(&t->jobs, beats && period <= ATTENDED_US);
}

void media_thread_rhythm(struct media_thread *t, bool at_once)
{
    t->at_once |= at_once;
    (void)uv_prepare_start(&t->prepare, on_prepare); /* fails only without a callback */
}

/* What this beat has cost; sound is encoded with less effort while there is no time for it. */
static void note_effort(struct media_thread *t, uint64_t due_us, uint64_t began_us)
{
    uint64_t late_us = began_us > due_us ? began_us - due_us : 0;

    if (!effort_note(&t->effort, late_us, net_now_us() - began_us, t->period_us))
        return;
    log_debug("media", "Opus is encoded at complexity %u", t->effort.level);
    LIST_EACH (&t->streams, at)
        stream_set_effort(LIST_ITEM(at, struct media_stream, link));
}

static void on_beat(void *arg, uint64_t due_us, uint64_t missed)
{
    struct media_thread *t = arg;
    uint64_t began_us = net_now_us();
    uint64_t elapsed_us = due_us > t->last_beat_us ? due_us - t->last_beat_us : 0;
    bool device;
    const int16_t *heard = NULL;
    struct media_form form = {0};
    size_t n = 0;

    (void)missed; /* streams see it from due_us */
    media_jobs_deliver(&t->jobs);
    if (t->finished)
        return;
    t->last_beat_us = due_us;
    t->take_until_us = began_us + t->period_us / FLOOD_SHARE;
    device = t->device && media_device_begin_beat(t->device, due_us, elapsed_us);
    if (device) {
        heard = media_device_heard_in(t->device, &n, &form.channels);
        form.rate_hz = media_device_rate_hz(t->device);
    }
    LIST_EACH (&t->streams, at) {
        struct media_stream *s = LIST_ITEM(at, struct media_stream, link);

        if (device)
            stream_push_microphone(s, heard, n, form);
        stream_beat(s, due_us);
    }
    media_mix_beat(t, due_us);
    if (device)
        desk_beat(t, due_us); /* also ends that of the device */
    media_ring_beat(t, due_us, elapsed_us);
    note_effort(t, due_us, began_us);
    media_link_deliver(&t->inbox); /* may be the end of it all */
}

/* --- the device ------------------------------------------------------------------------------ */

static void on_device_ready(void *arg)
{
    media_thread_rhythm(arg, false);
}

static void tell_replaced(struct media_thread *t, const char *why)
{
    struct media_event event = {.type = MEDIA_DEVICE_REPLACED};

    snprintf(event.why, sizeof event.why, "%s", why);
    media_thread_tell(t, &event);
}

static void on_device_failed(void *arg, int err, const char *why)
{
    struct media_thread *t = arg;

    if (!err) {
        tell_replaced(t, why);
        return;
    }
    LIST_EACH (&t->streams, at) {
        struct media_stream *s = LIST_ITEM(at, struct media_stream, link);

        if (stream_wants_device(s))
            stream_tell_failure(s, MEDIA_DEVICE_FAILED, err, why);
    }
    desk_failed(t, err, why);
}

static void on_device_back(void *arg)
{
    media_thread_tell(arg, &(struct media_event){.type = MEDIA_DEVICE_BACK});
}

static void on_device_chosen(void *arg, int err, const char *why)
{
    desk_chosen(arg, err, why);
}

static void on_device_closed(void *arg)
{
    struct media_thread *t = arg;

    t->device = NULL;
    finish_quitting(t);
}

/* --- life ------------------------------------------------------------------------------------ */

static void run(void *arg)
{
    struct media_thread *t = arg;

    /* On Linux this means the calling thread alone. Where the user may not (RLIMIT_NICE), calls
     * go on as they would, only with more jitter on a busy machine. Who was started with more
     * keeps it. */
    if (getpriority(PRIO_PROCESS, 0) > NICE)
        (void)setpriority(PRIO_PROCESS, 0, NICE);
    net_loop_run(t->loop);
}

static void free_parts(struct media_thread *t)
{
    net_pacer_free(t->pacer);
    net_rtp_batch_free(t->batch);
    free(t->spare);
    if (t->left)
        return; /* the worker still knows the loop */
    net_deadline_free(t->patience);
    net_loop_free(t->loop);
}

static int make_device(struct media_thread *t, const char *name)
{
    static const struct media_device_events events = {
        on_device_ready, on_device_failed, on_device_back, on_device_chosen, on_device_closed};

    int err = media_device_new(net_loop_uv(t->loop), name, &events, t, &t->device);

    if (!err && t->unattended)
        media_device_unattended(t->device);
    return err;
}

struct media_device *media_thread_device(struct media_thread *t)
{
    if (!t->device && make_device(t, NULL) == 0) {
        media_device_set_gains(t->device, &t->gains);
        media_device_set_voice(t->device, &t->modes);
        desk_levels(t, t->desk.levels);
    }
    return t->device;
}

static int make_parts(struct media_thread *t, const char *device)
{
    int err = net_loop_new(&t->loop);

    if (!err)
        err = net_pacer_new(t->loop, on_beat, t, &t->pacer);
    if (!err)
        err = net_deadline_new(t->loop, on_patience_over, t, &t->patience);
    if (!err) {
        t->batch = net_rtp_batch_new();
        t->spare = calloc(1, sizeof *t->spare);
        err = t->batch && t->spare ? 0 : -ENOMEM;
    }
    if (!err && device)
        err = make_device(t, device);
    return err;
}

int media_thread_start(struct media_thread *t, struct media_link *outbox, const char *cname,
                       const char *device, int opus_complexity)
{
    const uv_thread_options_t options = {UV_THREAD_HAS_STACK_SIZE, STACK_BYTES};
    int err;

    t->outbox = outbox;
    t->cname = cname;
    t->leave_by_ms = NEVER_MS;
    effort_init(&t->effort, opus_complexity < 0 ? OPUS_COMPLEXITY : (uint8_t)opus_complexity);
    t->rng = rng_system();
    t->gains = (struct media_gains){LEVEL_UNITY, LEVEL_UNITY};
    list_init(&t->streams);
    list_init(&t->rings);
    list_init(&t->mixes);
    err = make_parts(t, device);
    if (err)
        goto fail;
    err = media_link_init(&t->inbox, net_loop_uv(t->loop), on_command, t);
    if (err)
        goto fail;
    err = media_jobs_init(&t->jobs, net_loop_uv(t->loop));
    if (err) {
        media_link_close(&t->inbox, NULL);
        goto fail;
    }
    (void)uv_prepare_init(net_loop_uv(t->loop), &t->prepare); /* never fails */
    t->prepare.data = t;
    err = uv_thread_create_ex(&t->id, &options, run, t);
    if (!err)
        return 0;
    close_handles(t);

fail:
    media_device_drop(t->device); /* it has done nothing yet */
    free_parts(t);
    *t = (struct media_thread){.period_us = 0};
    return err;
}

bool media_thread_end(struct media_thread *t)
{
    struct media_command stop = {.what = MEDIA_DO_QUIT, .embedded = true};

    media_link_post_last(&t->inbox, &stop.link);
    uv_thread_join(&t->id);
    free_parts(t);
    return !t->left;
}
