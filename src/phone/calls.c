#include "phone/calls.h"

#include "phone/call.h"
#include "phone/phone_private.h"

bool calls_is_heard(const struct call *call)
{
    return call->phone->heard == call;
}

void calls_hear(struct call *call)
{
    struct call *before = call->phone->heard;

    if (!call->device || before == call)
        return;
    call->phone->heard = call;
    if (before)
        call_hold(before);
    call_set_tone(call);
}

void calls_unhear(struct call *call)
{
    if (call->phone->heard != call)
        return;
    call->phone->heard = NULL;
    call_set_tone(call);
}

void calls_set_tones(struct phone *phone)
{
    bool waiting = false;

    if (!phone->heard)
        return;
    LIST_EACH (&phone->calls, at) {
        const struct call *call = LIST_ITEM(at, struct call, link);

        waiting |= call->state == CALL_INCOMING && call->rings;
    }
    phone->waiting = waiting;
    call_set_tone(phone->heard);
}

void calls_network_changed(struct phone *phone)
{
    LIST_EACH (&phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if (call->sip)
            sip_call_network_changed(call->sip, net_now_ms());
    }
}
