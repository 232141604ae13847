#include "rtp/dtls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rtp/bytes.h"
#include "rtp/dtls_private.h"

/* --- tries ----------------------------------------------------------------------------------- */

void dtls_suspect(struct rtp_dtls *d, enum rtp_dtls_trouble trouble)
{
    if (d->trouble == RTP_DTLS_SILENCE)
        d->trouble = trouble;
}

/* Whether OpenSSL says that what failed was nobody's fault but its own: without memory it speaks of
 * an internal error as often as not. What it said is forgotten. */
static bool is_own_fault(void)
{
    unsigned long said;
    bool found = false;

    while ((said = ERR_get_error()) != 0)
        found = found || ERR_GET_REASON(said) == ERR_R_MALLOC_FAILURE ||
                ERR_GET_REASON(said) == ERR_R_INTERNAL_ERROR;
    return found;
}

static unsigned next_wait_us(SSL *ssl, unsigned last_us)
{
    unsigned most = RTP_DTLS_MAX_RETRY_MS * 1000u;

    (void)ssl;
    if (last_us == 0)
        return RTP_DTLS_FIRST_RETRY_MS * 1000u;
    return last_us > most / 2 ? most : last_us * 2;
}

static SSL *open_ssl(struct rtp_dtls *d)
{
    BIO *bio = dtls_bio_new(d);
    SSL *ssl = bio ? SSL_new(d->identity->ctx) : NULL;

    if (!ssl) {
        BIO_free(bio);
        return NULL;
    }
    SSL_set_bio(ssl, bio, bio);
    if (!SSL_set_app_data(ssl, d)) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_mtu(ssl, RTP_DTLS_MTU);
    DTLS_set_timer_cb(ssl, next_wait_us);
    if (d->role == RTP_DTLS_PASSIVE)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

static void end_try(struct rtp_dtls *d)
{
    SSL_free(d->ssl);
    SSL_free(d->next);
    X509_free(d->theirs);
    d->ssl = d->next = NULL;
    d->theirs = NULL;
    d->n_in = 0;
    d->peek = false;
    ERR_clear_error();
}

/* The pause is short at first: whoever meant well should not wait for what a stranger broke. */
static void break_try(struct rtp_dtls *d, enum rtp_dtls_trouble trouble, uint64_t now_ms)
{
    unsigned shift = d->tries < 4 ? 4 - d->tries : 0;

    dtls_suspect(d, is_own_fault() ? RTP_DTLS_OWN_FAULT : trouble);
    end_try(d);
    d->state = RTP_DTLS_SHAKING;
    d->tries++;
    d->try_end_ms = UINT64_MAX;
    d->again_ms = now_ms + (RTP_DTLS_MAX_PAUSE_MS >> shift);
}

/* When OpenSSL wants to repeat its flight. Its clock may have been set back: never far away. */
static void set_again(struct rtp_dtls *d, uint64_t now_ms)
{
    struct timeval left;
    uint64_t ms;

    d->again_ms = UINT64_MAX;
    if (!d->ssl || d->state != RTP_DTLS_SHAKING || !DTLSv1_get_timeout(d->ssl, &left))
        return;
    ms = (uint64_t)left.tv_sec * 1000 + ((uint64_t)left.tv_usec + 999) / 1000;
    d->again_ms = now_ms + (ms < RTP_DTLS_MAX_RETRY_MS ? ms : RTP_DTLS_MAX_RETRY_MS);
}

/* --- certificates ---------------------------------------------------------------------------- */

static enum fingerprint_hash strongest(const struct rtp_dtls *d)
{
    enum fingerprint_hash most = FINGERPRINT_NONE;

    for (size_t i = 0; i < d->n_expected; i++)
        if (d->expected[i].hash > most)
            most = d->expected[i].hash;
    return most;
}

/* 0; -EACCES: it is none of theirs; -ENOMEM: nobody knows. */
static int check(const struct rtp_dtls *d, X509 *certificate)
{
    enum fingerprint_hash hash = strongest(d);
    struct fingerprint shown;
    unsigned char *der = NULL;
    int n, err;

    if (hash == FINGERPRINT_NONE)
        return -EACCES;
    n = i2d_X509(certificate, &der);
    err = n < 0 ? -ENOMEM : fingerprint_of(hash, (struct slice){(char *)der, (size_t)n}, &shown);
    OPENSSL_free(der);
    if (err)
        return -ENOMEM;
    for (size_t i = 0; i < d->n_expected; i++)
        if (fingerprint_eq(&d->expected[i], &shown))
            return 0;
    return -EACCES;
}

static bool is_theirs(struct rtp_dtls *d, X509 *certificate)
{
    int err = check(d, certificate);

    if (err == -ENOMEM)
        dtls_suspect(d, RTP_DTLS_OWN_FAULT);
    else if (err)
        d->trouble = RTP_DTLS_WRONG_CERTIFICATE;
    return !err;
}

bool dtls_certificate_came(struct rtp_dtls *d, X509 *certificate)
{
    if (!certificate || !X509_up_ref(certificate))
        return false;
    X509_free(d->theirs);
    d->theirs = certificate;
    return d->n_expected == 0 || is_theirs(d, certificate);
}

static void expect(struct rtp_dtls *d, const struct fingerprint *fingerprints, size_t n)
{
    d->n_expected = n < ARRAY_LEN(d->expected) ? n : ARRAY_LEN(d->expected);
    for (size_t i = 0; i < d->n_expected; i++)
        d->expected[i] = fingerprints[i];
}

void rtp_dtls_expect(struct rtp_dtls *d, const struct fingerprint *fingerprints, size_t n,
                     uint64_t now_ms)
{
    expect(d, fingerprints, n);
    if (!d->theirs || d->state == RTP_DTLS_READY)
        return; /* it is asked when it comes */
    if (!is_theirs(d, d->theirs)) {
        break_try(d, d->trouble, now_ms);
    } else if (d->state == RTP_DTLS_UNVERIFIED) {
        d->state = RTP_DTLS_READY;
        d->end_ms = UINT64_MAX;
    }
}

/* --- keys ------------------------------------------------------------------------------------ */

static enum suite agreed_suite(SSL *ssl)
{
    static const struct {
        unsigned long id; /* RFC 5764 4.1.2, RFC 7714 14.2 */
        enum suite suite;
    } ids[] = {
        {SRTP_AES128_CM_SHA1_80, SUITE_AES_CM_128_HMAC_SHA1_80},
        {SRTP_AES128_CM_SHA1_32, SUITE_AES_CM_128_HMAC_SHA1_32},
        {SRTP_AEAD_AES_128_GCM, SUITE_AEAD_AES_128_GCM},
        {SRTP_AEAD_AES_256_GCM, SUITE_AEAD_AES_256_GCM},
    };
    SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);

    for (size_t i = 0; profile && i < ARRAY_LEN(ids); i++)
        if (ids[i].id == profile->id)
            return ids[i].suite;
    return SUITE_NONE;
}

