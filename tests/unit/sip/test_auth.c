/* Which challenges are answered (RFC 7616, RFC 8760, RFC 3261 22), and with what. */
#include <stdio.h>

#include "sip/credentials.h"
#include "tests/unit/sip/auth_bench.h"

/* --- one challenge ---------------------------------------------------------------------------- */

/* realm: configured, or ""; expected: what the answer has, or the words of the refusal. */
static const struct row {
    const char *name, *realm, *method, *lines;
    enum sip_auth_verdict verdict;
    const char *expected;
} rows[] = {
    {"MD5 without qop, as RFC 2069", "", "INVITE", W OURS "\n", SIP_AUTH_AGAIN,
     "Authorization: Digest username=\"alice\", realm=\"example.org\", nonce=\"n\", "
     "uri=\"sip:bob@example.org\", response=\""},
    {"407", "", "INVITE", P OURS "\n", SIP_AUTH_AGAIN, "Proxy-Authorization: Digest username"},
    {"auth before auth-int", "", "INVITE", W OURS ", qop=\"auth-int,auth\"\n", SIP_AUTH_AGAIN,
     "qop=auth, nc=00000001\r\n"},
    {"auth-int where it is all there is", "", "INVITE", W OURS ", qop=\"auth-int\"\n",
     SIP_AUTH_AGAIN, "qop=auth-int, nc=00000001\r\n"},
    {"the algorithm goes back as it was named", "", "INVITE", W OURS ", algorithm=\"sha-256\"\n",
     SIP_AUTH_AGAIN, ", algorithm=sha-256\r\n"},
    {"opaque goes back", "", "INVITE", W OURS ", opaque=\"a\\\"\"\n", SIP_AUTH_AGAIN,
     ", opaque=\"a\\\"\""},
    {"an empty opaque goes back", "", "INVITE", W OURS ", opaque=\"\"\n", SIP_AUTH_AGAIN,
     ", opaque=\"\""},
    {"userhash where it is offered", "", "INVITE", W OURS ", userhash=true\n", SIP_AUTH_AGAIN,
     "userhash=true"},
    {"RFC 8760 2.4: the topmost", "", "INVITE",
     W OURS ", algorithm=SHA-256\n" W OURS ", algorithm=SHA-512-256\n" W OURS "\n", SIP_AUTH_AGAIN,
     "algorithm=SHA-256\r\n"},
    {"RFC 8760 2.4: the topmost that we know", "", "INVITE",
     W OURS ", algorithm=SHA3-512\n" W OURS ", algorithm=SHA-512-256, qop=\"auth\"\n" W OURS "\n",
     SIP_AUTH_AGAIN, "algorithm=SHA-512-256"},
    {"Basic is passed over", "", "INVITE",
     "WWW-Authenticate: Basic realm=\"example.org\"\n" W OURS "\n", SIP_AUTH_AGAIN,
     "Authorization: Digest"},
    {"one that contradicts itself is passed over", "", "INVITE",
     W OURS ", nonce=\"m\"\n" W OURS ", opaque=\"second\"\n", SIP_AUTH_AGAIN, "opaque=\"second\""},
    {"the host as realm in another case", "", "INVITE", W "realm=\"EXAMPLE.ORG\", nonce=\"n\"\n",
     SIP_AUTH_AGAIN, "realm=\"EXAMPLE.ORG\""},
    {"the host of the registrar", "", "INVITE", W "realm=\"sip.example.org\", nonce=\"n\"\n",
     SIP_AUTH_AGAIN, "realm=\"sip.example.org\""},
    {"a registrar may call itself what it likes", "", "REGISTER",
     W "realm=\"asterisk\", nonce=\"n\"\n", SIP_AUTH_AGAIN, "realm=\"asterisk\""},
    {"the realm that is configured", "asterisk", "INVITE", P "realm=\"asterisk\", nonce=\"n\"\n",
     SIP_AUTH_AGAIN, "realm=\"asterisk\""},
    {"of several realms ours", "", "INVITE", P "realm=\"evil\", nonce=\"x\"\n" P OURS "\n",
     SIP_AUTH_AGAIN, "realm=\"example.org\""},

    {"a realm of others", "", "INVITE", P "realm=\"evil\\\"\", nonce=\"n\"\n", SIP_AUTH_CANNOT,
     "realm, \"evil\\\"\""},
    {"part of our realm is another", "", "INVITE", P "realm=\"example.or\", nonce=\"n\"\n",
     SIP_AUTH_CANNOT, "another realm"},
    {"an empty realm", "", "INVITE", P "realm=\"\", nonce=\"n\"\n", SIP_AUTH_CANNOT,
     "another realm"},
    {"a realm with what moves the cursor", "", "INVITE", P "realm=\"e\x1b[2J\", nonce=\"n\"\n",
     SIP_AUTH_CANNOT, "\"e\xef\xbf\xbd[2J\""},
    {"the host where another realm is configured", "asterisk", "INVITE", W OURS "\n",
     SIP_AUTH_CANNOT, "another realm"},
    {"a configured realm is compared by its bytes", "asterisk", "REGISTER",
     W "realm=\"Asterisk\", nonce=\"n\"\n", SIP_AUTH_CANNOT, "another realm"},
    {"the registrar with another realm than configured", "example.org", "REGISTER",
     W "realm=\"asterisk\", nonce=\"n\"\n", SIP_AUTH_CANNOT, "\"asterisk\""},
    {"no challenge at all", "", "REGISTER", "", SIP_AUTH_CANNOT, "does not say how"},
    {"Basic alone", "", "REGISTER", "WWW-Authenticate: Basic realm=\"example.org\"\n",
     SIP_AUTH_CANNOT, "the scheme Basic"},
    {"algorithms that we lack", "", "REGISTER", W OURS ", algorithm=AKAv1-MD5\n", SIP_AUTH_CANNOT,
     "the algorithm AKAv1-MD5"},
    {"protections that we lack", "", "REGISTER", W OURS ", qop=\"token\"\n", SIP_AUTH_CANNOT,
     "(qop)"},
    {"-sess needs a nonce of ours", "", "REGISTER", W OURS ", algorithm=MD5-sess\n",
     SIP_AUTH_CANNOT, "(qop)"},
    {"no nonce", "", "REGISTER", W "realm=\"example.org\"\n", SIP_AUTH_CANNOT, "cannot be read"},
    {"a fold in a nonce", "", "REGISTER", W "realm=\"example.org\", nonce=\"a\n b\"\n",
     SIP_AUTH_CANNOT, "cannot be read"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct auth_bench *b = auth_bench_new(row->realm, "secret");

    assert_int_equal(auth_bench_challenged(b, row->method, row->lines), row->verdict);
    assert_int_equal(auth_bench_put(b, row->method), row->verdict == SIP_AUTH_AGAIN ? 1 : 0);
    assert_non_null(
        strstr(buf_cstr(row->verdict == SIP_AUTH_AGAIN ? &b->out : &b->why), row->expected));
    auth_bench_free(b);
}

static void too_long(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");
    char line[3000];

    (void)state;
    snprintf(line, sizeof line, W "realm=\"example.org\", nonce=\"%0*d\"\n", 2048, 0);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", line), SIP_AUTH_CANNOT);
    snprintf(line, sizeof line, W "realm=\"example.org\", nonce=\"%0*d\"\n", 2048 - 11, 0);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", line), SIP_AUTH_AGAIN);
    auth_bench_free(b);
}

/* --- what is sent is what the server computes ------------------------------------------------- */

static char *word(struct auth_bench *b, const char *name, char out[256])
{
    const char *at = strstr(buf_cstr(&b->out), name);
    size_t n;

    assert_non_null(at);
    at += strlen(name);
    at += *at == '"';
    n = strcspn(at, "\",\r");
    assert_true(n < 256);
    memcpy(out, at, n);
    out[n] = '\0';
    return out;
}

static const struct answered {
    const char *name, *line;
    struct slice password;
    struct sip_digest d;
} answered[] = {
    {"MD5", W OURS "\n", SLICE_INIT("secret"), {.kind = DIGEST_MD5}},
    {"MD5, auth",
     W OURS ",qop=\"auth\"\n",
     SLICE_INIT("secret"),
     {.kind = DIGEST_MD5, .qop = SIP_QOP_AUTH}},
    {"SHA-256-sess, auth-int",
     W OURS ",qop=\"auth-int\",algorithm=SHA-256-sess\n",
     SLICE_INIT("secret"),
     {.kind = DIGEST_SHA256, .qop = SIP_QOP_AUTH_INT, .session = true}},
    {"SHA-512-256, any bytes",
     W OURS ",qop=\"auth\",algorithm=SHA-512-256\n",
     SLICE_INIT("\"\\:\0\xff\xc3\xa4\r\n "),
     {.kind = DIGEST_SHA512_256, .qop = SIP_QOP_AUTH}},
    {"an empty password",
     W OURS ",qop=\"auth\"\n",
     SLICE_INIT(""),
     {.kind = DIGEST_MD5, .qop = SIP_QOP_AUTH}},
};

static void check_answered(void **state)
{
    const struct answered *row = *state;
    struct auth_bench *b = auth_bench_new("", NULL);
    struct sip_digest d = row->d;
    char cnonce[256] = "", first[256] = "", got[256], hex[DIGEST_HEX_MAX + 1];

    assert_int_equal(sip_auth_set_password(b->auth, row->password), 0);
    assert_int_equal(auth_bench_challenged(b, "INVITE", row->line), SIP_AUTH_AGAIN);
    for (d.nc = 1; d.nc <= 3; d.nc++) {
        assert_int_equal(auth_bench_put(b, "INVITE"), 1);
        if (d.qop)
            word(b, "cnonce=", cnonce);
        if (d.nc == 1)
            strcpy(first, cnonce);
        assert_string_equal(cnonce, first); /* 3.4.2: A1 of -sess is computed once */
        d.user = SLICE("alice");
        d.realm = SLICE("example.org");
        d.password = row->password;
        d.nonce = SLICE("n");
        d.cnonce = slice_of(cnonce);
        d.method = SLICE("INVITE");
        d.uri = SLICE("sip:bob@example.org");
        d.body = SLICE("body");
        sip_digest_response(&d, hex);
        assert_string_equal(word(b, "response=", got), hex);
    }
    auth_bench_free(b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_long),
    };

    return RUN_ROWS("sip/auth", rows, check_row) +
           RUN_ROWS("sip/auth, answers", answered, check_answered) +
           cmocka_run_group_tests_name("sip/auth, limits", tests, NULL, NULL);
}
