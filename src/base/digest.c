/* base/digest.c - OpenSSL's hashes, fetched by name. */
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>

/* clang-format off */
static const char *const names[] = {
    [DIGEST_MD5]        = "MD5",
    [DIGEST_SHA256]     = "SHA2-256",
    [DIGEST_SHA512_256] = "SHA2-512/256",
};
/* clang-format on */

static bool hash(EVP_MD_CTX *ctx, const EVP_MD *md, const struct slice *parts, size_t n,
                 unsigned char out[EVP_MAX_MD_SIZE], unsigned *size)
{
    if (EVP_DigestInit_ex2(ctx, md, NULL) != 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (parts[i].n > 0 && EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) != 1)
            return false;
    return EVP_DigestFinal_ex(ctx, out, size) == 1;
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

int digest_hex(enum digest_kind kind, const struct slice *parts, size_t n,
               char out[DIGEST_HEX_MAX + 1])
{
    /* Fetched, as the fetch says at once what a FIPS provider does not have. */
    EVP_MD *md = EVP_MD_fetch(NULL, names[kind], NULL);
    EVP_MD_CTX *ctx = md ? EVP_MD_CTX_new() : NULL;
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int err = !md ? -ENOTSUP : !ctx || !hash(ctx, md, parts, n, bytes, &size) ? -ENOMEM : 0;

    if (!err)
        put_hex(bytes, size, out);
    OPENSSL_cleanse(bytes, sizeof bytes);
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);
    return err;
}
