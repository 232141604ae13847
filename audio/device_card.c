/* PortAudio's side of device.h: a stream for each direction, in callback mode; its blocking mode
 * drifts and runs dry. */
#include "audio/device_ops.h"

#include "audio/device_choose.h"
#include "audio/device_pace.h"
#include "audio/portaudio.h"
#include "base/ring.h"
#include "base/slice.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE_HZ = 48000,
    FRAME_MAX_MS = 100,
    RING_MS = 500,
    CAPTURED_MAX_MS = 150, /* what waits above this is dropped, */
    CAPTURED_KEEP_MS = 40, /* down to this: nobody was reading, or the clocks differ */
    QUEUED_OVER_MS = 80,   /* what is written above the cushion and this is dropped */
    CUSHION_MS = 20,       /* played when so much waits, at first; */
    CUSHION_MORE_MS = 10,  /* and more after each gap, */
    CUSHION_MAX_MS = 80,   /* up to so much */
    STUCK_MS = 3000,       /* written without the card asking for any: it hangs */
};

struct card {
    struct audio_device base;
    struct portaudio pa;
    PaStream *stream[2]; /* capture, playback; NULL: that direction is not there */
    struct ring *captured, *queued;
    struct ring *played; /* NULL: nobody hears it, as nothing is captured */
    bool has_input;
    unsigned wished; /* channels */

    /* The callback's alone. */
    bool playing;

    /* The callback writes, the media thread reads. */
    atomic_uint_fast64_t callbacks, samples_played, samples_captured, underruns, overruns;
    atomic_uint_fast64_t card_errors;
    atomic_size_t cushion; /* samples */
    atomic_bool finished;

    /* The media thread's. */
    uint64_t callbacks_seen;
    uint64_t written_since; /* samples, since callbacks_seen went up */
};

static struct card *card_of(const struct audio_device *d)
{
    return (struct card *)(uintptr_t)d;
}

static size_t samples_of(const struct card *card, size_t ms)
{
    return card->base.rate_hz / 1000 * ms;
}

/* Rings are of samples, and their counts are even where there are two channels: what does not fit,
 * or is not there, is whole frames then. */
static size_t readable(struct ring *ring, unsigned channels)
{
    return ring_readable(ring) / channels;
}

/* ---- PortAudio's thread: copies and counts, nothing else ---- */

