#include "rtp/demux.h"

#include "rtp/bytes.h"

#define STUN_HEADER_BYTES 20
#define STUN_COOKIE 0x2112a442

enum rtp_kind rtp_demux(struct slice datagram)
{
    uint8_t first, second;

    if (datagram.n < 2)
        return RTP_KIND_UNKNOWN;
    first = (uint8_t)datagram.p[0];
    second = (uint8_t)datagram.p[1];
    if (first <= 3)
        return RTP_KIND_STUN;
    if (first >= 20 && first <= 63)
        return RTP_KIND_DTLS;
    if (first < 128 || first > 191)
        return RTP_KIND_UNKNOWN;
    return second >= 192 && second <= 223 ? RTP_KIND_RTCP : RTP_KIND_RTP;
}

bool rtp_is_stun(struct slice datagram)
{
    const uint8_t *p = (const uint8_t *)datagram.p;
    size_t n;

    if (rtp_demux(datagram) != RTP_KIND_STUN || datagram.n < STUN_HEADER_BYTES)
        return false;
    n = rtp_get16(p + 2);
    return n % 4 == 0 && n == datagram.n - STUN_HEADER_BYTES && rtp_get32(p + 4) == STUN_COOKIE;
}
