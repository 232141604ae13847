/* TLS as a filter: two of them pass each other bytes (net/tls.h). */
#include "net/tls.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "tests/unit/net/tls_context.h"

/* U+202E, U+2066, U+200F, U+200B, U+FEFF and a C1 control; what is no UTF-8. */
#define TURNING "\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xe2\x80\x8b\xef\xbb\xbf\xc2\x9b"
#define BROKEN "\xc0\x9b[2J\xed\xa0\x80\xff\x9b[2J\xe2\x80"

/* clang-format off */
static const struct paper papers[] = {
    {"authority", NULL, "Root of the test", NULL, 0, 0, true},
    {"stranger", NULL, "Another root", NULL, 0, 0, true},
    {"right", "authority", NULL, "DNS:sip.test", 0, 0, false},
    {"uri", "authority", NULL, "URI:sip:sip.test", 0, 0, false},
    {"user-uri", "authority", NULL, "URI:sip:alice@sip.test", 0, 0, false},
    {"sips-uri", "authority", NULL, "URI:sips:sip.test", 0, 0, false},
    {"uri-and-name", "authority", NULL, "DNS:sip.test,URI:sip:other.test", 0, 0, false},
    {"user-uri-and-name", "authority", NULL, "URI:sip:alice@other.test,DNS:sip.test", 0, 0, false},
    {"cn", "authority", "sip.test", NULL, 0, 0, false},
    {"cn-with-san", "authority", "sip.test", "DNS:other.test", 0, 0, false},
    {"cn-with-mail", "authority", "sip.test", "email:a@b.test", 0, 0, false},
    {"wildcard", "authority", NULL, "DNS:*.test", 0, 0, false},
    {"address", "authority", NULL, "IP:192.0.2.7,IP:2001:db8::7", 0, 0, false},
    {"many", "authority", NULL, "DNS:a.test,DNS:b.test,DNS:c.test,DNS:d.test,DNS:e.test", 0, 0, false},
    {"expired", "authority", NULL, "DNS:sip.test", -20, -2, false},
    {"brief", "authority", "brief", "DNS:sip.test", -1, 5, false},
    {"early", "authority", NULL, "DNS:sip.test", 5, 20, false},
    {"revoked", "authority", NULL, "DNS:sip.test", 0, 0, false},
    {"middle", "authority", "In the middle", NULL, 0, 0, true},
    {"of-middle", "middle", NULL, "DNS:sip.test", 0, 0, false},
    {"alone", NULL, NULL, "DNS:sip.test", 0, 0, false},
    {"unknown", "stranger", NULL, "DNS:sip.test", 0, 0, false},
    {"signed-by-a-leaf", "right", NULL, "DNS:sip.test", 0, 0, false},
    {"bad\xe2\x80\xaename", "authority", "x\x1b[31mred", "DNS:other.test", 0, 0, false},
    {"turning-root", NULL, "root" TURNING, NULL, 0, 0, true},
    {"turning", "turning-root", "x" TURNING, "DNS:a" TURNING ".test,URI:sip:u" TURNING ".test", 0, 0, false},
    {"broken", "authority", "x" BROKEN, "DNS:a" BROKEN ".test,URI:sip:u" BROKEN ".test", 0, 0, false},
    {"broken-root", NULL, "root" BROKEN, NULL, 0, 0, true},
    {"of-broken-root", "broken-root", "x", "DNS:other.test", 0, 0, false},
};
/* clang-format on */

/* All that from has to say, in pieces of at most size. */
static bool pass(struct net_tls *from, struct net_tls *to, size_t size)
{
    struct slice out = net_tls_output(from);
    bool some = out.n > 0;
    char *copy = malloc(out.n + 1);
    size_t n = out.n;

    memcpy(copy, out.p ? out.p : "", n);
    net_tls_output_taken(from, n);
    for (size_t at = 0; at < n; at += size) {
        size_t piece = n - at < size ? n - at : size;
        char *exact = malloc(piece);

        memcpy(exact, copy + at, piece);
        net_tls_input(to, (struct slice){exact, piece});
        free(exact);
    }
    free(copy);
    return some;
}

