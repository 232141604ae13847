/* Certificates of strangers (net/tls_verify.c, tls_words.c), in DER and one behind the other: the
 * first is judged, the last is who is believed. Who is taken for somebody is so by OpenSSL's own
 * word, too, and whatever is said of a certificate is one sentence that steers no terminal. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/tls_private.h"

#define CHAIN_MAX 4
#define THEN 1767225600 /* the first day of 2026, whenever this runs */

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void clear(struct net_tls *tls)
{
    buf_clear(&tls->fault);
    ERR_clear_error();
}

static void check_fault(const struct net_tls *tls, bool taken)
{
    struct buf again = buf_new(3 * TLS_MAX_SENTENCE);

    must(taken == (tls->fault.n == 0) && buf_ok(&tls->fault));
    text_safe(&again, buf_slice(&tls->fault));
    must(slice_eq(buf_slice(&again), buf_slice(&tls->fault)));
    buf_free(&again);
}

/* --- names ------------------------------------------------------------------------------------ */

static bool says_uri(struct slice der)
{
    for (; der.n > 0; der = slice_skip(der, 1))
        if (slice_istarts(der, SLICE("sip:")))
            return true;
    return false;
}

/* Of SIP URIs OpenSSL knows nothing, and it takes a dot at the end for another name. */
static bool is_host(X509 *certificate, const char *name)
{
    static const unsigned flags = X509_CHECK_FLAG_NO_WILDCARDS;
    struct buf dot = buf_new(TLS_MAX_DOMAIN);
    bool is;

    buf_printf(&dot, "%s.", name);
    is = X509_check_host(certificate, name, 0, flags, NULL) == 1 ||
         X509_check_host(certificate, buf_cstr(&dot), 0, flags, NULL) == 1;
    buf_free(&dot);
    return is;
}

/* The common name counts where there is no other kind of name, be that one that makes no sense. */
static bool may_use_common_name(const X509 *certificate)
{
    return X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) < 0;
}

static bool has_alternatives(const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool has = names != NULL;

    GENERAL_NAMES_free(names);
    return has;
}

static void look_for(struct net_tls *tls, const char *domain, X509 *certificate, struct slice der)
{
    bool found;

    strcpy(tls->domain, domain);
    clear(tls);
    found = tls_has_name(tls, certificate);
    check_fault(tls, found);
    must(!found || has_alternatives(certificate) || may_use_common_name(certificate));
    if (strchr(domain, ':') || (domain[0] >= '0' && domain[0] <= '9'))
        must(found == (X509_check_ip_asc(certificate, domain, 0) == 1));
    else
        must(!found || says_uri(der) || is_host(certificate, domain));
}

/* --- the whole -------------------------------------------------------------------------------- */

static void verify(struct net_tls *tls, X509 **chain, size_t n)
{
    X509_STORE *believed = X509_STORE_new();
    X509_STORE_CTX *store = X509_STORE_CTX_new();
    STACK_OF(X509) *others = sk_X509_new_null();

    must(believed && store && others);
    X509_STORE_add_cert(believed, chain[n - 1]);
    for (size_t i = 1; i < n; i++)
        sk_X509_push(others, chain[i]);
    must(X509_STORE_CTX_init(store, believed, chain[0], others) == 1);
    X509_STORE_CTX_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_time(store, 0, THEN);
    X509_STORE_CTX_set_purpose(store, X509_PURPOSE_SSL_SERVER);
    X509_STORE_CTX_set_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx(), tls->ssl);
    clear(tls);
    check_fault(tls, tls_verify(store, NULL) == 1);
    sk_X509_free(others);
    X509_STORE_CTX_free(store);
    X509_STORE_free(believed);
}

/* Made once, as that takes longer than all the rest. */
static SSL *ssl_of(struct net_tls *tls)
{
    static SSL *ssl;

    if (!ssl) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());

        ssl = SSL_new(context);
        SSL_CTX_free(context);
    }
    must(ssl != NULL);
    SSL_set_app_data(ssl, tls);
    return ssl;
}

static void judge(X509 **chain, size_t n, struct slice der)
{
    static const char *const domains[] = {"sip.test", "192.0.2.7", "2001:db8::7"};
    struct net_tls_context context = {.pin = {.hash = FINGERPRINT_SHA256}};
    struct net_tls tls = {.context = &context, .fault = buf_new(TLS_MAX_SENTENCE)};

    tls.ssl = ssl_of(&tls);
    for (size_t i = 0; i < ARRAY_LEN(domains); i++)
        look_for(&tls, domains[i], chain[0], der);
    strcpy(tls.domain, domains[0]);
    verify(&tls, chain, n);
    context.pinned = true;
    verify(&tls, chain, n);
    must(tls.fault.n > 0);
    buf_free(&tls.fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice der = {(const char *)bytes, n};
    const unsigned char *at = bytes;
    X509 *chain[CHAIN_MAX];
    size_t count = 0;

    while (count < CHAIN_MAX && (chain[count] = d2i_X509(NULL, &at, (long)(bytes + n - at))))
        count++;
    if (count > 0)
        judge(chain, count, der);
    while (count > 0)
        X509_free(chain[--count]);
    OPENSSL_thread_stop(); /* the texts of its errors would look like leaks */
    return 0;
}
