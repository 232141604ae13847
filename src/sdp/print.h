/* sdp/print.h - descriptions of ours as text (RFC 8866 5), line by line in the order it demands. */
#ifndef SDP_PRINT_H
#define SDP_PRINT_H

#include "base/buf.h"
#include "sdp/stream.h"

/* o= of ours. RFC 3264 8: during a session nothing of it changes but the version. */
struct sdp_origin {
    uint64_t id, version;
    struct ip address;
};

/* a=rtpmap, and a=fmtp where the codec has one. */
void sdp_put_codec(struct buf *out, const struct sdp_codec *codec, uint8_t type);
/* a=rtpmap and a=fmtp of telephone-event: digits, A to D and flash, as we can take them all. */
void sdp_put_event(struct buf *out, uint8_t type, uint32_t rate_hz);
/* a=ptime to a=rtcp-xr: what follows the codecs. */
void sdp_put_rest(struct buf *out, const struct sdp_local *local, bool mux, struct sdp_xr xr);
void sdp_put_direction(struct buf *out, enum sdp_direction direction);

#endif
