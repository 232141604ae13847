/* sip/limits.h - everything that a stranger can make the SIP core use has a limit, and its name
 * stands here with what happens when it is reached.
 *
 * A message offset fits in 16 bits because of SIP_MAX_MESSAGE; do not raise it above 65535. */
#ifndef SIP_LIMITS_H
#define SIP_LIMITS_H

/* --- one message (sip/parse, sip/stream) ------------------------------------------------------ */

/* Bytes of a message with its body. Longer: sip_parse says -EMSGSIZE and the datagram is dropped;
 * a stream is broken: its owner may answer (400) and closes the connection. */
#define SIP_MAX_MESSAGE 65535
/* Bytes of one header, name and folded lines included, or of the start line. Longer: 400. */
#define SIP_MAX_HEADER_LINE 8192
/* Headers of a message, a comma list counting once. More: 400. */
#define SIP_MAX_HEADERS 128
/* Parameters of one URI, address or Via. More: that value does not parse, which is 400 in the
 * headers that sip_parse decodes. */
#define SIP_MAX_PARAMS 32
/* Bytes of the header section of a stream's message. Longer: the stream is broken. */
#define SIP_MAX_HEADER_SECTION 32768
/* Bytes given to sip_stream_feed at once. More: -ENOMEM. */
#define SIP_MAX_STREAM_FEED 262144
/* CSeq numbers, RFC 3261 8.1.1.5. Above: 400. */
#define SIP_MAX_CSEQ 2147483647u
/* RFC 3261 20.22. Above: 400. */
#define SIP_MAX_MAX_FORWARDS 255
/* Delta-seconds of RFC 3261 25.1; larger numbers count as this one. */
#define SIP_MAX_DELTA_SECONDS 4294967295u

#endif
