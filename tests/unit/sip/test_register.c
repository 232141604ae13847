/* The life of a registration (RFC 3261 10.2), on a virtual clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/account_core.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

#define SECOND 1000u
#define HOUR (3600 * SECOND)

static const struct rig_sent *last(const struct rig *r)
{
    const struct rig_sent *sent = rig_last(r, "REGISTER ");

    assert_non_null(sent);
    return sent;
}

static size_t n_sent(const struct rig *r)
{
    return rig_count(r, "REGISTER ");
}

static struct sip_account *asks(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    return account;
}

static void answer(struct rig *r, const char *status, const char *lines)
{
    rig_answer(r, last(r), status, "r", lines, "");
}

static void assert_told(const struct rig *r, enum sip_account_event_kind kind)
{
    assert_non_null(rig_last_told(r));
    assert_int_equal(rig_last_told(r)->kind, kind);
}

static void assert_failed(const struct rig *r, enum sip_account_cause cause)
{
    assert_told(r, SIP_ACCOUNT_FAILED);
    assert_int_equal(rig_last_told(r)->cause, cause);
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* The Contact URI of a REGISTER, without brackets, in a buffer of its own. */
static const char *contact_of(const struct rig_sent *sent)
{
    static char uri[256];
    const char *value = rig_header(sent, "Contact");

    snprintf(uri, sizeof uri, "%.*s", (int)strcspn(value, ">") - 1, value + 1);
    return uri;
}

/* --- registering ------------------------------------------------------------------------------ */

static void registers(struct rig *r)
{
    struct sip_account *account = asks(r);
    const struct rig_sent *sent = rig_last(r, "REGISTER sip:192.0.2.2 SIP/2.0\r\n");

    assert_non_null(sent);
    assert_string_equal(rig_header(sent, "To"), "<sip:alice@192.0.2.2>");
    assert_true(has(rig_header(sent, "From"), "<sip:alice@192.0.2.2>;tag="));
    assert_string_equal(rig_header(sent, "CSeq"), "1 REGISTER");
    assert_string_equal(rig_header(sent, "Expires"), "3600");
    assert_string_equal(rig_header(sent, "Supported"), "path");
    assert_true(has(rig_header(sent, "Contact"), "<sip:alice-"));
    assert_true(has(rig_header(sent, "Contact"), "@192.0.2.1:5060>"));
    assert_false(sip_account_is_registered(account));
    rig_grant(r, 1800);
    assert_true(sip_account_is_registered(account));
    assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_last_told(r)->granted_s, 1800);
    assert_int_equal(rig_last_told(r)->n_bindings, 1);
    assert_true(rig_last_told(r)->changed);
    assert_string_equal(rig_last_told(r)->contact, contact_of(sent));
}

static void refreshes(struct rig *r)
{
    char call_id[64];

    rig_registered(r);
    snprintf(call_id, sizeof call_id, "%s", rig_header(last(r), "Call-ID"));
    r->grants = true;
    rig_run(r, 3240 * SECOND);
    assert_int_equal(n_sent(r), 2);
    assert_string_equal(rig_header(last(r), "Call-ID"), call_id);
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
    assert_in_range(last(r)->at_ms, 1000 + 2916 * SECOND, 1000 + 3240 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_REGISTERED), 2);
    assert_false(rig_last_told(r)->changed);
    rig_run(r, 10 * HOUR);
    assert_true(n_sent(r) >= 12 && n_sent(r) <= 15);
}

static void refreshes_short(struct rig *r)
{
    asks(r);
    rig_grant(r, 4);
    rig_run(r, 1799);
    assert_int_equal(n_sent(r), 1);
    rig_run(r, 201);
    assert_int_equal(n_sent(r), 2);
}

static void finds_its_own(struct rig *r)
{
    char lines[512];

    asks(r);
    snprintf(lines, sizeof lines,
             "Contact: <sip:bob@192.0.2.7>;expires=10, <sip:alice@192.0.2.8:5060>;expires=20\n"
             "Contact: \"Me\" <%s>;q=0.5;expires=900\n",
             contact_of(last(r)));
    answer(r, "200 OK", lines);
    assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_last_told(r)->granted_s, 900);
    assert_int_equal(rig_last_told(r)->n_bindings, 3);
}

static void finds_with_case(struct rig *r)
{
    char lines[512], uri[256];

    asks(r);
    snprintf(uri, sizeof uri, "SIP:%s", contact_of(last(r)) + 4);
    snprintf(lines, sizeof lines, "Contact: <%s;ob>;expires=900\n", uri);
    answer(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 900);
}

static void finds_rewritten(struct rig *r)
{
    char lines[512], user[64];
    const char *uri;

    asks(r);
    uri = contact_of(last(r)) + 4;
    snprintf(user, sizeof user, "%.*s", (int)strcspn(uri, "@"), uri);
    snprintf(lines, sizeof lines,
             "Contact: <sip:%s@203.0.113.9:1024;alias=1>;expires=700, <sip:x@y>;expires=1\n", user);
    answer(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 700);
}

static void prefers_the_same_uri(struct rig *r)
{
    char lines[512], user[64];
    const char *uri;

    asks(r);
    uri = contact_of(last(r)) + 4;
    snprintf(user, sizeof user, "%.*s", (int)strcspn(uri, "@"), uri);
    snprintf(lines, sizeof lines,
             "Contact: <sip:%s@203.0.113.9>;expires=700, <sip:%s>;expires=800, "
             "<sip:%s@203.0.113.8>;expires=900\n",
             user, uri, user);
    answer(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 800);
}

static void granted_more(struct rig *r)
{
    asks(r);
    rig_grant(r, 86400);
    assert_int_equal(rig_last_told(r)->granted_s, 3600);
    r->grants = true;
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 2);
}

static void expires_header(struct rig *r)
{
    char lines[512];

    asks(r);
    snprintf(lines, sizeof lines, "Contact: <%s>\nExpires: 600\n", contact_of(last(r)));
    answer(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 600);
}

