/* sip/stream.h - bytes of a connection to messages (RFC 3261 18.3), each for sip_parse(…, false).
 *
 *     err = sip_stream_feed(stream, bytes);
 *     while ((found = sip_stream_next(stream, &message)) != SIP_STREAM_MORE) …
 */
#ifndef SIP_STREAM_H
#define SIP_STREAM_H

#include "base/slice.h"

struct sip_stream;

enum sip_stream_found {
    SIP_STREAM_MORE,    /* nothing whole is left: feed it */
    SIP_STREAM_MESSAGE, /* *message: one whole message, good until the next call */
    SIP_STREAM_PING,    /* double CRLF between messages: answer with one CRLF (RFC 5626 4.4.1) */
    /* Framing is lost: Content-Length is missing or wrong, or a limit of sip/limits.h is passed.
     * *message: the header section if there is a whole one, else empty; sip_parse says -EBADMSG to
     * it and what to answer. Answer, if that can be done, and close; nothing more is found. */
    SIP_STREAM_BROKEN,
};

struct sip_stream *sip_stream_new(void); /* NULL where memory is gone */
void sip_stream_free(struct sip_stream *stream);
/* Adds what came; a copy is kept. 0; -ENOMEM: no memory, or more than SIP_MAX_STREAM_FEED bytes.
 * Take everything out by sip_stream_next between two calls: then no more than one message is
 * kept. */
int sip_stream_feed(struct sip_stream *stream, struct slice bytes);
enum sip_stream_found sip_stream_next(struct sip_stream *stream, struct slice *message);
/* Whether a message has begun and not ended: its sender has 10 s for the rest. */
bool sip_stream_is_inside(const struct sip_stream *stream);

#endif
