/* phone/phone_private.h - the inside of the phone, for phone.c, phone_events.c and call*.c. */
#ifndef PHONE_PHONE_PRIVATE_H
#define PHONE_PHONE_PRIVATE_H

#include "base/list.h"
#include "base/timers.h"
#include "net/loop.h"
#include "net/sip_link.h"
#include "phone/call.h"
#include "phone/phone.h"

struct phone {
    struct net_loop *loop;
    const struct phone_config *config;
    phone_listener *listener;
    void *arg;

    struct rng rng;
    struct sip_endpoint *endpoint;
    struct net_sip_link *link;
    struct net_resolver *resolver; /* of host names in c= */
    struct media *media;
    struct sdp_codec codecs[CONFIG_CODECS_MAX]; /* what we can, in our order */
    size_t n_codecs;

    struct list calls; /* of struct call */
    size_t n_calls;
    uint32_t last_number;
    struct timers timers; /* of calls */

    struct list events; /* of struct queued_event, oldest first */
    bool delivering;
    unsigned in_command; /* depth of phone_do: events wait for the loop */
    struct net_deadline *wake;
    bool wake_now; /* something waits for the next turn */

    bool trace;
    bool device_told; /* that the sound device does not work */
    bool quitting, closed;
    uint64_t quit_by_ms;
};

/* Queues a copy of event; its strings may be NULL, which becomes "". They are safe already. */
void phone_tell(struct phone *phone, const struct phone_event *event);
/* Hands queued events to the listener, unless that is being done further up. */
void phone_deliver(struct phone *phone);
void phone_drop_events(struct phone *phone);
/* Something waits for the loop: events, sound behind a 200, the end. */
void phone_wake(struct phone *phone);
/* Sets the deadline to the earliest thing that waits. */
void phone_set_wake(struct phone *phone);

/* A copy on the heap that is safe for a terminal; NULL without memory. */
char *phone_safe_dup(struct slice foreign);
const char *phone_transport_name(enum sip_transport transport);

#endif
