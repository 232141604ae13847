#include "audio/device.h"

#include "audio/device_ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int audio_device_open(const struct audio_device_config *config, struct audio_device **out,
                      char why[AUDIO_WHY_MAX])
{
    int err;

    if (!config->name || strcmp(config->name, "none") != 0)
        return audio_device_card_open(config, out, why);
    err = audio_device_null_open(config, out);
    if (err && why)
        snprintf(why, AUDIO_WHY_MAX, "cannot open the null device: %s", strerror(-err));
    return err;
}

void audio_device_close(struct audio_device *d)
{
    if (d)
        d->ops->close(d);
}

uint32_t audio_device_rate_hz(const struct audio_device *d)
{
    return d->rate_hz;
}

const char *audio_device_name(const struct audio_device *d)
{
    return d->name;
}

bool audio_device_is_null(const struct audio_device *d)
{
    return d->null;
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
