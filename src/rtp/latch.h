/* rtp/latch.h - whose packets count, where ours go, and how many go to somebody who never asked.
 *
 * Symmetric RTP (RFC 4961) without giving the call to strangers. SDP names an address. It is
 * believed; only where no RTP has come from it yet, and no RTCP from the same port, may another
 * address take its place (the far end sits behind a NAT), once, when 4 packets in sequence of one
 * SSRC came from there. Whoever is on the way to that keeps his place among those who try, as long
 * as his packets follow each other, so that others who send more and from more addresses only make
 * him wait for a place. RTCP from a port of its own says nothing of that: a NAT has another mapping
 * for it. After that nothing moves without SDP. When SDP moves the far end, what it had sent before
 * is still on its way: from the address that it left it takes a second's worth of packets. And an
 * address that nobody is known to be at, on another host than the signalling comes from, gets 50
 * packets and then one a second, so that an SDP with a stranger's address is no weapon. Another
 * such address in the next SDP shares them.
 *
 * Pure: addresses and times go in. Those who try have memory from the first packet that comes from
 * elsewhere until somebody has latched; without it nobody else gets a place. */
#ifndef RTP_LATCH_H
#define RTP_LATCH_H

#include "base/ip.h"

#define RTP_LATCH_PACKETS 4
#define RTP_LATCH_LEFT_PACKETS 50
#define RTP_LATCH_CANDIDATES 32
/* For the next packet in sequence: more than any ptime, and some jitter. */
#define RTP_LATCH_HOLD_MS 200
#define RTP_LATCH_UNHEARD_PACKETS 50
#define RTP_LATCH_UNHEARD_MS 1000

struct rtp_latch {
    struct ip rtp, rtcp; /* where we send; family 0: nowhere */
    struct ip signalled; /* the RTP address as SDP said it */
    struct ip signalled_rtcp;
    struct ip left;   /* where the far end was before SDP named another place; family 0: nowhere */
    bool same_host;   /* SDP and signalling name the same host */
    bool heard;       /* RTP, RTCP or STUN came from where we send: it is alive and wants us */
    bool heard_there; /* from the very port that RTP goes to: with mux that is RTCP, too */
    bool latched;     /* rtp is not what SDP said */
    bool rtcp_latched;
    struct rtp_latch_candidate {
        struct ip from;
        uint32_t ssrc;
        uint16_t next;        /* sequence number */
        uint8_t packets;      /* in sequence; 0: a free place */
        bool broken;          /* it was out of sequence once */
        uint64_t until_ms;    /* nobody else gets the place before */
    } * candidates;           /* RTP_LATCH_CANDIDATES; NULL: nobody else has tried */
    uint32_t unheard_packets; /* sent to addresses never heard from, less one a second */
    uint64_t unheard_ms;      /* when one was last taken off */
};

enum rtp_latch_verdict {
    RTP_LATCH_ACCEPT,
    RTP_LATCH_MOVED, /* accept; from now on we send there, and what came before does not count */
    RTP_LATCH_REFUSE
};

/* Frees what it has; then it is all zero, as at first. */
void rtp_latch_end(struct rtp_latch *l);

/* What SDP says now: again for every new offer and answer. A changed RTP address forgets all that
 * was heard; the same one changes nothing. rtcp family 0: the port after RTP's. With mux pass the
 * RTP address as rtcp. signalling: where the far end's SIP comes from. An address 0.0.0.0 or a
 * port 0 means nowhere. */
void rtp_latch_signalled(struct rtp_latch *l, const struct ip *rtp, const struct ip *rtcp,
                         const struct ip *signalling);

/* RTP that parsed and whose payload type was agreed on came from there. */
enum rtp_latch_verdict rtp_latch_rtp(struct rtp_latch *l, const struct ip *from, uint32_t ssrc,
                                     uint16_t sequence, uint64_t now_ms);
/* Whether RTP from there is refused whatever it says; so nobody need look at it, or decrypt it. */
bool rtp_latch_refuses(const struct rtp_latch *l, const struct ip *from);
/* Whoever is there has shown by other means (rtp/dtls.h) that he is the far end: we send there from
 * now on, unless it was heard already where SDP says. False: it stays. */
bool rtp_latch_proven(struct rtp_latch *l, const struct ip *from);
/* RTCP that parsed came from there. False: a stranger's. RTCP must come from the host that RTP
 * comes from; where that host has been latched or the port differs, the first port is kept. */
bool rtp_latch_rtcp(struct rtp_latch *l, const struct ip *from);
/* STUN came from there, which has no keys and no numbers: who is where we send wants to be sent to,
 * and nothing moves. False: a stranger's. */
bool rtp_latch_stun(struct rtp_latch *l, const struct ip *from);

/* May a packet leave for l->rtp now? Counts it as sent where the answer is true. */
bool rtp_latch_may_send(struct rtp_latch *l, uint64_t now_ms);

#endif
