/* base/digest.h - hash functions, OpenSSL's behind our names. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/slice.h"

enum digest_kind { DIGEST_MD5 = 1, DIGEST_SHA256, DIGEST_SHA512_256 };

#define DIGEST_HEX_MAX 64

/* The hash of the n parts, one behind the other, in lower-case hexadecimal with a NUL. */
void digest_hex(enum digest_kind kind, const struct slice *parts, size_t n,
                char out[DIGEST_HEX_MAX + 1]);

#endif