static void as_asked(struct rig *r)
{
    asks(r);
    rig_grant(r, -1);
    assert_int_equal(rig_last_told(r)->granted_s, 3600);
}

static void no_contact_but_expires(struct rig *r)
{
    asks(r);
    answer(r, "200 OK", "Expires: 600\n");
    assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_last_told(r)->granted_s, 600);
}

static void no_contact(struct rig *r)
{
    struct sip_account *account = asks(r);

    answer(r, "200 OK", "");
    assert_failed(r, SIP_ACCOUNT_NOT_KEPT);
    assert_false(sip_account_is_registered(account));
    assert_in_range(rig_last_told(r)->retry_ms, 2000, 2500);
}

static void others_only(struct rig *r)
{
    asks(r);
    answer(r, "200 OK", "Contact: <sip:bob@192.0.2.7>;expires=1000\nExpires: 600\n");
    assert_failed(r, SIP_ACCOUNT_NOT_KEPT);
}

static void expired_at_once(struct rig *r)
{
    asks(r);
    rig_grant(r, 0);
    assert_failed(r, SIP_ACCOUNT_NOT_KEPT);
}

static void strangers_response(struct rig *r)
{
    asks(r);
    rig_receive(r, "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKguess\n"
                   "From: <sip:alice@192.0.2.2>;tag=1\nTo: <sip:alice@192.0.2.2>;tag=2\n"
                   "Call-ID: guess\nCSeq: 1 REGISTER\nExpires: 600\nContent-Length: 0\n\n");
    assert_int_equal(r->n_told, 0);
}

static void new_number(struct rig *r)
{
    rig_registered(r);
    rig_forget(r);
    r->grants = true;
    rig_run(r, HOUR);
    rig_grant(r, 1800);
    rig_run(r, HOUR);
    assert_true(rig_told_count(r, SIP_ACCOUNT_REGISTERED) >= 2);
}

/* --- taking back ------------------------------------------------------------------------------ */

static void unregisters(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    char contact[256];

    snprintf(contact, sizeof contact, "<%s>;expires=0", contact_of(last(r)));
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(last(r), "Contact"), contact);
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 0);
    assert_false(sip_endpoint_settled(r->ep));
    assert_false(sip_account_is_registered(account));
    answer(r, "200 OK", "Contact: <sip:bob@192.0.2.7>;expires=1000\n");
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    assert_true(sip_endpoint_settled(r->ep));
    assert_true(rig_comes_to_rest(r));
    assert_int_equal(n_sent(r), 2);
}

static void unregisters_nothing(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(r->n_sent, 0);
    assert_true(rig_comes_to_rest(r));
}

static void unregisters_midway(struct rig *r)
{
    struct sip_account *account = asks(r);

    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 1); /* 10.2: no second one before the answer */
    rig_grant(r, 3600);
    assert_int_equal(n_sent(r), 2);
    assert_true(has(rig_header(last(r), "Contact"), ">;expires=0"));
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_REGISTERED), 0);
    answer(r, "200 OK", "");
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_true(rig_comes_to_rest(r));
}

static void unregisters_refused(struct rig *r)
{
    struct sip_account *account = asks(r);

    sip_account_unregister(account, r->now_ms);
    answer(r, "404 Not Found", "");
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(n_sent(r), 1);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_FAILED), 0);
}

static void unregisters_in_silence(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    uint64_t from = r->now_ms;

    sip_account_unregister(account, r->now_ms);
    rig_run(r, 40 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    assert_in_range(rig_last_told(r)->at_ms - from, 31999, 32000);
}

static void unregisters_midway_in_silence(struct rig *r)
{
    struct sip_account *account = asks(r);

    rig_run(r, 10 * SECOND);
    sip_account_unregister(account, r->now_ms);
    rig_run(r, 32 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    rig_run(r, HOUR);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    assert_true(rig_comes_to_rest(r));
}

static void unregisters_before_found(struct rig *r)
{
    struct sip_account *account;

    r->hold_locate = true;
    account = asks(r);
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    sip_endpoint_located(r->ep, r->locate_key, &r->flow, 1, 0, r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 0);
}

static void unregisters_while_waiting(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    rig_run(r, 3000 * SECOND);
    rig_run(r, 300 * SECOND); /* the refresh gets no answer */
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_true(has(rig_header(last(r), "Contact"), ">;expires=0") ||
                rig_told_count(r, SIP_ACCOUNT_UNREGISTERED) == 0);
    rig_run(r, 64 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
}

static void is_not_settled(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_register_ping_failed(account, r->now_ms);
    r->hold_locate = true;
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 1);
    assert_false(sip_endpoint_settled(r->ep));
    sip_endpoint_located(r->ep, r->locate_key, &r->flow, 1, 0, r->now_ms);
    rig_drain(r);
    assert_true(has(rig_header(last(r), "Contact"), ">;expires=0"));
    answer(r, "200 OK", "");
    assert_true(sip_endpoint_settled(r->ep));
}

static void changes_its_mind(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_unregister(account, r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
    answer(r, "200 OK", "");
    assert_int_equal(n_sent(r), 3);
    assert_false(has(rig_header(last(r), "Contact"), "expires=0"));
    rig_grant(r, 3600);
    assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 0);
}

static void changes_its_mind_twice(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_unregister(account, r->now_ms);
    sip_account_register(account, r->now_ms);
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    answer(r, "200 OK", "");
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(n_sent(r), 2);
}

static void stays_after_all(struct rig *r)
{
    struct sip_account *account = asks(r);

    sip_account_unregister(account, r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    assert_int_equal(n_sent(r), 1);
}

/* --- refused ---------------------------------------------------------------------------------- */

static void too_brief(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"), .expires_s = 60};
    struct sip_account *account;

    assert_int_equal(sip_account_new(r->ep, &params, &account), 0);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(last(r), "Expires"), "60");
    answer(r, "423 Interval Too Brief", "Min-Expires: 300\n");
    assert_int_equal(n_sent(r), 2);
    assert_string_equal(rig_header(last(r), "Expires"), "300");
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
    rig_grant(r, 300);
    assert_int_equal(rig_last_told(r)->granted_s, 300);
    r->grants = true;
    rig_run(r, 300 * SECOND);
    assert_string_equal(rig_header(last(r), "Expires"), "300");
    assert_int_equal(n_sent(r), 3); /* it does not ask for 60 again */
}

static void too_brief_for_ever(struct rig *r)
{
    asks(r);
    answer(r, "423 Interval Too Brief", "Min-Expires: 7200\n");
    answer(r, "423 Interval Too Brief", "Min-Expires: 9000\n");
    assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_last_told(r)->status, 423);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 2);
}

