/* What it costs to free 10 ms of a microphone of echo and noise, by each engine that there is, and
 * to find that there is neither. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audio/voice.h"
#include "base/slice.h"
#include "tests/lib/echo_room.h"
#include "tests/lib/speech.h"

enum { SECONDS = 10, RATE_MOST = 48000 };

static int16_t played[SECONDS * RATE_MOST], captured[SECONDS * RATE_MOST];
static float echo[SECONDS * RATE_MOST];

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double measure_us(struct voice *v, size_t n)
{
    size_t frame = voice_frame(v);
    double begin;

    begin = now_us();
    for (size_t at = 0; at + frame <= n; at += frame)
        voice_run(v, played + at, captured + at);
    return (now_us() - begin) / ((double)n / (double)frame);
}

static void measure(const char *engine, uint32_t rate_hz, enum voice_mode mode)
{
    const struct echo_room room = {rate_hz, 1, 60, -6, 0, 0, 0, 0};
    size_t n = (size_t)SECONDS * rate_hz;
    struct voice *v;
    double us;

    if (voice_new(rate_hz, engine, &v) != 0)
        return;
    speech_make(played, n, rate_hz, 1);
    speech_make(captured, n, rate_hz, 2);
    if (mode == VOICE_ON) {
        echo_room_hear(&room, played, echo, n);
        for (size_t i = 0; i < n; i++)
            captured[i] = (int16_t)echo[i];
    } else {
        measure_us(v, n / 2); /* until it is sure */
    }
    for (enum voice_part part = 0; part < VOICE_PARTS; part++)
        voice_set(v, part, mode);
    us = measure_us(v, n);
    printf("  %-10s %5u Hz, %-26s %6.0f us   %.3f CPU-s per call-minute\n", engine, rate_hz,
           mode == VOICE_ON ? "echo, noise and level" : "nothing to do", us, us * 6000 / 1e6);
    voice_free(v);
}

int main(void)
{
    static const char *const engines[] = {"webrtc", "speexdsp"};

    printf("10 ms of a microphone\n");
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        measure(engines[i], 16000, VOICE_ON);
        measure(engines[i], 48000, VOICE_ON);
        measure(engines[i], 48000, VOICE_AUTO);
    }
    return 0;
}
