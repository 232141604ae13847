/* sip/refer.c - REFER in a call: they ask us to call somebody else (RFC 3515, 5589 6).
 *
 * It is answered as soon as the owner has decided what to do about it: refused, or 202. Who has got
 * that hears of the rest by NOTIFY (RFC 6665), which the BYE of the call does not end. One at a
 * time in a call; the memory of the call stays until it is over. */
#include <errno.h>
#include <stdlib.h>

#include "sip/core.h"
#include "sip/lex.h"
#include "sip/print.h"
#include "sip/refer_to.h"

/* For so long the end is tried to be told, where memory is short. */
#define TELL_MS 1000

void sip_refer_free(struct sip_call *call)
{
    struct sip_referral *r = &call->referral;

    free(r->target);
    free(r->replaces);
    free(r->by);
    r->target = r->replaces = r->by = NULL;
}

static void forget(struct sip_call *call)
{
    sip_refer_free(call);
    call->referral.tx_key = 0;
    call->referral.open = false;
    sip_call_wait(call, SIP_WAIT_REFER, NEVER_MS);
}

bool sip_refer_is_open(const struct sip_call *call)
{
    return call->referral.tx_key || call->referral.open;
}

/* --- NOTIFY ----------------------------------------------------------------------------------- */

static void notify(struct sip_call *call, uint64_t now_ms);

/* RFC 6665 4.2.2: who does not take it wants no more of them. */
static void on_notify(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                      int err, uint64_t now_ms)
{
    struct sip_call *call = arg;
    struct sip_referral *r = &call->referral;
    bool answered = told & SIP_REQ_RESPONSE && msg->status >= 200;

    (void)err;
    if (!answered && !(told & SIP_REQ_OVER))
        return;
    if (!answered || msg->status >= 300)
        r->silent = true;
    r->note = NULL;
    sip_req_free(req);
    if (r->note_due)
        notify(call, now_ms);
    sip_call_settle(call, now_ms);
}

static void put_state(const struct sip_referral *r, struct buf *out, uint64_t now_ms)
{
    if (r->ended || r->left)
        buf_puts(out, r->ended ? "terminated;reason=noresource" : "terminated;reason=timeout");
    else
        buf_printf(out, "%s;expires=%u", r->pending ? "pending" : "active",
                   r->until_ms > now_ms ? (unsigned)((r->until_ms - now_ms) / 1000) : 0);
}

/* One behind the other, as they may overtake each other; only the newest state counts. */
static void notify(struct sip_call *call, uint64_t now_ms)
{
    struct sip_referral *r = &call->referral;
    struct buf event = buf_new(64), state = buf_new(64), body = buf_new(128);
    struct sip_extra extra[2] = {{.name = SLICE("Event")}, {.name = SLICE("Subscription-State")}};
    struct sip_request message = {
        .content_type = SLICE("message/sipfrag;version=2.0"), .extra = extra, .n_extra = 2};

    r->note_due = !r->silent && r->note;
    if (r->silent || r->note)
        return;
    buf_puts(&event, "refer");
    if (r->numbered)
        buf_printf(&event, ";id=%u", r->cseq);
    put_state(r, &state, now_ms);
    sip_put_status_line(&body, r->status, SLICE(""));
    extra[0].value = buf_slice(&event);
    extra[1].value = buf_slice(&state);
    message.body = buf_slice(&body);
    if (buf_ok(&event) && buf_ok(&state) && buf_ok(&body))
        r->note =
            sip_call_request_with(call, call->dialog, SIP_NOTIFY, 0, &message, on_notify, now_ms);
    buf_free(&event);
    buf_free(&state);
    buf_free(&body);
    /* Without memory now there may be some soon: the other side waits for its end. */
    if (r->note && (r->ended || r->left))
        r->silent = true; /* that was the last one */
    r->note_due = !r->note && r->ended && now_ms < r->until_ms;
    if (r->note_due)
        sip_call_wait(call, SIP_WAIT_REFER, now_ms + SIP_TELL_AGAIN_MS);
}

/* --- what is asked for ------------------------------------------------------------------------ */

/* How many places led to this call: all that we called, or whoever called us. */
static size_t places_before(const struct sip_call *call)
{
    return call->outgoing ? call->place + 1 : 1;
}

static struct slice place_before(const struct sip_call *call, size_t i)
{
    struct sip_address caller;

    if (call->outgoing)
        return slice_of(call->places[i].uri);
    return sip_address_parse(call->dialog->remote, &caller) ? SLICE("") : caller.uri;
}

/* Round in circles, or from one to the next for ever, leads nowhere: as for redirects. */
static bool leads_on(const struct sip_call *call, struct slice target)
{
    struct sip_uri uri, before;

    if (places_before(call) > SIP_MAX_REDIRECTS || sip_uri_parse(target, &uri))
        return false;
    for (size_t i = 0; i < places_before(call); i++)
        if (!sip_uri_parse(place_before(call, i), &before) && sip_uri_equal(&before, &uri))
            return false;
    return true;
}

