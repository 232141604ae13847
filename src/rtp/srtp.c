#include "rtp/srtp.h"

#include <errno.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "base/mem.h"

/* Packets that may come out of order; RFC 3711 3.3.2 wants 64 at least. */
#define WINDOW 512
/* That must be there before libsrtp2 makes a session: 2.5 crashes where the list of streams in it
 * finds none. */
#define LEAST_BYTES (256u * 1024)

/* One direction under one key. */
struct half {
    srtp_t session; /* NULL: none */
    struct rtp_srtp_key key;
    uint32_t sources[RTP_SRTP_MAX_SOURCES]; /* of what came, the latest first */
    size_t n_sources;
};

/* One direction: the key in use, and those before it, the latest first. */
struct way {
    srtp_ssrc_type_t whose;
    struct half now, former[RTP_SRTP_MAX_FORMER];
};

struct rtp_srtp {
    struct way send, receive;
    /* The latest former key is still tried for so many packets: under the key behind it, and of its
     * own. */
    unsigned old_packets, old_tries;
};

/* --- the library ----------------------------------------------------------------------------- */

#ifdef __APPLE__
#define LIBRARY_FILE "libsrtp2.1.dylib"
#else
#define LIBRARY_FILE "libsrtp2.so.1"
#endif

/* clang-format off */
#define FUNCTIONS(X)                                                                               \
    X(init) X(create) X(dealloc) X(remove_stream)                                                  \
    X(protect) X(protect_rtcp) X(unprotect) X(unprotect_rtcp)                                      \
    X(crypto_policy_set_rtp_default) X(crypto_policy_set_rtcp_default)                             \
    X(crypto_policy_set_aes_cm_128_hmac_sha1_32)                                                   \
    X(crypto_policy_set_aes_gcm_128_16_auth) X(crypto_policy_set_aes_gcm_256_16_auth)
/* clang-format on */

/* lib.protect is srtp_protect and so on. */
struct library {
#define X(name) __typeof__(srtp_##name) *name;
    FUNCTIONS(X)
#undef X
};

static const struct library_symbol symbols[] = {
#define X(name) {"srtp_" #name, offsetof(struct library, name)},
    FUNCTIONS(X)
#undef X
};

/* One for the process, as what it stands for. Written by rtp_srtp_load and _prepare alone. */
static struct library lib;
static bool loaded, ready;

static bool find_library(struct library *out)
{
    return !library_load(LIBRARY_FILE, symbols, ARRAY_LEN(symbols), out);
}

int rtp_srtp_load(void)
{
    loaded = loaded || find_library(&lib);
    return loaded ? 0 : -ENOENT;
}

int rtp_srtp_prepare(void)
{
    if (ready)
        return 0;
    if (rtp_srtp_load() != 0)
        return -ENOENT;
    ready = lib.init() == srtp_err_status_ok;
    return ready ? 0 : -EIO;
}

/* --- keys ------------------------------------------------------------------------------------ */

typedef void set_policy(srtp_crypto_policy_t *policy);

/* RTCP keeps the long tag where RTP has the short one (RFC 3711 5.2, RFC 4568 6.2.2). */
static void choose_policy(enum suite suite, srtp_policy_t *out)
{
    const struct {
        set_policy *rtp, *rtcp;
    } policies[] = {
        [SUITE_AES_CM_128_HMAC_SHA1_80] = {lib.crypto_policy_set_rtp_default,
                                           lib.crypto_policy_set_rtcp_default},
        [SUITE_AES_CM_128_HMAC_SHA1_32] = {lib.crypto_policy_set_aes_cm_128_hmac_sha1_32,
                                           lib.crypto_policy_set_rtcp_default},
        [SUITE_AEAD_AES_128_GCM] = {lib.crypto_policy_set_aes_gcm_128_16_auth,
                                    lib.crypto_policy_set_aes_gcm_128_16_auth},
        [SUITE_AEAD_AES_256_GCM] = {lib.crypto_policy_set_aes_gcm_256_16_auth,
                                    lib.crypto_policy_set_aes_gcm_256_16_auth},
    };

    policies[suite].rtp(&out->rtp);
    policies[suite].rtcp(&out->rtcp);
}

