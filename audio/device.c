#include "audio/device.h"

#include "audio/device_ops.h"

#include <pthread.h>
#include <string.h>

/* PortAudio is one in a process and takes one caller at a time; so is what keeps them apart. It
 * keeps its streams, its last error and the configuration of ALSA in variables that it does not
 * guard, so that a ring has to wait for a card that hangs, also on another one. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

int audio_device_list(struct audio_device_list *out, char why[AUDIO_WHY_MAX])
{
    int err;

    pthread_mutex_lock(&one_at_a_time);
    err = audio_device_card_list(out, why);
    pthread_mutex_unlock(&one_at_a_time);
    return err;
}

void audio_device_cards(struct audio_device_cards *out)
{
    pthread_mutex_lock(&one_at_a_time); /* who ends PortAudio takes ALSA's configuration away */
    audio_device_card_look(out);
    pthread_mutex_unlock(&one_at_a_time);
}

static int open_card(const struct audio_device_config *config, struct audio_device **out,
                     char why[AUDIO_WHY_MAX])
{
    int err;

    pthread_mutex_lock(&one_at_a_time);
    err = audio_device_card_open(config, out, why);
    pthread_mutex_unlock(&one_at_a_time);
    return err;
}

int audio_device_open(const struct audio_device_config *config, struct audio_device **out,
                      char why[AUDIO_WHY_MAX])
{
    if (config->name && (strcmp(config->name, "none") == 0 || audio_device_file(config->name)))
        return audio_device_null_open(config, out, why);
    return open_card(config, out, why);
}

const char *audio_device_file(const char *name)
{
    return strncmp(name, "file:", 5) == 0 ? name + 5 : NULL;
}

bool audio_device_halves(const char *name, struct slice *microphone, struct slice *loudspeaker)
{
    static const char between[] = " | ";
    const char *at = strstr(name, between);

    if (!at || audio_device_file(name))
        return false;
    *microphone = slice_trim((struct slice){name, (size_t)(at - name)});
    *loudspeaker = slice_trim(slice_of(at + strlen(between)));
    return true;
}

void audio_device_close(struct audio_device *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&one_at_a_time);
    d->ops->close(d);
    pthread_mutex_unlock(&one_at_a_time);
}

uint32_t audio_device_rate_hz(const struct audio_device *d)
{
    return d->rate_hz;
}

unsigned audio_device_inputs(const struct audio_device *d)
{
    return d->inputs;
}

unsigned audio_device_outputs(const struct audio_device *d)
{
    return d->outputs;
}

const char *audio_device_note(const struct audio_device *d)
{
    return d->note;
}

const char *audio_device_name(const struct audio_device *d)
{
    return d->name;
}

size_t audio_device_frame(const struct audio_device *d)
{
    return d->frame;
}

bool audio_device_is_null(const struct audio_device *d)
{
    return d->null;
}

bool audio_device_plays(const struct audio_device *d)
{
    return d->plays;
}

bool audio_device_running(const struct audio_device *d)
{
    return d->ops->running(d);
}

bool audio_device_failed(const struct audio_device *d)
{
    return d->ops->failed(d);
}

size_t audio_device_read(struct audio_device *d, int16_t *out, size_t n)
{
    return d->ops->read(d, out, n);
}

size_t audio_device_write(struct audio_device *d, const int16_t *samples, size_t n)
{
    return d->ops->write(d, samples, n);
}

size_t audio_device_played(struct audio_device *d, int16_t *out, size_t n)
{
    return d->ops->played(d, out, n);
}

size_t audio_device_unread(const struct audio_device *d)
{
    return d->ops->unread(d);
}

size_t audio_device_captured(const struct audio_device *d)
{
    return d->ops->captured(d);
}

size_t audio_device_queued(const struct audio_device *d)
{
    return d->ops->queued(d);
}

void audio_device_counts(const struct audio_device *d, struct audio_device_counts *out)
{
    d->ops->counts(d, out);
}