static void meet(struct net_tls *a, struct net_tls *b, size_t size)
{
    bool some;

    do {
        some = pass(a, b, size);
        some |= pass(b, a, size);
    } while (some);
}

struct pair {
    struct net_tls_context *client_context, *server_context;
    struct net_tls *client, *server;
};

static struct pair pair_of(struct net_tls_context *client, struct net_tls_context *server,
                           const char *domain, size_t size)
{
    struct pair p = {client, server, NULL, NULL};

    assert_int_equal(net_tls_client_new(client, slice_of(domain), &p.client), 0);
    assert_int_equal(net_tls_server_new(server, &p.server), 0);
    meet(p.client, p.server, size);
    return p;
}

static void part(struct pair *p)
{
    net_tls_free(p->client);
    net_tls_free(p->server);
    net_tls_context_free(p->client_context);
    net_tls_context_free(p->server_context);
}

static void hear(struct net_tls *tls, const char *expected)
{
    char got[1000];
    size_t n = net_tls_read(tls, got, sizeof got);

    assert_slice((struct slice){got, n}, expected);
}

/* --- who it is -------------------------------------------------------------------------------- */

static const struct row {
    const char *name, *server, *ca, *pin, *domain, *fault; /* fault NULL: it is taken */
} rows[] = {
    {"a DNS name", "right", "authority", NULL, "sip.test", NULL},
    {"case does not matter, nor a dot at the end", "right", "authority", NULL, "SIP.test.", NULL},
    {"a SIP URI", "uri", "authority", NULL, "sip.test", NULL},
    {"RFC 5922 7.1: a URI with a user is nobody's domain", "user-uri", "authority", NULL,
     "sip.test", "is not for that name but for sip:alice@sip.test"},
    {"RFC 5922 7.1: nor is a sips URI", "sips-uri", "authority", NULL, "sip.test",
     "is not for that name"},
    {"RFC 5922 7.1: no DNS name beside a SIP URI", "uri-and-name", "authority", NULL, "sip.test",
     "is not for that name but for sip.test, sip:other.test"},
    {"which is a domain alone", "user-uri-and-name", "authority", NULL, "sip.test", NULL},
    {"the URI beside a DNS name", "uri-and-name", "authority", NULL, "other.test", NULL},
    {"the common name where nothing else is", "cn", "authority", NULL, "sip.test", NULL},
    {"no common name beside others", "cn-with-san", "authority", NULL, "sip.test",
     "is not for that name but for other.test"},
    {"no common name beside any other", "cn-with-mail", "authority", NULL, "sip.test",
     "is not for that name but for something else"},
    {"RFC 5922 7.2: no wildcard", "wildcard", "authority", NULL, "sip.test",
     "is not for that name but for *.test"},
    {"a wildcard is not itself a name", "wildcard", "authority", NULL, "a.test", "*.test"},
    {"an address", "address", "authority", NULL, "192.0.2.7", NULL},
    {"an address of IPv6", "address", "authority", NULL, "2001:db8:0::7", NULL},
    {"another address", "address", "authority", NULL, "192.0.2.8", "is not for that name"},
    {"an address is not a name", "right", "authority", NULL, "192.0.2.8", "is not for that name"},
    {"another name", "right", "authority", NULL, "sip.test.evil",
     "the certificate of sip.test.evil (subject CN=right, issuer CN=Root of the test, valid "},
    {"the beginning of a name", "right", "authority", NULL, "sip.tes", "is not for that name"},
    {"many names", "many", "authority", NULL, "sip.test",
     "a.test, b.test, c.test, d.test and more"},
    {"expired", "expired", "authority", NULL, "sip.test", "has expired"},
    {"not valid yet", "early", "authority", NULL, "sip.test", "is not valid yet"},
    {"revoked", "revoked", "listing", NULL, "sip.test", " was revoked"},
    {"revoked, where nobody has said so", "revoked", "authority", NULL, "sip.test", NULL},
    {"not in the list", "right", "listing", NULL, "sip.test", NULL},
    {"a list that is too old", "right", "old-list", NULL, "sip.test",
     "is of an authority whose list of revoked ones (CRL) is too old"},
    {"signed by itself", "alone", "authority", NULL, "sip.test", "is signed by itself alone"},
    {"signed by itself, and known", "alone", "alone", NULL, "sip.test", NULL},
    {"unknown root", "unknown", "authority", NULL, "sip.test", "of an authority that is not known"},
    {"the system's store does not know it", "right", NULL, NULL, "sip.test",
     "of an authority that is not known"},
    {"who is no authority signs nothing", "signed-by-a-leaf", "right", NULL, "sip.test",
     "of an authority that is not known"},
    {"the fingerprint", "alone", NULL, "alone", "sip.test", NULL},
    {"the fingerprint stands for the name, too", "alone", NULL, "alone", "10.0.0.1", NULL},
    {"the fingerprint stands for its dates, too", "expired", NULL, "expired", "sip.test", NULL},
    {"another fingerprint, though all else is right", "right", "authority", "alone", "sip.test",
     "is not the one of tls-fingerprint; its own is SHA-256 "},
    {"names that would act on a terminal", "bad\xe2\x80\xaename", "authority", NULL, "sip.test",
     "subject CN=x"},
    {"names that would turn text around", "turning", "turning-root", NULL, "sip.test",
     "subject CN=x"},
    {"names that are no UTF-8", "broken", "authority", NULL, "sip.test",
     "is not for that name but for a"},
    {"an issuer whose name is none", "of-broken-root", "broken-root", NULL, "sip.test",
     "is not for that name but for other.test"},
    {"names of whom nobody knows", "turning", "authority", NULL, "sip.test", "subject CN=x"},
};

