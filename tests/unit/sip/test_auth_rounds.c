/* Challenges one after the other: how often they are answered, and what is remembered of them. */
#include <stdio.h>
#include <string.h>

#include "sip/limits.h"
#include "tests/unit/sip/auth_bench.h"

static void counts_each_nonce(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_put(b, "REGISTER"), 0);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS ",qop=\"auth\"\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_put(b, "REGISTER");
    assert_true(auth_bench_has(b, "nc=00000001\r\n"));
    auth_bench_another(b);
    auth_bench_put(b, "REGISTER");
    assert_true(auth_bench_has(b, "nc=00000002\r\n"));
    /* The same nonce, named to another request: its count goes on. */
    auth_bench_another(b);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS ",qop=\"auth\"\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_put(b, "REGISTER");
    assert_true(auth_bench_has(b, "nc=00000003\r\n"));
    assert_int_equal(
        auth_bench_challenged(b, "REGISTER",
                              W "realm=\"example.org\",nonce=\"m\",qop=\"auth\",stale=true\n"),
        SIP_AUTH_AGAIN);
    auth_bench_put(b, "REGISTER");
    assert_true(auth_bench_has(b, "nonce=\"m\"") && auth_bench_has(b, "nc=00000001\r\n"));
    auth_bench_free(b);
}

static void one_nonce_for_all(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS ",qop=\"auth\"\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_put(b, "REGISTER");
    auth_bench_another(b);
    assert_int_equal(auth_bench_challenged(b, "INVITE", P OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    auth_bench_put(b, "INVITE");
    assert_true(auth_bench_has(b, "nc=00000002\r\n"));
    auth_bench_put(b, "REGISTER");
    assert_true(auth_bench_has(b, "nc=00000003\r\n"));
    /* Back to it after others, as when a late answer names it. */
    auth_bench_another(b);
    assert_int_equal(
        auth_bench_challenged(b, "REGISTER", W "realm=\"example.org\",nonce=\"m\",qop=\"auth\"\n"),
        SIP_AUTH_AGAIN);
    auth_bench_another(b);
    assert_int_equal(
        auth_bench_challenged(b, "INVITE", P "realm=\"example.org\",nonce=\"m\",qop=\"auth\"\n"),
        SIP_AUTH_AGAIN);
    auth_bench_another(b);
    assert_int_equal(auth_bench_challenged(b, "INVITE", P OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    auth_bench_put(b, "INVITE");
    assert_true(auth_bench_has(b, "nonce=\"n\"") && auth_bench_has(b, "nc=00000004\r\n"));
    auth_bench_free(b);
}

static void one_nonce(struct auth_bench *b, const char *nonce, bool stale,
                      enum sip_auth_verdict verdict)
{
    char line[200];

    snprintf(line, sizeof line, W "realm=\"example.org\", nonce=\"%s\"%s\n", nonce,
             stale ? ", stale=true" : "");
    assert_int_equal(auth_bench_challenged(b, "REGISTER", line), verdict);
    auth_bench_put(b, "REGISTER");
}

static void twice_at_most(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    one_nonce(b, "2", false, SIP_AUTH_AGAIN);
    one_nonce(b, "3", false, SIP_AUTH_REFUSED);
    auth_bench_another(b);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 0);
    auth_bench_free(b);
}

static void once_with_the_same_nonce(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    one_nonce(b, "1", false, SIP_AUTH_REFUSED);
    auth_bench_free(b);
}

static void stale_is_no_refusal(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    one_nonce(b, "2", true, SIP_AUTH_AGAIN);
    one_nonce(b, "3", true, SIP_AUTH_AGAIN);
    one_nonce(b, "4", true, SIP_AUTH_CANNOT);
    assert_non_null(strstr(buf_cstr(&b->why), "outdated"));
    auth_bench_free(b);
}

static void stale_and_then_refused(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", true, SIP_AUTH_AGAIN); /* it had carried none */
    one_nonce(b, "2", true, SIP_AUTH_AGAIN);
    one_nonce(b, "3", false, SIP_AUTH_AGAIN);
    one_nonce(b, "4", false, SIP_AUTH_REFUSED);
    auth_bench_free(b);
}

/* The registrar names a new nonce every hour, and calls are rare. */
static void a_nonce_that_is_seldom_used(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");
    char nonce[8];

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "INVITE", P OURS ",qop=\"auth\"\n"), SIP_AUTH_AGAIN);
    auth_bench_put(b, "INVITE");
    for (unsigned i = 0; i < 3 * SIP_MAX_NONCES; i++) {
        snprintf(nonce, sizeof nonce, "r%u", i);
        auth_bench_another(b);
        one_nonce(b, nonce, true, SIP_AUTH_AGAIN);
    }
    auth_bench_put(b, "INVITE");
    assert_true(auth_bench_has(b, "nonce=\"n\"") && auth_bench_has(b, "nc=00000002\r\n"));
    auth_bench_free(b);
}

/* A server that has forgotten its nonces says so without stale. */
static void a_remembered_nonce_is_one_try(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    one_nonce(b, "1", false, SIP_AUTH_AGAIN);
    auth_bench_another(b);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 1);
    one_nonce(b, "2", false, SIP_AUTH_AGAIN);
    one_nonce(b, "3", false, SIP_AUTH_REFUSED);
    auth_bench_free(b);
}

