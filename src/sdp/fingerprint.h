/* sdp/fingerprint.h - what a description says about a DTLS handshake: whose certificate, who
 * begins, and whether it is still the same association (RFC 8122, RFC 4145, RFC 8842).
 *
 *     a=fingerprint:<hash-func> <fingerprint>        for media, else for the session
 *     a=setup:actpass | active | passive | holdconn
 *     a=tls-id:<20 to 255 letters, digits, + / - _> */
#ifndef SDP_FINGERPRINT_H
#define SDP_FINGERPRINT_H

#include "base/fingerprint.h"
#include "sdp/model.h"

enum sdp_setup {
    SDP_SETUP_NONE, /* not said, or a word that nobody knows */
    SDP_SETUP_ACTPASS,
    SDP_SETUP_ACTIVE,
    SDP_SETUP_PASSIVE,
    SDP_SETUP_HOLDCONN,
};

#define SDP_MAX_FINGERPRINTS 4 /* further ones are passed over */
#define SDP_MIN_TLS_ID 20
#define SDP_MAX_TLS_ID 255

struct sdp_dtls {
    enum sdp_setup setup;
    struct fingerprint fingerprints[SDP_MAX_FINGERPRINTS];
    size_t n_fingerprints;
    char tls_id[SDP_MAX_TLS_ID + 1]; /* "": none */
};

/* What counts for media. 0; -ENOENT: there is no fingerprint; -ENOTSUP: none by a hash that we
 * take; -EBADMSG: the only ones there are cannot be read. out is empty then. */
int sdp_dtls_parse(const struct sdp_model *model, const struct sdp_media *media,
                   struct sdp_dtls *out);
/* Appends the lines, each with its line end. */
void sdp_dtls_print(const struct sdp_dtls *dtls, struct buf *out);

/* What an answer says to what was offered (RFC 4145 4.1; RFC 5763 5: active, where that is ours to
 * choose, as then the handshake begins a round trip earlier). SDP_SETUP_NONE: no answer is right,
 * as it offered holdconn. */
enum sdp_setup sdp_setup_answer(enum sdp_setup offered);
/* Whether that is a right answer to actpass, which is all that our offers say. */
bool sdp_setup_answers(enum sdp_setup answered);

/* Whether two tls-ids, "" for none, are of one association: they count where both sides have one
 * (RFC 8842 5.3). */
bool sdp_tls_id_goes_on(const char *before, const char *now);
/* Whether a new description goes on with the association of the one before (RFC 8842 5.1). */
bool sdp_dtls_goes_on(const struct sdp_dtls *before, const struct sdp_dtls *now);

#endif
