/* How the sound of a call is encrypted: what its offers and answers say, and what it is told as. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phone/account.h"
#include "phone/call.h"
#include "phone/folders.h"
#include "phone/identity.h"
#include "phone/phone_private.h"
#include "phone/phone_tls.h"

#define NO_LIBRARY "the library for that, libsrtp2, is not installed (Debian: libsrtp2-1)"

/* --- what we want ---------------------------------------------------------------------------- */

enum sdp_encryption call_encryption(const struct call *call)
{
    static const enum sdp_encryption wanted[] = {
        [PHONE_ENCRYPT_UNSAID] = SDP_ENCRYPT_PREFER,
        [PHONE_ENCRYPT_OFF] = SDP_ENCRYPT_OFF,
        [PHONE_ENCRYPT_PREFER] = SDP_ENCRYPT_PREFER,
        [PHONE_ENCRYPT_REQUIRE] = SDP_ENCRYPT_REQUIRE,
    };
    enum phone_encryption said = call->encryption;

    if (!said && call->account)
        said = call->account->config->encryption;
    return wanted[said ? said : call->phone->config->encryption];
}

static void open_identity(struct phone *phone, int (*open)(const char *path, struct identity **out))
{
    struct buf path = buf_new(4096);
    bool placed = folders_state_file("dtls.pem", &path) == 0;

    if (open(placed ? buf_cstr(&path) : NULL, &phone->identity) != 0)
        phone->identity = NULL;
    buf_free(&path);
}

/* NULL: it is not to be had. */
static struct identity *find_identity(struct phone *phone)
{
    if (!phone->identity)
        open_identity(phone, identity_open);
    return phone->identity && identity_mend(phone->identity) == 0 ? phone->identity : NULL;
}

void phone_prepare_calls(struct phone *phone)
{
    bool wanted =
        phone->config->dtls != CONFIG_DTLS_NEVER && phone->config->encryption != PHONE_ENCRYPT_OFF;

    if (wanted && !phone->identity)
        open_identity(phone, identity_prepare);
}

/* A fingerprint may travel in the clear: who only listens learns nothing by it. */
static void set_dtls(struct call *call, struct sdp_keying *out)
{
    enum config_dtls dtls = call->phone->config->dtls;
    bool offered = out->encryption == SDP_ENCRYPT_REQUIRE || dtls == CONFIG_DTLS_OFFER;
    const struct identity *identity;

    if (dtls == CONFIG_DTLS_NEVER || (call->outgoing && !offered))
        return;
    identity = find_identity(call->phone);
    if (!identity)
        return;
    out->certificate = *identity_fingerprint(identity);
    rng_token(&call->phone->rng, out->tls_id, SDP_OWN_TLS_ID);
}

/* Keys that travel in the clear protect from nobody who can hear the call anyway. So they are
 * offered only where SIP is encrypted, and count as no encryption where that is required; taken
 * they are all the same, as the call would fail else: call_encryption_name tells the truth of
 * it. */
static void set_sdes(struct call *call, struct sdp_keying *out)
{
    enum config_sdes sdes = call->phone->config->sdes;
    enum sdp_encryption wanted = out->encryption;
    bool safe = sdes == CONFIG_SDES_ALWAYS || call->flow.transport == SIP_TLS;

    if (sdes != CONFIG_SDES_NEVER && (safe || wanted == SDP_ENCRYPT_PREFER))
        sdp_keying_new(&call->phone->rng, wanted, safe, out);
}

int call_keys_choose(struct call *call, struct sdp_keying *out)
{
    enum sdp_encryption wanted = call_encryption(call);

    *out = (struct sdp_keying){.encryption = wanted};
    if (wanted == SDP_ENCRYPT_OFF)
        return 0;
    if (media_can_encrypt()) {
        set_sdes(call, out);
        set_dtls(call, out);
    }
    if (out->n_own || out->certificate.hash) {
        if (out->offered && call->outgoing)
            media_expect_keys(call->phone->media);
        return 0;
    }
    out->encryption = SDP_ENCRYPT_OFF; /* offers that have nothing else are refused */
    return wanted == SDP_ENCRYPT_REQUIRE ? -ENOKEY : 0;
}

bool call_keys_may_go(const struct call *call, const struct sip_flow *flow)
{
    return flow->transport == SIP_TLS || call->flow.transport != SIP_TLS ||
           call->phone->config->sdes != CONFIG_SDES_TLS;
}

bool call_keys_in_use(const struct call *call)
{
    const struct sdp_stream *stream = sdp_exchange_stream(call->sdp);

    return stream && stream->secured.by == SDP_SDES;
}

/* Where keys are in use they stay in our descriptions, whatever is wished (sdp/secure.h), so those
 * are sealed as well. */
void call_keys_wishes(const struct call *call, struct sdp_keying *keying)
{
    bool guarded = call->answered && call->flow.transport == SIP_TLS &&
                   call->phone->config->sdes == CONFIG_SDES_TLS && keying->n_own;

    if (!guarded || !call->sip)
        return;
    keying->offered = sip_call_goes_by_tls(call->sip);
    sip_call_seal(call->sip, keying->offered || call_keys_in_use(call));
}

