/* sip/sources.h - how much of us others use, by where they are: an address, or of IPv6 a network
 * (ip_source). Only those who use something stand here. */
#ifndef SIP_SOURCES_H
#define SIP_SOURCES_H

#include "base/ip.h"
#include "base/map.h"

/* Family, and the part of an address that ip_source leaves. */
#define SIP_SOURCE_BYTES 17

struct sip_source {
    unsigned char address[SIP_SOURCE_BYTES];
    unsigned half_open; /* INVITEs that begin a call, without ACK */
    unsigned calls;     /* that came from there and are not over */
    unsigned requests;  /* whose answers are kept, or not given yet, */
    size_t bytes;       /* and so many of those answers */
};

/* NULL: nothing is known of it. */
const struct sip_source *sip_source_find(const struct map *sources, const struct ip *ip);
/* The same, made where it is missing; NULL: no memory. Whoever counts nothing in it gives it to
 * sip_source_settle at once. */
struct sip_source *sip_source_get(struct map *sources, const struct ip *ip);
/* Something in it was counted down: it goes where nothing is left. */
void sip_source_settle(struct map *sources, struct sip_source *source);

#endif
