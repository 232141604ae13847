#include "rtp/session.h"

void rtp_session_init(struct rtp_session *s, struct rng *rng)
{
    *s = (struct rtp_session){
        .ssrc = rng_u32(rng),
        /* In the lower half, so that the far end's SRTP does not see a wrap at once: RFC 3711
         * 3.3.1 guesses the roll-over counter from the first packet that arrives. */
        .sequence = (uint16_t)(rng_u32(rng) & 0x7fff),
        .timestamp = rng_u32(rng),
        .marker = true,
    };
    s->first_timestamp = s->timestamp;
}

struct rtp_packet rtp_session_next(struct rtp_session *s, uint8_t payload_type, size_t bytes)
{
    struct rtp_packet packet = {
        .marker = s->marker,
        .payload_type = payload_type,
        .sequence = s->sequence++,
        .timestamp = s->timestamp,
        .ssrc = s->ssrc,
    };

    s->marker = false;
    s->sent = true;
    s->packets++;
    s->bytes += (uint32_t)bytes;
    return packet;
}

void rtp_session_advance(struct rtp_session *s, uint32_t samples)
{
    s->timestamp += samples;
}

void rtp_session_pause(struct rtp_session *s)
{
    s->marker = true;
}

uint32_t rtp_session_collide(struct rtp_session *s, struct rng *rng)
{
    uint32_t old = s->ssrc;

    do
        s->ssrc = rng_u32(rng);
    while (s->ssrc == old);
    s->packets = s->bytes = 0;
    s->sent = false;
    return old;
}
