/* sip/invite_uac.c - the calling side: INVITE, provisional answers, CANCEL (RFC 3261 13.2, 9.1). */
#include <errno.h>

#include "sip/core.h"

static void on_invite(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                      int err, uint64_t now_ms);
static void located(struct sip_call *call, uint64_t now_ms);

/* Without a From, user and name wait until the local address is known. */
static int take_own_name(struct sip_call *call, const struct sip_invite_params *params)
{
    call->own_user = slice_dup(params->user.n ? params->user : SLICE("tphone"));
    call->own_name = slice_dup(params->name);
    return call->own_user && call->own_name ? 0 : -ENOMEM;
}

static int take_from(struct sip_call *call, struct slice from)
{
    struct sip_address address;
    struct sip_uri uri;
    struct buf b;

    if (sip_address_parse(from, &address) || address.any || sip_uri_parse(address.uri, &uri))
        return -EINVAL;
    b = buf_new(SIP_MAX_HEADER_LINE);
    buf_put(&b, from); /* as it is, with the name in its quotes */
    if (!address.display.n) {
        buf_clear(&b);
        sip_address_put(&b, SLICE(""), address.uri);
    }
    call->local = buf_take(&b);
    return call->local ? 0 : -ENOMEM;
}

static int take_target(struct sip_call *call, struct slice text)
{
    struct sip_uri uri;
    struct buf b;

    if (sip_uri_parse(text, &uri))
        return -EINVAL;
    if (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS)
        return -ENOTSUP;
    b = buf_new(SIP_MAX_HEADER_LINE);
    sip_uri_put_request(&b, &uri);
    return sip_redirect_begin(call, buf_take(&b));
}

/* Lets go of the request, for the caller to free. */
static struct sip_req *take_invite(struct sip_call *call)
{
    struct sip_req *req = call->invite;

    if (req && sip_req_cseq(req) > call->cseq)
        call->cseq = sip_req_cseq(req); /* challenges have counted it up */
    call->invite = NULL;
    return req;
}

static void drop_invite(struct sip_call *call)
{
    sip_req_free(take_invite(call));
}

static void give_up(struct sip_call *call, const struct sip_call_event *why, uint64_t now_ms)
{
    drop_invite(call);
    sip_call_over(call, why, now_ms);
}

/* A new request, on the way to the present target. On an error there is none. */
static int find_place(struct sip_call *call, uint64_t now_ms)
{
    struct buf store = buf_new(SIP_MAX_MESSAGE);
    struct sip_way way = {.hop = slice_of(call->target)};
    int err = 0;

    call->invite = sip_req_new(call->ep, &call->reqs, SIP_INVITE, on_invite, call);
    if (!call->invite)
        return -ENOMEM;
    sip_req_trust(call->invite, call->account);
    call->secure |= slice_istarts(slice_of(call->target), SLICE("sips:"));
    if (call->secure)
        sip_req_only_tls(call->invite);
    if (call->account)
        err = sip_account_way(call->account, slice_of(call->target), &store, &way);
    /* Whoever is not our server may ask for credentials in vain. */
    if (!err && call->account && sip_account_serves(call->account, slice_of(call->target)))
        sip_req_use_account(call->invite, call->account, false);
    if (!err && way.n_flows)
        err = sip_req_place(call->invite, way.flows, way.n_flows, now_ms);
    else if (!err)
        err = sip_req_locate(call->invite, way.hop, NULL, now_ms);
    buf_free(&store);
    if (err) {
        drop_invite(call);
    } else if (way.n_flows) {
        located(call, now_ms);
    }
    return err;
}

int sip_call_invite(struct sip_endpoint *ep, const struct sip_invite_params *params,
                    struct sip_call **out, uint64_t now_ms)
{
    struct sip_call *call;
    int err = sip_call_new(ep, true, &call);

    if (err)
        return err;
    call->owner = params->owner;
    call->account = params->account;
    if (params->referral)
        err = sip_refer_begin(call, params->referral);
    else
        err = take_target(call, params->target);
    if (!err && params->account)
        err = take_from(call, sip_account_from(params->account));
    else if (!err)
        err = params->from.n ? take_from(call, params->from) : take_own_name(call, params);
    if (!err)
        call->user = slice_dup(params->contact_user);
    if (!err)
        err = call->user ? find_place(call, now_ms) : -ENOMEM;
    if (err) {
        sip_call_free(call);
        return err == -EBADMSG ? -EINVAL : err;
    }
    *out = call;
    return 0;
}

/* --- the INVITE ------------------------------------------------------------------------------- */

static int make_from(struct sip_call *call, const struct ip *local)
{
    struct buf uri = buf_new(SIP_MAX_HEADER_LINE), from = buf_new(SIP_MAX_HEADER_LINE);

    buf_printf(&uri, "sip:%s@", call->own_user);
    ip_put_host(&uri, local);
    sip_address_put(&from, slice_of(call->own_name), buf_slice(&uri));
    call->local = buf_ok(&uri) && buf_ok(&from) ? slice_dup(buf_slice(&from)) : NULL;
    buf_free(&uri);
    buf_free(&from);
    return call->local ? 0 : -ENOMEM;
}

