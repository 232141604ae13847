/* A device without a card: whoever reads and writes gives it its pace. What it captures is silence,
 * or a file over and over; what it plays is gone. */
#include "audio/device_ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_S_MAX 120u /* what is behind that in a file is not heard */

struct null {
    struct audio_device base;
    struct audio_device_counts count;
    int16_t *spoken; /* n_spoken samples of the file, of which at is the next; NULL: silence */
    size_t n_spoken, at;
};

static void null_close(struct audio_device *d)
{
    free(((struct null *)(void *)d)->spoken);
    free(d->name);
    free(d);
}

static size_t null_read(struct audio_device *d, int16_t *out, size_t n)
{
    struct null *null = (struct null *)(void *)d;

    for (size_t i = 0; i < n; i++) {
        out[i] = null->spoken ? null->spoken[null->at] : 0;
        null->at = null->at + 1 < null->n_spoken ? null->at + 1 : 0;
    }
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

static size_t null_played(struct audio_device *d, int16_t *out, size_t n)
{
    (void)d;
    (void)out;
    (void)n;
    return 0;
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
    .played = null_played,
    .unread = null_waiting,
    .captured = null_waiting,
    .queued = null_waiting,
    .running = null_running,
    .failed = null_failed,
    .counts = null_counts,
};

static int speak_file(struct null *null, const char *path, char *why)
{
    struct audio_reader *r;
    int err = audio_reader_open(path, &r, why);

    if (err)
        return err;
    err = audio_reader_read_all(r, FILE_S_MAX, &null->spoken, &null->n_spoken);
    if (err && why)
        snprintf(why, AUDIO_WHY_MAX, "%.100s has no sound to speak with: %s", path, strerror(-err));
    null->base.rate_hz = audio_reader_rate_hz(r);
    audio_reader_close(r);
    return err;
}

int audio_device_null_open(const struct audio_device_config *config, struct audio_device **out,
                           char why[AUDIO_WHY_MAX])
{
    const char *path = audio_device_file(config->name);
    struct null *null = calloc(1, sizeof *null);
    int err = null ? 0 : -ENOMEM;

    if (!err) {
        null->base = (struct audio_device){.ops = &null_ops,
                                           .name = strdup(config->name),
                                           .rate_hz = config->rate_hz ? config->rate_hz : 48000,
                                           .inputs = 1,
                                           .outputs = 1,
                                           .null = true};
        if (!null->base.name)
            err = -ENOMEM;
    }
    if (err && why)
        snprintf(why, AUDIO_WHY_MAX, "cannot open the null device: %s", strerror(-err));
    if (!err && path)
        err = speak_file(null, path, why);
    if (!err)
        *out = &null->base;
    else if (null)
        null_close(&null->base);
    return err;
}
