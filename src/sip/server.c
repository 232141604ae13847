/* sip/server.c - requests that come in: the inspections of RFC 3261 8.2 before anybody is asked. */
#include <errno.h>

#include "sip/account_core.h"
#include "sip/core.h"
#include "sip/lex.h"

/* --- answers ---------------------------------------------------------------------------------- */

static int respond(struct sip_endpoint *ep, struct sip_tx *tx, struct sip_response *response,
                   uint64_t now_ms)
{
    const struct sip_msg *request = sip_tx_request_of(tx);
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    int err;

    if (!request)
        return -ENOENT;
    response->source = &sip_tx_flow(tx)->remote;
    if (response->status >= 200) /* what rings has to fit into twice the bytes of its INVITE */
        response->user_agent = slice_of(ep->config.user_agent);
    if (!response->to_tag.n)
        response->to_tag = slice_of(ep->tag);
    err = sip_build_response(&b, request, response);
    if (!err)
        err = sip_tx_respond(tx, response->status, buf_slice(&b), now_ms);
    buf_free(&b);
    return err;
}

int sip_server_respond(struct sip_endpoint *ep, struct sip_tx *tx, struct sip_response *response,
                       uint64_t now_ms)
{
    struct sip_response bare = {.status = response->status, .to_tag = response->to_tag};
    int err = tx ? respond(ep, tx, response, now_ms) : -ENOENT;

    if (!err || err == -ENOENT || response->status < 200)
        return err;
    if (response->status < 300 && (response->body.n || response->contact.n))
        return err; /* without these it would say something else */
    /* What it says matters more than what it has with it; and what cannot be said at all must not
     * be waited for. */
    if (respond(ep, tx, &bare, now_ms))
        sip_tx_give_up(tx, now_ms);
    return 0;
}

/* What the RFC wants beside certain statuses: 405 21.4.6, 415 21.4.13. 420, and the 415 of
 * an encoding, say their own. */
static unsigned with_of(unsigned status)
{
    return status == 405 || status == 501 ? SIP_WITH_ALLOW : status == 415 ? SIP_WITH_ACCEPT : 0;
}

void sip_server_reject(struct sip_endpoint *ep, struct sip_tx *tx, unsigned status, uint64_t now_ms)
{
    struct sip_response response = {.status = status, .with = with_of(status)};

    sip_server_respond(ep, tx, &response, now_ms);
}

/* A datagram's source may be forged: an answer to what nothing is known of goes there with at most
 * twice the bytes that came, so that we are no weapon. What does not fit is not said. */
static size_t largest_answer(const struct sip_flow *flow, const struct sip_msg *msg)
{
    size_t twice = 2 * msg->bytes.n;

    return flow->transport == SIP_UDP && twice < SIP_MAX_MESSAGE ? twice : SIP_MAX_MESSAGE;
}

static bool is_stranger(const struct sip_endpoint *ep, const struct sip_flow *flow)
{
    return ep->config.silent_to_strangers && !sip_endpoint_is_server(ep, &flow->remote);
}

static void send_stateless(struct sip_endpoint *ep, const struct sip_flow *flow,
                           const struct sip_msg *msg, struct sip_response *response)
{
    struct sip_response bare = {
        .status = response->status, .to_tag = slice_of(ep->tag), .source = &flow->remote};
    struct buf b = buf_new(largest_answer(flow, msg));
    struct sip_flow reply = *flow;

    response->to_tag = bare.to_tag; /* the same for each copy: RFC 3261 8.2.7 */
    response->source = bare.source;
    response->user_agent = slice_of(ep->config.user_agent);
    reply.remote = sip_via_reply_to(&msg->via, &flow->remote, flow->transport != SIP_UDP);
    if (!sip_build_response(&b, msg, response) || !sip_build_response(&b, msg, &bare))
        sip_out_send(&ep->out, ++ep->last_key, &reply, SIP_SEND_RESPONSE, buf_slice(&b));
    buf_free(&b);
}

void sip_server_stateless(struct sip_endpoint *ep, const struct sip_flow *flow,
                          const struct sip_msg *msg, unsigned status, struct slice reason)
{
    struct sip_response response = {.status = status, .reason = reason};

    if (!is_stranger(ep, flow))
        send_stateless(ep, flow, msg, &response);
}

