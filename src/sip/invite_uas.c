/* sip/invite_uas.c - the called side: ringing, the 2xx until its ACK, CANCEL and BYE (RFC
 * 3261 13.3, 9.2, 15). What a re-INVITE shares with it is here too. */
#include <errno.h>
#include <stdlib.h>

#include "sip/core.h"

static struct sip_tx *asked_tx(const struct sip_call *call)
{
    return call->asked.tx_key ? sip_tx_by_key(&call->ep->txs, call->asked.tx_key) : NULL;
}

/* --- it comes in ------------------------------------------------------------------------------ */

static int make_contact(struct sip_call *call, const struct sip_flow *flow,
                        const struct sip_msg *msg)
{
    struct buf user = buf_new(SIP_MAX_HEADER_LINE);
    int err;

    sip_uri_put_unescaped(&user, msg->uri.user);
    err = buf_ok(&user) ? sip_call_make_contact(call, flow, buf_slice(&user)) : -ENOMEM;
    buf_free(&user);
    return err;
}

/* RFC 3261 13.3.1: an INVITE may say for how long it stands; then it ends as by a CANCEL. */
static void limit_ringing(struct sip_call *call, const struct sip_msg *msg, uint64_t now_ms)
{
    struct slice text = sip_msg_header(msg, SIP_HDR_EXPIRES);
    uint64_t limit_ms = SIP_RING_MAX_MS;
    uint32_t seconds;

    call->late_status = 480;
    if (text.p && !sip_delta_seconds_parse(text, &seconds) && seconds < SIP_RING_MAX_MS / 1000) {
        limit_ms = (uint64_t)seconds * 1000;
        call->late_status = 487;
    }
    sip_call_wait(call, SIP_WAIT_ANSWER, now_ms + limit_ms);
}

static void tell_incoming(struct sip_call *call, const struct sip_flow *flow,
                          const struct sip_msg *msg)
{
    struct sip_call_event event = {
        .kind = SIP_CALL_INCOMING,
        .from_uri = msg->from.uri,
        .to_uri = msg->uri.text,
        .sdp = sip_call_sdp(msg),
        .flow = *flow,
        .call_id = msg->call_id,
        .account = call->account ? sip_account_owner(call->account) : NULL,
        .takes_info = sip_info_is_allowed(msg),
        .by_server = call->account && sip_account_is_server(call->account, &flow->remote),
    };
    struct buf name = buf_new(SIP_MAX_HEADER_LINE);

    sip_address_put_display(&name, &msg->from);
    event.from_name = buf_slice(&name);
    sip_call_tell(call, &event);
    buf_free(&name);
}

static int count(struct sip_call *call, const struct sip_flow *flow)
{
    call->source = sip_source_get(&call->ep->txs.sources, &flow->remote);
    if (!call->source)
        return -ENOMEM;
    call->source->calls++;
    return 0;
}

void sip_uas_invite(struct sip_endpoint *ep, struct sip_tx *tx, const struct sip_flow *flow,
                    const struct sip_msg *msg, uint64_t now_ms)
{
    struct sip_call *call;
    int err = sip_call_new(ep, false, &call);

    if (err) {
        sip_server_reject(ep, tx, 503, now_ms);
        return;
    }
    call->account = sip_core_account_by_user(ep, msg->uri.user);
    call->secure = msg->uri.scheme == SIP_SCHEME_SIPS && flow->transport == SIP_TLS;
    err = count(call, flow);
    if (!err)
        err = sip_dialog_new_uas(msg, flow, slice_of(call->tag), &call->dialog);
    if (!err) {
        list_append(&call->dialogs, &call->dialog->link);
        err = make_contact(call, flow, msg);
    }
    if (err) {
        sip_server_reject(ep, tx, err == -EBADMSG ? 400 : 503, now_ms);
        sip_call_free(call);
        return;
    }
    call->asked = (struct sip_asked){.tx_key = sip_tx_key(tx),
                                     .method = SIP_INVITE,
                                     .cseq = msg->cseq.number,
                                     .initial = true,
                                     .late_offer = !sip_call_sdp(msg).n};
    limit_ringing(call, msg, now_ms);
    tell_incoming(call, flow, msg);
}

/* --- it is answered --------------------------------------------------------------------------- */

static int respond(struct sip_call *call, unsigned status, struct slice sdp, uint64_t now_ms)
{
    struct sip_response response = {
        .status = status,
        .to_tag = slice_of(call->tag),
        .dialog = true,
        .contact = slice_of(call->contact),
        .with = status >= 200 ? SIP_WITH_ALLOW | SIP_WITH_SUPPORTED : 0,
        .content_type = SLICE("application/sdp"),
        .body = sdp,
    };

    return sip_server_respond(call->ep, asked_tx(call), &response, now_ms);
}

static void ring(struct sip_call *call, uint64_t now_ms)
{
    respond(call, call->ring_status, buf_slice(&call->ring_sdp), now_ms);
    sip_call_wait(call, SIP_WAIT_RING, now_ms + SIP_RING_AGAIN_MS);
}

