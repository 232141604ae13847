/* sip/endpoint.c - the core as one object: what comes in finds its transaction, dialog or call. */
#include "sip/endpoint.h"

#include <errno.h>
#include <stdlib.h>

#include "sip/account_core.h"
#include "sip/core.h"
#include "sip/parse.h"

/* --- life ------------------------------------------------------------------------------------- */

struct sip_endpoint *sip_endpoint_new(const struct sip_endpoint_config *config)
{
    struct sip_endpoint *ep = calloc(1, sizeof *ep);

    if (!ep)
        return NULL;
    ep->config = *config;
    sip_out_init(&ep->out);
    list_init(&ep->all);
    list_init(&ep->accounts);
    ep->users = map_new(config->rng);
    ep->pings = map_new(config->rng);
    ep->reqs = map_new(config->rng);
    ep->calls = map_new(config->rng);
    rng_token(config->rng, ep->tag, SIP_TAG_CHARS);
    ep->txs = (struct sip_tx_pool){
        .out = &ep->out,
        .alarms = &ep->alarms,
        .last_key = &ep->last_key,
        .user_agent = slice_of(config->user_agent),
        .max = config->max_transactions ? config->max_transactions : SIP_MAX_TRANSACTIONS,
        .max_bytes = SIP_MAX_ANSWER_BYTES,
        .observer = config->observer,
        .observer_arg = config->observer_arg,
    };
    sip_tx_pool_init(&ep->txs, config->rng);
    return ep;
}

void sip_endpoint_free(struct sip_endpoint *ep)
{
    if (!ep)
        return;
    LIST_EACH (&ep->all, at)
        sip_call_free(LIST_ITEM(at, struct sip_call, link));
    LIST_EACH (&ep->accounts, at)
        sip_account_free(LIST_ITEM(at, struct sip_account, link));
    sip_tx_pool_free(&ep->txs);
    sip_out_clear(&ep->out);
    sip_alarms_free(&ep->alarms);
    map_free(&ep->reqs);
    map_free(&ep->calls);
    map_free(&ep->users);
    map_free(&ep->pings);
    free(ep);
}

struct sip_out *sip_endpoint_out(struct sip_endpoint *ep)
{
    return &ep->out;
}

/* --- for the other files ---------------------------------------------------------------------- */

int sip_core_add_req(struct sip_endpoint *ep, const uint64_t *key, struct sip_req *req)
{
    return map_put(&ep->reqs, (struct slice){(const char *)key, sizeof *key}, req);
}

void sip_core_remove_req(struct sip_endpoint *ep, const uint64_t *key)
{
    map_remove(&ep->reqs, (struct slice){(const char *)key, sizeof *key});
}

void sip_core_note_connection(const struct sip_endpoint *ep, struct sip_flow *flow)
{
    const struct sip_flow *by = ep->came_by;

    if (by && by->transport == flow->transport && ip_same_host(&by->remote, &flow->remote))
        flow->connection = by->connection;
}

static struct sip_req *req_by_key(const struct sip_endpoint *ep, uint64_t key)
{
    return map_get(&ep->reqs, (struct slice){(const char *)&key, sizeof key});
}

struct sip_call *sip_core_call_by_tag(const struct sip_endpoint *ep, struct slice tag)
{
    return tag.n ? map_get(&ep->calls, tag) : NULL;
}

void sip_core_sweep(struct sip_endpoint *ep)
{
    sip_tx_pool_sweep(&ep->txs);
}

/* --- messages --------------------------------------------------------------------------------- */

static void response(struct sip_endpoint *ep, const struct sip_msg *msg, uint64_t now_ms)
{
    struct sip_tx *tx = sip_tx_match_response(&ep->txs, msg);

    if (!sip_msg_has_one_via(msg))
        return; /* RFC 3261 8.1.3.3: it was meant for somebody else */
    if (tx) {
        struct sip_flow its = *sip_tx_flow(tx);

        sip_core_note_connection(ep, &its);
        if (its.connection)
            sip_tx_set_connection(tx, its.connection);
        sip_tx_response(tx, msg, now_ms);
    } else if (msg->status >= 200 && msg->status < 300) {
        sip_fork_stray_2xx(ep, msg, now_ms);
    }
}

static void request(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *msg,
                    uint64_t now_ms)
{
    struct sip_tx *tx = sip_tx_match_request(&ep->txs, msg);
    /* An ACK to a 2xx is a transaction of its own, but for old peers, who know no branches. */
    bool ack_2xx = msg->method == SIP_ACK && (!tx || sip_tx_state(tx) == SIP_TX_ACCEPTED);

    if (tx)
        sip_tx_request(tx, msg, now_ms);
    if (ack_2xx)
        sip_uas_ack(ep, flow, msg, now_ms);
    else if (!tx && msg->method != SIP_ACK)
        sip_server_request(ep, flow, msg, now_ms);
}

void sip_endpoint_receive(struct sip_endpoint *ep, const struct sip_flow *flow, struct slice bytes,
                          uint64_t now_ms)
{
    struct sip_msg msg;
    int err = sip_parse(bytes, flow->transport == SIP_UDP, &msg);

    ep->came_by = flow;
    if (!err && msg.request)
        request(ep, flow, &msg, now_ms);
    else if (!err)
        response(ep, &msg, now_ms);
    else if (err == -EBADMSG && msg.can_answer)
        sip_server_stateless(ep, flow, &msg, msg.error_status, slice_of(msg.error));
    ep->came_by = NULL;
    sip_core_sweep(ep);
}

/* --- time ------------------------------------------------------------------------------------- */

