/* test_request_auth.c - requests of an account that are challenged (RFC 3261 22.2, 22.3): what is
 * sent again, to whom, with which numbers. */

#include "sip/core.h"
#include "sip/credentials.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

#define ASKS(nonce)                                                                                \
    "Proxy-Authenticate: Digest realm=\"192.0.2.2\",nonce=\"" nonce "\",qop=\"auth\"\n"
#define THERE "Contact: <sip:bob@192.0.2.2>\n"
#define ELSEWHERE "Contact: <sip:bob@192.0.2.9>\n"
#define OUR_ROUTE "Record-Route: <sip:192.0.2.2;lr>\n"

struct bench {
    struct rig *r;
    struct sip_account *account;
    struct sip_call *call;
};

static struct sip_call *call_to(struct bench *b, const char *target, const char *offer)
{
    struct sip_invite_params params = {.target = slice_of(target), .account = b->account};

    return rig_call_with(b->r, &params, offer);
}

static void password(struct bench *b, const char *text)
{
    sip_account_set_password(b->account, slice_of(text), b->r->now_ms);
    rig_drain(b->r);
}

static void hangup(struct bench *b)
{
    sip_call_hangup(b->call, b->r->now_ms);
    rig_drain(b->r);
}

static const struct rig_sent *sent(const struct bench *b, const char *method, size_t i)
{
    const struct rig_sent *found = rig_find(b->r, method, i);

    assert_non_null(found);
    return found;
}

static const char *header(const struct bench *b, const char *method, size_t i, const char *name)
{
    return rig_header(sent(b, method, i), name);
}

static const char *lines_of(const struct bench *b, const char *method, size_t i)
{
    return header(b, method, i, "Proxy-Authorization");
}

static void asks(struct bench *b, const char *method, size_t i, const char *lines)
{
    rig_answer(b->r, sent(b, method, i), "407 Proxy Authentication Required", "s", lines, "");
}

static void ends(const struct bench *b, enum sip_end_cause cause, unsigned status)
{
    const struct rig_event *end = rig_event(b->r, SIP_CALL_ENDED, 0);

    assert_non_null(end);
    assert_int_equal(end->cause, cause);
    assert_int_equal(end->status, status);
}

/* The first INVITE is challenged, the second one accepted. */
static void up(struct bench *b, const char *lines)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    rig_answer(b->r, sent(b, "INVITE", 1), "200 OK", "b", lines, "x");
    assert_int_equal(rig_event_count(b->r, SIP_CALL_ANSWERED), 1);
}

/* --- the INVITE ------------------------------------------------------------------------------- */

static void invite_again(struct bench *b)
{
    assert_string_equal(lines_of(b, "INVITE", 0), "");
    asks(b, "INVITE", 0, ASKS("n1"));
    assert_int_equal(rig_count(b->r, "INVITE"), 2);
    assert_string_equal(header(b, "ACK", 0, "CSeq"), "1 ACK");
    assert_string_equal(header(b, "ACK", 0, "Via"), header(b, "INVITE", 0, "Via"));
    assert_string_equal(header(b, "INVITE", 1, "CSeq"), "2 INVITE");
    assert_string_equal(header(b, "INVITE", 1, "Call-ID"), header(b, "INVITE", 0, "Call-ID"));
    assert_string_equal(header(b, "INVITE", 1, "From"), header(b, "INVITE", 0, "From"));
    assert_string_equal(header(b, "INVITE", 1, "To"), header(b, "INVITE", 0, "To"));
    assert_string_not_equal(header(b, "INVITE", 1, "Via"), header(b, "INVITE", 0, "Via"));
    assert_non_null(strstr(lines_of(b, "INVITE", 1), "uri=\"sip:bob@192.0.2.2\""));
    assert_non_null(strstr(lines_of(b, "INVITE", 1), "nc=00000001"));
    assert_int_equal(rig_event_count(b->r, SIP_CALL_OFFER_WANTED), 1);
    assert_int_equal(rig_event_count(b->r, SIP_CALL_ENDED), 0);
}

static void ack_and_bye(struct bench *b)
{
    up(b, THERE);
    assert_string_equal(header(b, "ACK", 1, "CSeq"), "2 ACK");
    assert_string_equal(lines_of(b, "ACK", 1), lines_of(b, "INVITE", 1));
    hangup(b);
    assert_string_equal(header(b, "BYE", 0, "CSeq"), "3 BYE");
    assert_non_null(strstr(lines_of(b, "BYE", 0), "nc=00000002"));
    asks(b, "BYE", 0, ASKS("n2"));
    assert_string_equal(header(b, "BYE", 1, "CSeq"), "4 BYE");
    assert_non_null(strstr(lines_of(b, "BYE", 1), "nonce=\"n2\""));
}

