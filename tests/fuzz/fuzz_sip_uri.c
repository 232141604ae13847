/* A URI equals itself; what is printed of URIs, addresses and Vias can be parsed again. */
#include <stdint.h>
#include <stdlib.h>

#include "sip/address.h"
#include "sip/limits.h"
#include "sip/uri.h"
#include "sip/via.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_uri(struct slice text, struct buf *b)
{
    struct sip_uri uri, again;
    struct slice value;

    if (sip_uri_parse(text, &uri) != 0)
        return;
    /* A parameter said twice contradicts itself; too many headers are not compared. */
    must(sip_uri_equal(&uri, &uri) || uri.params.n > 0 || uri.headers.n >= SIP_MAX_PARAMS);
    must(uri.scheme == SIP_SCHEME_OTHER || uri.user.p || uri.host.n > 0);
    sip_uri_transport(&uri);
    sip_uri_param(&uri, SLICE("maddr"), &value);

    buf_clear(b);
    sip_uri_put_request(b, &uri);
    must(sip_uri_parse(buf_slice(b), &again) == 0);
    must(again.scheme == uri.scheme && slice_eq(again.host, uri.host) && again.port == uri.port);

    buf_clear(b);
    buf_puts(b, "sip:");
    sip_uri_put_user(b, text);
    buf_puts(b, "@h");
    must(sip_uri_parse(buf_slice(b), &again) == 0);
    buf_clear(b);
    sip_uri_put_unescaped(b, again.user);
    must(slice_eq(buf_slice(b), text));
}

static void check_address(struct slice text, struct buf *b)
{
    struct sip_address address, again;
    struct buf display = buf_new(text.n);

    if (sip_address_parse(text, &address) == 0 && !address.any) {
        check_uri(address.uri, b);
        sip_address_put_display(&display, &address);
        buf_clear(b);
        sip_address_put(b, buf_slice(&display), address.uri);
        if (buf_ok(b)) /* a NUL is not printed */
            must(sip_address_parse(buf_slice(b), &again) == 0 && slice_eq(again.uri, address.uri));
    }
    buf_free(&display);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct ip source = {.family = 6, .bytes = {0x20, 1, [15] = 1}, .port = 5060};
    struct slice text = {(const char *)bytes, n};
    struct buf b = buf_new(4 * n + 200);
    struct sip_via via, again;

    check_uri(text, &b);
    check_address(text, &b);
    if (sip_via_parse(text, &via) == 0) {
        buf_clear(&b);
        sip_via_put_received(&b, &via, &source);
        /* One that had all the parameters it may have gets two more. */
        must(sip_via_parse(buf_slice(&b), &again) == 0 || n > 2 * SIP_MAX_PARAMS);
        sip_via_reply_to(&via, &source, false);
    }
    buf_free(&b);
    return 0;
}
