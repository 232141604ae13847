/* rtp/event.h - telephone keys as RTP events, both ways (RFC 4733).
 *
 * Pure. The sender is asked once per packet time what goes out instead of sound; the receiver is
 * shown every event packet and tells each key press once, however many packets of it arrive. */
#ifndef RTP_EVENT_H
#define RTP_EVENT_H

#include "base/slice.h"

#define RTP_EVENT_BYTES 4
#define RTP_EVENT_QUEUE 256 /* digits waiting in a sender; a power of two */
#define RTP_EVENT_DIGIT_MS 100
#define RTP_EVENT_GAP_MS 100
#define RTP_EVENT_PAUSE_MS 1000 /* of a ',' */

/* The event code of a key (RFC 4733 3.2: 0-9 * # A-D, 16 flash '!'), or -1. */
int rtp_event_code(char digit);
/* The key of a code, or 0 where it is none. */
char rtp_event_digit(uint8_t code);

/* What is dialled as a pause: ',', 'p' or 'P'. */
bool rtp_event_is_pause(char c);
/* How many keys there are; pauses do not count. */
size_t rtp_event_keys(struct slice digits);

/* --- sending --------------------------------------------------------------------------------- */

struct rtp_event_sender {
    char queue[RTP_EVENT_QUEUE];
    uint16_t head, tail; /* grow without end; place = value % RTP_EVENT_QUEUE */
    enum { RTP_EVENT_IDLE, RTP_EVENT_KEY, RTP_EVENT_END, RTP_EVENT_WAIT } state;
    uint8_t code;
    uint8_t repeats;    /* of the end packet, still to be sent */
    uint32_t key_ms;    /* that keys last */
    bool begins;        /* the next packet is the first of its event */
    uint32_t timestamp; /* of the event, or of its current segment */
    uint32_t rate_hz;   /* the event's clock, of these: */
    uint32_t duration;  /* of the current segment; what the field cannot say is of the next one */
    uint32_t left;      /* of the key, or of the pause */
};

struct rtp_event_packet {
    uint8_t payload[RTP_EVENT_BYTES];
    uint32_t timestamp;
    bool marker;
};

void rtp_event_sender_init(struct rtp_event_sender *s);
/* 0; -EINVAL where one of the digits is no key and no pause (',' or 'p'); -ENOBUFS where they do
 * not fit. Then none is taken. */
int rtp_event_push(struct rtp_event_sender *s, struct slice digits);
/* Keys that begin from now on last so long; at first, and behind rtp_event_drop,
 * RTP_EVENT_DIGIT_MS. */
void rtp_event_set_length(struct rtp_event_sender *s, uint32_t key_ms);
/* True where something is being sent or waits. */
bool rtp_event_busy(const struct rtp_event_sender *s);

/* Nothing is sent any more. How many keys were not, or not wholly; pauses do not count. */
size_t rtp_event_drop(struct rtp_event_sender *s);

/* One packet time of `samples` begins at RTP time `timestamp`, of a clock of rate_hz. True: out is
 * sent instead of sound. False: sound is sent (in pauses, too). The first packet of an event has
 * the marker; the last one is sent three times (2.5.1.4); an event longer than the duration field
 * can say goes on in a new segment (2.5.1.3). */
bool rtp_event_next(struct rtp_event_sender *s, uint32_t timestamp, uint32_t samples,
                    uint32_t rate_hz, struct rtp_event_packet *out);

/* --- receiving ------------------------------------------------------------------------------- */

struct rtp_event_receiver {
    bool any;           /* an event has been seen */
    uint32_t timestamp; /* of its current segment */
    uint8_t code;
    uint16_t duration; /* the longest that this segment told */
    bool ended;
};

/* One event packet. Returns the key where a new press begins, else 0; also where the packet is too
 * short, repeats an event, is a little older than the last one, or is no key. Several events in one
 * payload (2.5.1.5) are not told apart: the first counts. */
char rtp_event_receive(struct rtp_event_receiver *r, struct slice payload, uint32_t timestamp);

#endif