/* A request that is being looked at. tx NULL: it is answered without state, as all copies of it
 * will get the same answer anyway. */
struct query {
    struct sip_endpoint *ep;
    struct sip_tx *tx;
    const struct sip_flow *flow;
    const struct sip_msg *msg;
    bool in_call; /* it belongs to one */
    uint64_t now_ms;
};

static bool begins_call(const struct sip_msg *msg)
{
    return msg->method == SIP_INVITE && !msg->to.tag.n;
}

/* Who has no call with us, and never had one, is not to learn that anybody is here. */
static bool is_unheard(const struct query *q)
{
    return !q->in_call && (!q->tx || begins_call(q->msg)) &&
           is_stranger(q->ep, q->tx ? sip_tx_flow(q->tx) : q->flow);
}

/* What will not be a call is refused once for each copy of it: to repeat that until an ACK comes
 * would be many answers to one packet, whose source may be forged. */
static void refuse_once(const struct query *q, struct sip_response *response)
{
    if (!is_unheard(q))
        send_stateless(q->ep, sip_tx_flow(q->tx), q->msg, response);
    sip_tx_give_up(q->tx, q->now_ms);
}

static void answer(const struct query *q, struct sip_response *response)
{
    if (q->tx && begins_call(q->msg))
        refuse_once(q, response);
    else if (is_unheard(q))
        return;
    else if (q->tx)
        sip_server_respond(q->ep, q->tx, response, q->now_ms);
    else
        send_stateless(q->ep, q->flow, q->msg, response);
}

static void reject(const struct query *q, unsigned status)
{
    struct sip_response response = {.status = status, .with = with_of(status)};

    answer(q, &response);
}

static void reject_with(const struct query *q, unsigned status, struct slice name,
                        struct slice value)
{
    struct sip_extra extra = {name, value};
    struct sip_response response = {.status = status, .extra = &extra, .n_extra = 1};

    answer(q, &response);
}

/* --- inspections ------------------------------------------------------------------------------ */

/* 8.2.2.3: we have no extension that anybody could require, but for RFC 4488. */
static bool requires_nothing(const struct query *q)
{
    struct sip_values values = sip_msg_values(q->msg, SIP_HDR_REQUIRE);
    struct buf unsupported = buf_new(SIP_MAX_MESSAGE);
    struct slice value;
    bool nothing;

    while (sip_values_next(&values, &value)) {
        if (q->msg->method == SIP_REFER && slice_ieq(value, SLICE("norefersub")))
            continue;
        if (unsupported.n)
            buf_puts(&unsupported, ", ");
        buf_put(&unsupported, value);
    }
    nothing = buf_ok(&unsupported) && !unsupported.n;
    if (!buf_ok(&unsupported))
        reject(q, 503);
    else if (!nothing)
        reject_with(q, 420, SLICE("Unsupported"), buf_slice(&unsupported));
    buf_free(&unsupported);
    return nothing;
}

static bool is_optional(const struct sip_msg *msg)
{
    struct slice value = sip_msg_header(msg, SIP_HDR_CONTENT_DISPOSITION);
    struct slice handling;

    return sip_param_of(value, SLICE("handling"), &handling) &&
           slice_ieq(handling, SLICE("optional"));
}

/* 8.2.3, of encodings, for each request but ACK and CANCEL. handling=optional is said of types
 * (20.11), so it excuses no body that cannot be read. */
static bool is_unpacked(const struct query *q)
{
    if (!sip_call_body_is_packed(q->msg))
        return true;
    reject_with(q, 415, SLICE("Accept-Encoding"), SLICE("identity"));
    return false;
}

/* The same of types. */
bool sip_server_takes_body(struct sip_endpoint *ep, struct sip_tx *tx, const struct sip_msg *msg,
                           uint64_t now_ms)
{
    const struct query q = {.ep = ep, .tx = tx, .msg = msg, .now_ms = now_ms};

    if (!msg->body.n || is_optional(msg))
        return true;
    if (sip_call_sdp(msg).n)
        return true;
    reject(&q, 415);
    return false;
}

