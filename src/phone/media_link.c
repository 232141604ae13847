#include "phone/media_link.h"

struct list *media_link_take(struct media_link *link)
{
    struct list *first;

    uv_mutex_lock(&link->lock);
    first = list_first(&link->queue);
    if (first)
        list_remove(first);
    uv_mutex_unlock(&link->lock);
    return first;
}

static void on_wake(uv_async_t *handle)
{
    struct media_link *link = handle->data;
    struct list *message;

    /* A message may close the link. */
    while (!link->closing && (message = media_link_take(link)))
        link->on_message(link->arg, message);
}

int media_link_init(struct media_link *link, uv_loop_t *loop,
                    void (*on_message)(void *arg, struct list *message), void *arg)
{
    int err;

    *link = (struct media_link){.on_message = on_message, .arg = arg};
    list_init(&link->queue);
    err = uv_mutex_init(&link->lock);
    if (err)
        return err;
    err = uv_async_init(loop, &link->wake, on_wake);
    if (err)
        uv_mutex_destroy(&link->lock);
    link->wake.data = link;
    return err;
}

void media_link_queue(struct media_link *link, struct list *message)
{
    uv_mutex_lock(&link->lock);
    list_append(&link->queue, message);
    uv_mutex_unlock(&link->lock);
}

void media_link_post(struct media_link *link, struct list *message)
{
    media_link_queue(link, message);
    uv_async_send(&link->wake);
}

static void on_close(uv_handle_t *handle)
{
    struct media_link *link = handle->data;

    uv_mutex_destroy(&link->lock);
    if (link->on_closed)
        link->on_closed(link->arg);
}

void media_link_close(struct media_link *link, void (*on_closed)(void *arg))
{
    link->closing = true;
    link->on_closed = on_closed;
    uv_close((uv_handle_t *)&link->wake, on_close);
}
