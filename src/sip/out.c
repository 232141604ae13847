/* sip/out.c - the queue of what the core wants done. */
#include "sip/out.h"

#include <errno.h>
#include <stdlib.h>

#include "sip/account.h"
#include "sip/endpoint.h"

void sip_out_init(struct sip_out *out)
{
    list_init(&out->items);
}

struct sip_out_item *sip_out_take(struct sip_out *out)
{
    struct list *first = list_first(&out->items);

    if (!first)
        return NULL;
    list_remove(first);
    return LIST_ITEM(first, struct sip_out_item, link);
}

void sip_out_item_free(struct sip_out_item *item)
{
    if (!item)
        return;
    buf_free(&item->bytes);
    free(item->host);
    if (item->event)
        buf_free(&item->event->store);
    free(item->event);
    if (item->account_event)
        buf_free(&item->account_event->store);
    free(item->account_event);
    free(item);
}

void sip_out_clear(struct sip_out *out)
{
    struct sip_out_item *item;

    while ((item = sip_out_take(out)))
        sip_out_item_free(item);
}

static struct sip_out_item *new_item(enum sip_out_kind kind, uint64_t key)
{
    struct sip_out_item *item = calloc(1, sizeof *item);

    if (!item)
        return NULL;
    list_init(&item->link);
    item->kind = kind;
    item->key = key;
    return item;
}

int sip_out_send(struct sip_out *out, uint64_t key, const struct sip_flow *flow,
                 enum sip_send_how how, struct slice bytes)
{
    struct sip_out_item *item = new_item(SIP_OUT_SEND, key);

    if (!item)
        return -ENOMEM;
    item->flow = *flow;
    item->how = how;
    item->bytes = buf_new(bytes.n);
    buf_put(&item->bytes, bytes);
    if (!buf_ok(&item->bytes)) {
        sip_out_item_free(item);
        return -ENOMEM;
    }
    list_append(&out->items, &item->link);
    return 0;
}

int sip_out_locate(struct sip_out *out, uint64_t key, struct slice host, uint16_t port,
                   enum sip_transport transport, bool secure, unsigned trust)
{
    struct sip_out_item *item = new_item(SIP_OUT_LOCATE, key);

    if (!item)
        return -ENOMEM;
    item->host = slice_dup(host);
    item->port = port;
    item->transport = transport;
    item->secure = secure;
    item->trust = trust;
    if (!item->host) {
        sip_out_item_free(item);
        return -ENOMEM;
    }
    list_append(&out->items, &item->link);
    return 0;
}

struct sip_out_item *sip_out_event_new(void)
{
    struct sip_out_item *item = new_item(SIP_OUT_CALL, 1);

    if (!item)
        return NULL;
    item->event = calloc(1, sizeof *item->event);
    if (!item->event) {
        sip_out_item_free(item);
        return NULL;
    }
    item->event->store = buf_new(SIP_EVENT_MAX_BYTES);
    return item;
}

struct sip_out_item *sip_out_account_event_new(void)
{
    struct sip_out_item *item = new_item(SIP_OUT_ACCOUNT, 1);

    if (!item)
        return NULL;
    item->account_event = calloc(1, sizeof *item->account_event);
    if (!item->account_event) {
        sip_out_item_free(item);
        return NULL;
    }
    item->account_event->store = buf_new(SIP_EVENT_MAX_BYTES);
    return item;
}

void sip_out_append(struct sip_out *out, struct sip_out_item *item)
{
    list_append(&out->items, &item->link);
}
