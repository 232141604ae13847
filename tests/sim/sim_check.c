/* tests/sim/sim_check.c - what must hold in every run, and the faults that it must catch. */
#include <stdio.h>
#include <string.h>

#include "sip/core.h"
#include "sip/parse.h"
#include "tests/sim/sim.h"

const char *sim_fault_name(enum sim_fault fault)
{
    static const char *const names[SIM_FAULTS] = {
        "none",        "no-re-ack",   "no-cancel",      "no-2xx-again", "second-call",
        "fork-left",   "no-ack-487",  "leak",           "other-realm",  "same-count",
        "same-number", "old-binding", "no-re-register", "stays",
    };

    return names[fault];
}

static void copy(char *out, size_t size, struct slice s)
{
    snprintf(out, size, "%.*s", (int)s.n, s.p ? s.p : "");
}

/* --- records ---------------------------------------------------------------------------------- */

static struct sim_ok *find_ok(struct sim *sim, struct slice id, struct slice tag, uint32_t cseq)
{
    for (size_t i = 0; i < sim->n_oks; i++) {
        struct sim_ok *ok = &sim->oks[i];

        if (ok->cseq == cseq && slice_eq(slice_of(ok->id), id) && slice_eq(slice_of(ok->tag), tag))
            return ok;
    }
    return NULL;
}

static struct sim_invite *find_invite(struct sim *sim, struct slice id)
{
    for (size_t i = 0; i < sim->n_invites; i++)
        if (slice_eq(slice_of(sim->invites[i].id), id))
            return &sim->invites[i];
    return NULL;
}

/* A network without faults of its own: then each copy is ACKed, and each CANCEL sent. */
static bool is_plain(const struct sim *sim)
{
    const struct sim_weather *w = &sim->weather;

    return !w->moves && !w->outage && !w->fail && !w->refuse && !w->breaks && !w->locate_ms &&
           !w->detour && !w->shortage;
}

/* --- what is sent ----------------------------------------------------------------------------- */

static bool sent_ok(struct sim *sim, struct sim_party *party, const struct sip_msg *msg)
{
    struct sim_ok *ok = find_ok(sim, msg->call_id, msg->to.tag, msg->cseq.number);
    struct sim_invite *invite = find_invite(sim, msg->call_id);

    if (ok && sim->fault == SIM_NO_2XX_AGAIN)
        return false;
    if (!ok && sim->n_oks < SIM_RECORDS) {
        ok = &sim->oks[sim->n_oks++];
        copy(ok->id, sizeof ok->id, msg->call_id);
        copy(ok->tag, sizeof ok->tag, msg->to.tag);
        ok->cseq = msg->cseq.number;
        ok->from = party->place;
        ok->initial = invite && invite->from != party->place && ok->cseq == invite->cseq;
    }
    if (ok)
        ok->sent++;
    return true;
}

static bool sent_ack(struct sim *sim, const struct sip_msg *msg, struct buf *text)
{
    struct sim_ok *ok = find_ok(sim, msg->call_id, msg->to.tag, msg->cseq.number);
    struct sim_invite *invite = find_invite(sim, msg->call_id);

    if (!ok && sim->fault == SIM_NO_ACK_487)
        return false;
    if (!ok) {
        if (invite && msg->cseq.number == invite->cseq)
            invite->refusal_acks++;
        return true;
    }
    if (sim->fault == SIM_NO_RE_ACK && ok->acks)
        return false;
    ok->acks++;
    /* Before RFC 3261 the ACK to a 2xx had the branch of its INVITE, if any. */
    if (sim->weather.old && invite && invite->from == 0 && ok->initial &&
        msg->via.branch.n == strlen(invite->branch))
        memcpy(text->p + (msg->via.branch.p - msg->bytes.p), invite->branch, msg->via.branch.n);
    return true;
}

static bool sent_invite(struct sim *sim, struct sim_party *party, const struct sip_msg *msg,
                        struct buf *text)
{
    struct sim_invite *invite = find_invite(sim, msg->call_id);

    bool copied = invite && msg->cseq.number == invite->cseq;

    if (copied && sim->fault == SIM_SECOND_CALL) {
        text->p[msg->via.branch.p + msg->via.branch.n - 1 - msg->bytes.p] ^= 1;
        text->p[msg->from.tag.p + msg->from.tag.n - 1 - msg->bytes.p] ^= 1;
    }
    if (copied || (!invite && sim->n_invites == SIM_RECORDS))
        return true;
    if (!invite)
        invite = &sim->invites[sim->n_invites++];
    copy(invite->id, sizeof invite->id, msg->call_id);
    copy(invite->branch, sizeof invite->branch, msg->via.branch);
    invite->cseq = msg->cseq.number;
    invite->from = party->place;
    invite->sent_ms = sim->now_ms;
    invite->got_1xx = invite->got_final = false;
    return true;
}