static void too_brief_later_again(struct rig *r)
{
    struct sip_account *account = asks(r);

    answer(r, "423 Interval Too Brief", "Min-Expires: 7200\n");
    rig_grant(r, 7200);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    answer(r, "423 Interval Too Brief", "Min-Expires: 9000\n");
    assert_string_equal(rig_header(last(r), "Expires"), "9000");
}

static void too_brief_without_number(struct rig *r)
{
    asks(r);
    answer(r, "423 Interval Too Brief", "");
    assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(n_sent(r), 1);
}

static void too_brief_by_a_century(struct rig *r)
{
    asks(r);
    answer(r, "423 Interval Too Brief", "Min-Expires: 3000000000\n");
    assert_failed(r, SIP_ACCOUNT_REFUSED);
}

static void refused(struct rig *r)
{
    struct sip_account *account = asks(r);

    answer(r, "404 Nobody here", "Retry-After: 5\n");
    assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_last_told(r)->status, 404);
    assert_string_equal(rig_last_told(r)->reason, "Nobody here");
    assert_true(rig_last_told(r)->retry_ms == NEVER_MS);
    sip_account_network_changed(account, r->now_ms);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 1);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
    rig_grant(r, 60);
    assert_true(sip_account_is_registered(account));
}

static void forbidden(struct rig *r)
{
    asks(r);
    answer(r, "403 Forbidden", "Retry-After: 5\n");
    assert_failed(r, SIP_ACCOUNT_REFUSED);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 1);
}

static void refused_then_leaves(struct rig *r)
{
    struct sip_account *account = asks(r);

    answer(r, "403 Forbidden", "");
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(n_sent(r), 1); /* nothing was ever accepted */
}

/* As some servers say that they are not ready yet. */
static void not_available_now(struct rig *r)
{
    asks(r);
    answer(r, "480 Temporarily Unavailable", "");
    assert_in_range(rig_last_told(r)->retry_ms, 2000, 2500);
}

static void busy(struct rig *r)
{
    asks(r);
    answer(r, "500 Server Internal Error", "");
    assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(rig_last_told(r)->status, 500);
    assert_in_range(rig_last_told(r)->retry_ms, 2000, 2500);
    rig_run(r, 1999);
    assert_int_equal(n_sent(r), 1);
    rig_run(r, 501);
    assert_int_equal(n_sent(r), 2);
}

static void retry_after(struct rig *r)
{
    asks(r);
    answer(r, "503 Service Unavailable", "Retry-After: 120 (maintenance)\n");
    assert_in_range(rig_last_told(r)->retry_ms, 120 * SECOND, 132 * SECOND);
    rig_run(r, 120 * SECOND - 1);
    assert_int_equal(n_sent(r), 1);
    rig_run(r, 12 * SECOND + 1);
    assert_true(n_sent(r) > 1);
}

static void retry_after_for_ever(struct rig *r)
{
    asks(r);
    answer(r, "503 Service Unavailable", "Retry-After: 4000000000\n");
    assert_in_range(rig_last_told(r)->retry_ms, HOUR, HOUR + HOUR / 10);
}

static void redirected(struct rig *r)
{
    asks(r);
    answer(r, "302 Moved Temporarily", "Contact: <sip:alice@192.0.2.9:5070>\n");
    assert_int_equal(n_sent(r), 2);
    assert_non_null(rig_find(r, "REGISTER sip:192.0.2.9:5070 SIP/2.0\r\n", 0));
    assert_int_equal(last(r)->flow.remote.port, 5070);
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
    rig_grant(r, 3600);
    assert_told(r, SIP_ACCOUNT_REGISTERED);
}

