/* sdp/crypto.h - a=crypto lines: keys for SRTP in the description itself (RFC 4568, RFC 7714 14).
 *
 *     a=crypto:<tag> <crypto-suite> <key-params> [<session-params>]
 *     a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:base64(key || salt)[|lifetime][|MKI:length]
 *
 * What is taken is one key without MKI and without session parameters that would change the
 * packets; a line with more is as if it were not there (6.3, 7.1.1: such a line is not chosen).
 * A lifetime is read and not kept: a call is over long before any of them. */
#ifndef SDP_CRYPTO_H
#define SDP_CRYPTO_H

#include "base/buf.h"
#include "base/rand.h"
#include "base/suite.h"

#define SDP_MAX_CRYPTO_TAG 999999999u /* nine digits (9.2) */

struct sdp_crypto {
    uint32_t tag; /* 1 … SDP_MAX_CRYPTO_TAG; 0: there is none */
    enum suite suite;
    uint8_t key[SUITE_MAX_KEY_BYTES]; /* suite_key_bytes of them: master key, then salt */
};

/* value is what stands behind "crypto:". 0; -EBADMSG: it is no such line, or its key has not the
 * length of its suite; -ENOTSUP: a suite, MKI, several keys or session parameters that we lack.
 * out has no key then. */
int sdp_crypto_parse(struct slice value, struct sdp_crypto *out);
/* Appends the value, without "a=crypto:" and line end. Whoever sends it wipes out afterwards. */
void sdp_crypto_print(const struct sdp_crypto *crypto, struct buf *out);

/* A fresh key from rng under that tag (6.1: each direction and each description has its own). */
void sdp_crypto_new(struct rng *rng, uint32_t tag, enum suite suite, struct sdp_crypto *out);
/* Whether both are the same key of the same suite, whatever their tags: then the packets go on
 * (RFC 4568 7.1.4). */
bool sdp_crypto_same_key(const struct sdp_crypto *a, const struct sdp_crypto *b);

#endif
