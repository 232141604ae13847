/* sip/alarm.h - a deadline in the endpoint's heap, and what to do then.
 *
 * Whoever owns a struct sip_alarm initialises it once, which may fail, and may then set it as often
 * as it likes, which may not. */
#ifndef SIP_ALARM_H
#define SIP_ALARM_H

#include "base/timers.h"

struct sip_alarm {
    struct timer timer;
    void (*ring)(struct sip_alarm *alarm, uint64_t now_ms);
};

struct sip_alarms {
    struct timers heap;
    size_t n; /* alarms that are initialised */
};

void sip_alarms_free(struct sip_alarms *all);
/* 0 or -ENOMEM; then sip_alarm_done is not due. */
int sip_alarm_init(struct sip_alarms *all, struct sip_alarm *alarm,
                   void (*ring)(struct sip_alarm *alarm, uint64_t now_ms));
void sip_alarm_done(struct sip_alarms *all, struct sip_alarm *alarm);
/* NEVER_MS clears it. */
void sip_alarm_set(struct sip_alarms *all, struct sip_alarm *alarm, uint64_t when_ms);
/* Rings all that are due. Who is rung must set its alarm later than now_ms, or not at all. */
void sip_alarms_ring(struct sip_alarms *all, uint64_t now_ms);

#endif
