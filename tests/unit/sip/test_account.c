/* Who we are with a server, and which way requests through it take. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/account_core.h"
#include "sip/limits.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

#define SECOND 1000u

static const struct ip server = {.family = 4, .bytes = {192, 0, 2, 2}, .port = 5060};
static const struct ip stranger = {.family = 4, .bytes = {192, 0, 2, 66}, .port = 5060};

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static struct sip_account *make(struct rig *r, const struct sip_account_params *params)
{
    struct sip_account *account;

    assert_int_equal(sip_account_new(r->ep, params, &account), 0);
    return account;
}

static struct sip_account *registered(struct rig *r, const struct sip_account_params *params)
{
    struct sip_account *account = make(r, params);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    return account;
}

static const struct rig_sent *call(struct rig *r, struct sip_account *account, const char *target)
{
    struct sip_invite_params params = {.target = slice_of(target), .account = account};
    struct sip_call *started;

    assert_int_equal(sip_call_invite(r->ep, &params, &started, r->now_ms), 0);
    rig_drain(r);
    sip_call_offer(started, SLICE("o"), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_last(r, "INVITE "));
    return rig_last(r, "INVITE ");
}

/* All values of Route, in order, each with its brackets. */
static const char *routes(const struct rig_sent *sent)
{
    static char all[1024];
    const char *at = sent->text;

    all[0] = '\0';
    while ((at = strstr(at, "\r\nRoute: "))) {
        size_t n = strcspn(at + 9, "\r");
        size_t used = strlen(all);

        snprintf(all + used, sizeof all - used, "%s%.*s", used ? "," : "", (int)n, at + 9);
        at += 9;
    }
    return all;
}

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

    sip_account_register(make(r, &params), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_last(r, "REGISTER sip:[2001:db8::5]:5070;transport=udp SIP/2.0\r\n"));
    assert_string_equal(r->locate_host, "2001:db8::5");
    assert_true(has(rig_header(rig_last(r, "REGISTER "), "From"),
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

    sip_account_register(make(r, &params), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_last(r, "REGISTER sip:example.org SIP/2.0\r\n"));
    assert_string_equal(r->locate_host, "proxy.example.net");
    assert_string_equal(routes(rig_last(r, "REGISTER ")),
                        "<sip:proxy.example.net:5080;transport=tcp;lr>");
    assert_true(has(rig_header(rig_last(r, "REGISTER "), "Contact"), ";transport=tcp"));
}

static void keeps_lr(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .proxy = SLICE("sip:proxy.example.net;lr")};

    sip_account_register(make(r, &params), r->now_ms);
    rig_drain(r);
    assert_string_equal(routes(rig_last(r, "REGISTER ")), "<sip:proxy.example.net;lr>");
}

static void own_transport(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .transport = SIP_TCP};

    sip_account_register(make(r, &params), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_last(r, "REGISTER ")->flow.transport, SIP_TCP);
    assert_non_null(rig_last(r, "REGISTER sip:example.org SIP/2.0\r\n"));
}

/* And whose trust counts goes along. */
static void by_tls(struct rig *r)
{
    struct sip_account_params params = {
        .uri = SLICE("sip:alice@example.org"), .transport = SIP_TLS, .trust = 7};

    sip_account_register(make(r, &params), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_last(r, "REGISTER ")->flow.transport, SIP_TLS);
    assert_int_equal(r->locate_trust, 7);
    assert_true(has(rig_header(rig_last(r, "REGISTER "), "Via"), "SIP/2.0/TLS "));
    assert_true(has(rig_header(rig_last(r, "REGISTER "), "Contact"), ";transport=tls>"));
}

/* RFC 3261 8.1.1.8: then Contact is one, too. */
static void sips(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sips:alice@example.org")};

    sip_account_register(make(r, &params), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_last(r, "REGISTER sips:example.org SIP/2.0\r\n"));
    assert_int_equal(rig_last(r, "REGISTER ")->flow.transport, SIP_TLS);
    assert_true(has(rig_header(rig_last(r, "REGISTER "), "Contact"), "<sips:alice-"));
}

/* 26.2.2: nothing less, whoever would have it otherwise. */
static void sips_by_udp(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sips:alice@example.org"),
                                        .proxy = SLICE("sip:192.0.2.9;transport=udp")};

    sip_account_register(make(r, &params), r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 0);
    assert_int_equal(rig_last_told(r)->cause, SIP_ACCOUNT_UNREACHABLE);
    assert_int_equal(rig_last_told(r)->err, -EPROTONOSUPPORT);
}

