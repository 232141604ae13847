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

void media_link_deliver(struct media_link *link)
{
    struct list *message;

    /* A message may close the link. */
    while (!link->closing && (message = media_link_take(link)))
        link->on_message(link->arg, message);
}

static void on_wake(void *arg)
{
    media_link_deliver(arg);
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
    err = net_wake_init(&link->wake, loop, on_wake, link);
    if (err)
        uv_mutex_destroy(&link->lock);
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
    bool attended;

    uv_mutex_lock(&link->lock);
    list_append(&link->queue, message);
    attended = link->attended;
    uv_mutex_unlock(&link->lock);
    if (!attended)
        net_wake_up(&link->wake);
}

void media_link_post_last(struct media_link *link, struct list *message)
{
    uv_mutex_lock(&link->lock);
    list_append(&link->queue, message);
    net_wake_up(&link->wake);
    uv_mutex_unlock(&link->lock);
}

void media_link_attend(struct media_link *link, bool on)
{
    bool any;

    uv_mutex_lock(&link->lock);
    link->attended = on;
    any = !list_empty(&link->queue);
    uv_mutex_unlock(&link->lock);
    if (!on && any)
        net_wake_up(&link->wake);
}

static void on_wake_closed(void *arg)
{
    struct media_link *link = arg;

    uv_mutex_destroy(&link->lock);
    if (link->on_closed)
        link->on_closed(link->arg);
}

void media_link_close(struct media_link *link, void (*on_closed)(void *arg))
{
    link->closing = true;
    link->on_closed = on_closed;
    net_wake_close(&link->wake, on_wake_closed);
}
