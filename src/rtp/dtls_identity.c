#include "rtp/dtls_identity.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rtp/dtls_private.h"

#define LEAST_BYTES (2u << 20)

static int set_serial(X509 *x)
{
    uint8_t bytes[8];
    BIGNUM *number;
    int ok;

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return 0;
    bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and never short */
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
    return ok;
}

/* No name of a person or machine, and no date of when it was made; "no well-defined expiration
 * date" is RFC 5280 4.1.2.5's. So a phone whose clock is wrong is no different. */
static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_NAME *name = x ? X509_get_subject_name(x) : NULL;

    if (name && X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"tphone", -1,
                                   -1, 0) &&
        X509_set_issuer_name(x, name) &&
        ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "20200101000000Z") &&
        ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "99991231235959Z") &&
        X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256()))
        return x;
    X509_free(x);
    return NULL;
}

static int take_fingerprint(struct rtp_dtls_identity *identity)
{
    unsigned char *der = NULL;
    int n = i2d_X509(identity->certificate, &der), err;

    if (n < 0)
        return -ENOMEM;
    err = fingerprint_of(FINGERPRINT_SHA256, (struct slice){(char *)der, (size_t)n},
                         &identity->fingerprint);
    OPENSSL_free(der);
    return err;
}

/* Takes over identity, which has key and certificate, and completes it. */
static int complete(struct rtp_dtls_identity *identity, struct rtp_dtls_identity **out)
{
    int err = take_fingerprint(identity);

    if (!err)
        err = dtls_context_new(identity, &identity->ctx);
    identity->bio = err ? NULL : dtls_bio_method_new();
    if (!err && !identity->bio)
        err = -ENOMEM;
    if (err) {
        rtp_dtls_identity_free(identity);
        return err;
    }
    *out = identity;
    return 0;
}

/* With less libcrypto may find itself half there when it starts, and crash. */
static bool libcrypto_has_room(void)
{
    return mem_is_there(LEAST_BYTES);
}

int rtp_dtls_identity_new(struct rtp_dtls_identity **out)
{
    struct rtp_dtls_identity *identity = libcrypto_has_room() ? calloc(1, sizeof *identity) : NULL;

    if (!identity)
        return -ENOMEM;
    identity->key = EVP_EC_gen("P-256");
    identity->certificate = identity->key ? make_certificate(identity->key) : NULL;
    if (identity->certificate)
        return complete(identity, out);
    rtp_dtls_identity_free(identity);
    ERR_clear_error();
    return -EIO;
}

int rtp_dtls_identity_parse(struct slice pem, struct rtp_dtls_identity **out)
{
    struct rtp_dtls_identity *identity = libcrypto_has_room() ? calloc(1, sizeof *identity) : NULL;
    BIO *bio = identity && pem.n <= RTP_DTLS_MAX_PEM ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    bool fits = false;

    if (bio) {
        /* An empty passphrase: the library would ask for one at the terminal. */
        identity->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
        (void)BIO_reset(bio);
        identity->certificate = PEM_read_bio_X509(bio, NULL, NULL, (void *)"");
        fits = identity->key && identity->certificate &&
               X509_check_private_key(identity->certificate, identity->key) == 1;
    }
    BIO_free(bio);
    ERR_clear_error();
    if (fits)
        return complete(identity, out);
    rtp_dtls_identity_free(identity);
    return identity ? -EBADMSG : -ENOMEM;
}

int rtp_dtls_identity_print(const struct rtp_dtls_identity *identity, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text;
    long n;
    int err = -ENOMEM;

    if (bio && PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL) &&
        PEM_write_bio_X509(bio, identity->certificate)) {
        n = BIO_get_mem_data(bio, &text);
        buf_put(out, (struct slice){text, n > 0 ? (size_t)n : 0});
        err = n > 0 && buf_ok(out) ? 0 : -ENOMEM;
    }
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

void rtp_dtls_identity_free(struct rtp_dtls_identity *identity)
{
    if (!identity)
        return;
    SSL_CTX_free(identity->ctx);
    BIO_meth_free(identity->bio);
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
    free(identity);
}

const struct fingerprint *rtp_dtls_identity_fingerprint(const struct rtp_dtls_identity *identity)
{
    return &identity->fingerprint;
}
