#include "phone/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phone/account.h"
#include "phone/calls.h"
#include "phone/conference.h"
#include "phone/phone_private.h"
#include "phone/phone_tls.h"
#include "phone/transfer.h"

/* How long a busy tone is heard. */
#define BUSY_TONE_MS 1500
#define PATIENCE_MS 1500 /* with who is called, before it is told that nothing happens */

/* What a step works on. */
struct step {
    struct call *call;
    const struct sip_call_event *event;  /* or NULL */
    const struct phone_command *command; /* or NULL */
    bool closed;                         /* there was no stream to wait for */
    bool failed;                         /* the actions behind are not done */
};

struct call *call_new(struct phone *phone, enum call_state first)
{
    bool outgoing = first != CALL_INCOMING;
    struct call *call = calloc(1, sizeof *call);

    if (!call)
        return NULL;
    if (timers_reserve(&phone->timers, phone->n_calls + 1) != 0) {
        free(call);
        return NULL;
    }
    call->phone = phone;
    call->outgoing = outgoing;
    call->number = ++phone->last_number;
    call->state = first;
    call->may_send = outgoing; /* the called side is silent until the ACK */
    call->stats.remote_lost_percent = call->stats.round_trip_ms = -1;
    list_append(&phone->calls, &call->link);
    ebb_calls(&phone->ebb, ++phone->n_calls);
    return call;
}

void call_free(struct call *call)
{
    struct phone *phone = call->phone;

    transfer_forget(call);
    conference_leave(call);
    calls_unhear(call);
    list_remove(&call->link);
    ebb_calls(&phone->ebb, --phone->n_calls);
    timers_clear(&phone->timers, &call->timer);
    net_lookup_cancel(call->lookup);
    sdp_exchange_free(call->sdp);
    free(call->uri);
    free(call->codecs);
    free(call->named);
    call_early_forget(call);
    free(call->peer);
    free(call->peer_name);
    free(call->target);
    free(call->safe);
    free(call->contact);
    call_drop_pipes(call);
    call_digits_free(call);
    free(call->play);
    free(call->record);
    free(call->recorded);
    free(call->digits);
    free(call->end.reason);
    free(call->end.words);
    free(call);
}

void call_set_timer(struct call *call, uint64_t after_ms)
{
    timers_set(&call->phone->timers, &call->timer, net_now_ms() + after_ms);
    phone_set_wake(call->phone);
}

int call_set_contact(struct call *call, const char *name)
{
    free(call->contact);
    call->contact = name ? strdup(name) : NULL;
    return name && !call->contact ? -ENOMEM : 0;
}

void call_tell(struct call *call, struct phone_event *event)
{
    event->call = call->number;
    event->account = call->account ? call->account->label : NULL;
    event->peer = call->peer;
    event->peer_name = call->peer_name;
    event->target = call->target;
    event->contact = call->contact;
    phone_tell(call->phone, event);
}

void call_give_up(struct call *call, const char *words)
{
    call->end.own_words = words;
    if (!call->sip)
        return;
    if (!call->outgoing) /* where it still rings; 480 would say that nobody is there */
        sip_call_reject(call->sip, 503, SLICE(""), SLICE(""), net_now_ms());
    sip_call_hangup(call->sip, net_now_ms());
}

void call_redirected(struct call *call, const struct sip_call_event *event)
{
    struct buf text = buf_new(1024);
    char *peer = phone_safe_dup(event->to_uri);

    if (peer) {
        free(call->peer);
        call->peer = peer;
    }
    phone_set_text(&call->safe, NULL); /* that was of the way before */
    buf_puts(&text, "sent on to ");
    buf_puts(&text, peer ? peer : "another address, for whose name no memory is left");
    call_tell(call, &(struct phone_event){.kind = PHONE_NOTICE,
                                          .text = buf_ok(&text) ? buf_cstr(&text)
                                                                : "sent on to another address"});
    buf_free(&text);
}

/* --- actions -------------------------------------------------------------------------------- */

static const char *words_of_offer(const struct call *call, int err)
{
    switch (err) {
    case -EADDRINUSE:
        return "no free port for sound is left; see --rtp-ports";
    case -ENOKEY:
        return call_keys_words(call);
    case -ENOTSUP:
        return "none of its codecs can be used on this machine; see --codec";
    default:
        return "the sound could not be prepared";
    }
}

static const char *words_of_answer(int err)
{
    switch (err) {
    case -EPROTONOSUPPORT:
        return "the other side chose no codec that we know (see --codec), or no address that we "
               "can send to";
    case -ENOKEY:
        return "the call must be encrypted, and the other side answered without encryption; see "
               "--encryption";
    default:
        return "the other side did not say where and how it wants our sound";
    }
}