static bool sent_bye(struct sim *sim, const struct sip_msg *msg)
{
    bool first = true;

    for (size_t i = 0; i < sim->n_oks; i++) {
        struct sim_ok *ok = &sim->oks[i];

        if (!ok->initial || !slice_eq(slice_of(ok->id), msg->call_id))
            continue;
        if (slice_eq(slice_of(ok->tag), msg->to.tag) ||
            slice_eq(slice_of(ok->tag), msg->from.tag)) {
            if (!first && sim->fault == SIM_FORK_LEFT)
                return false;
            ok->byes++;
        }
        first = false;
    }
    return true;
}

/* Alice as an old phone: her branches have no cookie. */
static void remove_cookie(struct buf *text)
{
    char *at = strstr(buf_cstr(text), "branch=z9hG4bK");

    if (at)
        at[7] = 'y';
}

void sim_check_cookie(struct sim *sim, const struct sim_packet *packet)
{
    char *at = sim->weather.cookieless && packet->to == 0 && !strncmp(packet->bytes, "SIP", 3)
                   ? strstr(packet->bytes, "branch=y9hG4bK")
                   : NULL;

    if (at)
        at[7] = 'z';
}

bool sim_check_sent(struct sim *sim, struct sim_party *party, unsigned to, struct buf *text)
{
    struct sim_invite *invite;
    struct sip_msg msg;
    bool goes = true;

    if (sip_parse(buf_slice(text), true, &msg)) {
        sim_fail(sim, "%u sent what does not parse: %s", party->place, msg.error);
        return true;
    }
    invite = find_invite(sim, msg.call_id);
    if (!msg.request && msg.method == SIP_INVITE && msg.status >= 200 && msg.status < 300)
        goes = sent_ok(sim, party, &msg);
    else if (msg.request && msg.method == SIP_ACK)
        goes = sent_ack(sim, &msg, text);
    else if (msg.request && msg.method == SIP_INVITE && !msg.to.tag.n)
        goes = sent_invite(sim, party, &msg, text);
    else if (msg.request && msg.method == SIP_BYE)
        goes = sent_bye(sim, &msg);
    else if (msg.request && msg.method == SIP_CANCEL && sim->fault == SIM_NO_CANCEL)
        goes = false;
    else if (msg.request && msg.method == SIP_CANCEL && invite)
        invite->cancel = true;
    if (goes)
        goes = sim_register_sent(sim, party, to, &msg, text);
    if (sim->weather.cookieless && party->place == 0 && msg.request)
        remove_cookie(text);
    return goes;
}

/* --- what arrives ----------------------------------------------------------------------------- */

void sim_check_delivered(struct sim *sim, struct sim_party *party, const struct sip_msg *msg)
{
    struct sim_invite *invite = find_invite(sim, msg->call_id);
    struct sim_ok *ok;

    if (msg->request || msg->method != SIP_INVITE)
        return;
    if (invite && invite->from == party->place && msg->cseq.number == invite->cseq) {
        bool alive = sim->now_ms < invite->sent_ms + 32000;

        if (msg->status < 200 && alive && !invite->got_final) {
            invite->got_1xx = true;
            invite->called_off |= invite->hung_up;
        }
        invite->got_final |= msg->status >= 200;
    }
    ok = msg->status >= 200 && msg->status < 300
             ? find_ok(sim, msg->call_id, msg->to.tag, msg->cseq.number)
             : NULL;
    if (!ok)
        return;
    if (!ok->delivered)
        ok->first_ms = sim->now_ms;
    if (sim->now_ms < ok->first_ms + 32000)
        ok->delivered++;
}

void sim_check_taken(struct sim *sim, struct sim_party *party, const struct sip_msg *msg)
{
    struct sim_call *call = sim_user_call(party, msg->call_id);

    if (!call || !call->call || !msg->request || sim->weather.shortage || sim->weather.moves)
        return;
    if (msg->method == SIP_CANCEL && !call->outgoing && !call->accepted)
        sim_fail(sim, "CANCEL came and %u still rings", party->place);
    if (msg->method == SIP_BYE && call->call->dialog &&
        slice_eq(call->call->dialog->remote_tag, msg->from.tag))
        sim_fail(sim, "BYE came and %u is still in the call", party->place);
}

/* --- what owners are told --------------------------------------------------------------------- */

static void check_end_of_call(struct sim *sim, struct sim_party *party, struct sim_call *call,
                              const struct sip_call_event *event)
{
    unsigned most = 0;
    struct sim_invite *invite = find_invite(sim, slice_of(call->id));

    if (sim->weather.shortage)
        return; /* anything may have been lost, but nothing may be left */
    if (call->accepted && !call->acked && sim->now_ms > call->accepted_ms + 32000)
        sim_fail(sim, "%u waited longer than 64*T1 for an ACK", party->place);
    if (event->cause == SIP_END_REFUSED && invite && !invite->refusal_acks)
        sim_fail(sim, "%u did not ACK the %u", party->place, event->status);
    if (event->cause != SIP_END_NO_ACK)
        return;
    for (size_t i = 0; i < sim->n_oks; i++)
        if (sim->oks[i].from == party->place && sim->oks[i].sent > most &&
            !strcmp(sim->oks[i].id, call->id))
            most = sim->oks[i].sent;
    if (most < 11)
        sim_fail(sim, "%u gave up after sending its 2xx %u times", party->place, most);
}

