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
static unsigned reg_cells[SIP_REG_STATES][SIP_REG_INPUTS];

static bool run(uint64_t seed, enum sim_fault fault, bool verbose, char failure[256])
{
    struct sim *sim = xzalloc(sizeof *sim);
    bool fine;

    sim->seed = seed;
    sim->fault = fault;
    sim->verbose = verbose;
    sim->cells = fault ? NULL : cells;
    sim->reg_cells = fault ? NULL : reg_cells;
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

static bool all_reg_cells(void)
{
    bool all = true;

    for (unsigned s = 1; s < SIP_REG_STATES; s++)
        for (unsigned i = 0; i < SIP_REG_INPUTS; i++)
            if (sip_reg_cell_is_used(s, i) && !reg_cells[s][i]) {
                all = false;
                printf("# never reached: %s, %s\n", sip_reg_state_name(s), sip_reg_input_name(i));
            }
    return all;
}

static bool fault_is_caught(enum sim_fault fault)
{
    char failure[256];

    for (uint64_t seed = 1; seed <= 2000; seed++)
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

/* What the command line asks for. */
struct wish {
    bool one, verbose;
    uint64_t seed, seeds;
    enum sim_fault fault;
};

static enum sim_fault fault_of(const char *name)
{
    enum sim_fault fault = SIM_NO_FAULT;

    while (fault < SIM_FAULTS && strcmp(name, sim_fault_name(fault)) != 0)
        fault++;
    return fault;
}

static struct wish read_wish(int argc, char **argv)
{
    struct wish wish = {.seeds = getenv("TPHONE_LONG")    ? 100000
                                 : getenv("TPHONE_SHORT") ? 3000
                                                          : 10000};

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (!strcmp(argv[i], "--verbose")) {
            wish.verbose = true;
        } else if (!strcmp(argv[i], "--seed")) {
            wish.one = true;
            wish.seed = strtoull(value, NULL, 10);
        } else if (!strcmp(argv[i], "--seeds")) {
            wish.seeds = strtoull(value, NULL, 10);
        } else if (!strcmp(argv[i], "--fault")) {
            wish.fault = fault_of(value);
        }
    }
    return wish;
}

int main(int argc, char **argv)
{
    struct wish wish = read_wish(argc, argv);
    char name[80];

    if (wish.fault == SIM_FAULTS)
        return 2;
    if (wish.one)
        return run_one(wish.seed, wish.fault, wish.verbose);
    printf("1..%d\n", 2 + SIM_FAULTS);
    snprintf(name, sizeof name, "%llu seeds hold what must hold", (unsigned long long)wish.seeds);
    tell(run_seeds(1, wish.seeds), name);
    tell(all_cells(), "every cell of the transactions is reached");
    tell(all_reg_cells(), "every cell of the registration is reached");
    for (enum sim_fault fault = SIM_NO_FAULT + 1; fault < SIM_FAULTS; fault++) {
        snprintf(name, sizeof name, "the planted fault is caught: %s", sim_fault_name(fault));
        tell(fault_is_caught(fault), name);
    }
    return 0;
}
