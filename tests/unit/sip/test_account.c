/* Who we are with a server: what is no account, who calls us, and the end of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/limits.h"
#include "tests/unit/sip/accounts.h"

#define SECOND 1000u

static const struct ip server = {.family = 4, .bytes = {192, 0, 2, 2}, .port = 5060};
static const struct ip stranger = {.family = 4, .bytes = {192, 0, 2, 66}, .port = 5060};

/* --- what is taken ---------------------------------------------------------------------------- */

static void refuses(struct rig *r)
{
    static const struct {
        struct sip_account_params params;
        int err;
    } bad[] = {
        {{.uri = SLICE_INIT("")}, -EINVAL},
        {{.uri = SLICE_INIT("alice@example.org")}, -EINVAL},
        {{.uri = SLICE_INIT("sip:example.org")}, -EINVAL},
        {{.uri = SLICE_INIT("tel:+4930123456")}, -ENOTSUP},
        {{.uri = SLICE_INIT("sip:a@example.org"), .registrar = SLICE_INIT("nonsense")}, -EINVAL},
        {{.uri = SLICE_INIT("sip:a@example.org"), .proxy = SLICE_INIT("sip:")}, -EINVAL},
        {{.uri = SLICE_INIT("sip:a@example.org"), .proxy = SLICE_INIT("sip:x;transport=ws")},
         -ENOTSUP},
        {{.uri = SLICE_INIT("sip:a@example.org"), .name = SLICE_INIT("A\r\nB")}, -ENOMEM},
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct sip_account *account = NULL;

        assert_int_equal(sip_account_new(r->ep, &bad[i].params, &account), bad[i].err);
        assert_null(account);
    }
}

static void registers_at(struct rig *r)
{
    struct sip_account_params params = {
        .uri = SLICE("sip:alice@example.org"),
        .name = SLICE("Alice \"A\" L"),
        .registrar = SLICE("sip:someone@[2001:db8::5]:5070;transport=udp"),
    };

    sip_account_register(account_make(r, &params), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_last(r, "REGISTER sip:[2001:db8::5]:5070;transport=udp SIP/2.0\r\n"));
    assert_string_equal(r->locate_host, "2001:db8::5");
    assert_true(account_has(rig_header(rig_last(r, "REGISTER "), "From"),
                            "\"Alice \\\"A\\\" L\" <sip:alice@example.org>;tag="));
    assert_string_equal(rig_header(rig_last(r, "REGISTER "), "To"), "<sip:alice@example.org>");
}

static void through_proxy(struct rig *r)
{
    struct sip_account_params params = {
        .uri = SLICE("sip:alice@example.org"),
        .proxy = SLICE("sip:proxy.example.net:5080"),
        .transport = SIP_TCP,
    };

    sip_account_register(account_make(r, &params), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_last(r, "REGISTER sip:example.org SIP/2.0\r\n"));
    assert_string_equal(r->locate_host, "proxy.example.net");
    assert_string_equal(account_routes(rig_last(r, "REGISTER ")),
                        "<sip:proxy.example.net:5080;transport=tcp;lr>");
    assert_true(account_has(rig_header(rig_last(r, "REGISTER "), "Contact"), ";transport=tcp"));
}

static void keeps_lr(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .proxy = SLICE("sip:proxy.example.net;lr")};

    sip_account_register(account_make(r, &params), r->now_ms);
    rig_drain(r);
    assert_string_equal(account_routes(rig_last(r, "REGISTER ")), "<sip:proxy.example.net;lr>");
}

static void own_transport(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .transport = SIP_TCP};

    sip_account_register(account_make(r, &params), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_last(r, "REGISTER ")->flow.transport, SIP_TCP);
    assert_non_null(rig_last(r, "REGISTER sip:example.org SIP/2.0\r\n"));
}

/* And whose trust counts goes along. */
static void by_tls(struct rig *r)
{
    struct sip_account_params params = {
        .uri = SLICE("sip:alice@example.org"), .transport = SIP_TLS, .trust = 7};

    sip_account_register(account_make(r, &params), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_last(r, "REGISTER ")->flow.transport, SIP_TLS);
    assert_int_equal(r->locate_trust, 7);
    assert_true(account_has(rig_header(rig_last(r, "REGISTER "), "Via"), "SIP/2.0/TLS "));
    assert_true(account_has(rig_header(rig_last(r, "REGISTER "), "Contact"), ";transport=tls>"));
}