/* RFC 5764 4.2: the client's key, the server's key, the client's salt, the server's salt. */
static bool export_keys(struct rtp_dtls *d)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    bool active = d->role == RTP_DTLS_ACTIVE;
    struct rtp_srtp_key *client = active ? &d->send : &d->receive;
    struct rtp_srtp_key *server = active ? &d->receive : &d->send;
    enum suite suite = agreed_suite(d->ssl);
    uint8_t both[2 * SUITE_MAX_KEY_BYTES], *at = both;
    size_t n = suite_key_bytes(suite), key = suite == SUITE_AEAD_AES_256_GCM ? 32 : 16;

    if (suite == SUITE_NONE) {
        d->trouble = RTP_DTLS_NO_SUITE;
        return false;
    }
    if (!SSL_export_keying_material(d->ssl, both, 2 * n, label, sizeof label - 1, NULL, 0, 0)) {
        mem_wipe(both, sizeof both);
        return false;
    }
    client->suite = server->suite = suite;
    memcpy(client->key, at, key);
    memcpy(server->key, at += key, key);
    memcpy(client->key + key, at += key, n - key);
    memcpy(server->key + key, at += n - key, n - key);
    mem_wipe(both, sizeof both);
    return true;
}

/* --- going on -------------------------------------------------------------------------------- */

static void finish(struct rtp_dtls *d, uint64_t now_ms)
{
    if (!d->theirs || !export_keys(d)) {
        break_try(d, RTP_DTLS_BROKEN, now_ms);
        return;
    }
    d->state = d->n_expected ? RTP_DTLS_READY : RTP_DTLS_UNVERIFIED;
    d->end_ms = d->n_expected ? UINT64_MAX : d->end_ms;
    d->try_end_ms = UINT64_MAX;
}