/* What a person sees has nothing in it that text_safe would replace. */
static void expect_safe(const char *text)
{
    struct buf safe = buf_new(8192);

    text_safe(&safe, slice_of(text));
    assert_string_equal(text, buf_cstr(&safe));
    buf_free(&safe);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct pair p =
        pair_of(tls_context_of(row->ca, row->pin ? paper_fingerprint(row->pin) : NULL, NULL),
                tls_context_of("authority", NULL, row->server), row->domain, 100000);

    if (row->fault) {
        assert_int_equal(net_tls_state(p.client), NET_TLS_BROKEN);
        tls_assert_says(net_tls_fault(p.client), row->fault);
        expect_safe(net_tls_fault(p.client));
        assert_int_equal(net_tls_state(p.server), NET_TLS_BROKEN); /* it was told, too */
    } else {
        assert_string_equal(net_tls_fault(p.client), "");
        assert_int_equal(net_tls_state(p.client), NET_TLS_UP);
        assert_int_equal(net_tls_state(p.server), NET_TLS_UP);
        assert_string_equal(net_tls_facts(p.client)->by, row->pin  ? "fingerprint"
                                                         : row->ca ? "tls-ca"
                                                                   : "system store");
        assert_string_equal(net_tls_facts(p.client)->version, "TLSv1.3");
        assert_string_equal(net_tls_facts(p.server)->by, "");
    }
    part(&p);
}

