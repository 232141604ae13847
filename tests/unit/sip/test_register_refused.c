/* Registrations that are refused, redirected or challenged. */
#include <stdio.h>

#include "sip/account_core.h"
#include "tests/lib/register_rig.h"

/* --- refused ---------------------------------------------------------------------------------- */

static void too_brief(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .expires_s = 60};
    struct sip_account *account;

    assert_int_equal(sip_account_new(r->ep, &params, &account), 0);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_last_register(r), "Expires"), "60");
    rig_answer_register(r, "423 Interval Too Brief", "Min-Expires: 300\n");
    assert_int_equal(rig_registers(r), 2);
    assert_string_equal(rig_header(rig_last_register(r), "Expires"), "300");
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
    rig_grant(r, 300);
    assert_int_equal(rig_last_told(r)->granted_s, 300);
    r->grants = true;
    rig_run(r, 300 * SECOND);
    assert_string_equal(rig_header(rig_last_register(r), "Expires"), "300");
    assert_int_equal(rig_registers(r), 3); /* it does not ask for 60 again */
}

static void too_brief_for_ever(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "423 Interval Too Brief", "Min-Expires: 7200\n");
    rig_answer_register(r, "423 Interval Too Brief", "Min-Expires: 9000\n");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_last_told(r)->status, 423);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 2);
}

static void too_brief_later_again(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_answer_register(r, "423 Interval Too Brief", "Min-Expires: 7200\n");
    rig_grant(r, 7200);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "423 Interval Too Brief", "Min-Expires: 9000\n");
    assert_string_equal(rig_header(rig_last_register(r), "Expires"), "9000");
}

static void too_brief_without_number(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "423 Interval Too Brief", "");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_registers(r), 1);
}

static void too_brief_for_more_than_a_day(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "423 Interval Too Brief", "Min-Expires: 86401\n");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
}

static void refused(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_answer_register(r, "404 Nobody here", "Retry-After: 5\n");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_last_told(r)->status, 404);
    assert_string_equal(rig_last_told(r)->reason, "Nobody here");
    assert_true(rig_last_told(r)->retry_ms == NEVER_MS);
    sip_account_network_changed(account, r->now_ms);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 1);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
    rig_grant(r, 60);
    assert_true(sip_account_is_registered(account));
}

static void forbidden(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "403 Forbidden", "Retry-After: 5\n");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 1);
}

static void refused_then_leaves(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_answer_register(r, "403 Forbidden", "");
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(rig_registers(r), 1); /* nothing was ever accepted */
}

/* As some servers say that they are not ready yet. */
static void not_available_now(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "480 Temporarily Unavailable", "");
    assert_in_range(rig_last_told(r)->retry_ms, 2000, 2500);
}

static void busy(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "500 Server Internal Error", "");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_last_told(r)->status, 500);
    assert_in_range(rig_last_told(r)->retry_ms, 2000, 2500);
    rig_run(r, 1999);
    assert_int_equal(rig_registers(r), 1);
    rig_run(r, 501);
    assert_int_equal(rig_registers(r), 2);
}

static void retry_after(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "503 Service Unavailable", "Retry-After: 120 (maintenance)\n");
    assert_in_range(rig_last_told(r)->retry_ms, 120 * SECOND, 132 * SECOND);
    rig_run(r, 120 * SECOND - 1);
    assert_int_equal(rig_registers(r), 1);
    rig_run(r, 12 * SECOND + 1);
    assert_true(rig_registers(r) > 1);
}

static void retry_after_for_ever(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "503 Service Unavailable", "Retry-After: 4000000000\n");
    assert_in_range(rig_last_told(r)->retry_ms, HOUR, HOUR + HOUR / 10);
}

static void redirected(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:alice@192.0.2.9:5070>\n");
    assert_int_equal(rig_registers(r), 2);
    assert_non_null(rig_find(r, "REGISTER sip:192.0.2.9:5070 SIP/2.0\r\n", 0));
    assert_int_equal(rig_last_register(r)->flow.remote.port, 5070);
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
    rig_grant(r, 3600);
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
}

