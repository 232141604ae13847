#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "net/tls_private.h"

/* --- life ------------------------------------------------------------------------------------ */

static struct net_tls *tls_new(struct net_tls_context *context)
{
    struct net_tls *tls = calloc(1, sizeof *tls);

    if (!tls)
        return NULL;
    tls->context = net_tls_context_hold(context);
    tls->state = NET_TLS_SHAKING;
    tls->fault = buf_new(TLS_MAX_SENTENCE);
    tls->facts = (struct net_tls_facts){.version = "", .cipher = "", .by = "", .name = ""};
    tls->ssl = SSL_new(context->ssl);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (!tls->ssl || !tls->in || !tls->out || SSL_set_app_data(tls->ssl, tls) != 1) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        net_tls_free(tls);
        return NULL;
    }
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    return tls;
}

void net_tls_free(struct net_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    net_tls_context_free(tls->context);
    buf_free(&tls->fault);
    free(tls);
}

static const char *authority_of(const struct net_tls_context *context)
{
    return context->pinned ? "fingerprint" : context->own_ca ? "tls-ca" : "system store";
}

static void note_facts(struct net_tls *tls)
{
    tls->facts.version = SSL_get_version(tls->ssl);
    tls->facts.cipher = SSL_get_cipher_name(tls->ssl);
    tls->facts.resumed = SSL_session_reused(tls->ssl) == 1;
    if (!tls->client)
        return;
    tls->facts.by = authority_of(tls->context);
    tls->facts.name = tls->domain;
}

/* --- the handshake --------------------------------------------------------------------------- */

static int fail(struct net_tls *tls)
{
    tls_put_failure(tls);
    tls->state = NET_TLS_BROKEN;
    return NET_TLS_FAILED;
}

static int shake(struct net_tls *tls)
{
    int done = SSL_do_handshake(tls->ssl);

    if (done != 1) {
        int error = SSL_get_error(tls->ssl, done);

        return error == SSL_ERROR_WANT_READ ? 0 : fail(tls);
    }
    if (tls->client && SSL_session_reused(tls->ssl) && !tls_verify_again(tls))
        return fail(tls);
    note_facts(tls);
    tls->state = NET_TLS_UP;
    return 0;
}

/* RFC 6066 3: addresses are not said. */
static bool say_whom(struct net_tls *tls)
{
    struct ip address;

    return ip_parse(slice_of(tls->domain), &address) == 0 ||
           SSL_set_tlsext_host_name(tls->ssl, tls->domain) == 1;
}

static void take_up(struct net_tls *tls)
{
    SSL_SESSION *session = tls_context_take(tls->context, tls->domain);

    if (session)
        SSL_set_session(tls->ssl, session);
    SSL_SESSION_free(session);
}

int net_tls_client_new(struct net_tls_context *context, struct slice domain, struct net_tls **out)
{
    struct net_tls *tls;

    if (domain.n && domain.p[domain.n - 1] == '.')
        domain.n--;
    if (!domain.n || domain.n > TLS_MAX_DOMAIN || memchr(domain.p, '\0', domain.n))
        return -EINVAL;
    tls = tls_new(context);
    if (!tls)
        return -ENOMEM;
    memcpy(tls->domain, domain.p, domain.n);
    tls->client = true;
    SSL_set_connect_state(tls->ssl);
    SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
    take_up(tls);
    ERR_clear_error();
    if (!say_whom(tls) || shake(tls)) { /* nothing has come yet that could be wrong */
        net_tls_free(tls);
        return -ENOMEM;
    }
    *out = tls;
    return 0;
}

int net_tls_server_new(struct net_tls_context *context, struct net_tls **out)
{
    struct net_tls *tls;

    if (!context->certified)
        return -EINVAL;
    tls = tls_new(context);
    if (!tls)
        return -ENOMEM;
    SSL_set_accept_state(tls->ssl);
    SSL_set_verify(tls->ssl, SSL_VERIFY_NONE, NULL);
    *out = tls;
    return 0;
}

/* --- bytes ----------------------------------------------------------------------------------- */

static bool is_alive(const struct net_tls *tls)
{
    return tls->state == NET_TLS_SHAKING || tls->state == NET_TLS_UP;
}

int net_tls_input(struct net_tls *tls, struct slice bytes)
{
    if (tls->state == NET_TLS_BROKEN)
        return NET_TLS_FAILED;
    if (tls->state == NET_TLS_OVER || !bytes.n)
        return 0; /* behind close_notify nothing counts */
    if (BIO_ctrl_pending(tls->in) + bytes.n > NET_TLS_MAX_QUEUED ||
        BIO_write(tls->in, bytes.p, (int)bytes.n) != (int)bytes.n) {
        ERR_clear_error();
        return -ENOMEM;
    }
    if (tls->state != NET_TLS_SHAKING)
        return 0;
    ERR_clear_error();
    return shake(tls);
}

/* With an error, or close_notify, the state changes. */
size_t net_tls_read(struct net_tls *tls, char *p, size_t cap)
{
    size_t n = 0;
    int error;

    if (tls->state != NET_TLS_UP)
        return 0;
    ERR_clear_error();
    if (SSL_read_ex(tls->ssl, p, cap, &n) == 1)
        return n;
    error = SSL_get_error(tls->ssl, 0);
    if (error == SSL_ERROR_ZERO_RETURN)
        tls->state = NET_TLS_OVER;
    else if (error != SSL_ERROR_WANT_READ)
        fail(tls);
    return 0;
}

int net_tls_write(struct net_tls *tls, struct slice plain)
{
    size_t n;

    if (tls->state == NET_TLS_BROKEN)
        return NET_TLS_FAILED;
    if (tls->state == NET_TLS_SHAKING || tls->finished)
        return -ENOTCONN;
    if (!plain.n)
        return 0;
    if (plain.n > NET_TLS_MAX_QUEUED || BIO_ctrl_pending(tls->out) > NET_TLS_MAX_QUEUED - plain.n)
        return -ENOBUFS;
    ERR_clear_error();
    return SSL_write_ex(tls->ssl, plain.p, plain.n, &n) == 1 ? 0 : fail(tls);
}

void net_tls_finish(struct net_tls *tls)
{
    if (tls->finished || !(is_alive(tls) || tls->state == NET_TLS_OVER))
        return;
    tls->finished = true;
    if (tls->state == NET_TLS_SHAKING)
        return; /* OpenSSL has no word for it then */
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

struct slice net_tls_output(struct net_tls *tls)
{
    char *p = NULL;
    long n = BIO_get_mem_data(tls->out, &p);

    return (struct slice){p, n > 0 ? (size_t)n : 0};
}

void net_tls_output_taken(struct net_tls *tls, size_t n)
{
    char bin[4096];

    while (n > 0) {
        int taken = BIO_read(tls->out, bin, n < sizeof bin ? (int)n : (int)sizeof bin);

        if (taken <= 0)
            return;
        n -= (size_t)taken;
    }
}

/* --- what is known --------------------------------------------------------------------------- */

enum net_tls_state net_tls_state(const struct net_tls *tls)
{
    return tls->state;
}

const char *net_tls_fault(struct net_tls *tls)
{
    return buf_cstr(&tls->fault);
}

const struct net_tls_facts *net_tls_facts(const struct net_tls *tls)
{
    return &tls->facts;
}