/* By itself, without tls-ca: what the machine trusts is trusted. */
static void test_system_store(void **state)
{
    struct pair p;

    (void)state;
    setenv("SSL_CERT_FILE", paper_path("authority", "pem"), 1);
    p = pair_of(tls_context_of(NULL, NULL, NULL), tls_context_of("authority", NULL, "right"),
                "sip.test", 100000);
    assert_string_equal(net_tls_fault(p.client), "");
    assert_int_equal(net_tls_state(p.client), NET_TLS_UP);
    assert_string_equal(net_tls_facts(p.client)->by, "system store");
    part(&p);
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void test_split(void **state)
{
    (void)state;
    for (size_t size = 1; size < 40; size += size < 4 ? 1 : 9) {
        struct pair p = pair_of(tls_context_of("authority", NULL, NULL),
                                tls_context_of("authority", NULL, "right"), "sip.test", size);

        assert_int_equal(net_tls_write(p.client, SLICE("OPTIONS")), 0);
        assert_int_equal(net_tls_write(p.server, SLICE("200 ")), 0);
        assert_int_equal(net_tls_write(p.server, SLICE("OK")), 0);
        meet(p.client, p.server, size);
        hear(p.server, "OPTIONS");
        hear(p.client, "200 ");
        hear(p.client, "OK");
        hear(p.client, "");
        part(&p);
    }
}

static void test_closing(void **state)
{
    struct pair p = pair_of(tls_context_of("authority", NULL, NULL),
                            tls_context_of("authority", NULL, "right"), "sip.test", 1000);

    (void)state;
    net_tls_write(p.client, SLICE("BYE"));
    net_tls_finish(p.client);
    assert_int_equal(net_tls_write(p.client, SLICE("more")), -ENOTCONN);
    meet(p.client, p.server, 1000);
    hear(p.server, "BYE");
    hear(p.server, "");
    assert_int_equal(net_tls_state(p.server), NET_TLS_OVER);
    assert_string_equal(net_tls_fault(p.server), "");
    part(&p);
}

static void test_before_it_is_up(void **state)
{
    struct pair p = {tls_context_of("authority", NULL, NULL), NULL, NULL, NULL};
    char got[10];

    (void)state;
    assert_int_equal(net_tls_client_new(p.client_context, SLICE("sip.test"), &p.client), 0);
    assert_int_equal(net_tls_write(p.client, SLICE("secret")), -ENOTCONN);
    assert_int_equal(net_tls_read(p.client, got, sizeof got), 0);
    net_tls_finish(p.client);
    assert_int_equal(net_tls_client_new(p.client_context, SLICE(""), &p.server), -EINVAL);
    assert_int_equal(net_tls_server_new(p.client_context, &p.server), -EINVAL);
    part(&p);
}

/* Each byte of what the server says at first is turned around: whatever that does to the client,
 * nothing of it makes it believe. */
static void test_turned_bits(void **state)
{
    struct net_tls_context *c = tls_context_of("authority", NULL, NULL);
    struct net_tls_context *s = tls_context_of("authority", NULL, "right");

    (void)state;
    for (size_t at = 0; at < 900; at += 7) {
        struct pair p = {net_tls_context_hold(c), net_tls_context_hold(s), NULL, NULL};
        struct slice out;
        char *copy;

        assert_int_equal(net_tls_client_new(c, SLICE("sip.test"), &p.client), 0);
        assert_int_equal(net_tls_server_new(s, &p.server), 0);
        pass(p.client, p.server, 10000);
        out = net_tls_output(p.server);
        assert_true(out.n > 0);
        copy = malloc(out.n);
        memcpy(copy, out.p, out.n);
        copy[at % out.n] ^= 0x41;
        net_tls_input(p.client, (struct slice){copy, out.n});
        free(copy);
        if (net_tls_state(p.client) == NET_TLS_BROKEN)
            assert_true(strlen(net_tls_fault(p.client)) > 10);
        else
            /* the legacy fields of a record that RFC 8446 5.1 says to ignore, or more is awaited */
            assert_true(net_tls_state(p.client) == NET_TLS_SHAKING || at % out.n < 12);
        part(&p);
    }
    net_tls_context_free(c);
    net_tls_context_free(s);
}

static const struct rubbish {
    const char *name, *bytes, *fault;
} rubbish[] = {
    {"SIP", "SIP/2.0 400 Bad Request\r\n\r\n", "what it says is not TLS"},
    {"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "what it says is not TLS"},
    {"zeros", "\x16\x03\x03\xff\xff", "not TLS"},
};

static void check_rubbish(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rubbish); i++) {
        struct pair p = {tls_context_of("authority", NULL, NULL), NULL, NULL, NULL};

        assert_int_equal(net_tls_client_new(p.client_context, SLICE("sip.test"), &p.client), 0);
        assert_int_equal(net_tls_input(p.client, slice_of(rubbish[i].bytes)), NET_TLS_FAILED);
        tls_assert_says(net_tls_fault(p.client), rubbish[i].fault);
        assert_int_equal(net_tls_input(p.client, SLICE("more")), NET_TLS_FAILED);
        part(&p);
    }
    (void)state;
}

