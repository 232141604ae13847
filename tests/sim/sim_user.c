/* tests/sim/sim_user.c - endpoints, and the people who hold them: they call, answer, decline, hold,
 * and hang up whenever they like. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/core.h"
#include "tests/sim/sim.h"

/* The answer to a LOCATE, on its way. */
struct answer {
    struct list link;
    uint64_t at_ms, key;
    struct sim_party *party;
    struct sip_flow flow;
    bool found;
};

static void count_cell(void *arg, enum sip_tx_machine machine, enum sip_tx_state state,
                       enum sip_tx_event event)
{
    struct sim *sim = arg;

    if (sim->cells)
        sim->cells[machine][state][event]++;
}

static void count_reg_cell(void *arg, enum sip_reg_state state, enum sip_reg_input input)
{
    struct sim *sim = arg;

    if (sim->reg_cells)
        sim->reg_cells[state][input]++;
}

void sim_user_start(struct sim *sim, struct sim_party *party, unsigned place)
{
    struct sip_endpoint_config config = {.rng = &party->rng,
                                         .user_agent = "sim",
                                         .observer = count_cell,
                                         .reg_observer = count_reg_cell,
                                         .observer_arg = sim};

    party->place = place;
    party->rng = rng_seeded(sim->seed * 31 + place + 1);
    party->ep = sip_endpoint_new(&config);
    party->call_ms = NEVER_MS;
    if (place == 0)
        party->call_ms = sim->now_ms + rng_below(&sim->rng, 2000);
    else if (sim_chance(sim, 15))
        party->call_ms = sim->now_ms + rng_below(&sim->rng, 30000);
    if (!party->ep)
        abort();
    sim_account_start(sim, party);
}

struct sim_call *sim_user_call(struct sim_party *party, struct slice id)
{
    for (size_t i = 0; i < SIM_CALLS; i++)
        if (party->calls[i].used && slice_eq(slice_of(party->calls[i].id), id))
            return &party->calls[i];
    return NULL;
}

static struct sim_call *by_owner(struct sim_party *party, const struct sip_call_event *event)
{
    for (size_t i = 0; i < SIM_CALLS; i++)
        if (event->owner == &party->calls[i])
            return &party->calls[i];
    return NULL;
}

static struct sim_call *new_call(struct sim_party *party)
{
    for (size_t i = 0; i < SIM_CALLS; i++)
        if (!party->calls[i].used) {
            party->calls[i] = (struct sim_call){.used = true, .next_ms = NEVER_MS};
            return &party->calls[i];
        }
    return NULL;
}

static uint64_t within(struct sim *sim, uint32_t ms)
{
    return sim->now_ms + rng_below(&sim->rng, ms + 1);
}

/* --- what they do ----------------------------------------------------------------------------- */

static void place_call(struct sim *sim, struct sim_party *party)
{
    static const char *const targets[2][2] = {
        {"sip:bob@10.0.0.2", "sip:bob@10.0.0.2;transport=tcp"},
        {"sip:alice@10.0.0.1", "sip:alice@10.0.0.1;transport=tcp"},
    };
    struct sip_invite_params params = {.from = SLICE("\"One \\\" Two\" <sip:someone@10.0.0.9>")};
    struct sim_call *call = new_call(party);

    party->call_ms = NEVER_MS;
    if (!call)
        return;
    params.target = slice_of(targets[party->place > 0][sim->weather.tcp]);
    if (sim->weather.proxy && party->place == 0)
        params.target = SLICE("sip:all@10.0.0.4");
    if (party->account)
        params.target = party->place ? SLICE("sip:alice@10.0.0.4") : SLICE("sip:team@10.0.0.4");
    params.account = party->account;
    params.owner = call;
    call->outgoing = true;
    if (sip_call_invite(party->ep, &params, &call->call, sim->now_ms))
        abort();
    strcpy(call->id, call->call->call_id);
    call->next_ms = sim_chance(sim, 60) ? within(sim, 30000) : NEVER_MS;
    if (sim_chance(sim, 10))
        call->next_ms = within(sim, 10); /* at once */
}

static void hang_up(struct sim *sim, struct sim_party *party, struct sim_call *call)
{
    sim_trace(sim, "%u hangs up", party->place);
    call->hung_up = true;
    sim_check_hung_up(sim, party, call);
    sip_call_hangup(call->call, sim->now_ms);
}

