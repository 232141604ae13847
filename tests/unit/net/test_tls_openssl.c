/* TLS as a filter, with OpenSSL itself as the other side: what it may ask for and what not. */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/unit/net/tls_context.h"

static const struct paper papers[] = {
    {"authority", NULL, "Root of the test", NULL, 0, 0, true},
    {"stranger", NULL, "Another root", NULL, 0, 0, true},
    {"right", "authority", NULL, "DNS:sip.test", 0, 0, false},
    {"unknown", "stranger", NULL, "DNS:sip.test", 0, 0, false},
    {"client", "authority", "alice", NULL, 0, 0, false},
};

struct raw {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out;
};

static struct raw raw_server(const char *own, int version, bool wants_certificate)
{
    struct raw r = {.context = SSL_CTX_new(TLS_server_method())};

    SSL_CTX_set_security_level(r.context, 0);
    SSL_CTX_set_min_proto_version(r.context, version);
    SSL_CTX_set_max_proto_version(r.context, version);
    assert_int_equal(
        SSL_CTX_use_certificate_file(r.context, paper_path(own, "pem"), SSL_FILETYPE_PEM), 1);
    assert_int_equal(
        SSL_CTX_use_PrivateKey_file(r.context, paper_path(own, "key"), SSL_FILETYPE_PEM), 1);
    if (wants_certificate) {
        SSL_CTX_load_verify_file(r.context, paper_path("authority", "pem"));
        SSL_CTX_set_verify(r.context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    r.ssl = SSL_new(r.context);
    r.in = BIO_new(BIO_s_mem());
    r.out = BIO_new(BIO_s_mem());
    SSL_set_bio(r.ssl, r.in, r.out);
    SSL_set_accept_state(r.ssl);
    return r;
}

static void raw_meet(struct net_tls *tls, struct raw *r)
{
    char bytes[20000];

    for (int i = 0; i < 8; i++) {
        struct slice out = net_tls_output(tls);
        int n;

        BIO_write(r->in, out.p, (int)out.n);
        net_tls_output_taken(tls, out.n);
        SSL_do_handshake(r->ssl);
        SSL_read(r->ssl, bytes, sizeof bytes);
        ERR_clear_error();
        n = BIO_read(r->out, bytes, sizeof bytes);
        if (n > 0)
            net_tls_input(tls, (struct slice){bytes, (size_t)n});
        net_tls_read(tls, bytes, sizeof bytes);
    }
}

static void leave_raw(struct raw *r, struct net_tls *tls, struct net_tls_context *c)
{
    net_tls_free(tls);
    net_tls_context_free(c);
    SSL_free(r->ssl);
    SSL_CTX_free(r->context);
}

static const struct peer {
    const char *name;
    int version;
    bool wants_certificate;
    const char *own;
    const char *fault;
} peers[] = {
    {"TLS 1.2", TLS1_2_VERSION, false, NULL, NULL},
    {"TLS 1.1", TLS1_1_VERSION, false, NULL, "it speaks no TLS as new as version 1.2"},
    {"TLS 1.0", TLS1_VERSION, false, NULL, "it speaks no TLS as new as version 1.2"},
    {"a certificate of ours is wanted and shown, 1.2", TLS1_2_VERSION, true, "client", NULL},
    {"a certificate of ours is wanted and shown, 1.3", TLS1_3_VERSION, true, "client", NULL},
    {"none is shown, 1.2", TLS1_2_VERSION, true, NULL, "a certificate of ours"},
    {"none is shown, 1.3", TLS1_3_VERSION, true, NULL, "it wants to see a certificate of ours"},
    {"one that it does not know", TLS1_3_VERSION, true, "unknown",
     "it does not take our certificate: it does not know its authority"},
};

static void check_peer(void **state)
{
    const struct peer *peer = *state;
    struct raw r = raw_server("right", peer->version, peer->wants_certificate);
    struct net_tls_context *c = tls_context_of("authority", NULL, peer->own);
    struct net_tls *tls;

    assert_int_equal(net_tls_client_new(c, SLICE("sip.test"), &tls), 0);
    raw_meet(tls, &r);
    if (peer->fault) {
        assert_int_equal(net_tls_state(tls), NET_TLS_BROKEN);
        tls_assert_says(net_tls_fault(tls), peer->fault);
    } else {
        assert_string_equal(net_tls_fault(tls), "");
        assert_int_equal(net_tls_state(tls), NET_TLS_UP);
        assert_string_equal(net_tls_facts(tls)->name, "sip.test");
    }
    leave_raw(&r, tls, c);
}

static struct net_tls *meet_raw(struct raw *r, struct net_tls_context **context_out)
{
    struct net_tls *tls;

    *context_out = tls_context_of("authority", NULL, NULL);
    assert_int_equal(net_tls_client_new(*context_out, SLICE("sip.test"), &tls), 0);
    raw_meet(tls, r);
    return tls;
}

static int handshakes;

static void count_handshakes(const SSL *ssl, int where, int value)
{
    (void)ssl;
    (void)value;
    handshakes += (where & SSL_CB_HANDSHAKE_DONE) != 0;
}

/* Hands are shaken once, whatever the server would like. */
static void test_asked_to_begin_again(void **state)
{
    struct raw r = raw_server("right", TLS1_2_VERSION, false);
    struct net_tls_context *c;
    struct net_tls *tls;

    (void)state;
    handshakes = 0;
    SSL_set_info_callback(r.ssl, count_handshakes);
    tls = meet_raw(&r, &c);
    assert_int_equal(handshakes, 1);
    assert_int_equal(SSL_renegotiate(r.ssl), 1);
    raw_meet(tls, &r);
    assert_int_equal(handshakes, 2); /* to ask for one counts as one, too; none followed */
    leave_raw(&r, tls, c);
}

/* More certificates than anybody needs are not read. */
static void test_long_chain(void **state)
{
    static const struct row {
        int times;
        enum net_tls_state state;
    } rows_of_it[] = {{20, NET_TLS_UP}, {200, NET_TLS_BROKEN}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows_of_it); i++) {
        struct raw r = raw_server("right", TLS1_3_VERSION, false);
        X509 *certificate = SSL_get_certificate(r.ssl);
        struct net_tls_context *c;
        struct net_tls *tls;

        for (int n = 0; n < rows_of_it[i].times; n++)
            assert_int_equal(SSL_add1_chain_cert(r.ssl, certificate), 1);
        tls = meet_raw(&r, &c);
        assert_int_equal(net_tls_state(tls), rows_of_it[i].state);
        leave_raw(&r, tls, c);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked_to_begin_again),
        cmocka_unit_test(test_long_chain),
    };
    int failed;

    for (size_t i = 0; i < ARRAY_LEN(papers); i++)
        paper_make(&papers[i]);
    failed = RUN_ROWS("net/tls, OpenSSL", peers, check_peer) +
             cmocka_run_group_tests_name("net/tls, OpenSSL", tests, NULL, NULL);
    paper_remove();
    return failed;
}
