/* audio/jitter.h - when to play which packet of one received stream.
 *
 * Pure: the owner gives the time of arrival with each packet and the time of playing with each
 * question, in microseconds of any one steady clock. Samples are never seen here. The owner asks
 * jitter_get whenever its store of decoded samples runs out, does what the decision says, and has
 * decision.duration more to play. Every duration and timestamp is in units of the RTP clock.
 *
 * How long packets are held back follows what the network does (audio/jitter_delay.h): never less
 * than one packet, never more than max_ms, but for a route that becomes longer, until it is known
 * to stay so.
 *
 * A packet that comes too late for its moment, while nothing else has come either, is played all
 * the same, and what follows it later: so a short stall costs delay, which JITTER_ACCELERATE wins
 * back, and not words. The first 40 ms of waiting for one hold the sound (JITTER_HOLD); as soon as
 * a packet is overdue by more than they usually are, what is stored is played slower, too.
 *
 * Packets may bring copies of earlier ones along (RFC 2198). A copy stands in for a packet that has
 * not come, and costs nothing where it has. What is missing is played from a copy, else from what
 * the packet behind it carries of it (JITTER_FEC), else it is invented. Copies come later than what
 * they stand in for: where there is something to be gained, packets are held back for so long.
 *
 * Memory: under 4 KiB, and the packets that wait, JITTER_PACKETS at most, or sixteen that did. */
#ifndef AUDIO_JITTER_H
#define AUDIO_JITTER_H

#include "base/slice.h"

#define JITTER_PACKETS 128 /* when more wait, the oldest is dropped */
#define JITTER_PAYLOAD_MAX 2048
#define JITTER_TOLD 64    /* of those that were discarded it is known which they were */
#define JITTER_MAX_MS 500 /* the highest ceiling there is, and the default */

struct jitter;

struct jitter_config {
    uint32_t clock_hz;
    uint16_t packet_ms; /* until packets show their own length; 0: 20 */
    uint16_t start_ms;  /* first target, before anything is known, but for a second packet that is
                           late (audio/jitter_delay.h); 0: a packet and 10 */
    uint16_t min_ms;    /* floor of the target; below one packet: one packet */
    uint16_t max_ms;    /* ceiling of the target; below one packet: one packet; 0: JITTER_MAX_MS */
};

struct jitter_packet {
    uint32_t ssrc;
    uint32_t timestamp;
    uint32_t duration; /* of the payload, by audio_codec_duration; 0: it holds no sound (a digit,
                          say) and is only noted, so that it does not count as lost */
    uint16_t sequence;
    uint8_t payload_type;
    bool marker;
    bool fec;     /* the payload's codec may carry the packet before it, */
    bool carries; /* and this one does: it counts as recovered then, else as invented */
    bool bridge;  /* the payload helps to invent the packet before it */
    bool rest;    /* the sender says that nothing follows it for a while */
    struct slice payload;
};

enum jitter_action {
    JITTER_WAIT,    /* silence: nothing has come yet, or the sender pauses */
    JITTER_DECODE,  /* decode payload */
    JITTER_FEC,     /* lost: decode what payload, the next packet, carries of it */
    JITTER_CONCEAL, /* lost or late: invent duration from what was played last, and up to payload,
                       the next packet, where there is one */
    JITTER_HOLD,    /* on its way: draw out what was played last, to which it will be joined */
};

enum jitter_stretch {
    JITTER_AS_IS,
    JITTER_ACCELERATE, /* more is stored than needed: leave out pitch periods */
    JITTER_EXPAND,     /* less is stored than needed: repeat them */
};

struct jitter_decision {
    enum jitter_action action;
    enum jitter_stretch stretch; /* with JITTER_DECODE only; a hint */
    uint32_t amount;             /* by so much at most, as far as it can be done well; the more it
                                    is, the less well will do */
    bool in_pauses; /* with JITTER_EXPAND: as nothing is lost by it later, in pauses alone */
    bool first;     /* first packet of a stream or after a restart: reset the decoder */
    uint8_t payload_type;
    uint32_t timestamp;   /* with JITTER_DECODE: of the packet, as the stream was followed */
    uint32_t skipped;     /* with JITTER_DECODE and JITTER_FEC: what was held turned out lost, and
                             the decoder has not heard of so much of it, which comes before */
    uint32_t duration;    /* how much to play in consequence; above 0 */
    struct slice payload; /* good until the next call on this jitter buffer */
};

struct jitter_stats {
    uint64_t received;     /* packets taken in */
    uint64_t duplicates;   /* a copy of one that waits or was played */
    uint64_t late;         /* came after their place was played over */
    uint64_t lost;         /* never came in time (late ones included) */
    uint64_t recovered;    /* of these, played from the next packet's FEC */
    uint64_t redundant;    /* of these, played from a copy */
    uint64_t discarded;    /* came in time, dropped to get back to the target delay or for want of
                              room or memory */
    uint64_t restarts;     /* another SSRC, or sequence numbers that started anew */
    uint64_t played_ms;    /* what the decisions add up to, pauses excluded */
    uint64_t concealed_ms; /* invented part of it, FEC excluded where it carried anything */
    uint64_t held_ms;      /* drawn out until the late packet came; not in concealed_ms */
    uint32_t target_ms, delay_ms; /* over the quickest packet: wanted, at the last decision */
    uint32_t delay_mean_ms;       /* likewise, of all packets that were played */
    uint32_t ceiling_ms;          /* that the target has */
    uint32_t waiting;             /* packets stored now */
};

/* 0, -EINVAL (no clock), or -ENOMEM. */
int jitter_new(const struct jitter_config *config, struct jitter **out);
void jitter_free(struct jitter *j);

/* Stores a copy of the packet, which arrived at now_us. A timestamp that cannot be that of its
 * sequence number is believed if the next packet goes on from it; until then the number is. 0, or
 * what became of it: -EEXIST a duplicate, -ETIME too late, -EAGAIN out of all order, believed only
 * if its successor follows (RFC 3550 A.1), -ENOMEM dropped, -EINVAL too long or too big. All are
 * counted; the caller need not look. */
int jitter_put(struct jitter *j, const struct jitter_packet *packet, uint64_t now_us);

/* A copy of an earlier packet, which came along with the one put last. Of copy the sequence number
 * is that of the packet that it came with, as a copy has none; its own is found by its timestamp
 * between those of the packets that came. nth: which copy of that packet it was, 1 the latest. 0,
 * and in *sequence what it stands in for; -EEXIST: nothing is missing there; -ETIME too late,
 * -EINVAL, -ENOMEM. */
int jitter_put_copy(struct jitter *j, const struct jitter_packet *copy, unsigned nth,
                    uint16_t *sequence);

/* What to play next. queued: what the owner still has to play before it, in clock units, so that
 * the answer is about the moment when it will be heard. */
void jitter_get(struct jitter *j, uint64_t now_us, uint32_t queued, struct jitter_decision *out);

/* One of those that were discarded since it was last asked, the earliest first: it came in time, or
 * a copy of it did, and nothing of it was played. False: there is no other. */
bool jitter_discarded(struct jitter *j, uint16_t *sequence);

/* Forgets the packets and the place in the stream, keeps what was learnt about delays: after a
 * hold, say. */
void jitter_flush(struct jitter *j);
/* The same, and timestamps count in clock_hz (above 0) from now on: another codec. */
void jitter_set_clock(struct jitter *j, uint32_t clock_hz);

void jitter_stats(const struct jitter *j, struct jitter_stats *out);

#endif
