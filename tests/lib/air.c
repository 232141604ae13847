#include "tests/lib/air.h"

#include "audio/device_pace.h"
#include "audio/portaudio.h"
#include "base/slice.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CARDS = 8 };

struct stream {
    PaStreamCallback *callback;
    PaStreamFinishedCallback *finished;
    void *arg;
    unsigned has;              /* channels; 0: one */
    atomic_uint channels;      /* it is open with */
    atomic_bool open, running; /* running: its callback is, and nobody may close it */
};

static struct card {
    char name[32];
    atomic_bool plugged, refused, taken;
    unsigned said;           /* channels each way; 0: one */
    bool lacks[2];           /* capture, playback */
    unsigned more;           /* devices beside the one that is taken or opened */
    struct stream stream[2]; /* capture, playback */
} cards[CARDS];

/* Of those who have initialized it, one at a time. */
static unsigned users;
static size_t frame = AIR_FRAME;
static PaDeviceIndex n_listed;
static struct card *listed[CARDS];

/* ---- the test's side ---- */

void air_set_frame(size_t n)
{
    frame = n;
}

static struct card *card_of(const char *name)
{
    for (size_t i = 0; i < CARDS; i++)
        if (strcmp(cards[i].name, name) == 0)
            return &cards[i];
    abort();
}

void air_plug(const char *name)
{
    size_t i = 0;

    while (i < CARDS && cards[i].name[0] && strcmp(cards[i].name, name) != 0)
        i++;
    if (i == CARDS || strlen(name) >= sizeof cards[i].name)
        abort();
    if (!cards[i].name[0]) /* else somebody may be reading it */
        strcpy(cards[i].name, name);
    atomic_store(&cards[i].plugged, true);
}

void air_unplug(const char *name)
{
    struct card *card = card_of(name);

    atomic_store(&card->plugged, false);
    for (size_t i = 0; i < ARRAY_LEN(card->stream); i++)
        if (atomic_load(&card->stream[i].open))
            card->stream[i].finished(card->stream[i].arg);
}

void air_set_channels(const char *name, unsigned said, unsigned inputs, unsigned outputs)
{
    struct card *card = card_of(name);

    card->said = said;
    card->stream[0].has = inputs;
    card->stream[1].has = outputs;
}

static unsigned channels_of(const struct stream *s)
{
    unsigned channels = atomic_load(&s->channels);

    return channels ? channels : 1;
}

unsigned air_inputs(const char *name)
{
    return channels_of(&card_of(name)->stream[0]);
}

unsigned air_outputs(const char *name)
{
    return channels_of(&card_of(name)->stream[1]);
}

void air_set_directions(const char *name, bool captures, bool plays)
{
    struct card *card = card_of(name);

    card->lacks[0] = !captures;
    card->lacks[1] = !plays;
}

void air_refuse(const char *name, bool refused)
{
    atomic_store(&card_of(name)->refused, refused);
}

void air_take(const char *name, bool taken)
{
    atomic_store(&card_of(name)->taken, taken);
}

void air_add(const char *name, unsigned devices)
{
    card_of(name)->more = devices;
}

void air_clear(void)
{
    for (size_t i = 0; i < CARDS; i++) {
        cards[i].name[0] = '\0';
        cards[i].more = cards[i].said = 0;
        cards[i].lacks[0] = cards[i].lacks[1] = false;
        cards[i].stream[0].has = cards[i].stream[1].has = 0;
        atomic_store(&cards[i].plugged, false);
        atomic_store(&cards[i].refused, false);
        atomic_store(&cards[i].taken, false);
    }
}

bool air_is_open(const char *name)
{
    struct card *card = card_of(name);

    return atomic_load(&card->stream[0].open) || atomic_load(&card->stream[1].open);
}

bool air_captures(const char *name)
{
    return atomic_load(&card_of(name)->stream[0].open);
}

bool air_plays(const char *name)
{
    return atomic_load(&card_of(name)->stream[1].open);
}