const char *call_keys_words(const struct call *call)
{
    bool off = call_encryption(call) == SDP_ENCRYPT_OFF;

    if (!off && !media_can_encrypt())
        return call->outgoing ? "the call must be encrypted, and " NO_LIBRARY
                              : "refused: the call must be encrypted (488), and " NO_LIBRARY;
    if (call->outgoing)
        return "the call must be encrypted, and its keys may not be sent in the clear: call over "
               "TLS, or see sdes and dtls in tphone.conf(5)";
    return off ? "refused: the caller takes only encrypted calls (488); see --encryption"
               : "refused: there is no encryption that both sides can (488); see --encryption";
}

/* --- what was agreed ------------------------------------------------------------------------- */

void call_keys_expect(struct call *call)
{
    if (!sdp_exchange_wants_keys(call->sdp))
        return;
    if (call->phone->identity)
        identity_wake(call->phone->identity);
    media_expect_keys(call->phone->media);
}

static struct rtp_srtp_key key_of(const struct sdp_crypto *crypto)
{
    struct rtp_srtp_key key = {.suite = crypto->suite};

    memcpy(key.key, crypto->key, sizeof key.key);
    return key;
}

static struct media_dtls dtls_of(const struct call *call, const struct sdp_secured *secured)
{
    struct media_dtls dtls = {.active = secured->active, .early = !call->answered};

    if (secured->by != SDP_DTLS)
        return dtls;
    dtls.identity = call->phone->identity;
    dtls.n_fingerprints = secured->theirs.n_fingerprints;
    memcpy(dtls.fingerprints, secured->theirs.fingerprints, sizeof dtls.fingerprints);
    memcpy(dtls.tls_id, secured->theirs.tls_id, sizeof dtls.tls_id);
    return dtls;
}

void call_keys_put(const struct call *call, const struct sdp_secured *secured,
                   struct media_params *out)
{
    out->keys = (struct media_keys){key_of(&secured->send), key_of(&secured->receive)};
    out->dtls = dtls_of(call, secured);
}

static bool is_by_dtls(const struct sdp_stream *stream)
{
    return stream && stream->secured.by == SDP_DTLS;
}

/* Who cannot be remembered for want of memory is nobody that a description by anybody is like. */
static void name(struct call *call, const struct sdp_dtls *theirs)
{
    if (!call->named)
        call->named = malloc(sizeof *call->named);
    if (call->named)
        *call->named = *theirs;
}

void call_keys_note(struct call *call, const struct sip_flow *flow)
{
    const struct sdp_stream *stream = sdp_exchange_stream(call->sdp);
    const struct sip_flow *way = flow->remote.family ? flow : &call->flow;

    call->by_anybody = way->transport != SIP_TLS || !way->peer;
    call->keys_seen |= way->transport != SIP_TLS && call_keys_in_use(call);
    if (!call->by_anybody && is_by_dtls(stream))
        name(call, &stream->secured.theirs);
}

/* A call by TLS may go on by UDP, where a Contact leads there: who reads along then knows all that
 * it takes to name somebody else, be it by UDP or on a connection that he opens to us. */
static bool is_named_by_verified(const struct call *call, const struct sdp_dtls *theirs)
{
    const struct sdp_dtls *named = call->named;

    return !call->by_anybody ||
           (named && fingerprints_eq(named->fingerprints, named->n_fingerprints,
                                     theirs->fingerprints, theirs->n_fingerprints));
}

/* Keys that somebody could read are told as such, and keys and fingerprints that he could exchange:
 * whoever opened a connection to us has shown no certificate, so he may be anybody. */
const char *call_encryption_name(const struct call *call)
{
    const struct sdp_stream *stream = call->sdp ? sdp_exchange_stream(call->sdp) : NULL;
    bool verified = phone_tls_verified(call);

    if (!stream)
        return "";
    if (stream->secured.by == SDP_CLEAR)
        return "none";
    if (stream->secured.by == SDP_DTLS)
        return verified && is_named_by_verified(call, &stream->secured.theirs) ? "dtls"
                                                                               : "dtls-unverified";
    if (call->flow.transport != SIP_TLS || call->keys_seen)
        return "sdes-in-the-clear";
    return verified && !call->by_anybody ? "sdes" : "sdes-unverified";
}

enum suite call_suite(const struct call *call, const struct sdp_stream *stream)
{
    return stream->secured.by == SDP_DTLS ? call->dtls_suite : stream->secured.receive.suite;
}

/* The other side has agreed to encrypt, so nothing in the clear can take its place. */
void call_keys_failed(struct call *call, const struct media_event *e)
{
    call->end.words = slice_dup(slice_of(e->why));
    call_give_up(call, call->end.words ? call->end.words : "there are no keys for its sound");
}