static void the_same_ack_again(struct bench *b)
{
    up(b, THERE);
    rig_answer(b->r, sent(b, "INVITE", 1), "200 OK", "b", THERE, "x");
    assert_int_equal(rig_count(b->r, "ACK"), 3);
    assert_string_equal(sent(b, "ACK", 2)->text, sent(b, "ACK", 1)->text);
}

static void each_fork(struct bench *b)
{
    up(b, THERE);
    rig_answer(b->r, sent(b, "INVITE", 1), "200 OK", "c", "Contact: <sip:c@192.0.2.2>\n", "x");
    assert_string_equal(lines_of(b, "ACK", 2), lines_of(b, "INVITE", 1));
    assert_string_equal(header(b, "BYE", 0, "CSeq"), "3 BYE");
    assert_non_null(strstr(lines_of(b, "BYE", 0), "uri=\"sip:c@192.0.2.2\""));
}

static void twice_and_no_more(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    asks(b, "INVITE", 1, ASKS("n2"));
    asks(b, "INVITE", 2, ASKS("n3"));
    assert_int_equal(rig_count(b->r, "INVITE"), 3);
    assert_int_equal(rig_count(b->r, "ACK"), 3);
    ends(b, SIP_END_REFUSED, 407);
}

static void whose_realm(struct bench *b)
{
    asks(b, "INVITE", 0, "Proxy-Authenticate: Digest realm=\"evil\",nonce=\"n\"\n");
    assert_int_equal(rig_count(b->r, "INVITE"), 1);
    ends(b, SIP_END_REFUSED, 407);
}

static void both_ask(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    rig_answer(b->r, sent(b, "INVITE", 1), "401 Unauthorized", "s",
               "WWW-Authenticate: Digest realm=\"192.0.2.2\",nonce=\"w\"\n", "");
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "3 INVITE");
    assert_non_null(strstr(lines_of(b, "INVITE", 2), "nc=00000002"));
    assert_non_null(strstr(header(b, "INVITE", 2, "Authorization"), "nonce=\"w\""));
}

static void the_body_that_is_sent(struct bench *b)
{
    struct sip_digest d = {.kind = DIGEST_SHA256,
                           .qop = SIP_QOP_AUTH_INT,
                           .user = SLICE("alice"),
                           .realm = SLICE("192.0.2.2"),
                           .password = SLICE("secret"),
                           .nonce = SLICE("n"),
                           .nc = 1,
                           .method = SLICE("INVITE"),
                           .uri = SLICE("sip:bob@192.0.2.2"),
                           .body = SLICE("o")};
    char hex[DIGEST_HEX_MAX + 1];
    const char *lines, *cnonce;

    asks(b, "INVITE", 0,
         "Proxy-Authenticate: Digest realm=\"192.0.2.2\",nonce=\"n\",qop=\"auth-int\","
         "algorithm=SHA-256\n");
    lines = lines_of(b, "INVITE", 1);
    cnonce = strstr(lines, "cnonce=\"") + 8;
    d.cnonce = (struct slice){cnonce, strcspn(cnonce, "\"")};
    sip_digest_response(&d, hex);
    assert_non_null(strstr(lines, hex));
}

static void at_once_the_next_time(struct bench *b)
{
    up(b, THERE);
    call_to(b, "sip:carol@192.0.2.2", "o");
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "1 INVITE");
    assert_non_null(strstr(lines_of(b, "INVITE", 2), "nc=00000002"));
}

static void ten_minutes_of_ringing(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    rig_answer(b->r, sent(b, "INVITE", 1), "180 Ringing", "b", "", "");
    rig_run(b->r, SIP_RING_MAX_MS + 1);
    assert_string_equal(header(b, "CANCEL", 0, "CSeq"), "2 CANCEL");
    ends(b, SIP_END_TIMEOUT, 408);
}

/* --- to whom credentials go ------------------------------------------------------------------- */

