/* Which way calls of an account take, and to whom its credentials go. */
#include <stdio.h>
#include <string.h>

#include "sip/limits.h"
#include "tests/unit/sip/accounts.h"

static const struct ip stranger = {.family = 4, .bytes = {192, 0, 2, 66}, .port = 5060};

static void calls(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"),
                                        .name = SLICE("Alice")};
    struct sip_account *account = account_registered(r, &params);
    const struct rig_sent *sent = account_call(r, account, "sip:bob@192.0.2.2");
    char contact[128];

    snprintf(contact, sizeof contact, "<sip:%s@192.0.2.1:5060>", account->user);
    assert_true(account_has(rig_header(sent, "From"), "\"Alice\" <sip:alice@192.0.2.2>;tag="));
    assert_string_equal(rig_header(sent, "To"), "<sip:bob@192.0.2.2>");
    assert_string_equal(rig_header(sent, "Contact"), contact);
    assert_string_equal(account_routes(sent), "");
    assert_int_equal(r->n_locates, 1); /* the registration knows where that is */
}

static void calls_by_proxy(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .proxy = SLICE("sip:192.0.2.9:5080")};
    const struct rig_sent *sent =
        account_call(r, account_registered(r, &params), "sip:bob@example.com");

    assert_true(
        slice_starts(slice_of(sent->text), SLICE("INVITE sip:bob@example.com SIP/2.0\r\n")));
    assert_string_equal(account_routes(sent), "<sip:192.0.2.9:5080;lr>");
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
    struct sip_account *account = account_make(r, &params);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    grant_with(r, lines);
    return account;
}

static void calls_by_service_route(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:192.0.2.11;lr>, <sip:s.example.org;lr>\n");
    const struct rig_sent *sent = account_call(r, account, "sip:bob@example.com");

    assert_true(
        slice_starts(slice_of(sent->text), SLICE("INVITE sip:bob@example.com SIP/2.0\r\n")));
    assert_string_equal(account_routes(sent), "<sip:192.0.2.11;lr>,<sip:s.example.org;lr>");
    assert_int_equal(sent->flow.remote.bytes[3], 11);
    assert_true(
        sip_account_is_server(account, &(struct ip){.family = 4, .bytes = {192, 0, 2, 11}}));
    assert_string_equal(account_routes(rig_last(r, "REGISTER ")), "");
}

static void calls_by_both(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "sip:192.0.2.9", "Service-Route: <sip:s.example.org;lr>\n");

    assert_string_equal(account_routes(account_call(r, account, "sip:bob@example.com")),
                        "<sip:192.0.2.9;lr>,<sip:s.example.org;lr>");
}

static void strict_route(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:192.0.2.11>, <sip:s.example.org;lr>\n");
    const struct rig_sent *sent = account_call(r, account, "sip:bob@example.com");

    assert_true(slice_starts(slice_of(sent->text), SLICE("INVITE sip:192.0.2.11 SIP/2.0\r\n")));
    assert_string_equal(account_routes(sent), "<sip:s.example.org;lr>,<sip:bob@example.com>");
    assert_int_equal(sent->flow.remote.bytes[3], 11);
    assert_string_equal(rig_header(sent, "To"), "<sip:bob@example.com>");
}

/* Our own registrar, but over another transport: no way of its REGISTERs. */
static void service_route_by_tcp(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:example.org;transport=tcp;lr>\n");
    unsigned before = r->n_locates;

    account_call(r, account, "sip:bob@example.com");
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
    assert_string_equal(account_routes(account_call(r, account, "sip:bob@example.org")), "");
}

static void service_route_breaks(struct rig *r)
{
    struct sip_account *account = with_service_route(r, "", "Service-Route: <sip:192.0.2.11;lr>\n");

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    grant_with(r, "Service-Route: <sip:192.0.2.11;lr>, <nonsense>\n");
    assert_string_equal(account_routes(account_call(r, account, "sip:bob@example.org")), "");
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
    assert_int_equal(strlen(account_routes(account_call(r, account, "sip:bob@example.org"))),
                     strlen("<sip:192.0.2.11;lr>") + (SIP_MAX_ROUTES - 1) * strlen(",<sip:a;lr>"));
    lines.n = n;
    buf_puts(&lines, ", <sip:b;lr>\n");
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    grant_with(r, buf_cstr(&lines));
    assert_true(sip_account_is_registered(account));
    assert_string_equal(account_routes(account_call(r, account, "sip:bob@example.org")), "");
    buf_free(&lines);
}

static void broken_service_route(struct rig *r)
{
    struct sip_account *account =
        with_service_route(r, "", "Service-Route: <sip:192.0.2.11;lr>, <nonsense>\n");

    assert_true(sip_account_is_registered(account));
    assert_string_equal(account_routes(account_call(r, account, "sip:bob@example.org")), "");
}

static void no_credentials_for_others(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .realm = SLICE("here")};
    struct sip_account *account = account_registered(r, &params);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_answer(r, account_call(r, account, "sip:bob@192.0.2.66"), "401 Unauthorized", "b",
               ACCOUNT_CHALLENGE, "");
    assert_int_equal(rig_count(r, "INVITE "), 1);
    assert_non_null(rig_event(r, SIP_CALL_ENDED, 0));
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->status, 401);
    assert_false(sip_account_is_server(account, &stranger));
}

static void credentials_for_our_server(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .realm = SLICE("here")};
    struct sip_account *account = account_registered(r, &params);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_answer(r, account_call(r, account, "sip:bob@example.org"), "401 Unauthorized", "b",
               ACCOUNT_CHALLENGE, "");
    assert_int_equal(rig_count(r, "INVITE "), 2);
    assert_true(account_has(rig_header(rig_last(r, "INVITE "), "Authorization"), "nonce=\"a\""));
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
    assert_true(account_has(rig_header(account_call(r, account, "sip:bob@192.0.2.2"), "Contact"),
                            "@203.0.113.5:4000>"));
    assert_true(account_has(rig_header(account_call(r, account, "sip:bob@192.0.2.66"), "Contact"),
                            "@192.0.2.1:5060>"));
}

static const struct account_row rows[] = {
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
    {"nor does the one before stand then", service_route_breaks},
    {"other servers get no credentials", no_credentials_for_others},
    {"our own does", credentials_for_our_server},
    {"behind a NAT Contact is where the server sees us", contact_as_seen},
};

int main(void)
{
    return RUN_ROWS("sip/account, calls", rows, account_check);
}
