/* The pacer where there is no timerfd: libuv's timer, set anew for each absolute deadline. It wakes
 * within a millisecond or two of the moment; errors do not add up. */
#include "net/pacer.h"

#include <stdlib.h>

struct net_pacer {
    uv_timer_t timer;
    uint64_t next_us; /* due time of the next beat */
    uint32_t period_us;
    net_pacer_beat *on_beat;
    void *arg;
};

static void on_timer(uv_timer_t *timer);

/* libuv counts whole milliseconds from the one that it has last seen begin; reckoned from there and
 * rounded up, a beat is never early. */
static int set_timer(struct net_pacer *pacer)
{
    uint64_t from_us;

    uv_update_time(pacer->timer.loop);
    from_us = uv_now(pacer->timer.loop) * 1000;
    return uv_timer_start(&pacer->timer, on_timer,
                          pacer->next_us > from_us ? (pacer->next_us - from_us + 999) / 1000 : 0,
                          0);
}

static void on_timer(uv_timer_t *timer)
{
    struct net_pacer *pacer = timer->data;
    uint64_t now_us = net_now_us();
    uint64_t missed = now_us > pacer->next_us ? (now_us - pacer->next_us) / pacer->period_us : 0;
    uint64_t due_us = pacer->next_us + missed * pacer->period_us;

    pacer->next_us = due_us + pacer->period_us;
    set_timer(pacer);
    pacer->on_beat(pacer->arg, due_us, missed);
}

int net_pacer_new(struct net_loop *loop, net_pacer_beat *on_beat, void *arg, struct net_pacer **out)
{
    struct net_pacer *pacer = calloc(1, sizeof *pacer);
    int err = pacer ? uv_timer_init(net_loop_uv(loop), &pacer->timer) : -ENOMEM;

    if (err) {
        free(pacer);
        return err;
    }
    pacer->timer.data = pacer;
    pacer->on_beat = on_beat;
    pacer->arg = arg;
    *out = pacer;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void net_pacer_free(struct net_pacer *pacer)
{
    if (pacer)
        uv_close((uv_handle_t *)&pacer->timer, on_closed);
}

int net_pacer_start(struct net_pacer *pacer, uint64_t first_us, uint32_t period_us)
{
    uint64_t now_us = net_now_us();

    pacer->next_us = first_us > now_us ? first_us : now_us;
    pacer->period_us = period_us;
    return set_timer(pacer);
}

void net_pacer_stop(struct net_pacer *pacer)
{
    uv_timer_stop(&pacer->timer);
}
