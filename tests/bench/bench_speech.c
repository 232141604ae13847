#include "tests/bench/bench_speech.h"

#include <opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* RFC 3551 4.5.14, G.711: sign, the position of the highest bit, four bits behind it. */
static uint8_t ulaw(int16_t sample)
{
    int sign = sample < 0 ? 0x80 : 0, value = (sample < 0 ? -(int)sample : sample) + 132, exponent;

    if (value > 32767)
        value = 32767;
    for (exponent = 7; exponent > 0 && !(value & (0x80 << exponent)); exponent--)
        ;
    return (uint8_t) ~(sign | exponent << 4 | (value >> (exponent + 3) & 15));
}

struct speech speech_open(const char *path, bool is_opus)
{
    struct speech s = {.frame = is_opus ? 960 : 160};
    FILE *f = fopen(path, "rb");
    int err = 0;

    if (!f)
        die(path);
    fseek(f, 0, SEEK_END);
    s.n = (size_t)ftell(f) / 2;
    rewind(f);
    s.samples = calloc(s.n, 2);
    if (!s.samples || s.n < s.frame || fread(s.samples, 2, s.n, f) != s.n)
        die(path);
    fclose(f);
    if (!is_opus)
        return s;
    s.opus = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &err);
    if (err)
        die("opus_encoder_create");
    /* As tphone does by default (audio/codec_opus.c). */
    opus_encoder_ctl(s.opus, OPUS_SET_BITRATE(30000));
    opus_encoder_ctl(s.opus, OPUS_SET_COMPLEXITY(9));
    opus_encoder_ctl(s.opus, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(s.opus, OPUS_SET_PACKET_LOSS_PERC(5));
    return s;
}

size_t speech_encode(struct speech *s, uint8_t *out, size_t cap)
{
    const int16_t *frame;

    if (s->at + s->frame > s->n)
        s->at = 0;
    frame = s->samples + s->at;
    s->at += s->frame;
    if (s->opus) {
        opus_int32 n = opus_encode(s->opus, frame, (int)s->frame, out, (opus_int32)cap);

        return n > 0 ? (size_t)n : 0;
    }
    for (size_t i = 0; i < s->frame; i++)
        out[i] = ulaw(frame[i]);
    return s->frame;
}

void speech_close(struct speech *s)
{
    if (s->opus)
        opus_encoder_destroy(s->opus);
    free(s->samples);
}

/* --- libopus alone ---------------------------------------------------------------------------- */

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Encodes and decodes the first packets of speech, one behind the other or each in its own 20 ms,
 * and returns the microseconds of CPU for a minute. */
static double opus_packets(struct speech *speech, OpusDecoder *decoder, int packets, bool paced)
{
    int64_t begin_us = now_us();
    uint8_t packet[1400];
    int16_t heard[960];
    double used_s = 0;

    opus_encoder_ctl(speech->opus, OPUS_RESET_STATE);
    speech->at = 0;
    for (int i = 0; i < packets; i++) {
        int64_t due_us = begin_us + (int64_t)i * TICK_US, us = now_us();
        double start_s;
        size_t n;

        if (paced && us < due_us)
            usleep((useconds_t)(due_us - us));
        start_s = cpu_s();
        n = speech_encode(speech, packet, sizeof packet);
        if (opus_decode(decoder, packet, (opus_int32)n, heard, 960, 0) < 0)
            die("opus_decode");
        used_s += cpu_s() - start_s;
    }
    return used_s * 1e6 * 60 * 50 / packets;
}

int opus_alone(const char *path, int seconds)
{
    struct speech speech = speech_open(path, true);
    OpusDecoder *decoder;
    int err;

    decoder = opus_decoder_create(48000, 1, &err);
    if (err)
        die("opus_decoder_create");
    printf("%.0f", opus_packets(&speech, decoder, seconds * 50, false));
    printf(" %.0f\n", opus_packets(&speech, decoder, seconds * 50, true));
    opus_decoder_destroy(decoder);
    speech_close(&speech);
    return 0;
}
