/* test_reinvite.c - offers of ours within a call (RFC 3261 14.1, 12.2.1.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tests/lib/sip_rig.h"

#define CONTACT "Contact: <sip:bob@192.0.2.2>\n"

static void end(struct rig *r)
{
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static struct rig *in_call(const char *lines)
{
    struct rig *r = rig_new(SIP_UDP);

    rig_call(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", lines, "x");
    return r;
}

static void reinvite(void **state)
{
    struct rig *r = in_call(CONTACT);
    const struct rig_sent *again;

    (void)state;
    assert_int_equal(sip_call_reinvite(r->call, SLICE("hold"), r->now_ms), 0);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("hold"), r->now_ms), -EBUSY);
    rig_drain(r);
    again = rig_find(r, "INVITE", 1);
    assert_string_equal(rig_header(again, "CSeq"), "2 INVITE");
    assert_non_null(strstr(rig_header(again, "To"), ";tag=b"));
    rig_answer(r, again, "200 OK", "", "Contact: <sip:new@192.0.2.2>\n", "held");
    assert_string_equal(rig_event(r, SIP_CALL_ANSWER, 0)->sdp, "held");
    assert_int_equal(rig_count(r, "ACK sip:new@192.0.2.2"), 1);
    rig_answer(r, again, "200 OK", "", "Contact: <sip:new@192.0.2.2>\n", "held");
    assert_int_equal(rig_count(r, "ACK sip:new@192.0.2.2"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 1);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:new@192.0.2.2"), 1);
    end(r);
}

static void reinvite_refused(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "488 Not Acceptable Here", "", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 488);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("hold"), r->now_ms), 0);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 2), "481 Call Does Not Exist", "", "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    assert_int_equal(rig_count(r, "BYE"), 1);
    end(r);
}

static void reinvite_glare(void **state)
{
    struct rig *r = in_call(CONTACT);
    uint64_t t0 = r->now_ms, wait_ms;

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "491 Request Pending", "", "", "");
    assert_int_equal(rig_count(r, "ACK"), 2);
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 491);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("other"), r->now_ms), -EBUSY);
    rig_run(r, 5000);
    wait_ms = rig_event(r, SIP_CALL_OFFER_WANTED, 1)->at_ms - t0;
    assert_true(wait_ms >= 2100 && wait_ms <= 4000 && wait_ms % 10 == 0);
    sip_call_offer(r->call, SLICE("again"), r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_find(r, "INVITE", 2), "CSeq"), "3 INVITE");
    assert_non_null(strstr(rig_find(r, "INVITE", 2)->text, "\r\n\r\nagain"));
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

/* A request of Bob's in the call. */
static void they_ask(struct rig *r, const char *method, unsigned cseq)
{
    const struct rig_sent *first = rig_find(r, "INVITE", 0);

    rig_receive(r,
                "%s sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%s%u\n"
                "From: <sip:bob@192.0.2.2>;tag=b\nTo: %s\nCall-ID: %s\nCSeq: %u %s\n"
                "Max-Forwards: 70\n" CONTACT
                "Content-Type: application/sdp\nContent-Length: 1\n\nm",
                method, method, cseq, rig_header(first, "From"), rig_header(first, "Call-ID"), cseq,
                method);
}

/* RFC 3264 4: none of ours while theirs is open, whenever it came. */
static void theirs_before_our_turn(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "491 Request Pending", "", "", "");
    they_ask(r, "INVITE", 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    rig_run(r, 4100);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_drain(r);
    they_ask(r, "ACK", 1);
    rig_run(r, 4100);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
    they_ask(r, "INVITE", 2); /* and while our owner makes up its mind */
    sip_call_offer(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "INVITE"), 2);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_drain(r);
    they_ask(r, "ACK", 2);
    rig_run(r, 4100);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 3);
    sip_call_offer(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "INVITE"), 3);
    rig_answer(r, rig_find(r, "INVITE", 2), "200 OK", "", CONTACT, "held");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 1);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    end(r);
}

static void reinvite_timeout(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_run(r, 33000);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_TIMEOUT);
    assert_true(rig_count(r, "BYE") > 0);
    end(r);
}

static void reinvite_stuck(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "100 Trying", "", "", "");
    rig_run(r, 179999);
    assert_int_equal(rig_count(r, "CANCEL"), 0);
    rig_run(r, 1);
    assert_int_equal(rig_count(r, "CANCEL"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    rig_run(r, 32000);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_TIMEOUT);
    assert_int_equal(rig_count(r, "BYE"), 1);
    end(r);
}

static void hangup_in_reinvite(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "100 Trying", "", "", "");
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", CONTACT, "held");
    assert_int_equal(rig_count(r, "BYE"), 1);
    assert_int_equal(rig_count(r, "ACK"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 0);
    end(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"14.1: re-INVITE, new target, ACKs", reinvite, 0, 0, 0},
        {"14.1: re-INVITE refused; 481 ends the call", reinvite_refused, 0, 0, 0},
        {"14.1: 491 is tried again after 2.1 to 4 s", reinvite_glare, 0, 0, 0},
        {"but not while an offer of theirs is open", theirs_before_our_turn, 0, 0, 0},
        {"12.2.1.2: re-INVITE without answer ends the call", reinvite_timeout, 0, 0, 0},
        {"re-INVITE with a provisional and no more", reinvite_stuck, 0, 0, 0},
        {"hung up while a re-INVITE is open", hangup_in_reinvite, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/reinvite", tests, NULL, NULL);
}
