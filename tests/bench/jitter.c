/* The jitter buffer beside fixed ones of 40, 80 and 160 ms, over what networks do: delay added,
 * packets late, concealed, sound stretched. The same figures in every run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"
#include "tests/lib/jitter_play.h"

enum { SECONDS = 300, QUICK_SECONDS = 60, SEED = 1 };

static void print(const char *name, const struct jitter_outcome *o)
{
    printf("    %-8s %6.0f %6.0f %6.0f %8u %10.0f %7.1f %7.1f %7.1f\n", name, o->mean_ms, o->p95_ms,
           o->end_ms, o->late, o->concealed, o->held_ms / 1000, o->faster_ms / 1000,
           o->slower_ms / 1000);
}

int main(int argc, char **argv)
{
    static const unsigned fixed_ms[] = {40, 80, 160};
    unsigned seconds = getenv("BENCH_QUICK") && *getenv("BENCH_QUICK") ? QUICK_SECONDS : SECONDS;
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : SEED;
    struct jitter_outcome outcome;
    struct jitter_trace trace;
    char name[16];

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
