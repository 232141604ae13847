#include "sdp/secure.h"

#include <errno.h>

#include "base/mem.h"
#include "sdp/attribute.h"

void sdp_keying_new(struct rng *rng, enum sdp_encryption encryption, bool offered,
                    struct sdp_keying *out)
{
    static const enum suite suites[SDP_MAX_CRYPTO] = {
        SUITE_AEAD_AES_256_GCM,
        SUITE_AEAD_AES_128_GCM,
        SUITE_AES_CM_128_HMAC_SHA1_80,
        SUITE_AES_CM_128_HMAC_SHA1_32,
    };

    *out = (struct sdp_keying){.encryption = encryption, .offered = offered};
    for (; out->n_own < SDP_MAX_CRYPTO; out->n_own++)
        sdp_crypto_new(rng, (uint32_t)out->n_own + 1, suites[out->n_own], &out->own[out->n_own]);
}

static bool offers(const struct sdp_keying *keying)
{
    return keying->offered && keying->encryption != SDP_ENCRYPT_OFF;
}

struct slice sdp_secure_profile(const struct sdp_keying *keying)
{
    return keying->encryption == SDP_ENCRYPT_REQUIRE ? SLICE("RTP/SAVP") : SLICE("RTP/AVP");
}

bool sdp_is_secure_profile(struct slice proto)
{
    return slice_ieq(proto, SLICE("RTP/SAVP")) || slice_ieq(proto, SLICE("RTP/SAVPF"));
}

/* Of a line of theirs, ours that goes with it: of the same suite, and in an answer of the same tag
 * (RFC 4568 7.1.3). */
static const struct sdp_crypto *matching(const struct sdp_keying *keying,
                                         const struct sdp_crypto *theirs, bool answer)
{
    for (size_t i = 0; i < keying->n_own; i++)
        if (keying->own[i].suite == theirs->suite && (!answer || keying->own[i].tag == theirs->tag))
            return &keying->own[i];
    return NULL;
}

/* The first line of media that we can; whoever offers likes the first best (RFC 4568 7.1.2). */
static bool choose(const struct sdp_keying *keying, const struct sdp_media *media, bool answer,
                   struct sdp_secured *out)
{
    struct slice lines = media->lines, name, value;
    const struct sdp_crypto *ours;
    struct sdp_crypto theirs;

    while (sdp_attribute_next(&lines, &name, &value)) {
        if (!slice_eq(name, SLICE("crypto")) || sdp_crypto_parse(value, &theirs) != 0)
            continue;
        ours = matching(keying, &theirs, answer);
        if (ours)
            *out = (struct sdp_secured){SDP_SDES, *ours, theirs};
        mem_wipe(&theirs, sizeof theirs);
        if (ours)
            return true;
    }
    return false;
}

static int in_the_clear(const struct sdp_keying *keying, const struct sdp_media *media, bool must,
                        struct sdp_secured *out)
{
    if (must || keying->encryption == SDP_ENCRYPT_REQUIRE || sdp_is_secure_profile(media->proto))
        return -ENOKEY;
    *out = (struct sdp_secured){.by = SDP_CLEAR};
    return 0;
}

int sdp_secure_take_offer(const struct sdp_keying *keying, const struct sdp_media *media, bool must,
                          struct sdp_secured *out)
{
    if (keying->encryption == SDP_ENCRYPT_OFF || !choose(keying, media, false, out))
        return in_the_clear(keying, media, must, out);
    out->send.tag = out->receive.tag;
    return 0;
}

static bool has_keys(const struct sdp_media *media)
{
    struct slice lines = media->lines, name, value;

    while (sdp_attribute_next(&lines, &name, &value))
        if (slice_eq(name, SLICE("crypto")))
            return true;
    return false;
}

/* Who answers our keys with some that fit to none of them will send what we cannot read. */
int sdp_secure_take_answer(const struct sdp_keying *keying, const struct sdp_media *media,
                           bool must, struct sdp_secured *out)
{
    if (!offers(keying) || !has_keys(media))
        return in_the_clear(keying, media, must, out);
    return choose(keying, media, true, out) ? 0 : -ENOKEY;
}

static void put_line(const struct sdp_crypto *crypto, struct buf *out)
{
    buf_puts(out, "a=crypto:");
    sdp_crypto_print(crypto, out);
    buf_puts(out, "\r\n");
}

void sdp_secure_put_offer(const struct sdp_keying *keying, struct buf *out)
{
    for (size_t i = 0; i < keying->n_own && offers(keying); i++)
        put_line(&keying->own[i], out);
}

void sdp_secure_put_answer(const struct sdp_secured *secured, struct buf *out)
{
    if (secured->by == SDP_SDES)
        put_line(&secured->send, out);
}