static void answer_call(struct sim *sim, struct sim_party *party, struct sim_call *call)
{
    static const unsigned refusals[] = {302, 404, 486, 480, 603};
    unsigned what = rng_below(&sim->rng, 100);

    if (what < 15) {
        sip_call_progress(call->call, 180 + 3 * rng_below(&sim->rng, 2), SLICE(""), sim->now_ms);
        call->next_ms = within(sim, 20000);
    } else if (what < 75) {
        sim_trace(sim, "%u answers", party->place);
        call->accepted = true;
        call->accepted_ms = sim->now_ms;
        call->mood = USER_TALKS;
        call->next_ms = within(sim, 40000);
        sip_call_accept(call->call, SLICE("v=0 answer"), sim->now_ms);
    } else if (what < 92) {
        sip_call_reject(call->call, refusals[rng_below(&sim->rng, ARRAY_LEN(refusals))], SLICE(""),
                        SLICE("no"), sim->now_ms);
    } else if (what < 96) {
        hang_up(sim, party, call);
    } else {
        call->next_ms = within(sim, 150000); /* lets it ring */
    }
}

static void talk(struct sim *sim, struct sim_party *party, struct sim_call *call)
{
    unsigned what = rng_below(&sim->rng, 100);

    call->next_ms = within(sim, what < 30 ? 3000 : 60000);
    if (what < 45) {
        hang_up(sim, party, call);
    } else if (what < 75) {
        sim_trace(sim, "%u offers anew", party->place);
        sip_call_reinvite(call->call, SLICE("v=0 hold"), sim->now_ms);
    } else if (call->call->state == SIP_CALL_UP && call->call->dialog && !call->call->offer &&
               !call->call->asked.tx_key) {
        /* No command of the phone sends it, but others do. */
        sip_call_request(call->call, call->call->dialog, SIP_UPDATE, 0, SLICE("v=0 update"), NULL,
                         sim->now_ms);
    }
}

static void act(struct sim *sim, struct sim_party *party, struct sim_call *call)
{
    call->next_ms = NEVER_MS;
    sim_memory_is_short(sim, true);
    switch (call->mood) {
    case USER_WAITS:
        hang_up(sim, party, call);
        break;
    case USER_ANSWERS:
        answer_call(sim, party, call);
        break;
    case USER_OFFERS:
        call->mood = USER_TALKS;
        call->next_ms = within(sim, 20000);
        sip_call_offer(call->call, SLICE("v=0 late"), sim->now_ms);
        break;
    case USER_REOFFERED:
        call->mood = USER_TALKS;
        call->next_ms = within(sim, 20000);
        sip_call_reoffer_answer(call->call, sim_chance(sim, 80) ? 200 : 488, SLICE("v=0 ok"),
                                sim->now_ms);
        break;
    case USER_TALKS:
        talk(sim, party, call);
        break;
    }
    sim_memory_is_short(sim, false);
}

/* --- what they are told ----------------------------------------------------------------------- */

static void incoming(struct sim *sim, struct sim_party *party, const struct sip_call_event *event)
{
    struct sim_call *call = new_call(party);

    if (!call) {
        sip_call_reject(event->call, 486, SLICE(""), SLICE(""), sim->now_ms);
        return;
    }
    call->call = event->call;
    call->mood = USER_ANSWERS;
    snprintf(call->id, sizeof call->id, "%.*s", (int)event->call_id.n, event->call_id.p);
    sip_call_set_owner(event->call, call);
    sim_check_event(sim, party, call, event);
    if (sim_chance(sim, 70))
        sip_call_progress(event->call, 180, SLICE(""), sim->now_ms);
    call->next_ms = sim_chance(sim, 30) ? sim->now_ms : within(sim, 15000);
}

static void offer_wanted(struct sim *sim, struct sim_call *call)
{
    if (call->outgoing && !call->answered) {
        sip_call_offer(call->call, SLICE("v=0 offer"), sim->now_ms);
        return;
    }
    call->mood = USER_OFFERS;
    call->next_ms = within(sim, 3000);
}

static void told(struct sim *sim, struct sim_party *party, const struct sip_call_event *event)
{
    struct sim_call *call = by_owner(party, event);

    if (event->kind == SIP_CALL_INCOMING) {
        incoming(sim, party, event);
        return;
    }
    if (!call)
        return; /* one too many for this user */
    sim_check_event(sim, party, call, event);
    if (event->kind == SIP_CALL_OFFER_WANTED) {
        offer_wanted(sim, call);
    } else if (event->kind == SIP_CALL_ANSWERED) {
        call->answered = true;
        call->mood = USER_TALKS;
        call->next_ms = within(sim, 40000);
    } else if (event->kind == SIP_CALL_ACKED) {
        call->acked = true;
    } else if (event->kind == SIP_CALL_MOVED) {
        sip_call_reinvite(call->call, SLICE("v=0 moved"), sim->now_ms);
    } else if (event->kind == SIP_CALL_REOFFER) {
        call->mood = USER_REOFFERED;
        call->next_ms = sim_chance(sim, 50) ? sim->now_ms : within(sim, 12000);
    } else if (event->kind == SIP_CALL_ENDED) {
        call->over = true;
        call->cause = event->cause;
        call->call = NULL;
        call->next_ms = NEVER_MS;
    }
}

