/* rtp/dtls_private.h - what the files of DTLS share. */
#ifndef RTP_DTLS_PRIVATE_H
#define RTP_DTLS_PRIVATE_H

#include <openssl/ssl.h>

#include "rtp/dtls.h"

struct rtp_dtls_identity {
    EVP_PKEY *key;
    X509 *certificate;
    struct fingerprint fingerprint;
    SSL_CTX *ctx;
    BIO_METHOD *bio;
};

/* A datagram that OpenSSL wants sent. */
struct out_datagram {
    size_t n;
    uint8_t bytes[RTP_DTLS_MTU];
};

struct rtp_dtls {
    enum rtp_dtls_role role;
    enum rtp_dtls_state state;
    enum rtp_dtls_trouble trouble;
    SSL *ssl;  /* NULL: between two tries */
    SSL *next; /* of a passive end at work: hears whether the far end begins anew; mostly NULL */
    const struct rtp_dtls_identity *identity;
    BIO_ADDR *nobody;    /* DTLSv1_listen wants one */
    uint8_t secret[32];  /* that cookies are made of */
    uint8_t cookie[16];  /* whoever repeats it hears what is sent to the far end */
    unsigned cookies;    /* that came back */
    uint8_t hello[32];   /* the random bytes of the ClientHello that is being answered */
    bool listening;      /* passive, and nobody has repeated the cookie yet */
    unsigned tries;      /* that have broken */
    uint64_t end_ms;     /* of all patience */
    uint64_t try_end_ms; /* of an active end's try */
    uint64_t again_ms;   /* when the next try begins, or the flight is repeated */

    struct fingerprint expected[RTP_DTLS_MAX_FINGERPRINTS];
    size_t n_expected;
    X509 *theirs; /* what the far end has shown; NULL: nothing yet */

    struct rtp_srtp_key send, receive;

    uint8_t in[RTP_DTLS_MAX_DATAGRAM]; /* what OpenSSL may read of the datagram that came */
    size_t n_in;
    const uint8_t *came; /* in there, the random bytes of a ClientHello; NULL: there is none */
    bool peek;           /* it reads, and what it read stays */
    struct out_datagram *out[RTP_DTLS_MAX_QUEUE];
    size_t n_out;
    struct out_datagram *fetched; /* by the owner, good until his next call */
};

/* The part of OpenSSL that is the same for all associations. 0; -ENOMEM; -EIO. */
int dtls_context_new(const struct rtp_dtls_identity *identity, SSL_CTX **out);
BIO_METHOD *dtls_bio_method_new(void);
/* What an SSL of d reads and writes by. NULL: no memory. */
BIO *dtls_bio_new(struct rtp_dtls *d);
void dtls_drop_output(struct rtp_dtls *d);
/* Called by OpenSSL with the far end's certificate: whether the handshake goes on. */
bool dtls_certificate_came(struct rtp_dtls *d, X509 *certificate);

/* Remembers why it may come to nothing, where nothing else is known. */
void dtls_suspect(struct rtp_dtls *d, enum rtp_dtls_trouble trouble);
/* Copies the records of datagram that may reach OpenSSL into d->in. */
void dtls_admit(struct rtp_dtls *d, struct slice datagram);
/* The record in there that d->came is of; empty: there is none. */
struct slice dtls_hello(const struct rtp_dtls *d);

#endif
