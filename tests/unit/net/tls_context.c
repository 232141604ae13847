#include "tests/unit/net/tls_context.h"

#include <stdio.h>
#include <string.h>

struct net_tls_context *tls_context_of(const char *ca, const char *pin, const char *own)
{
    struct net_tls_settings s = {
        .ca = ca ? paper_path(ca, "pem") : NULL,
        .fingerprint = pin,
        .certificate = own ? paper_path(own, "pem") : NULL,
        .key = own ? paper_path(own, "key") : NULL,
    };
    struct buf why = buf_new(1000);
    struct net_tls_context *c = NULL;
    int err = net_tls_context_new(&s, &why, &c);

    if (err)
        fprintf(stderr, "%s\n", buf_cstr(&why));
    assert_int_equal(err, 0);
    buf_free(&why);
    return c;
}

void tls_assert_says(const char *text, const char *piece)
{
    if (!strstr(text, piece))
        fail_msg("\"%s\" does not say \"%s\"", text, piece);
}
