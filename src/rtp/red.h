/* rtp/red.h - redundant audio data (RFC 2198): packets that carry earlier frames again, before
 * their own, so that whoever has lost those finds them here.
 *
 * Pure. The parser copies nothing and checks every length against the bytes that came; the sender
 * keeps copies of what it sent lately, in a struct of a fixed size. */
#ifndef RTP_RED_H
#define RTP_RED_H

#include "base/slice.h"

#define RTP_RED_BLOCKS 8         /* of one packet at most, its own frame among them */
#define RTP_RED_OFFSET_MAX 16383 /* in units of the clock: the field has 14 bits */
#define RTP_RED_LENGTH_MAX 1023  /* of an earlier frame: the field has 10 bits */

/* One frame of a packet. */
struct rtp_red_block {
    uint8_t payload_type;
    uint16_t offset; /* by so much it is earlier than the packet's timestamp; 0: its own frame */
    struct slice payload;
};

/* Takes the payload of a packet apart, in the order in which the frames stand: the packet's own is
 * the last. Returns how many there are, at least 1; -EBADMSG where a header is cut off, or the
 * lengths are more than what came. Left out and counted in *ignored are frames of an offset of 0
 * that claim to be earlier ones, those that have no bytes, and the first of more than
 * RTP_RED_BLOCKS. */
int rtp_red_parse(struct slice payload, struct rtp_red_block out[RTP_RED_BLOCKS],
                  unsigned *ignored);

/* Prints n blocks, of which the last is the packet's own frame. Returns the bytes written to out; 0
 * where they are more than room, or one does not fit its fields. */
size_t rtp_red_print(const struct rtp_red_block *blocks, size_t n, uint8_t *out, size_t room);

/* What a packet of `depth` earlier frames and its own has, where each has so many bytes. */
size_t rtp_red_bytes(unsigned depth, size_t each);

#define RTP_RED_KEPT 20        /* packets: more than are told of at 20 ms and 48 kHz */
#define RTP_RED_KEPT_BYTES 512 /* of each; what is longer is not repeated */

/* What was sent lately. All zero at first. */
struct rtp_red_sender {
    struct {
        uint32_t timestamp;
        uint16_t n;
        uint8_t payload_type;
        uint8_t bytes[RTP_RED_KEPT_BYTES];
    } kept[RTP_RED_KEPT];
    unsigned next, n;
    /* Of the latest rtp_red_wrap: how many earlier frames, and how much earlier the first was sent
     * (in units of the clock). */
    unsigned copies;
    uint32_t reach;
};

void rtp_red_keep(struct rtp_red_sender *s, uint8_t payload_type, uint32_t timestamp,
                  struct slice payload);

/* Prints a packet for the frame own, sent at timestamp, with up to depth earlier ones: those sent
 * distance before it, twice that, and so on, where they were sent at just those moments. The
 * farther ones are left out where all would be more than room. Returns the bytes written to out; 0
 * where there is nothing to repeat: then own is sent as it is. */
size_t rtp_red_wrap(struct rtp_red_sender *s, const struct rtp_red_block *own, uint32_t timestamp,
                    unsigned depth, uint32_t distance, uint8_t *out, size_t room);

#endif