static void count(atomic_uint_fast64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* After a gap a little more is let gather than last time, so that gaps become rare. */
static void play(struct card *card, int16_t *out, size_t n)
{
    size_t cushion = atomic_load_explicit(&card->cushion, memory_order_relaxed), got = 0;
    const unsigned channels = card->base.outputs;

    if (!card->playing && readable(card->queued, channels) >= cushion)
        card->playing = true;
    if (card->playing) {
        got = ring_read(card->queued, out, n * channels) / channels;
        count(&card->samples_played, got);
        if (got < n) {
            card->playing = false;
            count(&card->underruns, 1);
            if (cushion < samples_of(card, CUSHION_MAX_MS))
                atomic_store_explicit(&card->cushion, cushion + samples_of(card, CUSHION_MORE_MS),
                                      memory_order_relaxed);
        }
    }
    memset(out + got * channels, 0, (n - got) * channels * sizeof *out);
    if (card->played)
        ring_write(card->played, out, n * channels);
}

static int on_samples(const void *in, void *out, unsigned long n,
                      const PaStreamCallbackTimeInfo *when, PaStreamCallbackFlags flags, void *arg)
{
    struct card *card = arg;

    (void)when;
    if (in) {
        count(&card->samples_captured, n);
        if (ring_write(card->captured, in, n * card->base.inputs) < n * card->base.inputs)
            count(&card->overruns, 1);
    }
    if (out)
        play(card, out, n);
    if (flags & (paInputUnderflow | paInputOverflow | paOutputUnderflow | paOutputOverflow))
        count(&card->card_errors, 1);
    if (out || !card->base.plays)
        count(&card->callbacks, 1);
    return paContinue;
}

static void on_finished(void *arg)
{
    struct card *card = arg;

    atomic_store(&card->finished, true);
}

/* ---- the media thread ---- */

static size_t card_captured(const struct audio_device *d)
{
    return readable(card_of(d)->captured, d->inputs);
}

static size_t card_queued(const struct audio_device *d)
{
    return readable(card_of(d)->queued, d->outputs);
}

static size_t card_read(struct audio_device *d, int16_t *out, size_t n)
{
    struct card *card = card_of(d);
    size_t waiting = readable(card->captured, d->inputs), dropped = 0;

    if (waiting > n + samples_of(card, CAPTURED_MAX_MS))
        dropped = waiting - n - samples_of(card, CAPTURED_KEEP_MS);
    ring_drop(card->captured, dropped * d->inputs);
    if (card->played) /* or what was captured would seem to come before it */
        ring_drop(card->played, dropped * d->outputs);
    return ring_read(card->captured, out, n * d->inputs) / d->inputs;
}

static size_t card_played(struct audio_device *d, int16_t *out, size_t n)
{
    struct ring *played = card_of(d)->played;

    return played ? ring_read(played, out, n * d->outputs) / d->outputs : 0;
}

static size_t card_unread(const struct audio_device *d)
{
    struct ring *played = card_of(d)->played;

    return played ? readable(played, d->outputs) : 0;
}

static uint64_t callbacks_of(const struct card *card)
{
    return atomic_load_explicit(&((struct card *)(uintptr_t)card)->callbacks, memory_order_relaxed);
}

static size_t card_write(struct audio_device *d, const int16_t *samples, size_t n)
{
    struct card *card = card_of(d);
    uint64_t callbacks = callbacks_of(card);
    size_t cushion = atomic_load_explicit(&card->cushion, memory_order_relaxed);

    if (callbacks != card->callbacks_seen)
        card->written_since = 0;
    card->callbacks_seen = callbacks;
    card->written_since += n;
    if (!samples)
        return 0;
    if (callbacks == 0 || !card->base.plays)
        return n; /* it would only be heard late */
    if (readable(card->queued, d->outputs) > cushion + samples_of(card, QUEUED_OVER_MS))
        return 0;
    return ring_write(card->queued, samples, n * d->outputs) / d->outputs;
}

static bool card_running(const struct audio_device *d)
{
    return callbacks_of(card_of(d)) > 0;
}

static bool card_failed(const struct audio_device *d)
{
    struct card *card = card_of(d);

    return atomic_load(&card->finished) || card->written_since > samples_of(card, STUCK_MS);
}

static void card_counts(const struct audio_device *d, struct audio_device_counts *out)
{
    struct card *card = card_of(d);

    out->callbacks = atomic_load(&card->callbacks);
    out->played = atomic_load(&card->samples_played);
    out->captured = atomic_load(&card->samples_captured);
    out->underruns = atomic_load(&card->underruns);
    out->overruns = atomic_load(&card->overruns);
    out->card_errors = atomic_load(&card->card_errors);
}

/* ---- a worker ---- */

static void card_free(struct card *card)
{
    ring_free(card->captured);
    ring_free(card->queued);
    ring_free(card->played);
    free(card->base.name);
    free(card);
}

static void close_streams(struct card *card)
{
    for (size_t i = 0; i < ARRAY_LEN(card->stream); i++) {
        if (!card->stream[i])
            continue;
        card->pa.AbortStream(card->stream[i]); /* not Stop, which waits until all is played */
        card->pa.CloseStream(card->stream[i]);
    }
}

static void card_close(struct audio_device *d)
{
    struct card *card = card_of(d);

    close_streams(card);
    card->pa.Terminate();
    card_free(card);
}

static const struct audio_device_ops card_ops = {
    .close = card_close,
    .read = card_read,
    .write = card_write,
    .played = card_played,
    .unread = card_unread,
    .captured = card_captured,
    .queued = card_queued,
    .running = card_running,
    .failed = card_failed,
    .counts = card_counts,
};

static void swallow(const char *file, int line, const char *function, int err, const char *format,
                    ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)err;
    (void)format;
}

static int errno_of(PaError err)
{
    switch (err) {
    case paInsufficientMemory:
        return -ENOMEM;
    case paDeviceUnavailable:
        return -EBUSY;
    case paInvalidDevice:
        return -ENODEV;
    case paInvalidSampleRate:
    case paInvalidChannelCount:
    case paSampleFormatNotSupported:
        return -EINVAL;
    default:
        return -EIO;
    }
}

static int because(const struct portaudio *pa, PaError err, char why[AUDIO_WHY_MAX],
                   const char *what, const char *name)
{
    const PaHostErrorInfo *host = pa->GetLastHostErrorInfo();

    if (why && err == paUnanticipatedHostError && host)
        snprintf(why, AUDIO_WHY_MAX, "cannot %s%s: %s", what, name, host->errorText);
    else if (why)
        snprintf(why, AUDIO_WHY_MAX, "cannot %s%s: %s", what, name, pa->GetErrorText(err));
    return errno_of(err);
}

