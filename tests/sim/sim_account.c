/* tests/sim/sim_account.c - who each phone is with the server, and what its user does about that:
 * registers, leaves, comes back, goes elsewhere. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/sim.h"

static uint64_t within(struct sim *sim, uint32_t ms)
{
    return sim->now_ms + rng_below(&sim->rng, ms + 1);
}

static void type_password(struct sim *sim, struct sim_party *party)
{
    char text[8];

    snprintf(text, sizeof text, "pw%u", party->place);
    if (sim->weather.wrong && party->place == 0)
        snprintf(text, sizeof text, "forgot");
    party->password_ms = NEVER_MS;
    sip_account_set_password(party->account, slice_of(text), sim->now_ms);
}

static void join(struct sim *sim, struct sim_party *party)
{
    sim_trace(sim, "%u wants to be registered", party->place);
    if (!party->wants)
        party->wants_ms = sim->now_ms;
    party->wants = true;
    party->refused = false;
    sip_account_register(party->account, sim->now_ms);
}

static void leave(struct sim *sim, struct sim_party *party)
{
    sim_trace(sim, "%u wants to be gone", party->place);
    if (party->wants)
        party->wants_ms = sim->now_ms;
    party->wants = party->left = false;
    party->there_ms = NEVER_MS;
    sip_account_unregister(party->account, sim->now_ms);
}

void sim_account_start(struct sim *sim, struct sim_party *party)
{
    char user[8];
    struct sip_account_params params = {
        .uri = party->place ? SLICE("sip:team@10.0.0.4") : SLICE("sip:alice@10.0.0.4"),
        .transport = sim->weather.tcp ? SIP_TCP : 0,
        .expires_s = 60,
        .owner = party,
    };

    party->account_ms = party->password_ms = party->there_ms = NEVER_MS;
    if (!sim->weather.server)
        return;
    snprintf(user, sizeof user, "u%u", party->place);
    params.auth_user = slice_of(user);
    if (sip_account_new(party->ep, &params, &party->account))
        abort();
    if (!sim->weather.late)
        type_password(sim, party);
    party->account_ms = within(sim, 60000);
    join(sim, party);
    if (sim_chance(sim, 5))
        leave(sim, party);
}

void sim_account_end(struct sim *sim, struct sim_party *party)
{
    if (!party->account)
        return;
    if (!party->left && !sim->weather.shortage)
        sim_fail(sim, "%u was never told that it is no longer registered", party->place);
    sip_account_free(party->account);
    party->account = NULL;
}

/* --- what users do ---------------------------------------------------------------------------- */

static void go_elsewhere(struct sim *sim, struct sim_party *party)
{
    sim_trace(sim, "%u goes elsewhere", party->place);
    party->there_ms = sip_account_is_registered(party->account) ? sim->now_ms + 3000 : NEVER_MS;
    party->moves++;
    sim_break_all(sim, party->place);
}

static void networks_change(struct sim *sim, struct sim_party *party)
{
    sip_account_network_changed(party->account, sim->now_ms);
    for (size_t i = 0; i < SIM_CALLS; i++)
        if (party->calls[i].call)
            sip_call_network_changed(party->calls[i].call, sim->now_ms);
}

static void act(struct sim *sim, struct sim_party *party)
{
    unsigned what = rng_below(&sim->rng, 100);
    bool joins = !party->wants ? what < 80 : what >= 75;
    bool changes = !joins && what < 35;

    party->changed_ms = sim->now_ms;
    party->account_ms = within(sim, what % 3 ? 40000 : 1000);
    if (changes && sim_chance(sim, 50))
        party->account_ms = within(sim, 100 + 2 * sim->weather.locate_ms); /* on the way */
    if (sim->weather.late && party->password_ms == NEVER_MS && sim_chance(sim, 40))
        sip_account_set_password(party->account, (struct slice){0}, sim->now_ms);
    if (changes && sim->weather.moves && party->moves < 20)
        go_elsewhere(sim, party);
    sim_memory_is_short(sim, true);
    if (joins)
        join(sim, party);
    else if (changes)
        networks_change(sim, party);
    else
        leave(sim, party);
    sim_memory_is_short(sim, false);
}

void sim_account_leave(struct sim *sim, struct sim_party *party)
{
    party->account_ms = NEVER_MS;
    if (party->account)
        leave(sim, party);
}

uint64_t sim_account_next_ms(const struct sim *sim, const struct sim_party *party)
{
    uint64_t next = party->account_ms < party->password_ms ? party->account_ms : party->password_ms;

    (void)sim;
    return party->there_ms < next ? party->there_ms : next;
}

void sim_account_act(struct sim *sim, struct sim_party *party)
{
    if (party->there_ms <= sim->now_ms) {
        party->there_ms = NEVER_MS;
        sim_register_check_there(sim, party);
    }
    if (party->password_ms <= sim->now_ms)
        type_password(sim, party);
    if (party->account_ms <= sim->now_ms)
        act(sim, party);
}

/* --- what they are told ----------------------------------------------------------------------- */

void sim_account_told(struct sim *sim, struct sim_party *party,
                      const struct sip_account_event *event)
{
    sim_trace(sim, "%u: account event %d, cause %d, status %u", party->place, (int)event->kind,
              (int)event->cause, event->status);
    sim_register_event(sim, party, event);
    switch (event->kind) {
    case SIP_ACCOUNT_REGISTERED:
        party->was_accepted = true;
        break;
    case SIP_ACCOUNT_PASSWORD_WANTED:
        party->password_ms = within(sim, 5000);
        if (sim_chance(sim, 30) && party->account_ms != NEVER_MS)
            party->account_ms = within(sim, 5000);
        break;
    case SIP_ACCOUNT_FAILED:
        party->refused |= event->retry_ms == NEVER_MS;
        break;
    case SIP_ACCOUNT_UNREGISTERED:
        party->left = true;
        break;
    }
}
