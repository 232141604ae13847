/* How long an offer may be so that its request goes by UDP (RFC 3261 18.1.1). */
#include <string.h>

#include "sip/limits.h"
#include "tests/lib/rows.h"
#include "tests/unit/sip/accounts.h"
#include "tests/unit/sip/calling.h"

#define NONCE "aiRXmGoiVmyl8x1zUQ+LfjtGHHzvyKv9AAAAAA=="
#define DIGEST                                                                                     \
    "Digest realm=\"192.0.2.2\", nonce=\"" NONCE "\", qop=\"auth\", algorithm=SHA-256, "           \
    "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"\n"
#define OF_REGISTER "WWW-Authenticate: " DIGEST
#define OF_INVITE "Proxy-Authenticate: " DIGEST

static void offer(struct rig *r, size_t n)
{
    char sdp[SIP_MAX_UDP_REQUEST + 1];

    assert_true(n < sizeof sdp);
    memset(sdp, 'o', n);
    sip_call_offer(r->call, (struct slice){sdp, n}, r->now_ms);
    rig_drain(r);
}

static void begin(struct rig *r, struct sip_account *account)
{
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2"), .account = account};

    rig_forget(r);
    assert_int_equal(sip_call_invite(r->ep, &params, &r->call, r->now_ms), 0);
    rig_drain(r);
}

static void expect_sent(struct rig *r, size_t nth, enum sip_transport transport, size_t least)
{
    const struct rig_sent *sent = rig_find(r, "INVITE", nth);

    assert_non_null(sent);
    assert_int_equal(sent->flow.transport, transport);
    if (transport == SIP_UDP)
        assert_in_range(sent->n, least, SIP_MAX_UDP_REQUEST);
}

static void to_the_byte(struct rig *r)
{
    begin(r, NULL);
    offer(r, sip_call_room(r->call));
    expect_sent(r, 0, SIP_UDP, SIP_MAX_UDP_REQUEST);
}

static void a_byte_more(struct rig *r)
{
    begin(r, NULL);
    offer(r, sip_call_room(r->call) + 1);
    expect_sent(r, 0, SIP_TCP, 0);
}

static void with_a_route(struct rig *r)
{
    static const struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2"),
                                                     .proxy = SLICE("sip:192.0.2.2:5070;lr")};

    begin(r, account_registered(r, &params));
    offer(r, sip_call_room(r->call));
    expect_sent(r, 0, SIP_UDP, 900);
    assert_true(rig_find(r, "INVITE", 0)->n < SIP_MAX_UDP_REQUEST - 200); /* for a challenge */
    rig_answer(r, rig_find(r, "INVITE", 0), "486 Busy", "s", "", "");
}

/* The first request that is challenged: what REGISTERs were asked tells what comes. */
static void as_registers_are_asked(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_last(r, "REGISTER"), "401 Unauthorized", "s", OF_REGISTER, "");
    rig_grant(r, 3600);
    begin(r, account);
    offer(r, sip_call_room(r->call));
    expect_sent(r, 0, SIP_UDP, 900);
    rig_answer(r, rig_find(r, "INVITE", 0), "407 Proxy Authentication Required", "s", OF_INVITE,
               "");
    expect_sent(r, 1, SIP_UDP, SIP_MAX_UDP_REQUEST - 16);
    rig_answer(r, rig_find(r, "INVITE", 1), "486 Busy", "s", "", "");
}

static void never_asked(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    begin(r, account);
    offer(r, sip_call_room(r->call));
    rig_answer(r, rig_find(r, "INVITE", 0), "407 Proxy Authentication Required", "s", OF_INVITE,
               "");
    expect_sent(r, 1, SIP_UDP, SIP_MAX_UDP_REQUEST - 128);
    rig_answer(r, rig_find(r, "INVITE", 1), "486 Busy", "s", "", "");
}

/* The INVITE gets longer by where a redirect leads; nothing else changes. */
static void longer_by_a_redirect(struct rig *r)
{
    size_t room;

    begin(r, NULL);
    room = sip_call_room(r->call);
    offer(r, room);
    rig_answer(r, rig_find(r, "INVITE", 0), "302 Moved", "s",
               "Contact: <sip:bob-at-another-place-of-a-longer-name@192.0.2.2>\n", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
    assert_in_range(sip_call_room(r->call), room - 100, room - 1);
    offer(r, sip_call_room(r->call));
    expect_sent(r, 1, SIP_UDP, SIP_MAX_UDP_REQUEST);
    rig_answer(r, rig_find(r, "INVITE", 1), "302 Moved", "s", "Contact: <sip:b@192.0.2.2>\n", "");
    expect_sent(r, 2, SIP_UDP, 0); /* which leaves as much */
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
}

static const struct account_row rows[] = {
    {"an INVITE without an account: to the byte", to_the_byte},
    {"and a byte more goes by TCP", a_byte_more},
    {"longer by a redirect: an offer that fits", longer_by_a_redirect},
    {"with a route, and room for credentials", with_a_route},
    {"credentials as REGISTERs have them", as_registers_are_asked},
    {"credentials of a server that has never asked", never_asked},
};

static void a_re_invite(void **state)
{
    struct rig *r = calling_up("Record-Route: <sip:192.0.2.9;lr>\n");
    char sdp[SIP_MAX_UDP_REQUEST];
    size_t room = sip_call_room(r->call);

    (void)state;
    memset(sdp, 'o', sizeof sdp);
    assert_in_range(room, 500, 1000);
    assert_int_equal(sip_call_reinvite(r->call, (struct slice){sdp, room}, r->now_ms), 0);
    rig_drain(r);
    expect_sent(r, 1, SIP_UDP, SIP_MAX_UDP_REQUEST);
    calling_end(r);
}

/* Nor has an answer to a call that came in, whose request has found its way. */
static void a_connection_has_no_limit(void **state)
{
    struct rig *r = rig_new(SIP_TCP);

    (void)state;
    begin(r, NULL);
    assert_true(sip_call_room(r->call) == SIZE_MAX);
    rig_free(r);
    r = rig_new(SIP_UDP);
    rig_invited(r, "1");
    assert_true(sip_call_room(r->call) == SIZE_MAX);
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_re_invite),
        cmocka_unit_test(a_connection_has_no_limit),
    };

    return RUN_ROWS("sip/room", rows, account_check) +
           cmocka_run_group_tests_name("sip/room, other requests", tests, NULL, NULL);
}
