/* tests/sim/sim_memory.c - memory that runs out now and then. The linker hands us the core's
 * allocations (--wrap); what the simulation itself needs is always there. */
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/sim.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

/* Of the run in hand while an endpoint is at work, else NULL. */
static struct sim *at_work;

void sim_memory_is_short(struct sim *sim, bool now)
{
    bool is_short = sim->weather.shortage && sim->now_ms >= sim->weather.shortage_ms;

    at_work = now && is_short ? sim : NULL;
}

static bool fails(void)
{
    return at_work && sim_chance(at_work, at_work->weather.shortage);
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}
