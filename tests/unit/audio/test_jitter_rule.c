/* The rule that tests/bench/jitter shows the figures of: over whatever networks do, the jitter
 * buffer conceals no more than a fixed one of 160 ms, at no more than half its delay where 99 % of
 * the packets are within 60 ms, and never at more than its delay. */
#include "tests/lib/jitter_play.h"
#include "tests/lib/rows.h"

#include "base/slice.h"

#include <math.h>
#include <stdlib.h>

enum { SECONDS = 300, FIXED_MS = 160, CALM_MS = 60 };

static const uint64_t seeds[] = {1, 2, 7, 35};

static void check_seed(const struct jitter_network *network, uint64_t seed)
{
    struct jitter_outcome ours, fixed;
    struct jitter_trace trace;

    jitter_trace_make(network, SECONDS, seed, &trace);
    jitter_play_adaptive(&trace, &ours);
    jitter_play_fixed(&trace, FIXED_MS, &fixed);
    print_message("# 99 %% within %.0f ms: %.0f ms, %.0f concealed; fixed: %.0f ms, %.0f\n",
                  trace.p99_ms, ours.mean_ms, ours.concealed, fixed.mean_ms, fixed.concealed);
    assert_true(ours.concealed < fixed.concealed + 0.5); /* packets; ours are counted in 10 ms */
    assert_true(ours.mean_ms <= fixed.mean_ms);
    if (trace.p99_ms < CALM_MS)
        assert_true(ours.mean_ms <= fixed.mean_ms / 2);
    jitter_trace_free(&trace);
}

static void check_network(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(seeds); i++)
        check_seed(*state, seeds[i]);
}

/* What no buffer of little delay can know beforehand: it costs what is not there, once. */
static void one_spike_out_of_the_blue(void **state)
{
    static const struct jitter_network network = {
        .name = "one spike", .spike_every_ms = 60000, .spike_from_ms = 160, .spike_to_ms = 160};
    struct jitter_outcome ours;
    struct jitter_trace trace;

    (void)state;
    jitter_trace_make(&network, 80, 1, &trace);
    jitter_play_adaptive(&trace, &ours);
    assert_true(ours.concealed <= 8); /* 20 ms and less were there */
    assert_true(ours.mean_ms < 30);
    assert_true(ours.end_ms < 30);
    jitter_trace_free(&trace);
}

/* What did not come meanwhile is missing, and that is all; also where little was known before. */
static void more_delay_for_good_is_taken_within_three_seconds(void **state)
{
    static const unsigned steps_s[] = {3, 6, 10, 30};
    struct jitter_network network = {
        .name = "200 ms more", .gamma_shape = 2, .gamma_ms = 4, .step_ms = 200};
    struct jitter_outcome ours;
    struct jitter_trace trace;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps_s); i++) {
        network.step_s = steps_s[i];
        jitter_trace_make(&network, steps_s[i] + 8, 1,
                          &trace); /* the last five: from the third on */
        jitter_play_adaptive(&trace, &ours);
        print_message("# after %u s: %.0f ms at the end, %.0f concealed, %.0f ms held\n",
                      steps_s[i], ours.end_ms, ours.concealed, ours.held_ms);
        assert_true(ours.end_ms < 35);
        assert_true(ours.concealed <= 10);
        assert_true(ours.held_ms <= 40);
        jitter_trace_free(&trace);
    }
}

/* Where it is known how late packets are, the same delay does for all of them, and no more. */
static void steady_jitter_is_not_followed_to_and_fro(void **state)
{
    static const struct jitter_network network[] = {{.name = "to 60 ms", .uniform_ms = 60},
                                                    {.name = "to 120 ms", .uniform_ms = 120}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(network); i++) {
        struct jitter_outcome ours;
        struct jitter_trace trace;

        jitter_trace_make(&network[i], SECONDS, 1, &trace);
        jitter_play_adaptive(&trace, &ours);
        print_message("# %s: %.0f ms, %.0f ms faster, %.0f slower\n", network[i].name, ours.mean_ms,
                      ours.faster_ms, ours.slower_ms);
        assert_true(ours.mean_ms < network[i].uniform_ms + 16);
        assert_true(ours.faster_ms + ours.slower_ms < 5 * SECONDS);
        jitter_trace_free(&trace);
    }
}

/* Clocks that differ by all that they may: nothing is concealed for it, the delay does not creep,
 * and what is left out and put in comes to what they differ by. With TPHONE_LONG for two
 * hours, in which sequence numbers wrap five times. */
static void hours_of_drift_cost_no_delay(void **state)
{
    static const int drifts_ppm[] = {2000, -2000};
    unsigned seconds = getenv("TPHONE_LONG") ? 7200 : 300;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(drifts_ppm); i++) {
        struct jitter_network network = {
            .name = "drift", .gamma_shape = 2, .gamma_ms = 3, .drift_ppm = drifts_ppm[i]};
        double differ_ms = (double)seconds * drifts_ppm[i] / 1e3, changed_ms;
        struct jitter_outcome ours;
        struct jitter_trace trace;

        jitter_trace_make(&network, seconds, 1, &trace);
        jitter_play_adaptive(&trace, &ours);
        jitter_trace_free(&trace);
        changed_ms = ours.faster_ms - ours.slower_ms - ours.held_ms;
        print_message("# %d ppm, %u s: delay %.1f ms, at last %.1f; %.0f concealed, %.0f ms held, "
                      "%.0f faster, %.0f slower\n",
                      drifts_ppm[i], seconds, ours.mean_ms, ours.end_ms, ours.concealed,
                      ours.held_ms, ours.faster_ms, ours.slower_ms);
        assert_true(ours.concealed < 1);
        assert_true(ours.held_ms < 1.5 * seconds);
        assert_true(ours.mean_ms < 35);
        assert_true(fabs(ours.end_ms - ours.mean_ms) < 10);
        assert_true(fabs(changed_ms - differ_ms) < 100);
    }
}

enum { N_OWN = 4 };

int main(void)
{
    struct CMUnitTest tests[64] = {
        cmocka_unit_test(one_spike_out_of_the_blue),
        cmocka_unit_test(more_delay_for_good_is_taken_within_three_seconds),
        cmocka_unit_test(steady_jitter_is_not_followed_to_and_fro),
        cmocka_unit_test(hours_of_drift_cost_no_delay),
    };

    assert_true(n_jitter_networks + N_OWN <= ARRAY_LEN(tests));
    for (size_t i = 0; i < n_jitter_networks; i++)
        tests[i + N_OWN] = (struct CMUnitTest){jitter_networks[i].name, check_network, NULL, NULL,
                                               (void *)(uintptr_t)&jitter_networks[i]};
    return _cmocka_run_group_tests("audio/jitter rule", tests, n_jitter_networks + N_OWN, NULL,
                                   NULL);
}