static void run(struct stream *s, const int16_t *in, int16_t *out, PaStreamCallbackFlags flags)
{
    const PaStreamCallbackTimeInfo when = {0};

    atomic_store(&s->running, true);
    if (atomic_load(&s->open))
        s->callback(in, out, frame, &when, flags, s->arg);
    atomic_store(&s->running, false);
}

void air_run(const char *name, const int16_t *said, int16_t *heard, bool trouble)
{
    struct card *card = card_of(name);
    int16_t in[2 * AIR_FRAME] = {0}, out[2 * AIR_FRAME] = {0};

    if (said)
        memcpy(in, said, frame * channels_of(&card->stream[0]) * sizeof *in);
    if (atomic_load(&card->plugged)) {
        run(&card->stream[0], in, NULL, trouble ? paInputOverflow : 0);
        run(&card->stream[1], NULL, out, trouble ? paOutputUnderflow : 0);
    }
    if (heard)
        memcpy(heard, out, frame * channels_of(&card->stream[1]) * sizeof *out);
}

/* ---- PortAudio's and ALSA's ---- */

static PaError initialize(void)
{
    if (users++ > 0)
        return paNoError;
    n_listed = 0;
    for (size_t i = 0; i < CARDS; i++)
        if (atomic_load(&cards[i].plugged) && !atomic_load(&cards[i].taken))
            listed[n_listed++] = &cards[i];
    return paNoError;
}

static PaError terminate(void)
{
    users--;
    return paNoError;
}

static PaDeviceIndex count(void)
{
    return n_listed;
}

static PaDeviceIndex first_with(unsigned direction)
{
    for (PaDeviceIndex i = 0; i < n_listed; i++)
        if (!listed[i]->lacks[direction])
            return i;
    return paNoDevice;
}

static PaDeviceIndex first_input(void)
{
    return first_with(0);
}

static PaDeviceIndex first_output(void)
{
    return first_with(1);
}

static const PaDeviceInfo *info(PaDeviceIndex i)
{
    static PaDeviceInfo infos[CARDS];
    int channels = listed[i]->said ? (int)listed[i]->said : 1;

    infos[i] = (PaDeviceInfo){.name = listed[i]->name,
                              .maxInputChannels = listed[i]->lacks[0] ? 0 : channels,
                              .maxOutputChannels = listed[i]->lacks[1] ? 0 : channels,
                              .defaultSampleRate = AIR_HZ};
    return &infos[i];
}

static const PaHostApiInfo *api(PaHostApiIndex i)
{
    (void)i;
    return NULL;
}

static const char *error_text(PaError err)
{
    (void)err;
    return "the card is not there";
}

static const PaHostErrorInfo *no_host_error(void)
{
    return NULL;
}

static PaError open_stream(PaStream **out, const PaStreamParameters *in,
                           const PaStreamParameters *to, double rate_hz, unsigned long frames,
                           PaStreamFlags flags, PaStreamCallback *callback, void *arg)
{
    struct card *card = listed[in ? in->device : to->device];
    struct stream *s = &card->stream[to != NULL];
    unsigned channels = (unsigned)(in ? in : to)->channelCount;

    (void)flags;
    if (rate_hz < AIR_HZ || rate_hz > AIR_HZ || frames != frame)
        return paInvalidSampleRate;
    if (channels > (s->has ? s->has : 1) || card->lacks[to != NULL])
        return paInvalidChannelCount;
    if (!atomic_load(&card->plugged) || atomic_load(&card->refused) || atomic_load(&s->open))
        return paDeviceUnavailable;
    atomic_store(&s->channels, channels);
    s->callback = callback;
    s->arg = arg;
    *out = s;
    return paNoError;
}

static PaError finished_callback(PaStream *stream, PaStreamFinishedCallback *callback)
{
    struct stream *s = stream;

    s->finished = callback;
    return paNoError;
}

static PaError start_stream(PaStream *stream)
{
    struct stream *s = stream;

    atomic_store(&s->open, true);
    return paNoError;
}

static PaError abort_stream(PaStream *stream)
{
    struct stream *s = stream;

    atomic_store(&s->open, false);
    while (atomic_load(&s->running))
        sched_yield();
    return paNoError;
}

