/* sip/call.c - what both sides of a call share: events, deadlines, requests in it, the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/core.h"
#include "sip/multipart.h"

/* How long a call that is over stays in memory at least: its owner may still hold it until it has
 * taken the last event. */
#define REAP_MS 1000

static void on_alarm(struct sip_alarm *alarm, uint64_t now_ms);

/* --- life ------------------------------------------------------------------------------------- */

int sip_call_new(struct sip_endpoint *ep, bool outgoing, struct sip_call **out)
{
    struct sip_call *call = calloc(1, sizeof *call);

    if (!call)
        return -ENOMEM;
    if (sip_alarm_init(&ep->alarms, &call->alarm, on_alarm)) {
        free(call);
        return -ENOMEM;
    }
    list_init(&call->link);
    list_init(&call->dialogs);
    list_init(&call->reqs);
    list_init(&call->kept);
    call->ep = ep;
    call->outgoing = outgoing;
    call->state = outgoing ? SIP_CALL_LOCATING : SIP_CALL_RINGING;
    call->ring_sdp = buf_new(SIP_MAX_MESSAGE);
    call->offer_sdp = buf_new(SIP_MAX_MESSAGE);
    for (size_t i = 0; i < SIP_WAITS; i++)
        call->wait_ms[i] = NEVER_MS;
    rng_token(ep->config.rng, call->tag, SIP_TAG_CHARS);
    rng_token(ep->config.rng, call->call_id, SIP_CALL_ID_CHARS);
    call->last_words = sip_out_event_new();
    if (!call->last_words || map_put(&ep->calls, slice_of(call->tag), call)) {
        sip_call_free(call);
        return -ENOMEM;
    }
    list_append(&ep->all, &call->link);
    ep->n_open++;
    *out = call;
    return 0;
}

static void free_dialog(struct sip_dialog *dlg)
{
    while (!list_empty(&dlg->acks))
        sip_req_free(sip_req_of(list_first(&dlg->acks)));
    sip_dialog_free(dlg);
}

static void uncount(struct sip_call *call)
{
    struct sip_source *source = call->source;

    call->ep->n_open--;
    call->source = NULL;
    if (!source)
        return;
    source->calls--;
    sip_source_settle(&call->ep->txs.sources, source);
}

void sip_call_free(struct sip_call *call)
{
    if (map_get(&call->ep->calls, slice_of(call->tag)) == call)
        map_remove(&call->ep->calls, slice_of(call->tag));
    LIST_EACH (&call->dialogs, at)
        free_dialog(LIST_ITEM(at, struct sip_dialog, link));
    while (!list_empty(&call->reqs))
        sip_req_free(sip_req_of(list_first(&call->reqs)));
    if (call->state != SIP_CALL_OVER && !list_empty(&call->link))
        uncount(call); /* it had been counted, and was never told the end */
    sip_kept_leave(call);
    list_remove(&call->link);
    sip_alarm_done(&call->ep->alarms, &call->alarm);
    sip_out_item_free(call->last_words);
    buf_free(&call->ring_sdp);
    buf_free(&call->offer_sdp);
    free(call->contact);
    sip_refer_free(call);
    sip_redirect_free(call);
    free(call->to);
    free(call->replaces);
    free(call->referred_by);
    free(call->local);
    free(call->user);
    free(call->own_user);
    free(call->own_name);
    free(call);
}

void sip_call_set_owner(struct sip_call *call, void *owner)
{
    call->owner = owner;
}

struct slice sip_call_id(const struct sip_call *call)
{
    if (call->outgoing)
        return slice_of(call->call_id);
    return call->dialog ? call->dialog->call_id : SLICE("");
}

/* --- deadlines -------------------------------------------------------------------------------- */

static void set_alarm(struct sip_call *call)
{
    uint64_t when = NEVER_MS;

    for (size_t i = 0; i < SIP_WAITS; i++)
        if (call->wait_ms[i] < when)
            when = call->wait_ms[i];
    sip_alarm_set(&call->ep->alarms, &call->alarm, when);
}

void sip_call_wait(struct sip_call *call, enum sip_call_wait wait, uint64_t when_ms)
{
    call->wait_ms[wait] = when_ms;
    set_alarm(call);
}

static bool is_idle(const struct sip_call *call)
{
    if (call->state != SIP_CALL_OVER || !list_empty(&call->reqs))
        return false;
    return !call->asked.tx_key && !call->claim.tx_key && !sip_refer_is_open(call);
}

void sip_call_settle(struct sip_call *call, uint64_t now_ms)
{
    if (is_idle(call) && call->wait_ms[SIP_WAIT_REAP] == NEVER_MS)
        sip_call_wait(call, SIP_WAIT_REAP, now_ms + REAP_MS);
}

