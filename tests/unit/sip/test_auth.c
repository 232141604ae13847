/* test_auth.c - which challenges are answered (RFC 7616, RFC 8760, RFC 3261 22), and how often. */
#include "sip/auth.h"

#include <stdio.h>
#include <stdlib.h>

#include "sip/credentials.h"
#include "sip/lex.h"
#include "sip/parse.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

struct bench {
    struct rng rng;
    struct sip_auth *auth;
    struct sip_auth_tries tries;
    struct buf out, why;
};

static struct bench *bench_new(const char *realm, const char *password)
{
    struct slice hosts[] = {SLICE("Example.org"), SLICE("sip.example.org")};
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    b->rng = rng_seeded(3);
    b->auth = sip_auth_new(&b->rng, SLICE("alice"), slice_of(realm), hosts, ARRAY_LEN(hosts));
    assert_non_null(b->auth);
    assert_int_equal(sip_auth_set_password(b->auth, slice_of(password)), 0);
    b->out = buf_new(SIP_MAX_MESSAGE);
    b->why = buf_new(4096);
    return b;
}

static void bench_free(struct bench *b)
{
    sip_auth_free(b->auth);
    buf_free(&b->out);
    buf_free(&b->why);
    free(b);
}

/* lines: with "\n" at each end. */
static enum sip_auth_verdict challenged(struct bench *b, const char *method, const char *lines)
{
    struct buf text = buf_new(SIP_MAX_MESSAGE);
    enum sip_auth_verdict verdict;
    struct slice whole;
    struct sip_msg msg;

    buf_printf(&text,
               "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
               "From: <sip:a@h>;tag=a\r\nTo: <sip:a@h>;tag=b\r\nCall-ID: c\r\nCSeq: 1 %s\r\n",
               method);
    for (const char *p = lines; *p; p++)
        buf_put(&text, *p == '\n' ? SLICE("\r\n") : (struct slice){p, 1});
    buf_puts(&text, "Content-Length: 0\r\n\r\n");
    whole = exact_bytes(text.p, text.n);
    assert_int_equal(sip_parse(whole, true, &msg), 0);
    buf_clear(&b->why);
    verdict = sip_auth_challenged(b->auth, &msg, !strcmp(method, "REGISTER"), &b->tries, &b->why);
    exact_free(whole);
    buf_free(&text);
    return verdict;
}

static size_t put(struct bench *b, const char *method)
{
    size_t lines = 0;

    buf_clear(&b->out);
    assert_int_equal(sip_auth_put(b->auth, &b->tries, &b->out, slice_of(method),
                                  SLICE("sip:bob@example.org"), SLICE("body")),
                     0);
    for (size_t i = 0; i < b->out.n; i++)
        lines += b->out.p[i] == '\n';
    return lines;
}

static bool has(struct bench *b, const char *text)
{
    return strstr(buf_cstr(&b->out), text) != NULL;
}

/* A request of its own. */
static void another(struct bench *b)
{
    b->tries = (struct sip_auth_tries){0};
}

#define W "WWW-Authenticate: Digest "
#define P "Proxy-Authenticate: Digest "
#define OURS "realm=\"example.org\", nonce=\"n\""

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
    struct bench *b = bench_new(row->realm, "secret");

    assert_int_equal(challenged(b, row->method, row->lines), row->verdict);
    assert_int_equal(put(b, row->method), row->verdict == SIP_AUTH_AGAIN ? 1 : 0);
    assert_non_null(
        strstr(buf_cstr(row->verdict == SIP_AUTH_AGAIN ? &b->out : &b->why), row->expected));
    bench_free(b);
}

static void too_long(void **state)
{
    struct bench *b = bench_new("", "secret");
    char line[3000];

    (void)state;
    snprintf(line, sizeof line, W "realm=\"example.org\", nonce=\"%0*d\"\n", 2048, 0);
    assert_int_equal(challenged(b, "REGISTER", line), SIP_AUTH_CANNOT);
    snprintf(line, sizeof line, W "realm=\"example.org\", nonce=\"%0*d\"\n", 2048 - 11, 0);
    assert_int_equal(challenged(b, "REGISTER", line), SIP_AUTH_AGAIN);
    bench_free(b);
}

/* --- what is sent is what the server computes ---------------------------------------------------
 */

static char *word(struct bench *b, const char *name, char out[256])
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
    struct bench *b = bench_new("", NULL);
    struct sip_digest d = row->d;
    char cnonce[256] = "", first[256] = "", got[256], hex[DIGEST_HEX_MAX + 1];

    assert_int_equal(sip_auth_set_password(b->auth, row->password), 0);
    assert_int_equal(challenged(b, "INVITE", row->line), SIP_AUTH_AGAIN);
    for (d.nc = 1; d.nc <= 3; d.nc++) {
        assert_int_equal(put(b, "INVITE"), 1);
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
    bench_free(b);
}

