/* net/tls_context.h - whom we trust over TLS and who we are there: what many connections share.
 *
 * Counted: each session of net/tls.h holds its context. Reads files when it is made, and while it
 * verifies where certificates lie in a folder. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include "base/buf.h"
#include "base/slice.h"

struct net_tls_context;

/* NULL: not said. A fingerprint stands in the place of any authority. */
struct net_tls_settings {
    const char *ca;          /* file of certificates in PEM, or a folder made by c_rehash; NULL: the
                                store of the system. Lists of revoked ones (CRL) count where they
                                stand beside them */
    const char *fingerprint; /* SHA-256 of the one certificate that is taken, in hex; colons and
                                blanks do not count, nor "sha256:" before it */
    const char *certificate; /* our own, in PEM, followed by those that lead to an authority */
    const char *key;         /* of certificate, in PEM, without a passphrase */
};

/* Sessions kept for coming back sooner: the latest, one for each domain. */
#define NET_TLS_MAX_KEPT 32

/* 0; -EINVAL, with a sentence in why: a file cannot be read, or does not fit; -ENOMEM. */
int net_tls_context_new(const struct net_tls_settings *settings, struct buf *why,
                        struct net_tls_context **out);
struct net_tls_context *net_tls_context_hold(struct net_tls_context *context);
/* Gives one hold back. NULL is fine. */
void net_tls_context_free(struct net_tls_context *context);

#endif
