#include "phone/conference.h"

#include <errno.h>
#include <stdlib.h>

#include "phone/call.h"
#include "phone/calls.h"
#include "phone/phone_private.h"

bool conference_wants_device(const struct call *call)
{
    if (call->device || !call->conference)
        return call->device;
    LIST_EACH (&call->conference->members, at)
        if (LIST_ITEM(at, struct call, member)->device)
            return true;
    return false;
}

uint32_t conference_number(const struct call *call)
{
    return call->conference ? call->conference->number : 0;
}

static void tell(struct call *call, enum phone_event_kind kind, uint32_t number)
{
    call_tell(call, &(struct phone_event){.kind = kind, .conference = number});
}

static void mix(struct call *call)
{
    if (call->stream)
        media_stream_mix(call->stream, conference_number(call));
}

/* --- in and out ------------------------------------------------------------------------------ */

static void enter(struct conference *c, struct call *call)
{
    call->conference = c;
    list_append(&c->members, &call->member);
    mix(call);
    tell(call, PHONE_JOINED, c->number);
}

static void take_out(struct call *call)
{
    uint32_t number = call->conference->number;

    list_remove(&call->member);
    call->conference = NULL;
    call->waits = false;
    mix(call);
    tell(call, PHONE_PARTED, number);
}

static void set_devices(const struct conference *c)
{
    LIST_EACH (&c->members, at)
        call_media_device(LIST_ITEM(at, struct call, member));
}

/* Nobody is in a conference alone; whether those who stay use the device may have changed. */
static void after_one_left(struct phone *phone, struct conference *c)
{
    struct list *first = list_first(&c->members);
    struct call *last = LIST_ITEM(first, struct call, member);
    bool alone = first->next == &c->members;

    if (alone)
        take_out(last);
    calls_settle_ear(phone);
    if (!alone) {
        set_devices(c);
        return;
    }
    call_media_device(last);
    free(c);
}

void conference_leave(struct call *call)
{
    struct conference *c = call->conference;

    if (!c)
        return;
    calls_unhear(call); /* the others keep the ear */
    take_out(call);
    after_one_left(call->phone, c);
}

/* --- commands -------------------------------------------------------------------------------- */

static struct conference *conference_new(struct phone *phone)
{
    struct conference *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    list_init(&c->members);
    c->number = ++phone->last_conference;
    return c;
}

/* The older of two stays, as more may know it. */
static struct conference *choose(struct phone *phone, const struct call *a, const struct call *b)
{
    if (a->conference && b->conference)
        return a->conference->number < b->conference->number ? a->conference : b->conference;
    if (a->conference)
        return a->conference;
    return b->conference ? b->conference : conference_new(phone);
}

/* The call, and all that it was joined with. */
static void bring(struct conference *c, struct call *call)
{
    struct conference *before = call->conference;

    if (before == c)
        return;
    if (!before) {
        enter(c, call);
        return;
    }
    LIST_EACH (&before->members, at) {
        struct call *member = LIST_ITEM(at, struct call, member);
        bool waits = member->waits;

        take_out(member);
        member->waits = waits;
        enter(c, member);
    }
    free(before);
}

/* What was on hold is in conversation now. */
static void wake(struct call *call)
{
    if (call->holds)
        calls_resume(call);
    else
        calls_hear(call);
}

int conference_join(struct phone *phone, struct call *call, struct call *other, struct buf *why)
{
    struct conference *c;

    if (call == other)
        return phone_refuse(why, -EINVAL, "a call cannot be joined with itself");
    if (call->state != CALL_UP || other->state != CALL_UP)
        return phone_refuse(why, -EBUSY, "both calls have to be answered");
    c = choose(phone, call, other);
    if (!c)
        return phone_refuse(why, -ENOMEM, "no memory is left for a conference");
    bring(c, call);
    bring(c, other);
    wake(call);
    wake(other);
    set_devices(c);
    return 0;
}

/* The ear stays with those who stay, where one of them wants it: so the one who parts is put on
 * hold, if it has no other way to be heard. */
int conference_part(struct call *call, struct buf *why)
{
    bool heard = calls_is_heard(call);

    if (!call->conference)
        return phone_refuse(why, -EBUSY, "the call is in no conference");
    conference_leave(call);
    if (heard && call->device && call->phone->heard)
        call_hold(call);
    else if (heard)
        calls_hear(call);
    call_media_device(call);
    return 0;
}
