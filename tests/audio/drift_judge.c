/* What was said by one clock and heard by another, for test_drift_long.py:
 *
 *     drift_judge talk FILE                what is to be said over and over: raw samples, 16 kHz
 *     drift_judge heard FILE START RATIO   what was heard of it, as drift_find in tests/lib/drift.h
 *                                          is told: the figures in one line */
#include "tests/lib/drift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_talk(const char *path)
{
    static int16_t talk[DRIFT_TALK];
    FILE *f = fopen(path, "wb");

    drift_talk(talk);
    if (!f || fwrite(talk, sizeof *talk, DRIFT_TALK, f) != DRIFT_TALK || fclose(f) != 0)
        return 1;
    return 0;
}

static int16_t *read_heard(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    int16_t *samples = NULL;
    long size;

    if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0) {
        rewind(f);
        samples = malloc((size_t)size);
        *n = samples ? fread(samples, sizeof *samples, (size_t)size / sizeof *samples, f) : 0;
    }
    if (f)
        fclose(f);
    return samples;
}

static int judge(const char *path, size_t start, double ratio)
{
    static int16_t talk[DRIFT_TALK];
    struct drift_found f;
    size_t n = 0;
    int16_t *heard = read_heard(path, &n);

    if (!heard || start >= n)
        return 1;
    drift_talk(talk);
    drift_find(talk, heard, n, start, ratio, &f);
    printf(
        "seconds=%zu least=%.1f most=%.1f first=%.1f last=%.1f jumps=%u clicks=%u loudest=%.0f\n",
        f.seconds, f.least_ms, f.most_ms, f.first_ms, f.last_ms, f.jumps, f.clicks, f.loudest);
    free(heard);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "talk") == 0)
        return write_talk(argv[2]);
    if (argc == 5 && strcmp(argv[1], "heard") == 0)
        return judge(argv[2], (size_t)strtoul(argv[3], NULL, 10), strtod(argv[4], NULL));
    fprintf(stderr, "usage: drift_judge talk FILE | heard FILE START RATIO\n");
    return 2;
}