/* --- several, one after the other ------------------------------------------------------------- */

static void counts_each_nonce(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(put(b, "REGISTER"), 0);
    assert_int_equal(challenged(b, "REGISTER", W OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    put(b, "REGISTER");
    assert_true(has(b, "nc=00000001\r\n"));
    another(b);
    put(b, "REGISTER");
    assert_true(has(b, "nc=00000002\r\n"));
    /* The same nonce, named to another request: its count goes on. */
    another(b);
    assert_int_equal(challenged(b, "REGISTER", W OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    put(b, "REGISTER");
    assert_true(has(b, "nc=00000003\r\n"));
    assert_int_equal(
        challenged(b, "REGISTER", W "realm=\"example.org\",nonce=\"m\",qop=\"auth\",stale=true\n"),
        SIP_AUTH_AGAIN);
    put(b, "REGISTER");
    assert_true(has(b, "nonce=\"m\"") && has(b, "nc=00000001\r\n"));
    bench_free(b);
}

static void one_nonce_for_all(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(challenged(b, "REGISTER", W OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    put(b, "REGISTER");
    another(b);
    assert_int_equal(challenged(b, "INVITE", P OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    put(b, "INVITE");
    assert_true(has(b, "nc=00000002\r\n"));
    put(b, "REGISTER");
    assert_true(has(b, "nc=00000003\r\n"));
    /* Back to it after others, as when a late answer names it. */
    another(b);
    assert_int_equal(
        challenged(b, "REGISTER", W "realm=\"example.org\",nonce=\"m\",qop=\"auth\"\n"),
        SIP_AUTH_AGAIN);
    another(b);
    assert_int_equal(challenged(b, "INVITE", P "realm=\"example.org\",nonce=\"m\",qop=\"auth\"\n"),
                     SIP_AUTH_AGAIN);
    another(b);
    assert_int_equal(challenged(b, "INVITE", P OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    put(b, "INVITE");
    assert_true(has(b, "nonce=\"n\"") && has(b, "nc=00000004\r\n"));
    bench_free(b);
}

static void one_nonce(struct bench *b, const char *nonce, bool stale, enum sip_auth_verdict verdict)
{
    char line[200];

    snprintf(line, sizeof line, W "realm=\"example.org\", nonce=\"%s\"%s\n", nonce,
             stale ? ", stale=true" : "");
    assert_int_equal(challenged(b, "REGISTER", line), verdict);
    put(b, "REGISTER");
}

static void twice_at_most(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    one_nonce(b, "2", false, SIP_AUTH_AGAIN);
    one_nonce(b, "3", false, SIP_AUTH_REFUSED);
    another(b);
    assert_int_equal(put(b, "REGISTER"), 0);
    bench_free(b);
}

static void once_with_the_same_nonce(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    one_nonce(b, "1", false, SIP_AUTH_REFUSED);
    bench_free(b);
}

static void stale_is_no_refusal(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    one_nonce(b, "2", true, SIP_AUTH_AGAIN);
    one_nonce(b, "3", true, SIP_AUTH_AGAIN);
    one_nonce(b, "4", true, SIP_AUTH_CANNOT);
    assert_non_null(strstr(buf_cstr(&b->why), "outdated"));
    bench_free(b);
}

static void stale_and_then_refused(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", true, SIP_AUTH_AGAIN); /* it had carried none */
    one_nonce(b, "2", true, SIP_AUTH_AGAIN);
    one_nonce(b, "3", false, SIP_AUTH_AGAIN);
    one_nonce(b, "4", false, SIP_AUTH_REFUSED);
    bench_free(b);
}

/* The registrar names a new nonce every hour, and calls are rare. */
static void a_nonce_that_is_seldom_used(void **state)
{
    struct bench *b = bench_new("", "secret");
    char nonce[8];

    (void)state;
    assert_int_equal(challenged(b, "INVITE", P OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    put(b, "INVITE");
    for (unsigned i = 0; i < 3 * SIP_MAX_NONCES; i++) {
        snprintf(nonce, sizeof nonce, "r%u", i);
        another(b);
        one_nonce(b, nonce, true, SIP_AUTH_AGAIN);
    }
    put(b, "INVITE");
    assert_true(has(b, "nonce=\"n\"") && has(b, "nc=00000002\r\n"));
    bench_free(b);
}

/* A server that has forgotten its nonces says so without stale. */
static void a_remembered_nonce_is_one_try(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    another(b);
    assert_int_equal(put(b, "REGISTER"), 1);
    one_nonce(b, "2", false, SIP_AUTH_AGAIN);
    one_nonce(b, "3", false, SIP_AUTH_REFUSED);
    bench_free(b);
}

/* Two requests without credentials are challenged one after the other: no refusal. */
static void each_request_for_itself(void **state)
{
    struct bench *b = bench_new("", "secret");
    struct sip_auth_tries first = {0}, second = {0};

    (void)state;
    b->tries = first;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    first = b->tries;
    b->tries = second;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    /* The first carried nonce 1; another one was named to the second meanwhile. */
    one_nonce(b, "2", true, SIP_AUTH_AGAIN);
    b->tries = first;
    one_nonce(b, "2", false, SIP_AUTH_AGAIN);
    bench_free(b);
}

static void both_headers(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(challenged(b, "INVITE", P OURS "\n"), SIP_AUTH_AGAIN);
    assert_int_equal(put(b, "INVITE"), 1);
    /* Behind the proxy the server itself asks: no refusal of what was for the proxy. */
    assert_int_equal(challenged(b, "INVITE", W OURS "\n"), SIP_AUTH_AGAIN);
    assert_int_equal(put(b, "INVITE"), 2);
    assert_true(slice_starts(buf_slice(&b->out), SLICE("Proxy-Authorization: ")) &&
                has(b, "\r\nAuthorization: "));
    assert_int_equal(challenged(b, "INVITE", W OURS "\n"), SIP_AUTH_REFUSED);
    bench_free(b);
}

static void two_realms_at_once(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(
        challenged(b, "INVITE", P OURS "\n" P "realm=\"sip.example.org\",nonce=\"m\"\n"),
        SIP_AUTH_AGAIN);
    assert_int_equal(put(b, "INVITE"), 2);
    assert_true(has(b, "realm=\"example.org\"") && has(b, "realm=\"sip.example.org\""));
    assert_slice(sip_auth_realm(b->auth), "sip.example.org");
    bench_free(b);
}

/* What the registrar asked is nothing to the proxy, and the other way round. */
static void registers_and_others(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(challenged(b, "REGISTER", W "realm=\"asterisk\",nonce=\"n\"\n"),
                     SIP_AUTH_AGAIN);
    assert_int_equal(put(b, "INVITE"), 0);
    assert_int_equal(put(b, "REGISTER"), 1);
    another(b);
    /* Its realm is ours from now on. */
    assert_int_equal(challenged(b, "INVITE", P "realm=\"asterisk\",nonce=\"m\"\n"), SIP_AUTH_AGAIN);
    assert_int_equal(put(b, "INVITE"), 1);
    assert_int_equal(put(b, "REGISTER"), 1);
    assert_true(has(b, "nonce=\"n\""));
    bench_free(b);
}

static void never_weaker(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(challenged(b, "REGISTER", W OURS ",algorithm=SHA-256\n"), SIP_AUTH_AGAIN);
    another(b);
    assert_int_equal(challenged(b, "REGISTER", W OURS "\n"), SIP_AUTH_CANNOT);
    assert_non_null(strstr(buf_cstr(&b->why), "MD5, which is weaker"));
    assert_int_equal(challenged(b, "INVITE", P OURS ",algorithm=MD5-sess,qop=\"auth\"\n"),
                     SIP_AUTH_CANNOT);
    /* A refusal does not make it forget. */
    another(b);
    one_nonce(b, "x", false, SIP_AUTH_CANNOT);
    another(b);
    assert_int_equal(challenged(b, "REGISTER", W OURS ",algorithm=SHA-512-256\n"), SIP_AUTH_AGAIN);
    assert_int_equal(challenged(b, "INVITE", W OURS ",algorithm=SHA-256\n"), SIP_AUTH_CANNOT);
    bench_free(b);
}

/* It is the same password, and a name for a realm is soon invented. */
static void never_weaker_in_a_new_realm(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(challenged(b, "REGISTER", W OURS ",algorithm=SHA-256\n"), SIP_AUTH_AGAIN);
    another(b);
    assert_int_equal(challenged(b, "REGISTER", W "realm=\"new\",nonce=\"n\"\n"), SIP_AUTH_CANNOT);
    assert_int_equal(challenged(b, "INVITE", P "realm=\"sip.example.org\",nonce=\"n\"\n"),
                     SIP_AUTH_CANNOT);
    assert_int_equal(put(b, "REGISTER"), 1);
    assert_true(has(b, "algorithm=SHA-256"));
    bench_free(b);
}

/* A proxy of today before a registrar of yesterday: each has its own from the first request on. */
static void realms_of_one_request_differ(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(challenged(b, "REGISTER", P OURS ",algorithm=SHA-256\n"), SIP_AUTH_AGAIN);
    put(b, "REGISTER");
    assert_int_equal(challenged(b, "REGISTER", W "realm=\"old\",nonce=\"n\"\n"), SIP_AUTH_AGAIN);
    another(b);
    assert_int_equal(challenged(b, "REGISTER", W "realm=\"old\",nonce=\"m\"\n"), SIP_AUTH_AGAIN);
    assert_int_equal(put(b, "REGISTER"), 2);
    bench_free(b);
}

static void a_weaker_one_below_is_passed_over(void **state)
{
    struct bench *b = bench_new("", "secret");

    (void)state;
    assert_int_equal(challenged(b, "REGISTER", W OURS ",algorithm=SHA-256\n"), SIP_AUTH_AGAIN);
    another(b);
    assert_int_equal(challenged(b, "REGISTER", W OURS "\n" W OURS ",algorithm=SHA-256\n"),
                     SIP_AUTH_AGAIN);
    put(b, "REGISTER");
    assert_true(has(b, "algorithm=SHA-256"));
    bench_free(b);
}

static void waits_for_a_password(void **state)
{
    struct bench *b = bench_new("", NULL);

    (void)state;
    assert_int_equal(challenged(b, "REGISTER", W OURS "\n"), SIP_AUTH_WAIT);
    assert_slice(sip_auth_realm(b->auth), "example.org");
    assert_int_equal(put(b, "REGISTER"), 0);
    assert_int_equal(sip_auth_set_password(b->auth, SLICE("secret")), 0);
    assert_int_equal(put(b, "REGISTER"), 1);
    assert_int_equal(sip_auth_set_password(b->auth, (struct slice){0}), 0);
    assert_int_equal(put(b, "REGISTER"), 0);
    bench_free(b);
}

/* A registrar that thinks of a realm for each answer. */
static void not_for_ever(void **state)
{
    struct bench *b = bench_new("", "secret");
    enum sip_auth_verdict verdict = SIP_AUTH_AGAIN;
    char line[100];
    unsigned n = 0;

    (void)state;
    while (verdict == SIP_AUTH_AGAIN) {
        snprintf(line, sizeof line, W "realm=\"r%u\", nonce=\"n\"\n", n++);
        verdict = challenged(b, "REGISTER", line);
        assert_true(put(b, "REGISTER") <= SIP_MAX_CHALLENGES);
    }
    assert_int_equal(verdict, SIP_AUTH_CANNOT);
    assert_int_equal(n, SIP_MAX_ROUNDS + 1);
    bench_free(b);
}

static void a_name_that_fits_no_line(void **state)
{
    struct rng rng = rng_seeded(1);
    struct slice host = SLICE("example.org");
    struct bench *b = bench_new("", "secret");

    (void)state;
    sip_auth_free(b->auth);
    b->auth = sip_auth_new(&rng, SLICE("a\r\nb"), (struct slice){0}, &host, 1);
    sip_auth_set_password(b->auth, SLICE("secret"));
    assert_int_equal(challenged(b, "REGISTER", W OURS "\n"), SIP_AUTH_AGAIN);
    buf_puts(&b->out, "kept");
    assert_int_not_equal(sip_auth_put(b->auth, &b->tries, &b->out, SLICE("REGISTER"),
                                      SLICE("sip:h"), (struct slice){0}),
                         0);
    assert_slice(buf_slice(&b->out), "kept");
    bench_free(b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_long),
        cmocka_unit_test(counts_each_nonce),
        cmocka_unit_test(one_nonce_for_all),
        cmocka_unit_test(twice_at_most),
        cmocka_unit_test(once_with_the_same_nonce),
        cmocka_unit_test(stale_is_no_refusal),
        cmocka_unit_test(stale_and_then_refused),
        cmocka_unit_test(a_remembered_nonce_is_one_try),
        cmocka_unit_test(a_nonce_that_is_seldom_used),
        cmocka_unit_test(each_request_for_itself),
        cmocka_unit_test(both_headers),
        cmocka_unit_test(two_realms_at_once),
        cmocka_unit_test(registers_and_others),
        cmocka_unit_test(never_weaker),
        cmocka_unit_test(never_weaker_in_a_new_realm),
        cmocka_unit_test(realms_of_one_request_differ),
        cmocka_unit_test(a_weaker_one_below_is_passed_over),
        cmocka_unit_test(waits_for_a_password),
        cmocka_unit_test(not_for_ever),
        cmocka_unit_test(a_name_that_fits_no_line),
    };

    return RUN_ROWS("sip/auth", rows, check_row) +
           RUN_ROWS("sip/auth, answers", answered, check_answered) +
           cmocka_run_group_tests_name("sip/auth, one after the other", tests, NULL, NULL);
}
