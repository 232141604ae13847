#include "net/wake.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

/* What is put in from here on wakes anew, so nothing that on_wake does not see is lost. */
static void tell(struct net_wake *wake)
{
    atomic_store(&wake->due, false);
    wake->on_wake(wake->arg);
}

#ifdef __linux__
static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct net_wake *wake = handle->data;
    uint64_t times;

    (void)events;
    if (status == 0 && read(wake->fd, &times, sizeof times) == (ssize_t)sizeof times)
        tell(wake);
}

static int open_handle(struct net_wake *wake, uv_loop_t *loop)
{
    int err;

    wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake->fd < 0)
        return -errno;
    err = uv_poll_init(loop, &wake->handle, wake->fd);
    if (err)
        close(wake->fd);
    else
        (void)uv_poll_start(&wake->handle, UV_READABLE, on_readable);
    return err;
}

static void ring(struct net_wake *wake)
{
    /* Fails only where 2^64 - 2 are there already. */
    if (write(wake->fd, &(uint64_t){1}, sizeof(uint64_t)) < 0)
        return;
}

static void close_descriptor(struct net_wake *wake)
{
    close(wake->fd);
}
#else
static void on_async(uv_async_t *handle)
{
    tell(handle->data);
}

static int open_handle(struct net_wake *wake, uv_loop_t *loop)
{
    return uv_async_init(loop, &wake->handle, on_async);
}

static void ring(struct net_wake *wake)
{
    (void)uv_async_send(&wake->handle);
}

static void close_descriptor(struct net_wake *wake)
{
    (void)wake;
}
#endif

int net_wake_init(struct net_wake *wake, uv_loop_t *loop, void (*on_wake)(void *arg), void *arg)
{
    int err;

    atomic_init(&wake->due, false);
    wake->on_wake = on_wake;
    wake->on_closed = NULL;
    wake->arg = arg;
    err = open_handle(wake, loop);
    wake->handle.data = wake;
    return err;
}

void net_wake_up(struct net_wake *wake)
{
    if (!atomic_exchange(&wake->due, true))
        ring(wake);
}

static void on_close(uv_handle_t *handle)
{
    struct net_wake *wake = handle->data;

    close_descriptor(wake);
    if (wake->on_closed)
        wake->on_closed(wake->arg);
}

void net_wake_close(struct net_wake *wake, void (*on_closed)(void *arg))
{
    wake->on_closed = on_closed;
    uv_close((uv_handle_t *)&wake->handle, on_close);
}