static void redirected_later(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9:5070>\n");
    assert_int_equal(rig_last_register(r)->flow.remote.port, 5070);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    /* It stays there while that goes well, and begins anew at its own registrar else. */
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_last_register(r)->flow.remote.port, 5070);
    rig_answer_register(r, "500 Server Internal Error", "");
    rig_run(r, 2500);
    assert_int_equal(rig_last_register(r)->flow.remote.port, 5060);
    assert_true(
        slice_starts(slice_of(rig_last_register(r)->text), SLICE("REGISTER sip:192.0.2.2 ")));
}

static void redirected_in_circles(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9>\n");
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.2>, <sip:192.0.2.9>\n");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_registers(r), 2);
}

static void redirected_without_end(struct rig *r)
{
    rig_registering(r);
    for (int i = 0; i < 20; i++) {
        char lines[64];

        snprintf(lines, sizeof lines, "Contact: <sip:192.0.2.%d>\n", 100 + i);
        rig_answer_register(r, "302 Moved Temporarily", lines);
    }
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_registers(r), 6);
}

/* --- credentials ------------------------------------------------------------------------------ */

/* 10.2.4: the number rises for the life of the Call-ID, also where nobody waits for the answer. */
static void challenged_midway(struct rig *r)
{
    struct sip_account *account = rig_registering_with_password(r);

    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "3 REGISTER");
}

/* A 3xx may name anybody. */
static void redirected_to_strangers(struct rig *r)
{
    const struct ip stranger = {4, {192, 0, 2, 9}, 5060, 0};
    struct sip_account *account = rig_registering_with_password(r);

    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    assert_true(text_has(rig_header(rig_last_register(r), "Authorization"), "nonce=\"a\""));
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9>\n");
    assert_non_null(rig_find(r, "REGISTER sip:192.0.2.9 SIP/2.0\r\n", 0));
    assert_string_equal(rig_header(rig_last_register(r), "Authorization"), "");
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("b"));
    rig_assert_failed(r, SIP_ACCOUNT_CANNOT_ANSWER);
    assert_string_equal(rig_last_told(r)->reason, "it is not our server that asks");
    assert_false(sip_account_is_server(account, &stranger));
    assert_int_equal(rig_registers(r), 3);
}

/* The outbound proxy is the way to anywhere. */
static void redirected_behind_a_proxy(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org"),
                                        .proxy = SLICE("sip:192.0.2.9")};
    struct sip_account *account;

    assert_int_equal(sip_account_new(r->ep, &params, &account), 0);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:two.example.org>\n");
    assert_non_null(rig_find(r, "REGISTER sip:two.example.org SIP/2.0\r\n", 0));
    assert_string_equal(rig_header(rig_last_register(r), "Route"), "<sip:192.0.2.9;lr>");
    assert_string_equal(r->locate_host, "192.0.2.9");
}

static const struct rig_sent *registers_at(struct rig *r, const char *place)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@example.org")};
    struct sip_account *account;
    char contact[100];

    assert_int_equal(sip_account_new(r->ep, &params, &account), 0);
    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    snprintf(contact, sizeof contact, "Contact: <%s>\n", place);
    rig_answer_register(r, "302 Moved Temporarily", contact);
    return rig_last_register(r);
}

static void redirected_to_our_own(struct rig *r)
{
    assert_true(
        text_has(rig_header(registers_at(r, "sip:b.EXAMPLE.org"), "Authorization"), "nonce=\"a\""));
}

static void redirected_to_another_port(struct rig *r)
{
    assert_true(text_has(rig_header(registers_at(r, "sip:example.org:5070"), "Authorization"),
                         "nonce=\"a\""));
}

static void redirected_to_a_name_alike(struct rig *r)
{
    assert_string_equal(rig_header(registers_at(r, "sip:badexample.org"), "Authorization"), "");
}

/* What is sent there goes to maddr. */
static void redirected_to_another_address(struct rig *r)
{
    const struct ip stranger = {4, {192, 0, 2, 66}, 5060, 0};
    const struct rig_sent *sent = registers_at(r, "sip:example.org;maddr=192.0.2.66");

    assert_true(ip_same_host(&sent->flow.remote, &stranger));
    assert_string_equal(rig_header(sent, "Authorization"), "");
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("b"));
    rig_assert_failed(r, SIP_ACCOUNT_CANNOT_ANSWER);
    assert_false(sip_account_is_server(rig_last_told(r)->account, &stranger));
}