static void redirected_later(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    answer(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9:5070>\n");
    assert_int_equal(last(r)->flow.remote.port, 5070);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    /* It stays there while that goes well, and begins anew at its own registrar else. */
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(last(r)->flow.remote.port, 5070);
    answer(r, "500 Server Internal Error", "");
    rig_run(r, 2500);
    assert_int_equal(last(r)->flow.remote.port, 5060);
    assert_true(slice_starts(slice_of(last(r)->text), SLICE("REGISTER sip:192.0.2.2 ")));
}

static void redirected_in_circles(struct rig *r)
{
    asks(r);
    answer(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9>\n");
    answer(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.2>, <sip:192.0.2.9>\n");
    assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(n_sent(r), 2);
}

static void redirected_without_end(struct rig *r)
{
    asks(r);
    for (int i = 0; i < 20; i++) {
        char lines[64];

        snprintf(lines, sizeof lines, "Contact: <sip:192.0.2.%d>\n", 100 + i);
        answer(r, "302 Moved Temporarily", lines);
    }
    assert_failed(r, SIP_ACCOUNT_REFUSED);
    assert_int_equal(n_sent(r), 6);
}

/* --- credentials ------------------------------------------------------------------------------ */

#define CHALLENGE(nonce)                                                                           \
    "WWW-Authenticate: Digest realm=\"here\",qop=\"auth\",nonce=\"" nonce "\"\n"

static struct sip_account *asks_with_password(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    return account;
}

/* 10.2.4: the number rises for the life of the Call-ID, also where nobody waits for the answer. */
static void challenged_midway(struct rig *r)
{
    struct sip_account *account = asks_with_password(r);

    answer(r, "401 Unauthorized", CHALLENGE("a"));
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(last(r), "CSeq"), "3 REGISTER");
}

/* A 3xx may name anybody. */
static void redirected_to_strangers(struct rig *r)
{
    const struct ip stranger = {4, {192, 0, 2, 9}, 5060, 0};
    struct sip_account *account = asks_with_password(r);

    answer(r, "401 Unauthorized", CHALLENGE("a"));
    assert_true(has(rig_header(last(r), "Authorization"), "nonce=\"a\""));
    answer(r, "302 Moved Temporarily", "Contact: <sip:192.0.2.9>\n");
    assert_non_null(rig_find(r, "REGISTER sip:192.0.2.9 SIP/2.0\r\n", 0));
    assert_string_equal(rig_header(last(r), "Authorization"), "");
    answer(r, "401 Unauthorized", CHALLENGE("b"));
    assert_failed(r, SIP_ACCOUNT_CANNOT_ANSWER);
    assert_string_equal(rig_last_told(r)->reason, "it is not our server that asks");
    assert_false(sip_account_is_server(account, &stranger));
    assert_int_equal(n_sent(r), 3);
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
    answer(r, "302 Moved Temporarily", "Contact: <sip:two.example.org>\n");
    assert_non_null(rig_find(r, "REGISTER sip:two.example.org SIP/2.0\r\n", 0));
    assert_string_equal(rig_header(last(r), "Route"), "<sip:192.0.2.9;lr>");
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
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    snprintf(contact, sizeof contact, "Contact: <%s>\n", place);
    answer(r, "302 Moved Temporarily", contact);
    return last(r);
}

static void redirected_to_our_own(struct rig *r)
{
    assert_true(
        has(rig_header(registers_at(r, "sip:b.EXAMPLE.org"), "Authorization"), "nonce=\"a\""));
}

static void redirected_to_another_port(struct rig *r)
{
    assert_true(
        has(rig_header(registers_at(r, "sip:example.org:5070"), "Authorization"), "nonce=\"a\""));
}

static void redirected_to_a_name_alike(struct rig *r)
{
    assert_string_equal(rig_header(registers_at(r, "sip:badexample.org"), "Authorization"), "");
}

static void wants_password(struct rig *r)
{
    struct sip_account *account = asks(r);

    answer(r, "401 Unauthorized", CHALLENGE("a"));
    assert_told(r, SIP_ACCOUNT_PASSWORD_WANTED);
    assert_string_equal(rig_last_told(r)->realm, "here");
    rig_run(r, 300 * SECOND);
    assert_int_equal(n_sent(r), 1);
    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
    assert_true(has(rig_header(last(r), "Authorization"), "nonce=\"a\""));
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    r->grants = true;
    rig_run(r, HOUR); /* the next one has them at once */
    assert_int_equal(n_sent(r), 3);
    assert_true(has(rig_header(last(r), "Authorization"), "nc=00000002"));
    assert_string_equal(rig_header(last(r), "CSeq"), "3 REGISTER");
}

static void has_no_password(struct rig *r)
{
    struct sip_account *account = asks(r);

    answer(r, "401 Unauthorized", CHALLENGE("a"));
    sip_account_set_password(account, (struct slice){0}, r->now_ms);
    rig_drain(r);
    assert_failed(r, SIP_ACCOUNT_NO_PASSWORD);
    assert_int_equal(rig_last_told(r)->status, 401);
    assert_true(rig_last_told(r)->retry_ms == NEVER_MS);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 1);
}

static void refused_password(struct rig *r)
{
    asks_with_password(r);
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    answer(r, "401 Unauthorized", CHALLENGE("b"));
    answer(r, "401 Unauthorized", CHALLENGE("c"));
    assert_failed(r, SIP_ACCOUNT_REFUSED_PASSWORD);
    assert_int_equal(rig_last_told(r)->status, 401);
    assert_string_equal(rig_last_told(r)->realm, "here");
    assert_true(rig_last_told(r)->retry_ms == NEVER_MS);
    assert_int_equal(n_sent(r), 3);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 3);
}

static void refused_password_with_403(struct rig *r)
{
    asks_with_password(r);
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    answer(r, "403 Forbidden", "");
    assert_failed(r, SIP_ACCOUNT_REFUSED_PASSWORD);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 2);
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
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    assert_failed(r, SIP_ACCOUNT_CANNOT_ANSWER);
    assert_true(*rig_last_told(r)->reason);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 1);
}

static void leaves_without_password(struct rig *r)
{
    struct sip_account *account = asks(r);

    answer(r, "401 Unauthorized", CHALLENGE("a"));
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    rig_run(r, HOUR);
    assert_int_equal(n_sent(r), 1);
}

static void leaves_with_password(struct rig *r)
{
    struct sip_account *account = asks_with_password(r);

    answer(r, "401 Unauthorized", CHALLENGE("a"));
    rig_grant(r, 3600);
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    answer(r, "401 Unauthorized", CHALLENGE("b"));
    assert_true(has(rig_header(last(r), "Authorization"), "nonce=\"b\""));
    assert_true(has(rig_header(last(r), "Contact"), "expires=0"));
    answer(r, "200 OK", "");
    assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_true(rig_comes_to_rest(r));
}

static void not_twice_after_423(struct rig *r)
{
    asks_with_password(r);
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    answer(r, "423 Interval Too Brief", "Min-Expires: 7200\n");
    assert_int_equal(n_sent(r), 3);
    assert_true(has(rig_header(last(r), "Authorization"), "nonce=\"a\""));
    assert_string_equal(rig_header(last(r), "CSeq"), "3 REGISTER");
    rig_grant(r, 7200);
    assert_told(r, SIP_ACCOUNT_REGISTERED);
}

/* --- not reached ------------------------------------------------------------------------------ */

static void silent(struct rig *r)
{
    asks(r);
    rig_run(r, 32 * SECOND);
    assert_failed(r, SIP_ACCOUNT_NO_ANSWER);
    assert_in_range(rig_last_told(r)->retry_ms, 250, 1000);
    assert_int_equal(n_sent(r), 11);
    rig_run(r, SECOND);
    assert_int_equal(n_sent(r), 12);
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
}