static void user_of_its_own(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org")};
    struct sip_account_params odd = {.uri = SLICE("sip:al%20ice@example.org")};
    struct sip_account *a = make(r, &params), *b = make(r, &params), *c = make(r, &odd);

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
    struct sip_account *a = make(r, &params), *b = make(r, &by_proxy);

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

/* --- calls out -------------------------------------------------------------------------------- */

static void calls(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"),
                                        .name = SLICE("Alice")};
    struct sip_account *account = registered(r, &params);
    const struct rig_sent *sent = call(r, account, "sip:bob@192.0.2.2");
    char contact[128];

    snprintf(contact, sizeof contact, "<sip:%s@192.0.2.1:5060>", account->user);
    assert_true(has(rig_header(sent, "From"), "\"Alice\" <sip:alice@192.0.2.2>;tag="));
    assert_string_equal(rig_header(sent, "To"), "<sip:bob@192.0.2.2>");
    assert_string_equal(rig_header(sent, "Contact"), contact);
    assert_string_equal(routes(sent), "");
    assert_int_equal(r->n_locates, 1); /* the registration knows where that is */
}

static void calls_by_proxy(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .proxy = SLICE("sip:192.0.2.9:5080")};
    const struct rig_sent *sent = call(r, registered(r, &params), "sip:bob@example.com");

    assert_true(
        slice_starts(slice_of(sent->text), SLICE("INVITE sip:bob@example.com SIP/2.0\r\n")));
    assert_string_equal(routes(sent), "<sip:192.0.2.9:5080;lr>");
    assert_string_equal(r->locate_host, "example.org"); /* for calls that come from there */
    assert_int_equal(sent->flow.remote.port, 5080);
}

static void grant_with(struct rig *r, const char *lines)
{
    char all[1024];
    const char *contact = rig_header(rig_last(r, "REGISTER "), "Contact");

    snprintf(all, sizeof all, "Contact: %.*s;expires=3600\n%s", (int)strcspn(contact, ","), contact,
             lines);
    rig_answer(r, rig_last(r, "REGISTER "), "200 OK", "r", all, "");
}

static struct sip_account *with_service_route(struct rig *r, const char *proxy, const char *lines)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .proxy = slice_of(proxy)};
    struct sip_account *account = make(r, &params);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    grant_with(r, lines);
    return account;
}

static void calls_by_service_route(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:192.0.2.11;lr>, <sip:s.example.org;lr>\n");
    const struct rig_sent *sent = call(r, account, "sip:bob@example.com");

    assert_true(
        slice_starts(slice_of(sent->text), SLICE("INVITE sip:bob@example.com SIP/2.0\r\n")));
    assert_string_equal(routes(sent), "<sip:192.0.2.11;lr>,<sip:s.example.org;lr>");
    assert_int_equal(sent->flow.remote.bytes[3], 11);
    assert_true(
        sip_account_is_server(account, &(struct ip){.family = 4, .bytes = {192, 0, 2, 11}}));
    assert_string_equal(routes(rig_last(r, "REGISTER ")), "");
}

static void calls_by_both(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "sip:192.0.2.9", "Service-Route: <sip:s.example.org;lr>\n");

    assert_string_equal(routes(call(r, account, "sip:bob@example.com")),
                        "<sip:192.0.2.9;lr>,<sip:s.example.org;lr>");
}

static void strict_route(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:192.0.2.11>, <sip:s.example.org;lr>\n");
    const struct rig_sent *sent = call(r, account, "sip:bob@example.com");

    assert_true(slice_starts(slice_of(sent->text), SLICE("INVITE sip:192.0.2.11 SIP/2.0\r\n")));
    assert_string_equal(routes(sent), "<sip:s.example.org;lr>,<sip:bob@example.com>");
    assert_int_equal(sent->flow.remote.bytes[3], 11);
    assert_string_equal(rig_header(sent, "To"), "<sip:bob@example.com>");
}

/* Our own registrar, but over another transport: no way of its REGISTERs. */
static void service_route_by_tcp(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:example.org;transport=tcp;lr>\n");
    unsigned before = r->n_locates;

    call(r, account, "sip:bob@example.com");
    assert_int_equal(r->n_locates, before + 1);
}

