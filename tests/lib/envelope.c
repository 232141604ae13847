#include "tests/lib/envelope.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audio/file.h"
#include "base/rand.h"

#define STEP_MS 10
#define SECOND_STEPS (1000 / STEP_MS)
#define STEP_MAX_SAMPLES 1920 /* 192 kHz */

static void die(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    abort();
}

struct envelope envelope_of_file(const char *path)
{
    struct envelope e = {NULL, 0};
    struct audio_reader *reader;
    int16_t samples[STEP_MAX_SAMPLES];
    char why[AUDIO_WHY_MAX];
    size_t step;
    int n;

    if (audio_reader_open(path, &reader, why) != 0)
        die(path, why);
    step = audio_reader_rate_hz(reader) * STEP_MS / 1000;
    while ((n = audio_reader_read(reader, samples, step)) > 0) {
        double sum = 0;

        for (int i = 0; i < n; i++)
            sum += (double)samples[i] * samples[i];
        e.rms = realloc(e.rms, (e.n + 1) * sizeof *e.rms);
        if (!e.rms)
            abort();
        e.rms[e.n++] = sqrt(sum / n);
    }
    audio_reader_close(reader);
    return e;
}

void envelope_free(struct envelope *e)
{
    free(e->rms);
    *e = (struct envelope){NULL, 0};
}

static double at(const struct envelope *e, size_t i)
{
    return i < e->n ? e->rms[i] : 0;
}

static double correlation(const struct envelope *a, const struct envelope *b, size_t delay)
{
    double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0, n = (double)a->n;

    for (size_t i = 0; i < a->n; i++) {
        double x = a->rms[i], y = at(b, i + delay);

        sum_a += x;
        sum_b += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    aa -= sum_a * sum_a / n;
    bb -= sum_b * sum_b / n;
    ab -= sum_a * sum_b / n;
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* Over delays from least_ms to most_ms; start: of the recording, where the original begins. */
static struct envelope_match best_match(const struct envelope *original,
                                        const struct envelope *recording, size_t start,
                                        int least_ms, int most_ms)
{
    struct envelope_match best = {-1, 0};

    for (int ms = least_ms < 0 ? 0 : least_ms; ms <= most_ms; ms += STEP_MS) {
        double c = correlation(original, recording, start + (size_t)(ms / STEP_MS));

        if (c > best.correlation)
            best = (struct envelope_match){c, ms};
    }
    return best;
}

struct envelope_match envelope_match(const struct envelope *original,
                                     const struct envelope *recording, int max_delay_ms)
{
    return best_match(original, recording, 0, 0, max_delay_ms);
}

struct envelope_match envelope_match_moving(const struct envelope *original,
                                            const struct envelope *recording, int max_delay_ms,
                                            int within_ms)
{
    struct envelope_match whole = envelope_match(original, recording, max_delay_ms);
    struct envelope_match worst = {1, whole.delay_ms};

    for (size_t done = 0; done < original->n; done += SECOND_STEPS) {
        size_t n = original->n < SECOND_STEPS ? original->n : SECOND_STEPS;
        size_t i = done + n < original->n ? done : original->n - n; /* the last one: to the end */
        struct envelope second = {original->rms + i, n};
        struct envelope_match m = best_match(&second, recording, i, whole.delay_ms - within_ms,
                                             whole.delay_ms + within_ms);

        if (m.correlation < worst.correlation)
            worst = m;
    }
    return worst;
}

static double unit(struct rng *rng)
{
    return rng_below(rng, 10000) / 10000.0;
}

void envelope_write_syllables(const char *path, uint32_t rate_hz, unsigned ms, uint64_t seed)
{
    struct rng rng = rng_seeded(seed);
    struct audio_writer *writer;
    char why[AUDIO_WHY_MAX];
    size_t total = (size_t)rate_hz * ms / 1000;
    int16_t *samples = calloc(total, sizeof *samples);

    if (!samples || audio_writer_open(path, rate_hz, 1, &writer, why) != 0)
        die(path, samples ? why : "no memory");
    for (size_t done = 0; done < total;) {
        size_t n = (size_t)(rate_hz * (0.08 + 0.2 * unit(&rng)));
        double loud = unit(&rng) < 0.3 ? 0 : 1500 + 7000 * unit(&rng);
        double pitch = 2 * M_PI * (90 + 140 * unit(&rng)) / rate_hz;

        for (size_t i = 0; i < n && done < total; i++, done++) {
            double t = (double)i, shape = sin(M_PI * t / (double)n), v = 0;

            for (int k = 1; k <= 8; k++)
                v += sin(pitch * k * t) / k;
            samples[done] = (int16_t)(loud * shape * v);
        }
    }
    if (audio_writer_write(writer, samples, total) != 0 || audio_writer_close(writer) != 0)
        die(path, "cannot be written");
    free(samples);
}
