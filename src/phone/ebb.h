/* phone/ebb.h - memory that many calls took goes back to the system when they are over.
 *
 * The C library keeps what was freed: a thousand calls leave 20 MiB behind, of which a telephone
 * that then waits for a year has no use. What SIP keeps of a call is freed 32 s after its end (RFC
 * 3261 17.2), so the time to look is some time after the ebb; and once before, as all else that a
 * call had is freed at its end. A thread does it, as it may take milliseconds; where there is none
 * to be had it is left for the next ebb. Who never has many calls at once pays a comparison. */
#ifndef PHONE_EBB_H
#define PHONE_EBB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "net/loop.h"

#define EBB_REST_MS 40000

struct ebb {
    struct net_loop *loop;
    uint32_t rest_ms;         /* EBB_REST_MS; tests have no time */
    struct net_deadline *due; /* NULL before the first flood */
    bool is_set;
    bool gave_early;    /* what is due now is the second look */
    size_t calls, most; /* now, and since memory was last given back */
    uv_thread_t giver;
    bool gives; /* there is one, at work or done */
};

/* Signalling thread. All members zero but the first two; then whenever the number of calls has
 * changed. */
void ebb_calls(struct ebb *ebb, size_t calls);
void ebb_free(struct ebb *ebb);

#endif
