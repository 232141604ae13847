/* sdp/attribute.h - a= lines: finding one, and reading those that audio needs (RFC 8866 6).
 *
 * Names of attributes are case-sensitive (RFC 8866 5.13), names of codecs are not (6.6). */
#ifndef SDP_ATTRIBUTE_H
#define SDP_ATTRIBUTE_H

#include "base/ip.h"
#include "sdp/direction.h"
#include "sdp/model.h"
#include "sdp/stream.h"

/* Takes the next attribute off *lines. value is empty, with p NULL, for one without a colon. */
bool sdp_attribute_next(struct slice *lines, struct slice *name, struct slice *value);
/* The value of the first attribute of that name; whether there is one. value may be NULL. */
bool sdp_attribute_find(struct slice lines, struct slice name, struct slice *value);

/* a=rtpmap:<payload type> <encoding name>/<clock rate>[/<channels>] */
struct sdp_rtpmap {
    uint8_t type;
    struct slice name;
    uint32_t rate_hz;
    uint8_t channels; /* 1 where it is not said */
};

/* 0 or -EBADMSG. value is what stands behind "rtpmap:". */
int sdp_rtpmap_parse(struct slice value, struct sdp_rtpmap *out);
/* What payload type means in media: its rtpmap, else for a static type what RFC 3551 6 says.
 * 0, or -ENOENT where nobody says. */
int sdp_media_rtpmap(const struct sdp_media *media, uint8_t type, struct sdp_rtpmap *out);

/* The parameters of payload type in its a=fmtp line, or the empty slice. */
struct slice sdp_media_fmtp(const struct sdp_media *media, uint8_t type);
/* Reads the parameters of Opus; what is not understood or out of range counts as not said. */
struct sdp_opus sdp_opus_parse(struct slice fmtp);

/* The direction of media as its sender sees it: its own attribute, else the session's, else
 * sendrecv (RFC 8866 6.7). */
enum sdp_direction sdp_media_direction(const struct sdp_model *model,
                                       const struct sdp_media *media);
/* Milliseconds of a=ptime or a=maxptime: moved into SDP_MIN_PTIME_MS … SDP_MAX_PTIME_MS and down to
 * a multiple of 10; 0 where it is not said or no number. */
uint8_t sdp_media_ptime_ms(const struct sdp_media *media, struct slice name);

/* a=rtcp:<port> [<nettype> <addrtype> <connection-address>] (RFC 3605 2.1). Without an address, or
 * with one that is not numeric, family is 0. 0, or -ENOENT where there is none that can be read. */
int sdp_media_rtcp(const struct sdp_media *media, struct ip *out);

#endif
