/* test_reinvite_uas.c - offers in a call that we were called by: re-INVITE and UPDATE (RFC 3261 14;
 * RFC 3311). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sip/called.h"

#define NEW_CONTACT "Contact: <sip:new@192.0.2.2>\n"

static void reoffer(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "INVITE", 2, NEW_CONTACT, "hold");
    assert_string_equal(rig_event(r, SIP_CALL_REOFFER, 0)->sdp, "hold");
    sip_call_reoffer_answer(r->call, 200, SLICE("held"), r->now_ms);
    rig_drain(r);
    assert_non_null(strstr(called_last(r)->text, "\r\n\r\nheld"));
    called_request(r, "ACK", 2, "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 2); /* and that of the first INVITE */
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:new@192.0.2.2"), 1);
    called_end(r);
}

static void reoffer_refused(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "INVITE", 2, NEW_CONTACT, "odd");
    sip_call_reoffer_answer(r->call, 488, SLICE(""), r->now_ms);
    rig_drain(r);
    called_assert_last(r, "SIP/2.0 488");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:alice@192.0.2.2 "), 1); /* where the call was */
    called_end(r);
}

static void reinvite_without_offer(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "INVITE", 2, NEW_CONTACT, "");
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    sip_call_offer(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    assert_non_null(strstr(called_last(r)->text, "\r\n\r\nours"));
    called_request(r, "ACK", 2, "", "theirs");
    assert_string_equal(rig_event(r, SIP_CALL_ACKED, 1)->sdp, "theirs");
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

static void reinvite_in_reinvite(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "INVITE", 2, NEW_CONTACT, "one");
    called_request(r, "INVITE", 3, NEW_CONTACT, "two");
    called_assert_last(r, "SIP/2.0 500");
    assert_true(*rig_header(called_last(r), "Retry-After") >= '0');
    assert_true(atoi(rig_header(called_last(r), "Retry-After")) <= 10);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

static void reinvite_glare(void **state)
{
    struct rig *r = called_up();
    uint64_t t0 = r->now_ms, wait_ms;

    (void)state;
    assert_int_equal(sip_call_reinvite(r->call, SLICE("ours"), r->now_ms), 0);
    rig_drain(r);
    called_request(r, "INVITE", 2, NEW_CONTACT, "theirs");
    called_assert_last(r, "SIP/2.0 491");
    rig_answer(r, rig_find(r, "INVITE", 0), "491 Request Pending", "", "", "");
    rig_run(r, 2000);
    wait_ms = rig_event(r, SIP_CALL_OFFER_WANTED, 0)->at_ms - t0;
    assert_true(wait_ms <= 2000 && wait_ms % 10 == 0); /* the Call-ID is theirs */
    sip_call_offer(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_find(r, "INVITE", 1));
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

/* In the time of 14.1 theirs is taken, and ours comes when it is settled. */
static void reinvite_between(void **state)
{
    struct rig *r = called_up();

    (void)state;
    sip_call_reinvite(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "491 Request Pending", "", "", "");
    called_request(r, "INVITE", 2, NEW_CONTACT, "theirs");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_run(r, 2000);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 0); /* no ACK yet */
    called_request(r, "ACK", 2, "", "");
    rig_run(r, 2000);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    called_request(r, "INVITE", 3, NEW_CONTACT, "more"); /* the owner hesitates */
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    sip_call_offer(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    assert_null(rig_find(r, "INVITE", 1));
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_REFUSED), 2);
    sip_call_hangup(r->call, r->now_ms);
    called_request(r, "ACK", 3, "", "");
    called_end(r);
}

static void reinvite_cancelled(void **state)
{
    struct rig *r = called_up();
    char via[256];

    (void)state;
    called_request(r, "INVITE", 2, NEW_CONTACT, "one");
    rig_run(r, 100);
    snprintf(via, sizeof via, "%s", rig_header(called_last(r), "Via")); /* of the 100 */
    rig_receive(r,
                "CANCEL sip:bob@192.0.2.1 SIP/2.0\nVia: %s\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\nCall-ID: c\n"
                "CSeq: 2 CANCEL\nMax-Forwards: 70\nContent-Length: 0\n\n",
                via, called_tag(r));
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    sip_call_reoffer_answer(r->call, 200, SLICE("late"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

static void reinvite_no_ack(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "INVITE", 2, NEW_CONTACT, "one");
    sip_call_reoffer_answer(r->call, 200, SLICE("y"), r->now_ms);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("ours"), r->now_ms), -EBUSY);
    rig_run(r, 32000);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_NO_ACK);
    assert_int_equal(rig_count(r, "BYE"), 1);
    called_end(r);
}