/* PortAudio 19.6 ends the program by an assertion where ALSA's configuration has devices to offer,
 * or none, but neither a default nor a dmix, for which it keeps a place: a broken or missing
 * configuration. */
static bool has_default(const struct portaudio *pa)
{
    snd_config_t *found;

    return pa->snd_config_update() >= 0 &&
           (pa->snd_config_search(*pa->snd_config, "pcm.default", &found) >= 0 ||
            pa->snd_config_search(*pa->snd_config, "pcm.dmix", &found) >= 0);
}

/* What PortAudio's host interfaces (JACK's above all) allocate while they look for their servers is
 * never freed and, once they are unloaded, cannot be named in a list of suppressions. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
void __lsan_disable(void);
void __lsan_enable(void);
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable() ((void)0)
#endif

static int initialize(struct portaudio *pa, char why[AUDIO_WHY_MAX])
{
    int err = portaudio_load(pa, why);

    if (err)
        return err;
    pa->snd_lib_error_set_handler(swallow);
    if (!has_default(pa)) {
        if (why)
            snprintf(why, AUDIO_WHY_MAX,
                     "this machine has no sound device: ALSA's configuration "
                     "names no default");
        return -ENODEV;
    }
    __lsan_disable();
    err = pa->Initialize();
    __lsan_enable();
    return err == paNoError ? 0 : because(pa, err, why, "reach the sound system", "");
}

static bool copy_info(const struct portaudio *pa, PaDeviceIndex i, struct audio_device_info *out)
{
    const PaDeviceInfo *info = pa->GetDeviceInfo(i);
    const PaHostApiInfo *api = pa->GetHostApiInfo(info->hostApi);

    *out = (struct audio_device_info){
        .name = strdup(info->name),
        .host_api = strdup(api ? api->name : ""),
        .inputs = (unsigned)(info->maxInputChannels > 0 ? info->maxInputChannels : 0),
        .outputs = (unsigned)(info->maxOutputChannels > 0 ? info->maxOutputChannels : 0),
        .rate_hz = (uint32_t)info->defaultSampleRate,
        .default_input = i == pa->GetDefaultInputDevice(),
        .default_output = i == pa->GetDefaultOutputDevice(),
    };
    return out->name && out->host_api;
}

int audio_device_card_list(struct audio_device_list *out, char why[AUDIO_WHY_MAX])
{
    struct portaudio pa;
    int n, err = initialize(&pa, why);

    *out = (struct audio_device_list){0};
    if (err)
        return err;
    n = pa.GetDeviceCount();
    if (n > 0) {
        out->at = calloc((size_t)n, sizeof *out->at);
        err = out->at ? 0 : -ENOMEM;
    }
    for (PaDeviceIndex i = 0; i < n && !err; i++) {
        out->n++;
        err = copy_info(&pa, i, &out->at[i]) ? 0 : -ENOMEM;
    }
    pa.Terminate();
    if (err)
        audio_device_list_free(out);
    if (err && why)
        snprintf(why, AUDIO_WHY_MAX, "cannot list the sound devices: %s", strerror(-err));
    return err;
}

void audio_device_list_free(struct audio_device_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->at[i].name);
        free(list->at[i].host_api);
    }
    free(list->at);
    *list = (struct audio_device_list){0};
}

static int channels_of(const struct card *card, int most)
{
    return card->wished == 2 && most >= 2 ? 2 : 1;
}

/* Some cards have less channels than they say. */
static PaError open_stream(struct card *card, bool captures, PaStreamParameters *how,
                           double rate_hz)
{
    PaError err;

    do
        err = card->pa.OpenStream(&card->stream[captures ? 0 : 1], captures ? how : NULL,
                                  captures ? NULL : how, rate_hz, card->base.frame, paNoFlag,
                                  on_samples, card);
    while (err == paInvalidChannelCount && how->channelCount-- > 1);
    return err;
}

/* A stream for each direction: in one for both the slower side sets the pace, and each moment that
 * playing falls behind would wait in the sound server's capture buffer for the rest of the call. */