static void offer(struct step *s)
{
    struct call *call = s->call;
    struct buf sdp = buf_new(16384);
    bool due = call->offer_due;
    int err = 0;

    if (call->answered && call_offer_is_exposed(call, &s->event->flow))
        return;
    if (call->outgoing && !call->answered)
        call_media_forget(call); /* made for another address of ours */
    if (!call->sdp) {
        call->flow = s->event->flow;
        err = call_media_open(call);
    }
    if (!err)
        err = call_offer_wishes(call);
    call->offer_due = false;
    if (!err)
        err = call_media_describe(call, &sdp);
    s->failed = err != 0;
    if (err) {
        call_give_up(call, words_of_offer(call, err));
    } else if (sip_call_offer(call->sip, buf_slice(&sdp), net_now_ms()) != 0) {
        sdp_exchange_rollback(call->sdp);
        call->offer_due = due;
        s->failed = true;
    }
    buf_free(&sdp);
}

static void tell_ringing(struct step *s);

/* RFC 3261 13.2.2.4: each phone that our INVITE reached answers for itself. */
static struct slice answer_in(struct call *call, const struct sip_call_event *event)
{
    if (event->kind == SIP_CALL_ANSWERED && !event->sdp.n)
        return call_early_sdp(call, event->fork);
    return event->sdp;
}

static void take_answer(struct step *s)
{
    struct call *call = s->call;
    struct slice sdp = answer_in(call, s->event);
    int err = 0;

    if (s->event->kind == SIP_CALL_PROGRESS && !call_early_is_news(call, s->event->fork, sdp))
        return;
    if (sdp.n > 0)
        err = call_media_take_answer(call, sdp);
    else if (s->event->kind == SIP_CALL_ANSWERED)
        err = -EPROTO;
    else if (!sdp_exchange_stream(call->sdp) || sdp_exchange_state(call->sdp) != SDP_STABLE)
        err = -EPROTO; /* RFC 3264 5: an offer must be answered */
    s->failed = err != 0;
    if (!err && sdp.n > 0)
        call_keys_note(call, &s->event->flow);
    if (err && s->event->kind == SIP_CALL_PROGRESS)
        tell_ringing(s); /* it rings all the same; what counts is the 200 */
    else if (err)
        call_give_up(call, words_of_answer(err));
    else if (call->started && sdp.n > 0)
        call_media_update(call);
}

static void ring(struct step *s)
{
    s->call->phone->n_calls_ring += !s->call->rings;
    s->call->rings = true;
    sip_call_progress(s->call->sip, 180, SLICE(""), net_now_ms());
}

/* Whoever is in the room has not touched anything. */
static void warn_of_microphone(struct call *call)
{
    if (!call->unattended || !call->microphone || !calls_is_heard(call))
        return;
    media_stream_tone(call->stream, MEDIA_TONE_BEEP);
    call_tell(call,
              &(struct phone_event){
                  .kind = PHONE_NOTICE,
                  .text = call->outgoing ? "transferred by itself, and the microphone is open: "
                                           "this room is heard"
                                         : "answered by itself, and the microphone is open: "
                                           "this room is heard"});
}

static void accept_call(struct step *s)
{
    struct call *call = s->call;
    struct buf sdp = buf_new(16384);
    int err = call_set_sound(call, s->command);

    if (!err)
        err = call_media_describe(call, &sdp);
    if (err) {
        call_give_up(call, "no memory is left for its sound");
    } else {
        calls_hear(call);
        warn_of_microphone(call);
        sip_call_accept(call->sip, buf_slice(&sdp), net_now_ms());
        call_keys_note(call, &call->flow);
        call->sound_due = true;
        phone_wake(call->phone);
    }
    buf_free(&sdp);
}

static void reject(struct step *s)
{
    struct call *call = s->call;

    if (s->command && s->command->status >= 300 && s->command->status <= 699)
        call->end.status = s->command->status;
    else if (call->end.status == 0)
        call->end.status = 480;
    if (call->refused) /* nobody was asked */
        sip_call_refuse(call->sip, call->end.status, net_now_ms());
    else
        sip_call_reject(call->sip, call->end.status, SLICE(""), SLICE(""), net_now_ms());
}

static void hang_up(struct step *s)
{
    if (s->call->sip)
        sip_call_hangup(s->call->sip, net_now_ms());
}

static void answer_reoffer(struct step *s)
{
    s->failed = call_offer_answer(s->call, s->event->sdp, &s->event->flow) != 0;
}