static PaError close_stream(PaStream *stream)
{
    (void)stream;
    return paNoError;
}

static int error_handler(snd_lib_error_handler_t handler)
{
    (void)handler;
    return 0;
}

static int next_card(int *i)
{
    do
        ++*i;
    while (*i < CARDS && !atomic_load(&cards[*i].plugged));
    if (*i == CARDS)
        *i = -1;
    return 0;
}

/* A card is what ALSA calls its control. */
static int open_control(snd_ctl_t **out, const char *name, int mode)
{
    (void)mode;
    *out = (snd_ctl_t *)&cards[atoi(name + strlen("hw:"))];
    return 0;
}

static int close_control(snd_ctl_t *ctl)
{
    (void)ctl;
    return 0;
}

static int next_device(snd_ctl_t *ctl, int *i)
{
    *i = *i < (int)((struct card *)ctl)->more ? *i + 1 : -1;
    return 0;
}

struct info {
    unsigned device;
    snd_pcm_stream_t direction;
    unsigned free;
};

static int info_new(snd_pcm_info_t **out)
{
    *out = calloc(1, sizeof(struct info));
    return *out ? 0 : -ENOMEM;
}

static void info_free(snd_pcm_info_t *info)
{
    free(info);
}

static void set_device(snd_pcm_info_t *info, unsigned device)
{
    ((struct info *)info)->device = device;
}

static void set_direction(snd_pcm_info_t *info, snd_pcm_stream_t direction)
{
    ((struct info *)info)->direction = direction;
}

static int fill_info(snd_ctl_t *ctl, snd_pcm_info_t *out)
{
    struct card *card = (struct card *)ctl;
    struct info *info = (struct info *)out;
    struct stream *s = &card->stream[info->direction == SND_PCM_STREAM_PLAYBACK];

    info->free = info->device > 0 || (!atomic_load(&card->taken) && !atomic_load(&s->open));
    return 0;
}

static unsigned how_many_free(const snd_pcm_info_t *info)
{
    return ((const struct info *)info)->free;
}

static int update(void)
{
    return 1;
}

static int search(snd_config_t *config, const char *key, snd_config_t **found)
{
    (void)config;
    (void)key;
    (void)found;
    return 0;
}

int __wrap_portaudio_load(struct portaudio *out, char why[AUDIO_WHY_MAX]);
int __wrap_portaudio_load(struct portaudio *out, char why[AUDIO_WHY_MAX])
{
    static snd_config_t *config;

    (void)why;
    *out = (struct portaudio){
        .Initialize = initialize,
        .Terminate = terminate,
        .GetErrorText = error_text,
        .GetLastHostErrorInfo = no_host_error,
        .GetDeviceCount = count,
        .GetDeviceInfo = info,
        .GetHostApiInfo = api,
        .GetDefaultInputDevice = first_input,
        .GetDefaultOutputDevice = first_output,
        .OpenStream = open_stream,
        .SetStreamFinishedCallback = finished_callback,
        .StartStream = start_stream,
        .AbortStream = abort_stream,
        .CloseStream = close_stream,
        .snd_lib_error_set_handler = error_handler,
        .snd_card_next = next_card,
        .snd_ctl_open = open_control,
        .snd_ctl_close = close_control,
        .snd_ctl_pcm_next_device = next_device,
        .snd_ctl_pcm_info = fill_info,
        .snd_pcm_info_malloc = info_new,
        .snd_pcm_info_free = info_free,
        .snd_pcm_info_set_device = set_device,
        .snd_pcm_info_set_stream = set_direction,
        .snd_pcm_info_get_subdevices_avail = how_many_free,
        .snd_config_update = update,
        .snd_config_search = search,
        .snd_config = &config,
    };
    return 0;
}

/* Else the load of the machine would decide. */
struct device_pace __wrap_device_pace_now(void);
struct device_pace __wrap_device_pace_now(void)
{
    return (struct device_pace){.frame_ms = (unsigned)(frame * 1000 / AIR_HZ)};
}
