/* net/hep.h - a message that went by, as capture servers take it: HEP version 3 (HEP3 Network
 * Protocol Specification, revision 32), the protocol of Homer.
 *
 * A packet is a head with its whole length and then chunks, each with its kind and length: from
 * whom to whom, by what and when the message went, who has seen it, and the message. */
#ifndef NET_HEP_H
#define NET_HEP_H

#include "base/buf.h"
#include "base/ip.h"

/* What a datagram over IPv4 can hold. */
#define NET_HEP_MAX_BYTES 65507

struct net_hep {
    struct ip from, to; /* one of them may be family 0, not known: all zeros then */
    bool stream;        /* it went by TCP, with or without TLS; else by UDP */
    uint64_t unix_us;
    uint32_t agent;        /* who tells of it */
    struct slice password; /* which the server wants to see, 255 bytes at most; empty: none */
    struct slice message;
};

/* Appends a packet. Of a message that is too long for a datagram the end is left out. */
void net_hep_put(struct buf *out, const struct net_hep *hep);

#endif
