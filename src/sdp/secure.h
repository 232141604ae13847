/* sdp/secure.h - whether the sound of a session is encrypted, and with which keys: what we want,
 * and what was agreed (RFC 4568, RFC 5763, RFC 8643).
 *
 *     wanted     our offer                an offer without keys   an answer without keys
 *     off        RTP/AVP                  in the clear            in the clear
 *     prefer     RTP/AVP with keys        in the clear            in the clear
 *     require    RTP/SAVP with a=crypto,  refused                 refused
 *                else UDP/TLS/RTP/SAVP
 *
 * With keys means a=crypto, or a=fingerprint and a=setup (DTLS), or both. Of both in an offer of
 * theirs we take a=crypto where we would offer it ourselves, else DTLS.
 * An offer with keys is taken encrypted, except with off, where RTP/SAVP is refused and the keys of
 * RTP/AVP are passed over. What has been encrypted once stays so for the rest of the session:
 * whatever was wanted, it is then required; and by DTLS, unless we offer a=crypto ourselves. */
#ifndef SDP_SECURE_H
#define SDP_SECURE_H

#include "base/rand.h"
#include "sdp/crypto.h"
#include "sdp/fingerprint.h"
#include "sdp/model.h"

enum sdp_encryption { SDP_ENCRYPT_PREFER, SDP_ENCRYPT_OFF, SDP_ENCRYPT_REQUIRE };

/* Characters, of 5 bits each: 120 bits (RFC 8842 4). */
#define SDP_OWN_TLS_ID 24
#define SDP_MAX_CRYPTO 4 /* one for each suite */

/* What we want, and the keys for what we send: one for each suite that we take, in order of
 * preference, tags from 1.
 *
 * The one in use stays for as long as suite and their key do, also where a description says them
 * again (RFC 4568 7.1.4). Else all are drawn anew: packets under one that is taken up again could
 * have the numbers of earlier ones (RFC 3711 9.1), and whoever was joined with us before has heard
 * of them. So our answer has fresh ones where anything has changed, and so has an offer that they
 * ask for, as they may take it to anybody. What an answer of theirs has changed is made up for by
 * our next description. Branches of one offer have the keys of that offer. */
struct sdp_keying {
    enum sdp_encryption encryption;
    bool offered;     /* our offers have a=crypto; false: only where theirs was taken, see below */
    bool offered_now; /* the newest one has */
    struct rng *rng;  /* of own; lives as long as the session */
    struct sdp_crypto own[SDP_MAX_CRYPTO];
    size_t n_own;
    bool said, stale;                /* own: they have heard of it; it is to be drawn anew */
    struct fingerprint certificate;  /* ours; without hash: there is no DTLS */
    char tls_id[SDP_OWN_TLS_ID + 1]; /* "", or what tells this session from others of ours that show
                                        the same certificate to whoever was joined with both (RFC
                                        8842 4); an answer has it where the offer has one */
    bool id_said;                    /* and our offers have it from then on, as one without could be
                                        taken for one of another association */
    bool reachable; /* from everywhere: who has a private address begins, as he is behind a NAT */
};

enum sdp_keyed { SDP_CLEAR, SDP_SDES, SDP_DTLS };

/* What was agreed. */
struct sdp_secured {
    enum sdp_keyed by;
    struct sdp_crypto send, receive; /* by SDES */
    struct sdp_dtls theirs;          /* by DTLS */
    bool active;                     /* we begin the handshake */
};

/* Fresh keys for all suites, the strongest first. out keeps rng. */
void sdp_keying_new(struct rng *rng, enum sdp_encryption encryption, bool offered,
                    struct sdp_keying *out);

/* --- for offer.c and answer.c ---------------------------------------------------------------- */

/* The profile of a new line in our offer: "RTP/AVP", "RTP/SAVP" or "UDP/TLS/RTP/SAVP". */
struct slice sdp_secure_profile(const struct sdp_keying *keying);
/* RTP/SAVP and RTP/SAVPF (RFC 3711 12, RFC 5124), and the same behind UDP/TLS/ (RFC 5764 8). */
bool sdp_is_secure_profile(struct slice proto);

/* Before an offer of ours; asked: they want one; by_crypto: their keys of that kind are in use.
 * Then ours are offered, too, whatever keying->offered says: they went this way before. */
void sdp_secure_begin_offer(struct sdp_keying *keying, bool asked, bool by_crypto);
/* Both work out what media of the other side means for us; out says what was agreed before; must:
 * the session was encrypted by that, which then keeps the roles of DTLS (RFC 8842 5.3). 0, or
 * -ENOKEY: refused, as one of us wants encryption and there is none that both can. */
int sdp_secure_take_offer(struct sdp_keying *keying, const struct sdp_model *model,
                          const struct sdp_media *media, bool must, struct sdp_secured *out);
int sdp_secure_take_answer(struct sdp_keying *keying, const struct sdp_model *model,
                           const struct sdp_media *media, bool must, struct sdp_secured *out);

/* Lines with all that we can, with_id: the tls-id, too, where it was not said before; and those of
 * an answer. */
void sdp_secure_put_offer(const struct sdp_keying *keying, bool with_id, struct buf *out);
void sdp_secure_put_answer(const struct sdp_keying *keying, const struct sdp_secured *secured,
                           struct buf *out);

#endif
