/* sip/alarm.c - deadlines of the core's objects. */
#include "sip/alarm.h"

#include <errno.h>

#include "base/list.h"

void sip_alarms_free(struct sip_alarms *all)
{
    timers_free(&all->heap);
}

int sip_alarm_init(struct sip_alarms *all, struct sip_alarm *alarm,
                   void (*ring)(struct sip_alarm *alarm, uint64_t now_ms))
{
    if (timers_reserve(&all->heap, all->n + 1))
        return -ENOMEM;
    all->n++;
    alarm->timer = (struct timer){0};
    alarm->ring = ring;
    return 0;
}

void sip_alarm_done(struct sip_alarms *all, struct sip_alarm *alarm)
{
    if (!alarm->ring)
        return;
    timers_clear(&all->heap, &alarm->timer);
    alarm->ring = NULL;
    all->n--;
}

void sip_alarm_set(struct sip_alarms *all, struct sip_alarm *alarm, uint64_t when_ms)
{
    timers_set(&all->heap, &alarm->timer, when_ms);
}

void sip_alarms_ring(struct sip_alarms *all, uint64_t now_ms)
{
    /* Whoever rings is due strictly later afterwards (the objects see to it), so this ends. */
    struct timer *due;

    while ((due = timers_pop(&all->heap, now_ms))) {
        struct sip_alarm *alarm = LIST_ITEM(due, struct sip_alarm, timer);

        alarm->ring(alarm, now_ms);
    }
}