static PaError open_streams(struct card *card, PaDeviceIndex in, PaDeviceIndex out, double rate_hz,
                            double least_s)
{
    PaStreamParameters from = {.device = in, .channelCount = 1, .sampleFormat = paInt16};
    PaStreamParameters to = {.device = out, .channelCount = 1, .sampleFormat = paInt16};
    PaError err = paNoError;

    if (card->has_input) {
        const PaDeviceInfo *info = card->pa.GetDeviceInfo(in);

        from.channelCount = channels_of(card, info->maxInputChannels);
        from.suggestedLatency = fmax(info->defaultLowInputLatency, least_s);
        err = open_stream(card, true, &from, rate_hz);
    }
    if (err == paNoError && card->base.plays) {
        const PaDeviceInfo *info = card->pa.GetDeviceInfo(out);

        to.channelCount = channels_of(card, info->maxOutputChannels);
        to.suggestedLatency = fmax(info->defaultLowOutputLatency, least_s);
        err = open_stream(card, false, &to, rate_hz);
    }
    card->base.inputs = (unsigned)from.channelCount;
    card->base.outputs = (unsigned)to.channelCount;
    if (err != paNoError) {
        close_streams(card);
        card->stream[0] = card->stream[1] = NULL;
    }
    return err;
}

/* Of what captures and what plays; NULL without memory. */
static char *name_of(const PaDeviceInfo *in, const PaDeviceInfo *out)
{
    size_t n = strlen(in->name) + strlen(out->name) + sizeof " | ";
    char *name = in == out ? strdup(out->name) : malloc(n);

    if (name && in != out)
        snprintf(name, n, "%s | %s", in->name, out->name);
    return name;
}

static int open_at_some_rate(const struct audio_device_config *config, struct card *card,
                             PaDeviceIndex in, PaDeviceIndex out, char why[AUDIO_WHY_MAX])
{
    const PaDeviceInfo *info = card->pa.GetDeviceInfo(card->base.plays ? out : in);
    const PaDeviceInfo *other = card->pa.GetDeviceInfo(card->has_input ? in : out);
    uint32_t rates[] = {config->rate_hz ? config->rate_hz : RATE_HZ,
                        (uint32_t)info->defaultSampleRate, (uint32_t)other->defaultSampleRate};
    struct device_pace pace = device_pace_now();
    unsigned frame_ms = config->frame_ms ? config->frame_ms : pace.frame_ms;
    PaError err = paInvalidSampleRate;

    if (frame_ms > FRAME_MAX_MS)
        frame_ms = FRAME_MAX_MS;
    card->wished = config->channels;
    card->base.name = name_of(other, info);
    for (size_t i = 0; i < ARRAY_LEN(rates) && err == paInvalidSampleRate; i++) {
        card->base.rate_hz = rates[i];
        card->base.frame = samples_of(card, frame_ms);
        err = open_streams(card, in, out, rates[i], pace.latency_s);
    }
    return err == paNoError ? 0
                            : because(&card->pa, err, why, "open the sound device ", info->name);
}

static int start(struct card *card, char why[AUDIO_WHY_MAX])
{
    PaError err = paNoError;

    card->base.ops = &card_ops;
    card->captured = ring_new(samples_of(card, RING_MS) * card->base.inputs);
    card->queued = ring_new(samples_of(card, RING_MS) * card->base.outputs);
    atomic_store(&card->cushion, samples_of(card, CUSHION_MS));
    if (card->has_input && card->base.plays)
        card->played = ring_new(samples_of(card, RING_MS) * card->base.outputs);
    if (!card->captured || !card->queued || !card->base.name ||
        (card->has_input && card->base.plays && !card->played))
        return because(&card->pa, paInsufficientMemory, why, "open the sound device", "");
    for (size_t i = 0; i < ARRAY_LEN(card->stream) && err == paNoError; i++) {
        if (!card->stream[i])
            continue;
        card->pa.SetStreamFinishedCallback(card->stream[i], on_finished);
        err = card->pa.StartStream(card->stream[i]);
    }
    return err == paNoError
               ? 0
               : because(&card->pa, err, why, "start the sound device ", card->base.name);
}

int audio_device_card_open(const struct audio_device_config *config, struct audio_device **out,
                           char why[AUDIO_WHY_MAX])
{
    struct card *card = calloc(1, sizeof *card);
    struct device_choice choice;
    int err;

    if (!card) {
        if (why)
            snprintf(why, AUDIO_WHY_MAX, "cannot open the sound device: %s", strerror(ENOMEM));
        return -ENOMEM;
    }
    err = initialize(&card->pa, why);
    if (err) {
        free(card);
        return err;
    }
    err = device_choose(&card->pa, config, &choice, why);
    if (!err) {
        card->has_input = choice.has_input;
        card->base.plays = choice.has_output;
        memcpy(card->base.note, choice.note, sizeof choice.note);
        err = open_at_some_rate(config, card, choice.in, choice.out, why);
    }
    if (!err)
        err = start(card, why);
    if (!err) {
        *out = &card->base;
        return 0;
    }
    close_streams(card);
    card->pa.Terminate();
    card_free(card);
    return err;
}
