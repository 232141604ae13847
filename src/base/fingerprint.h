/* base/fingerprint.h - what a certificate is known by: "sha-256 4A:AD:B9:…" (RFC 8122 5). */
#ifndef BASE_FINGERPRINT_H
#define BASE_FINGERPRINT_H

#include "base/buf.h"

/* The hash functions that are taken; the later, the stronger. SHA-1 and what is older are not: two
 * certificates with one such fingerprint can be made. */
enum fingerprint_hash {
    FINGERPRINT_NONE,
    FINGERPRINT_SHA256,
    FINGERPRINT_SHA384,
    FINGERPRINT_SHA512,
};

#define FINGERPRINT_MAX_BYTES 64

struct fingerprint {
    enum fingerprint_hash hash;
    uint8_t bytes[FINGERPRINT_MAX_BYTES]; /* those that the hash has; zeros behind them */
};

/* Of a certificate as DER. 0 or -EIO: libcrypto lacks the hash. */
int fingerprint_of(enum fingerprint_hash hash, struct slice der, struct fingerprint *out);
bool fingerprint_eq(const struct fingerprint *a, const struct fingerprint *b);
/* Whether they are the same set: neither order nor repetition says anything. */
bool fingerprints_eq(const struct fingerprint *a, size_t n_a, const struct fingerprint *b,
                     size_t n_b);

/* text is hash-func SP 2UHEX *(":" 2UHEX); small letters are taken too. 0; -EBADMSG: it is not
 * that, or has not the length of its hash; -ENOTSUP: a hash that we do not take. */
int fingerprint_parse(struct slice text, struct fingerprint *out);
/* As people write the one by SHA-256, and as openssl prints it: 64 hex digits, between their pairs
 * colons, blanks or nothing, and before them perhaps "SHA256:" or "sha-256 ". 0 or -EBADMSG. */
int fingerprint_parse_sha256(struct slice text, struct fingerprint *out);
void fingerprint_print(const struct fingerprint *fingerprint, struct buf *out);
/* Without the name of the hash. */
void fingerprint_put_hex(const struct fingerprint *fingerprint, struct buf *out);

#endif