static int open_half(const struct rtp_srtp_key *key, srtp_ssrc_type_t whose, struct half *out)
{
    srtp_policy_t policy = {.ssrc.type = whose, .window_size = WINDOW};
    srtp_err_status_t status;

    if (key->suite == SUITE_NONE)
        return -EINVAL;
    if (!mem_is_there(LEAST_BYTES))
        return -ENOMEM;
    *out = (struct half){.key = *key};
    choose_policy(key->suite, &policy);
    policy.key = out->key.key;
    status = lib.create(&out->session, &policy);
    if (status == srtp_err_status_ok)
        return 0;
    mem_wipe(out, sizeof *out);
    /* The latter says the same of how keys are derived. */
    return status == srtp_err_status_alloc_fail || status == srtp_err_status_init_fail ? -ENOMEM
                                                                                       : -EINVAL;
}

static void close_half(struct half *half)
{
    if (half->session)
        lib.dealloc(half->session);
    mem_wipe(half, sizeof *half);
}

static void close_way(struct way *way)
{
    close_half(&way->now);
    for (size_t i = 0; i < RTP_SRTP_MAX_FORMER; i++)
        close_half(&way->former[i]);
}

int rtp_srtp_new(const struct rtp_srtp_key *send, const struct rtp_srtp_key *receive,
                 struct rtp_srtp **out)
{
    struct rtp_srtp *s = calloc(1, sizeof *s);
    int err = s ? 0 : -ENOMEM;

    if (err)
        return err;
    s->send.whose = ssrc_any_outbound;
    s->receive.whose = ssrc_any_inbound;
    err = open_half(send, s->send.whose, &s->send.now);
    if (!err)
        err = open_half(receive, s->receive.whose, &s->receive.now);
    if (err) {
        rtp_srtp_free(s);
        return err;
    }
    *out = s;
    return 0;
}

void rtp_srtp_free(struct rtp_srtp *s)
{
    if (!s)
        return;
    close_way(&s->send);
    close_way(&s->receive);
    free(s);
}

static bool is_of(const struct half *half, const struct rtp_srtp_key *key)
{
    return half->session && half->key.suite == key->suite &&
           memcmp(half->key.key, key->key, suite_key_bytes(key->suite)) == 0;
}

/* Its place among the former keys; RTP_SRTP_MAX_FORMER: it is none. */
static size_t find_former(const struct way *way, const struct rtp_srtp_key *key)
{
    size_t i = 0;

    while (i < RTP_SRTP_MAX_FORMER && !is_of(&way->former[i], key))
        i++;
    return i;
}

static bool is_other(const struct way *way, const struct rtp_srtp_key *key)
{
    return key && !is_of(&way->now, key);
}

/* What turning to key needs that is not there yet. */
static int open_for(const struct way *way, const struct rtp_srtp_key *key, struct half *out)
{
    if (!is_other(way, key) || find_former(way, key) < RTP_SRTP_MAX_FORMER)
        return 0;
    return open_half(key, way->whose, out);
}

static void turn_to(struct way *way, const struct rtp_srtp_key *key, struct half *fresh)
{
    size_t i = find_former(way, key);
    struct half next;

    if (i == RTP_SRTP_MAX_FORMER) {
        close_half(&way->former[--i]); /* the oldest */
        next = *fresh;
    } else {
        next = way->former[i];
    }
    memmove(way->former + 1, way->former, i * sizeof *way->former);
    way->former[0] = way->now;
    way->now = next;
    mem_wipe(&next, sizeof next);
}

int rtp_srtp_rekey(struct rtp_srtp *s, const struct rtp_srtp_key *send,
                   const struct rtp_srtp_key *receive)
{
    struct half new_send = {0}, new_receive = {0};
    int err = open_for(&s->send, send, &new_send);

    if (!err)
        err = open_for(&s->receive, receive, &new_receive);
    if (err) {
        close_half(&new_send);
        return err;
    }
    if (is_other(&s->send, send))
        turn_to(&s->send, send, &new_send);
    if (is_other(&s->receive, receive)) {
        turn_to(&s->receive, receive, &new_receive);
        s->old_packets = RTP_SRTP_OLD_PACKETS;
        s->old_tries = RTP_SRTP_OLD_TRIES;
    }
    mem_wipe(&new_send, sizeof new_send);
    mem_wipe(&new_receive, sizeof new_receive);
    return 0;
}