static void none_to_the_phone_itself(struct bench *b)
{
    up(b, ELSEWHERE);
    assert_int_equal(sent(b, "ACK", 1)->flow.remote.bytes[3], 9);
    assert_string_equal(lines_of(b, "ACK", 1), "");
    hangup(b);
    assert_int_equal(sent(b, "BYE", 0)->flow.remote.bytes[3], 9);
    assert_string_equal(lines_of(b, "BYE", 0), "");
    asks(b, "BYE", 0, ASKS("n2"));
    assert_int_equal(rig_count(b->r, "BYE"), 1);
}

static void by_way_of_the_server(struct bench *b)
{
    up(b, OUR_ROUTE ELSEWHERE);
    assert_string_equal(lines_of(b, "ACK", 1), lines_of(b, "INVITE", 1));
    hangup(b);
    assert_int_equal(sent(b, "BYE", 0)->flow.remote.bytes[3], 2);
    assert_non_null(strstr(lines_of(b, "BYE", 0), "uri=\"sip:bob@192.0.2.9\""));
}

/* Who answers may say whatever he likes about the way. */
static void a_route_to_strangers(struct bench *b)
{
    up(b, "Record-Route: <sip:192.0.2.5;lr>\n" ELSEWHERE);
    assert_int_equal(sent(b, "ACK", 1)->flow.remote.bytes[3], 5);
    assert_string_equal(lines_of(b, "ACK", 1), "");
    hangup(b);
    assert_string_equal(lines_of(b, "BYE", 0), "");
    asks(b, "BYE", 0, ASKS("n2"));
    assert_int_equal(rig_count(b->r, "BYE"), 1);
}

/* A server may have several addresses: those that its name has, and where REGISTERs went. */
static void a_route_to_our_registrar(struct bench *b)
{
    sip_account_register(b->account, b->r->now_ms);
    rig_drain(b->r);
    rig_grant(b->r, 3600);
    b->r->flow.remote.bytes[3] = 9;
    b->r->flow.remote.port = 5080;
    up(b, "Record-Route: <sip:192.0.2.2:5070;lr>\n" ELSEWHERE);
    assert_int_equal(sent(b, "ACK", 1)->flow.remote.port, 5070);
    assert_string_equal(lines_of(b, "ACK", 1), lines_of(b, "INVITE", 1));
}

/* A phone on the machine of our server is not our server. */
static void beside_our_server(struct bench *b)
{
    sip_account_register(b->account, b->r->now_ms);
    rig_drain(b->r);
    rig_grant(b->r, 3600);
    up(b, "Contact: <sip:bob@192.0.2.2:5090>\n");
    assert_int_equal(sent(b, "ACK", 1)->flow.remote.port, 5090);
    assert_string_equal(lines_of(b, "ACK", 1), "");
}

static void a_redirect_to_strangers(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    rig_answer(b->r, sent(b, "INVITE", 1), "302 Moved", "s", "Contact: <sip:bob@192.0.2.3>\n", "");
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "3 INVITE");
    assert_int_equal(sent(b, "INVITE", 2)->flow.remote.bytes[3], 3);
    assert_string_equal(lines_of(b, "INVITE", 2), "");
    asks(b, "INVITE", 2, ASKS("n2"));
    assert_int_equal(rig_count(b->r, "INVITE"), 3);
    ends(b, SIP_END_REFUSED, 407);
}

static void a_redirect_within_our_server(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    rig_answer(b->r, sent(b, "INVITE", 1), "302 Moved", "s", "Contact: <sip:box@192.0.2.2>\n", "");
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "3 INVITE");
    assert_non_null(strstr(lines_of(b, "INVITE", 2), "uri=\"sip:box@192.0.2.2\""));
}

static void another_domain(struct bench *b)
{
    call_to(b, "sip:carol@192.0.2.7", "o");
    asks(b, "INVITE", 1, ASKS("n1"));
    assert_int_equal(rig_count(b->r, "INVITE"), 2);
    ends(b, SIP_END_REFUSED, 407);
}

static void a_dialog_of_a_stranger(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    rig_invited(b->r, "1");
    sip_call_accept(b->r->call, SLICE("x"), b->r->now_ms);
    rig_drain(b->r);
    rig_receive(b->r,
                "ACK sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKa\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: %s\nCall-ID: c\nCSeq: 1 ACK\n"
                "Content-Length: 0\n\n",
                rig_header(rig_find(b->r, "SIP/2.0 200", 0), "To"));
    sip_call_hangup(b->r->call, b->r->now_ms);
    rig_drain(b->r);
    assert_string_equal(lines_of(b, "BYE", 0), "");
    asks(b, "BYE", 0, ASKS("n1"));
    assert_int_equal(rig_count(b->r, "BYE"), 1);
}

