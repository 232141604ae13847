/* Events on their way to the listener: copied when they happen, delivered from the loop. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "phone/phone_private.h"

/* What is foreign in an event is shown up to this length. */
#define SHOWN_BYTES 1024

struct queued_event {
    struct list link;
    struct phone_event event;
    char text[]; /* all strings, one behind the other */
};

/* The strings of an event, so that copying them is a loop. */
#define N_STRINGS 13

static const size_t strings[N_STRINGS] = {
    offsetof(struct phone_event, peer),       offsetof(struct phone_event, peer_name),
    offsetof(struct phone_event, target),     offsetof(struct phone_event, transport),
    offsetof(struct phone_event, codec),      offsetof(struct phone_event, reason),
    offsetof(struct phone_event, text),       offsetof(struct phone_event, file),
    offsetof(struct phone_event, digits),     offsetof(struct phone_event, contact),
    offsetof(struct phone_event, account),    offsetof(struct phone_event, seen_at),
    offsetof(struct phone_event, encryption),
};

static const char **string_of(struct phone_event *event, size_t i)
{
    return (const char **)(void *)((char *)event + strings[i]);
}

void phone_fill_event(struct phone_event *event)
{
    for (size_t i = 0; i < N_STRINGS; i++)
        if (!*string_of(event, i))
            *string_of(event, i) = "";
}

static struct queued_event *copy(struct phone_event *event)
{
    struct queued_event *q;
    size_t need = 0, at = 0;

    for (size_t i = 0; i < N_STRINGS; i++)
        need += strlen(*string_of(event, i)) + 1;
    q = malloc(sizeof *q + need);
    if (!q)
        return NULL;
    q->event = *event;
    for (size_t i = 0; i < N_STRINGS; i++) {
        size_t n = strlen(*string_of(event, i)) + 1;

        memcpy(q->text + at, *string_of(event, i), n);
        *string_of(&q->event, i) = q->text + at;
        at += n;
    }
    return q;
}

void phone_tell(struct phone *phone, const struct phone_event *event)
{
    struct phone_event filled = *event;
    struct queued_event *q;

    phone_fill_event(&filled);
    q = copy(&filled);
    if (!q) {
        phone->listener(phone->arg, &filled); /* at the wrong moment is better than never */
        return;
    }
    list_append(&phone->events, &q->link);
    phone_wake(phone);
}

static struct queued_event *take(struct phone *phone)
{
    struct list *first = list_first(&phone->events);

    if (!first)
        return NULL;
    list_remove(first);
    return LIST_ITEM(first, struct queued_event, link);
}

void phone_deliver(struct phone *phone)
{
    struct queued_event *q;

    if (phone->delivering || phone->in_command > 0)
        return;
    phone->delivering = true;
    while ((q = take(phone))) {
        phone->listener(phone->arg, &q->event);
        free(q);
    }
    phone->delivering = false;
}

void phone_drop_events(struct phone *phone)
{
    struct queued_event *q;

    while ((q = take(phone)))
        free(q);
}

char *phone_safe_dup(struct slice foreign)
{
    struct buf safe = buf_new(4 * SHOWN_BYTES);
    char *copy_of_it;

    text_safe(&safe, slice_head(foreign, SHOWN_BYTES));
    copy_of_it = slice_dup(buf_slice(&safe));
    buf_free(&safe);
    return copy_of_it;
}

const char *phone_transport_name(enum sip_transport transport)
{
    switch (transport) {
    case SIP_UDP:
        return "udp";
    case SIP_TCP:
        return "tcp";
    case SIP_TLS:
        return "tls";
    }
    return "";
}
