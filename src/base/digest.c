/* base/digest.c - OpenSSL's hashes, by the functions that only compute.
 *
 * They are deprecated in favour of EVP, which first sets up the whole library: configuration,
 * providers, engines, error texts, in a library context of one's own too. That costs 1.3 ms and
 * 2 MiB for the first digest of a process, and nothing here needs it: what is hashed is prescribed
 * by the challenge. The library's settings stay untouched for those who encrypt. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/mem.h"

struct state {
    enum digest_kind kind;
    union {
        MD5_CTX md5;
        SHA256_CTX sha256;
        SHA512_CTX sha512;
    };
};

static void begin(struct state *s, enum digest_kind kind)
{
    /* FIPS 180-4 5.3.6.2. */
    static const SHA_LONG64 start[] = {0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151,
                                       0x963877195940eabd, 0x96283ee2a88effe3, 0xbe5e1e2553863992,
                                       0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2};

    s->kind = kind;
    if (kind == DIGEST_MD5) {
        MD5_Init(&s->md5);
    } else if (kind == DIGEST_SHA256) {
        SHA256_Init(&s->sha256);
    } else {
        SHA512_Init(&s->sha512);
        memcpy(s->sha512.h, start, sizeof start);
    }
}

static void add(struct state *s, struct slice part)
{
    if (s->kind == DIGEST_MD5)
        MD5_Update(&s->md5, part.p, part.n);
    else if (s->kind == DIGEST_SHA256)
        SHA256_Update(&s->sha256, part.p, part.n);
    else
        SHA512_Update(&s->sha512, part.p, part.n);
}

/* How many of the bytes count. */
static size_t end(struct state *s, unsigned char bytes[SHA512_DIGEST_LENGTH])
{
    if (s->kind == DIGEST_MD5) {
        MD5_Final(bytes, &s->md5);
        return MD5_DIGEST_LENGTH;
    }
    if (s->kind == DIGEST_SHA256)
        SHA256_Final(bytes, &s->sha256);
    else
        SHA512_Final(bytes, &s->sha512);
    return SHA256_DIGEST_LENGTH;
}

static void put_hex(const unsigned char *bytes, size_t n, char out[DIGEST_HEX_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

void digest_hex(enum digest_kind kind, const struct slice *parts, size_t n,
                char out[DIGEST_HEX_MAX + 1])
{
    unsigned char bytes[SHA512_DIGEST_LENGTH];
    struct state state;

    begin(&state, kind);
    for (size_t i = 0; i < n; i++)
        if (parts[i].n > 0)
            add(&state, parts[i]);
    put_hex(bytes, end(&state, bytes), out);
    mem_wipe(&state, sizeof state);
    mem_wipe(bytes, sizeof bytes);
}