/* Who says much before hands are shaken, or reads nothing, costs no more than the limits. */
static void test_flood(void **state)
{
    struct pair p = pair_of(tls_context_of("authority", NULL, NULL),
                            tls_context_of("authority", NULL, "right"), "sip.test", 1000);
    static char much[65536];
    int err = 0, n = 0;

    (void)state;
    while (!err && n++ < 100)
        err = net_tls_write(p.client, (struct slice){much, sizeof much});
    assert_int_equal(err, -ENOBUFS);
    assert_true(net_tls_output(p.client).n < NET_TLS_MAX_QUEUED + 65536);
    for (n = 0, err = 0; !err && n < 100; n++)
        err = net_tls_input(p.server, (struct slice){much, sizeof much});
    assert_int_equal(err, -ENOMEM); /* nobody takes plaintext out */
    part(&p);
}

/* --- coming back ------------------------------------------------------------------------------ */

/* The tickets of TLS 1.3 come behind the handshake, so the client has to read. */
static bool come_back(struct net_tls_context *client, struct net_tls_context *server,
                      const char *domain)
{
    struct pair p =
        pair_of(net_tls_context_hold(client), net_tls_context_hold(server), domain, 900);
    bool resumed;

    assert_string_equal(net_tls_fault(p.client), "");
    assert_int_equal(net_tls_state(p.client), NET_TLS_UP);
    resumed = net_tls_facts(p.client)->resumed;
    hear(p.client, "");
    net_tls_finish(p.client);
    meet(p.client, p.server, 900);
    part(&p);
    return resumed;
}

static void test_sessions(void **state)
{
    struct net_tls_context *pin_right = tls_context_of(NULL, paper_fingerprint("right"), NULL);
    struct net_tls_context *client = tls_context_of("authority", NULL, NULL);
    struct net_tls_context *server = tls_context_of("authority", NULL, "right");

    (void)state;
    assert_false(come_back(client, server, "sip.test"));
    assert_true(come_back(client, server, "sip.test"));
    assert_true(come_back(client, server, "sip.test"));
    /* Another domain, and another trust, know nothing of it. */
    assert_false(come_back(pin_right, server, "sip.test"));
    assert_false(come_back(pin_right, server, "192.0.2.1"));
    assert_true(come_back(pin_right, server, "192.0.2.1"));
    net_tls_context_free(pin_right);
    net_tls_context_free(client);
    net_tls_context_free(server);
}

/* The clock that certificates are held to when a session is taken up. */
static time_t ahead_s;

int __real_X509_verify_cert(X509_STORE_CTX *store);
int __wrap_X509_verify_cert(X509_STORE_CTX *store);

int __wrap_X509_verify_cert(X509_STORE_CTX *store)
{
    X509_STORE_CTX_set_time(store, 0, time(NULL) + ahead_s);
    return __real_X509_verify_cert(store);
}

/* The client comes back after so many days. */
static void assert_expired_since(const char *own, long days, const char *whose)
{
    struct net_tls_context *client = tls_context_of("authority", NULL, NULL);
    struct net_tls_context *server = tls_context_of("authority", NULL, own);
    struct pair p;

    assert_false(come_back(client, server, "sip.test"));
    ahead_s = days * 86400;
    p = pair_of(client, server, "sip.test", 900);
    ahead_s = 0;
    assert_int_equal(net_tls_state(p.client), NET_TLS_BROKEN);
    tls_assert_says(net_tls_fault(p.client), "the certificate of sip.test");
    tls_assert_says(net_tls_fault(p.client), whose);
    tls_assert_says(net_tls_fault(p.client), "has expired");
    assert_int_equal(net_tls_write(p.client, SLICE("a password")), NET_TLS_FAILED);
    part(&p);
}

static void test_expired_since(void **state)
{
    (void)state;
    assert_expired_since("brief", 10, "CN=brief");
    assert_expired_since("right", 100, "on the way to its authority");
}

