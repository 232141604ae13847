/* Offers within a call: hold, resume, another address of ours; and those of the other side.
 *
 * What we want (call->holds, call->media_at) may change at any moment; an offer may leave only when
 * none is open in either direction (RFC 3264 4). So each change asks for an offer, and
 * call_offer_settled sends what is still due once the one before it is over. */
#include <errno.h>

#include "base/mem.h"
#include "phone/call.h"
#include "phone/calls.h"

#define MOVE_AGAIN_MS 1000 /* until a part of a move that failed is tried once more */

int call_offer_wishes(struct call *call)
{
    struct sdp_local us = *sdp_exchange_local(call->sdp);
    int err;

    us.address = call->media_at;
    us.direction = call->holds ? SDP_SENDONLY : SDP_SENDRECV;
    call_keys_wishes(call, &us.keying);
    err = sdp_exchange_set_local(call->sdp, &us);
    mem_wipe(&us.keying, sizeof us.keying);
    return err;
}

static bool is_agreed(const struct call *call)
{
    return call->agreed_hold == call->holds && ip_same(&call->agreed_at, &call->media_at) &&
           !call->moved;
}

static void tell_on_hold(struct call *call, unsigned status)
{
    call->told_hold = call->holds;
    call_tell(call,
              &(struct phone_event){.kind = PHONE_ON_HOLD, .on = call->holds, .status = status});
}

static int send_offer(struct call *call)
{
    struct buf sdp = buf_new(16384);
    int err = call_offer_wishes(call);

    sdp_exchange_set_room(call->sdp, sip_call_room(call->sip));
    if (!err)
        err = sdp_exchange_offer(call->sdp, &sdp);
    if (!err) {
        err = sip_call_reinvite(call->sip, buf_slice(&sdp), net_now_ms());
        if (err)
            sdp_exchange_rollback(call->sdp);
    }
    buf_free(&sdp);
    return err;
}

/* Makes an offer where what is agreed is not what we want, now or as soon as that may be. Of a move
 * the other side has to hear, whatever memory there is at this moment. */
static void make_offer(struct call *call)
{
    int err;

    call->offer_due = call->state != CALL_UP || call->offering;
    if (call->offer_due)
        return;
    if (is_agreed(call)) {
        if (call->told_hold != call->holds)
            tell_on_hold(call, 0); /* nobody but us has to know */
        return;
    }
    err = send_offer(call);
    call->offering = !err;
    call->offer_due = err == -EBUSY || (err == -ENOMEM && call->moved);
    if (err == -ENOMEM && call->moved)
        call_set_timer(call, MOVE_AGAIN_MS);
    else if (err && err != -EBUSY)
        call_offer_refused(call, 500);
}

/* The hold is felt at once, whatever the other side says to it. */
static void set_hold(struct call *call, bool on)
{
    call->holds = on;
    if (on)
        calls_unhear(call);
    else
        calls_hear(call);
    call_media_device(call);
    if (call->started)
        call_media_update(call);
}

void call_hold(struct call *call)
{
    set_hold(call, true);
    make_offer(call);
}

void call_resume(struct call *call)
{
    set_hold(call, false);
    make_offer(call);
}

/* From the old address nothing is heard: it is tried until there are ports at the new one. */
static void move_sound(struct call *call)
{
    bool lost = !ip_same_host(&call->media_at, &call->flow.local) && call_media_move(call) != 0;

    if (lost && !call->sound_lost)
        call_tell(call, &(struct phone_event){
                            .kind = PHONE_NOTICE,
                            .text = "the network has changed, and no port for sound could be had "
                                    "at the new address: nothing is heard until there is one"});
    call->sound_lost = lost;
    if (lost)
        call_set_timer(call, MOVE_AGAIN_MS);
}

void call_moved(struct call *call, const struct sip_flow *flow)
{
    call->flow.local = flow->local;
    call->moved = true;
    move_sound(call);
    make_offer(call);
}

void call_move_again(struct call *call)
{
    bool lost = call->sound_lost;

    move_sound(call);
    if (call->offer_due || lost != call->sound_lost)
        make_offer(call);
}

