/* What was wrong with a connection over TLS, in words for a person. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/text.h"
#include "net/tls_private.h"

#define NAME_BYTES 120

/* "CN=server,O=Example" as RFC 2253 prints it. */
static void put_dn(struct buf *text, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p;
    long n;

    if (!bio)
        return;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    n = BIO_get_mem_data(bio, &p);
    if (n > 0)
        text_safe(text, slice_head((struct slice){p, (size_t)n}, NAME_BYTES));
    else
        buf_puts(text, "nobody");
    BIO_free(bio);
}

static void put_day(struct buf *text, const ASN1_TIME *time)
{
    struct tm day;

    if (ASN1_TIME_to_tm(time, &day) == 1)
        buf_printf(text, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
    else
        buf_puts(text, "some day");
}

void tls_put_certificate(struct buf *text, const X509 *certificate)
{
    buf_puts(text, "(subject ");
    put_dn(text, X509_get_subject_name(certificate));
    buf_puts(text, ", issuer ");
    put_dn(text, X509_get_issuer_name(certificate));
    buf_puts(text, ", valid ");
    put_day(text, X509_get0_notBefore(certificate));
    buf_puts(text, " to ");
    put_day(text, X509_get0_notAfter(certificate));
    buf_putc(text, ')');
}

/* clang-format off */
static const struct verdict { int error; const char *clause; } verdicts[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, " has expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, " is not valid yet; is the clock of this machine right?"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
     " is signed by itself alone; name it by tls-fingerprint or tls-ca, if it is right"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
     " is of an authority that is not known; name that by tls-ca, if it is right"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
     " is of an authority that is not known; name that by tls-ca, if it is right"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     " is of an authority that is not known; name that by tls-ca, if it is right"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
     " is of an authority that is not known; name that by tls-ca, if it is right"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, " has a signature that is wrong"},
    {X509_V_ERR_CERT_REVOKED, " was revoked"},
    {X509_V_ERR_CRL_HAS_EXPIRED,
     " is of an authority whose list of revoked ones (CRL) is too old; put a newer one into tls-ca"},
    {X509_V_ERR_CRL_NOT_YET_VALID, " is of an authority whose list of revoked ones (CRL) is not "
                                   "valid yet; is the clock of this machine right?"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE,
     " is of an authority whose list of revoked ones (CRL) has a signature that is wrong"},
    {X509_V_ERR_INVALID_PURPOSE, " is not meant for servers"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, " has a key that is too short to be safe"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, " has a key that is too short to be safe"},
    {X509_V_ERR_CA_MD_TOO_WEAK, " is signed by an algorithm that is no longer safe"},
};
/* clang-format on */

void tls_put_verdict(struct buf *text, int error)
{
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        if (verdicts[i].error == error) {
            buf_puts(text, verdicts[i].clause);
            return;
        }
    }
    buf_printf(text, " cannot be believed (%s)", X509_verify_cert_error_string(error));
}

#define OUR_CERTIFICATE "it does not take our certificate"
#define NO_CERTIFICATE                                                                             \
    "it wants to see a certificate of ours; set tls-certificate and tls-key, or ask who runs it"
#define TOO_OLD "it speaks no TLS as new as version 1.2, and older ones are not safe"
#define NOT_TLS "what it says is not TLS; check the port, which is 5061 as a rule"
#define BROKEN "it broke the rules of TLS"

/* clang-format off */
static const struct failure { int reason; const char *sentence; } failures[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, TOO_OLD},
    {SSL_R_VERSION_TOO_LOW, TOO_OLD},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, TOO_OLD},
    {SSL_R_WRONG_VERSION_NUMBER, NOT_TLS},
    {SSL_R_UNEXPECTED_MESSAGE, NOT_TLS},
    {SSL_R_HTTP_REQUEST, NOT_TLS},
    {SSL_R_HTTPS_PROXY_REQUEST, NOT_TLS},
    {SSL_R_PACKET_LENGTH_TOO_LONG, NOT_TLS},
    {SSL_R_BAD_PROTOCOL_VERSION_NUMBER, NOT_TLS},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, NO_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
     "it does not agree with us on how to encrypt, or wants to see a certificate of ours"},
    {SSL_R_NO_SHARED_CIPHER, "it does not agree with us on how to encrypt"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, OUR_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, OUR_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, OUR_CERTIFICATE ": it was revoked"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, OUR_CERTIFICATE ": it has expired"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, OUR_CERTIFICATE},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, OUR_CERTIFICATE ": it does not know its authority"},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, "it knows nobody of that name"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, "it sends more certificates than anybody needs"},
    {SSL_R_NO_RENEGOTIATION, BROKEN},
};
/* clang-format on */

void tls_put_failure(struct net_tls *tls)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);

    ERR_clear_error();
    if (tls->fault.n)
        return; /* what the verification found is the cause of what OpenSSL says now */
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == failures[i].reason) {
            buf_puts(&tls->fault, failures[i].sentence);
            return;
        }
    }
    buf_puts(&tls->fault, BROKEN);
    if (reason)
        buf_printf(&tls->fault, " (%s)", reason);
}
