/* sip/move.c - calls in which an address changes in mid-call: ours, which a re-INVITE from the new
 * one tells (RFC 3261 14, 12.2.1.1), and theirs, where one claims to be at another. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/core.h"
#include "sip/locate.h"

/* --- ours ------------------------------------------------------------------------------------- */

static void look_again(struct sip_call *call, uint64_t now_ms)
{
    sip_call_wait(call, SIP_WAIT_MOVE, now_ms + SIP_MOVE_AGAIN_MS);
}

/* The user part names us to the other side and to our own registrar: it stays. */
static int move_contact(struct sip_call *call)
{
    struct buf user = buf_new(SIP_MAX_HEADER_LINE);
    struct sip_address address;
    struct sip_uri uri;
    int err = -EBADMSG;

    if (!sip_address_parse(slice_of(call->contact), &address) &&
        !sip_uri_parse(address.uri, &uri)) {
        sip_uri_put_unescaped(&user, uri.user);
        err = buf_ok(&user) ? sip_call_make_contact(call, &call->dialog->flow, buf_slice(&user))
                            : -ENOMEM;
    }
    buf_free(&user);
    return err;
}

static void set_local(struct sip_flow *flow, const struct sip_flow *found)
{
    uint16_t port = flow->transport == found->transport ? found->local.port : flow->local.port;

    flow->local = found->local;
    flow->local.port = port;
    flow->connection = 0; /* it hangs on the old address */
}

/* What was on its way from the old address is given up: its answer would go there. */
static void arrived(struct sip_call *call, const struct sip_flow *found, uint64_t now_ms)
{
    struct sip_call_event event = {.kind = SIP_CALL_MOVED};
    bool same = ip_same_host(&found->local, &call->dialog->flow.local);

    if (same && (!call->moving || call->offer || call->offer_waits))
        return;
    if (!call->moving)
        call->move_by_ms = now_ms + SIP_MOVE_MAX_MS;
    call->moving = true;
    set_local(&call->dialog->flow, found);
    if (move_contact(call)) {
        look_again(call, now_ms);
        return;
    }
    sip_reinvite_drop(call, now_ms);
    /* The ACK to our 2xx goes to the old address. What it confirms is agreed without it. */
    if (call->asked.answered && !call->asked.initial && !call->asked.late_offer)
        sip_uas_acknowledged(call);
    event.flow = call->dialog->flow;
    sip_call_tell(call, &event);
}

static void on_way(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                   int err, uint64_t now_ms)
{
    struct sip_call *call = arg;

    (void)msg;
    (void)err;
    call->way = NULL;
    if (call->state == SIP_CALL_UP && told & SIP_REQ_LOCATED)
        arrived(call, sip_req_flow(req), now_ms);
    else if (call->state == SIP_CALL_UP && call->moving)
        look_again(call, now_ms);
    sip_req_free(req);
    sip_call_settle(call, now_ms);
}

static void look_for_way(struct sip_call *call, uint64_t now_ms)
{
    sip_req_free(call->way);
    call->way = sip_req_new(call->ep, &call->reqs, SIP_METHOD_OTHER, on_way, call);
    if (call->way) {
        sip_req_set_dialog(call->way, call->dialog);
        sip_req_trust(call->way, call->account);
    }
    if (call->way && !sip_req_locate(call->way, sip_dialog_next_hop(call->dialog), NULL, now_ms))
        return;
    sip_req_free(call->way);
    call->way = NULL;
    look_again(call, now_ms);
}

void sip_call_network_changed(struct sip_call *call, uint64_t now_ms)
{
    if (call->state == SIP_CALL_UP && call->dialog)
        look_for_way(call, now_ms);
    sip_core_sweep(call->ep);
}

/* By TCP and TLS the server knows us by the port of our connection, which we hear of from its
 * answer to REGISTER: over a new connection that may come behind the re-INVITE. */
void sip_call_contact_changed(struct sip_call *call)
{
    struct sip_call_event event = {.kind = SIP_CALL_MOVED};
    char *before;

    if (call->state != SIP_CALL_UP || !call->dialog || call->dialog->flow.transport == SIP_UDP)
        return;
    before = slice_dup(slice_of(call->contact));
    event.flow = call->dialog->flow;
    if (before && !move_contact(call) && strcmp(before, call->contact) != 0)
        sip_call_tell(call, &event);
    free(before);
}

/* RFC 3261 14.1 ends a call whose re-INVITE gets no answer at all. While a machine goes from one
 * network to another, silence says little of the other side; so that has a longer limit. */
void sip_move_again(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_TIMEOUT, .status = 408};

    if (call->state != SIP_CALL_UP)
        return;
    if (!call->moving || now_ms < call->move_by_ms) {
        look_for_way(call, now_ms);
        return;
    }
    sip_call_bye(call, call->dialog, now_ms);
    sip_call_over(call, &end, now_ms);
}

void sip_move_failed(struct sip_call *call, uint64_t now_ms)
{
    static const struct sip_call_event event = {.kind = SIP_CALL_OFFER_REFUSED};

    sip_call_tell(call, &event);
    look_again(call, now_ms);
}

