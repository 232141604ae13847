/* sdp/agree.h - what an exchange knows when it is stable, and the steps from there: the offer that
 * we make and its answer (sdp/offer.c), the offer that we take and our answer (sdp/answer.c).
 *
 * Each step works on a copy that its caller throws away on an error. */
#ifndef SDP_AGREE_H
#define SDP_AGREE_H

#include "sdp/numbers.h"
#include "sdp/print.h"

#define SDP_NO_SLOT SIZE_MAX

/* One m= line of the session. RFC 3264 8: later offers keep all of them, in their order. */
struct sdp_slot {
    struct slice type, proto, formats; /* in text that the exchange owns, or in literals */
};

/* What an offer leaves out for want of room: each has what those before it have, too. What is worth
 * least goes first. */
enum sdp_brevity {
    SDP_WHOLE,
    SDP_TERSE,      /* what goes without saying: rtpmap of static types, sendrecv */
    SDP_NO_FIGURES, /* reports that are made for people; which packets are lost steers redundancy.
                       And tls-id, which matters where calls of ours are exchanged for others,
                       unless it was said before */
    SDP_NO_REPORTS, /* those, too: one side can guess by what it loses itself */
    SDP_ONE_RED,    /* redundancy for all clocks but one: of the codec spoken, or liked best */
    N_SDP_BREVITIES
};

struct sdp_agreement {
    struct sdp_local local;
    struct sdp_numbers numbers;
    struct sdp_slot slots[SDP_MAX_MEDIA];
    size_t n_slots;
    size_t audio;               /* the slot that is ours to talk through, or SDP_NO_SLOT */
    struct slice time;          /* of t=; empty: none was offered to us */
    bool agreed;                /* stream holds something */
    enum sdp_direction offered; /* by our last offer, */
    enum sdp_brevity brevity;   /* and what of it there was no room for */
    struct sdp_stream stream;
    bool was_secured; /* it was, when our last offer was made */
};

/* sdp/offer.c */

/* Chooses the line to offer audio on where there is none: one that was given up (RFC 3264 8.1), or
 * a new one; the direction that we ask for, and keys that were not left before. 0, or
 * -EPROTONOSUPPORT where all SDP_MAX_MEDIA lines are something else. */
int sdp_offer_begin(struct sdp_agreement *a, bool asked);
/* Prints our offer; the other slots are offered as refused. */
void sdp_offer_put(const struct sdp_agreement *a, const struct sdp_origin *origin, struct buf *out);
/* Works the answer into a. 0, -EBADMSG, -EPROTONOSUPPORT, -ENOKEY as sdp_exchange_take_answer. */
int sdp_offer_answered(struct sdp_agreement *a, const struct sdp_model *answer);

/* What was encrypted once stays so; answers of several branches to the first offer may differ. */
static inline bool sdp_is_secured(const struct sdp_agreement *a)
{
    return a->agreed && a->stream.secured.by != SDP_CLEAR;
}

/* sdp/answer.c */

/* Works an offer into a, whose slots then point into the model's text. 0, -EPROTONOSUPPORT, or
 * -ENOKEY where only the encryption is not to be had. */
int sdp_answer_take(struct sdp_agreement *a, const struct sdp_model *offer);
/* Prints the answer to the offer taken last. */
void sdp_answer_put(const struct sdp_agreement *a, const struct sdp_origin *origin,
                    struct buf *out);

/* sdp/noise.c */

/* The number under which comfort noise is offered, or SDP_NO_TYPE. */
uint8_t sdp_noise_offered(const struct sdp_local *local);
/* Sets what of it is agreed on with media, by the codec that was chosen: its number there. */
void sdp_noise_choose(struct sdp_stream *stream, const struct sdp_local *local,
                      const struct sdp_media *media);
/* Its a=rtpmap, unless type is SDP_NO_TYPE. */
void sdp_noise_put(struct buf *out, uint8_t type);

/* sdp/red.c */

/* Whether packets of codec may be repeated in others. */
bool sdp_red_carries(const struct sdp_codec *codec);
bool sdp_red_is(const struct sdp_rtpmap *map);
/* The number under which media takes packets of that type with earlier ones; SDP_NO_TYPE: none. */
uint8_t sdp_red_find(const struct sdp_media *media, uint32_t rate_hz, uint8_t type);
/* Whether codec i is the one at whose clock it is offered, once for all of that clock; and how. */
bool sdp_red_offered(const struct sdp_agreement *a, size_t i);
void sdp_red_put_offer(const struct sdp_agreement *a, size_t i, struct buf *out);
/* Its lines in our answer, where it was accepted. */
void sdp_red_put_answer(const struct sdp_stream *stream, struct buf *out);

/* sdp/print.c */

/* The line of slot, which is our audio, and what belongs to it. */
typedef void sdp_put_audio(const struct sdp_agreement *a, const struct sdp_slot *slot,
                           struct buf *out);
/* The whole of an offer or answer: all slots but that of our audio are refused. */
void sdp_put_description(const struct sdp_agreement *a, const struct sdp_origin *origin,
                         sdp_put_audio *put_audio, struct buf *out);

/* sdp/stream.c */

/* Whether media is audio over RTP from an address that we could send to. */
bool sdp_media_usable(const struct sdp_media *media, const struct sdp_local *local);
/* What the other side says of media apart from codecs: where it listens, packet times, hold.
 * The direction becomes ours: what it allows of wanted. */
void sdp_stream_read(struct sdp_stream *stream, const struct sdp_model *model,
                     const struct sdp_media *media, const struct sdp_local *local,
                     enum sdp_direction wanted);
/* Sets the codec that is sent, under that number, with the parameters that media has for it. */
void sdp_stream_set_codec(struct sdp_stream *stream, const struct sdp_media *media,
                          const struct sdp_local *local, size_t codec, uint8_t type);
/* Adds a number that may arrive, unless it has a meaning already or there is no room. */
void sdp_stream_add_receive(struct sdp_stream *stream, uint8_t type, size_t codec);
/* Begins the numbers that keys may arrive under, with the one agreed on, if any; and adds another,
 * unless it has a meaning already or there is no room. */
void sdp_stream_begin_events(struct sdp_stream *stream);
void sdp_stream_add_event(struct sdp_stream *stream, uint8_t type);
/* The telephone-event of media: the one at the codec's rate, else the first; type is SDP_NO_TYPE
 * where there is none. */
struct sdp_event sdp_media_event(const struct sdp_media *media, uint32_t rate_hz);

#endif