static void service_route_of_many(struct rig *r)
{
    unsigned before;

    with_service_route(r, "", "");
    before = r->n_locates;
    sip_account_register(rig_last_told(r)->account, r->now_ms);
    rig_drain(r);
    grant_with(r, "Service-Route: <sip:a.example;lr>, <sip:b.example;lr>, <sip:c.example;lr>\n"
                  "Service-Route: <sip:d.example;lr>, <sip:e.example;lr>, <sip:f.example;lr>\n");
    assert_int_equal(r->n_locates, before + SIP_MAX_ROUTES_FOUND);
}

static void service_route_goes(struct rig *r)
{
    struct sip_account *account = with_service_route(r, "", "Service-Route: <sip:192.0.2.11;lr>\n");

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    grant_with(r, "");
    assert_string_equal(routes(call(r, account, "sip:bob@example.org")), "");
}

static void service_route_breaks(struct rig *r)
{
    struct sip_account *account = with_service_route(r, "", "Service-Route: <sip:192.0.2.11;lr>\n");

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    grant_with(r, "Service-Route: <sip:192.0.2.11;lr>, <nonsense>\n");
    assert_string_equal(routes(call(r, account, "sip:bob@example.org")), "");
}

/* As many as a request may have, and one more. */
static void long_service_route(struct rig *r)
{
    struct buf lines = buf_new(1000);
    struct sip_account *account;
    size_t n;

    buf_puts(&lines, "Service-Route: <sip:192.0.2.11;lr>");
    for (size_t i = 1; i < SIP_MAX_ROUTES; i++)
        buf_puts(&lines, ", <sip:a;lr>");
    n = lines.n;
    buf_puts(&lines, "\n");
    account = with_service_route(r, "", buf_cstr(&lines));
    assert_int_equal(strlen(routes(call(r, account, "sip:bob@example.org"))),
                     strlen("<sip:192.0.2.11;lr>") + (SIP_MAX_ROUTES - 1) * strlen(",<sip:a;lr>"));
    lines.n = n;
    buf_puts(&lines, ", <sip:b;lr>\n");
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    grant_with(r, buf_cstr(&lines));
    assert_true(sip_account_is_registered(account));
    assert_string_equal(routes(call(r, account, "sip:bob@example.org")), "");
    buf_free(&lines);
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

static void broken_service_route(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:192.0.2.11;lr>, <nonsense>\n");

    assert_true(sip_account_is_registered(account));
    assert_string_equal(routes(call(r, account, "sip:bob@example.org")), "");
}

#define CHALLENGE "WWW-Authenticate: Digest realm=\"here\",qop=\"auth\",nonce=\"a\"\n"

static void no_credentials_for_others(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .realm = SLICE("here")};
    struct sip_account *account = registered(r, &params);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_answer(r, call(r, account, "sip:bob@192.0.2.66"), "401 Unauthorized", "b", CHALLENGE, "");
    assert_int_equal(rig_count(r, "INVITE "), 1);
    assert_non_null(rig_event(r, SIP_CALL_ENDED, 0));
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->status, 401);
    assert_false(sip_account_is_server(account, &stranger));
}

static void credentials_for_our_server(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .realm = SLICE("here")};
    struct sip_account *account = registered(r, &params);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_answer(r, call(r, account, "sip:bob@example.org"), "401 Unauthorized", "b", CHALLENGE, "");
    assert_int_equal(rig_count(r, "INVITE "), 2);
    assert_true(has(rig_header(rig_last(r, "INVITE "), "Authorization"), "nonce=\"a\""));
}

static void contact_as_seen(struct rig *r)
{
    struct sip_account *account = rig_account(r);
    const struct rig_sent *to;
    const char *via;

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    to = rig_last(r, "REGISTER ");
    via = rig_header(to, "Via");
    rig_receive(
        r,
        "SIP/2.0 200 OK\nVia: %.*s;received=203.0.113.5;rport=4000\nFrom: %s\nTo: %s;tag=r\n"
        "Call-ID: %s\nCSeq: %s\nContact: %s;expires=3600\nContent-Length: 0\n\n",
        (int)(strstr(via, ";rport") - via), via, rig_header(to, "From"), rig_header(to, "To"),
        rig_header(to, "Call-ID"), rig_header(to, "CSeq"), rig_header(to, "Contact"));
    rig_grant(r, 3600);
    assert_true(
        has(rig_header(call(r, account, "sip:bob@192.0.2.2"), "Contact"), "@203.0.113.5:4000>"));
    assert_true(
        has(rig_header(call(r, account, "sip:bob@192.0.2.66"), "Contact"), "@192.0.2.1:5060>"));
}

/* --- calls in --------------------------------------------------------------------------------- */

static int owner;

