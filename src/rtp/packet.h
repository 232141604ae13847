/* rtp/packet.h - one RTP packet, bytes to values and back (RFC 3550 5.1).
 *
 * Pure, copies nothing. Every length in the packet is checked against the bytes that came. */
#ifndef RTP_PACKET_H
#define RTP_PACKET_H

#include "base/slice.h"

#define RTP_HEADER_BYTES 12 /* of a packet without CSRCs and extension, as we send them */

struct rtp_packet {
    bool marker;
    uint8_t payload_type; /* 0 to 127 */
    uint16_t sequence;
    uint32_t timestamp; /* in units of the payload type's clock */
    uint32_t ssrc;
    uint8_t n_csrc;         /* 0 to 15 */
    struct slice csrc;      /* 4 * n_csrc bytes, network order */
    uint16_t extension_id;  /* "defined by profile"; 0 also where there is none */
    struct slice extension; /* without its 4 bytes of header */
    struct slice payload;   /* without padding; may be empty */
};

/* The slices in out point into bytes. 0, or -EBADMSG where the version is not 2 or a length does
 * not fit (CSRC count, extension, padding). */
int rtp_packet_parse(struct slice bytes, struct rtp_packet *out);

/* Writes the 12 bytes of header for marker, payload type, sequence, timestamp and SSRC; CSRCs and
 * extension are left out. The payload goes behind them. */
void rtp_packet_print(const struct rtp_packet *packet, uint8_t out[RTP_HEADER_BYTES]);

#endif