/* 20.1 and 21.4.6: whoever says what it takes must take SDP, which is what it gets. */
static bool takes_sdp(const struct query *q)
{
    static const struct slice good[] = {SLICE_INIT("application/sdp"), SLICE_INIT("application/*"),
                                        SLICE_INIT("*/*")};
    struct sip_values values = sip_msg_values(q->msg, SIP_HDR_ACCEPT);
    struct slice value;

    if (!sip_msg_header(q->msg, SIP_HDR_ACCEPT).p)
        return true;
    while (sip_values_next(&values, &value)) {
        struct slice type = slice_trim(slice_cut(&value, ';'));

        for (size_t i = 0; i < ARRAY_LEN(good); i++)
            if (slice_ieq(type, good[i]))
                return true;
    }
    reject(q, 406);
    return false;
}

static bool knows_method(const struct query *q)
{
    switch (q->msg->method) {
    case SIP_INVITE:
    case SIP_BYE:
    case SIP_CANCEL:
    case SIP_OPTIONS:
    case SIP_UPDATE:
    case SIP_INFO:
    case SIP_REFER:
        return true;
    case SIP_SUBSCRIBE: /* to what comes of a REFER, and nothing else */
        if (q->in_call)
            return true;
        reject(q, 405);
        return false;
    case SIP_METHOD_OTHER:
        reject(q, 501);
        return false;
    default:
        reject(q, 405);
        return false;
    }
}

/* --- the methods ------------------------------------------------------------------------------ */

static struct sip_call *asked_by(struct sip_endpoint *ep, const struct sip_tx *tx)
{
    LIST_EACH (&ep->all, at) {
        struct sip_call *call = LIST_ITEM(at, struct sip_call, link);

        if (call->asked.tx_key == sip_tx_key(tx))
            return call;
    }
    return NULL;
}

/* 9.2. Only the hop that sent the INVITE may take it back: who merely knows its branch may not. */
static struct sip_tx *cancelled_by(const struct query *q)
{
    struct sip_tx *invite = sip_tx_match_cancel(&q->ep->txs, q->msg);

    if (!invite || !ip_same_host(&sip_tx_flow(invite)->remote, &q->flow->remote))
        return NULL;
    return invite;
}

/* RFC 3326 3.1: a proxy that forked says why it takes the INVITE back. Cause 26 of ISDN, as some
 * exchanges write it, means the same as SIP's 200. */
static bool answered_elsewhere(const struct sip_msg *cancel)
{
    struct sip_values values = sip_msg_values(cancel, SIP_HDR_REASON);
    struct sip_reason reason;
    struct slice value;

    while (sip_values_next(&values, &value)) {
        if (sip_reason_parse(value, &reason) != 0)
            continue;
        if ((slice_ieq(reason.protocol, SLICE("SIP")) && reason.cause == 200) ||
            (slice_ieq(reason.protocol, SLICE("Q.850")) && reason.cause == 26))
            return true;
    }
    return false;
}

static void cancel(const struct query *q, struct sip_tx *invite)
{
    struct sip_response ok = {.status = 200};
    struct sip_call *call;

    if (!invite) {
        reject(q, 481);
        return;
    }
    call = asked_by(q->ep, invite);
    if (call)
        ok.to_tag = slice_of(call->tag);
    answer(q, &ok);
    if (call && !call->asked.answered)
        sip_uas_cancelled(call, answered_elsewhere(q->msg) ? SIP_END_ELSEWHERE : SIP_END_CANCELLED,
                          q->now_ms);
}

/* In a call it tells where we are (RFC 3261 11.2): see sip_move_asked. */
static void options(const struct query *q, const struct sip_call *call)
{
    struct sip_response ok = {.status = 200,
                              .contact = slice_of(call ? call->contact : NULL),
                              .with = SIP_WITH_ALLOW | SIP_WITH_ACCEPT | SIP_WITH_SUPPORTED};

    answer(q, &ok);
}

static struct sip_dialog *dialog_of(const struct query *q, struct sip_call *call)
{
    LIST_EACH (&call->dialogs, at) {
        struct sip_dialog *dlg = LIST_ITEM(at, struct sip_dialog, link);

        if (sip_dialog_is_request(dlg, q->msg) && !call->bye_came &&
            sip_dialog_may_come_from(dlg, &q->flow->remote))
            return dlg;
    }
    return NULL;
}