static void unreachable(struct rig *r)
{
    r->send_fails = true;
    asks(r);
    assert_failed(r, SIP_ACCOUNT_UNREACHABLE);
    assert_int_equal(rig_last_told(r)->err, -ECONNREFUSED);
    rig_run(r, 60 * SECOND);
    for (size_t i = 1; i < n_sent(r); i++) {
        uint64_t gap = rig_find(r, "REGISTER ", i)->at_ms - rig_find(r, "REGISTER ", i - 1)->at_ms;

        assert_in_range(gap, 500, 2500);
    }
    rig_run(r, 600 * SECOND);
    rig_forget(r);
    rig_run(r, HOUR);
    assert_in_range(n_sent(r), 3600 / 30 - 1, 3600 / 24 + 1);
}

static void not_found(struct rig *r)
{
    r->not_found = true;
    asks(r);
    assert_failed(r, SIP_ACCOUNT_NOT_FOUND);
    assert_int_equal(rig_last_told(r)->err, -ENOENT);
    assert_in_range(rig_last_told(r)->retry_ms, 500, 2500);
    r->not_found = false;
    r->grants = true;
    rig_run(r, 2500);
    assert_told(r, SIP_ACCOUNT_REGISTERED);
}

/* The server is away for so long, and then answers: how long until we are registered? */
static uint64_t time_to_return(uint64_t seed, bool icmp, uint64_t outage_ms)
{
    struct rig *r = rig_new(SIP_UDP);
    uint64_t back_ms, took_ms = 0;

    r->rng = rng_seeded(seed);
    r->send_fails = icmp;
    asks(r);
    rig_run(r, outage_ms);
    back_ms = r->now_ms;
    r->send_fails = false;
    r->grants = true;
    rig_forget(r);
    rig_run(r, 60 * SECOND);
    if (rig_told_count(r, SIP_ACCOUNT_REGISTERED))
        took_ms = rig_told(r, SIP_ACCOUNT_REGISTERED, 0)->at_ms - back_ms;
    else
        took_ms = NEVER_MS;
    rig_free(r);
    return took_ms;
}

static void back_after_icmp(struct rig *r)
{
    (void)r;
    for (uint64_t seed = 1; seed <= 40; seed++)
        for (uint64_t s = 1; s <= 60; s++)
            assert_in_range(time_to_return(seed, true, s * SECOND + seed * 13), 0, 3 * SECOND);
}

static void back_after_silence(struct rig *r)
{
    (void)r;
    for (uint64_t seed = 1; seed <= 40; seed++)
        for (uint64_t s = 1; s <= 60; s++)
            assert_in_range(time_to_return(seed, false, s * SECOND - seed * 13), 0,
                            SIP_T2_MS + SECOND);
}

static void back_after_long(struct rig *r)
{
    (void)r;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (uint64_t s = 61; s <= 1200; s += 67) {
            assert_in_range(time_to_return(seed, true, s * SECOND), 0, 30 * SECOND);
            assert_in_range(time_to_return(seed, false, s * SECOND), 0, 30 * SECOND);
        }
}

static void ping_fails(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    rig_run(r, 19999);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 0);
    rig_run(r, 5001);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 1);
    assert_int_equal(n_sent(r), 1);
    sip_endpoint_send_failed(r->ep, rig_last(r, "\r\n\r\n")->key, -ECONNREFUSED, r->now_ms);
    assert_false(sip_account_is_registered(account));
    r->grants = true;
    rig_run(r, 200);
    assert_int_equal(n_sent(r), 2);
    assert_true(sip_account_is_registered(account));
}

static void pings(struct rig *r)
{
    rig_registered(r);
    rig_run(r, 1000 * SECOND);
    assert_in_range(rig_count(r, "\r\n\r\n"), 40, 50);
    assert_true(ip_same(&rig_last(r, "\r\n\r\n")->flow.remote, &r->flow.remote));
}

static void flaps(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    size_t n = 0;

    r->grants = true;
    rig_forget(r);
    /* It answers, and is gone at once, again and again. */
    for (uint64_t end = r->now_ms + 600 * SECOND; r->now_ms < end; n++) {
        sip_register_ping_failed(account, r->now_ms);
        rig_run(r, 1);
        while (!sip_account_is_registered(account))
            rig_run(r, 100);
    }
    assert_true(n < 80);
}

/* The REGISTER that is under way tells more of the server than a keep-alive before it. */
static void ping_fails_late(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    sip_register_ping_failed(account, r->now_ms);
    assert_true(sip_account_is_registered(account));
    rig_grant(r, 3600);
    rig_run(r, SECOND);
    assert_int_equal(n_sent(r), 2);
}

/* --- moving ----------------------------------------------------------------------------------- */

static const struct ip elsewhere = {.family = 4, .bytes = {198, 51, 100, 7}, .port = 5060};

static void moves(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    char old[300];

    snprintf(old, sizeof old, ", <%s>;expires=0", contact_of(last(r)));
    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
    assert_true(has(contact_of(last(r)), "@198.51.100.7:5060"));
    assert_true(has(rig_header(last(r), "Contact"), old));
    assert_true(has(rig_header(last(r), "Via"), "198.51.100.7"));
    rig_grant(r, 3600);
    assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_true(rig_last_told(r)->changed);
    assert_true(has(rig_last_told(r)->contact, "198.51.100.7"));
    r->grants = true;
    rig_run(r, HOUR);
    assert_false(has(rig_header(last(r), "Contact"), "expires=0"));
}

static void moves_unanswered(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_run(r, 5 * SECOND); /* silence */
    r->local.bytes[3] = 8;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_true(has(contact_of(last(r)), "@198.51.100.8:5060"));
    assert_true(has(rig_header(last(r), "Contact"), "@192.0.2.1:5060>;expires=0"));
    assert_true(has(rig_header(last(r), "Contact"), "@198.51.100.7:5060>;expires=0"));
    r->local = (struct ip){0};
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_true(has(contact_of(last(r)), "@192.0.2.1:5060"));
    assert_false(has(rig_header(last(r), "Contact"), "@192.0.2.1:5060>;expires=0"));
}