/* Two requests without credentials are challenged one after the other: no refusal. */
static void each_request_for_itself(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");
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
    auth_bench_free(b);
}

static void both_headers(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "INVITE", P OURS "\n"), SIP_AUTH_AGAIN);
    assert_int_equal(auth_bench_put(b, "INVITE"), 1);
    /* Behind the proxy the server itself asks: no refusal of what was for the proxy. */
    assert_int_equal(auth_bench_challenged(b, "INVITE", W OURS "\n"), SIP_AUTH_AGAIN);
    assert_int_equal(auth_bench_put(b, "INVITE"), 2);
    assert_true(slice_starts(buf_slice(&b->out), SLICE("Proxy-Authorization: ")) &&
                auth_bench_has(b, "\r\nAuthorization: "));
    assert_int_equal(auth_bench_challenged(b, "INVITE", W OURS "\n"), SIP_AUTH_REFUSED);
    auth_bench_free(b);
}

static void two_realms_at_once(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(
        auth_bench_challenged(b, "INVITE", P OURS "\n" P "realm=\"sip.example.org\",nonce=\"m\"\n"),
        SIP_AUTH_AGAIN);
    assert_int_equal(auth_bench_put(b, "INVITE"), 2);
    assert_true(auth_bench_has(b, "realm=\"example.org\"") &&
                auth_bench_has(b, "realm=\"sip.example.org\""));
    assert_slice(sip_auth_realm(b->auth), "sip.example.org");
    auth_bench_free(b);
}

/* What the registrar asked is nothing to the proxy, and the other way round. */
static void registers_and_others(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W "realm=\"asterisk\",nonce=\"n\"\n"),
                     SIP_AUTH_AGAIN);
    assert_int_equal(auth_bench_put(b, "INVITE"), 0);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 1);
    auth_bench_another(b);
    /* Its realm is ours from now on. */
    assert_int_equal(auth_bench_challenged(b, "INVITE", P "realm=\"asterisk\",nonce=\"m\"\n"),
                     SIP_AUTH_AGAIN);
    assert_int_equal(auth_bench_put(b, "INVITE"), 1);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 1);
    assert_true(auth_bench_has(b, "nonce=\"n\""));
    auth_bench_free(b);
}

static void never_weaker(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS ",algorithm=SHA-256\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_another(b);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS "\n"), SIP_AUTH_CANNOT);
    assert_non_null(strstr(buf_cstr(&b->why), "MD5, which is weaker"));
    assert_int_equal(
        auth_bench_challenged(b, "INVITE", P OURS ",algorithm=MD5-sess,qop=\"auth\"\n"),
        SIP_AUTH_CANNOT);
    /* A refusal does not make it forget. */
    auth_bench_another(b);
    one_nonce(b, "x", false, SIP_AUTH_CANNOT);
    auth_bench_another(b);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS ",algorithm=SHA-512-256\n"),
                     SIP_AUTH_AGAIN);
    assert_int_equal(auth_bench_challenged(b, "INVITE", W OURS ",algorithm=SHA-256\n"),
                     SIP_AUTH_CANNOT);
    auth_bench_free(b);
}

