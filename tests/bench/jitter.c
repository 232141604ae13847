/* The jitter buffer beside fixed ones of 40, 80 and 160 ms, over what networks do: delay added,
 * packets late, concealed, sound stretched. The same figures in every run.
 *
 *     jitter [SEED]
 *     jitter rule [SEEDS [FIRST]]    where it conceals more than that of 160 ms, or takes too long,
 *                                    and where one that takes half as long would have to */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "tests/lib/jitter_play.h"

enum { SECONDS = 300, QUICK_SECONDS = 60, SEED = 1, SEEDS = 10, CALM_MS = 60, FIXED_MS = 160 };
enum { HELD_MS = 40 }; /* what sound can be held for */

static void print(const char *name, const struct jitter_outcome *o)
{
    printf("    %-8s %6.0f %6.0f %6.0f %8u %10.0f %7.1f %7.1f %7.1f\n", name, o->mean_ms, o->p95_ms,
           o->end_ms, o->late, o->concealed, o->held_ms / 1000, o->faster_ms / 1000,
           o->slower_ms / 1000);
}

/* ---- the rule ---- */

struct breaches {
    unsigned traces, concealed, late; /* late: in delay */
    unsigned bound; /* more concealed by half the delay for all that comes, and what is held */
    double most_concealed, most_ms; /* too many, too much */
};

static void judge(const struct jitter_network *network, unsigned seconds, uint64_t seed,
                  struct breaches *b)
{
    struct jitter_outcome ours, fixed, half;
    struct jitter_trace trace;
    double most_ms, more;

    jitter_trace_make(network, seconds, seed, &trace);
    jitter_play_adaptive(&trace, &ours);
    jitter_play_fixed(&trace, FIXED_MS, &fixed);
    jitter_play_fixed(&trace, FIXED_MS / 2 + HELD_MS, &half);
    most_ms = trace.p99_ms < CALM_MS ? fixed.mean_ms / 2 : fixed.mean_ms;
    more = ours.concealed - fixed.concealed;
    b->traces++;
    b->concealed += more >= 0.5;
    if (trace.p99_ms < CALM_MS && !network->drift_ppm) /* in a drift fixed ones run dry */
        b->bound += half.concealed - fixed.concealed >= 0.5;
    b->most_concealed = fmax(b->most_concealed, more);
    b->late += ours.mean_ms > most_ms;
    b->most_ms = fmax(b->most_ms, ours.mean_ms - most_ms);
    jitter_trace_free(&trace);
}

static int print_rule(unsigned seconds, uint64_t seeds, uint64_t first)
{
    struct breaches all = {0};

    printf("beside a buffer of %d ms over %u s, %u seeds: traces with more concealed, by how many "
           "packets at most; with too much delay, by how many ms at most; with more concealed by "
           "half as much and %d ms of holding\n",
           FIXED_MS, seconds, (unsigned)seeds, HELD_MS);
    for (size_t i = 0; i < n_jitter_networks; i++) {
        struct breaches b = {0};

        for (uint64_t seed = first; seed < first + seeds; seed++)
            judge(&jitter_networks[i], seconds, seed, &b);
        printf("    %-32s %3u %6.1f %3u %6.1f %3u\n", jitter_networks[i].name, b.concealed,
               b.most_concealed, b.late, b.most_ms, b.bound);
        all.traces += b.traces;
        all.concealed += b.concealed;
        all.late += b.late;
        all.bound += b.bound;
    }
    printf("    of %u traces %u, %u and %u\n", all.traces, all.concealed, all.late, all.bound);
    return 0;
}

int main(int argc, char **argv)
{
    static const unsigned fixed_ms[] = {40, 80, 160};
    unsigned seconds = getenv("BENCH_QUICK") && *getenv("BENCH_QUICK") ? QUICK_SECONDS : SECONDS;
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : SEED;
    struct jitter_outcome outcome;
    struct jitter_trace trace;
    char name[16];

    if (argc > 1 && strcmp(argv[1], "rule") == 0)
        return print_rule(seconds, argc > 2 ? strtoull(argv[2], NULL, 10) : SEEDS,
                          argc > 3 ? strtoull(argv[3], NULL, 10) : SEED);
    printf("jitter buffers over %u s, times in ms: delay added (mean, 95 %%, at the end), packets "
           "late, concealed; in s: held, left out, repeated\n",
           seconds);
    for (size_t i = 0; i < n_jitter_networks; i++) {
        jitter_trace_make(&jitter_networks[i], seconds, seed, &trace);
        printf("  %s (99 %% within %.0f ms, %zu of %zu lost)\n", jitter_networks[i].name,
               trace.p99_ms, trace.lost, trace.sent);
        jitter_play_adaptive(&trace, &outcome);
        print("tphone", &outcome);
        for (size_t k = 0; k < ARRAY_LEN(fixed_ms); k++) {
            jitter_play_fixed(&trace, fixed_ms[k], &outcome);
            snprintf(name, sizeof name, "%u ms", fixed_ms[k]);
            print(name, &outcome);
        }
        jitter_trace_free(&trace);
    }
    return 0;
}
