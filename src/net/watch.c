#include "net/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "net/loop.h"

struct net_watch {
    uv_poll_t poll;
    int events; /* what is waited for */
    void (*on_ready)(void *arg, int events);
    void *arg;
};

_Static_assert((int)NET_READABLE == (int)UV_READABLE && (int)NET_WRITABLE == (int)UV_WRITABLE,
               "our bits are libuv's");

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct net_watch *watch = poll->data;

    /* An error (the reader of a pipe has gone) makes libuv stop the poll: the owner finds it by
     * reading or writing, and may wait again. */
    if (status < 0) {
        events = watch->events;
        watch->events = 0;
    }
    watch->on_ready(watch->arg, events);
}

/* libuv makes every descriptor O_NONBLOCK, for everybody who shares it. */
static int init(struct net_loop *loop, int fd, uv_poll_t *poll)
{
    int flags = fcntl(fd, F_GETFL);
    int err = flags < 0 ? -errno : uv_poll_init(net_loop_uv(loop), poll, fd);

    if (flags >= 0 && !(flags & O_NONBLOCK))
        fcntl(fd, F_SETFL, flags);
    return err;
}

int net_watch_new(struct net_loop *loop, int fd, void (*on_ready)(void *arg, int events), void *arg,
                  struct net_watch **out)
{
    struct net_watch *watch = calloc(1, sizeof *watch);
    int err = watch ? init(loop, fd, &watch->poll) : -ENOMEM;

    if (err) {
        free(watch);
        return err;
    }
    watch->poll.data = watch;
    watch->on_ready = on_ready;
    watch->arg = arg;
    *out = watch;
    return 0;
}

void net_watch_set(struct net_watch *watch, int events)
{
    if (events == watch->events)
        return;
    watch->events = events;
    if (events)
        uv_poll_start(&watch->poll, events, on_poll);
    else
        uv_poll_stop(&watch->poll);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void net_watch_free(struct net_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->poll, on_closed);
}