static void shortage(struct sip_call *call, uint64_t now_ms);

static void wait_is_over(struct sip_call *call, enum sip_call_wait wait, uint64_t now_ms)
{
    if (wait == SIP_WAIT_SHORT)
        shortage(call, now_ms);
    else if (wait == SIP_WAIT_GLARE)
        sip_reinvite_again(call, now_ms);
    else if (wait == SIP_WAIT_OFFER)
        sip_reinvite_stuck(call, now_ms);
    else if (wait == SIP_WAIT_MOVE)
        sip_move_again(call, now_ms);
    else if (wait == SIP_WAIT_CLAIM)
        sip_move_decide(call, true, now_ms);
    else if (wait == SIP_WAIT_DIGIT)
        sip_info_again(call, now_ms);
    else if (wait == SIP_WAIT_REFER)
        sip_refer_wait_is_over(call, now_ms);
    else if (wait == SIP_WAIT_REPEAT || wait == SIP_WAIT_ACK)
        sip_uas_wait_is_over(call, wait, now_ms);
    else if (call->outgoing)
        sip_uac_wait_is_over(call, wait, now_ms);
    else
        sip_uas_wait_is_over(call, wait, now_ms);
}

static void on_alarm(struct sip_alarm *alarm, uint64_t now_ms)
{
    struct sip_call *call = LIST_ITEM(alarm, struct sip_call, alarm);

    if (call->wait_ms[SIP_WAIT_REAP] <= now_ms && is_idle(call)) {
        sip_call_free(call);
        return;
    }
    call->wait_ms[SIP_WAIT_REAP] = NEVER_MS;
    /* What ends the wait for an ACK goes before what would repeat the 2xx once more. */
    for (size_t i = SIP_WAITS; i-- > 0;) {
        if (call->wait_ms[i] > now_ms)
            continue;
        call->wait_ms[i] = NEVER_MS;
        wait_is_over(call, (enum sip_call_wait)i, now_ms);
    }
    sip_call_settle(call, now_ms);
    set_alarm(call);
}

/* --- events ----------------------------------------------------------------------------------- */

/* Moves a slice of the event into its store; the store is as large as needed already, so that it
 * does not move. */
static void move(struct buf *store, struct slice *s)
{
    size_t at = store->n;

    buf_put(store, *s);
    *s = buf_ok(store) && s->n ? slice_skip(buf_slice(store), at) : (struct slice){0};
    s->n = s->p ? store->n - at : 0;
}

static bool fill(struct sip_call_event *to, const struct sip_call_event *from)
{
    struct buf store = to->store;
    size_t total = from->reason.n + from->from_uri.n + from->from_name.n + from->to_uri.n +
                   from->sdp.n + from->call_id.n + from->fork.n;

    *to = *from;
    /* Room in one go. */
    for (size_t i = 0; i < total && !store.failed; i++)
        buf_putc(&store, ' ');
    store.n = 0;
    move(&store, &to->reason);
    move(&store, &to->from_uri);
    move(&store, &to->from_name);
    move(&store, &to->to_uri);
    move(&store, &to->sdp);
    move(&store, &to->call_id);
    move(&store, &to->fork);
    to->store = store;
    return buf_ok(&store);
}

/* False: what the event points to could not be copied. */
static bool fill_in(struct sip_call *call, struct sip_out_item *item,
                    const struct sip_call_event *event)
{
    struct sip_call_event whole = *event;

    whole.call = call;
    whole.owner = call->owner;
    if (!whole.call_id.n)
        whole.call_id = call->dialog ? call->dialog->call_id : slice_of(call->call_id);
    return fill(item->event, &whole);
}

bool sip_call_try_tell(struct sip_call *call, const struct sip_call_event *event)
{
    struct sip_out_item *item = sip_out_event_new();

    if (item && fill_in(call, item, event)) {
        sip_out_append(&call->ep->out, item);
        call->known = true;
        return true;
    }
    sip_out_item_free(item);
    return false;
}

void sip_call_tell(struct sip_call *call, const struct sip_call_event *event)
{
    if (call->state == SIP_CALL_OVER || sip_call_try_tell(call, event))
        return;
    if (event->kind != SIP_CALL_PROGRESS)
        sip_call_wait(call, SIP_WAIT_SHORT, 0);
}

/* BYE now, or when the ACK to our 2xx has come (RFC 3261 15). */
static void bye_when_due(struct sip_call *call, uint64_t now_ms)
{
    if (call->asked.answered)
        call->bye_wanted = true; /* the other side must have had its answer first */
    else if (call->dialog)
        sip_call_bye(call, call->dialog, now_ms);
}

