#include "sdp/secure.h"

#include <errno.h>

#include "base/mem.h"
#include "sdp/attribute.h"

static void draw(struct sdp_keying *keying)
{
    static const enum suite suites[SDP_MAX_CRYPTO] = {
        SUITE_AEAD_AES_256_GCM,
        SUITE_AEAD_AES_128_GCM,
        SUITE_AES_CM_128_HMAC_SHA1_80,
        SUITE_AES_CM_128_HMAC_SHA1_32,
    };

    for (size_t i = 0; i < keying->n_own; i++)
        sdp_crypto_new(keying->rng, (uint32_t)i + 1, suites[i], &keying->own[i]);
    keying->said = keying->stale = false;
}

void sdp_keying_new(struct rng *rng, enum sdp_encryption encryption, bool offered,
                    struct sdp_keying *out)
{
    *out = (struct sdp_keying){
        .encryption = encryption, .offered = offered, .rng = rng, .n_own = SDP_MAX_CRYPTO};
    draw(out);
}

static bool offers_crypto(const struct sdp_keying *keying)
{
    return keying->offered && keying->n_own && keying->encryption != SDP_ENCRYPT_OFF;
}

/* Of our offer under way. */
static bool has_crypto(const struct sdp_keying *keying)
{
    return keying->offered_now && keying->n_own;
}

static bool knows_dtls(const struct sdp_keying *keying)
{
    return keying->certificate.hash != FINGERPRINT_NONE && keying->encryption != SDP_ENCRYPT_OFF;
}

struct slice sdp_secure_profile(const struct sdp_keying *keying)
{
    if (keying->encryption != SDP_ENCRYPT_REQUIRE)
        return SLICE("RTP/AVP");
    return has_crypto(keying) || !knows_dtls(keying) ? SLICE("RTP/SAVP")
                                                     : SLICE("UDP/TLS/RTP/SAVP");
}

static bool is_dtls_profile(struct slice proto)
{
    return slice_ieq(proto, SLICE("UDP/TLS/RTP/SAVP")) ||
           slice_ieq(proto, SLICE("UDP/TLS/RTP/SAVPF"));
}

bool sdp_is_secure_profile(struct slice proto)
{
    return slice_ieq(proto, SLICE("RTP/SAVP")) || slice_ieq(proto, SLICE("RTP/SAVPF")) ||
           is_dtls_profile(proto);
}

/* --- a=crypto -------------------------------------------------------------------------------- */

/* Of a line of theirs, the place of ours that goes with it: of the same suite, and in an answer of
 * the same tag (RFC 4568 7.1.3). n_own: none. */
static size_t matching(const struct sdp_keying *keying, const struct sdp_crypto *theirs,
                       bool answer)
{
    size_t i = 0;

    while (i < keying->n_own &&
           (keying->own[i].suite != theirs->suite || (answer && keying->own[i].tag != theirs->tag)))
        i++;
    return i;
}

/* Where they have brought keys of that kind, to leave ours out would be to take them back: who
 * knows nothing else would have to refuse. */
void sdp_secure_begin_offer(struct sdp_keying *keying, bool asked, bool by_crypto)
{
    if (keying->said && (asked || keying->stale))
        draw(keying);
    keying->offered_now = by_crypto || offers_crypto(keying);
    keying->said = keying->said || has_crypto(keying);
}

/* An answer has chosen among keys that were offered; to an offer each may be a fresh one. */
static void use_own(struct sdp_keying *keying, size_t i, const struct sdp_crypto *theirs,
                    bool answer, const struct sdp_secured *before)
{
    bool had_keys = before->by == SDP_SDES;
    bool theirs_stays = had_keys && sdp_crypto_same_key(&before->receive, theirs);
    bool ours_stays = had_keys && sdp_crypto_same_key(&before->send, &keying->own[i]);

    if (answer)
        keying->stale = keying->stale || (had_keys && !theirs_stays);
    else if (keying->said && (!theirs_stays || !ours_stays || keying->stale))
        draw(keying);
    keying->said = true;
}

