/* sip/avoid.h - remembers which places have just failed, so that the next request begins with one
 * that works (RFC 3263 4.3) and does not wait half a minute again for a dead server.
 *
 * What failed is tried last, not left out: where all have failed, the one whose failure is longest
 * ago comes first. Nothing is sent to find out whether a place works again; after SIP_AVOID_MS it
 * takes its turn as the DNS orders. */
#ifndef SIP_AVOID_H
#define SIP_AVOID_H

#include "sip/limits.h"
#include "sip/out.h"

struct sip_avoided {
    struct sip_flow flow;
    uint64_t until_ms; /* 0: free */
};

struct sip_avoid {
    struct sip_avoided places[SIP_MAX_AVOIDED];
};

void sip_avoid_add(struct sip_avoid *a, const struct sip_flow *flow, uint64_t now_ms);
/* It has answered. */
void sip_avoid_remove(struct sip_avoid *a, const struct sip_flow *flow);
/* Puts those to be avoided last, and otherwise keeps the order. */
void sip_avoid_sort(const struct sip_avoid *a, struct sip_flow *flows, size_t n, uint64_t now_ms);

#endif