static void refused(struct step *s)
{
    call_offer_refused(s->call, s->event->status);
}

static void hold(struct step *s)
{
    s->call->waits = false; /* its conference may come back without it */
    call_hold(s->call);
}

static void resume(struct step *s)
{
    calls_resume(s->call);
}

static void settled(struct step *s)
{
    call_offer_settled(s->call, s->event->kind == SIP_CALL_ANSWER);
}

static void move(struct step *s)
{
    call_moved(s->call, &s->event->flow);
}

static void move_again(struct step *s)
{
    call_move_again(s->call);
}

static void ringback(struct step *s)
{
    s->call->rung |= s->event->status == 180;
    call_set_tone(s->call);
}

static void early(struct step *s)
{
    struct call *call = s->call;

    call_media_update(call);
    if (!call->started)
        return; /* what it said could not be used */
    if (call->early_told && ip_same(&call->told_early, &call->told_where))
        return;
    call->early_told = true;
    call->told_early = call->told_where;
    call_tell(call, &(struct phone_event){.kind = PHONE_EARLY,
                                          .codec = call->told_codec,
                                          .where = call->told_where,
                                          .encryption = call_encryption_name(call)});
}

/* The sound itself waits for the next turn, behind our ACK. */
static void connect_call(struct step *s)
{
    struct call *call = s->call;
    const struct sdp_stream *stream = sdp_exchange_stream(call->sdp);

    if (s->event->kind == SIP_CALL_ANSWERED && s->event->flow.remote.family)
        call->flow = s->event->flow; /* not the first address of the host, perhaps */
    if (s->event->kind == SIP_CALL_ANSWERED)
        call->keys.takes_info = s->event->takes_info;
    call->answered = true;
    call->answered_ms = net_now_ms();
    call->sound_due = true;
    phone_wake(call->phone);
    call->told_where = stream->remote_rtp;
    call_media_codec(stream, call->told_codec, sizeof call->told_codec);
    call_tell(call, &(struct phone_event){.kind = PHONE_ANSWERED,
                                          .status = s->event->status,
                                          .codec = call->told_codec,
                                          .where = call->told_where,
                                          .encryption = call_encryption_name(call),
                                          .signalling_encryption = phone_tls_of_call(call)});
    if (call->outgoing)
        warn_of_microphone(call); /* it came of one that was answered by a rule */
    transfer_answered(call);
}

static void may_send(struct step *s)
{
    s->call->may_send = true;
    if (s->call->started)
        media_stream_may_send(s->call->stream, true);
}

static void note_end(struct step *s)
{
    struct call *call = s->call;
    const struct sip_call_event *e = s->event;

    call->sip = NULL;
    call->ended_ms = net_now_ms();
    call->sound_due = false;
    call->end.cause = e->cause;
    call->end.err = e->err;
    call->end.unanswerable = e->unanswerable;
    if (e->status > 0)
        call->end.status = e->status;
    if (e->flow.remote.family)
        call->flow = e->flow;
    call->end.reason = phone_safe_dup(e->reason);
}

static void busy_tone(struct step *s)
{
    struct call *call = s->call;

    call_set_tone(call);
    call_set_timer(call, BUSY_TONE_MS);
}

static void close_call(struct step *s)
{
    timers_clear(&s->call->phone->timers, &s->call->timer);
    conference_leave(s->call);
    calls_unhear(s->call);
    s->closed = !call_media_close(s->call);
}

static void tell_calling(struct step *s)
{
    call_note_begin(s->call);
    call_media_device(s->call);
    call_tell(s->call,
              &(struct phone_event){.kind = PHONE_CALLING,
                                    .transport = phone_transport_name(s->call->flow.transport),
                                    .where = s->call->flow.remote});
    call_set_timer(s->call, PATIENCE_MS);
}

/* RFC 3261 13.2.1: provisionals are repeated; a person wants to hear each once. */
static void tell_ringing(struct step *s)
{
    struct call *call = s->call;
    char *reason;

    if (call->told_status == s->event->status)
        return;
    call->told_status = s->event->status;
    reason = phone_safe_dup(s->event->reason);
    call_tell(call, &(struct phone_event){
                        .kind = PHONE_RINGING, .status = s->event->status, .reason = reason});
    free(reason);
}

/* An INVITE to a host that says nothing is given up after half a minute. */
static bool put_waiting(const struct call *call, struct buf *text)
{
    if (call->state == CALL_REGISTERING)
        return account_put_waiting(call->account, text);
    buf_puts(text, "waiting for ");
    ip_put_with_port(text, &call->flow.remote);
    buf_puts(text, " to ring or answer");
    return true;
}