/* Until somebody repeats the cookie, nothing is kept of what comes (RFC 6347 4.2.1). The library
 * looks at the first record of a datagram then, and forgets the others, where further pieces of a
 * ClientHello may be: it gets them afterwards. From 3.2 on it leaves the first one, too. */
static bool hears_cookie(struct rtp_dtls *d, SSL *ssl)
{
    struct slice hello = dtls_hello(d), all;
    uint8_t random[sizeof d->hello];

    if (hello.n == 0)
        return false;
    memcpy(random, d->came, sizeof random);
    all = (struct slice){hello.p, d->n_in - (size_t)(hello.p - (const char *)d->in)};
    memmove(d->in, all.p, all.n);
    d->n_in = hello.n;
    if (DTLSv1_listen(ssl, d->nobody) <= 0)
        return false;
    if (d->n_in == 0)
        memmove(d->in, d->in + hello.n, all.n - hello.n);
    d->n_in = all.n - hello.n + d->n_in;
    memcpy(d->hello, random, sizeof random);
    d->cookies++;
    return true;
}

/* The far end begins anew while we answer its last beginning: its try broke, and ours not. Only a
 * cookie that came back tells that from what a stranger sends. */
static bool begins_anew(struct rtp_dtls *d)
{
    if (d->role == RTP_DTLS_ACTIVE || d->listening || !d->came ||
        memcmp(d->came, d->hello, sizeof d->hello) == 0)
        return false;
    if (!d->next)
        d->next = open_ssl(d);
    if (d->next && hears_cookie(d, d->next)) {
        SSL_free(d->ssl);
        d->ssl = d->next;
        d->next = NULL;
        return false;
    }
    d->n_in = 0;
    return true;
}

static void shake(struct rtp_dtls *d, uint64_t now_ms)
{
    int r;

    if (begins_anew(d))
        return;
    if (d->listening && !hears_cookie(d, d->ssl))
        return;
    d->listening = false;
    r = SSL_do_handshake(d->ssl);
    if (r == 1) {
        finish(d, now_ms);
    } else if (SSL_get_error(d->ssl, r) != SSL_ERROR_WANT_READ) {
        break_try(d, RTP_DTLS_BROKEN, now_ms);
    }
}

/* What comes afterwards: a last flight repeated, or goodbye. Where OpenSSL finds no memory for that
 * the keys stay good. */
static void listen_on(struct rtp_dtls *d)
{
    char nothing[64];
    int n;

    do
        n = SSL_read(d->ssl, nothing, sizeof nothing);
    while (n > 0);
    if (SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN)
        d->state = RTP_DTLS_CLOSED;
}

static void go_on(struct rtp_dtls *d, uint64_t now_ms)
{
    ERR_clear_error();
    if (d->state == RTP_DTLS_SHAKING)
        shake(d, now_ms);
    else
        listen_on(d);
    d->n_in = 0;
    if (d->ssl)
        set_again(d, now_ms);
}

static bool is_over(const struct rtp_dtls *d)
{
    return d->state == RTP_DTLS_FAILED || d->state == RTP_DTLS_CLOSED;
}

/* The active end speaks first, the other one waits. */
static int begin(struct rtp_dtls *d, uint64_t now_ms)
{
    d->ssl = open_ssl(d);
    if (!d->ssl)
        return -ENOMEM;
    d->listening = d->role == RTP_DTLS_PASSIVE;
    d->again_ms = d->try_end_ms = UINT64_MAX;
    if (d->listening)
        return 0;
    d->try_end_ms = now_ms + RTP_DTLS_TRY_MS;
    go_on(d, now_ms);
    return 0;
}

static void give_up(struct rtp_dtls *d)
{
    end_try(d);
    d->state = RTP_DTLS_FAILED;
    d->end_ms = d->try_end_ms = d->again_ms = UINT64_MAX;
}

/* --- for the owner --------------------------------------------------------------------------- */

int rtp_dtls_new(const struct rtp_dtls_identity *identity, enum rtp_dtls_role role,
                 const struct fingerprint *fingerprints, size_t n, uint64_t now_ms,
                 struct rtp_dtls **out)
{
    struct rtp_dtls *d = calloc(1, sizeof *d);
    int err = -ENOMEM;

