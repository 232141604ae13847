/* What is left of speech when packets of 20 ms are lost at random: beside silence in their place,
 * beside the last packet again, and as a phone plays it, without and with the packet behind the
 * lost one at hand. Speech made of numbers, or raw files of 16 bit at 8000 Hz as arguments. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/codec.h"
#include "base/rand.h"
#include "tests/lib/hearing.h"
#include "tests/lib/speech.h"

enum { RATE = 8000, PACKET_MS = 20, SECONDS = 20, SEEDS = 4 };

enum method { SILENCE, AGAIN, FROM_PAST, FROM_BOTH, METHODS };
static const char *const names[METHODS] = {"silence", "repeated", "from before", "from both"};

struct speech {
    int16_t *samples;
    size_t n;
};

static struct speech make_speech(void)
{
    struct speech s = {calloc(RATE * SECONDS, sizeof(int16_t)), RATE * SECONDS};

    speech_make(s.samples, s.n, RATE, 7);
    return s;
}

static struct speech read_speech(const char *path)
{
    struct speech s = {calloc(RATE * SECONDS, sizeof(int16_t)), 0};
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        exit(1);
    }
    s.n = fread(s.samples, sizeof *s.samples, RATE * SECONDS, file);
    fclose(file);
    return s;
}

/* What the codec alone makes of it, so that only the losses count; upwards to the codec's rate. */
static int16_t *encode(const struct audio_codec *codec, const struct speech *in, size_t *n,
                       struct slice **packets, size_t *n_packets)
{
    struct audio_codec_params params = {0};
    unsigned up = codec->rate_hz / RATE;
    size_t step = codec->rate_hz / 1000 * PACKET_MS;
    struct audio_encoder *enc;
    int16_t *samples;

    *n_packets = in->n * up / step;
    *n = *n_packets * step;
    samples = calloc(*n + 1, sizeof *samples);
    for (size_t i = 0; i < *n; i++)
        samples[i] = in->samples[i / up];
    for (size_t i = 1; up > 1 && i + 1 < *n; i += 2)
        samples[i] = (int16_t)((samples[i - 1] + samples[i + 1]) / 2);
    *packets = calloc(*n_packets, sizeof **packets);
    if (audio_encoder_new(codec, &params, &enc) != 0)
        exit(1);
    for (size_t i = 0; i < *n_packets; i++) {
        char *bytes = malloc(AUDIO_PAYLOAD_MAX);
        int got =
            audio_encode(enc, samples + i * step, step, (unsigned char *)bytes, AUDIO_PAYLOAD_MAX);

        (*packets)[i] = (struct slice){bytes, (size_t)got};
    }
    audio_encoder_free(enc);
    return samples;
}

static void stand_in(struct audio_decoder *dec, enum method how, struct slice next, int16_t *out,
                     size_t step)
{
    switch (how) {
    case SILENCE:
        memset(out, 0, step * sizeof *out);
        break;
    case AGAIN:
        memcpy(out, out - step, step * sizeof *out);
        break;
    case FROM_PAST:
        audio_decode_lost(dec, out, step);
        break;
    default:
        if (next.n)
            audio_decode_fec(dec, next, out, step);
        else
            audio_decode_lost(dec, out, step);
    }
}

static void play(const struct audio_codec *codec, const struct slice *packets, size_t n,
                 unsigned loss, uint64_t seed, enum method how, int16_t *out)
{
    struct audio_codec_params params = {0};
    size_t step = codec->rate_hz / 1000 * PACKET_MS;
    struct rng rng = rng_seeded(seed);
    struct audio_decoder *dec;
    bool *lost = calloc(n + 1, sizeof *lost);

    if (audio_decoder_new(codec, &params, &dec) != 0)
        exit(1);
    for (size_t i = 1; i < n; i++)
        lost[i] = rng_below(&rng, 1000) < loss * 10;
    for (size_t i = 0; i < n; i++, out += step)
        if (lost[i])
            stand_in(dec, how, i + 1 < n && !lost[i + 1] ? packets[i + 1] : (struct slice){0}, out,
                     step);
        else
            audio_decode(dec, packets[i], out, step);
    audio_decoder_free(dec);
    free(lost);
}

struct figures {
    double score, segmental_db;
};

/* Signal over difference in segments of 20 ms, -10 to 35 dB each. */
static double segmental_db(const int16_t *a, const int16_t *b, size_t n, size_t step)
{
    double sum = 0, count = 0;

    for (size_t at = 0; at + step <= n; at += step, count++) {
        double signal = 1, noise = 1;

        for (size_t i = at; i < at + step; i++) {
            signal += (double)a[i] * a[i];
            noise += (double)(a[i] - b[i]) * (a[i] - b[i]);
        }
        sum += fmax(-10, fmin(35, 10 * log10(signal / noise)));
    }
    return sum / count;
}

static struct figures measure(const struct audio_codec *codec, const struct speech *in,
                              unsigned loss, enum method how)
{
    size_t n, n_packets, step = codec->rate_hz / 1000 * PACKET_MS;
    struct figures out = {0, 0};
    struct slice *packets;
    int16_t *samples = encode(codec, in, &n, &packets, &n_packets);
    int16_t *clean = calloc(n, sizeof *clean), *heard = calloc(n, sizeof *heard);

    play(codec, packets, n_packets, 0, 0, SILENCE, clean);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        play(codec, packets, n_packets, loss, seed, how, heard);
        out.score += hearing_score(clean, heard, n, codec->rate_hz) / SEEDS;
        out.segmental_db += segmental_db(clean, heard, n, step) / SEEDS;
    }
    for (size_t i = 0; i < n_packets; i++)
        free((void *)packets[i].p);
    free(packets);
    free(samples);
    free(clean);
    free(heard);
    return out;
}

static void print(const struct audio_codec *codec, const struct speech *in, size_t n_in,
                  unsigned loss)
{
    for (enum method how = 0; how < METHODS; how++) {
        struct figures mean = {0, 0};

        for (size_t i = 0; i < n_in; i++) {
            struct figures f = measure(codec, &in[i], loss, how);

            mean.score += f.score / (double)n_in;
            mean.segmental_db += f.segmental_db / (double)n_in;
        }
        printf("  %-5s %3u %%  %-12s %6.2f %8.2f\n", codec->name, loss, names[how], mean.score,
               mean.segmental_db);
    }
}

int main(int argc, char **argv)
{
    static const struct slice codecs[] = {SLICE_INIT("PCMU"), SLICE_INIT("G722")};
    size_t n = argc > 1 ? (size_t)argc - 1 : 1;
    struct speech *in = calloc(n, sizeof *in);

    for (size_t i = 0; i < n; i++)
        in[i] = argc > 1 ? read_speech(argv[i + 1]) : make_speech();
    printf("packets lost, and what is heard in their place: score of our own (to %.2f), segmental "
           "signal to noise in dB\n",
           HEARING_BEST);
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        const struct audio_codec *codec = audio_codec_find(codecs[i], 0, 0);

        for (unsigned loss = 5; codec && loss <= 10; loss += 5)
            print(codec, in, n, loss);
    }
    for (size_t i = 0; i < n; i++)
        free(in[i].samples);
    free(in);
    return 0;
}
