/* sdp/model.h - a session description after parsing (RFC 8866 5).
 *
 * All slices point into the text that was parsed. Attributes stay where they are, as lines; those
 * who want one look it up (sdp/attribute.h). So a description costs under a kilobyte, however many
 * lines it has. */
#ifndef SDP_MODEL_H
#define SDP_MODEL_H

#include "base/slice.h"
#include "sdp/limits.h"

/* c=IN IP4 192.0.2.1 */
struct sdp_connection {
    bool there;        /* false: no c= line, and the rest is empty */
    bool multicast;    /* a TTL or a number of addresses stood behind the address */
    struct slice host; /* numeric or a name; empty where the network is not "IN" with IP4 or IP6 */
};

struct sdp_media {
    struct slice type;                /* "audio" */
    uint16_t port;                    /* 0: refused or removed */
    struct slice proto;               /* "RTP/AVP" */
    struct slice formats;             /* one or more, with blanks between them: sdp_format_next */
    struct sdp_connection connection; /* its own, else the session's */
    struct slice lines;               /* what stands below m=, up to the next one */
};

struct sdp_model {
    struct slice session_id, session_version; /* of o=: digits */
    struct slice time;                        /* of the first t=; empty where there is none */
    struct sdp_connection connection;
    struct slice lines; /* all before the first m= */
    struct sdp_media media[SDP_MAX_MEDIA];
    size_t n_media;
};

#endif