static void tell_waiting(struct step *s)
{
    struct buf text = buf_new(2048);

    if (put_waiting(s->call, &text))
        call_tell(s->call, &(struct phone_event){.kind = PHONE_WAITING, .text = buf_cstr(&text)});
    buf_free(&text);
}

static struct phone_result result_of(const struct call *call)
{
    const struct media_stats *m = &call->stats;
    uint64_t lost = m->lost > 0 ? (uint64_t)m->lost : 0;
    struct phone_result result = {
        .answered = call->answered,
        .talk_ms = call->answered ? call->ended_ms - call->answered_ms : 0,
        .sent = m->packets_sent,
        .received = m->packets_received,
        .lost = lost,
        .from_copies = m->redundant,
        .from_fec = m->recovered,
        .concealed = m->concealed,
        .refused = m->packets_refused,
        .frames_refused = m->frames_refused,
        .jitter_ms = m->jitter_ms,
        .round_trip_ms = m->round_trip_ms,
        .their_lost_percent = m->remote_lost_percent,
    };

    quality_of_all(m, &result);
    return result;
}

static void tell_ended(struct step *s)
{
    struct call *call = s->call;
    struct buf text = buf_new(8192);
    enum phone_outcome outcome = call_outcome(call, &text);
    struct phone_event event = {
        .kind = PHONE_ENDED,
        .outcome = outcome,
        .status = call->end.status,
        .reason = call->end.reason,
        .text = buf_cstr(&text),
        .codec = call->told_codec,
        .encryption = call_encryption_name(call),
        .file = call->recorded,
        .digits = call->heard_digits,
        .result = result_of(call),
    };

    call_tell(call, &event);
    call_note_end(call, &event);
    transfer_call_ended(call);
    buf_free(&text);
}

/* --- the step ------------------------------------------------------------------------------- */

/* clang-format off */
/* In the order of enum call_action, which is the order they are done in. */
static void (*const actions[])(struct step *s) = {
    offer,    take_answer, ring,         accept_call, reject,       hang_up,     answer_reoffer,
    refused,  hold,        resume,       ringback,    early,        connect_call, may_send,
    note_end, busy_tone,   close_call,   tell_calling, tell_ringing, tell_ended,  settled,
    move,     tell_waiting, move_again,
};
/* clang-format on */

bool call_takes(const struct call *call, enum call_input input)
{
    const struct call_cell *cell = &call_table[call->state][input];

    return cell->next || cell->actions;
}

/* Whether a stream that was not there makes a second step due. */
static bool step(struct step *s, enum call_input input)
{
    struct call_cell cell = call_table[s->call->state][input];

    if (cell.next && s->call->state == CALL_CALLING) /* it has been heard of */
        timers_clear(&s->call->phone->timers, &s->call->timer);
    if (cell.next)
        s->call->state = cell.next;
    for (size_t i = 0; i < ARRAY_LEN(actions) && !s->failed; i++)
        if (cell.actions & 1u << i)
            actions[i](s);
    return s->closed;
}

/* A busy tone is for ears: the other end of SIP needs none. */
static enum call_input refine(const struct call *call, enum call_input input,
                              const struct sip_call_event *event)
{
    bool heard = calls_is_heard(call) && call->stream && !call->phone->device_fails;

    if (input == CALL_SIP_ENDED && heard && event->cause == SIP_END_REFUSED &&
        (event->status == 486 || event->status == 600) && !call->phone->quitting &&
        call_table[call->state][CALL_SIP_BUSY].next)
        return CALL_SIP_BUSY;
    return input;
}

static void ring_no_more(struct call *call)
{
    call->rings = false;
    call->phone->n_calls_ring--;
}

void call_input(struct call *call, enum call_input input, const struct sip_call_event *event,
                const struct phone_command *command)
{
    struct step s = {.call = call, .event = event, .command = command};
    struct phone *phone = call->phone;

    if (step(&s, refine(call, input, event))) {
        s.closed = false;
        step(&s, CALL_MEDIA_CLOSED);
    }
    if (call->rings && call->state != CALL_INCOMING)
        ring_no_more(call);
    if (call->state == CALL_GONE)
        call_free(call);
    calls_set_tones(phone);
}

void call_start_sound(struct call *call)
{
    if (!call->sound_due || !sdp_exchange_stream(call->sdp))
        return; /* a late offer is answered by the ACK, which makes the sound due again */
    call->sound_due = false;
    call_set_tone(call);
    call_media_update(call);
    call_media_connect(call);
}
