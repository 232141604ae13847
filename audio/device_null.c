/* A device without a card: whoever reads and writes gives it its pace. What it captures is silence,
 * what it plays is gone. */
#include "audio/device_ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct null {
    struct audio_device base;
    struct audio_device_counts count;
};

static void null_close(struct audio_device *d)
{
    free(d->name);
    free(d);
}

static size_t null_read(struct audio_device *d, int16_t *out, size_t n)
{
    struct null *null = (struct null *)(void *)d;

    memset(out, 0, n * sizeof *out);
    null->count.captured += n;
    return n;
}

static size_t null_write(struct audio_device *d, const int16_t *samples, size_t n)
{
    struct null *null = (struct null *)(void *)d;

    (void)samples;
    null->count.played += n;
    return n;
}

static size_t null_waiting(const struct audio_device *d)
{
    (void)d;
    return 0;
}

static bool null_running(const struct audio_device *d)
{
    (void)d;
    return true;
}

static bool null_failed(const struct audio_device *d)
{
    (void)d;
    return false;
}

static void null_counts(const struct audio_device *d, struct audio_device_counts *out)
{
    *out = ((const struct null *)(const void *)d)->count;
}

static const struct audio_device_ops null_ops = {
    .close = null_close,
    .read = null_read,
    .write = null_write,
    .captured = null_waiting,
    .queued = null_waiting,
    .running = null_running,
    .failed = null_failed,
    .counts = null_counts,
};

int audio_device_null_open(const struct audio_device_config *config, struct audio_device **out)
{
    struct null *null = calloc(1, sizeof *null);
    char *name = strdup("none");

    if (!null || !name) {
        free(null);
        free(name);
        return -ENOMEM;
    }
    null->base = (struct audio_device){.ops = &null_ops,
                                       .name = name,
                                       .rate_hz = config->rate_hz ? config->rate_hz : 48000,
                                       .null = true};
    *out = &null->base;
    return 0;
}
