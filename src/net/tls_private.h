/* net/tls_private.h - what the files of TLS share; beside them only tests include it.
 *
 * tls.c moves bytes, tls_context.c reads files and keeps sessions, tls_verify.c judges certificates
 * and tls_words.c says what was wrong. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "base/fingerprint.h"
#include "net/tls.h"

/* A chain of certificates is refused above this, before it is read; real ones have 2 to 6 kB. */
#define TLS_MAX_CHAIN 32768
#define TLS_MAX_SENTENCE 1024
#define TLS_MAX_DOMAIN 255

struct kept_session {
    char domain[TLS_MAX_DOMAIN + 1];
    SSL_SESSION *session; /* NULL: free */
    uint64_t used;        /* the larger the later */
};

struct net_tls_context {
    unsigned holds;
    SSL_CTX *ssl;
    bool pinned, own_ca, certified;
    struct fingerprint pin;
    struct kept_session kept[NET_TLS_MAX_KEPT];
    uint64_t uses;
};

struct net_tls {
    struct net_tls_context *context;
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    enum net_tls_state state;
    bool client, finished;
    char domain[TLS_MAX_DOMAIN + 1]; /* as given, without a dot at its end */
    struct buf fault;
    struct net_tls_facts facts;
};

/* tls_context.c */

/* The session of an earlier connection to domain, owned by the caller, or NULL. */
SSL_SESSION *tls_context_take(struct net_tls_context *context, const char *domain);

/* tls_verify.c */

/* Whether the certificate is for the domain of tls, or is the one whose fingerprint its context
 * has; if not, a sentence in its fault says so. */
bool tls_has_name(struct net_tls *tls, X509 *certificate);
bool tls_has_pin(struct net_tls *tls, X509 *certificate);
/* For SSL_CTX_set_cert_verify_callback: 1, or 0 with a sentence in the session's fault. */
int tls_verify(X509_STORE_CTX *store, void *arg);
/* Of a session that is resumed nothing is verified by OpenSSL: are its certificate, and those who
 * vouch for it, still good? */
bool tls_verify_again(struct net_tls *tls);

/* tls_words.c */

/* The certificate: its subject, its issuer, from when to when. */
void tls_put_certificate(struct buf *text, const X509 *certificate);
/* X509_V_ERR_… in words of ours. */
void tls_put_verdict(struct buf *text, int error);
/* What the last error of OpenSSL means for tls, as a sentence. */
void tls_put_failure(struct net_tls *tls);

#endif