static void shortage(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event end = {.cause = SIP_END_SHORTAGE, .err = -ENOMEM};

    if (call->state == SIP_CALL_OVER)
        return;
    if (call->state == SIP_CALL_UP)
        bye_when_due(call, now_ms);
    else if (call->outgoing)
        sip_uac_hangup(call, now_ms);
    else
        sip_uas_refuse(call, 503, SLICE(""), SLICE(""), now_ms);
    sip_call_over(call, &end, now_ms);
}

void sip_call_over(struct sip_call *call, const struct sip_call_event *end, uint64_t now_ms)
{
    struct sip_out_item *item = call->last_words;
    struct sip_call_event event = *end;

    if (call->state == SIP_CALL_OVER)
        return;
    call->state = SIP_CALL_OVER;
    uncount(call);
    call->last_words = NULL;
    event.kind = SIP_CALL_ENDED;
    if (call->known || call->outgoing) {
        fill_in(call, item, &event); /* without the words where there is no room for them */
        sip_out_append(&call->ep->out, item);
    } else {
        sip_out_item_free(item);
    }
    sip_uas_refuse(call, 487, SLICE(""), SLICE(""), now_ms); /* what is still open: 15.1.2 */
    sip_call_wait(call, SIP_WAIT_RING, NEVER_MS);
    sip_call_wait(call, SIP_WAIT_GLARE, NEVER_MS);
    sip_info_over(call);
    sip_move_over(call);
    if (call->claim.tx_key)
        sip_move_decide(call, false, now_ms);
    sip_reinvite_over(call, now_ms);
    sip_call_settle(call, now_ms);
}

/* --- requests in a dialog --------------------------------------------------------------------- */

int sip_call_make_contact(struct sip_call *call, const struct sip_flow *flow, struct slice user)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    char *made;

    buf_putc(&b, '<');
    if (call->account)
        sip_account_contact(call->account, flow, call->secure, &b);
    else
        sip_uri_put_contact(&b, user, &flow->local, flow->transport, call->secure);
    buf_putc(&b, '>');
    made = buf_take(&b);
    if (!made)
        return -ENOMEM;
    free(call->contact);
    call->contact = made;
    return 0;
}

/* A request that nobody waits for: only its end matters, for the memory. */
static void on_told(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                    int err, uint64_t now_ms)
{
    struct sip_call *call = arg;

    (void)msg;
    (void)err;
    if (!(told & SIP_REQ_OVER) || sip_req_method(req) == SIP_ACK)
        return;
    sip_req_free(req);
    sip_call_settle(call, now_ms);
}

/* Only in dialogs that we began: in one that a stranger began he would be the one to ask. An ACK
 * has what its INVITE had, as it cannot be challenged. */
static void give_credentials(struct sip_call *call, struct sip_req *req, uint32_t cseq)
{
    if (!call->outgoing)
        return;
    if (sip_req_method(req) != SIP_ACK) {
        if (call->account && call->server.family) {
            sip_req_use_account(req, call->account, false);
            sip_req_trust_only(req, &call->server);
        }
        return;
    }
    LIST_EACH (&call->reqs, at) {
        const struct sip_req *invite = sip_req_of(at);

        if (sip_req_method(invite) == SIP_INVITE && sip_req_cseq(invite) == cseq)
            sip_req_copy_credentials(req, invite);
    }
}

struct sip_req *sip_call_request(struct sip_call *call, struct sip_dialog *dlg,
                                 enum sip_method method, uint32_t cseq, struct slice sdp,
                                 sip_req_user *user, uint64_t now_ms)
{
    struct sip_request what = {.content_type = SLICE("application/sdp"), .body = sdp};

    return sip_call_request_with(call, dlg, method, cseq, &what, user, now_ms);
}

struct sip_req *sip_call_request_with(struct sip_call *call, struct sip_dialog *dlg,
                                      enum sip_method method, uint32_t cseq,
                                      const struct sip_request *what, sip_req_user *user,
                                      uint64_t now_ms)
{
    struct list *list = method == SIP_ACK ? &dlg->acks : &call->reqs;
    bool refresh = method == SIP_INVITE || method == SIP_UPDATE || method == SIP_NOTIFY;
    struct slice routes[SIP_MAX_ROUTES + 1];
    struct buf store = buf_new(SIP_MAX_MESSAGE);
    struct sip_request message = *what;
    struct sip_req *req = sip_req_new(call->ep, list, method, user ? user : on_told, call);
    int err = req ? 0 : -ENOMEM;

    if (req) {
        sip_req_trust(req, call->account);
        if (call->secure || (call->sealed && method == SIP_INVITE))
            sip_req_only_tls(req);
        sip_req_set_dialog(req, dlg);
        give_credentials(call, req, cseq);
    }
    if (!err)
        err = sip_dialog_request(dlg, method, cseq, routes, &store, &message);
    if (refresh) {
        message.contact = slice_of(call->contact);
        message.with = SIP_WITH_US;
    }
    if (!err)
        err = sip_req_set(req, &message, now_ms);
    if (!err)
        err = sip_req_locate(req, sip_dialog_next_hop(dlg), &dlg->flow, now_ms);
    buf_free(&store);
    if (!err)
        return req;
    sip_req_free(req);
    return NULL;
}

