/* rtp/rtcp_timing.h - when to send RTCP (RFC 3550 6.2, 6.3): a share of the session's bandwidth,
 * randomised, reconsidered when the timer expires and when members come and go.
 *
 * Pure: time is the owner's monotonic clock in milliseconds. The minimum is the reduced one of
 * 6.2, 360 / bandwidth in kbit/s seconds, never below 1 s nor above 5 s. */
#ifndef RTP_RTCP_TIMING_H
#define RTP_RTCP_TIMING_H

#include "base/rand.h"
#include "base/slice.h"

struct rtcp_timing {
    double bandwidth; /* bytes per second for everybody's RTCP */
    double minimum_ms;
    double average_bytes; /* of an RTCP packet with its IP and UDP headers */
    unsigned members, senders, members_before;
    bool we_sent; /* RTP since the report before last: we are a sender */
    bool initial; /* nothing sent yet */
    uint64_t last_ms, next_ms;
};

/* bandwidth of the session in bit/s (what RTP uses). The first report is due after half the
 * minimum, randomised. */
void rtcp_timing_init(struct rtcp_timing *t, uint32_t session_bps, uint64_t now_ms,
                      struct rng *rng);
/* A compound packet came or was sent: bytes without the 28 of IP and UDP, which are added. */
void rtcp_timing_size(struct rtcp_timing *t, size_t bytes);
/* Members and senders known, ourselves among them; where they became fewer, the next report moves
 * nearer (6.3.4). */
void rtcp_timing_members(struct rtcp_timing *t, unsigned members, unsigned senders, bool we_sent,
                         uint64_t now_ms);
/* To be asked when next_ms has come (6.3.6): true: send now and tell rtcp_timing_sent; false: it
 * was reconsidered, next_ms has moved. */
bool rtcp_timing_due(struct rtcp_timing *t, uint64_t now_ms, struct rng *rng);
void rtcp_timing_sent(struct rtcp_timing *t, size_t bytes, uint64_t now_ms, struct rng *rng);

/* The interval of A.7 before randomisation, for tests. */
double rtcp_timing_interval_ms(const struct rtcp_timing *t);

#endif