static void stays(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 1); /* a moment ago all was well */
    rig_run(r, 3 * SECOND);
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
    assert_false(has(rig_header(last(r), "Contact"), "expires=0"));
}

/* Of two servers the one that knows us counts, not the first. */
static void stays_with_its_server(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};
    struct sip_account *account = rig_registered(r);

    flows[0].remote.bytes[3] = 3;
    flows[0].local = elsewhere;
    flows[0].connection = flows[1].connection = 0;
    r->hold_locate = true;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 1);
}

static void no_network(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    r->not_found = true;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 1);
    r->not_found = false;
    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
}

static void moves_while_failing(struct rig *r)
{
    struct sip_account *account;

    r->send_fails = true;
    account = asks(r);
    rig_run(r, 300 * SECOND);
    r->send_fails = false;
    r->grants = true;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_true(sip_account_is_registered(account));
}

/* A copy of the first that came behind the second would put back what that has taken away. */
static void moves_midway(struct rig *r)
{
    struct sip_account *account = asks(r);

    rig_run(r, 100);
    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(last(r), "CSeq"), "2 REGISTER");
    assert_int_equal(n_sent(r), 2);
    rig_grant(r, 3600);
    rig_run(r, 20 * SECOND);
    assert_int_equal(n_sent(r), 2);
}

/* Round and round: the oldest is left to expire. */
static void moves_unanswered_again_and_again(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    const char *contacts;

    r->local = elsewhere;
    for (unsigned i = 0; i < 10; i++) {
        r->local.bytes[3] = (unsigned char)(10 + i);
        sip_account_network_changed(account, r->now_ms);
        rig_run(r, SECOND);
    }
    contacts = rig_header(last(r), "Contact");
    assert_true(has(contact_of(last(r)), "@198.51.100.19:5060"));
    assert_true(has(contacts, "@192.0.2.1:5060>;expires=0"));
    assert_true(has(contacts, "@198.51.100.18:5060>;expires=0"));
}

/* An answer with what the server saw in our Via. */
static void grant_seen(struct rig *r, const char *seen)
{
    const struct rig_sent *to = last(r);
    const char *via = rig_header(to, "Via");

    rig_receive(r,
                "SIP/2.0 200 OK\nVia: %.*s;%s\nFrom: %s\nTo: %s;tag=r\nCall-ID: %s\nCSeq: %s\n"
                "Contact: <%s>;expires=3600\nContent-Length: 0\n\n",
                (int)(strstr(via, ";rport") - via), via, seen, rig_header(to, "From"),
                rig_header(to, "To"), rig_header(to, "Call-ID"), rig_header(to, "CSeq"),
                contact_of(to));
}

static void behind_nat(struct rig *r)
{
    struct sip_account *account = asks(r);

    grant_seen(r, "received=203.0.113.5;rport=40000");
    assert_true(sip_account_is_registered(account));
    assert_string_equal(rig_told(r, SIP_ACCOUNT_REGISTERED, 0)->seen_at, "203.0.113.5:40000");
    assert_int_equal(n_sent(r), 2);
    assert_true(has(contact_of(last(r)), "@203.0.113.5:40000"));
    assert_true(has(rig_header(last(r), "Contact"), "@192.0.2.1:5060>;expires=0"));
    grant_seen(r, "received=203.0.113.5;rport=40000");
    assert_int_equal(n_sent(r), 2);
    assert_true(has(rig_last_told(r)->contact, "@203.0.113.5:40000"));
    r->grants = true;
    rig_run(r, HOUR);
    assert_true(has(contact_of(last(r)), "@203.0.113.5:40000"));
}

/* Where the other network is only noticed as the server no longer answers. */
static void out_of_nat(struct rig *r)
{
    struct sip_account *account = asks(r);

    grant_seen(r, "received=203.0.113.5;rport=40000");
    grant_seen(r, "received=203.0.113.5;rport=40000");
    r->local = elsewhere;
    sip_register_ping_failed(account, r->now_ms);
    rig_run(r, SECOND);
    assert_true(has(contact_of(last(r)), "@198.51.100.7:5060"));
    grant_seen(r, "received=203.0.113.9;rport=40000");
    assert_true(has(contact_of(last(r)), "@203.0.113.9:40000"));
}

static void new_port_each_time(struct rig *r)
{
    asks(r);
    for (int i = 0; i < 20; i++) {
        char seen[64];

        snprintf(seen, sizeof seen, "received=203.0.113.5;rport=%d", 40000 + i);
        grant_seen(r, seen);
    }
    assert_int_equal(n_sent(r), 2);
}

/* As when the NAT is restarted. */
static void new_port_once(struct rig *r)
{
    struct sip_account *account = asks(r);

    grant_seen(r, "received=203.0.113.5;rport=40000");
    grant_seen(r, "received=203.0.113.5;rport=40000");
    rig_run(r, 5 * SECOND);
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    grant_seen(r, "received=203.0.113.5;rport=50000");
    assert_int_equal(n_sent(r), 3);
    rig_run(r, 56 * SECOND);
    grant_seen(r, "received=203.0.113.5;rport=50000");
    assert_true(has(contact_of(last(r)), "@203.0.113.5:50000"));
}

static void seen_as_we_are(struct rig *r)
{
    asks(r);
    grant_seen(r, "received=192.0.2.1;rport=5060");
    assert_int_equal(n_sent(r), 1);
    assert_string_equal(rig_last_told(r)->seen_at, "192.0.2.1:5060");
}

/* --- TCP -------------------------------------------------------------------------------------- */

static void tcp_port_is_no_nat(struct rig *r)
{
    asks(r);
    assert_true(has(contact_of(last(r)), ";transport=tcp"));
    grant_seen(r, "received=192.0.2.1;rport=40000");
    assert_int_equal(n_sent(r), 1);
}

static void tcp_nat(struct rig *r)
{
    asks(r);
    grant_seen(r, "received=203.0.113.5;rport=40000");
    assert_int_equal(n_sent(r), 2);
    assert_true(has(contact_of(last(r)), "@203.0.113.5:40000;transport=tcp"));
}

