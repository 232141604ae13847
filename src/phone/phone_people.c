/* Whom the phone knows: the file of contacts, for dialling by name and for naming who calls. */
#include <limits.h>

#include "base/ip.h"
#include "base/text.h"
#include "phone/folders.h"
#include "phone/phone_private.h"
#include "phone/spelling.h"
#include "sip/uri.h"

int phone_open_contacts(struct phone *phone)
{
    struct buf path = buf_new(8192);
    int err = 0;

    if (folders_contacts(phone->config, &path) == 0)
        err = contacts_new(buf_cstr(&path), &phone->contacts);
    if (!err && phone->contacts)
        contacts_use_helper(phone->contacts, net_loop_spawner(phone->loop));
    buf_free(&path);
    /* Before the sockets: where a process is killed, Linux closes first what was opened last, and
     * takes its time for a watch, while the next phone wants the port already. */
    if (!err && phone->config->watches_contacts)
        (void)phone_watch_contacts(phone); /* else changes are heard of later */
    return err;
}

static void tell_news(struct phone *phone)
{
    if (contacts_watch_is_news(phone->contacts_watch, contacts_version(phone->contacts)))
        phone_tell(phone, &(struct phone_event){.kind = PHONE_CONTACTS_CHANGED});
}

/* What is wrong with the file is told once; the names that were read before are still good. */
static void note(struct phone *phone, int err, struct buf *why)
{
    struct buf safe = buf_new(16384);

    if (err) {
        text_safe(&safe, buf_slice(why));
        phone_tell(phone, &(struct phone_event){.kind = PHONE_NOTICE, .text = buf_cstr(&safe)});
    }
    tell_news(phone);
    buf_free(&safe);
    buf_free(why);
}

static void refresh(struct phone *phone)
{
    struct buf why = buf_new(4096);

    note(phone, contacts_refresh(phone->contacts, &why), &why);
}

void phone_take_contacts(struct phone *phone, struct contacts_fetch *fetch)
{
    struct buf why = buf_new(4096);

    note(phone, contacts_fetch_take(phone->contacts, fetch, &why), &why);
    phone_deliver(phone);
}

void phone_look_at_contacts(struct phone *phone)
{
    if (!phone->contacts)
        return;
    contacts_watch_again(phone->contacts_watch);
    refresh(phone);
}

const char *phone_dialled(struct phone *phone, const char *typed)
{
    const char *address = NULL;

    if (phone->contacts) {
        refresh(phone);
        address = contacts_address(phone->contacts, slice_of(typed));
    }
    return address ? address : typed;
}

const char *phone_near_contact(const struct phone *phone, const char *typed)
{
    const char *name, *address, *nearest = NULL;
    unsigned least = UINT_MAX;

    for (size_t i = 0; phone->contacts && contacts_at(phone->contacts, i, &name, &address); i++) {
        unsigned distance = spelling_distance(slice_of(typed), slice_of(name));

        if (distance >= least || !spelling_near(slice_of(typed), slice_of(name)))
            continue;
        least = distance;
        nearest = name;
    }
    return nearest;
}

int phone_note_contact(struct call *call, const char *typed, struct slice uri)
{
    const struct contacts *contacts = call->phone->contacts;
    const char *name = contacts ? contacts_spelling(contacts, slice_of(typed)) : NULL;

    if (contacts && !name)
        name = contacts_name(contacts, uri);
    return call_set_contact(call, name);
}

/* Who calls has nobody wait for a disk: what changed unnoticed holds for the next one. */
static const char *contact_name(struct phone *phone, struct slice uri)
{
    if (!phone->contacts)
        return NULL;
    if (!contacts_watch_look(phone->contacts_watch))
        phone_look_at_contacts(phone);
    return contacts_name(phone->contacts, uri);
}

/* Whether the host of a URI is the very address that a message came from. */
static bool is_host(const struct ip *remote, struct slice text)
{
    struct sip_uri uri;
    struct ip ip;

    return sip_uri_parse(text, &uri) == 0 && ip_parse(uri.host, &ip) == 0 &&
           ip_same_host(&ip, remote);
}

/* Anybody can write anything in From. A server of ours vouches for it; and whoever calls from the
 * very address that stands in the URI is at least there. */
const char *phone_caller_name(struct phone *phone, const struct sip_call_event *event)
{
    if (!event->by_server && !is_host(&event->flow.remote, event->from_uri))
        return NULL;
    return contact_name(phone, event->from_uri);
}