/* He is known for as long as he keeps us, and what our server said of the way is over. */
static void registered_by_strangers_for_a_while(struct rig *r)
{
    const struct ip stranger = {4, {192, 0, 2, 9}, 5060, 0}, own = r->flow.remote;
    const char *way = "Expires: 3600\nService-Route: <sip:192.0.2.2;lr>\n";
    struct sip_account *account = rig_registering_with_password(r);
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2"), .account = account};

    rig_answer_register(r, "200 OK", way);
    assert_int_equal(account->n_routes, 1);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9>\n");
    r->flow.remote = stranger;
    rig_answer_register(r, "200 OK", "Expires: 3600\n");
    assert_true(sip_account_is_server(account, &stranger));
    rig_call_with(r, &params, "o");
    assert_string_equal(rig_header(rig_last(r, "INVITE"), "Route"), "");
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "500 Server Internal Error", "");
    r->flow.remote = own;
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_true(ip_same_host(&rig_last_register(r)->flow.remote, &own));
    rig_answer_register(r, "200 OK", way);
    assert_false(sip_account_is_server(account, &stranger));
    assert_true(sip_account_is_server(account, &own));
}

/* Who registers us without a password does not get it with our calls. */
static void registered_by_strangers(struct rig *r)
{
    struct sip_account *account = rig_registering_with_password(r);
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2"), .account = account};
    const struct ip stranger = {4, {192, 0, 2, 9}, 5060, 0};
    struct sip_call *call;

    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_answer_register(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9>\n");
    r->flow.remote = stranger;
    rig_answer_register(r, "200 OK", "Expires: 3600\nService-Route: <sip:192.0.2.9;lr>\n");
    assert_true(sip_account_is_registered(account));
    assert_true(sip_account_is_server(account, &stranger)); /* calls come from there */
    call = rig_call_with(r, &params, "o");
    rig_answer(r, rig_last(r, "INVITE"), "407 Proxy Authentication Required", "x",
               "Proxy-Authenticate: Digest realm=\"here\",nonce=\"c\"\n", "");
    rig_answer(r, rig_last(r, "INVITE"), "200 OK", "y",
               "Contact: <sip:bob@192.0.2.7>\nRecord-Route: <sip:192.0.2.9;lr>\n", "a");
    sip_call_hangup(call, r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_last(r, "BYE"), "407 Proxy Authentication Required", "y",
               "Proxy-Authenticate: Digest realm=\"here\",nonce=\"d\"\n", "");
    assert_true(ip_same_host(&rig_last(r, "BYE")->flow.remote, &stranger));
    for (size_t i = 0; i < r->n_sent; i++)
        if (r->sent[i].flow.remote.bytes[3] == 9)
            assert_null(strstr(r->sent[i].text, "uthorization: Digest"));
}

static void wants_password(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_assert_told(r, SIP_ACCOUNT_PASSWORD_WANTED);
    assert_string_equal(rig_last_told(r)->realm, "here");
    rig_run(r, 300 * SECOND);
    assert_int_equal(rig_registers(r), 1);
    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
    assert_true(text_has(rig_header(rig_last_register(r), "Authorization"), "nonce=\"a\""));
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    r->grants = true;
    rig_run(r, HOUR); /* the next one has them at once */
    assert_int_equal(rig_registers(r), 3);
    assert_true(text_has(rig_header(rig_last_register(r), "Authorization"), "nc=00000002"));
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "3 REGISTER");
}

static void has_no_password(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    sip_account_set_password(account, (struct slice){0}, r->now_ms);
    rig_drain(r);
    rig_assert_failed(r, SIP_ACCOUNT_NO_PASSWORD);
    assert_int_equal(rig_last_told(r)->status, 401);
    assert_true(rig_last_told(r)->retry_ms == NEVER_MS);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 1);
}