void sip_endpoint_tick(struct sip_endpoint *ep, uint64_t now_ms)
{
    sip_alarms_ring(&ep->alarms, now_ms);
    sip_core_sweep(ep);
}

uint64_t sip_endpoint_deadline_ms(const struct sip_endpoint *ep)
{
    return timers_next_ms(&ep->alarms.heap);
}

/* --- what the owner found out ----------------------------------------------------------------- */

void sip_endpoint_send_failed(struct sip_endpoint *ep, uint64_t key, int err, uint64_t now_ms)
{
    struct sip_tx *tx = sip_tx_by_key(&ep->txs, key);
    struct sip_req *req = req_by_key(ep, key);

    if (tx)
        sip_tx_send_failed(tx, err, now_ms);
    else if (req)
        sip_req_send_failed(req, err, now_ms);
    else
        sip_core_ping_failed(ep, key, now_ms);
    sip_core_sweep(ep);
}

void sip_endpoint_located(struct sip_endpoint *ep, uint64_t key, const struct sip_flow *flows,
                          size_t n, int err, uint64_t now_ms)
{
    struct sip_req *req = req_by_key(ep, key);

    if (req)
        sip_req_located(req, flows, n, err, now_ms);
    sip_core_sweep(ep);
}

void sip_endpoint_connection_lost(struct sip_endpoint *ep, uint64_t connection, uint64_t now_ms)
{
    LIST_EACH (&ep->all, at) {
        struct sip_call *call = LIST_ITEM(at, struct sip_call, link);
        struct sip_tx *tx = call->asked.tx_key ? sip_tx_by_key(&ep->txs, call->asked.tx_key) : NULL;

        LIST_EACH (&call->dialogs, dlg_at) {
            struct sip_dialog *dlg = LIST_ITEM(dlg_at, struct sip_dialog, link);

            if (dlg->flow.connection == connection)
                dlg->flow.connection = 0;
            LIST_EACH (&dlg->acks, ack_at)
                sip_req_connection_lost(sip_req_of(ack_at), connection);
        }
        LIST_EACH (&call->reqs, req_at)
            sip_req_connection_lost(sip_req_of(req_at), connection);
        if (tx && sip_tx_flow(tx)->connection == connection && !call->asked.answered)
            sip_uas_cancelled(call, SIP_END_CANCELLED, now_ms);
    }
    LIST_EACH (&ep->accounts, at)
        sip_register_connection_lost(LIST_ITEM(at, struct sip_account, link), connection, now_ms);
    sip_core_sweep(ep);
}

static bool waits_for_response(const struct sip_tx *tx)
{
    enum sip_tx_machine machine = sip_tx_machine(tx);
    enum sip_tx_state state = sip_tx_state(tx);

    return (machine == SIP_TX_CLIENT || machine == SIP_TX_INVITE_CLIENT) &&
           (state == SIP_TX_CALLING || state == SIP_TX_TRYING || state == SIP_TX_PROCEEDING);
}

/* An answer that the other side may not have got: it repeats its request when it misses one. */
static bool may_be_asked_again(const struct sip_tx *tx)
{
    return sip_tx_machine(tx) == SIP_TX_SERVER && sip_tx_state(tx) == SIP_TX_COMPLETED &&
           sip_tx_flow(tx)->transport == SIP_UDP;
}

bool sip_endpoint_settled(const struct sip_endpoint *ep)
{
    LIST_EACH (&ep->txs.live, at)
        if (waits_for_response(sip_tx_of(at)) ||
            (ep->txs.copies > 0 && may_be_asked_again(sip_tx_of(at))))
            return false;
    LIST_EACH (&ep->all, at) {
        const struct sip_call *call = LIST_ITEM(at, struct sip_call, link);

        if (call->bye_wanted || (call->asked.answered && call->asked.method == SIP_INVITE))
            return false; /* our 2xx waits for its ACK */
    }
    return !sip_core_is_leaving(ep);
}

void sip_endpoint_leave(struct sip_endpoint *ep, uint64_t now_ms)
{
    LIST_EACH (&ep->all, at) {
        struct sip_call *call = LIST_ITEM(at, struct sip_call, link);

        if (call->bye_wanted)
            sip_call_bye(call, call->dialog, now_ms);
        call->bye_wanted = false;
    }
    sip_core_sweep(ep);
}

void sip_endpoint_set_left(struct sip_endpoint *ep, size_t left)
{
    ep->room = left < SIZE_MAX - ep->n_open ? ep->n_open + left : SIZE_MAX;
}

bool sip_endpoint_is_server(const struct sip_endpoint *ep, const struct ip *address)
{
    LIST_EACH (&ep->accounts, at)
        if (sip_account_is_server(LIST_ITEM(at, struct sip_account, link), address))
            return true;
    return false;
}

bool sip_endpoint_is_silent_to(const struct sip_endpoint *ep, const struct sip_flow *flow)
{
    return ep->config.silent_to_strangers && !sip_endpoint_is_server(ep, &flow->remote) &&
           !sip_endpoint_needs_connection(ep, flow->connection);
}

bool sip_endpoint_needs_connection(const struct sip_endpoint *ep, uint64_t connection)
{
    LIST_EACH (&ep->txs.live, at)
        if (sip_tx_flow(sip_tx_of(at))->connection == connection)
            return true;
    LIST_EACH (&ep->all, at) {
        struct sip_call *call = LIST_ITEM(at, struct sip_call, link);

        if ((call->state == SIP_CALL_UP || sip_refer_is_open(call)) &&
            call->dialog->flow.connection == connection)
            return true;
    }
    return sip_core_is_registered_over(ep, connection);
}