static void tell_moved(struct call *call)
{
    bool first = call->told_at.family == 0;

    if (ip_same(&call->told_at, &call->agreed_at))
        return;
    call->told_at = call->agreed_at;
    if (!first)
        call_tell(call, &(struct phone_event){.kind = PHONE_MOVED, .where = call->agreed_at});
}

void call_offer_settled(struct call *call, bool ours)
{
    const struct sdp_local *us = sdp_exchange_local(call->sdp);

    if (ours) {
        call->offering = false;
        call->moved = call->moved && call->offer_due; /* meanwhile once more */
    }
    if (sdp_exchange_state(call->sdp) != SDP_STABLE)
        return;
    call->agreed_hold = !(us->direction & SDP_RECVONLY);
    call->agreed_at = us->address;
    if (call->agreed_hold == call->holds && call->told_hold != call->holds)
        tell_on_hold(call, 0);
    tell_moved(call);
    if (call->offer_due)
        make_offer(call);
}

/* A hold that the other side refuses holds on this side: it hears silence, and we do not hear it.
 * A refused resume changes nothing. */
static void tell_refusal(struct call *call, unsigned status)
{
    const char *words = "the other side takes no note of the hold: it hears silence";

    if (!call->holds) {
        words = "the other side does not go on: the call stays on hold";
        set_hold(call, true);
    }
    call_tell(call, &(struct phone_event){.kind = PHONE_NOTICE, .status = status, .text = words});
    tell_on_hold(call, status);
}

void call_offer_refused(struct call *call, unsigned status)
{
    sdp_exchange_rollback(call->sdp);
    if (status == 491)
        return; /* it will be asked for again */
    call->offering = false;
    if (status == 0) {
        call->offer_due = true; /* we have moved, and are about to hear where to */
        return;
    }
    if (call->agreed_hold != call->holds && !call->offer_due)
        tell_refusal(call, status);
    if (call->moved)
        call_tell(call, &(struct phone_event){
                            .kind = PHONE_NOTICE,
                            .status = status,
                            .text = "the other side does not take note of our new address: it "
                                    "may not be heard any more"});
    call->moved = false;
    if (call->offer_due)
        make_offer(call);
}

static void refuse_keys(struct call *call)
{
    call_tell(call,
              &(struct phone_event){
                  .kind = PHONE_NOTICE,
                  .text = "the other side wanted keys for the sound to go in the clear, which "
                          "have gone by TLS so far; refused"});
    sip_call_reoffer_answer(call->sip, 488, SLICE(""), net_now_ms());
}

bool call_offer_is_exposed(struct call *call, const struct sip_flow *flow)
{
    bool exposed = sip_call_is_asked(call->sip) && !call_keys_may_go(call, flow) &&
                   (call_keys_in_use(call) || sip_call_goes_by_tls(call->sip));

    if (exposed)
        refuse_keys(call);
    return exposed;
}

/* What was answered so is agreed on; what was refused leaves all as it was. */
static void settle(struct call *call, unsigned status, const struct sip_flow *flow)
{
    if (!status) {
        sdp_exchange_agree(call->sdp);
        call_keys_note(call, flow);
        call_media_update(call);
    } else if (sdp_exchange_state(call->sdp) == SDP_THEY_OFFERED) {
        sdp_exchange_rollback(call->sdp);
    }
}

unsigned call_offer_answer(struct call *call, struct slice offer, const struct sip_flow *flow)
{
    struct buf sdp = buf_new(16384);
    unsigned status;
    int err = 0;

    if (slice_ihas(offer, SLICE("a=crypto:")) && !call_keys_may_go(call, flow)) {
        refuse_keys(call);
        return 488;
    }
    call_offer_wishes(call); /* where an offer is open, taking theirs fails below */
    status = call_media_take_offer(call, offer);
    if (!status)
        err = call_media_draft_answer(call, &sdp);
    if (err)
        status = err == -ENOMEM ? 503 : 500;
    if (call->no_key)
        call_tell(call, &(struct phone_event){
                            .kind = PHONE_NOTICE,
                            .text = "the other side wanted to go on without encryption; refused"});
    err = sip_call_reoffer_answer(call->sip, status ? status : 200, buf_slice(&sdp), net_now_ms());
    buf_free(&sdp);
    if (!status && err)
        status = 503; /* which it was told instead */
    settle(call, status, flow);
    return status;
}
