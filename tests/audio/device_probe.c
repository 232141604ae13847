/* A phone's use of its sound card and nothing else: plays a file, records what is captured, both
 * ten milliseconds at a time. For test_device.py.
 *
 *     device_probe list
 *     device_probe DEVICE SECONDS PLAY.wav RECORD.wav */
#include "audio/device.h"
#include "audio/file.h"
#include "audio/resample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BEAT_MS = 10, SAMPLES_MAX = 4096 };

static int list(void)
{
    struct audio_device_list devices;
    char why[AUDIO_WHY_MAX];

    if (audio_device_list(&devices, why) != 0) {
        printf("%s\n", why);
        return 1;
    }
    for (size_t i = 0; i < devices.n; i++)
        printf("%s: %s, %u in%s, %u out%s, %u Hz\n", devices.at[i].host_api, devices.at[i].name,
               devices.at[i].inputs, devices.at[i].default_input ? " (default)" : "",
               devices.at[i].outputs, devices.at[i].default_output ? " (default)" : "",
               devices.at[i].rate_hz);
    audio_device_list_free(&devices);
    return 0;
}

struct probe {
    struct audio_device *device;
    struct audio_reader *in;
    struct audio_writer *out;
    struct resample *resample;
};

static void wait_until_ms(uint64_t ms)
{
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void beat(struct probe *p)
{
    int16_t file[SAMPLES_MAX] = {0}, card[2 * SAMPLES_MAX];
    size_t file_n = audio_reader_rate_hz(p->in) * BEAT_MS / 1000, n;

    n = audio_device_read(p->device, card, SAMPLES_MAX);
    audio_writer_write(p->out, card, n);
    /* Behind the file's end, and before the card runs, there is silence to play. */
    if (audio_device_running(p->device))
        audio_reader_read(p->in, file, file_n);
    n = resample_run(p->resample, file, file_n, card, resample_room(p->resample, file_n));
    audio_device_write(p->device, card, n);
}

static int run(struct probe *p, unsigned seconds)
{
    uint64_t start = now_ms(), running = 0;
    struct audio_device_counts counts;

    for (uint64_t at = start; at < start + seconds * 1000ull; at += BEAT_MS) {
        wait_until_ms(at);
        beat(p);
        if (!running && audio_device_running(p->device))
            running = at - start;
        if (audio_device_failed(p->device)) {
            printf("failed after %u ms\n", (unsigned)(at - start));
            return 1;
        }
    }
    audio_device_counts(p->device, &counts);
    printf("running after %u ms; callbacks %u, played %u, captured %u, underruns %u, overruns %u, "
           "card errors %u, queued %u, rate %u\n",
           (unsigned)running, (unsigned)counts.callbacks, (unsigned)counts.played,
           (unsigned)counts.captured, (unsigned)counts.underruns, (unsigned)counts.overruns,
           (unsigned)counts.card_errors, (unsigned)audio_device_queued(p->device),
           audio_device_rate_hz(p->device));
    return 0;
}

int main(int argc, char **argv)
{
    struct audio_device_config config = {0};
    struct probe p = {0};
    char why[AUDIO_WHY_MAX];
    int status = 1;

    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc != 5)
        return 2;
    config.name = argv[1];
    if (audio_device_open(&config, &p.device, why) != 0 ||
        audio_reader_open(argv[3], &p.in, why) != 0 ||
        audio_writer_open(argv[4], audio_device_rate_hz(p.device), 1, &p.out, why) != 0)
        printf("%s\n", why);
    else if (resample_new(audio_reader_rate_hz(p.in), audio_device_rate_hz(p.device), RESAMPLE_CALL,
                          &p.resample) == 0)
        status = run(&p, (unsigned)atoi(argv[2]));
    resample_free(p.resample);
    audio_reader_close(p.in);
    audio_writer_close(p.out);
    audio_device_close(p.device);
    return status;
}
