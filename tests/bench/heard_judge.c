/* heard_judge FILE [narrow]: of raw samples of 16 bits at 48 kHz, what was said on the left and
 * what was heard on the right, the figures of tests/lib/hearing.h in one line; with "places" also
 * where each piece of speech was heard. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/hearing.h"

#define PI 3.14159265358979323846

enum { TIMES = 3, TAPS = 96, FRAME = 4 /* bytes */ };

static unsigned char *read_all(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long size;

    if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0) {
        rewind(f);
        bytes = malloc((size_t)size);
        *n = bytes ? fread(bytes, 1, (size_t)size, f) : 0;
    }
    if (f)
        fclose(f);
    return bytes;
}

/* One channel of two at a third of the rate, through a filter that ends below half of that. */
static int16_t *thin(const unsigned char *bytes, size_t n, size_t channel)
{
    int16_t *out = calloc(n / TIMES + 1, sizeof *out);
    double tap[TAPS], all = 0;

    if (!out)
        abort();
    for (int i = 0; i < TAPS; i++) {
        double x = i - (TAPS - 1) / 2.0, angle = 2 * PI * 7400 / 48000 * x;

        tap[i] = sin(angle) / angle * (0.5 - 0.5 * cos(2 * PI * (i + 0.5) / TAPS));
        all += tap[i];
    }
    for (size_t i = 0; i < n / TIMES; i++) {
        double sum = 0;

        for (size_t k = 0; k < TAPS && k <= i * TIMES; k++) {
            const unsigned char *at = bytes + FRAME * (i * TIMES - k) + 2 * channel;

            sum += tap[k] * (int16_t)(at[0] | at[1] << 8);
        }
        out[i] = (int16_t)lrint(fmin(fmax(sum / all, -32768), 32767));
    }
    return out;
}

static void print_places(const int16_t *said, const int16_t *heard, size_t n)
{
    struct hearing_delays delays;

    hearing_delays_find(said, heard, n, &delays);
    for (size_t i = 0; i < delays.n; i++)
        printf("at %.0f ms: %.1f ms (%.2f)\n", delays.at[i].at_ms, delays.at[i].delay_ms,
               delays.at[i].likeness);
    hearing_delays_free(&delays);
}

int main(int argc, char **argv)
{
    const char *how = argc > 2 ? argv[2] : "";
    size_t size = 0, n;
    unsigned char *bytes = argc > 1 ? read_all(argv[1], &size) : NULL;
    int16_t *said, *heard;
    struct hearing found;
    int err;

    if (!bytes) {
        fprintf(stderr, "usage: heard_judge FILE [narrow | places]\n");
        return 2;
    }
    n = size / FRAME;
    said = thin(bytes, n, 0);
    heard = thin(bytes, n, 1);
    n /= TIMES;
    if (strcmp(how, "places") == 0)
        print_places(said, heard, n);
    err = hearing_judge(said, heard, n, strcmp(how, "narrow") == 0, &found);
    printf("score=%.2f disturbance=%.3f delay=%.1f spread=%.1f first=%.1f last=%.1f drift=%.1f "
           "jumps=%u frames=%u damaged=%u\n",
           found.score, found.disturbance, found.delay_ms, found.spread_ms, found.first_ms,
           found.last_ms, found.drift_ms, found.jumps, found.frames, found.damaged);
    free(said);
    free(heard);
    free(bytes);
    return err ? 1 : 0;
}
