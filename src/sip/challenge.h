/* sip/challenge.h - WWW-Authenticate and Proxy-Authenticate (RFC 3261 20.27, 20.44; RFC 7616 3.3).
 *
 * Tolerant where servers are sloppy: any parameter with or without quotes, unknown ones passed
 * over, several challenges in one line as HTTP allows. What contradicts itself is no challenge. */
#ifndef SIP_CHALLENGE_H
#define SIP_CHALLENGE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/slice.h"

struct sip_challenge {
    struct slice scheme; /* Digest, Basic … */
    bool digest;         /* a Digest that is whole: realm and nonce are there; else only the scheme,
                            and perhaps realm and algorithm, say something */
    /* Between the quotes, with escapes; NULL pointer: absent. */
    struct slice realm, nonce, opaque, algorithm;
    enum digest_kind kind; /* of algorithm, MD5 where it is absent; 0: one that we lack */
    bool session;          /* -sess */
    bool stale, userhash;
    bool has_qop, auth, auth_int; /* has_qop: there is a list, perhaps of unknown ones only */
};

/* Takes the next challenge off the front of *rest, the value of a header; false: there is none. */
bool sip_challenge_next(struct slice *rest, struct sip_challenge *out);

/* Writes what stands between quotes without its escapes; and the other way round, with the quotes.
 * The latter fails the buffer where CR, LF or NUL are in it. */
void sip_put_unquoted(struct buf *b, struct slice text);
void sip_put_quoted(struct buf *b, struct slice text);

#endif
