/* sip/parse.h - bytes of one message to struct sip_msg, nothing copied or allocated (RFC 3261
 * 7). */
#ifndef SIP_PARSE_H
#define SIP_PARSE_H

#include "sip/message.h"

/* bytes is one datagram (18.3: what follows Content-Length is ignored, less than it says is an
 * error) or what sip/stream cut out (Content-Length must be there and right). out points into
 * bytes.
 *
 *   0           complete and valid: every field of out holds. Unknown methods and Request-URIs of
 *               other schemes are valid.
 *   -EBADMSG    not so: out->error says why, and where out->can_answer the request can be answered
 *               out->error_status by sip_build_response; else drop it.
 *   -EMSGSIZE   more than SIP_MAX_MESSAGE bytes: drop it.
 *   -ENODATA    nothing but line ends: a keep-alive (RFC 5626 3.5.1 and common practice). */
int sip_parse(struct slice bytes, bool datagram, struct sip_msg *out);

/* For sip/stream: what Content-Length says in the header section of a message, which ends in an
 * empty line. -ENOENT: there is none; -EBADMSG: it is no number, or there are two. */
int sip_parse_framing(struct slice header_section, size_t *out);

#endif