/* The first line of media that we can; whoever offers likes the first best (RFC 4568 7.1.2). */
static bool choose_crypto(struct sdp_keying *keying, const struct sdp_media *media, bool answer,
                          struct sdp_secured *out)
{
    struct slice lines = media->lines, name, value;
    struct sdp_crypto theirs;
    size_t i;

    while (sdp_attribute_next(&lines, &name, &value)) {
        if (!slice_eq(name, SLICE("crypto")) || sdp_crypto_parse(value, &theirs) != 0)
            continue;
        i = matching(keying, &theirs, answer);
        if (i < keying->n_own) {
            use_own(keying, i, &theirs, answer, out);
            *out = (struct sdp_secured){.by = SDP_SDES, .send = keying->own[i], .receive = theirs};
            out->send.tag = theirs.tag;
        }
        mem_wipe(&theirs, sizeof theirs);
        if (i < keying->n_own)
            return true;
    }
    return false;
}

/* --- DTLS ------------------------------------------------------------------------------------ */

static bool is_behind_nat(const struct sdp_keying *keying, const struct sdp_media *media)
{
    struct ip ip;

    return keying->reachable && ip_parse(media->connection.host, &ip) == 0 && ip_is_private(&ip);
}

/* Whether a description leaves the role open: an answer may not (RFC 5763 5), but some do, as
 * baresip does to a second offer. */
static bool leaves_role(const struct sdp_dtls *theirs, bool answer)
{
    return theirs->setup == SDP_SETUP_ACTPASS || (answer && theirs->setup == SDP_SETUP_NONE);
}

/* Our role: what is left to us stays as it is in an association that goes on (RFC 8842 5.3). Else
 * it is the opposite of what an answer says, and to an offer we begin, unless we could not reach
 * them. */
static enum sdp_setup our_setup(const struct sdp_secured *before, const struct sdp_dtls *theirs,
                                bool answer, bool nat)
{
    if (before && leaves_role(theirs, answer) && sdp_dtls_goes_on(&before->theirs, theirs))
        return before->active ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE;
    if (answer && !sdp_setup_answers(theirs->setup))
        return SDP_SETUP_NONE;
    if (theirs->setup == SDP_SETUP_ACTPASS && nat)
        return SDP_SETUP_PASSIVE;
    return sdp_setup_answer(theirs->setup);
}

static bool choose_dtls(const struct sdp_keying *keying, const struct sdp_model *model,
                        const struct sdp_media *media, bool answer, bool must,
                        struct sdp_secured *out)
{
    const struct sdp_secured *before = must && out->by == SDP_DTLS ? out : NULL;
    struct sdp_dtls theirs;
    enum sdp_setup ours;

    if (!knows_dtls(keying) || sdp_dtls_parse(model, media, &theirs) != 0)
        return false;
    ours = our_setup(before, &theirs, answer, is_behind_nat(keying, media));
    if (ours == SDP_SETUP_NONE)
        return false;
    *out =
        (struct sdp_secured){.by = SDP_DTLS, .theirs = theirs, .active = ours == SDP_SETUP_ACTIVE};
    return true;
}

/* --- both ------------------------------------------------------------------------------------ */

static int in_the_clear(const struct sdp_keying *keying, const struct sdp_media *media, bool must,
                        struct sdp_secured *out)
{
    if (must || keying->encryption == SDP_ENCRYPT_REQUIRE || sdp_is_secure_profile(media->proto))
        return -ENOKEY;
    *out = (struct sdp_secured){.by = SDP_CLEAR};
    return 0;
}

/* Keys that we would not offer, as they travel in the clear, are better than nothing; but what DTLS
 * protects from who only listens is not given up for them. */
static bool takes_crypto(const struct sdp_keying *keying, bool must,
                         const struct sdp_secured *before)
{
    return offers_crypto(keying) || !(must && before->by == SDP_DTLS);
}

