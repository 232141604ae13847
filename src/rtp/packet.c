#include "rtp/packet.h"

#include <errno.h>

#include "rtp/bytes.h"

/* Takes the first n bytes off rest into out; false where there are fewer. */
static bool take(struct slice *rest, size_t n, struct slice *out)
{
    if (rest->n < n)
        return false;
    *out = slice_head(*rest, n);
    *rest = slice_skip(*rest, n);
    return true;
}

/* RFC 3550 5.3.1: 16 bits of the profile's, then the length in 32-bit words without this header. */
static bool take_extension(struct slice *rest, struct rtp_packet *out)
{
    struct slice header;

    if (!take(rest, 4, &header))
        return false;
    out->extension_id = rtp_get16((const uint8_t *)header.p);
    return take(rest, 4 * (size_t)rtp_get16((const uint8_t *)header.p + 2), &out->extension);
}

/* RFC 3550 5.1: the last byte counts the padding, itself among it. */
static bool drop_padding(struct slice *rest)
{
    uint8_t padding = rest->n ? (uint8_t)rest->p[rest->n - 1] : 0;

    if (padding == 0 || padding > rest->n)
        return false;
    rest->n -= padding;
    return true;
}

int rtp_packet_parse(struct slice bytes, struct rtp_packet *out)
{
    struct slice rest = bytes, header;
    const uint8_t *p;

    if (!take(&rest, RTP_HEADER_BYTES, &header))
        return -EBADMSG;
    p = (const uint8_t *)header.p;
    *out = (struct rtp_packet){
        .marker = p[1] >> 7,
        .payload_type = p[1] & 0x7f,
        .sequence = rtp_get16(p + 2),
        .timestamp = rtp_get32(p + 4),
        .ssrc = rtp_get32(p + 8),
        .n_csrc = p[0] & 15,
    };
    if (p[0] >> 6 != 2 || !take(&rest, 4 * (size_t)out->n_csrc, &out->csrc))
        return -EBADMSG;
    if ((p[0] & 0x10) && !take_extension(&rest, out))
        return -EBADMSG;
    if ((p[0] & 0x20) && !drop_padding(&rest))
        return -EBADMSG;
    out->payload = rest;
    return 0;
}

void rtp_packet_print(const struct rtp_packet *packet, uint8_t out[RTP_HEADER_BYTES])
{
    out[0] = 0x80;
    out[1] = (uint8_t)(packet->marker << 7 | (packet->payload_type & 0x7f));
    rtp_put16(out + 2, packet->sequence);
    rtp_put32(out + 4, packet->timestamp);
    rtp_put32(out + 8, packet->ssrc);
}