static void on_learned(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                       int err, uint64_t now_ms)
{
    (void)told;
    (void)msg;
    (void)err;
    sip_req_free(req);
    sip_call_settle(arg, now_ms);
}

static void learn_address(struct sip_call *call, struct slice uri, uint64_t now_ms)
{
    struct sip_req *req = sip_req_new(call->ep, &call->reqs, SIP_METHOD_OTHER, on_learned, call);

    if (!req)
        return;
    sip_req_set_dialog(req, call->dialog);
    sip_req_trust(req, call->account);
    if (sip_req_locate(req, uri, NULL, now_ms))
        sip_req_free(req);
}

void sip_call_learn_addresses(struct sip_call *call, uint64_t now_ms)
{
    struct slice uris[2] = {sip_dialog_next_hop(call->dialog), slice_of(call->dialog->target)};
    size_t n = call->dialog->n_routes ? 2 : 1;

    for (size_t i = 0; i < n; i++)
        if (sip_dialog_is_name(uris[i]))
            learn_address(call, uris[i], now_ms);
}

/* What is challenged now would follow with a higher number than that of the BYE, and may arrive
 * before it: then the BYE would be refused (RFC 3261 12.2.2). */
static void no_more_but_bye(struct sip_call *call, const struct sip_dialog *dlg)
{
    LIST_EACH (&call->reqs, at) {
        struct sip_req *req = sip_req_of(at);

        if (sip_req_dialog(req) == dlg && sip_req_method(req) != SIP_BYE)
            sip_req_no_more_targets(req);
    }
}

void sip_call_bye(struct sip_call *call, struct sip_dialog *dlg, uint64_t now_ms)
{
    no_more_but_bye(call, dlg);
    sip_call_request(call, dlg, SIP_BYE, 0, (struct slice){0}, NULL, now_ms);
}

/* 0; -ENOTSUP: it is packed; others: there is none. */
static int find_sdp(const struct sip_msg *msg, struct slice *sdp)
{
    struct slice content_type = sip_msg_header(msg, SIP_HDR_CONTENT_TYPE);

    if (!msg->body.n)
        return -ENOENT;
    if (sip_msg_body_is_packed(msg))
        return -ENOTSUP;
    *sdp = msg->body;
    if (sip_msg_body_is(msg, SLICE("application"), SLICE("sdp")))
        return 0;
    return sip_multipart_find(msg->body, content_type, SLICE("application"), SLICE("sdp"), sdp);
}

struct slice sip_call_sdp(const struct sip_msg *msg)
{
    struct slice sdp;

    return find_sdp(msg, &sdp) ? (struct slice){0} : sdp;
}

bool sip_call_body_is_packed(const struct sip_msg *msg)
{
    struct slice sdp;

    return find_sdp(msg, &sdp) == -ENOTSUP;
}

/* --- what the owner asks for ------------------------------------------------------------------ */

int sip_call_offer(struct sip_call *call, struct slice sdp, uint64_t now_ms)
{
    int err = 0;

    if (call->state == SIP_CALL_OFFERING)
        sip_uac_offer(call, sdp, now_ms);
    else if (call->state == SIP_CALL_UP && call->asked.late_offer)
        err = sip_uas_say_2xx(call, sdp, now_ms);
    else if (call->state == SIP_CALL_UP && call->offer_waits)
        sip_reinvite_offer(call, sdp, now_ms);
    sip_core_sweep(call->ep);
    return err;
}

void sip_call_hangup(struct sip_call *call, uint64_t now_ms)
{
    static const struct sip_call_event end = {.cause = SIP_END_LOCAL};

    if (call->state == SIP_CALL_OVER)
        return;
    if (call->state == SIP_CALL_UP)
        bye_when_due(call, now_ms);
    else if (call->outgoing)
        sip_uac_hangup(call, now_ms);
    else
        sip_uas_hangup(call, now_ms);
    sip_call_over(call, &end, now_ms);
    sip_core_sweep(call->ep);
}
