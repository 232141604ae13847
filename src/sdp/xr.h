/* sdp/xr.h - a=rtcp-xr: which extended reports one side asks the other for (RFC 3611 5). */
#ifndef SDP_XR_H
#define SDP_XR_H

#include "base/buf.h"
#include "sdp/model.h"

/* Of the formats those that we know; all false: none. */
struct sdp_xr {
    bool runs;  /* pkt-loss-rle: which packets were lost */
    bool times; /* rcvr-rtt: receiver reference time, and DLRR in answer to it */
    bool voip;  /* voip-metrics */
};

/* What media asks for: its own attribute, else the session's. Formats that we do not know are
 * passed over, as is a report that may not be as long as ours are. */
struct sdp_xr sdp_media_xr(const struct sdp_model *model, const struct sdp_media *media);
/* What both have. */
struct sdp_xr sdp_xr_both(struct sdp_xr a, struct sdp_xr b);
/* The line, or nothing where there is nothing to ask for. */
void sdp_xr_put(struct buf *out, struct sdp_xr xr);

#endif
