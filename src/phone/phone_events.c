/* Events on their way to the listener: copied when they happen, delivered from the loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "phone/phone_private.h"

/* What is foreign in an event is shown up to this length. */
#define SHOWN_BYTES 1024

struct queued_event {
    struct list link;
    struct phone_event event;
    struct phone_quality quality; /* that event points at, where it has one */
    struct phone_device *devices; /* likewise, in one piece with their strings, or NULL */
    char text[];                  /* all strings, one behind the other */
};

/* The strings of an event, so that copying them is a loop. */
#define N_STRINGS 18

static const size_t strings[N_STRINGS] = {
    offsetof(struct phone_event, peer),       offsetof(struct phone_event, peer_name),
    offsetof(struct phone_event, target),     offsetof(struct phone_event, transport),
    offsetof(struct phone_event, codec),      offsetof(struct phone_event, reason),
    offsetof(struct phone_event, text),       offsetof(struct phone_event, file),
    offsetof(struct phone_event, digits),     offsetof(struct phone_event, contact),
    offsetof(struct phone_event, account),    offsetof(struct phone_event, seen_at),
    offsetof(struct phone_event, encryption), offsetof(struct phone_event, suite),
    offsetof(struct phone_event, device),     offsetof(struct phone_event, signalling_encryption),
    offsetof(struct phone_event, way),        offsetof(struct phone_event, to),
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

/* Puts a copy of text where *at is and moves that behind it. */
static const char *pack(char **at, const char *text)
{
    size_t n = strlen(text) + 1;
    const char *out = memcpy(*at, text, n);

    *at += n;
    return out;
}

static struct queued_event *copy_strings(struct phone_event *event)
{
    struct queued_event *q;
    size_t need = 0;
    char *at;

    for (size_t i = 0; i < N_STRINGS; i++)
        need += strlen(*string_of(event, i)) + 1;
    q = malloc(sizeof *q + need);
    if (!q)
        return NULL;
    q->event = *event;
    q->devices = NULL;
    at = q->text;
    for (size_t i = 0; i < N_STRINGS; i++)
        *string_of(&q->event, i) = pack(&at, *string_of(event, i));
    return q;
}

/* The array and behind it the strings, in one piece; NULL without memory. */
static struct phone_device *copy_devices(const struct phone_device *from, size_t n)
{
    size_t need = n * sizeof *from;
    struct phone_device *out;
    char *at;

    for (size_t i = 0; i < n; i++)
        need += strlen(from[i].name) + strlen(from[i].host_api) + 2;
    out = malloc(need);
    if (!out)
        return NULL;
    at = (char *)(out + n);
    for (size_t i = 0; i < n; i++) {
        out[i] = from[i];
        out[i].name = pack(&at, from[i].name);
        out[i].host_api = pack(&at, from[i].host_api);
    }
    return out;
}

static void free_queued(struct queued_event *q)
{
    free(q->devices);
    free(q);
}

static struct queued_event *copy(struct phone_event *event)
{
    struct queued_event *q = copy_strings(event);

    if (q && event->quality) {
        q->quality = *event->quality;
        q->event.quality = &q->quality;
    }
    if (q && event->n_devices > 0) {
        q->devices = copy_devices(event->devices, event->n_devices);
        q->event.devices = q->devices;
        if (!q->devices) {
            free_queued(q);
            return NULL;
        }
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
        free_queued(q);
    }
    phone->delivering = false;
}

void phone_drop_events(struct phone *phone)
{
    struct queued_event *q;

    while ((q = take(phone)))
        free_queued(q);
}

char *phone_safe_dup(struct slice foreign)
{
    struct buf safe = buf_new(4 * SHOWN_BYTES);
    char *copy_of_it;

    text_safe(&safe, slice_head(foreign, SHOWN_BYTES));
    copy_of_it = buf_ok(&safe) ? slice_dup(buf_slice(&safe)) : NULL;
    buf_free(&safe);
    return copy_of_it;
}

int phone_set_text(char **text, const char *value)
{
    char *copy = value ? strdup(value) : NULL;

    if (value && !copy)
        return -ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}

const char *phone_text(const char *owned)
{
    return owned ? owned : "";
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