static void the_account_is_gone(struct bench *b)
{
    up(b, THERE);
    sip_account_free(b->account);
    hangup(b);
    assert_string_equal(lines_of(b, "BYE", 0), "");
    asks(b, "BYE", 0, ASKS("n1"));
    assert_int_equal(rig_count(b->r, "BYE"), 1);
}

/* --- offers within the call ------------------------------------------------------------------- */

static void reinvite(struct bench *b)
{
    up(b, OUR_ROUTE ELSEWHERE);
    assert_int_equal(sip_call_reinvite(b->call, SLICE("p"), b->r->now_ms), 0);
    rig_drain(b->r);
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "3 INVITE");
    asks(b, "INVITE", 2,
         "Proxy-Authenticate: Digest realm=\"192.0.2.2\",nonce=\"n2\",stale=true,qop=\"auth\"\n");
    assert_string_equal(header(b, "INVITE", 3, "CSeq"), "4 INVITE");
    rig_answer(b->r, sent(b, "INVITE", 3), "200 OK", "b", ELSEWHERE, "y");
    assert_int_equal(rig_event_count(b->r, SIP_CALL_ANSWER), 1);
    assert_string_equal(rig_header(rig_last(b->r, "ACK"), "CSeq"), "4 ACK");
    assert_string_equal(rig_header(rig_last(b->r, "ACK"), "Proxy-Authorization"),
                        lines_of(b, "INVITE", 3));
    hangup(b);
    assert_string_equal(header(b, "BYE", 0, "CSeq"), "5 BYE");
}

static void reinvite_refused(struct bench *b)
{
    up(b, OUR_ROUTE ELSEWHERE);
    assert_int_equal(sip_call_reinvite(b->call, SLICE("p"), b->r->now_ms), 0);
    rig_drain(b->r);
    asks(b, "INVITE", 2, ASKS("n1"));
    assert_int_equal(rig_count(b->r, "INVITE"), 3);
    assert_int_equal(rig_event(b->r, SIP_CALL_OFFER_REFUSED, 0)->status, 407);
    assert_int_equal(rig_event_count(b->r, SIP_CALL_ENDED), 0);
}

static void no_reinvite_behind_a_bye(struct bench *b)
{
    up(b, OUR_ROUTE ELSEWHERE);
    assert_int_equal(sip_call_reinvite(b->call, SLICE("p"), b->r->now_ms), 0);
    rig_drain(b->r);
    hangup(b);
    asks(b, "INVITE", 2, ASKS("n2"));
    assert_int_equal(rig_count(b->r, "INVITE"), 3);
}

static void no_update_behind_a_bye(struct bench *b)
{
    up(b, OUR_ROUTE ELSEWHERE);
    sip_call_request(b->call, b->call->dialog, SIP_UPDATE, 0, SLICE("p"), NULL, b->r->now_ms);
    rig_drain(b->r);
    hangup(b);
    asks(b, "UPDATE", 0, ASKS("n2"));
    assert_int_equal(rig_count(b->r, "UPDATE"), 1);
    asks(b, "BYE", 0, ASKS("n2"));
    assert_string_equal(header(b, "BYE", 1, "CSeq"), "5 BYE");
}

/* --- giving up -------------------------------------------------------------------------------- */

static void hung_up_before_the_challenge(struct bench *b)
{
    hangup(b);
    asks(b, "INVITE", 0, ASKS("n1"));
    assert_int_equal(rig_count(b->r, "INVITE"), 1);
    assert_int_equal(rig_count(b->r, "ACK"), 1);
    assert_int_equal(rig_count(b->r, "CANCEL"), 0);
    ends(b, SIP_END_LOCAL, 0);
}

static void cancelled_after_it(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    hangup(b);
    assert_int_equal(rig_count(b->r, "CANCEL"), 0);
    rig_answer(b->r, sent(b, "INVITE", 1), "180 Ringing", "b", "", "");
    assert_string_equal(header(b, "CANCEL", 0, "CSeq"), "2 CANCEL");
    assert_string_equal(header(b, "CANCEL", 0, "Via"), header(b, "INVITE", 1, "Via"));
    assert_string_equal(lines_of(b, "CANCEL", 0), lines_of(b, "INVITE", 1));
    rig_answer(b->r, sent(b, "INVITE", 1), "487 Terminated", "b", "", "");
    assert_string_equal(lines_of(b, "ACK", 1), lines_of(b, "INVITE", 1));
}

