/* OpenSSL's side of an association: where it reads and writes datagrams, and how it is set up. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "rtp/dtls_private.h"

/* --- datagrams ------------------------------------------------------------------------------- */

static int bio_write(BIO *bio, const char *bytes, int n)
{
    struct rtp_dtls *d = BIO_get_data(bio);
    struct out_datagram *out;

    if (n <= 0 || (size_t)n > sizeof out->bytes || d->n_out == RTP_DTLS_MAX_QUEUE)
        return n; /* lost on the way, as it were */
    out = malloc(sizeof *out);
    if (out) {
        out->n = (size_t)n;
        memcpy(out->bytes, bytes, out->n);
        d->out[d->n_out++] = out;
    }
    return n;
}

static int bio_read(BIO *bio, char *bytes, int cap)
{
    struct rtp_dtls *d = BIO_get_data(bio);
    size_t n = cap > 0 && d->n_in > (size_t)cap ? (size_t)cap : d->n_in;

    BIO_clear_retry_flags(bio);
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(bytes, d->in, n);
    if (!d->peek)
        d->n_in = 0;
    return (int)n;
}

static long bio_ctrl(BIO *bio, int what, long number, void *p)
{
    struct rtp_dtls *d = BIO_get_data(bio);

    (void)p;
    switch (what) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_SET_PEEK_MODE:
        d->peek = number != 0;
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return RTP_DTLS_MTU;
    default:
        return 0;
    }
}

BIO_METHOD *dtls_bio_method_new(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams of an association");

    if (method) {
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_ctrl(method, bio_ctrl);
    }
    return method;
}

BIO *dtls_bio_new(struct rtp_dtls *d)
{
    BIO *bio = BIO_new(d->identity->bio);

    if (bio) {
        BIO_set_data(bio, d);
        BIO_set_init(bio, 1);
    }
    return bio;
}

void dtls_drop_output(struct rtp_dtls *d)
{
    for (size_t i = 0; i < d->n_out; i++)
        free(d->out[i]);
    d->n_out = 0;
}

/* --- the context ----------------------------------------------------------------------------- */

static int put_cookie(SSL *ssl, unsigned char *cookie, unsigned *n)
{
    struct rtp_dtls *d = SSL_get_app_data(ssl);

    *n = sizeof d->cookie;
    memcpy(cookie, d->cookie, sizeof d->cookie);
    return 1;
}

static int is_cookie(SSL *ssl, const unsigned char *cookie, unsigned n)
{
    struct rtp_dtls *d = SSL_get_app_data(ssl);

    return n == sizeof d->cookie && CRYPTO_memcmp(cookie, d->cookie, n) == 0;
}

/* In the place of the library's way of looking for an authority that signed it: there is none. */
static int verify(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    (void)arg;
    if (dtls_certificate_came(SSL_get_app_data(ssl), X509_STORE_CTX_get0_cert(store)))
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

/* DTLS 1.2 with ciphers that authenticate what they encrypt and keys that are gone afterwards. Our
 * certificate has ECDSA; theirs may have RSA. */
static bool set_up(SSL_CTX *ctx, const struct rtp_dtls_identity *identity)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(ctx, RTP_DTLS_MAX_CHAIN);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
    SSL_CTX_set_cookie_generate_cb(ctx, put_cookie);
    SSL_CTX_set_cookie_verify_cb(ctx, is_cookie);
    return SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") &&
           SSL_CTX_use_certificate(ctx, identity->certificate) &&
           SSL_CTX_use_PrivateKey(ctx, identity->key) &&
           SSL_CTX_set_tlsext_use_srtp(ctx, /* 0 is good here, unlike above */
                                       "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:"
                                       "SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32") == 0;
}

int dtls_context_new(const struct rtp_dtls_identity *identity, SSL_CTX **out)
{
    SSL_CTX *ctx = SSL_CTX_new(DTLS_method());

    if (!ctx)
        return -ENOMEM;
    if (!set_up(ctx, identity)) {
        SSL_CTX_free(ctx);
        ERR_clear_error();
        return -EIO;
    }
    *out = ctx;
    return 0;
}