/* Another address of the same place gets the same number (RFC 3263 4.3), so that a host with two
 * addresses sees one call in both (RFC 3261 8.2.2.2). */
static uint32_t next_number(const struct sip_call *call)
{
    uint32_t sent = sip_req_cseq(call->invite);

    return sent ? sent : call->cseq + 1;
}

/* The first time, or once more to where a redirect leads: then with the same Call-ID, From and To,
 * and a higher number (RFC 3261 8.1.3.4). */
int sip_uac_describe(const struct sip_call *call, struct buf *store, struct sip_way *way,
                     struct sip_request *message)
{
    int err;

    *message = (struct sip_request){
        .method = SIP_INVITE,
        .uri = slice_of(call->target),
        .from = slice_of(call->local),
        .from_tag = slice_of(call->tag),
        .to = slice_of(call->to),
        .call_id = slice_of(call->call_id),
        .cseq = next_number(call),
        .contact = slice_of(call->contact),
        .with = SIP_WITH_US,
        .extra = call->extra,
        .n_extra = call->n_extra,
    };
    if (!call->account)
        return 0;
    err = sip_account_way(call->account, slice_of(call->target), store, way);
    if (err)
        return err;
    message->uri = way->uri;
    message->routes = way->routes;
    message->n_routes = way->n_routes;
    return 0;
}

static void send_invite(struct sip_call *call, uint64_t now_ms)
{
    struct buf store = buf_new(SIP_MAX_MESSAGE);
    struct sip_request message;
    struct sip_way way;
    int err;

    call->state = SIP_CALL_CALLING;
    err = sip_uac_describe(call, &store, &way, &message);
    message.content_type = SLICE("application/sdp");
    message.body = buf_slice(&call->offer_sdp);
    if (!err)
        err = sip_req_set(call->invite, &message, now_ms);
    buf_free(&store);
    if (!err)
        return;
    give_up(call, &(struct sip_call_event){.cause = SIP_END_SHORTAGE, .err = err}, now_ms);
}

/* An offer holds as long as we are seen at the address in it; its keys for sound, if it has any,
 * are for TLS alone, perhaps; and what was made for a connection, or for a shorter way, may be too
 * long for a datagram. */
static bool is_offered_for(const struct sip_call *call, const struct sip_flow *flow)
{
    return ip_same_host(&call->offered_at, &flow->local) &&
           (call->offered_by == SIP_TLS) == (flow->transport == SIP_TLS) &&
           (call->offered_by == SIP_UDP || flow->transport != SIP_UDP) &&
           call->offer_sdp.n <= sip_call_room(call);
}

/* The first target stays the value of To. */
static int make_to(struct sip_call *call)
{
    struct buf to = buf_new(SIP_MAX_HEADER_LINE);

    sip_address_put(&to, SLICE(""), slice_of(call->target));
    call->to = buf_take(&to);
    return call->to ? 0 : -ENOMEM;
}

static void located(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event event = {.kind = SIP_CALL_OFFER_WANTED,
                                   .flow = *sip_req_flow(call->invite)};
    struct sip_call_event end = {.cause = SIP_END_SHORTAGE};

    if (call->secure && event.flow.transport != SIP_TLS) {
        end = (struct sip_call_event){
            .cause = SIP_END_UNREACHABLE, .flow = event.flow, .err = -EPROTONOSUPPORT};
        give_up(call, &end, now_ms);
        return;
    }
    end.err = sip_call_make_contact(call, &event.flow, slice_of(call->user));
    if (call->account && sip_account_serves(call->account, slice_of(call->target)))
        sip_account_add_servers(call->account, call->invite);
    if (!end.err && !call->local)
        end.err = make_from(call, &event.flow.local);
    if (!end.err && !call->to)
        end.err = make_to(call);
    if (end.err) {
        give_up(call, &end, now_ms);
        return;
    }
    call->state = SIP_CALL_OFFERING;
    if (is_offered_for(call, &event.flow)) {
        send_invite(call, now_ms);
        return;
    }
    call->offered_at = event.flow.local;
    call->offered_by = event.flow.transport;
    sip_call_tell(call, &event);
}

void sip_uac_offer(struct sip_call *call, struct slice sdp, uint64_t now_ms)
{
    buf_clear(&call->offer_sdp);
    buf_put(&call->offer_sdp, sdp);
    if (buf_ok(&call->offer_sdp)) {
        send_invite(call, now_ms);
        return;
    }
    give_up(call, &(struct sip_call_event){.cause = SIP_END_SHORTAGE, .err = -ENOMEM}, now_ms);
}

static void cancel(struct sip_call *call, uint64_t now_ms)
{
    call->cancelled = true;
    sip_req_cancel(call->invite, now_ms);
    sip_call_wait(call, SIP_WAIT_CANCEL, now_ms + SIP_64T1_MS);
}