static void cancelled_and_challenged(struct bench *b)
{
    rig_answer(b->r, sent(b, "INVITE", 0), "100 Trying", "", "", "");
    hangup(b);
    assert_int_equal(rig_count(b->r, "CANCEL"), 1);
    asks(b, "INVITE", 0, ASKS("n1"));
    assert_int_equal(rig_count(b->r, "INVITE"), 1);
}

/* --- other ways ------------------------------------------------------------------------------- */

/* A call to a name of two servers; the second one sees us as local. */
static void call_to_two(struct bench *b, unsigned char local)
{
    struct sip_flow flows[2] = {b->r->flow, b->r->flow};

    flows[1].remote.bytes[3] = 3;
    flows[1].local.bytes[3] = local;
    rig_forget(b->r);
    b->r->hold_locate = true;
    b->call = call_to(b, "sip:dave@192.0.2.2", "o");
    sip_endpoint_located(b->r->ep, b->r->locate_key, flows, 2, 0, b->r->now_ms);
    rig_drain(b->r);
    sip_call_offer(b->call, SLICE("o"), b->r->now_ms);
    rig_drain(b->r);
}

static void seen_elsewhere_by_the_second(struct bench *b)
{
    call_to_two(b, 77);
    asks(b, "INVITE", 0, ASKS("n1"));
    assert_string_equal(header(b, "INVITE", 1, "CSeq"), "2 INVITE");
    rig_answer(b->r, sent(b, "INVITE", 1), "503 Overloaded", "s", "", "");
    sip_call_offer(b->call, SLICE("p"), b->r->now_ms);
    rig_drain(b->r);
    assert_non_null(strstr(header(b, "INVITE", 2, "Contact"), "@192.0.2.77:"));
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "2 INVITE");
}

static void two_servers(struct bench *b)
{
    call_to_two(b, 1);
    asks(b, "INVITE", 0, ASKS("n1"));
    assert_int_equal(sent(b, "INVITE", 1)->flow.remote.bytes[3], 2); /* who asked */
    rig_answer(b->r, sent(b, "INVITE", 1), "503 Overloaded", "s", "", "");
    assert_int_equal(sent(b, "INVITE", 2)->flow.remote.bytes[3], 3);
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "2 INVITE"); /* the same to another place */
    assert_non_null(strstr(lines_of(b, "INVITE", 2), "nc=00000002"));
    asks(b, "INVITE", 2, ASKS("m1"));
    assert_string_equal(header(b, "INVITE", 3, "CSeq"), "3 INVITE");
    assert_int_equal(sent(b, "INVITE", 3)->flow.remote.bytes[3], 3);
}

/* 18.1.1: credentials may make it too long for UDP. */
static void longer_than_a_datagram(struct bench *b)
{
    char offer[701];

    memset(offer, 'o', sizeof offer - 1);
    offer[sizeof offer - 1] = '\0';
    rig_forget(b->r);
    b->call = call_to(b, "sip:dave@192.0.2.2", offer);
    assert_int_equal(sent(b, "INVITE", 0)->flow.transport, SIP_UDP);
    asks(b, "INVITE", 0, ASKS("n1"));
    assert_int_equal(sent(b, "INVITE", 1)->flow.transport, SIP_TCP);
    sip_endpoint_send_failed(b->r->ep, sent(b, "INVITE", 1)->key, -111, b->r->now_ms);
    rig_drain(b->r);
    assert_int_equal(sent(b, "INVITE", 2)->flow.transport, SIP_UDP);
    assert_string_equal(header(b, "INVITE", 2, "CSeq"), "2 INVITE");
    assert_non_null(strstr(lines_of(b, "INVITE", 2), "nc=00000002"));
}

static void silence_after_the_challenge(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    rig_run(b->r, SIP_64T1_MS + 1);
    ends(b, SIP_END_TIMEOUT, 408);
}

/* --- waiting for a password ------------------------------------------------------------------- */

