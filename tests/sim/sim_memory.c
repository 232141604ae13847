/* tests/sim/sim_memory.c - memory that runs out now and then for the core; what the simulation
 * itself needs is always there. */
#include "tests/lib/memory.h"
#include "tests/sim/sim.h"

static bool fails(void *arg)
{
    struct sim *sim = arg;

    return sim_chance(sim, sim->weather.shortage);
}

/* now: an endpoint is at work. */
void sim_memory_is_short(struct sim *sim, bool now)
{
    bool is_short = sim->weather.shortage && sim->now_ms >= sim->weather.shortage_ms;

    memory_fail_by(now && is_short ? fails : NULL, sim);
}
