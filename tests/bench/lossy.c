/* What is heard over networks that lose packets, on a clock of its own and so the same on any
 * machine: score, delay without any device, bit rate. Speech made of numbers, or raw files of 16
 * bit at 16,000 Hz as arguments; each talk with SEEDS seeds. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/lossy.h"
#include "tests/lib/speech.h"

enum { SECONDS = 10, SPOKEN = SECONDS * HEARING_HZ, SEEDS = 4, BEFORE_MS = 1500 };

static const struct row {
    const char *name, *codec;
    bool red;
    double loss, burst;
    unsigned jitter_ms;
} rows[] = {
    {"Opus clean", "opus", true, 0, 0, 0},
    {"Opus loss 2 %", "opus", true, 0.02, 0, 0},
    {"Opus loss 5 %", "opus", true, 0.05, 0, 0},
    {"Opus loss 10 %", "opus", true, 0.1, 0, 0},
    {"Opus loss 20 %", "opus", true, 0.2, 0, 0},
    {"Opus bursts 10 %", "opus", true, 0.1, 3, 0},
    {"Opus FEC only 5 %", "opus", false, 0.05, 0, 0},
    {"Opus FEC only 10 %", "opus", false, 0.1, 0, 0},
    {"Opus FEC only 20 %", "opus", false, 0.2, 0, 0},
    {"Opus jitter 60 ms", "opus", true, 0, 0, 60},
    {"Opus jitter 120 ms", "opus", true, 0, 0, 120},
    {"PCMU clean", "PCMU", false, 0, 0, 0},
    {"PCMU loss 5 %", "PCMU", true, 0.05, 0, 0},
    {"PCMU loss 10 %", "PCMU", true, 0.1, 0, 0},
    {"PCMU alone 5 %", "PCMU", false, 0.05, 0, 0},
    {"PCMU alone 10 %", "PCMU", false, 0.1, 0, 0},
};

struct voice {
    int16_t *said;
    size_t n;
};

static struct voice speak(const char *path)
{
    struct voice v = {calloc(SPOKEN, sizeof(int16_t)), SPOKEN};
    FILE *file = path ? fopen(path, "rb") : NULL;

    if (!v.said || (path && !file)) {
        perror(path);
        exit(1);
    }
    if (file) {
        v.n = fread(v.said, sizeof *v.said, SPOKEN, file);
        fclose(file);
    } else {
        speech_make(v.said, SPOKEN, HEARING_HZ, 3);
    }
    return v;
}

static void measure(const struct row *row, const struct voice *voices, size_t n)
{
    double score = 0, least = HEARING_BEST, late = 0, kbps = 0, talks = (double)n * SEEDS;
    struct lossy_talk talk = {.codec = row->codec,
                              .red = row->red,
                              .loss = row->loss,
                              .burst = row->burst,
                              .before_ms = BEFORE_MS,
                              .jitter_ms = row->jitter_ms};
    struct lossy_outcome out;

    for (size_t i = 0; i < n * SEEDS; i++) {
        talk.seed = i + 1;
        lossy_talk_run(&talk, voices[i % n].said, voices[i % n].n, &out);
        score += out.heard.score / talks;
        late += out.heard.delay_ms / talks;
        kbps += out.kbps / talks;
        least = out.heard.score < least ? out.heard.score : least;
    }
    printf("  %-20s %6.2f %7.2f %7.0f %8.1f\n", row->name, score, least, late, kbps);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? (size_t)argc - 1 : 1;
    struct voice *voices = calloc(n, sizeof *voices);

    for (size_t i = 0; voices && i < n; i++)
        voices[i] = speak(argc > 1 ? argv[i + 1] : NULL);
    printf("packets lost on the way: score (to %.2f), the worst, delay in ms, kbit/s\n",
           HEARING_BEST);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        measure(&rows[i], voices, n);
    for (size_t i = 0; i < n; i++)
        free(voices[i].said);
    free(voices);
    return 0;
}
