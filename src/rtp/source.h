/* rtp/source.h - what is known of one sender from its packets: is it real, what was lost, how much
 * its packets jitter (RFC 3550 6.4.1, appendices A.1, A.3, A.8).
 *
 * Pure. A new source is on probation until two packets came in sequence; a jump of its sequence
 * numbers is believed at the second packet that follows the jump. */
#ifndef RTP_SOURCE_H
#define RTP_SOURCE_H

#include "base/slice.h"

struct rtp_source {
    uint32_t ssrc;
    uint16_t max_sequence; /* highest seen */
    uint32_t cycles;       /* 65536 for each wrap of the sequence number */
    uint32_t base_sequence;
    uint32_t bad_sequence; /* the one that would make a jump true; above 65535: none */
    uint8_t probation;     /* packets in sequence still wanted */
    bool restarted;        /* the last packet made a jump true: forget what was buffered */
    uint32_t received;
    uint32_t expected_prior, received_prior; /* at the last report */
    uint32_t transit;                        /* of the last packet, in timestamp units */
    bool has_transit;
    uint32_t jitter_16; /* RFC 3550 A.8, times 16 */
    /* Of the sender's last SR, for the report block */
    uint32_t last_sr; /* middle 32 bits of its NTP time; 0: none came */
    uint64_t last_sr_ms;
};

enum rtp_source_verdict {
    RTP_SOURCE_ACCEPT,    /* valid: play it */
    RTP_SOURCE_PROBATION, /* may be the first of a real source; RFC 3550 lets one discard or keep */
    RTP_SOURCE_REFUSE     /* far out of sequence */
};

void rtp_source_init(struct rtp_source *s, uint32_t ssrc, uint16_t sequence);

/* A.1 for one packet of this source, in the order of arrival. */
enum rtp_source_verdict rtp_source_packet(struct rtp_source *s, uint16_t sequence);
/* A.8 for an accepted packet. arrival is in units of the payload's clock, from any origin. */
void rtp_source_jitter(struct rtp_source *s, uint32_t timestamp, uint32_t arrival);
/* The payload's clock changed: transit times before and after do not compare. */
void rtp_source_clock_changed(struct rtp_source *s);

/* The 32 bits of RFC 3550 6.4.1: cycles and highest sequence number. */
uint32_t rtp_source_extended(const struct rtp_source *s);
/* Extends a sequence number near the highest one to 32 bits, for a jitter buffer. */
uint32_t rtp_source_extend(const struct rtp_source *s, uint16_t sequence);
/* A.3: expected - received so far; below 0 where duplicates came. */
int64_t rtp_source_lost(const struct rtp_source *s);
/* A.3: the share lost since the last call, as a fraction of 256. Counts as a report being made. */
uint8_t rtp_source_fraction_lost(struct rtp_source *s);
/* In units of the payload's clock. */
uint32_t rtp_source_jitter_now(const struct rtp_source *s);

#endif
