/* sip/auth.h - digest authentication, the client's side: RFC 7616 as RFC 8760 and RFC 3261 22 want
 * it in SIP.
 *
 * One object for each account remembers what the server asked (realm, nonce, nonce count) and the
 * strongest algorithm it has seen, so that later requests carry credentials at once. What may be
 * answered is decided here:
 *
 *   - only a challenge of our own realm: the one configured; else the host of the address of
 *     record, of the registrar or of the proxy, and those with which our own registrar has
 *     challenged a REGISTER;
 *   - of several challenges of one realm the topmost that we can answer (RFC 8760 2.4), but never a
 *     weaker algorithm than the one that realm was answered with before, nor, where the realm is
 *     new, than any realm was answered with for an earlier request: a name is soon invented;
 *   - SHA-512-256, SHA-256 and MD5, each also as -sess; auth before auth-int, auth-int where it is
 *     all there is; no qop as in RFC 2069. Unknown algorithms are passed over;
 *   - the same password at most twice per request: once, and once more where the server names
 *     another nonce. stale=true counts as asking for another nonce, not as a refusal, twice. */
#ifndef SIP_AUTH_H
#define SIP_AUTH_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/rand.h"
#include "base/slice.h"
#include "sip/limits.h"
#include "sip/message.h"

struct sip_auth;

/* What one request has tried so far; zeroed at its start, kept by sip/request.c. */
struct sip_auth_tries {
    unsigned challenged, refused, stale;
    enum digest_kind floor; /* what new realms must have at least */
    struct {
        uint32_t answer, nonce;    /* numbers inside the object; 0: none */
    } carried[SIP_MAX_CHALLENGES]; /* by its latest copy */
};

enum sip_auth_verdict {
    SIP_AUTH_AGAIN = 1, /* send the request again: sip_auth_put now answers */
    SIP_AUTH_WAIT,      /* the same, once there is a password */
    SIP_AUTH_REFUSED,   /* the password was refused */
    SIP_AUTH_CANNOT,    /* nothing here that we can or may answer: why says what */
    SIP_AUTH_SHORT,     /* no memory: another time it may be answered */
};

/* user, realm: as struct sip_account_params; hosts: up to 3 whose name as realm is ours; all
 * copied. NULL without memory. */
struct sip_auth *sip_auth_new(struct rng *rng, struct slice user, struct slice realm,
                              const struct slice *hosts, size_t n_hosts);
void sip_auth_free(struct sip_auth *auth); /* wipes the password */
/* A NULL pointer: there is none; an empty one is one too. 0 or -ENOMEM, when there is none. */
int sip_auth_set_password(struct sip_auth *auth, struct slice password);

/* A 401 or 407 to a request of ours; registrar: the request was a REGISTER to our own registrar,
 * whose realm is then ours. why gets a clause for a person with SIP_AUTH_CANNOT. */
enum sip_auth_verdict sip_auth_challenged(struct sip_auth *auth, const struct sip_msg *response,
                                          bool registrar, struct sip_auth_tries *tries,
                                          struct buf *why);
/* The realm of the last challenge that was to be answered; or empty. */
struct slice sip_auth_realm(const struct sip_auth *auth);

/* Appends "Authorization: …\r\n" and "Proxy-Authorization: …\r\n" lines for a request with this
 * method, Request-URI and body: one for each challenge that is remembered, of REGISTERs for a
 * REGISTER and of other requests for these; nothing where there are none. Each call counts the
 * nonce count up. 0, or -EINVAL when nothing was appended: the name of the user has bytes that a
 * line cannot hold; or there is no memory for it. */
int sip_auth_put(struct sip_auth *auth, struct sip_auth_tries *tries, struct buf *out,
                 struct slice method, struct slice uri, struct slice body);
/* So long those lines will hardly exceed, for a request to uri that is no REGISTER, also where it
 * is challenged first: by what was asked before. */
size_t sip_auth_bytes(const struct sip_auth *auth, struct slice uri);

#endif
