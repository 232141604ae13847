#include "base/suite.h"

static const struct {
    const char *name;
    size_t key_bytes, salt_bytes;
} suites[] = {
    [SUITE_NONE] = {"", 0, 0},
    [SUITE_AES_CM_128_HMAC_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80", 16, 14},
    [SUITE_AES_CM_128_HMAC_SHA1_32] = {"AES_CM_128_HMAC_SHA1_32", 16, 14},
    [SUITE_AEAD_AES_128_GCM] = {"AEAD_AES_128_GCM", 16, 12},
    [SUITE_AEAD_AES_256_GCM] = {"AEAD_AES_256_GCM", 32, 12},
};

const char *suite_name(enum suite suite)
{
    return suites[suite].name;
}

enum suite suite_of(struct slice name)
{
    for (size_t i = 1; i < ARRAY_LEN(suites); i++)
        if (slice_ieq(name, slice_of(suites[i].name)))
            return (enum suite)i;
    return SUITE_NONE;
}

size_t suite_key_bytes(enum suite suite)
{
    return suites[suite].key_bytes + suites[suite].salt_bytes;
}