/* A folder of certificates as c_rehash makes it; ending: "0" of a certificate, "r0" of its list. */
static void put_hashed(const char *paper, const char *folder, const char *ending)
{
    FILE *in = fopen(paper_path(paper, "pem"), "r"), *out;
    X509 *certificate = in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;
    char path[4096], bytes[16384];
    size_t n;

    assert_non_null(certificate);
    snprintf(path, sizeof path, "%s/%08lx.%s", folder, X509_subject_name_hash(certificate), ending);
    X509_free(certificate);
    rewind(in);
    n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static void append(const char *paper, const char *more)
{
    FILE *in = fopen(paper_path(more, "pem"), "r"), *out = fopen(paper_path(paper, "pem"), "a");
    char bytes[16384];
    size_t n;

    assert_true(in && out);
    n = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* Who vouches for the server is shown with its certificate, and remembered with the session. */
static void test_chain(void **state)
{
    struct net_tls_context *client = tls_context_of("authority", NULL, NULL), *server;

    (void)state;
    append("of-middle", "middle");
    server = tls_context_of("authority", NULL, "of-middle");
    assert_false(come_back(client, server, "sip.test"));
    assert_true(come_back(client, server, "sip.test"));
    assert_true(come_back(client, server, "sip.test"));
    net_tls_context_free(client);
    net_tls_context_free(server);
}

/* Where a session is taken up the server shows nothing, but lists are younger by then. */
static void test_revoked_since(void **state)
{
    char folder[4096];
    struct net_tls_settings settings = {.ca = folder};
    struct net_tls_context *server = tls_context_of("authority", NULL, "right");
    struct net_tls_context *client = NULL;
    struct buf why = buf_new(1000);
    struct pair p;

    (void)state;
    snprintf(folder, sizeof folder, "%s", paper_path("hashed", "d"));
    assert_int_equal(mkdir(folder, 0700), 0);
    put_hashed("authority", folder, "0");
    assert_int_equal(net_tls_context_new(&settings, &why, &client), 0);
    assert_false(come_back(client, server, "sip.test"));
    assert_true(come_back(client, server, "sip.test"));
    put_hashed("list-of-right", folder, "r0");
    p = pair_of(client, server, "sip.test", 900);
    assert_int_equal(net_tls_state(p.client), NET_TLS_BROKEN);
    tls_assert_says(net_tls_fault(p.client), "the certificate of sip.test");
    tls_assert_says(net_tls_fault(p.client), " was revoked");
    assert_int_equal(net_tls_write(p.client, SLICE("a password")), NET_TLS_FAILED);
    part(&p);
    buf_free(&why);
}

int main(void)
{
    static const struct CMUnitTest alone[] = {
        cmocka_unit_test(test_split),           cmocka_unit_test(test_closing),
        cmocka_unit_test(test_before_it_is_up), cmocka_unit_test(test_turned_bits),
        cmocka_unit_test(check_rubbish),        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_sessions),        cmocka_unit_test(test_expired_since),
        cmocka_unit_test(test_chain),           cmocka_unit_test(test_revoked_since),
        cmocka_unit_test(test_system_store),
    };
    static struct CMUnitTest tests[ARRAY_LEN(rows) + ARRAY_LEN(alone)];
    size_t n = 0;
    int failed;

    setenv("SSL_CERT_FILE", "/nonexistent", 1); /* the system's store knows nobody */
    setenv("SSL_CERT_DIR", "/nonexistent", 1);
    for (size_t i = 0; i < ARRAY_LEN(papers); i++)
        paper_make(&papers[i]);
    paper_make_list("listing", "authority", "revoked", -1, 10);
    paper_make_list("list-of-right", "authority", "right", -1, 10);
    paper_make_list("old-list", "authority", "revoked", -20, -2);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)&rows[i]};
    for (size_t i = 0; i < ARRAY_LEN(alone); i++)
        tests[n++] = alone[i];
    failed = cmocka_run_group_tests_name("net/tls", tests, NULL, NULL);
    paper_remove();
    return failed;
}
