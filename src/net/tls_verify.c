/* Who stands in a certificate, and whether it is who was asked for (RFC 5922 7). */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/ip.h"
#include "base/text.h"
#include "net/tls_private.h"

/* Of the names that a certificate has instead, as many are told. */
#define MAX_TOLD 4

static struct slice text_of(const ASN1_STRING *s)
{
    return (struct slice){(const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

/* 7.1: "sip:" and a domain alone; a URI with a user part names a person, not a domain. What may
 * follow the host means nothing here. */
static struct slice domain_in(struct slice uri)
{
    struct slice rest = slice_skip(uri, 4);

    if (!slice_istarts(uri, SLICE("sip:")) || slice_index(rest, '@') >= 0)
        return (struct slice){0};
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] == ';' || rest.p[i] == '?' || rest.p[i] == ':')
            return slice_head(rest, i);
    return rest;
}

static bool is_domain(struct slice name, const char *domain)
{
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    return name.n > 0 && slice_ieq(name, slice_of(domain));
}

static bool is_address(const ASN1_OCTET_STRING *octets, const struct ip *wanted)
{
    size_t n = wanted->family == 6 ? 16 : 4;

    return (size_t)ASN1_STRING_length(octets) == n &&
           memcmp(ASN1_STRING_get0_data(octets), wanted->bytes, n) == 0;
}

static struct slice sip_domain(const GENERAL_NAME *name)
{
    return name->type == GEN_URI ? domain_in(text_of(name->d.uniformResourceIdentifier))
                                 : (struct slice){0};
}

/* 7.1: DNS names count only where no SIP URI says which domains it is for. */
static bool has_sip_domain(const GENERAL_NAMES *names)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        if (sip_domain(sk_GENERAL_NAME_value(names, i)).n)
            return true;
    return false;
}

/* by_uri: whether it has a SIP URI. wanted: of family 0 where domain is a name. */
static bool is_named(const GENERAL_NAME *name, bool by_uri, const char *domain,
                     const struct ip *wanted)
{
    if (wanted->family)
        return name->type == GEN_IPADD && is_address(name->d.iPAddress, wanted);
    if (by_uri)
        return is_domain(sip_domain(name), domain);
    return name->type == GEN_DNS && is_domain(text_of(name->d.dNSName), domain);
}

/* A text of any kind that ASN.1 has: two bytes of it may be one letter. */
static bool is_text(const ASN1_STRING *text, const char *domain)
{
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, text);
    bool is = n > 0 && is_domain((struct slice){(const char *)utf8, (size_t)n}, domain);

    OPENSSL_free(utf8);
    return is;
}

static bool is_common_name(const X509 *certificate, const char *domain)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = -1;

    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
        if (is_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), domain))
            return true;
    return false;
}

static void put_name(struct buf *text, const GENERAL_NAME *name)
{
    if (name->type == GEN_URI)
        text_safe(text, slice_head(text_of(name->d.uniformResourceIdentifier), 80));
    else if (name->type == GEN_DNS)
        text_safe(text, slice_head(text_of(name->d.dNSName), 80));
    else
        buf_puts(text, "something else");
}

static void put_names(struct buf *text, const GENERAL_NAMES *names)
{
    int n = sk_GENERAL_NAME_num(names);

    for (int i = 0; i < n && i < MAX_TOLD; i++) {
        buf_puts(text, i ? ", " : " but for ");
        put_name(text, sk_GENERAL_NAME_value(names, i));
    }
    if (n > MAX_TOLD)
        buf_puts(text, " and more");
}

static void put_which(struct net_tls *tls, const X509 *certificate)
{
    buf_clear(&tls->fault);
    buf_printf(&tls->fault, "the certificate of %s ", tls->domain);
    tls_put_certificate(&tls->fault, certificate);
}

bool tls_has_name(struct net_tls *tls, X509 *certificate)
{
    int kind; /* -1: it has no such names; else it may have some that cannot be read */
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &kind, NULL);
    bool by_uri = has_sip_domain(names), found = false;
    struct ip wanted = {0};

    ip_parse(slice_of(tls->domain), &wanted);
    for (int i = 0; !found && i < sk_GENERAL_NAME_num(names); i++)
        found = is_named(sk_GENERAL_NAME_value(names, i), by_uri, tls->domain, &wanted);
    if (!names && kind == -1 && !wanted.family)
        found = is_common_name(certificate, tls->domain);
    if (!found) {
        put_which(tls, certificate);
        buf_puts(&tls->fault, " is not for that name");
        if (names)
            put_names(&tls->fault, names);
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return found;
}

/* --- one certificate and no authority --------------------------------------------------------- */

bool tls_has_pin(struct net_tls *tls, X509 *certificate)
{
    struct fingerprint its = {.hash = FINGERPRINT_SHA256};
    unsigned n = sizeof its.bytes;

    if (X509_digest(certificate, EVP_sha256(), its.bytes, &n) == 1 &&
        fingerprint_eq(&its, &tls->context->pin))
        return true;
    put_which(tls, certificate);
    buf_puts(&tls->fault, " is not the one of tls-fingerprint; its own is SHA-256 ");
    fingerprint_put_hex(&its, &tls->fault);
    return false;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Lists of what was revoked count where they are: most authorities are trusted without. */
static int on_verdict(int good, X509_STORE_CTX *store)
{
    if (!good && X509_STORE_CTX_get_error(store) == X509_V_ERR_UNABLE_TO_GET_CRL) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    return good;
}

static bool is_chain_good(struct net_tls *tls, X509_STORE_CTX *store)
{
    X509 *about;

    X509_STORE_CTX_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_STORE_CTX_set_verify_cb(store, on_verdict);
    if (X509_verify_cert(store) == 1)
        return true;
    about = X509_STORE_CTX_get_current_cert(store);
    put_which(tls, about ? about : X509_STORE_CTX_get0_cert(store));
    if (X509_STORE_CTX_get_error_depth(store) > 0)
        buf_puts(&tls->fault, ", on the way to its authority,");
    tls_put_verdict(&tls->fault, X509_STORE_CTX_get_error(store));
    return false;
}

int tls_verify(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct net_tls *tls = SSL_get_app_data(ssl);
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    bool good;

    (void)arg;
    if (tls->context->pinned)
        good = tls_has_pin(tls, certificate);
    else
        good = is_chain_good(tls, store) && tls_has_name(tls, certificate);
    if (good)
        X509_STORE_CTX_set_error(store, X509_V_OK);
    else if (X509_STORE_CTX_get_error(store) == X509_V_OK)
        X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return good;
}

/* The chain that came at first, as it would be judged now: there may be younger lists. */
static bool is_chain_still_good(struct net_tls *tls, X509 *certificate)
{
    X509_STORE *trusted = SSL_CTX_get_cert_store(tls->context->ssl);
    X509_STORE_CTX *store = X509_STORE_CTX_new();
    bool good = false;

    if (store &&
        X509_STORE_CTX_init(store, trusted, certificate, SSL_get_peer_cert_chain(tls->ssl)) == 1 &&
        X509_STORE_CTX_set_default(store, "ssl_server") == 1) {
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store),
                                         SSL_get_security_level(tls->ssl));
        good = is_chain_good(tls, store);
    }
    X509_STORE_CTX_free(store);
    return good;
}

bool tls_verify_again(struct net_tls *tls)
{
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

    if (!certificate || tls->context->pinned)
        return certificate && tls_has_pin(tls, certificate);
    return is_chain_still_good(tls, certificate) && tls_has_name(tls, certificate);
}