/* RFC 3261 8.1.1.8: then Contact is one, too. */
static void sips(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sips:alice@example.org")};

    sip_account_register(account_make(r, &params), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_last(r, "REGISTER sips:example.org SIP/2.0\r\n"));
    assert_int_equal(rig_last(r, "REGISTER ")->flow.transport, SIP_TLS);
    assert_true(account_has(rig_header(rig_last(r, "REGISTER "), "Contact"), "<sips:alice-"));
}

/* 26.2.2: nothing less, whoever would have it otherwise. */
static void sips_by_udp(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sips:alice@example.org"),
                                        .proxy = SLICE("sip:192.0.2.9;transport=udp")};

    sip_account_register(account_make(r, &params), r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 0);
    assert_int_equal(rig_last_told(r)->cause, SIP_ACCOUNT_UNREACHABLE);
    assert_int_equal(rig_last_told(r)->err, -EPROTONOSUPPORT);
}

static void user_of_its_own(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org")};
    struct sip_account_params odd = {.uri = SLICE("sip:al%20ice@example.org")};
    struct sip_account *a = account_make(r, &params), *b = account_make(r, &params),
                       *c = account_make(r, &odd);

    assert_true(slice_starts(slice_of(a->user), SLICE("alice-")));
    assert_int_equal(strlen(a->user), 6 + SIP_ACCOUNT_TOKEN);
    assert_string_not_equal(a->user, b->user);
    assert_true(slice_starts(slice_of(c->user), SLICE("tphone-")));
}

static void serves(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .registrar = SLICE("sip:reg.example.net:5070")};
    struct sip_account_params by_proxy = {.uri = SLICE("sip:alice@example.org"),
                                          .proxy = SLICE("sip:p.example.org")};
    struct sip_account *a = account_make(r, &params), *b = account_make(r, &by_proxy);

    assert_true(sip_account_serves(a, SLICE("sip:bob@example.org")));
    assert_true(sip_account_serves(a, SLICE("sip:bob@EXAMPLE.org;user=phone")));
    assert_true(sip_account_serves(a, SLICE("sip:bob@example.org:5060")));
    assert_true(sip_account_serves(a, SLICE("sip:bob@reg.example.net:5070")));
    assert_false(sip_account_serves(a, SLICE("sip:bob@example.org:5999")));
    assert_false(sip_account_serves(a, SLICE("sip:bob@example.org;maddr=192.0.2.66")));
    assert_false(sip_account_serves(a, SLICE("sip:bob@example.com")));
    assert_false(sip_account_serves(a, SLICE("nonsense")));
    assert_true(sip_account_serves(b, SLICE("sip:bob@example.com")));
}

static void many_servers(struct rig *r)
{
    struct sip_account *account = rig_account(r);
    struct ip at = {.family = 4, .bytes = {192, 0, 2, 100}};

    for (size_t i = 0; i <= SIP_MAX_SERVERS; i++) {
        at.bytes[3] = (unsigned char)(100 + i);
        sip_account_add_server(account, &at);
        assert_true(sip_account_is_server(account, &at));
    }
    assert_int_equal(account->n_servers, SIP_MAX_SERVERS);
    at.bytes[3] = 101;
    assert_true(sip_account_is_server(account, &at));
    at.bytes[3] = 100; /* the oldest */
    assert_false(sip_account_is_server(account, &at));
}

/* --- calls in --------------------------------------------------------------------------------- */

static int owner;

static void invite(struct rig *r, const char *user, const char *from)
{
    rig_receive(r,
                "INVITE sip:%s@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK1\n"
                "From: <sip:bob@192.0.2.2>;tag=a\nTo: <sip:alice@192.0.2.2>\nCall-ID: c\n"
                "CSeq: 1 INVITE\nContact: <sip:bob@%s>\nMax-Forwards: 70\n"
                "Content-Type: application/sdp\nContent-Length: 1\n\no",
                user, from, from);
    assert_non_null(rig_event(r, SIP_CALL_INCOMING, 0));
}

/* user: NULL: the account's own, without its first letter. */
static struct sip_account *called(struct rig *r, const char *before, const char *user)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .owner = &owner};
    struct sip_account *account = account_registered(r, &params);
    char whole[128];

    snprintf(whole, sizeof whole, "%s%s", before, user ? user : account->user + 1);
    invite(r, whole, "192.0.2.2");
    return account;
}

static void called_by_server(struct rig *r)
{
    struct sip_account *account = called(r, "a", NULL);

    assert_ptr_equal(rig_event(r, SIP_CALL_INCOMING, 0)->account, &owner);
    assert_true(rig_event(r, SIP_CALL_INCOMING, 0)->by_server);
    sip_call_accept(r->call, SLICE("a"), r->now_ms);
    rig_drain(r);
    assert_true(account_has(rig_header(rig_last(r, "SIP/2.0 200"), "Contact"), account->user));
}

