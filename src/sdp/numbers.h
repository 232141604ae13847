/* sdp/numbers.h - which payload type stands for what, for as long as a session lasts.
 *
 * RFC 3264 8.3.2: a number that once stood for a codec must never stand for another. So the numbers
 * of whoever offered first are kept to in later offers of ours, and whatever number the other side
 * used for something that we do not know is not used for anything else. */
#ifndef SDP_NUMBERS_H
#define SDP_NUMBERS_H

#include "sdp/attribute.h"
#include "sdp/model.h"
#include "sdp/stream.h"

struct sdp_numbers {
    uint8_t codec[SDP_MAX_CODECS]; /* by the index of struct sdp_local */
    uint8_t event[SDP_MAX_CODECS]; /* telephone-event at the rate of that codec */
    uint8_t red[SDP_MAX_CODECS];   /* redundancy likewise */
    bool taken[128];               /* stands or stood for something */
};

/* The numbers that local asks for; telephone-event is 101 at 8000 Hz, as everywhere, and the next
 * free numbers at other rates; those of redundancy follow. */
struct sdp_numbers sdp_numbers_new(const struct sdp_local *local);
/* Adopts the numbers of an offer for media. */
void sdp_numbers_adopt(struct sdp_numbers *numbers, const struct sdp_local *local,
                       const struct sdp_media *media);

/* The index of the codec of local that map names, or -1. Names are compared in any case. */
int sdp_codec_find(const struct sdp_local *local, const struct sdp_rtpmap *map);
bool sdp_is_event(const struct sdp_rtpmap *map);

#endif