/* Whoever sends it is gone, whatever we answer: the call ends also where there is no memory for a
 * transaction. */
static void bye(const struct query *q, struct sip_call *call)
{
    if (!q->tx)
        reject(q, 200);
    sip_uas_bye(call, q->tx, q->now_ms);
}

static void info(const struct query *q, struct sip_call *call)
{
    if (q->tx)
        sip_info_asked(call, q->tx, q->msg, q->now_ms);
    else
        reject(q, 503);
}

static void refer(const struct query *q, struct sip_call *call)
{
    if (q->tx && q->msg->method == SIP_REFER)
        sip_refer_asked(call, q->tx, q->msg, q->now_ms);
    else if (q->tx)
        sip_refer_subscribed(call, q->tx, q->msg, q->now_ms);
    else
        reject(q, 503);
}

/* 12.2.2. Nothing is kept of OPTIONS, so its copies have the number of the first. */
static bool in_order(const struct query *q, struct sip_dialog *dlg)
{
    bool copy = q->msg->method == SIP_OPTIONS && dlg->has_remote_seq &&
                q->msg->cseq.number == dlg->remote_seq;

    return copy || sip_dialog_check_seq(dlg, q->msg);
}

static void in_dialog(const struct query *q, struct sip_call *call, struct sip_dialog *dlg)
{
    if (!dlg) {
        reject(q, 481);
        return;
    }
    if (!in_order(q, dlg)) {
        reject(q, 500);
        return;
    }
    if (!requires_nothing(q) || !is_unpacked(q))
        return;
    if (q->msg->method == SIP_OPTIONS)
        options(q, call);
    else if (dlg != call->dialog) /* a fork that we have ended, or are about to */
        reject(q, q->msg->method == SIP_BYE ? 200 : 481);
    else if (q->msg->method == SIP_BYE)
        bye(q, call);
    else if (q->msg->method == SIP_INFO)
        info(q, call);
    else if (q->msg->method == SIP_REFER || q->msg->method == SIP_SUBSCRIBE)
        refer(q, call);
    else
        sip_reinvite_asked(call, q->tx, q->msg, q->now_ms);
}

void sip_server_in_dialog(struct sip_endpoint *ep, struct sip_tx *tx, struct sip_call *call,
                          uint64_t now_ms)
{
    const struct query q = {.ep = ep,
                            .tx = tx,
                            .flow = &call->dialog->flow,
                            .msg = sip_tx_request_of(tx),
                            .now_ms = now_ms};

    in_dialog(&q, call, call->dialog);
}

static void out_of_dialog(const struct query *q)
{
    enum sip_scheme scheme = q->msg->uri.scheme;

    if (scheme != SIP_SCHEME_SIP && scheme != SIP_SCHEME_SIPS && scheme != SIP_SCHEME_TEL) {
        reject(q, 416);
        return;
    }
    if (!requires_nothing(q) || !is_unpacked(q))
        return;
    if (q->msg->method == SIP_OPTIONS)
        options(q, NULL);
    else if (q->msg->method == SIP_REFER && !q->msg->to.tag.n)
        reject(q, 403); /* nobody is called for who has no call with us */
    else if (q->msg->method != SIP_INVITE)
        reject(q, 481); /* BYE, UPDATE and INFO mean a dialog */
    else if (takes_sdp(q) && sip_server_takes_body(q->ep, q->tx, q->msg, q->now_ms))
        sip_uas_invite(q->ep, q->tx, q->flow, q->msg, q->now_ms);
}

/* --- what is kept ----------------------------------------------------------------------------- */

