/* sdp/exchange.h - offers and answers of one dialog (RFC 3264, RFC 6337): who may offer when, what
 * is agreed, and what happens when an offer is refused.
 *
 *     we call:        offer → INVITE … 200 → take_answer
 *     we are called:  INVITE → take_offer, answer → 200
 *     late offer:     INVITE without SDP → offer in 200, take_answer from ACK;
 *                     we called without: take_offer from 200, answer in ACK
 *     hold, resume, new address, new codecs: set_local or set_direction, then as above
 *
 * At most one offer is outstanding. Nothing is agreed or changed by a description that is refused:
 * each function does all or nothing. It reads no clock and does no I/O. Foreign descriptions are
 * copied; the caller's slices need live only during the call. */
#ifndef SDP_EXCHANGE_H
#define SDP_EXCHANGE_H

#include "base/buf.h"
#include "base/rand.h"
#include "sdp/stream.h"

struct sdp_exchange;

enum sdp_exchange_state {
    SDP_STABLE,      /* nothing outstanding; either side may offer */
    SDP_WE_OFFERED,  /* we wait for an answer */
    SDP_THEY_OFFERED /* an offer was taken; answer it or roll back */
};

/* local is copied, its codecs' strings are not (see sdp/stream.h). 0; -EINVAL where it has no
 * codec, more than SDP_MAX_CODECS, no address or port, or a direction that does not exist;
 * -ENOMEM. */
int sdp_exchange_new(const struct sdp_local *local, struct rng *rng, struct sdp_exchange **out);
void sdp_exchange_free(struct sdp_exchange *x); /* NULL is fine */

/* What our next offer or answer says. The list of codecs must be the one from the start, in that
 * order, because numbers stay bound to codecs for as long as the session lasts (RFC 3264 8.3.2);
 * n_codecs may become smaller, and telephone_event and redundancy may be given up. Only in
 * SDP_STABLE (else -EBUSY), or -EINVAL or -ENOMEM as above. */
int sdp_exchange_set_local(struct sdp_exchange *x, const struct sdp_local *local);
/* Only the direction that we want by ourselves: SDP_SENDONLY to hold, SDP_SENDRECV to resume. While
 * the other side holds us, an offer asks for what that leaves of it (RFC 3264 8.4): SDP_INACTIVE
 * and SDP_RECVONLY. 0, -ENOMEM, or -EBUSY outside of SDP_STABLE. */
int sdp_exchange_set_direction(struct sdp_exchange *x, enum sdp_direction direction);
/* So many bytes there are for our offers from now on; SIZE_MAX, as at first: any number. What is
 * longer leaves out what is worth least, in the order of enum sdp_brevity (sdp/agree.h), until it
 * fits or nothing more can be left out. Answers say what they have to. */
void sdp_exchange_set_room(struct sdp_exchange *x, size_t room);
/* Good until the next call that changes anything. */
const struct sdp_local *sdp_exchange_local(const struct sdp_exchange *x);

/* Appends our offer to out. 0; -EBUSY outside of SDP_STABLE (RFC 3261 14.1: wait, or 491);
 * -ENOMEM where out failed, and then no offer was made; -EPROTONOSUPPORT where the session is full
 * of lines that are not audio. */
int sdp_exchange_offer(struct sdp_exchange *x, struct buf *out);
/* The same where the other side has asked for an offer (INVITE without one): whatever it held
 * before, it begins anew, and hears what we want (RFC 6337 5.3). */
int sdp_exchange_offer_asked(struct sdp_exchange *x, struct buf *out);
/* Takes the answer to our offer. 0; -EBADMSG where it is no answer to it; -EPROTONOSUPPORT where
 * it refuses the audio or shares no codec with us; -ENOKEY where encryption is required and it
 * has none, or the session had it before; -ENOMEM; -EPROTO where we had not offered. On an error
 * what was agreed before stays, and the offer is over. Where nothing was agreed before, it stays
 * open: behind a useless 183 the 200 may bring an answer, or another branch.
 *
 * In SDP_STABLE it may come again, as long as no newer offer was made: a 200 after a 183, or the
 * answer of another branch of a forked INVITE (RFC 3261 13.2.2.4). The newest counts. */
int sdp_exchange_take_answer(struct sdp_exchange *x, struct slice sdp);

/* Takes an offer. 0; -EBADMSG where it is not SDP (400); -EPROTONOSUPPORT where there is nothing in
 * it that we could accept (488); -ENOKEY where only the encryption is missing that one of us wants,
 * or that the session had before (488); -EBUSY while our own offer is outstanding (491), or theirs
 * (500 with Retry-After, RFC 6337 4.2); -ENOMEM (503). Nothing is agreed before
 * sdp_exchange_answer. */
int sdp_exchange_take_offer(struct sdp_exchange *x, struct slice sdp);
/* Appends the answer to the offer taken: each m= line in its order, refused ones with port 0. 0;
 * -EPROTO where there is none; -ENOMEM where out failed, and then the offer still waits. */
int sdp_exchange_answer(struct sdp_exchange *x, struct buf *out);
/* The same in two steps: the words of the answer; and that they were said, so that it is agreed on.
 * Where they could not be said sdp_exchange_rollback instead. */
int sdp_exchange_draft_answer(struct sdp_exchange *x, struct buf *out);
void sdp_exchange_agree(struct sdp_exchange *x);

/* An offer came to nothing (RFC 3261 14.1: the session stays as it was): ours was answered by an
 * error, or theirs is refused by us, or the CANCEL came first. Back to SDP_STABLE with what was
 * agreed before; what set_local and set_direction had changed since the last agreement goes back
 * too. In SDP_STABLE does nothing. */
void sdp_exchange_rollback(struct sdp_exchange *x);

enum sdp_exchange_state sdp_exchange_state(const struct sdp_exchange *x);
/* Whether what is agreed is encrypted, or will be where the offer that waits is answered. */
bool sdp_exchange_wants_keys(const struct sdp_exchange *x);
/* What is agreed now, or NULL before the first agreement. Good until the next take_answer or
 * answer; the address in it does not move. */
const struct sdp_stream *sdp_exchange_stream(const struct sdp_exchange *x);
/* Our newest description, byte for byte, to be sent again where an RFC asks for the same (the 200
 * after a 183 that had the answer, RFC 3261 13.3.1.1). Empty before there is one. */
struct slice sdp_exchange_ours(const struct sdp_exchange *x);

#endif
