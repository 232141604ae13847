#include "sip/credentials.h"

#include "tests/lib/rows.h"

#define MUFASA "Mufasa", "http-auth@example.org", "Circle of Life"
#define NONCE_1 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_1 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define OLD_NONCE "dcd98b7102dd2f0e8b11d0f600bfb0c093"

/* RFC 7616 3.9.2 as its erratum 4897 has it: the text was computed with SHA-512 cut short. Where no
 * RFC is named, the value is that of another implementation (Python's hashlib). */
static const struct row {
    const char *name;
    enum digest_kind kind;
    bool session;
    enum sip_qop qop;
    const char *user, *realm, *password, *nonce, *cnonce;
    uint32_t nc;
    const char *method, *uri, *body, *response;
} rows[] = {
    {"RFC 7616 3.9.1, MD5", DIGEST_MD5, false, SIP_QOP_AUTH, MUFASA, NONCE_1, CNONCE_1, 1, "GET",
     "/dir/index.html", "", "8ca523f5e9506fed4657c9700eebdbec"},
    {"RFC 7616 3.9.1, SHA-256", DIGEST_SHA256, false, SIP_QOP_AUTH, MUFASA, NONCE_1, CNONCE_1, 1,
     "GET", "/dir/index.html", "",
     "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
    {"RFC 7616 3.9.2, SHA-512-256", DIGEST_SHA512_256, false, SIP_QOP_AUTH,
     "J\xc3\xa4s\xc3\xb8n Doe", "api@example.org", "Secret, or not?",
     "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
     1, "GET", "/doe.json", "", "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"},
    {"RFC 2617 3.5", DIGEST_MD5, false, SIP_QOP_AUTH, "Mufasa", "testrealm@host.com",
     "Circle Of Life", OLD_NONCE, "0a4f113b", 1, "GET", "/dir/index.html", "",
     "6629fae49393a05397450978507c4ef1"},
    {"RFC 2069 2.4 as corrected: no qop", DIGEST_MD5, false, SIP_QOP_NONE, "Mufasa",
     "testrealm@host.com", "CircleOfLife", OLD_NONCE, "", 1, "GET", "/dir/index.html", "",
     "1949323746fe6a43ef61f9606e7febea"},
    {"MD5-sess", DIGEST_MD5, true, SIP_QOP_AUTH, MUFASA, NONCE_1, CNONCE_1, 1, "GET",
     "/dir/index.html", "", "e783283f46242139c486a698fec7211d"},
    {"SHA-256-sess", DIGEST_SHA256, true, SIP_QOP_AUTH, MUFASA, NONCE_1, CNONCE_1, 1, "GET",
     "/dir/index.html", "", "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"},
    {"SHA-512-256-sess", DIGEST_SHA512_256, true, SIP_QOP_AUTH, MUFASA, NONCE_1, CNONCE_1, 1, "GET",
     "/dir/index.html", "", "3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e"},
    {"auth-int", DIGEST_MD5, false, SIP_QOP_AUTH_INT, MUFASA, NONCE_1, CNONCE_1, 1, "INVITE",
     "sip:b@h", "v=0\r\n", "0e29c258d807607908245b0a1da40f89"},
    {"auth-int without a body", DIGEST_SHA256, false, SIP_QOP_AUTH_INT, MUFASA, NONCE_1, CNONCE_1,
     1, "INVITE", "sip:b@h", "",
     "2524db3ad66ca936f247f650f90c666c26718fc9369f9e5a193d702349661d95"},
    {"a nonce count of eight digits", DIGEST_MD5, false, SIP_QOP_AUTH, MUFASA, NONCE_1, CNONCE_1,
     0x1a2b3c4d, "GET", "/dir/index.html", "", "82ff30e52999d8c1e09b8a9e259a9d6a"},
};

static struct sip_digest digest_of(const struct row *row)
{
    return (struct sip_digest){.kind = row->kind,
                               .session = row->session,
                               .qop = row->qop,
                               .user = slice_of(row->user),
                               .realm = slice_of(row->realm),
                               .password = slice_of(row->password),
                               .nonce = slice_of(row->nonce),
                               .cnonce = slice_of(row->cnonce),
                               .nc = row->nc,
                               .method = slice_of(row->method),
                               .uri = slice_of(row->uri),
                               .body = slice_of(row->body)};
}

static void responds(void **state)
{
    const struct row *row = *state;
    struct sip_digest d = digest_of(row);
    char hex[DIGEST_HEX_MAX + 1];

    sip_digest_response(&d, hex);
    assert_string_equal(hex, row->response);
}

static void with_everything(void **state)
{
    struct sip_digest d = digest_of(&rows[2]);
    struct buf b = buf_new(4096);

    (void)state;
    d.algorithm = SLICE("SHA-512-256");
    d.opaque = SLICE("HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS");
    d.userhash = true;
    sip_credentials_put(&b, SIP_HDR_AUTHORIZATION, &d);
    assert_slice(
        buf_slice(&b),
        "Authorization: Digest username=\""
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", userhash=true, "
        "realm=\"api@example.org\", nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
        "uri=\"/doe.json\", response=\""
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\", "
        "algorithm=SHA-512-256, opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", "
        "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", qop=auth, nc=00000001\r\n");
    buf_free(&b);
}

static void with_the_least(void **state)
{
    struct sip_digest d = digest_of(&rows[4]);
    struct buf b = buf_new(4096);

    (void)state;
    sip_credentials_put(&b, SIP_HDR_PROXY_AUTHORIZATION, &d);
    assert_slice(buf_slice(&b),
                 "Proxy-Authorization: Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                 "nonce=\"" OLD_NONCE "\", uri=\"/dir/index.html\", "
                 "response=\"1949323746fe6a43ef61f9606e7febea\"\r\n");
    buf_free(&b);
}

static void quotes_are_escaped(void **state)
{
    struct sip_digest d = digest_of(&rows[4]);
    struct buf b = buf_new(4096);

    (void)state;
    d.user = SLICE("a\"b\\c");
    d.opaque = SLICE("");
    sip_credentials_put(&b, SIP_HDR_AUTHORIZATION, &d);
    assert_non_null(strstr(buf_cstr(&b), "username=\"a\\\"b\\\\c\","));
    assert_non_null(strstr(buf_cstr(&b), ", opaque=\"\""));
    buf_free(&b);
}

static void no_line_of_its_own(void **state)
{
    static const struct slice names[] = {SLICE_INIT("a\r\nVia: x"), SLICE_INIT("a\nb"),
                                         SLICE_INIT("a\0b")};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct sip_digest d = digest_of(&rows[4]);
        struct buf b = buf_new(4096);

        d.user = names[i];
        sip_credentials_put(&b, SIP_HDR_AUTHORIZATION, &d);
        assert_false(buf_ok(&b));
        buf_free(&b);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_everything),
        cmocka_unit_test(with_the_least),
        cmocka_unit_test(quotes_are_escaped),
        cmocka_unit_test(no_line_of_its_own),
    };

    return RUN_ROWS("sip/credentials, responses", rows, responds) +
           cmocka_run_group_tests_name("sip/credentials, lines", tests, NULL, NULL);
}
