/* How calls are heard, once a second, while somebody wants to know: else nothing is asked for,
 * measured or computed. */
#include "phone/call.h"
#include "phone/phone_private.h"
#include "phone/quality.h"

#define SECOND_MS 1000

/* Whether there is one that is to be asked again: also where its ACK is still to come. */
static bool ask_all(struct phone *phone)
{
    bool any = false;

    LIST_EACH (&phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if ((call->state != CALL_UP && call->state != CALL_ANSWERING) || !call->stream)
            continue;
        media_stream_stats(call->stream);
        any = true;
    }
    return any;
}

static void on_second(void *arg)
{
    struct phone *phone = arg;

    phone->quality_due = ask_all(phone);
    if (phone->quality_due)
        net_deadline_set(phone->quality, net_now_ms() + SECOND_MS);
}

void phone_quality(struct phone *phone, bool on)
{
    if (on == (phone->quality != NULL))
        return;
    phone->quality_due = false;
    if (on && net_deadline_new(phone->loop, on_second, phone, &phone->quality) == 0) {
        on_second(phone);
        return;
    }
    net_deadline_free(phone->quality);
    phone->quality = NULL;
    LIST_EACH (&phone->calls, at)
        LIST_ITEM(at, struct call, link)->quality.known = false;
}

void call_quality_begin(struct call *call)
{
    struct phone *phone = call->phone;

    if (!phone->quality)
        return;
    media_stream_stats(call->stream); /* what the first second is counted from */
    if (!phone->quality_due)
        net_deadline_set(phone->quality, net_now_ms() + SECOND_MS);
    phone->quality_due = true;
}

void call_quality_take(struct call *call, const struct media_stats *stats)
{
    struct phone_event event = {.kind = PHONE_QUALITY, .call = call->number};
    struct phone_quality quality;

    if (!call->phone->quality || !quality_since(&call->quality, stats, &quality))
        return;
    event.quality = &quality;
    if (call->state == CALL_UP)
        phone_tell(call->phone, &event); /* the number does: there are many of these */
}
