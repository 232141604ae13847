/* What is refused of the settings of TLS, and why (net/tls.h). */
#include "net/tls.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/paper.h"
#include "tests/lib/rows.h"

static const struct paper papers[] = {
    {"authority", NULL, "Root of the test", NULL, 0, 0, true},
    {"right", "authority", NULL, "DNS:sip.test", 0, 0, false},
    {"uri", "authority", NULL, "URI:sip:sip.test", 0, 0, false},
};

static const struct setting {
    const char *name, *ca, *fingerprint, *certificate, *key, *why;
} settings[] = {
    {"no such file", "/nowhere/x.pem", NULL, NULL, NULL, "tls-ca /nowhere/x.pem: No such file"},
    {"no certificate in it", "=key", NULL, NULL, NULL, "there is no certificate in it"},
    {"an empty file", "/dev/null", NULL, NULL, NULL, "there is no certificate in it"},
    {"a short fingerprint", NULL, "AA:BB", NULL, NULL, "64 hex digits"},
    {"rubbish in the fingerprint", NULL, "sha256:zz", NULL, NULL, "64 hex digits"},
    {"a key alone", NULL, NULL, NULL, "=key", "tls-key needs tls-certificate, too"},
    {"a certificate alone", NULL, NULL, "=pem", NULL, "tls-certificate needs tls-key, too"},
    {"the key of another", NULL, NULL, "=pem", "=other", "fits the certificate"},
    {"a certificate that is not there", NULL, NULL, "/nowhere/c.pem", "=key",
     "tls-certificate /nowhere/c.pem: No such file"},
};

static const char *file(const char *text)
{
    if (!text || text[0] != '=')
        return text;
    return strcmp(text, "=other") == 0 ? paper_path("uri", "key") : paper_path("right", text + 1);
}

static void check_setting(void **state)
{
    const struct setting *row = *state;
    struct net_tls_settings s = {file(row->ca), row->fingerprint, file(row->certificate),
                                 file(row->key)};
    struct net_tls_context *c = NULL;
    struct buf why = buf_new(1000);

    assert_int_equal(net_tls_context_new(&s, &why, &c), -EINVAL);
    if (!strstr(buf_cstr(&why), row->why))
        fail_msg("%s: %s is missing", buf_cstr(&why), row->why);
    assert_null(c);
    buf_free(&why);
}

int main(void)
{
    int failed;

    for (size_t i = 0; i < ARRAY_LEN(papers); i++)
        paper_make(&papers[i]);
    failed = RUN_ROWS("net/tls: settings", settings, check_setting);
    paper_remove();
    return failed;
}
