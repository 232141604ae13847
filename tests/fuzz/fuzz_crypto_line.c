/* The input as what stands behind "a=crypto:": whatever is taken has a key as long as its suite
 * wants it, and printed it is the same line. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/crypto.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_taken(const struct sdp_crypto *crypto)
{
    struct buf out = buf_new(1000);
    struct sdp_crypto again;

    must(crypto->tag >= 1 && crypto->tag <= SDP_MAX_CRYPTO_TAG && crypto->suite != SUITE_NONE);
    for (size_t i = suite_key_bytes(crypto->suite); i < sizeof crypto->key; i++)
        must(crypto->key[i] == 0);
    sdp_crypto_print(crypto, &out);
    must(buf_ok(&out) && sdp_crypto_parse(buf_slice(&out), &again) == 0);
    must(again.tag == crypto->tag && sdp_crypto_same_key(&again, crypto));
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct sdp_crypto none;
    struct sdp_crypto crypto;
    int err = sdp_crypto_parse((struct slice){(const char *)bytes, n}, &crypto);

    must(!err || err == -EBADMSG || err == -ENOTSUP);
    if (err)
        must(memcmp(&crypto, &none, sizeof none) == 0);
    else
        check_taken(&crypto);
    return 0;
}