/* --- where things are ------------------------------------------------------------------------- */

static void locate(struct sim *sim, struct sim_party *party, const struct sip_out_item *item)
{
    struct answer *answer = calloc(1, sizeof *answer);

    if (!answer)
        abort();
    answer->party = party;
    answer->key = item->key;
    answer->at_ms = within(sim, sim->weather.locate_ms);
    answer->flow.transport = item->transport ? item->transport : SIP_UDP;
    answer->flow.local = sim_address(sim, party->place);
    answer->found = !ip_parse(slice_of(item->host), &answer->flow.remote);
    answer->flow.remote.port = item->port ? item->port : 5060;
    list_append(&sim->locates, &answer->link);
}

static struct answer *due_answer(struct sim *sim)
{
    LIST_EACH (&sim->locates, at)
        if (LIST_ITEM(at, struct answer, link)->at_ms <= sim->now_ms)
            return LIST_ITEM(at, struct answer, link);
    return NULL;
}

/* Sometimes the place that is to be tried first does not answer the door. */
static void located(struct sim *sim, const struct answer *answer)
{
    struct sip_flow flows[2] = {answer->flow, answer->flow};
    size_t n = answer->found;

    if (n && sim_chance(sim, sim->weather.detour)) {
        flows[0].remote.bytes[0] = 99;
        n = 2;
    }
    sip_endpoint_located(answer->party->ep, answer->key, flows, n, 0, sim->now_ms);
}

static void answer_locates(struct sim *sim)
{
    struct answer *answer;

    while ((answer = due_answer(sim))) {
        list_remove(&answer->link);
        located(sim, answer);
        sim_user_drain(sim, answer->party);
        free(answer);
    }
}

void sim_user_drain(struct sim *sim, struct sim_party *party)
{
    struct sip_out_item *item;

    while ((item = sip_out_take(sip_endpoint_out(party->ep)))) {
        if (item->kind == SIP_OUT_SEND)
            sim_send(sim, party, item);
        else if (item->kind == SIP_OUT_CALL)
            told(sim, party, item->event);
        else if (item->kind == SIP_OUT_ACCOUNT)
            sim_account_told(sim, party, item->account_event);
        else
            locate(sim, party, item);
        sip_out_item_free(item);
    }
    if (!sim->weather.locate_ms)
        answer_locates(sim);
}

uint64_t sim_user_next_ms(const struct sim *sim)
{
    uint64_t next = sim_server_next_ms(sim);

    for (size_t i = 0; i < SIM_PARTIES; i++) {
        const struct sim_party *party = &sim->parties[i];

        next = party->call_ms < next ? party->call_ms : next;
        next = sim_account_next_ms(sim, party) < next ? sim_account_next_ms(sim, party) : next;
        for (size_t k = 0; k < SIM_CALLS; k++)
            if (party->calls[k].call && party->calls[k].next_ms < next)
                next = party->calls[k].next_ms;
    }
    LIST_EACH (&sim->locates, at)
        if (LIST_ITEM(at, struct answer, link)->at_ms < next)
            next = LIST_ITEM(at, struct answer, link)->at_ms;
    return next;
}

void sim_user_act(struct sim *sim)
{
    answer_locates(sim);
    sim_server_act(sim);
    for (size_t i = 0; i < SIM_PARTIES; i++) {
        struct sim_party *party = &sim->parties[i];

        if (party->call_ms <= sim->now_ms)
            place_call(sim, party);
        sim_account_act(sim, party);
        for (size_t k = 0; k < SIM_CALLS; k++)
            if (party->calls[k].call && party->calls[k].next_ms <= sim->now_ms)
                act(sim, party, &party->calls[k]);
        sim_user_drain(sim, party);
    }
}

void sim_user_everybody_hangs_up(struct sim *sim)
{
    for (size_t i = 0; i < SIM_PARTIES; i++) {
        struct sim_party *party = &sim->parties[i];

        party->call_ms = NEVER_MS;
        for (size_t k = 0; k < SIM_CALLS; k++)
            if (party->calls[k].call)
                hang_up(sim, party, &party->calls[k]);
        sim_account_leave(sim, party);
        sim_user_drain(sim, party);
    }
}