static void called_escaped(struct rig *r)
{
    called(r, "%61", NULL);
    assert_ptr_equal(rig_event(r, SIP_CALL_INCOMING, 0)->account, &owner);
}

static void called_by_another_name(struct rig *r)
{
    called(r, "alice", "");
    assert_null(rig_event(r, SIP_CALL_INCOMING, 0)->account);
    assert_false(rig_event(r, SIP_CALL_INCOMING, 0)->by_server);
}

static void called_by_stranger(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .owner = &owner};
    struct sip_account *account;

    r->flow.remote = server;
    account = account_registered(r, &params);
    r->flow.remote = stranger;
    invite(r, account->user, "192.0.2.66");
    assert_ptr_equal(rig_event(r, SIP_CALL_INCOMING, 0)->account, &owner);
    assert_false(rig_event(r, SIP_CALL_INCOMING, 0)->by_server);
}

/* --- the end, and many ------------------------------------------------------------------------ */

static void freed_in_a_call(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2")};
    struct sip_account *account = account_registered(r, &params);
    const struct rig_sent *sent = account_call(r, account, "sip:bob@192.0.2.2");

    sip_account_unregister(account, r->now_ms);
    sip_account_free(account);
    rig_answer(r, sent, "200 OK", "b", "Contact: <sip:bob@192.0.2.2>\n", "a");
    assert_non_null(rig_event(r, SIP_CALL_ANSWERED, 0));
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_last(r, "BYE "), "200 OK", "b", "", "");
    assert_true(rig_comes_to_rest(r));
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 0);
}

static void freed_before_the_answer(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2")};
    struct sip_account *account = account_registered(r, &params);
    const struct rig_sent *sent = account_call(r, account, "sip:bob@192.0.2.2");

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_free(account);
    rig_answer(r, sent, "302 Moved Temporarily", "b", "Contact: <sip:bob@192.0.2.3>\n", "");
    rig_answer(r, rig_last(r, "INVITE "), "401 Unauthorized", "b", ACCOUNT_CHALLENGE, "");
    assert_int_equal(rig_count(r, "INVITE "), 2);
    assert_non_null(rig_event(r, SIP_CALL_ENDED, 0));
    assert_true(rig_comes_to_rest(r));
}

static void freed_with_events(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_unregister(account, r->now_ms);
    sip_account_free(account);
    rig_drain(r);
    assert_int_equal(r->n_told, 0);
}

#define MANY 1000

static void a_thousand(struct rig *r)
{
    size_t busiest = 0, n = 0;

    for (size_t i = 0; i < MANY; i++) {
        char uri[64];
        struct sip_account_params params = {0};

        snprintf(uri, sizeof uri, "sip:u%zu@192.0.2.2", i);
        params.uri = slice_of(uri);
        sip_account_register(account_make(r, &params), r->now_ms);
    }
    r->grants = true;
    rig_drain(r);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_REGISTERED), MANY);
    for (size_t s = 0; s < 3300; s++) {
        size_t before = n;

        rig_forget(r);
        rig_run(r, SECOND);
        n += rig_count(r, "REGISTER ");
        busiest = n - before > busiest ? n - before : busiest;
    }
    assert_int_equal(n, MANY);
    assert_true(busiest < 20); /* spread over 324 s, some 3 a second */
}

static const struct account_row rows[] = {
    {"refuses what is no account", refuses},
    {"10.2: REGISTER has the domain of the registrar, without user", registers_at},
    {"the outbound proxy is the first route, and loose", through_proxy},
    {"which is not said twice", keeps_lr},
    {"the transport of the account leads to the registrar", own_transport},
    {"TLS, by the account's own trust", by_tls},
    {"an address that wants TLS", sips},
    {"which goes by nothing less", sips_by_udp},
    {"each account has a Contact user of its own", user_of_its_own},
    {"knows whom its server serves", serves},
    {"of many servers the latest are known", many_servers},

    {"a call to our Contact is for the account, and by the server", called_by_server},
    {"19.1.4: with escapes too", called_escaped},
    {"a call to another user is for nobody", called_by_another_name},
    {"a call from another address is not by the server", called_by_stranger},

    {"freed in mid-call the call goes on", freed_in_a_call},
    {"freed before its answer it goes on without credentials", freed_before_the_answer},
    {"freed it has told nothing", freed_with_events},
    {"a thousand accounts refresh spread over the time", a_thousand},
};

int main(void)
{
    return RUN_ROWS("sip/account", rows, account_check);
}