/* The port was of that connection, and each has its own: nobody waits for a minute to be over. */
static void tcp_nat_lost(struct rig *r)
{
    asks(r);
    grant_seen(r, "received=203.0.113.5;rport=40000");
    grant_seen(r, "received=203.0.113.5;rport=40000");
    rig_run(r, 20 * SECOND);
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    rig_run(r, 200);
    assert_true(has(contact_of(last(r)), "@192.0.2.1:5060;transport=tcp"));
    grant_seen(r, "received=203.0.113.5;rport=40001");
    assert_true(has(contact_of(last(r)), "@203.0.113.5:40001;transport=tcp"));
}

static void tcp_lost(struct rig *r)
{
    struct sip_account *account = asks(r);

    rig_grant(r, 3600);
    assert_true(sip_endpoint_needs_connection(r->ep, 1));
    rig_run(r, 60 * SECOND);
    assert_true(sip_endpoint_needs_connection(r->ep, 1));
    assert_false(sip_endpoint_needs_connection(r->ep, 2));
    sip_endpoint_connection_lost(r->ep, 2, r->now_ms);
    assert_true(sip_account_is_registered(account));
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    assert_false(sip_account_is_registered(account));
    rig_run(r, 200);
    assert_int_equal(n_sent(r), 2);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
}

static void tcp_lost_midway(struct rig *r)
{
    struct sip_account *account = asks(r);

    rig_grant(r, 3600);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    rig_run(r, 1000);
    assert_int_equal(n_sent(r), 3);
}

static void tcp_lost_behind_challenge(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    assert_int_equal(last(r)->flow.connection, 1);
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    rig_run(r, SECOND);
    assert_int_equal(n_sent(r), 3);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
}

/* Whoever has seen a request can answer it, but not draw the next one to himself. */
static void tcp_answered_by_others(struct rig *r)
{
    struct sip_flow server = r->flow;
    struct sip_account *account = rig_account(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    r->flow.connection = 9;
    r->flow.remote.bytes[3] = 66;
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    assert_int_equal(n_sent(r), 2);
    assert_true(last(r)->flow.connection != 9);
    rig_grant(r, 3600);
    r->flow = server;
    rig_run(r, HOUR);
    assert_true(n_sent(r) > 2 && last(r)->flow.connection != 9);
    assert_true(rig_last(r, "\r\n\r\n")->flow.connection != 9);
}

static void tcp_pings(struct rig *r)
{
    asks(r);
    rig_grant(r, 3600);
    rig_run(r, 71 * SECOND);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 0);
    rig_run(r, 20 * SECOND);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 1);
    assert_int_equal(rig_last(r, "\r\n\r\n")->flow.connection, 1);
}

/* --- several targets -------------------------------------------------------------------------- */

static void next_target(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};
    struct sip_account *account;

    flows[1].remote.bytes[3] = 3;
    r->hold_locate = true;
    account = asks(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    sip_endpoint_send_failed(r->ep, last(r)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(n_sent(r), 2);
    assert_true(ip_same(&last(r)->flow.remote, &flows[1].remote));
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    assert_true(sip_account_is_server(account, &flows[0].remote));
    assert_true(sip_account_is_server(account, &flows[1].remote));
    r->grants = true;
    rig_run(r, HOUR); /* the one that answered is asked again, without a new look-up */
    assert_true(ip_same(&last(r)->flow.remote, &flows[1].remote));
    assert_int_equal(r->n_locates, 1);
}

static void next_transport(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};

    flows[1].transport = SIP_TCP;
    r->hold_locate = true;
    asks(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    assert_false(has(contact_of(last(r)), "transport=tcp"));
    sip_endpoint_send_failed(r->ep, last(r)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(last(r)->flow.transport, SIP_TCP);
    assert_true(has(contact_of(last(r)), ";transport=tcp"));
}

static void looks_anew(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    assert_int_equal(r->n_locates, 1);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_locates, 1);
    sip_endpoint_send_failed(r->ep, last(r)->key, -ECONNREFUSED, r->now_ms);
    rig_run(r, SECOND);
    assert_int_equal(r->n_locates, 2);
}

/* Two servers; it has asked the first. */
static struct sip_account *asks_of_two(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};
    struct sip_account *account;

    flows[1].remote.bytes[3] = 3;
    r->hold_locate = true;
    account = asks_with_password(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    return account;
}

static unsigned asked_last(const struct rig *r)
{
    return last(r)->flow.remote.bytes[3];
}

static void next_target_in_silence(struct rig *r)
{
    asks_of_two(r);
    rig_run(r, 32 * SECOND - 1);
    assert_int_equal(asked_last(r), 2);
    rig_run(r, 2);
    assert_int_equal(asked_last(r), 3);
}

static void heard_once(struct rig *r)
{
    asks_of_two(r);
    answer(r, "100 Trying", "");
    rig_run(r, 32 * SECOND);
    assert_failed(r, SIP_ACCOUNT_NO_ANSWER);
    assert_int_equal(asked_last(r), 2);
}

static void heard_before_the_challenge(struct rig *r)
{
    asks_of_two(r);
    answer(r, "100 Trying", "");
    answer(r, "401 Unauthorized", CHALLENGE("a"));
    rig_run(r, 32 * SECOND + 1);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_FAILED), 0);
    assert_int_equal(asked_last(r), 3);
}

