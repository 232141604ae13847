/* base/suite.h - the ways of encrypting media, by the names that SDP has for them (RFC 4568 6.2,
 * RFC 7714 14.2), and how long their keys are. */
#ifndef BASE_SUITE_H
#define BASE_SUITE_H

#include "base/slice.h"

enum suite {
    SUITE_NONE,
    SUITE_AES_CM_128_HMAC_SHA1_80,
    SUITE_AES_CM_128_HMAC_SHA1_32,
    SUITE_AEAD_AES_128_GCM,
    SUITE_AEAD_AES_256_GCM,
};

#define SUITE_MAX_KEY_BYTES 44 /* master key and master salt, one behind the other */

/* "AES_CM_128_HMAC_SHA1_80"; "" for SUITE_NONE. */
const char *suite_name(enum suite suite);
/* Names are compared letter by letter, in any case as some phones write them; SUITE_NONE: one that
 * we lack. */
enum suite suite_of(struct slice name);
/* Of master key and salt together: 30, 28 or 44; 0 for SUITE_NONE. */
size_t suite_key_bytes(enum suite suite);

#endif