static void wanted(struct bench *b)
{
    asks(b, "INVITE", 0, ASKS("n1"));
    assert_int_equal(rig_told_count(b->r, SIP_ACCOUNT_PASSWORD_WANTED), 1);
    assert_string_equal(rig_told(b->r, SIP_ACCOUNT_PASSWORD_WANTED, 0)->realm, "192.0.2.2");
    rig_run(b->r, 100000);
    assert_int_equal(rig_count(b->r, "INVITE"), 1);
    assert_int_equal(rig_event_count(b->r, SIP_CALL_ENDED), 0);
}

static void waits(struct bench *b)
{
    password(b, NULL);
    wanted(b);
    password(b, "secret");
    assert_string_equal(header(b, "INVITE", 1, "CSeq"), "2 INVITE");
    assert_non_null(strstr(lines_of(b, "INVITE", 1), "nonce=\"n1\""));
}

static void there_is_none(struct bench *b)
{
    password(b, NULL);
    wanted(b);
    password(b, NULL);
    assert_int_equal(rig_count(b->r, "INVITE"), 1);
    ends(b, SIP_END_REFUSED, 407);
}

static void hung_up_meanwhile(struct bench *b)
{
    password(b, NULL);
    wanted(b);
    hangup(b);
    ends(b, SIP_END_LOCAL, 0);
    rig_run(b->r, 100000);
    assert_true(list_empty(&b->r->ep->all)); /* whether or not anybody ever answers */
    password(b, "secret");
    assert_int_equal(rig_count(b->r, "INVITE"), 1);
}

static void the_account_goes_meanwhile(struct bench *b)
{
    password(b, NULL);
    wanted(b);
    sip_account_free(b->account);
    hangup(b);
    ends(b, SIP_END_LOCAL, 0);
}

static const struct row {
    const char *name;
    void (*steps)(struct bench *b);
} rows[] = {
    {"an INVITE is sent again: same call, next number", invite_again},
    {"22.1: the ACK has the INVITE's credentials, BYE has its own", ack_and_bye},
    {"a copy of the 2xx gets the same ACK", the_same_ack_again},
    {"each fork gets its ACK and BYE with credentials", each_fork},
    {"two tries, then the call is refused", twice_and_no_more},
    {"a realm of others is not answered", whose_realm},
    {"the proxy asks and then the server", both_ask},
    {"auth-int covers the body that is sent", the_body_that_is_sent},
    {"what is remembered goes with the next INVITE", at_once_the_next_time},
    {"the second INVITE may ring too long as well", ten_minutes_of_ringing},
    {"without Record-Route the other phone learns nothing", none_to_the_phone_itself},
    {"with Record-Route the server gets them", by_way_of_the_server},
    {"with a Record-Route of others they learn nothing", a_route_to_strangers},
    {"with a Record-Route of our server elsewhere it gets them", a_route_to_our_registrar},
    {"a phone on the machine of our server learns nothing", beside_our_server},
    {"a redirect to strangers goes without", a_redirect_to_strangers},
    {"a redirect within our server goes with them", a_redirect_within_our_server},
    {"another domain is not answered", another_domain},
    {"a dialog that a stranger began is not answered", a_dialog_of_a_stranger},
    {"without its account a call goes on", the_account_is_gone},
    {"a re-INVITE is sent again with the dialog's next number", reinvite},
    {"a re-INVITE that is refused leaves the call as it is", reinvite_refused},
    {"no re-INVITE behind a BYE", no_reinvite_behind_a_bye},
    {"no UPDATE behind a BYE", no_update_behind_a_bye},
    {"hung up before the challenge: it is not answered", hung_up_before_the_challenge},
    {"hung up after it: CANCEL for the second INVITE", cancelled_after_it},
    {"cancelled and then challenged: it is not answered", cancelled_and_challenged},
    {"the target that asks is answered, 503 leads to the next one", two_servers},
    {"made anew for the next one it goes on counting", seen_elsewhere_by_the_second},
    {"what has become too long goes over TCP", longer_than_a_datagram},
    {"silence after the challenge ends the call", silence_after_the_challenge},
    {"without a password it waits for one", waits},
    {"there is no password", there_is_none},
    {"hung up while it waits", hung_up_meanwhile},
    {"the account goes while it waits", the_account_goes_meanwhile},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct bench b = {.r = rig_new(SIP_UDP)};

    b.account = rig_account(b.r);
    password(&b, "secret");
    b.call = call_to(&b, "sip:bob@192.0.2.2", "o");
    row->steps(&b);
    rig_run(b.r, 1000000);
    rig_free(b.r);
}

int main(void)
{
    return RUN_ROWS("sip/request_auth", rows, check);
}