/* Somebody else calls, from another address. */
static void newcomer(struct rig *r)
{
    struct sip_flow flow = r->flow;

    flow.remote.bytes[3] = 3;
    rig_receive_from(
        r, &flow,
        "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.3;branch=z9hG4bKn\n"
        "From: <sip:carol@192.0.2.3>;tag=n\nTo: <sip:bob@192.0.2.1>\nCall-ID: n\n"
        "CSeq: 1 INVITE\nContact: <sip:carol@192.0.2.3>\nMax-Forwards: 70\n"
        "Content-Length: 0\n\n");
}

/* All are refused, and the caller acknowledges none: nobody else is shut out by that, and one
 * refusal is repeated, the last. */
static void reinvites_without_ack(void **state)
{
    struct rig *r = *state ? called_up() : called_ringing();
    size_t refused;

    for (unsigned i = 0; i < 600; i++)
        called_request(r, "INVITE", 2 + i, NEW_CONTACT, "x");
    refused = rig_count(r, "SIP/2.0 500");
    assert_int_equal(refused, *state ? 599 : 600);
    newcomer(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 2);
    assert_int_equal(rig_count(r, "SIP/2.0 503"), 0);
    rig_run(r, 31000);
    assert_true(rig_count(r, "SIP/2.0 500") <= refused + 10);
    assert_true(rig_count(r, "SIP/2.0 500") > refused);
    sip_call_hangup(r->events[0].call, r->now_ms);
    called_end(r);
}

/* A number of the past gets the same answer each time, and nothing is repeated. */
static void reinvite_of_the_past(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "UPDATE", 9, NEW_CONTACT, "");
    called_request(r, "INVITE", 8, NEW_CONTACT, "x");
    called_assert_last(r, "SIP/2.0 500");
    rig_run(r, 20000);
    assert_int_equal(rig_count(r, "SIP/2.0 500"), 1);
    called_request(r, "INVITE", 8, NEW_CONTACT, "x");
    assert_int_equal(rig_count(r, "SIP/2.0 500"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 0);
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

static void update(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "UPDATE", 2, NEW_CONTACT, "");
    called_assert_last(r, "SIP/2.0 200");
    called_request(r, "UPDATE", 3, NEW_CONTACT, "offer");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("answer"), r->now_ms);
    rig_drain(r);
    called_assert_last(r, "SIP/2.0 200");
    assert_non_null(strstr(called_last(r)->text, "\r\n\r\nanswer"));
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:new@192.0.2.2"), 1);
    called_end(r);
}

static void update_too_early(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    called_request(r, "UPDATE", 2, NEW_CONTACT, "offer");
    called_assert_last(r, "SIP/2.0 500");
    assert_true(*rig_header(called_last(r), "Retry-After") != '\0');
    called_end(r);
}

int main(void)
{
    static int up;
    static const struct CMUnitTest tests[] = {
        {"14.2: re-INVITE with an offer, and a new target", reoffer, 0, 0, 0},
        {"12.2.2: re-INVITE refused, and the target stays", reoffer_refused, 0, 0, 0},
        {"14.2: re-INVITE without offer", reinvite_without_offer, 0, 0, 0},
        {"14.2: re-INVITE while one is open", reinvite_in_reinvite, 0, 0, 0},
        {"14.1: glare: 491, and again within 2 s", reinvite_glare, 0, 0, 0},
        {"14.1: theirs while ours waits for its turn", reinvite_between, 0, 0, 0},
        {"re-INVITE cancelled", reinvite_cancelled, 0, 0, 0},
        {"14.2: re-INVITE without ACK ends the call", reinvite_no_ack, 0, 0, 0},
        {"600 re-INVITEs without ACK while it rings", reinvites_without_ack, 0, 0, 0},
        {"600 re-INVITEs without ACK in a call", reinvites_without_ack, 0, 0, &up},
        {"12.2.2: a number of the past is refused without state", reinvite_of_the_past, 0, 0, 0},
        {"RFC 3311 5.2: UPDATE with and without offer", update, 0, 0, 0},
        {"RFC 3311 5.2: UPDATE before the answer", update_too_early, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/reinvite_uas", tests, NULL, NULL);
}
