/* sip/redirect.c - where else a call may be tried: Contact of 3xx answers (RFC 3261 8.1.3.4). */
#include <errno.h>
#include <stdlib.h>

#include "sip/core.h"
#include "sip/fields.h"
#include "sip/uri.h"

int sip_redirect_begin(struct sip_call *call, char *target)
{
    if (!target)
        return -ENOMEM;
    call->first = call->place = call->n_places++;
    call->places[call->place] = (struct sip_place){.uri = target};
    call->target = target;
    return 0;
}

void sip_redirect_free(struct sip_call *call)
{
    for (size_t i = 0; i < call->n_places; i++)
        free(call->places[i].uri);
    call->n_places = 0;
}

/* Twice to the same place would be a circle. */
static bool is_known(const struct sip_call *call, const struct sip_uri *uri)
{
    for (size_t i = 0; i < call->n_places; i++) {
        struct sip_uri known;

        if (!sip_uri_parse(slice_of(call->places[i].uri), &known) && sip_uri_equal(&known, uri))
            return true;
    }
    return false;
}

/* 26.2.2: who asked for sips gets nothing less. */
static bool may_be_called(const struct sip_call *call, const struct sip_uri *uri)
{
    bool wants_tls = slice_istarts(slice_of(call->places[call->first].uri), SLICE("sips:"));

    return uri->scheme == SIP_SCHEME_SIPS || (uri->scheme == SIP_SCHEME_SIP && !wants_tls);
}

/* Behind those of the same or a higher q that are still to be tried. */
static void insert(struct sip_call *call, char *uri, unsigned q)
{
    size_t at = call->n_places++;

    for (; at > call->place + 1 && call->places[at - 1].q < q; at--)
        call->places[at] = call->places[at - 1];
    call->places[at] = (struct sip_place){.uri = uri, .q = q};
}

void sip_redirect_learn(struct sip_call *call, const struct sip_msg *msg)
{
    struct sip_values contacts = sip_msg_values(msg, SIP_HDR_CONTACT);
    struct slice value;

    /* 305 names a proxy and 380 another service: neither is the same person elsewhere. */
    if (msg->status > 302)
        return;
    while (call->n_places < ARRAY_LEN(call->places) && sip_values_next(&contacts, &value)) {
        struct buf b = buf_new(SIP_MAX_HEADER_LINE);
        struct sip_contact contact;
        struct sip_uri uri;
        char *text = NULL;

        if (!sip_contact_parse(value, &contact) && !contact.address.any &&
            !sip_uri_parse(contact.address.uri, &uri) && may_be_called(call, &uri) &&
            !is_known(call, &uri)) {
            sip_uri_put_request(&b, &uri);
            text = buf_ok(&b) ? slice_dup(buf_slice(&b)) : NULL;
        }
        if (text)
            insert(call, text, contact.q);
        buf_free(&b);
    }
}

bool sip_redirect_next(struct sip_call *call)
{
    if (call->place + 1 >= call->n_places)
        return false;
    call->target = call->places[++call->place].uri;
    return true;
}

char *sip_redirect_place(struct slice contact_value, struct slice tried, char *const *known,
                         size_t n)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    struct sip_contact contact;
    struct sip_uri uri, other;
    bool is_new;
    char *text;

    if (sip_contact_parse(contact_value, &contact) || contact.address.any ||
        sip_uri_parse(contact.address.uri, &uri) ||
        (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS))
        return NULL;
    sip_uri_put_domain(&b, &uri);
    is_new = buf_ok(&b) && !sip_uri_parse(buf_slice(&b), &uri) &&
             (sip_uri_parse(tried, &other) || !sip_uri_equal(&uri, &other));
    for (size_t i = 0; is_new && i < n; i++)
        is_new = sip_uri_parse(slice_of(known[i]), &other) || !sip_uri_equal(&uri, &other);
    text = is_new ? slice_dup(buf_slice(&b)) : NULL;
    buf_free(&b);
    return text;
}
