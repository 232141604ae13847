/* sip/reinvite.c - offers within a call, by either side, and their collisions (RFC 3261 14, RFC
 * 3311). */
#include <errno.h>

#include "sip/core.h"
#include "sip/locate.h"

/* --- theirs ----------------------------------------------------------------------------------- */

/* RFC 3261 14.2: try again a little later, not all at the same time. */
static void reject_for_now(struct sip_call *call, struct sip_tx *tx, uint64_t now_ms)
{
    struct buf seconds = buf_new(16);
    struct sip_extra extra = {.name = SLICE("Retry-After")};
    struct sip_response response = {
        .status = 500, .to_tag = slice_of(call->tag), .extra = &extra, .n_extra = 1};

    buf_putu(&seconds, rng_below(call->ep->config.rng, 11));
    extra.value = buf_slice(&seconds);
    sip_server_respond(call->ep, tx, &response, now_ms);
    buf_free(&seconds);
}

void sip_reinvite_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                        uint64_t now_ms)
{
    struct slice sdp = sip_call_sdp(msg);
    struct sip_call_event event = {.kind = SIP_CALL_REOFFER, .sdp = sdp, .flow = *sip_tx_flow(tx)};

    if (call->state == SIP_CALL_OVER) {
        sip_server_reject(call->ep, tx, 481, now_ms);
        return;
    }
    if (call->asked.tx_key && !call->asked.answered) {
        reject_for_now(call, tx, now_ms);
        return;
    }
    /* Our own offer is open, or the answer to theirs has not been acknowledged: glare. */
    if (call->asked.answered || call->offer) {
        sip_server_reject(call->ep, tx, 491, now_ms);
        return;
    }
    if (!sip_server_takes_body(call->ep, tx, msg, now_ms))
        return;
    call->asked = (struct sip_asked){
        .tx_key = sip_tx_key(tx), .method = msg->method, .cseq = msg->cseq.number};
    if (sdp.n) {
        sip_call_tell(call, &event);
    } else if (msg->method == SIP_UPDATE) {
        sip_uas_say_2xx(call, sdp, now_ms);
    } else {
        call->asked.late_offer = true;
        event.kind = SIP_CALL_OFFER_WANTED;
        sip_call_tell(call, &event);
    }
}

int sip_call_reoffer_answer(struct sip_call *call, unsigned status, struct slice sdp,
                            uint64_t now_ms)
{
    int err = 0;

    if (call->state != SIP_CALL_UP || !call->asked.tx_key || call->asked.answered)
        return -ENOENT; /* they have cancelled it meanwhile */
    if (status < 300)
        err = sip_uas_say_2xx(call, sdp, now_ms);
    else
        sip_uas_refuse(call, status, SLICE(""), SLICE(""), now_ms);
    sip_core_sweep(call->ep);
    return err;
}

/* --- ours ------------------------------------------------------------------------------------- */

static void close_offer(struct sip_call *call)
{
    call->offer = NULL;
    sip_call_wait(call, SIP_WAIT_OFFER, NEVER_MS);
}

/* It has gone out, and may be taken all the same. */
static void lose_offer(struct sip_call *call)
{
    if (!call->lost.first)
        call->lost.first = sip_req_cseq(call->offer);
    call->lost.remote_seq = call->dialog->remote_seq;
    close_offer(call);
}

static void offer_anew(struct sip_call *call, uint64_t now_ms);

static void refused(struct sip_call *call, unsigned status, uint64_t now_ms)
{
    struct sip_call_event event = {.kind = SIP_CALL_OFFER_REFUSED, .status = status};
    struct sip_call_event end = {.cause = SIP_END_TIMEOUT, .status = 408};

    close_offer(call);
    if (call->moving && status >= 500 && status < 600) {
        sip_move_failed(call, now_ms);
        return;
    }
    /* RFC 3261 12.2.1.2: these two say that the call is no more on the other side. */
    if (status != 408 && status != 481) {
        sip_move_over(call); /* it does not want to know */
        sip_call_tell(call, &event);
        if (call->lost.taken)
            offer_anew(call, now_ms);
        return;
    }
    if (call->state != SIP_CALL_UP)
        return;
    if (status == 481)
        end = (struct sip_call_event){.cause = SIP_END_REMOTE, .status = 481};
    sip_call_bye(call, call->dialog, now_ms);
    sip_call_over(call, &end, now_ms);
}

/* RFC 3261 14.1: whose Call-ID it is waits longer, in units of 10 ms, so the two do not meet
 * again. */
