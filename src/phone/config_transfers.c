/* The setting transfers: whether we call whom the other side of a call names instead. */
#include <errno.h>
#include <stdlib.h>

#include "phone/config_private.h"
#include "sip/uri.h"

#define ITEM_BYTES_MAX 1024

/* An entry of the list as a URI; text is what it lies in. False: it is none. */
static bool read_item(struct slice item, struct buf *text, struct sip_uri *uri)
{
    bool has_scheme = slice_istarts(item, SLICE("sip:")) || slice_istarts(item, SLICE("sips:"));

    buf_clear(text);
    buf_puts(text, has_scheme ? "" : "sip:");
    buf_put(text, item);
    return buf_ok(text) && sip_uri_parse(buf_slice(text), uri) == 0 && !uri->password.p &&
           uri->params.n == 0 && uri->headers.n == 0;
}

static int check_list(struct slice value, struct config_fault *fault)
{
    struct buf text = buf_new(ITEM_BYTES_MAX);
    struct slice rest = value;
    struct sip_uri uri;
    int err = 0;

    while (!err && rest.p) {
        struct slice item = slice_trim(slice_cut(&rest, ','));

        if (!read_item(item, &text, &uri))
            err = config_wrong(fault, value, item.p,
                               "this can be ask, refuse, or hosts and addresses with commas "
                               "between them, like pbx.example.org, bob@192.0.2.7:5080");
    }
    buf_free(&text);
    return err;
}

static int take_transfers(const struct config_kind *kind, struct slice value, void *member,
                          struct config_fault *fault)
{
    struct config_transfers *transfers = member;
    enum config_transfers_how how = CONFIG_TRANSFERS_LIST;
    int err = 0;

    (void)kind;
    if (value.n == 0)
        return config_refuse_empty(fault, "ask, refuse or a list");
    if (slice_ieq(value, SLICE("ask")))
        how = CONFIG_TRANSFERS_ASK;
    else if (slice_ieq(value, SLICE("refuse")))
        how = CONFIG_TRANSFERS_REFUSE;
    else
        err = check_list(value, fault);
    if (!err)
        err = config_replace(&transfers->list, how == CONFIG_TRANSFERS_LIST ? value : SLICE(""));
    if (!err)
        transfers->how = how;
    return err;
}

const struct config_kind config_transfers = {.read = take_transfers};

/* maddr would lead to another host than the one that is named. */
static bool is_plain(const struct sip_uri *uri)
{
    return (uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS) && !uri->password.p &&
           !sip_uri_param(uri, SLICE("maddr"), NULL);
}

static bool is_meant(const struct sip_uri *item, struct sip_uri target)
{
    if (item->scheme == SIP_SCHEME_SIPS && target.scheme != SIP_SCHEME_SIPS)
        return false;
    target.scheme = item->scheme;
    target.params = target.headers = (struct slice){0};
    if (!item->user.p)
        target.user = (struct slice){0};
    return sip_uri_equal(item, &target);
}

bool config_transfers_has(const struct config_transfers *transfers, struct slice uri)
{
    struct buf text = buf_new(ITEM_BYTES_MAX);
    struct slice rest = slice_of(transfers->list);
    struct sip_uri target, item;
    bool found = false;

    if (transfers->how == CONFIG_TRANSFERS_LIST && sip_uri_parse(uri, &target) == 0 &&
        is_plain(&target))
        while (!found && rest.p)
            found = read_item(slice_trim(slice_cut(&rest, ',')), &text, &item) &&
                    is_meant(&item, target);
    buf_free(&text);
    return found;
}
