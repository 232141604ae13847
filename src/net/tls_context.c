#include "net/tls_context.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "net/tls_private.h"

/* --- sessions that are kept ------------------------------------------------------------------ */

static void forget(struct kept_session *kept)
{
    SSL_SESSION_free(kept->session);
    *kept = (struct kept_session){0};
}

/* The place of domain, or else of the one that was not used for longest. */
static struct kept_session *place_of(struct net_tls_context *context, const char *domain)
{
    struct kept_session *oldest = &context->kept[0];

    for (size_t i = 0; i < NET_TLS_MAX_KEPT; i++) {
        struct kept_session *kept = &context->kept[i];

        if (kept->session && strcmp(kept->domain, domain) == 0)
            return kept;
        if (kept->used < oldest->used)
            oldest = kept;
    }
    return oldest;
}

/* RFC 8446 C.4: a ticket of TLS 1.3 is used once, as who watches could tell two uses as ours. */
SSL_SESSION *tls_context_take(struct net_tls_context *context, const char *domain)
{
    struct kept_session *kept = place_of(context, domain);
    SSL_SESSION *session;

    if (!kept->session || strcmp(kept->domain, domain) != 0)
        return NULL;
    session = kept->session;
    kept->session = NULL;
    forget(kept);
    return session;
}

/* OpenSSL has a session to be resumed; 1: it is ours now. Only of who was verified. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct net_tls *tls = SSL_get_app_data(ssl);
    struct kept_session *kept;

    if (!tls || !tls->client || tls->state == NET_TLS_BROKEN)
        return 0;
    kept = place_of(tls->context, tls->domain);
    forget(kept);
    memcpy(kept->domain, tls->domain, sizeof kept->domain);
    kept->session = session;
    kept->used = ++tls->context->uses;
    return 1;
}

/* --- files ----------------------------------------------------------------------------------- */

static int refuse_file(struct buf *why, const char *key, const char *path, const char *clause)
{
    buf_printf(why, "%s %s: %s", key, path, clause);
    return -EINVAL;
}

/* What OpenSSL says of a file: where it cannot be opened, the system's word. */
static int refuse_by_openssl(struct buf *why, const char *key, const char *path,
                             const char *otherwise)
{
    unsigned long error = ERR_peek_error();

    ERR_clear_error();
    return refuse_file(why, key, path,
                       ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : otherwise);
}

/* A folder that is empty, or was never hashed, would trust nobody; that shows in the verdict. */
static int load_trust(struct net_tls_context *context, const char *ca, struct buf *why)
{
    struct stat is;
    int ok;

    if (!ca) {
        SSL_CTX_set_default_verify_paths(context->ssl);
        ERR_clear_error(); /* a system without a store trusts nobody */
        return 0;
    }
    context->own_ca = true;
    if (stat(ca, &is) != 0)
        return refuse_file(why, "tls-ca", ca, strerror(errno));
    ok = S_ISDIR(is.st_mode) ? SSL_CTX_load_verify_dir(context->ssl, ca)
                             : SSL_CTX_load_verify_file(context->ssl, ca);
    return ok ? 0 : refuse_by_openssl(why, "tls-ca", ca, "there is no certificate in it (PEM)");
}

/* A passphrase would have to be asked for; nobody might be there. */
static int no_passphrase(char *to, int size, int writing, void *arg)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static int load_own(struct net_tls_context *context, const struct net_tls_settings *s,
                    struct buf *why)
{
    if (!s->certificate && !s->key)
        return 0;
    if (!s->certificate || !s->key) {
        buf_printf(why, "%s needs %s, too", s->key ? "tls-key" : "tls-certificate",
                   s->key ? "tls-certificate" : "tls-key");
        return -EINVAL;
    }
    SSL_CTX_set_default_passwd_cb(context->ssl, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context->ssl, s->certificate) != 1)
        return refuse_by_openssl(why, "tls-certificate", s->certificate,
                                 "there is no certificate in it that can be used (PEM)");
    if (SSL_CTX_use_PrivateKey_file(context->ssl, s->key, SSL_FILETYPE_PEM) != 1)
        return refuse_by_openssl(why, "tls-key", s->key,
                                 "there is no key in it that fits the certificate and is readable "
                                 "without a passphrase (PEM)");
    context->certified = true;
    return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

static const unsigned char session_name[] = "tphone"; /* wanted where clients show certificates */

static int prepare(struct net_tls_context *context)
{
    SSL_CTX *ssl = SSL_CTX_new(TLS_method());

    context->ssl = ssl;
    if (!ssl)
        return -ENOMEM;
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    /* Buffers are given back when they are empty: what was read stays in none of them. */
    SSL_CTX_set_options(ssl,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_max_cert_list(ssl, TLS_MAX_CHAIN);
    SSL_CTX_set_cert_verify_callback(ssl, tls_verify, NULL);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ssl, on_session);
    SSL_CTX_set_session_id_context(ssl, session_name, sizeof session_name - 1);
    return 0;
}

int net_tls_context_new(const struct net_tls_settings *settings, struct buf *why,
                        struct net_tls_context **out)
{
    struct net_tls_context *context = calloc(1, sizeof *context);
    int err;

    if (!context)
        return -ENOMEM;
    context->holds = 1;
    ERR_clear_error();
    err = prepare(context);
    if (!err && settings->fingerprint) {
        context->pinned = true;
        err = fingerprint_parse_sha256(slice_of(settings->fingerprint), &context->pin);
        if (err) {
            err = -EINVAL;
            buf_puts(why, "tls-fingerprint is not the SHA-256 of a certificate: 64 hex digits");
        }
    }
    if (!err)
        err = load_trust(context, settings->ca, why);
    if (!err)
        err = load_own(context, settings, why);
    if (err) {
        net_tls_context_free(context);
        return err;
    }
    *out = context;
    return 0;
}

struct net_tls_context *net_tls_context_hold(struct net_tls_context *context)
{
    context->holds++;
    return context;
}

void net_tls_context_free(struct net_tls_context *context)
{
    if (!context || --context->holds > 0)
        return;
    for (size_t i = 0; i < NET_TLS_MAX_KEPT; i++)
        forget(&context->kept[i]);
    SSL_CTX_free(context->ssl);
    free(context);
}