static struct sip_account *called(struct rig *r, const char *before, const char *user)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .owner = &owner};
    struct sip_account *account = registered(r, &params);

    rig_receive(r,
                "INVITE sip:%s%s@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"
                "From: <sip:bob@192.0.2.2>;tag=a\nTo: <sip:alice@192.0.2.2>\nCall-ID: c\n"
                "CSeq: 1 INVITE\nContact: <sip:bob@192.0.2.2>\nMax-Forwards: 70\n"
                "Content-Type: application/sdp\nContent-Length: 1\n\no",
                before, user ? user : account->user + 1);
    assert_non_null(rig_event(r, SIP_CALL_INCOMING, 0));
    return account;
}

static void called_by_server(struct rig *r)
{
    struct sip_account *account = called(r, "a", NULL);

    assert_ptr_equal(rig_event(r, SIP_CALL_INCOMING, 0)->account, &owner);
    assert_true(rig_event(r, SIP_CALL_INCOMING, 0)->by_server);
    sip_call_accept(r->call, SLICE("a"), r->now_ms);
    rig_drain(r);
    assert_true(has(rig_header(rig_last(r, "SIP/2.0 200"), "Contact"), account->user));
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
    struct sip_flow flow;
    struct rig *q = r;

    r->flow.remote = server;
    flow = r->flow;
    flow.remote = stranger;
    {
        struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .owner = &owner};
        struct sip_account *account = registered(r, &params);

        q->flow = flow;
        rig_receive(q,
                    "INVITE sip:%s@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bK1\n"
                    "From: <sip:bob@192.0.2.2>;tag=a\nTo: <sip:alice@192.0.2.2>\nCall-ID: c\n"
                    "CSeq: 1 INVITE\nContact: <sip:bob@192.0.2.66>\nMax-Forwards: 70\n"
                    "Content-Type: application/sdp\nContent-Length: 1\n\no",
                    account->user);
    }
    assert_ptr_equal(rig_event(r, SIP_CALL_INCOMING, 0)->account, &owner);
    assert_false(rig_event(r, SIP_CALL_INCOMING, 0)->by_server);
}

/* --- the end, and many ------------------------------------------------------------------------ */

static void freed_in_a_call(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2")};
    struct sip_account *account = registered(r, &params);
    const struct rig_sent *sent = call(r, account, "sip:bob@192.0.2.2");

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
    struct sip_account *account = registered(r, &params);
    const struct rig_sent *sent = call(r, account, "sip:bob@192.0.2.2");

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_free(account);
    rig_answer(r, sent, "302 Moved Temporarily", "b", "Contact: <sip:bob@192.0.2.3>\n", "");
    rig_answer(r, rig_last(r, "INVITE "), "401 Unauthorized", "b", CHALLENGE, "");
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
        sip_account_register(make(r, &params), r->now_ms);
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

static const struct row {
    const char *name;
    void (*steps)(struct rig *r);
} rows[] = {
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

    {"a call has From and Contact of the account", calls},
    {"8.1.2: goes by the outbound proxy", calls_by_proxy},
    {"RFC 3608 6.1: goes by the Service-Route", calls_by_service_route},
    {"the proxy before the Service-Route", calls_by_both},
    {"of many Service-Routes few are looked up", service_route_of_many},
    {"over another transport", service_route_by_tcp},
    {"12.2.1.1: a strict router becomes the Request-URI", strict_route},
    {"RFC 3608 6.1: without Service-Route in the next 2xx there is none", service_route_goes},
    {"a broken Service-Route is none", broken_service_route},
    {"and one that is too long", long_service_route},
    {"of many servers the latest are known", many_servers},
    {"nor does the one before stand then", service_route_breaks},
    {"other servers get no credentials", no_credentials_for_others},
    {"our own does", credentials_for_our_server},
    {"behind a NAT Contact is where the server sees us", contact_as_seen},

    {"a call to our Contact is for the account, and by the server", called_by_server},
    {"19.1.4: with escapes too", called_escaped},
    {"a call to another user is for nobody", called_by_another_name},
    {"a call from another address is not by the server", called_by_stranger},

    {"freed in mid-call the call goes on", freed_in_a_call},
    {"freed before its answer it goes on without credentials", freed_before_the_answer},
    {"freed it has told nothing", freed_with_events},
    {"a thousand accounts refresh spread over the time", a_thousand},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct rig *r = rig_new(SIP_UDP);

    row->steps(r);
    rig_free(r);
}

int main(void)
{
    return RUN_ROWS("sip/account", rows, check);
}