static size_t greater(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Whether a source has more calls than what is left allows it. */
static bool has_its_share(const struct query *q, const struct sip_source *source)
{
    const struct sip_endpoint *ep = q->ep;
    size_t left = ep->room > ep->n_open ? ep->room - ep->n_open : 0;

    return ep->room && source->calls && source->calls / SIP_CALLS_SHARE >= left &&
           !sip_endpoint_is_server(ep, &q->flow->remote);
}

/* The fewer places are left, the fewer a source gets of them, so that there is one for who comes
 * anew. Whoever lets many calls begin at once means one server. */
static bool has_its_half_open(const struct query *q, const struct sip_source *source)
{
    const struct sip_endpoint *ep = q->ep;
    size_t left = SIP_MAX_HALF_OPEN_ALL - ep->txs.half_open;

    return ep->config.max_calls <= SIP_MAX_HALF_OPEN && source->half_open &&
           source->half_open * SIP_HALF_OPEN_SHARE >= left &&
           !sip_endpoint_is_server(ep, &q->flow->remote);
}

/* Whether so much of our answers, or of the places for them, is kept for a source that others shall
 * have what is left. What an ACK has confirmed has a place for some time, and no bytes. */
static bool has_its_answers(const struct query *q)
{
    const struct sip_tx_pool *txs = &q->ep->txs;
    const struct sip_source *source = sip_source_find(&txs->sources, &q->flow->remote);
    size_t left = txs->max_bytes > txs->bytes ? txs->max_bytes - txs->bytes : 0;
    size_t places = txs->max > txs->n ? txs->max - txs->n : 0;

    if (!source || sip_endpoint_is_server(q->ep, &q->flow->remote))
        return false;
    return (source->bytes && source->bytes / SIP_ANSWER_SHARE >= left) ||
           source->requests / SIP_ANSWER_SHARE >= places;
}

/* What is answered before anything is kept: who floods us costs us one message each. 0: go on. */
static unsigned too_much(const struct query *q)
{
    static const struct sip_source nobody;
    struct sip_endpoint *ep = q->ep;
    const struct sip_source *source = sip_source_find(&ep->txs.sources, &q->flow->remote);
    size_t most = ep->config.max_calls;

    if (!begins_call(q->msg))
        return 0;
    source = source ? source : &nobody;
    if (ep->txs.half_open >= greater(SIP_MAX_HALF_OPEN_ALL, most) ||
        source->half_open >= greater(SIP_MAX_HALF_OPEN, most) || has_its_half_open(q, source))
        return 503;
    if (most)
        return ep->n_open >= most ? 486 : 0;
    return has_its_share(q, source) ? 486 : 0;
}

/* Only what belongs to a call, or may become one, gets a transaction. OPTIONS and errors, numbers
 * of the past among them, are answered without (8.2.7): each copy gets the same answer, and a BYE
 * or CANCEL that has overtaken what it ends is understood when its copy comes. */
void sip_server_request(struct sip_endpoint *ep, const struct sip_flow *flow,
                        const struct sip_msg *msg, uint64_t now_ms)
{
    struct query q = {.ep = ep, .flow = flow, .msg = msg, .now_ms = now_ms};
    bool is_cancel = msg->method == SIP_CANCEL;
    bool frees = is_cancel || msg->method == SIP_BYE; /* done even where there is no room */
    bool merged = !is_cancel && sip_tx_is_merged(&ep->txs, msg);
    struct sip_tx *invite = is_cancel ? cancelled_by(&q) : NULL;
    struct sip_call *call = is_cancel ? NULL : sip_core_call_by_tag(ep, msg->to.tag);
    struct sip_dialog *dlg = call ? dialog_of(&q, call) : NULL;
    bool moved = call && !dlg && sip_move_is_claimed(call, flow, msg);
    bool begins = begins_call(msg);
    bool next = dlg && msg->method != SIP_OPTIONS && sip_dialog_is_next(dlg, msg);
    unsigned status = too_much(&q);

    q.in_call = dlg || moved;
    if (!status && (invite || next || moved || begins) &&
        (has_its_answers(&q) || sip_tx_server_new(&ep->txs, flow, msg, &q.tx, now_ms)) && !frees)
        status = 503;
    if (q.tx && q.in_call)
        sip_kept_add(call, q.tx);
    if (status)
        sip_server_stateless(ep, flow, msg, status, SLICE(""));
    else if (!knows_method(&q))
        return;
    else if (is_cancel)
        cancel(&q, invite);
    else if (moved)
        sip_move_asked(call, q.tx, flow, msg, now_ms);
    else if (msg->to.tag.n)
        in_dialog(&q, call, dlg);
    else if (merged)
        reject(&q, 482);
    else
        out_of_dialog(&q);
}
