/* The pacer on Linux: a timerfd with absolute times of CLOCK_MONOTONIC. The kernel counts the beats
 * that went by, so lateness of the loop never moves a later beat. */
#include "net/pacer.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct net_pacer {
    uv_poll_t poll;
    int fd;
    uint64_t next_us; /* due time of the next beat */
    uint32_t period_us;
    net_pacer_beat *on_beat;
    void *arg;
};

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct net_pacer *pacer = poll->data;
    uint64_t beats, due_us;

    (void)events;
    if (status || read(pacer->fd, &beats, sizeof beats) != (ssize_t)sizeof beats || !beats)
        return; /* stopped or moved since the loop saw it */
    due_us = pacer->next_us + (beats - 1) * pacer->period_us;
    pacer->next_us = due_us + pacer->period_us;
    pacer->on_beat(pacer->arg, due_us, beats - 1);
}

int net_pacer_new(struct net_loop *loop, net_pacer_beat *on_beat, void *arg, struct net_pacer **out)
{
    struct net_pacer *pacer = calloc(1, sizeof *pacer);
    int err;

    if (!pacer)
        return -ENOMEM;
    pacer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    err = pacer->fd < 0 ? -errno : uv_poll_init(net_loop_uv(loop), &pacer->poll, pacer->fd);
    if (err) {
        if (pacer->fd >= 0)
            close(pacer->fd);
        free(pacer);
        return err;
    }
    pacer->poll.data = pacer;
    pacer->on_beat = on_beat;
    pacer->arg = arg;
    *out = pacer;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct net_pacer *pacer = handle->data;

    close(pacer->fd);
    free(pacer);
}

void net_pacer_free(struct net_pacer *pacer)
{
    if (pacer)
        uv_close((uv_handle_t *)&pacer->poll, on_closed);
}

static struct timespec timespec_of_us(uint64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000};
}

int net_pacer_start(struct net_pacer *pacer, uint64_t first_us, uint32_t period_us)
{
    uint64_t now_us = net_now_us();
    struct itimerspec when = {.it_interval = timespec_of_us(period_us)};

    pacer->next_us = first_us > now_us ? first_us : now_us;
    pacer->period_us = period_us;
    when.it_value = timespec_of_us(pacer->next_us);
    if (timerfd_settime(pacer->fd, TFD_TIMER_ABSTIME, &when, NULL))
        return -errno;
    /* A start of what runs already would cost the loop two system calls. */
    return uv_is_active((uv_handle_t *)&pacer->poll)
               ? 0
               : uv_poll_start(&pacer->poll, UV_READABLE, on_readable);
}

void net_pacer_stop(struct net_pacer *pacer)
{
    if (uv_is_active((uv_handle_t *)&pacer->poll)) /* else it would ask the kernel for nothing */
        uv_poll_stop(&pacer->poll);
}