void rtp_srtp_end_old(struct rtp_srtp *s)
{
    s->old_packets = 0;
}

/* --- packets --------------------------------------------------------------------------------- */

typedef srtp_err_status_t transform(srtp_t session, void *packet, int *n);

static int protect(struct rtp_srtp *s, uint8_t *packet, size_t *n, size_t cap, transform *how)
{
    int length = (int)*n;

    if (cap < *n || cap - *n < RTP_SRTP_MAX_GROWTH)
        return -EMSGSIZE;
    switch (how(s->send.now.session, packet, &length)) {
    case srtp_err_status_ok:
        *n = (size_t)length;
        return 0;
    case srtp_err_status_key_expired:
        return -EKEYEXPIRED;
    case srtp_err_status_alloc_fail:
        return -ENOMEM;
    default:
        return -EINVAL;
    }
}

int rtp_srtp_protect(struct rtp_srtp *s, uint8_t *packet, size_t *n, size_t cap)
{
    return protect(s, packet, n, cap, lib.protect);
}

int rtp_srtp_protect_rtcp(struct rtp_srtp *s, uint8_t *packet, size_t *n, size_t cap)
{
    return protect(s, packet, n, cap, lib.protect_rtcp);
}

/* What came, and how it is read. */
struct packet {
    struct slice bytes;
    uint8_t *out;
    transform *how;
    size_t ssrc_at;
};

/* libsrtp2 keeps something for each SSRC that was genuine, for ever: a far end that takes a new one
 * with each packet would cost memory without end. */
static void remember(struct half *half, const uint8_t *at)
{
    uint32_t ssrc; /* as it stands in the packet, and as libsrtp2 wants to hear of it */
    size_t i = 0;

    memcpy(&ssrc, at, sizeof ssrc);
    while (i < half->n_sources && half->sources[i] != ssrc)
        i++;
    if (i == RTP_SRTP_MAX_SOURCES)
        lib.remove_stream(half->session, half->sources[--i]);
    else if (i == half->n_sources)
        half->n_sources++;
    memmove(half->sources + 1, half->sources, i * sizeof *half->sources);
    half->sources[0] = ssrc;
}

static ptrdiff_t take(struct half *half, const struct packet *p)
{
    int n = (int)p->bytes.n;

    /* It writes where it reads. */
    memcpy(p->out, p->bytes.p, p->bytes.n);
    switch (p->how(half->session, p->out, &n)) {
    case srtp_err_status_ok:
        remember(half, p->out + p->ssrc_at);
        return n;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return -EALREADY;
    default:
        return -EBADMSG;
    }
}

/* The newest key first; the one before it for as long as its packets may still come, which is not
 * for ever where none comes under the newest. */
static ptrdiff_t unprotect(struct rtp_srtp *s, const struct packet *p, size_t cap)
{
    ptrdiff_t n;

    if (cap < p->bytes.n)
        return -EMSGSIZE;
    if (p->bytes.n < p->ssrc_at + 4)
        return -EBADMSG;
    n = take(&s->receive.now, p);
    if (!s->old_packets || !s->old_tries)
        return n;
    if (n >= 0)
        s->old_packets--;
    if (n != -EBADMSG)
        return n;
    s->old_tries--;
    return take(&s->receive.former[0], p);
}

ptrdiff_t rtp_srtp_unprotect(struct rtp_srtp *s, struct slice bytes, uint8_t *out, size_t cap)
{
    return unprotect(s, &(struct packet){bytes, out, lib.unprotect, 8}, cap);
}

ptrdiff_t rtp_srtp_unprotect_rtcp(struct rtp_srtp *s, struct slice bytes, uint8_t *out, size_t cap)
{
    return unprotect(s, &(struct packet){bytes, out, lib.unprotect_rtcp, 4}, cap);
}
