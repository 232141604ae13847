#include "sdp/direction.h"

static const char *const names[] = {
    [SDP_INACTIVE] = "inactive",
    [SDP_SENDONLY] = "sendonly",
    [SDP_RECVONLY] = "recvonly",
    [SDP_SENDRECV] = "sendrecv",
};

enum sdp_direction sdp_direction_reverse(enum sdp_direction d)
{
    return (enum sdp_direction)((d & SDP_SENDONLY ? SDP_RECVONLY : 0) |
                                (d & SDP_RECVONLY ? SDP_SENDONLY : 0));
}

enum sdp_direction sdp_direction_answer(enum sdp_direction offered, enum sdp_direction wanted)
{
    return sdp_direction_reverse(offered) & wanted;
}

const char *sdp_direction_name(enum sdp_direction d)
{
    return names[d & SDP_SENDRECV];
}

bool sdp_direction_parse(struct slice name, enum sdp_direction *out)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_eq(name, slice_of(names[i]))) {
            *out = (enum sdp_direction)i;
            return true;
        }
    return false;
}