static void wait_for_turn(struct sip_call *call, uint64_t now_ms)
{
    struct rng *rng = call->ep->config.rng;
    uint32_t wait_ms =
        call->outgoing ? 2100 + 10 * rng_below(rng, 191) : 10 + 10 * rng_below(rng, 200);

    if (call->offer_hurries)
        wait_ms = SIP_T1_MS;
    call->offer_waits = true;
    sip_call_wait(call, SIP_WAIT_GLARE, now_ms + wait_ms);
}

static void stop_waiting(struct sip_call *call)
{
    call->offer_waits = call->offer_hurries = false;
    sip_call_wait(call, SIP_WAIT_GLARE, NEVER_MS);
}

/* Theirs may come and be answered meanwhile, so ours is over, and made anew when its time comes. */
static void glare(struct sip_call *call, uint64_t now_ms)
{
    static const struct sip_call_event event = {.kind = SIP_CALL_OFFER_REFUSED, .status = 491};

    close_offer(call);
    wait_for_turn(call, now_ms);
    sip_call_tell(call, &event);
}

static void accepted(struct sip_call *call, struct sip_req *req, const struct sip_msg *msg,
                     uint64_t now_ms)
{
    struct sip_call_event event = {.kind = SIP_CALL_ANSWER,
                                   .status = msg->status,
                                   .sdp = sip_call_sdp(msg),
                                   .flow = *sip_req_flow(req)};

    if (call->offer == req)
        sip_dialog_set_target(call->dialog, sip_dialog_target_in(msg));
    sip_fork_ack(call, call->dialog, msg->cseq.number, now_ms);
    if (call->offer != req)
        return; /* a copy */
    close_offer(call);
    call->lost.first = 0; /* they were before it on the other side, too */
    call->lost.taken = false;
    sip_move_over(call);
    sip_call_tell(call, &event);
}

/* RFC 3261 12.2.1.2: as by a 408. While we move, see sip_move_again. */
static void unanswered(struct sip_call *call, unsigned told, uint64_t now_ms)
{
    lose_offer(call);
    if (call->moving)
        sip_move_failed(call, now_ms);
    else
        refused(call, told & SIP_REQ_TIMEOUT ? 408 : 503, now_ms);
}

static void on_offer(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                     int err, uint64_t now_ms)
{
    struct sip_call *call = arg;
    bool open = call->offer == req;

    (void)err;
    if (told & SIP_REQ_RESPONSE && msg->status >= 200 && msg->status < 300)
        accepted(call, req, msg, now_ms);
    else if (told & SIP_REQ_RESPONSE && msg->status == 491 && open && call->state == SIP_CALL_UP)
        glare(call, now_ms);
    else if (told & SIP_REQ_RESPONSE && msg->status >= 300 && open)
        refused(call, msg->status, now_ms);
    else if (told & SIP_REQ_OVER && open)
        unanswered(call, told, now_ms);
    if (told & SIP_REQ_OVER || (told & SIP_REQ_RESPONSE && msg->status >= 300))
        sip_req_free(req);
    sip_call_settle(call, now_ms);
}

/* What leaves by TLS or not at all is told apart from what memory may come for. */
static int why_unsent(const struct sip_call *call)
{
    return call->sealed && !sip_call_goes_by_tls(call) ? -EPROTONOSUPPORT : -ENOMEM;
}

static int send_offer(struct sip_call *call, uint64_t now_ms)
{
    call->offer = sip_call_request(call, call->dialog, SIP_INVITE, 0, buf_slice(&call->offer_sdp),
                                   on_offer, now_ms);
    if (!call->offer)
        return why_unsent(call);
    call->offer_cancelled = false;
    sip_call_wait(call, SIP_WAIT_OFFER, now_ms + SIP_OFFER_MAX_MS);
    return 0;
}

void sip_reinvite_stuck(struct sip_call *call, uint64_t now_ms)
{
    if (!call->offer)
        return;
    if (call->offer_cancelled && sip_req_tx(call->offer)) {
        sip_tx_give_up(sip_req_tx(call->offer), now_ms);
        return;
    }
    call->offer_cancelled = true;
    sip_req_cancel(call->offer, now_ms);
    sip_call_wait(call, SIP_WAIT_OFFER, now_ms + SIP_64T1_MS);
}

/* Its transaction is over for us; see sip_reinvite_late_2xx. */
static void give_up(struct sip_call *call, uint64_t now_ms)
{
    struct sip_req *req = call->offer;

    lose_offer(call);
    if (sip_req_tx(req))
        sip_tx_give_up(sip_req_tx(req), now_ms); /* on_offer frees it */
    else
        sip_req_free(req);
}

