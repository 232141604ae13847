/* sdp/direction.h - who sends (RFC 8866 6.7) and hold (RFC 3264 8.4). */
#ifndef SDP_DIRECTION_H
#define SDP_DIRECTION_H

#include "base/slice.h"

/* Two bits, seen from whoever says it: & and | mean what they seem to. */
enum sdp_direction {
    SDP_INACTIVE = 0,
    SDP_SENDONLY = 1,
    SDP_RECVONLY = 2,
    SDP_SENDRECV = 3,
};

/* The same seen from the other side: what one sends the other receives. */
enum sdp_direction sdp_direction_reverse(enum sdp_direction d);
/* RFC 3264 6.1: what we may answer to offered, when by ourselves we would do wanted. */
enum sdp_direction sdp_direction_answer(enum sdp_direction offered, enum sdp_direction wanted);
/* The name of the attribute: "sendrecv" and so on. */
const char *sdp_direction_name(enum sdp_direction d);
/* Whether an attribute's name is a direction, and which. */
bool sdp_direction_parse(struct slice name, enum sdp_direction *out);

#endif
