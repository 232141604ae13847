/* Settings of copies for a capture server. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "phone/config_private.h"
#include "sip/uri.h"

#define PORT 9060 /* where servers of Homer listen */
#define HOST_BYTES_MAX 300
#define PASSWORD_BYTES_MAX 255

void config_free_hep(struct config_hep *hep)
{
    free(hep->host);
    mem_wipe_free(hep->password);
    *hep = (struct config_hep){0};
}

static void forget_host(struct config_hep *hep)
{
    free(hep->host);
    hep->host = NULL;
}

/* A host and a port are what a URI has of them (RFC 3261 25.1 hostport). */
static int read_host(struct slice value, struct config_hep *hep, struct config_fault *fault)
{
    struct buf text = buf_new(HOST_BYTES_MAX);
    struct sip_uri uri;
    int err;

    buf_puts(&text, "sip:");
    buf_put(&text, value);
    if (!buf_ok(&text) || sip_uri_parse(buf_slice(&text), &uri) != 0 || uri.user.p ||
        uri.params.n > 0 || uri.headers.n > 0) {
        err = config_wrong(fault, value, value.p,
                           "not a capture server: it is like homer.example.org, 192.0.2.1:9060 or "
                           "[2001:db8::1]:9060");
    } else {
        err = config_replace(&hep->host, uri.host);
        if (!err)
            hep->port = uri.port ? uri.port : PORT;
    }
    buf_free(&text);
    return err;
}

int config_set_hep(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;

    if (value.n == 0)
        return config_refuse_empty(fault, "the host of the capture server, or none,");
    if (!slice_ieq(value, SLICE("none")))
        return read_host(value, &config->hep, fault);
    forget_host(&config->hep);
    return 0;
}

int config_set_hep_id(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    uint64_t n;

    if (slice_number(value, UINT32_MAX, &n) != 0 || n == 0)
        return config_wrong(fault, value, value.p, "not a number from 1 to 4294967295");
    config->hep.agent = (uint32_t)n;
    return 0;
}

int config_set_hep_password(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    char *password;

    if (value.n == 0)
        return config_refuse_empty(fault, "the password of the capture server");
    if (value.n > PASSWORD_BYTES_MAX)
        return config_wrong(fault, value, value.p + PASSWORD_BYTES_MAX,
                            "a password of a capture server has 255 bytes at most");
    password = slice_dup(value);
    if (!password)
        return -ENOMEM;
    mem_wipe_free(config->hep.password);
    config->hep.password = password;
    return 0;
}