static int take_offer(struct sdp_keying *keying, const struct sdp_model *model,
                      const struct sdp_media *media, bool must, struct sdp_secured *out)
{
    bool crypto =
        keying->encryption != SDP_ENCRYPT_OFF && keying->n_own && !is_dtls_profile(media->proto);

    if (crypto && offers_crypto(keying) && choose_crypto(keying, media, false, out))
        return 0;
    if (choose_dtls(keying, model, media, false, must, out))
        return 0;
    if (crypto && takes_crypto(keying, must, out) && choose_crypto(keying, media, false, out))
        return 0;
    return in_the_clear(keying, media, must, out);
}

int sdp_secure_take_offer(struct sdp_keying *keying, const struct sdp_model *model,
                          const struct sdp_media *media, bool must, struct sdp_secured *out)
{
    int err = take_offer(keying, model, media, must, out);

    if (!err && out->by != SDP_SDES)
        keying->stale = keying->said; /* it may be another one who offers now */
    if (!err && out->by == SDP_DTLS)
        keying->id_said = keying->id_said || out->theirs.tls_id[0];
    return err;
}

static bool has(const struct sdp_media *media, struct slice attribute)
{
    return sdp_attribute_find(media->lines, attribute, NULL);
}

/* Whether they named a certificate, for media or for the session, be it one that we cannot take. */
static bool has_fingerprint(const struct sdp_model *model, const struct sdp_media *media)
{
    struct sdp_dtls theirs;

    return sdp_dtls_parse(model, media, &theirs) != -ENOENT;
}

/* Who answers our keys with some that fit to none of them will send what we cannot read. */
static int take_answer(struct sdp_keying *keying, const struct sdp_model *model,
                       const struct sdp_media *media, bool must, struct sdp_secured *out)
{
    if (has_crypto(keying) && has(media, SLICE("crypto")))
        return choose_crypto(keying, media, true, out) ? 0 : -ENOKEY;
    if (choose_dtls(keying, model, media, true, must, out))
        return 0;
    if (knows_dtls(keying) && has_fingerprint(model, media))
        return -ENOKEY;
    return in_the_clear(keying, media, must, out);
}

int sdp_secure_take_answer(struct sdp_keying *keying, const struct sdp_model *model,
                           const struct sdp_media *media, bool must, struct sdp_secured *out)
{
    bool had_keys = out->by == SDP_SDES;
    int err = take_answer(keying, model, media, must, out);

    if (!err && had_keys && out->by != SDP_SDES)
        keying->stale = true;
    return err;
}

static void put_crypto(const struct sdp_crypto *crypto, struct buf *out)
{
    buf_puts(out, "a=crypto:");
    sdp_crypto_print(crypto, out);
    buf_puts(out, "\r\n");
}

static void put_dtls(const struct sdp_keying *keying, enum sdp_setup setup, bool with_id,
                     struct buf *out)
{
    struct sdp_dtls ours = {
        .setup = setup, .fingerprints = {keying->certificate}, .n_fingerprints = 1};

    if (with_id)
        memcpy(ours.tls_id, keying->tls_id, sizeof keying->tls_id);
    sdp_dtls_print(&ours, out);
}

void sdp_secure_put_offer(const struct sdp_keying *keying, bool with_id, struct buf *out)
{
    for (size_t i = 0; i < keying->n_own && has_crypto(keying); i++)
        put_crypto(&keying->own[i], out);
    if (knows_dtls(keying))
        put_dtls(keying, SDP_SETUP_ACTPASS, with_id || keying->id_said, out);
}

void sdp_secure_put_answer(const struct sdp_keying *keying, const struct sdp_secured *secured,
                           struct buf *out)
{
    if (secured->by == SDP_SDES)
        put_crypto(&secured->send, out);
    else if (secured->by == SDP_DTLS)
        put_dtls(keying, secured->active ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE,
                 secured->theirs.tls_id[0] != '\0', out);
}
