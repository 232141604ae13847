/* rtp/session.h - what we are in an RTP session: our SSRC, sequence numbers and timestamps
 * (RFC 3550 5.1, 8.2).
 *
 * Pure. One session is one outgoing stream. Timestamps advance with time whether or not anything
 * is sent, so that silence leaves a gap in timestamps and none in sequence numbers. */
#ifndef RTP_SESSION_H
#define RTP_SESSION_H

#include "base/rand.h"
#include "rtp/packet.h"

struct rtp_session {
    uint32_t ssrc;
    uint16_t sequence;  /* of the next packet */
    uint32_t timestamp; /* of the next sample to be sent */
    uint32_t first_timestamp;
    uint32_t packets, bytes; /* sent under this SSRC, modulo 2^32, for the SR; bytes of payload */
    bool sent;               /* something, under this SSRC */
    bool marker;             /* the next packet begins a talkspurt (RFC 3551 4.1) */
};

/* All three start at random (RFC 3550 5.1); the first packet has the marker. */
void rtp_session_init(struct rtp_session *s, struct rng *rng);

/* Header values of the next packet, which carries bytes of payload; counts it as sent. The
 * timestamp stays, as several packets may share it: rtp_session_advance moves it. */
struct rtp_packet rtp_session_next(struct rtp_session *s, uint8_t payload_type, size_t bytes);
void rtp_session_advance(struct rtp_session *s, uint32_t samples);
/* After a pause in sending: the next packet carries the marker. */
void rtp_session_pause(struct rtp_session *s);

/* RFC 3550 8.2: somebody else uses our SSRC. Takes another one, starts counting anew and returns
 * the old, for which a BYE is due if rtp_session.sent was true. */
uint32_t rtp_session_collide(struct rtp_session *s, struct rng *rng);

#endif