static void refresh_elsewhere(struct rig *r)
{
    struct sip_account *account = asks_of_two(r);

    rig_grant(r, 3600);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(asked_last(r), 2);
    sip_endpoint_send_failed(r->ep, last(r)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(asked_last(r), 3);
    assert_int_equal(r->n_locates, 1);
}

static void next_target_503(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};

    flows[1].remote.bytes[3] = 3;
    r->hold_locate = true;
    asks(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    answer(r, "503 Service Unavailable", "Retry-After: 100\n");
    assert_int_equal(n_sent(r), 2);
    assert_true(ip_same(&last(r)->flow.remote, &flows[1].remote));
}

/* --- the table -------------------------------------------------------------------------------- */

static void counts_cells(struct rig *r)
{
    size_t n = 0;

    (void)r;
    for (int state = 0; state < SIP_REG_STATES; state++)
        for (int input = 0; input < SIP_REG_INPUTS; input++)
            n += sip_reg_cell_is_used((enum sip_reg_state)state, (enum sip_reg_input)input);
    assert_int_equal(n, SIP_REG_CELLS);
}

static const struct row {
    const char *name;
    void (*steps)(struct rig *r);
    enum sip_transport transport; /* 0: UDP */
} rows[] = {
    {"10.2: registers for the address of record", registers, 0},
    {"10.2.4: refreshes with the same Call-ID and the next CSeq", refreshes, 0},
    {"refreshes a short registration not before half its time", refreshes_short, 0},
    {"10.2.4: finds its own binding among several", finds_its_own, 0},
    {"19.1.4: compares it as a URI", finds_with_case, 0},
    {"knows it by its user part where the server rewrote the rest", finds_rewritten, 0},
    {"where one is the same URI, that one", prefers_the_same_uri, 0},
    {"10.3: more than it asked for does not count", granted_more, 0},
    {"10.2.4: without expires parameter the Expires header counts", expires_header, 0},
    {"without both, what it asked for", as_asked, 0},
    {"a 2xx without any Contact but with Expires is believed", no_contact_but_expires, 0},
    {"a 2xx without Contact and Expires is none", no_contact, 0},
    {"a 2xx with the Contacts of others is none", others_only, 0},
    {"a binding that expires at once is none", expired_at_once, 0},
    {"an answer to nothing is passed over", strangers_response, 0},
    {"each 2xx is told", new_number, 0},

    {"10.2.2: takes back its own binding and no other", unregisters, 0},
    {"takes nothing back where nothing was asked for", unregisters_nothing, 0},
    {"10.2: takes back only when the answer is there", unregisters_midway, 0},
    {"takes nothing back that was refused", unregisters_refused, 0},
    {"takes back in silence: ends after 64*T1", unregisters_in_silence, 0},
    {"the same with a REGISTER under way", unregisters_midway_in_silence, 0},
    {"takes back before the server is found", unregisters_before_found, 0},
    {"takes back after a failed refresh", unregisters_while_waiting, 0},
    {"is not settled before it is taken back", is_not_settled, 0},
    {"registers again after taking back", changes_its_mind, 0},
    {"takes back after that all the same", changes_its_mind_twice, 0},
    {"stays when asked in time", stays_after_all, 0},

    {"10.2.8: obeys Min-Expires, and goes on doing so", too_brief, 0},
    {"obeys it once", too_brief_for_ever, 0},
    {"once a time", too_brief_later_again, 0},
    {"a 423 without Min-Expires is a refusal", too_brief_without_number, 0},
    {"a 423 with a senseless Min-Expires too", too_brief_by_a_century, 0},
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

    {"a silent server is asked again within 1 s after 64*T1", silent, 0},
    {"sends that fail are repeated within 0.5 to 2.5 s, later every 30 s", unreachable, 0},
    {"a name that is not found is looked for again", not_found, 0},
    {"is back within 3 s of the server where sends fail", back_after_icmp, 0},
    {"is back within T2 + 1 s of the server where it was silent", back_after_silence, 0},
    {"is back within 30 s after long", back_after_long, 0},
    {"RFC 5626 4.4.1: keep-alives every 20 to 25 s", pings, 0},
    {"a keep-alive that fails has it register anew", ping_fails, 0},
    {"but not while it does so already", ping_fails_late, 0},
    {"a server that comes and goes is not flooded", flaps, 0},

    {"a new address replaces the old one in one REGISTER", moves, 0},
    {"two moves before an answer: both old ones go", moves_unanswered, 0},
    {"ten moves before an answer", moves_unanswered_again_and_again, 0},
    {"the same address after a change is refreshed", stays, 0},
    {"it stays with the server that it has", stays_with_its_server, 0},
    {"no network is no address", no_network, 0},
    {"a change of network has a failing one tried at once", moves_while_failing, 0},
    {"what is replaced by another is not repeated", moves_midway, 0},
    {"behind a NAT it registers where it is seen", behind_nat, 0},
    {"another port of the NAT is followed within a minute", new_port_once, 0},
    {"a NAT with another port each time is followed once a minute", new_port_each_time, 0},
    {"and no longer where it is on another network", out_of_nat, 0},
    {"seen as it is nothing happens", seen_as_we_are, 0},

    {"TCP: another port is no NAT", tcp_port_is_no_nat, SIP_TCP},
    {"TCP: another address is one", tcp_nat, SIP_TCP},
    {"TCP: and another connection another port", tcp_nat_lost, SIP_TCP},
    {"TCP: a lost connection has it register anew", tcp_lost, SIP_TCP},
    {"TCP: a connection lost with a REGISTER on it", tcp_lost_midway, SIP_TCP},
    {"TCP: a connection lost behind a challenge", tcp_lost_behind_challenge, SIP_TCP},
    {"TCP: an answer from elsewhere draws nothing there", tcp_answered_by_others, SIP_TCP},
    {"TCP: keep-alives go over the connection", tcp_pings, SIP_TCP},

    {"RFC 3263 4.3: the next target where a send fails", next_target, 0},
    {"where no response came at all", next_target_in_silence, 0},
    {"but not behind a provisional one", heard_once, 0},
    {"which is of its own transaction alone", heard_before_the_challenge, 0},
    {"and where a refresh fails", refresh_elsewhere, 0},
    {"with a Contact of its own where that is another transport", next_transport, 0},
    {"where all have failed they are looked for anew", looks_anew, 0},
    {"and after a 503", next_target_503, 0},
    {"the table has as many cells as it says", counts_cells, 0},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct rig *r = rig_new(row->transport ? row->transport : SIP_UDP);

    row->steps(r);
    rig_free(r);
}

int main(void)
{
    return RUN_ROWS("sip/register", rows, check);
}