void sip_call_progress(struct sip_call *call, unsigned status, struct slice sdp, uint64_t now_ms)
{
    if (call->state != SIP_CALL_RINGING || status <= 100 || status >= 200)
        return;
    call->ring_status = status;
    buf_clear(&call->ring_sdp);
    buf_put(&call->ring_sdp, sdp);
    ring(call, now_ms);
    sip_core_sweep(call->ep);
}

/* RFC 3261 12.2.2: a request in the dialog says where its sender is once it is accepted. NULL: this
 * one does not. */
static char *new_target(const struct sip_call *call)
{
    const struct sip_tx *tx = asked_tx(call);
    const struct sip_msg *request = tx ? sip_tx_request_of(tx) : NULL;

    return request && !call->asked.initial ? sip_dialog_target_in(request) : NULL;
}

int sip_uas_say_2xx(struct sip_call *call, struct slice sdp, uint64_t now_ms)
{
    char *target;
    int err;

    if (!call->asked.tx_key || call->asked.answered)
        return -ENOENT;
    target = new_target(call);
    err = respond(call, 200, sdp, now_ms);
    if (err) {
        free(target);
        sip_uas_refuse(call, 503, SLICE(""), SLICE(""), now_ms);
        return err;
    }
    sip_dialog_set_target(call->dialog, target);
    if (call->asked.method != SIP_INVITE) {
        call->asked.tx_key = 0;
        return 0;
    }
    call->asked.answered = true;
    call->asked.interval_ms = SIP_T1_MS;
    sip_call_wait(call, SIP_WAIT_REPEAT, now_ms + SIP_T1_MS);
    sip_call_wait(call, SIP_WAIT_ACK, now_ms + SIP_64T1_MS);
    return 0;
}

static void stop_ringing(struct sip_call *call)
{
    sip_call_wait(call, SIP_WAIT_RING, NEVER_MS);
    sip_call_wait(call, SIP_WAIT_ANSWER, NEVER_MS);
}

void sip_call_accept(struct sip_call *call, struct slice sdp, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_SHORTAGE, .err = -ENOMEM};

    if (call->state != SIP_CALL_RINGING)
        return;
    stop_ringing(call);
    call->state = SIP_CALL_UP;
    sip_uas_say_2xx(call, sdp, now_ms);
    if (call->asked.tx_key)
        sip_call_learn_addresses(call, now_ms);
    else
        sip_call_over(call, &end, now_ms);
    sip_core_sweep(call->ep);
}

/* A Warning names who warns: we are what our Contact says (RFC 3261 20.43). */
static int put_warning(struct buf *b, struct slice text)
{
    buf_puts(b, "399 tphone \"");
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_putc(b, '\\');
        buf_putc(b, text.p[i]);
    }
    buf_putc(b, '"');
    return buf_ok(b) ? 0 : -ENOMEM;
}

void sip_uas_refuse(struct sip_call *call, unsigned status, struct slice reason,
                    struct slice warning, uint64_t now_ms)
{
    struct buf text = buf_new(SIP_MAX_HEADER_LINE);
    struct sip_extra extra = {.name = SLICE("Warning")};
    struct sip_response response = {
        .status = status, .reason = reason, .to_tag = slice_of(call->tag), .extra = &extra};

    if (!call->asked.tx_key || call->asked.answered)
        return;
    if (warning.n && !put_warning(&text, warning)) {
        extra.value = buf_slice(&text);
        response.n_extra = 1;
    }
    sip_server_respond(call->ep, asked_tx(call), &response, now_ms);
    buf_free(&text);
    call->asked = (struct sip_asked){0};
}

void sip_call_reject(struct sip_call *call, unsigned status, struct slice reason,
                     struct slice warning, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_LOCAL, .status = status};

    if (call->state != SIP_CALL_RINGING || status < 300 || status > 699)
        return;
    stop_ringing(call);
    sip_uas_refuse(call, status, reason, warning, now_ms);
    sip_call_over(call, &end, now_ms);
    sip_core_sweep(call->ep);
}

/* Who has heard a 100 repeats nothing, and would wait for ever for an answer that was lost. */
void sip_call_refuse(struct sip_call *call, unsigned status, uint64_t now_ms)
{
    struct sip_tx *tx = asked_tx(call);

    if (tx && !sip_tx_bytes(tx).n)
        sip_tx_say_once(tx);
    sip_call_reject(call, status, SLICE(""), SLICE(""), now_ms);
}

void sip_call_ignore(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_LOCAL};
    struct sip_tx *tx = asked_tx(call);

    if (call->state != SIP_CALL_RINGING || call->ring_status)
        return;
    stop_ringing(call);
    if (tx)
        sip_tx_give_up(tx, now_ms);
    call->asked = (struct sip_asked){0};
    sip_call_over(call, &end, now_ms);
    sip_core_sweep(call->ep);
}

