/* sim_calls.c - thousands of seeds, each a run of phones, users and a bad network.
 *
 *   sim_calls                           as a test: TAP
 *   sim_calls --seed N [--verbose]      one run again, with all that was said
 *   sim_calls --fault NAME --seed N     the same with a planted fault */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/sim/sim.h"

static unsigned cells[SIP_TX_MACHINES][SIP_TX_STATES][SIP_TX_EVENTS];

static bool run(uint64_t seed, enum sim_fault fault, bool verbose, char failure[256])
{
    struct sim *sim = xzalloc(sizeof *sim);
    bool fine;

    sim->seed = seed;
    sim->fault = fault;
    sim->verbose = verbose;
    sim->cells = fault ? NULL : cells;
    fine = sim_run(sim);
    memcpy(failure, sim->failure, sizeof sim->failure);
    free(sim);
    return fine;
}

static int test;

static void tell(bool fine, const char *name)
{
    printf("%sok %d - %s\n", fine ? "" : "not ", ++test, name);
    fflush(stdout);
}

static bool run_seeds(uint64_t first, uint64_t n)
{
    char failure[256];
    unsigned bad = 0;

    for (uint64_t seed = first; seed < first + n && bad < 10; seed++) {
        if (run(seed, SIM_NO_FAULT, false, failure))
            continue;
        bad++;
        printf("# seed %llu: %s\n# again: tests/sim/sim_calls --seed %llu --verbose\n",
               (unsigned long long)seed, failure, (unsigned long long)seed);
    }
    return bad == 0;
}

static bool all_cells(void)
{
    bool all = true;

    for (unsigned m = 0; m < SIP_TX_MACHINES; m++)
        for (unsigned s = 1; s < SIP_TX_STATES; s++)
            for (unsigned e = 0; e < SIP_TX_EVENTS; e++)
                if (sip_tx_cell_is_used(m, s, e) && !cells[m][s][e]) {
                    all = false;
                    printf("# never reached: %s, %s, %s\n", sip_tx_machine_name(m),
                           sip_tx_state_name(s), sip_tx_event_name(e));
                }
    return all;
}

static bool fault_is_caught(enum sim_fault fault)
{
    char failure[256];

    for (uint64_t seed = 1; seed <= 300; seed++)
        if (!run(seed, fault, false, failure)) {
            printf("# %s: seed %llu: %s\n", sim_fault_name(fault), (unsigned long long)seed,
                   failure);
            return true;
        }
    return false;
}

static int run_one(uint64_t seed, enum sim_fault fault, bool verbose)
{
    char failure[256];
    bool fine = run(seed, fault, verbose, failure);

    printf("seed %llu: %s\n", (unsigned long long)seed, fine ? "all held" : failure);
    return fine ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t seeds = getenv("TPHONE_LONG") ? 100000 : 10000, first = 1;
    enum sim_fault fault = SIM_NO_FAULT;
    bool one = false, verbose = false;
    char name[80];

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--verbose"))
            verbose = true;
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            first = strtoull(argv[++i], NULL, 10), one = true;
        else if (!strcmp(argv[i], "--seeds") && i + 1 < argc)
            seeds = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--fault") && i + 1 < argc)
            for (i++; fault < SIM_FAULTS && strcmp(argv[i], sim_fault_name(fault));)
                fault++;
    }
    if (one)
        return fault < SIM_FAULTS ? run_one(first, fault, verbose) : 2;
    printf("1..%d\n", 1 + SIM_FAULTS);
    snprintf(name, sizeof name, "%llu seeds hold what must hold", (unsigned long long)seeds);
    tell(run_seeds(first, seeds), name);
    tell(all_cells(), "every cell of every table is reached");
    for (fault = SIM_NO_FAULT + 1; fault < SIM_FAULTS; fault++) {
        snprintf(name, sizeof name, "the planted fault is caught: %s", sim_fault_name(fault));
        tell(fault_is_caught(fault), name);
    }
    return 0;
}