static void provisional(struct sip_call *call, const struct sip_msg *msg, uint64_t now_ms)
{
    struct sip_call_event event = {
        .kind = SIP_CALL_PROGRESS,
        .status = msg->status,
        .reason = msg->reason,
        .fork = msg->to.tag,
    };

    if (call->cancel_wanted) {
        if (!call->cancelled)
            cancel(call, now_ms);
        return;
    }
    sip_call_wait(call, SIP_WAIT_ANSWER, now_ms + SIP_RING_MAX_MS);
    if (msg->status == 100)
        return;
    event.sdp = sip_call_sdp(msg);
    sip_call_tell(call, &event);
}

/* The INVITE is over without an answer: once more where a redirect said. False: nowhere. */
static bool try_elsewhere(struct sip_call *call, uint64_t now_ms)
{
    while (call->state == SIP_CALL_CALLING && !call->cancel_wanted && sip_redirect_next(call)) {
        call->state = SIP_CALL_LOCATING;
        sip_call_tell(call, &(struct sip_call_event){.kind = SIP_CALL_REDIRECTED,
                                                     .to_uri = slice_of(call->target)});
        if (!find_place(call, now_ms))
            return true;
        call->state = SIP_CALL_CALLING;
    }
    return false;
}

static void refused(struct sip_call *call, const struct sip_msg *msg, uint64_t now_ms)
{
    struct sip_call_event end = {
        .cause = SIP_END_REFUSED, .status = msg->status, .reason = msg->reason};
    struct sip_req *req = take_invite(call);
    struct slice why;

    if (sip_req_credentials(req, &why) == SIP_REQ_CANNOT) {
        end.unanswerable = true;
        end.reason = why;
    }
    if (msg->status < 400)
        sip_redirect_learn(call, msg);
    sip_call_wait(call, SIP_WAIT_ANSWER, NEVER_MS);
    sip_call_wait(call, SIP_WAIT_CANCEL, NEVER_MS);
    if (msg->status >= 600 || !try_elsewhere(call, now_ms))
        sip_call_over(call, &end, now_ms);
    sip_req_free(req); /* its transaction goes on and ACKs the copies */
    sip_call_settle(call, now_ms);
}

static void on_invite(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                      int err, uint64_t now_ms)
{
    struct sip_call *call = arg;
    struct sip_call_event end = {.err = err};

    if (told & SIP_REQ_LOCATED)
        located(call, now_ms);
    if (told & SIP_REQ_RESPONSE && msg->status < 200)
        provisional(call, msg, now_ms);
    else if (told & SIP_REQ_RESPONSE && msg->status < 300)
        sip_fork_2xx(call, msg, now_ms);
    if (told & SIP_REQ_RESPONSE && msg->status >= 300) {
        refused(call, msg, now_ms); /* frees req, and may have another one sent */
        return;
    }
    if (told & SIP_REQ_OVER && call->invite == req) {
        drop_invite(call);
        sip_call_wait(call, SIP_WAIT_ANSWER, NEVER_MS);
        sip_call_wait(call, SIP_WAIT_CANCEL, NEVER_MS);
        end.cause = told & SIP_REQ_TIMEOUT     ? SIP_END_TIMEOUT
                    : told & SIP_REQ_NOT_FOUND ? SIP_END_NOT_FOUND
                                               : SIP_END_UNREACHABLE;
        end.status = told & SIP_REQ_TIMEOUT ? 408 : 0;
        if (call->place > call->first && call->state == SIP_CALL_LOCATING)
            call->state = SIP_CALL_CALLING; /* the place of a redirect was not found */
        if (try_elsewhere(call, now_ms))
            return;
        if (call->state != SIP_CALL_UP)
            sip_call_over(call, &end, now_ms);
        sip_call_settle(call, now_ms);
    }
}

/* --- giving up -------------------------------------------------------------------------------- */

void sip_uac_hangup(struct sip_call *call, uint64_t now_ms)
{
    if (call->state != SIP_CALL_CALLING || sip_req_waits_for_password(call->invite)) {
        drop_invite(call);
        return;
    }
    /* RFC 3261 9.1: no CANCEL before a provisional, which might overtake the INVITE. */
    call->cancel_wanted = true;
    sip_req_no_more_targets(call->invite);
    if (sip_req_tx(call->invite) && sip_tx_state(sip_req_tx(call->invite)) == SIP_TX_PROCEEDING)
        cancel(call, now_ms);
}

void sip_uac_wait_is_over(struct sip_call *call, enum sip_call_wait wait, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_TIMEOUT, .status = 408};

    if (!call->invite)
        return;
    if (wait == SIP_WAIT_CANCEL && sip_req_tx(call->invite))
        sip_tx_give_up(sip_req_tx(call->invite), now_ms);
    if (wait == SIP_WAIT_ANSWER && call->state == SIP_CALL_CALLING) {
        sip_uac_hangup(call, now_ms);
        sip_call_over(call, &end, now_ms);
    }
}