static void refused_password(struct rig *r)
{
    rig_registering_with_password(r);
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("b"));
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("c"));
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED_PASSWORD);
    assert_int_equal(rig_last_told(r)->status, 401);
    assert_string_equal(rig_last_told(r)->realm, "here");
    assert_true(rig_last_told(r)->retry_ms == NEVER_MS);
    assert_int_equal(rig_registers(r), 3);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 3);
}

static void refused_password_with_403(struct rig *r)
{
    rig_registering_with_password(r);
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_answer_register(r, "403 Forbidden", "");
    rig_assert_failed(r, SIP_ACCOUNT_REFUSED_PASSWORD);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 2);
}

static void another_realm(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"),
                                        .realm = SLICE("there")};
    struct sip_account *account;

    assert_int_equal(sip_account_new(r->ep, &params, &account), 0);
    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_assert_failed(r, SIP_ACCOUNT_CANNOT_ANSWER);
    assert_true(*rig_last_told(r)->reason);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 1);
}

static void leaves_without_password(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 1);
}

static void leaves_with_password(struct rig *r)
{
    struct sip_account *account = rig_registering_with_password(r);

    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_grant(r, 3600);
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("b"));
    assert_true(text_has(rig_header(rig_last_register(r), "Authorization"), "nonce=\"b\""));
    assert_true(text_has(rig_header(rig_last_register(r), "Contact"), "expires=0"));
    rig_answer_register(r, "200 OK", "");
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_true(rig_comes_to_rest(r));
}

static void not_twice_after_423(struct rig *r)
{
    rig_registering_with_password(r);
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_answer_register(r, "423 Interval Too Brief", "Min-Expires: 7200\n");
    assert_int_equal(rig_registers(r), 3);
    assert_true(text_has(rig_header(rig_last_register(r), "Authorization"), "nonce=\"a\""));
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "3 REGISTER");
    rig_grant(r, 7200);
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
}

static const struct register_row rows[] = {
    {"10.2.8: obeys Min-Expires, and goes on doing so", too_brief, 0},
    {"obeys it once", too_brief_for_ever, 0},
    {"once a time", too_brief_later_again, 0},
    {"a 423 without Min-Expires is a refusal", too_brief_without_number, 0},
    {"a 423 that wants more than a day too", too_brief_for_more_than_a_day, 0},
    {"404: silent until asked", refused, 0},
    {"403: silent for an hour", forbidden, 0},
    {"403: nothing to take back", refused_then_leaves, 0},
    {"500: tried again after 2 s", busy, 0},
    {"480: the same", not_available_now, 0},
    {"20.33: obeys Retry-After", retry_after, 0},
    {"but for an hour at most", retry_after_for_ever, 0},
    {"8.1.3.4: follows a redirect", redirected, 0},
    {"also when it refreshes", redirected_later, 0},
    {"to no place twice", redirected_in_circles, 0},
    {"to a stranger, who learns nothing", redirected_to_strangers, 0},
    {"to a place below our domain", redirected_to_our_own, 0},
    {"by way of the proxy all the same", redirected_behind_a_proxy, 0},
    {"to another port of our domain", redirected_to_another_port, 0},
    {"to a name that ends alike", redirected_to_a_name_alike, 0},
    {"to another address than that of our domain", redirected_to_another_address, 0},
    {"to a stranger, who takes us and names the way of calls", registered_by_strangers, 0},
    {"to a stranger, who takes us for a while", registered_by_strangers_for_a_while, 0},
    {"and five times at most", redirected_without_end, 0},
    {"a challenge asks for the password, and later requests have it", wants_password, 0},
    {"without a password it is refused", has_no_password, 0},
    {"a refused password is tried once more, and then never", refused_password, 0},
    {"a 403 to credentials refuses them", refused_password_with_403, 0},
    {"another realm gets nothing", another_realm, 0},
    {"leaves while it waits for the password", leaves_without_password, 0},
    {"leaves with credentials", leaves_with_password, 0},
    {"a 423 behind a challenge", not_twice_after_423, 0},
    {"a change of network behind a challenge", challenged_midway, 0},
};

int main(void)
{
    return RUN_ROWS("sip/register_refused", rows, register_check);
}
