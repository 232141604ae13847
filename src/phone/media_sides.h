/* phone/media_sides.h - the two sides of a call on one time line, as frames of a sink.
 *
 * Each side comes with the moment at which it ended, at whatever rate its codec has just now; what
 * is missing between two pieces is silence, what overlaps is left out. So both sides keep to the
 * clock of the call, through holds, other codecs and stalls. Media thread only. */
#ifndef PHONE_MEDIA_SIDES_H
#define PHONE_MEDIA_SIDES_H

#include <stddef.h>
#include <stdint.h>

#include "phone/command.h"
#include "phone/media_sink.h"

enum media_side { MEDIA_SIDE_THEIRS, MEDIA_SIDE_OURS, MEDIA_N_SIDES };

struct media_sides;

/* The time line begins at begin_us. What is heard keeps its two channels in a sink of two; else one
 * of two channels has the same in both where which is not PHONE_SIDES_APART; in a sink of one
 * channel, what should be apart is mixed. Of both sides each has one channel. sink must outlive it.
 * 0 or -ENOMEM. */
int media_sides_new(enum phone_sides which, struct media_sink *sink, uint64_t begin_us,
                    struct media_sides **out);
/* n samples of one side, of each of 1 or 2 channels, which end at end_us. They reach the sink when
 * the other side has got as far, or is 200 ms behind. */
void media_sides_put(struct media_sides *sides, enum media_side side, const int16_t *samples,
                     size_t n, unsigned channels, uint32_t rate_hz, uint64_t end_us);
/* Gives the sink all that is left, and frees it. NULL is fine. */
void media_sides_end(struct media_sides *sides);

#endif
