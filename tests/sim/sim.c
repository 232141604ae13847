/* tests/sim/sim.c - one run: draw the weather, let things happen in order of time, check. */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>


/* More than any honest run needs; two endpoints that talk for ever are stopped here. */
#define MAX_STEPS 200000

void sim_fail(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (*sim->failure)
        return;
    va_start(args, format);
    vsnprintf(sim->failure, sizeof sim->failure, format, args);
    va_end(args);
    sim_trace(sim, "FAILED: %s", sim->failure);
}

void sim_trace(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (!sim->verbose)
        return;
    va_start(args, format);
    printf("# %8.3f ", (double)sim->now_ms / 1000);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

bool sim_chance(struct sim *sim, unsigned per_cent)
{
    return rng_below(&sim->rng, 100) < per_cent;
}

/* Accounts, and a server that has its days. */
static void draw_server(struct sim *sim)
{
    struct sim_weather *w = &sim->weather;
    static const unsigned least[] = {0, 0, 0, 90};
    static const unsigned granted[] = {20, 45, 60, 120};

    w->server = true;
    w->service_route = sim_chance(sim, 30);
    w->asks = sim_chance(sim, 70);
    w->asks_in_dialogs = w->asks && sim_chance(sim, 50);
    w->names_others = sim_chance(sim, 3);
    w->wrong = sim_chance(sim, 5);
    w->late = sim_chance(sim, 15);
    w->moves = sim_chance(sim, 40);
    w->algorithm = rng_below(&sim->rng, 4);
    w->qop = rng_below(&sim->rng, 3);
    w->nonce_ms = 500 + rng_below(&sim->rng, sim_chance(sim, 50) ? 3000 : 90000);
    w->least_s = least[rng_below(&sim->rng, ARRAY_LEN(least))];
    w->granted_s = granted[rng_below(&sim->rng, ARRAY_LEN(granted))];
    w->slow = sim_chance(sim, 20) ? 40 : 0;
    w->redirects = sim_chance(sim, 5) ? 30 : 0;
    w->outage = rng_below(&sim->rng, 4);
    w->forgets = sim_chance(sim, 50);
    w->retry_after_s = sim_chance(sim, 30) ? 1 + rng_below(&sim->rng, 30) : 0;
    w->outage_ms = sim->now_ms + rng_below(&sim->rng, 100000);
    w->back_ms = w->outage_ms + 1 + rng_below(&sim->rng, 60000);
    sim->break_ms = w->outage == SERVER_GONE ? w->outage_ms : NEVER_MS;
    sim->check_ms = w->outage ? sim_register_back_ms(sim) : NEVER_MS;
    sim_trace(sim,
              "server:%s%s%s%s%s%s algorithm %u qop %u nonce %u ms granted %u s least %u s "
              "outage %d from %llu to %llu%s",
              w->asks ? " asks" : "", w->asks_in_dialogs ? " in dialogs" : "",
              w->names_others ? " others" : "", w->wrong ? " wrong" : "", w->late ? " late" : "",
              w->moves ? " moves" : "", w->algorithm, w->qop, w->nonce_ms, w->granted_s, w->least_s,
              (int)w->outage, (unsigned long long)w->outage_ms, (unsigned long long)w->back_ms,
              w->forgets ? " forgets" : "");
}

static void draw_weather(struct sim *sim)
{
    struct sim_weather *w = &sim->weather;
    static const unsigned delays[] = {1, 50, 300, 1000, 3000};

    if (sim_chance(sim, 70)) {
        w->loss = rng_below(&sim->rng, 61);
        w->twice = rng_below(&sim->rng, 20);
    }
    w->delay_ms = delays[rng_below(&sim->rng, ARRAY_LEN(delays))];
    w->proxy = sim_chance(sim, 40);
    w->record_route = sim_chance(sim, 60);
    w->cancels = sim_chance(sim, 50);
    w->server = sim_chance(sim, 20) || sim->fault >= SIM_LEAK;
    w->proxy |= w->server;
    w->tcp = (!w->proxy || w->server) && sim_chance(sim, 25);
    w->old = !w->proxy && !w->tcp && sim_chance(sim, 10);
    w->cookieless = w->old && sim_chance(sim, 50);
    w->fail = sim_chance(sim, 10) ? 2 : 0;
    w->refuse = w->tcp && sim_chance(sim, 20) ? 30 : 0;
    w->breaks = w->tcp && sim_chance(sim, 20) ? 5 : 0;
    w->locate_ms = sim_chance(sim, w->server ? 30 : 20) ? 500 : 0;
    w->detour = sim_chance(sim, 10) ? 50 : 0;
    w->shortage = sim_chance(sim, 8) ? 1 + rng_below(&sim->rng, 5) : 0;
    if (w->shortage && sim_chance(sim, 20))
        w->shortage *= 16;
    w->shortage_ms = rng_below(&sim->rng, 60000);
    sim_trace(
        sim, "loss %u %% twice %u %% delay %u ms%s%s%s%s%s%s fail %u refuse %u break %u short %u",
        w->loss, w->twice, w->delay_ms, w->tcp ? " tcp" : "", w->proxy ? " proxy" : "",
        w->record_route ? " record-route" : "", w->cancels ? " cancels" : "", w->old ? " old" : "",
        w->cookieless ? " cookieless" : "", w->fail, w->refuse, w->breaks, w->shortage);
    sim->break_ms = sim->check_ms = NEVER_MS;
    if (w->server)
        draw_server(sim);
}

static uint64_t next_ms(const struct sim *sim)
{
    uint64_t next = sim_net_next_ms(sim);

    if (sim_user_next_ms(sim) < next)
        next = sim_user_next_ms(sim);
    for (size_t i = 0; i < SIM_PARTIES; i++)
        if (sip_endpoint_deadline_ms(sim->parties[i].ep) < next)
            next = sip_endpoint_deadline_ms(sim->parties[i].ep);
    return next;
}

static void tick(struct sim *sim, struct sim_party *party)
{
    sim_memory_is_short(sim, true);
    sip_endpoint_tick(party->ep, sim->now_ms);
    sim_memory_is_short(sim, false);
}

static void run_until(struct sim *sim, uint64_t end_ms)
{
    while (!*sim->failure && next_ms(sim) <= end_ms) {
        uint64_t next = next_ms(sim);

        if (++sim->steps > MAX_STEPS) {
            sim_fail(sim, "it never ends");
            return;
        }
        sim->now_ms = next > sim->now_ms ? next : sim->now_ms;
        sim_net_deliver(sim);
        sim_user_act(sim);
        for (size_t i = 0; i < SIM_PARTIES; i++) {
            struct sim_party *party = &sim->parties[i];

            if (sip_endpoint_deadline_ms(party->ep) <= sim->now_ms)
                tick(sim, party);
            sim_user_drain(sim, party);
        }
    }
    sim->now_ms = end_ms;
}

bool sim_run(struct sim *sim)
{
    sim->rng = rng_seeded(sim->seed * 2654435761u + 1);
    sim->now_ms = 1000;
    list_init(&sim->packets);
    list_init(&sim->locates);
    draw_weather(sim);
    for (unsigned i = 0; i < SIM_PARTIES; i++)
        sim_user_start(sim, &sim->parties[i], i);
    run_until(sim, SIM_LAST_CALL_MS);
    sim_register_check_late(sim);
    sim_user_everybody_hangs_up(sim);
    run_until(sim, SIM_LAST_CALL_MS + SIM_QUIET_MS);
    for (size_t i = 0; i < SIM_PARTIES && !*sim->failure; i++)
        sim_account_end(sim, &sim->parties[i]);
    if (!*sim->failure)
        sim_check_end(sim);
    for (size_t i = 0; i < SIM_PARTIES; i++)
        sip_endpoint_free(sim->parties[i].ep);
    sim_net_free(sim);
    sim_proxy_free(sim);
    return !*sim->failure;
}