/* RFC 3261 26.2.2, as for redirects: who called by sips: is led to nothing less. */
static bool is_safe_enough(const struct sip_call *call, struct slice target)
{
    return !call->secure || slice_istarts(target, SLICE("sips:"));
}

/* 0, or the status to refuse it with. */
static unsigned take(struct sip_call *call, const struct sip_msg *msg)
{
    struct sip_referral *r = &call->referral;
    struct sip_refer_to to;
    unsigned status = sip_refer_to_read(msg, &to);

    if (!status &&
        (!is_safe_enough(call, buf_slice(&to.target)) || !leads_on(call, buf_slice(&to.target))))
        status = 603;
    if (!status) {
        r->silent = to.silent;
        r->target = slice_dup(buf_slice(&to.target));
        r->replaces = to.replaces.n ? slice_dup(buf_slice(&to.replaces)) : NULL;
        r->by = to.by.n ? slice_dup(buf_slice(&to.by)) : NULL;
        if (!r->target || (to.replaces.n && !r->replaces) || (to.by.n && !r->by))
            status = 503;
    }
    sip_refer_to_free(&to);
    if (status)
        forget(call);
    return status;
}

/* What can be said before anybody is asked. */
static unsigned inspect(struct sip_call *call, const struct sip_msg *msg)
{
    const struct sip_referral *r = &call->referral;

    if (call->state == SIP_CALL_OVER)
        return 481;
    if (call->state != SIP_CALL_UP)
        return 603;
    if (sip_refer_is_open(call) || r->note || r->note_due)
        return 491;
    return take(call, msg);
}

void sip_refer_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                     uint64_t now_ms)
{
    struct sip_call_event event = {.kind = SIP_CALL_REFER};
    struct sip_referral *r = &call->referral;
    unsigned status;

    if (!sip_server_takes_body(call->ep, tx, msg, now_ms))
        return;
    status = inspect(call, msg);
    if (status) {
        sip_server_reject(call->ep, tx, status, now_ms);
        return;
    }
    r->tx_key = sip_tx_key(tx);
    r->cseq = msg->cseq.number;
    r->ended = r->left = r->pending = false;
    event.to_uri = slice_of(r->target);
    if (!sip_call_try_tell(call, &event))
        sip_call_refer_reject(call, 503, now_ms);
}

/* --- the owner -------------------------------------------------------------------------------- */

static struct sip_tx *asked_tx(const struct sip_call *call)
{
    uint64_t key = call->referral.tx_key;

    return key ? sip_tx_by_key(&call->ep->txs, key) : NULL;
}

void sip_call_refer_reject(struct sip_call *call, unsigned status, uint64_t now_ms)
{
    struct sip_tx *tx = asked_tx(call);

    if (tx)
        sip_server_reject(call->ep, tx, status, now_ms);
    forget(call);
    sip_call_settle(call, now_ms);
    sip_core_sweep(call->ep);
}

int sip_call_refer_accept(struct sip_call *call, bool pending, uint64_t now_ms)
{
    struct sip_referral *r = &call->referral;
    struct sip_extra silent = {SLICE("Refer-Sub"), SLICE("false")};
    struct sip_response accepted = {.status = 202,
                                    .contact = slice_of(call->contact),
                                    .extra = &silent,
                                    .n_extra = r->silent ? 1 : 0};

    if (!r->tx_key)
        return -ENOENT;
    if (sip_server_respond(call->ep, asked_tx(call), &accepted, now_ms)) {
        sip_call_refer_reject(call, 503, now_ms);
        return -ENOMEM;
    }
    r->tx_key = 0;
    r->open = true;
    r->pending = pending;
    r->numbered = r->accepted;
    r->accepted = true;
    r->status = 100;
    r->until_ms = now_ms + SIP_REFER_MAX_MS;
    notify(call, now_ms);
    sip_call_wait(call, SIP_WAIT_REFER, pending ? now_ms + SIP_REFER_ASK_MS : r->until_ms);
    sip_core_sweep(call->ep);
    return 0;
}

void sip_call_refer_follow(struct sip_call *call, uint64_t now_ms)
{
    struct sip_referral *r = &call->referral;

    if (!r->open || !r->pending)
        return;
    r->pending = false;
    notify(call, now_ms);
    sip_call_wait(call, SIP_WAIT_REFER, r->until_ms);
    sip_core_sweep(call->ep);
}

static void end(struct sip_call *call, unsigned status, uint64_t now_ms)
{
    struct sip_referral *r = &call->referral;

    forget(call);
    r->ended = true;
    r->until_ms = now_ms + TELL_MS;
    r->status = status;
    notify(call, now_ms);
    sip_call_settle(call, now_ms);
}