void sip_call_turn_away(struct sip_call *call, unsigned status, uint64_t now_ms)
{
    struct sip_tx *tx = asked_tx(call);
    const struct sip_msg *request = tx ? sip_tx_request_of(tx) : NULL;

    if (call->state != SIP_CALL_RINGING || call->ring_status)
        return;
    if (request)
        sip_server_stateless(call->ep, sip_tx_flow(tx), request, status, SLICE(""));
    sip_call_ignore(call, now_ms);
}

void sip_uas_hangup(struct sip_call *call, uint64_t now_ms)
{
    stop_ringing(call);
    sip_uas_refuse(call, 480, SLICE(""), SLICE(""), now_ms);
}

/* --- what the other side does next ------------------------------------------------------------ */

/* The 2xx has arrived, or no longer matters. */
static void stop_repeating(struct sip_call *call)
{
    struct sip_tx *tx = asked_tx(call);

    if (tx)
        sip_tx_acknowledged(tx);
    sip_call_wait(call, SIP_WAIT_REPEAT, NEVER_MS);
    sip_call_wait(call, SIP_WAIT_ACK, NEVER_MS);
    call->asked = (struct sip_asked){0};
}

void sip_uas_acknowledged(struct sip_call *call)
{
    struct sip_call_event event = {.kind = SIP_CALL_ACKED};

    stop_repeating(call);
    sip_call_tell(call, &event);
}

void sip_uas_ack(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *msg,
                 uint64_t now_ms)
{
    struct sip_call *call = sip_core_call_by_tag(ep, msg->to.tag);
    struct sip_call_event event = {.kind = SIP_CALL_ACKED, .flow = *flow};

    if (!call || !call->dialog || !sip_dialog_is_request(call->dialog, msg))
        return;
    if (!sip_dialog_may_come_from(call->dialog, &flow->remote))
        return;
    if (!call->asked.answered || msg->cseq.number != call->asked.cseq)
        return;                 /* a copy */
    if (call->asked.late_offer) /* else nobody asked for an answer, and what comes is none */
        event.sdp = sip_call_sdp(msg);
    stop_repeating(call);
    sip_call_tell(call, &event);
    if (call->bye_wanted)
        sip_call_bye(call, call->dialog, now_ms);
    call->bye_wanted = false;
    sip_call_settle(call, now_ms);
}

void sip_uas_bye(struct sip_call *call, struct sip_tx *tx, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_REMOTE};
    struct sip_response ok = {.status = 200, .to_tag = slice_of(call->tag)};

    sip_server_respond(call->ep, tx, &ok, now_ms);
    if (call->state == SIP_CALL_RINGING)
        end.cause = SIP_END_CANCELLED;
    stop_ringing(call);
    if (call->asked.answered)
        stop_repeating(call);
    call->bye_wanted = false;
    call->bye_came = true;
    sip_call_over(call, &end, now_ms);
    sip_call_settle(call, now_ms);
}

void sip_uas_cancelled(struct sip_call *call, enum sip_end_cause cause, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = cause};

    sip_uas_refuse(call, 487, SLICE(""), SLICE(""), now_ms);
    if (call->state != SIP_CALL_RINGING)
        return; /* a re-INVITE: the session stays as it was */
    stop_ringing(call);
    sip_call_over(call, &end, now_ms);
}

/* --- nothing comes ---------------------------------------------------------------------------- */

static void repeat_2xx(struct sip_call *call, uint64_t now_ms)
{
    struct sip_tx *tx = asked_tx(call);

    if (tx)
        sip_tx_repeat_2xx(tx, now_ms);
    call->asked.interval_ms *= 2;
    if (call->asked.interval_ms > SIP_T2_MS)
        call->asked.interval_ms = SIP_T2_MS;
    sip_call_wait(call, SIP_WAIT_REPEAT, now_ms + call->asked.interval_ms);
}

/* RFC 3261 13.3.1.4: confirmed without ACK, and then ended. */
static void no_ack(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_NO_ACK};

    stop_repeating(call);
    call->bye_wanted = false;
    sip_call_bye(call, call->dialog, now_ms);
    sip_call_over(call, &end, now_ms);
}

static void rang_too_long(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_TIMEOUT, .status = call->late_status};

    stop_ringing(call);
    sip_uas_refuse(call, call->late_status, SLICE(""), SLICE(""), now_ms);
    sip_call_over(call, &end, now_ms);
}

void sip_uas_wait_is_over(struct sip_call *call, enum sip_call_wait wait, uint64_t now_ms)
{
    if (wait == SIP_WAIT_REPEAT && call->asked.answered)
        repeat_2xx(call, now_ms);
    else if (wait == SIP_WAIT_ACK && call->asked.answered)
        no_ack(call, now_ms);
    else if (wait == SIP_WAIT_RING && call->state == SIP_CALL_RINGING)
        ring(call, now_ms);
    else if (wait == SIP_WAIT_ANSWER && call->state == SIP_CALL_RINGING)
        rang_too_long(call, now_ms);
}