void sip_reinvite_drop(struct sip_call *call, uint64_t now_ms)
{
    static const struct sip_call_event event = {.kind = SIP_CALL_OFFER_REFUSED};

    if (!call->offer && !call->offer_waits)
        return;
    stop_waiting(call);
    if (call->offer)
        give_up(call, now_ms);
    sip_call_tell(call, &event);
}

void sip_reinvite_put_off(struct sip_call *call, uint64_t now_ms)
{
    if (!call->offer)
        return;
    give_up(call, now_ms);
    call->offer_hurries = true; /* it went to where it is in nobody's way */
    glare(call, now_ms);
}

void sip_reinvite_over(struct sip_call *call, uint64_t now_ms)
{
    if (!call->offer)
        return;
    call->offer_cancelled = true;
    sip_req_no_more_targets(call->offer);
    sip_call_wait(call, SIP_WAIT_OFFER, now_ms + SIP_64T1_MS);
}

static int keep_offer(struct sip_call *call, struct slice sdp)
{
    buf_clear(&call->offer_sdp);
    buf_put(&call->offer_sdp, sdp);
    return buf_ok(&call->offer_sdp) ? 0 : -ENOMEM;
}

bool sip_call_goes_by_tls(const struct sip_call *call)
{
    struct sip_locate where;
    struct sip_uri uri;

    return call->dialog && sip_uri_parse(sip_dialog_next_hop(call->dialog), &uri) == 0 &&
           sip_locate_uri(&uri, &where) == 0 && (where.secure || where.transport == SIP_TLS);
}

void sip_call_seal(struct sip_call *call, bool on)
{
    call->sealed = on;
}

int sip_call_reinvite(struct sip_call *call, struct slice sdp, uint64_t now_ms)
{
    int err;

    if (call->state != SIP_CALL_UP)
        return -ENOTCONN;
    if (call->offer || call->offer_waits || call->asked.tx_key)
        return -EBUSY;
    err = keep_offer(call, sdp);
    if (!err)
        err = send_offer(call, now_ms);
    sip_core_sweep(call->ep);
    return err;
}

void sip_reinvite_again(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event event = {.kind = SIP_CALL_OFFER_WANTED};

    if (call->state != SIP_CALL_UP || !call->offer_waits)
        return;
    if (call->asked.tx_key) {
        wait_for_turn(call, now_ms); /* theirs came in between and is not settled */
        return;
    }
    event.flow = call->dialog->flow;
    sip_call_tell(call, &event);
}

void sip_reinvite_offer(struct sip_call *call, struct slice sdp, uint64_t now_ms)
{
    if (call->asked.tx_key) {
        glare(call, now_ms); /* theirs came while the owner made up its mind */
        return;
    }
    stop_waiting(call);
    if (keep_offer(call, sdp) || send_offer(call, now_ms))
        refused(call, 503, now_ms);
}

/* --- taken when it had been given up ---------------------------------------------------------- */

static bool was_lost(const struct sip_call *call, uint32_t cseq)
{
    return call->state == SIP_CALL_UP && call->lost.first && cseq >= call->lost.first;
}

/* What holds on the other side is what it took, or what was agreed on since, whichever came last
 * there. One more offer makes it the same again: the one that is on its way, unless that is
 * refused. Nothing collides, so it does not wait for the time of glare; and it is asked for once,
 * however often they say so, and whatever they think of it. */
static void offer_anew(struct sip_call *call, uint64_t now_ms)
{
    bool wanted = call->offer_waits && call->wait_ms[SIP_WAIT_GLARE] == NEVER_MS;

    call->lost.first = 0;
    call->lost.taken = call->offer != NULL;
    if (call->offer || wanted)
        return; /* there will be one anyway */
    stop_waiting(call);
    call->offer_waits = call->offer_hurries = true;
    sip_reinvite_again(call, now_ms);
}

void sip_reinvite_late_2xx(struct sip_call *call, const struct sip_msg *msg, uint64_t now_ms)
{
    bool lost = was_lost(call, msg->cseq.number);

    /* Where they are, too, unless a request of theirs has said so since. */
    if (lost && call->lost.remote_seq == call->dialog->remote_seq)
        sip_dialog_set_target(call->dialog, sip_dialog_target_in(msg));
    sip_fork_ack(call, call->dialog, msg->cseq.number, now_ms);
    if (lost)
        offer_anew(call, now_ms);
}