void sip_call_refer_end(struct sip_call *call, unsigned status, uint64_t now_ms)
{
    if (call->referral.open)
        end(call, status, now_ms);
    sip_core_sweep(call->ep);
}

/* What is under way goes on, and is not told any more. */
static void leave(struct sip_call *call, uint64_t now_ms)
{
    call->referral.left = true;
    notify(call, now_ms);
}

void sip_refer_wait_is_over(struct sip_call *call, uint64_t now_ms)
{
    struct sip_referral *r = &call->referral;

    if (r->note_due && !r->note) {
        notify(call, now_ms);
    } else if (r->open && r->pending) {
        if (sip_call_try_tell(call, &(struct sip_call_event){.kind = SIP_CALL_REFER_GONE}))
            end(call, 603, now_ms);
        else
            sip_call_wait(call, SIP_WAIT_REFER, now_ms + SIP_TELL_AGAIN_MS);
    } else if (r->open) {
        leave(call, now_ms);
    }
}

/* --- SUBSCRIBE: theirs, to what their REFER has made ------------------------------------------ */

static bool is_refer(struct slice event)
{
    return slice_ieq(slice_trim(slice_cut(&event, ';')), SLICE("refer"));
}

/* RFC 6665 4.2.1, 8.2.1: whether this is the one that they mean. */
static bool is_ours(const struct sip_referral *r, struct slice event)
{
    struct slice id;
    uint64_t number;

    if (!r->open || r->silent || r->left)
        return false;
    if (!sip_param_of(event, SLICE("id"), &id))
        return !r->numbered;
    return !slice_number(id, UINT32_MAX, &number) && number == r->cseq;
}

/* It lasts as long as what was asked for, whatever they would like; 0 ends it (RFC 3515 2.4.4). */
static void subscribe(struct sip_call *call, struct sip_tx *tx, bool ends, uint64_t now_ms)
{
    struct sip_referral *r = &call->referral;
    struct buf seconds = buf_new(32);
    struct sip_extra expires = {.name = SLICE("Expires")};
    struct sip_response ok = {.status = 200, .extra = &expires, .n_extra = 1};

    buf_putu(&seconds, ends || r->until_ms <= now_ms ? 0 : (r->until_ms - now_ms) / 1000);
    expires.value = buf_slice(&seconds);
    ok.contact = slice_of(call->contact);
    if (sip_server_respond(call->ep, tx, &ok, now_ms))
        sip_server_reject(call->ep, tx, 503, now_ms);
    else if (ends)
        leave(call, now_ms);
    else
        notify(call, now_ms);
    buf_free(&seconds);
}

/* RFC 6665 8.3.2. Not 481, by which they may think that the call is over. */
static void refuse_event(struct sip_call *call, struct sip_tx *tx, uint64_t now_ms)
{
    struct sip_extra known = {SLICE("Allow-Events"), SLICE("refer")};
    struct sip_response bad = {.status = 489, .extra = &known, .n_extra = 1};

    sip_server_respond(call->ep, tx, &bad, now_ms);
}

void sip_refer_subscribed(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                          uint64_t now_ms)
{
    struct slice event = sip_msg_header(msg, SIP_HDR_EVENT);
    struct slice expires = sip_msg_header(msg, SIP_HDR_EXPIRES);
    uint32_t seconds = 1;

    if (!is_refer(event))
        refuse_event(call, tx, now_ms);
    else if (!is_ours(&call->referral, event))
        sip_server_reject(call->ep, tx, 481, now_ms);
    else if (expires.p && sip_delta_seconds_parse(expires, &seconds))
        sip_server_reject(call->ep, tx, 400, now_ms);
    else
        subscribe(call, tx, seconds == 0, now_ms);
}

/* --- the call that comes of it ---------------------------------------------------------------- */

/* A header of the INVITE; NULL: there is none. False without memory. */
static bool take_header(struct sip_call *call, enum sip_hdr id, const char *value, char **own)
{
    *own = value ? slice_dup(slice_of(value)) : NULL;
    if (*own)
        call->extra[call->n_extra++] = (struct sip_extra){sip_header_name(id), slice_of(*own)};
    return !value || *own;
}

int sip_refer_begin(struct sip_call *call, const struct sip_call *by)
{
    const struct sip_referral *r = &by->referral;

    if (!r->open || !by->dialog)
        return -EINVAL;
    for (size_t i = 0; i < places_before(by); i++)
        if (sip_redirect_begin(call, slice_dup(place_before(by, i))))
            return -ENOMEM;
    if (!take_header(call, SIP_HDR_REPLACES, r->replaces, &call->replaces) ||
        !take_header(call, SIP_HDR_REFERRED_BY, r->by, &call->referred_by))
        return -ENOMEM;
    return sip_redirect_begin(call, slice_dup(slice_of(r->target)));
}
