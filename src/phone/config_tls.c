/* The settings of TLS, which the phone and each account have. */
#include <stdlib.h>

#include "base/fingerprint.h"
#include "phone/config_private.h"

static int set_file(char **out, struct slice value, struct config_fault *fault)
{
    return value.n ? config_replace(out, value)
                   : config_refuse_empty(fault, "the name of the file");
}

static int set_pin(struct config_tls *tls, struct slice value, struct config_fault *fault)
{
    struct fingerprint pin;

    if (fingerprint_parse_sha256(value, &pin) != 0)
        return config_wrong(fault, value, value.p,
                            "not the SHA-256 of a certificate: it is 64 hex digits, as \"openssl "
                            "x509 -fingerprint -sha256\" prints them");
    return config_replace(&tls->fingerprint, value);
}

int config_set_tls_ca(void *into, struct slice value, struct config_fault *fault)
{
    return set_file(&((struct phone_config *)into)->tls.ca, value, fault);
}

int config_set_tls_fingerprint(void *into, struct slice value, struct config_fault *fault)
{
    return set_pin(&((struct phone_config *)into)->tls, value, fault);
}

int config_set_tls_certificate(void *into, struct slice value, struct config_fault *fault)
{
    return set_file(&((struct phone_config *)into)->tls.certificate, value, fault);
}

int config_set_tls_key(void *into, struct slice value, struct config_fault *fault)
{
    return set_file(&((struct phone_config *)into)->tls.key, value, fault);
}

int config_set_account_tls_ca(void *into, struct slice value, struct config_fault *fault)
{
    return set_file(&((struct account_config *)into)->tls.ca, value, fault);
}

int config_set_account_tls_fingerprint(void *into, struct slice value, struct config_fault *fault)
{
    return set_pin(&((struct account_config *)into)->tls, value, fault);
}

int config_set_account_tls_certificate(void *into, struct slice value, struct config_fault *fault)
{
    return set_file(&((struct account_config *)into)->tls.certificate, value, fault);
}

int config_set_account_tls_key(void *into, struct slice value, struct config_fault *fault)
{
    return set_file(&((struct account_config *)into)->tls.key, value, fault);
}

void config_free_tls(struct config_tls *tls)
{
    free(tls->ca);
    free(tls->fingerprint);
    free(tls->certificate);
    free(tls->key);
}
