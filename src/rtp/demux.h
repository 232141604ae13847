/* rtp/demux.h - what came on a media socket, by its first bytes (RFC 7983, RFC 5761 4). */
#ifndef RTP_DEMUX_H
#define RTP_DEMUX_H

#include "base/slice.h"

enum rtp_kind { RTP_KIND_UNKNOWN, RTP_KIND_RTP, RTP_KIND_RTCP, RTP_KIND_STUN, RTP_KIND_DTLS };

/* Looks at two bytes and promises nothing about the rest. RTP with payload types 64 to 95 is not
 * told from RTCP (RFC 5761 4 forbids those types where both share a port). */
enum rtp_kind rtp_demux(struct slice datagram);

/* Whether all of it is one message of RFC 8489 5, by its length and its cookie. Nothing is said of
 * what it means. */
bool rtp_is_stun(struct slice datagram);

#endif
