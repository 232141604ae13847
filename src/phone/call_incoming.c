/* An INVITE that begins a call: whether it may ring, and what is said where it may not. */
#include <errno.h>

#include "phone/call.h"
#include "phone/phone_private.h"
#include "phone/phone_tls.h"

/* What who calls is told while nobody is to be disturbed, where nothing is configured. */
#define DND_STATUS 480

/* 0, or the status to refuse it with. */
static unsigned prepare(struct call *call, const struct sip_call_event *event)
{
    int err;

    if (call->phone->quitting)
        return 480;
    err = call_media_open(call);
    if (err == -ENOTSUP)
        return 488;
    if (err == -ENOKEY) {
        call->no_key = true;
        return 488;
    }
    if (err)
        return err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -EADDRINUSE ? 503 : 500;
    sip_endpoint_set_left(call->phone->endpoint, media_streams_left(call->phone->media));
    return event->sdp.n > 0 ? call_media_take_offer(call, event->sdp) : 0;
}

static const char *why_refused(const struct call *call, unsigned status)
{
    if (call->no_key)
        return call_keys_words(call);
    switch (status) {
    case 480:
        return "refused: the phone is about to end (480)";
    case 488:
        return "refused: we have no codec in common with the caller (488); see --codec";
    case 400:
        return "refused: the offer of the caller cannot be read (400)";
    default:
        return "refused: no port or memory for its sound is left (503)";
    }
}

/* 0: it may ring. */
static unsigned dnd_status(const struct phone *phone)
{
    if (!phone->dnd || phone->quitting)
        return 0;
    return phone->config->dnd_status ? phone->config->dnd_status : DND_STATUS;
}

static void tell_incoming(struct call *call, const struct sip_call_event *event, unsigned status)
{
    call_tell(call, &(struct phone_event){.kind = status ? PHONE_TURNED_AWAY : PHONE_INCOMING,
                                          .transport = phone_transport_name(event->flow.transport),
                                          .where = event->flow.remote,
                                          .signalling_encryption = phone_tls_of_call(call),
                                          .status = status});
}

void call_incoming(struct call *call, const struct sip_call_event *event)
{
    unsigned status, away;

    call->sip = event->call;
    call->account = event->account;
    sip_call_set_owner(event->call, call);
    call->flow = event->flow;
    call->keys.takes_info = event->takes_info;
    call->peer = phone_safe_dup(event->from_uri);
    call->peer_name = phone_safe_dup(event->from_name);
    call->target = phone_safe_dup(event->to_uri);
    call_set_contact(call, phone_caller_name(call->phone, event));
    status = away = dnd_status(call->phone);
    call->turned_away = status > 0;
    if (!status)
        status = prepare(call, event);
    call->refused = status > 0;
    call_note_begin(call);
    tell_incoming(call, event, away);
    if (!status)
        return; /* it may be gone: without memory it is told at once, and answered from there */
    call->end.own_words =
        call->turned_away ? "refused, as nobody is to be disturbed" : why_refused(call, status);
    call->end.status = status;
    call_input(call, CALL_NOT_OURS, NULL, NULL);
}
