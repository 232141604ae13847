#include "phone/calls.h"

#include <errno.h>
#include <math.h>

#include "audio/level.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/conference.h"
#include "phone/phone_private.h"

#define VOLUME_MOST_DB 18 /* as audio/level.h */

/* --- the ear --------------------------------------------------------------------------------- */

static bool are_together(const struct call *a, const struct call *b)
{
    return a == b || (a->conference && a->conference == b->conference);
}

bool calls_is_heard(const struct call *call)
{
    const struct call *heard = call->phone->heard;

    return heard && are_together(heard, call) && (heard == call || !call->holds);
}

/* The call and its conference, with whoever is in it and not on hold already. */
static void hold_conversation(struct call *call)
{
    if (!call->conference) {
        call_hold(call);
        return;
    }
    LIST_EACH (&call->conference->members, at) {
        struct call *member = LIST_ITEM(at, struct call, member);

        if (member->holds)
            continue;
        member->waits = true;
        call_hold(member);
    }
}

void calls_hear(struct call *call)
{
    struct call *before = call->phone->heard;

    if (!conference_wants_device(call) || (before && are_together(before, call)))
        return;
    call->phone->heard = call;
    phone_end_test(call->phone);
    if (before) {
        hold_conversation(before);
        call_set_tone(before);
    }
    call_set_tone(call);
}

static void give_ear(struct call *from, struct call *to)
{
    if (from->phone->heard != from)
        return;
    from->phone->heard = to;
    call_set_tone(from);
    if (to)
        call_set_tone(to);
}

/* Somebody else of its conference who is not on hold. */
static struct call *companion(const struct call *call)
{
    if (!call->conference)
        return NULL;
    LIST_EACH (&call->conference->members, at) {
        struct call *member = LIST_ITEM(at, struct call, member);

        if (member != call && !member->holds)
            return member;
    }
    return NULL;
}

void calls_unhear(struct call *call)
{
    give_ear(call, companion(call));
}

void calls_settle_ear(struct phone *phone)
{
    if (phone->heard && !conference_wants_device(phone->heard))
        give_ear(phone->heard, NULL);
}

void calls_resume(struct call *call)
{
    call->waits = false;
    call_resume(call);
    if (!call->conference)
        return;
    LIST_EACH (&call->conference->members, at) {
        struct call *member = LIST_ITEM(at, struct call, member);

        if (!member->waits)
            continue;
        member->waits = false;
        call_resume(member);
    }
}

/* --- all of them ----------------------------------------------------------------------------- */

void calls_set_tones(struct phone *phone)
{
    phone_set_ring(phone);
    if (!phone->heard)
        return;
    phone->waiting = phone->n_calls_ring > 0;
    call_set_tone(phone->heard);
}

bool phone_is_dnd(const struct phone *phone)
{
    return phone->dnd;
}

void calls_set_dnd(struct phone *phone, bool on)
{
    if (phone->dnd != on)
        phone_tell(phone, &(struct phone_event){.kind = PHONE_DND_SET, .on = on});
    phone->dnd = on;
}

void calls_network_changed(struct phone *phone)
{
    LIST_EACH (&phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if (call->sip)
            sip_call_network_changed(call->sip, net_now_ms());
    }
}

void calls_registered(struct account *account)
{
    LIST_EACH (&account->phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if (call->sip && call->account == account)
            sip_call_contact_changed(call->sip);
    }
}

static bool is_volume(double db)
{
    return db >= (double)LEVEL_SILENCE_DB && db <= VOLUME_MOST_DB;
}

int calls_set_volume(struct phone *phone, const struct phone_command *command, struct buf *why)
{
    double microphone_db = command->microphone_db, speaker_db = command->speaker_db;
    struct media_gains gains;

    microphone_db = isnan(microphone_db) ? phone->microphone_db : microphone_db;
    speaker_db = isnan(speaker_db) ? phone->speaker_db : speaker_db;
    if (!is_volume(microphone_db) || !is_volume(speaker_db))
        return phone_refuse(why, -EINVAL, "a volume is from -96 (silence) to 18 dB");
    phone->microphone_db = microphone_db;
    phone->speaker_db = speaker_db;
    gains.microphone = level_gain_of_db((float)microphone_db);
    gains.speaker = level_gain_of_db((float)speaker_db);
    media_volume(phone->media, &gains);
    phone_tell(phone, &(struct phone_event){.kind = PHONE_VOLUMES,
                                            .microphone_db = microphone_db,
                                            .speaker_db = speaker_db});
    return 0;
}