    if (!d)
        return err;
    d->identity = identity;
    d->role = role;
    d->end_ms = now_ms + RTP_DTLS_PATIENCE_MS;
    expect(d, fingerprints, n);
    d->nobody = BIO_ADDR_new();
    if (d->nobody && RAND_bytes(d->secret, sizeof d->secret) == 1) {
        rtp_dtls_listen_to(d, &(struct ip){0});
        err = begin(d, now_ms);
    }
    if (err) {
        rtp_dtls_free(d);
        return err;
    }
    *out = d;
    return 0;
}

void rtp_dtls_free(struct rtp_dtls *d)
{
    if (!d)
        return;
    end_try(d);
    BIO_ADDR_free(d->nobody);
    dtls_drop_output(d);
    free(d->fetched);
    mem_wipe(d, sizeof *d);
    free(d);
}

void rtp_dtls_wait(struct rtp_dtls *d, uint64_t now_ms)
{
    if (d->state == RTP_DTLS_SHAKING || d->state == RTP_DTLS_UNVERIFIED)
        d->end_ms = now_ms + RTP_DTLS_PATIENCE_MS;
}

/* Where there is no cookie, for want of memory, there is none that anybody could repeat. */
void rtp_dtls_listen_to(struct rtp_dtls *d, const struct ip *from)
{
    uint8_t who[sizeof from->bytes + 2 + 4], all[EVP_MAX_MD_SIZE];

    memcpy(who, from->bytes, sizeof from->bytes);
    rtp_put16(who + sizeof from->bytes, from->port);
    rtp_put32(who + sizeof from->bytes + 2, from->scope);
    if (HMAC(EVP_sha256(), d->secret, sizeof d->secret, who, sizeof who, all, NULL))
        memcpy(d->cookie, all, sizeof d->cookie);
    else
        (void)RAND_bytes(d->cookie, sizeof d->cookie);
}

unsigned rtp_dtls_cookies(const struct rtp_dtls *d)
{
    return d->cookies;
}

void rtp_dtls_input(struct rtp_dtls *d, struct slice datagram, uint64_t now_ms)
{
    if (!d->ssl || is_over(d) || datagram.n > RTP_DTLS_MAX_DATAGRAM)
        return;
    dtls_admit(d, datagram);
    if (d->n_in > 0)
        go_on(d, now_ms);
}

bool rtp_dtls_output(struct rtp_dtls *d, struct slice *datagram)
{
    free(d->fetched);
    d->fetched = d->n_out ? d->out[0] : NULL;
    if (!d->fetched)
        return false;
    d->n_out--;
    memmove(d->out, d->out + 1, d->n_out * sizeof d->out[0]);
    *datagram = (struct slice){(const char *)d->fetched->bytes, d->fetched->n};
    return true;
}

uint64_t rtp_dtls_deadline_ms(const struct rtp_dtls *d)
{
    uint64_t next_ms = d->again_ms < d->try_end_ms ? d->again_ms : d->try_end_ms;

    return next_ms < d->end_ms ? next_ms : d->end_ms;
}

void rtp_dtls_tick(struct rtp_dtls *d, uint64_t now_ms)
{
    if (is_over(d) || now_ms < rtp_dtls_deadline_ms(d))
        return;
    ERR_clear_error(); /* what a closed or wrong record left is none of the handshake's */
    if (now_ms >= d->end_ms) {
        give_up(d);
    } else if (!d->ssl) {
        if (begin(d, now_ms) != 0)
            break_try(d, RTP_DTLS_OWN_FAULT, now_ms);
    } else if (now_ms >= d->try_end_ms || DTLSv1_handle_timeout(d->ssl) < 0) {
        break_try(d, RTP_DTLS_SILENCE, now_ms);
    } else {
        set_again(d, now_ms);
    }
}

void rtp_dtls_close(struct rtp_dtls *d)
{
    if (d->state == RTP_DTLS_READY || d->state == RTP_DTLS_UNVERIFIED)
        (void)SSL_shutdown(d->ssl);
    ERR_clear_error();
}

enum rtp_dtls_state rtp_dtls_state(const struct rtp_dtls *d)
{
    return d->state;
}

enum rtp_dtls_trouble rtp_dtls_trouble(const struct rtp_dtls *d)
{
    return d->trouble;
}

int rtp_dtls_keys(const struct rtp_dtls *d, struct rtp_srtp_key *send, struct rtp_srtp_key *receive)
{
    if (d->state != RTP_DTLS_READY)
        return -EAGAIN;
    *send = d->send;
    *receive = d->receive;
    return 0;
}
