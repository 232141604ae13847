#include "rtp/demux.h"

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