static void check_rings_once(struct sim *sim, const struct sim_party *party,
                             struct sim_invite *invite)
{
    if (++invite->incoming[party->place] > 1 && !sim->weather.shortage)
        sim_fail(sim, "one INVITE rang twice at %u", party->place);
}

void sim_check_event(struct sim *sim, struct sim_party *party, struct sim_call *call,
                     const struct sip_call_event *event)
{
    struct sim_invite *invite = find_invite(sim, event->call_id);

    if (call->over)
        sim_fail(sim, "%u was told of a call after its end", party->place);
    if (!slice_eq(event->call_id, slice_of(call->id)) && !sim->weather.shortage)
        sim_fail(sim, "%u was told of a call by another Call-ID", party->place);
    if (event->kind == SIP_CALL_INCOMING && invite)
        check_rings_once(sim, party, invite);
    if (event->kind == SIP_CALL_ANSWERED && call->answered)
        sim_fail(sim, "%u was answered twice", party->place);
    if (event->kind == SIP_CALL_ACKED && call->accepted && !call->acked &&
        sim->now_ms > call->accepted_ms + 32000)
        sim_fail(sim, "%u was ACKed too late", party->place);
    if (event->kind == SIP_CALL_ENDED) {
        sim_trace(sim, "%u is told the end, cause %d", party->place, (int)event->cause);
        check_end_of_call(sim, party, call, event);
    }
}

void sim_check_hung_up(struct sim *sim, struct sim_party *party, const struct sim_call *call)
{
    struct sim_invite *invite = find_invite(sim, slice_of(call->id));

    if (!invite || invite->from != party->place || call->answered)
        return;
    invite->hung_up = true;
    invite->called_off |= invite->got_1xx && !invite->got_final;
}

/* --- in the end ------------------------------------------------------------------------------- */

static void check_memory(struct sim *sim, const struct sim_party *party)
{
    const struct sip_endpoint *ep = party->ep;

    if (ep->txs.n || map_count(&ep->txs.by_id) || map_count(&ep->txs.by_key) ||
        map_count(&ep->txs.by_merge) || map_count(&ep->txs.sources))
        sim_fail(sim, "%u keeps %zu transactions", party->place, ep->txs.n);
    if (!list_empty(&ep->all) || map_count(&ep->calls) || ep->n_open)
        sim_fail(sim, "%u keeps a call", party->place);
    if (map_count(&ep->reqs))
        sim_fail(sim, "%u keeps a request", party->place);
    if (sip_endpoint_deadline_ms(ep) != NEVER_MS || ep->alarms.n)
        sim_fail(sim, "%u still waits for something", party->place);
    for (size_t i = 0; i < SIM_CALLS; i++)
        if (party->calls[i].used && !party->calls[i].over)
            sim_fail(sim, "the owner at %u was never told the end", party->place);
}

/* Whether the one that this 2xx was for may have stopped listening before. */
static bool may_be_deaf(struct sim *sim, const struct sim_ok *ok)
{
    for (size_t i = 0; i < SIM_PARTIES; i++) {
        struct sim_call *call = sim_user_call(&sim->parties[i], slice_of(ok->id));

        if (i != ok->from && call && (call->hung_up || call->cause == SIP_END_TIMEOUT))
            return true;
    }
    /* Timer M of RFC 6026: 64*T1 after the first 2xx no other fork is expected any more. */
    for (size_t i = 0; i < sim->n_oks; i++)
        if (!strcmp(sim->oks[i].id, ok->id) && sim->oks[i].delivered &&
            sim->oks[i].first_ms + 32000 <= ok->first_ms)
            return true;
    return false;
}

void sim_check_end(struct sim *sim)
{
    for (size_t i = 0; i < SIM_PARTIES; i++)
        check_memory(sim, &sim->parties[i]);
    for (size_t i = 0; i < sim->n_oks; i++) {
        const struct sim_ok *ok = &sim->oks[i];

        if (ok->initial && !ok->byes && !sim->weather.shortage)
            sim_fail(sim, "the call that %u took was never ended by a BYE", ok->from);
        if (!is_plain(sim) || !ok->delivered)
            continue;
        if (!ok->acks && !may_be_deaf(sim, ok))
            sim_fail(sim, "a 2xx of %u was not ACKed", ok->from);
        if (ok->acks && ok->acks < ok->delivered)
            sim_fail(sim, "%u copies of a 2xx of %u got %u ACKs", ok->delivered, ok->from,
                     ok->acks);
    }
    for (size_t i = 0; i < sim->n_invites; i++) {
        const struct sim_invite *invite = &sim->invites[i];

        if (is_plain(sim) && invite->called_off && !invite->cancel)
            sim_fail(sim, "%u hung up and sent no CANCEL", invite->from);
    }
}
