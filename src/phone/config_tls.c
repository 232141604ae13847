/* The settings of TLS, which the phone and each account have. */
#include <stdlib.h>

#include "base/fingerprint.h"
#include "phone/config_private.h"

static int read_fingerprint(const struct config_kind *kind, struct slice value, void *member,
                            struct config_fault *fault)
{
    struct fingerprint pin;

    (void)kind;
    if (fingerprint_parse_sha256(value, &pin) != 0)
        return config_wrong(fault, value, value.p,
                            "not the SHA-256 of a certificate: it is 64 hex digits, as \"openssl "
                            "x509 -fingerprint -sha256\" prints them");
    return config_replace(member, value);
}

const struct config_kind config_fingerprint = {.read = read_fingerprint};

void config_free_tls(struct config_tls *tls)
{
    free(tls->ca);
    free(tls->fingerprint);
    free(tls->certificate);
    free(tls->key);
}