void sip_move_over(struct sip_call *call)
{
    call->moving = false;
    sip_call_wait(call, SIP_WAIT_MOVE, NEVER_MS);
}

/* --- theirs ----------------------------------------------------------------------------------- */

static bool contact_address(const struct sip_msg *msg, struct ip *out)
{
    struct sip_contact contact;
    struct sip_locate where;
    struct sip_uri uri;

    if (sip_msg_contact(msg, &contact) || contact.address.any ||
        sip_uri_parse(contact.address.uri, &uri) || sip_locate_uri(&uri, &where) ||
        ip_parse(where.host, out))
        return false;
    out->port = where.port ? where.port : sip_default_port(where.transport);
    return true;
}

bool sip_move_is_claimed(const struct sip_call *call, const struct sip_flow *flow,
                         const struct sip_msg *msg)
{
    const struct sip_dialog *dlg = call->dialog;
    struct ip at;

    if (call->state != SIP_CALL_UP || call->bye_came || !dlg || dlg->n_routes)
        return false;
    if (msg->method != SIP_INVITE && msg->method != SIP_UPDATE)
        return false;
    if (!sip_dialog_is_request(dlg, msg) || !sip_msg_has_one_via(msg) ||
        (dlg->has_remote_seq && msg->cseq.number <= dlg->remote_seq))
        return false;
    return contact_address(msg, &at) && ip_same_host(&at, &flow->remote) &&
           (flow->transport != SIP_UDP || at.port == flow->remote.port);
}

/* Believed: what came from there is done as if the dialog had always led there. That holds whatever
 * we answer, so the target does not wait for a 2xx. */
static void believe(struct sip_call *call, struct sip_tx *tx, uint64_t now_ms)
{
    call->dialog->flow.transport = call->claim.flow.transport;
    call->dialog->flow.remote = call->claim.flow.remote;
    call->dialog->flow.connection = call->claim.flow.connection;
    call->dialog->flow.peer = call->claim.flow.peer; /* not who was verified before */
    sip_dialog_set_target(call->dialog, sip_dialog_target_in(sip_tx_request_of(tx)));
    sip_reinvite_put_off(call, now_ms); /* ours went to where nobody is any more */
    if (call->asked.answered && !call->asked.late_offer)
        sip_uas_acknowledged(call); /* the ACK went to where we were not heard */
    sip_server_in_dialog(call->ep, tx, call, now_ms);
}

void sip_move_decide(struct sip_call *call, bool believed, uint64_t now_ms)
{
    struct sip_tx *tx = sip_tx_by_key(&call->ep->txs, call->claim.tx_key);
    bool waits = tx && sip_tx_request_of(tx);

    sip_req_free(call->claim.probe);
    call->claim.probe = NULL;
    call->claim.tx_key = 0;
    sip_call_wait(call, SIP_WAIT_CLAIM, NEVER_MS);
    if (waits && believed && call->state == SIP_CALL_UP)
        believe(call, tx, now_ms);
    else if (waits)
        sip_server_reject(call->ep, tx, call->state == SIP_CALL_UP ? 403 : 481, now_ms);
}

static void on_probe(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                     int err, uint64_t now_ms)
{
    struct sip_call *call = arg;
    bool answered = told & SIP_REQ_RESPONSE && msg->status >= 200;
    bool alive = answered && msg->status != 481 && msg->status != 408;
    struct ip at;

    (void)req;
    (void)err;
    if (!answered && !(told & SIP_REQ_OVER))
        return;
    if (alive && contact_address(msg, &at) && ip_same_host(&at, &call->claim.flow.remote))
        alive = false; /* it has two addresses, and means the new one */
    sip_move_decide(call, !alive, now_ms);
    sip_call_settle(call, now_ms);
}

/* A phone that moves on before we have decided asks again with a higher number: that one counts,
 * and waits no longer than the first. False: it is no later one. */
static bool replace_claim(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                          uint64_t now_ms)
{
    struct sip_tx *before = sip_tx_by_key(&call->ep->txs, call->claim.tx_key);
    bool later = msg->cseq.number > call->claim.cseq;

    if (!later)
        before = tx;
    if (before && sip_tx_request_of(before))
        sip_server_reject(call->ep, before, 500, now_ms);
    return later;
}

void sip_move_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_flow *flow,
                    const struct sip_msg *msg, uint64_t now_ms)
{
    bool first = !call->claim.tx_key;

    if (!first && !replace_claim(call, tx, msg, now_ms))
        return;
    call->claim.tx_key = sip_tx_key(tx);
    call->claim.cseq = msg->cseq.number;
    call->claim.flow = *flow;
    if (!first)
        return;
    sip_call_wait(call, SIP_WAIT_CLAIM, now_ms + SIP_MOVE_PROBE_MS);
    call->claim.probe =
        sip_call_request(call, call->dialog, SIP_OPTIONS, 0, SLICE(""), on_probe, now_ms);
    if (!call->claim.probe)
        sip_move_decide(call, false, now_ms);
}