/* It is the same password, and a name for a realm is soon invented. */
static void never_weaker_in_a_new_realm(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS ",algorithm=SHA-256\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_another(b);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W "realm=\"new\",nonce=\"n\"\n"),
                     SIP_AUTH_CANNOT);
    assert_int_equal(
        auth_bench_challenged(b, "INVITE", P "realm=\"sip.example.org\",nonce=\"n\"\n"),
        SIP_AUTH_CANNOT);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 1);
    assert_true(auth_bench_has(b, "algorithm=SHA-256"));
    auth_bench_free(b);
}

/* A proxy of today before a registrar of yesterday: each has its own from the first request on. */
static void realms_of_one_request_differ(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "REGISTER", P OURS ",algorithm=SHA-256\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_put(b, "REGISTER");
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W "realm=\"old\",nonce=\"n\"\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_another(b);
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W "realm=\"old\",nonce=\"m\"\n"),
                     SIP_AUTH_AGAIN);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 2);
    auth_bench_free(b);
}

static void a_weaker_one_below_is_passed_over(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS ",algorithm=SHA-256\n"),
                     SIP_AUTH_AGAIN);
    auth_bench_another(b);
    assert_int_equal(
        auth_bench_challenged(b, "REGISTER", W OURS "\n" W OURS ",algorithm=SHA-256\n"),
        SIP_AUTH_AGAIN);
    auth_bench_put(b, "REGISTER");
    assert_true(auth_bench_has(b, "algorithm=SHA-256"));
    auth_bench_free(b);
}

static void waits_for_a_password(void **state)
{
    struct auth_bench *b = auth_bench_new("", NULL);

    (void)state;
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS "\n"), SIP_AUTH_WAIT);
    assert_slice(sip_auth_realm(b->auth), "example.org");
    assert_int_equal(auth_bench_put(b, "REGISTER"), 0);
    assert_int_equal(sip_auth_set_password(b->auth, SLICE("secret")), 0);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 1);
    assert_int_equal(sip_auth_set_password(b->auth, (struct slice){0}), 0);
    assert_int_equal(auth_bench_put(b, "REGISTER"), 0);
    auth_bench_free(b);
}

/* A registrar that thinks of a realm for each answer. */
static void not_for_ever(void **state)
{
    struct auth_bench *b = auth_bench_new("", "secret");
    enum sip_auth_verdict verdict = SIP_AUTH_AGAIN;
    char line[100];
    unsigned n = 0;

    (void)state;
    while (verdict == SIP_AUTH_AGAIN) {
        snprintf(line, sizeof line, W "realm=\"r%u\", nonce=\"n\"\n", n++);
        verdict = auth_bench_challenged(b, "REGISTER", line);
        assert_true(auth_bench_put(b, "REGISTER") <= SIP_MAX_CHALLENGES);
    }
    assert_int_equal(verdict, SIP_AUTH_CANNOT);
    assert_int_equal(n, SIP_MAX_ROUNDS + 1);
    auth_bench_free(b);
}

static void a_name_that_fits_no_line(void **state)
{
    struct rng rng = rng_seeded(1);
    struct slice host = SLICE("example.org");
    struct auth_bench *b = auth_bench_new("", "secret");

    (void)state;
    sip_auth_free(b->auth);
    b->auth = sip_auth_new(&rng, SLICE("a\r\nb"), (struct slice){0}, &host, 1);
    sip_auth_set_password(b->auth, SLICE("secret"));
    assert_int_equal(auth_bench_challenged(b, "REGISTER", W OURS "\n"), SIP_AUTH_AGAIN);
    buf_puts(&b->out, "kept");
    assert_int_not_equal(sip_auth_put(b->auth, &b->tries, &b->out, SLICE("REGISTER"),
                                      SLICE("sip:h"), (struct slice){0}),
                         0);
    assert_slice(buf_slice(&b->out), "kept");
    auth_bench_free(b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_nonce),
        cmocka_unit_test(one_nonce_for_all),
        cmocka_unit_test(twice_at_most),
        cmocka_unit_test(once_with_the_same_nonce),
        cmocka_unit_test(stale_is_no_refusal),
        cmocka_unit_test(stale_and_then_refused),
        cmocka_unit_test(a_nonce_that_is_seldom_used),
        cmocka_unit_test(a_remembered_nonce_is_one_try),
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

    return cmocka_run_group_tests_name("sip/auth, one after the other", tests, NULL, NULL);
}
