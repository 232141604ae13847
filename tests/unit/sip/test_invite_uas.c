/* test_invite_uas.c - the called side: answer, CANCEL, BYE (RFC 3261 9.2, 12.2.2, 13.3, 15). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/sip/called.h"

static void cancel_because(struct rig *r, const char *branch, const char *lines)
{
    rig_receive(r,
                "CANCEL sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%s\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\n"
                "CSeq: 1 CANCEL\nMax-Forwards: 70\n%sContent-Length: 0\n\n",
                branch, lines);
}

static void cancel(struct rig *r, const char *branch)
{
    cancel_because(r, branch, "");
}

static void answers(void **state)
{
    struct rig *r = called_ringing();
    const struct rig_sent *ring = rig_find(r, "SIP/2.0 180", 0), *ok;

    (void)state;
    assert_non_null(strstr(rig_header(ring, "To"), ";tag="));
    assert_string_equal(rig_header(ring, "Contact"), "<sip:bob@192.0.2.1:5060>");
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    ok = rig_find(r, "SIP/2.0 200", 0);
    assert_string_equal(rig_header(ok, "To"), rig_header(ring, "To"));
    assert_string_equal(rig_header(ok, "Contact"), "<sip:bob@192.0.2.1:5060>");
    assert_non_null(strstr(rig_header(ok, "Allow"), "INVITE"));
    assert_non_null(strstr(ok->text, "\r\n\r\nx"));
    called_request(r, "ACK", 1, "", "");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:alice@192.0.2.2 SIP/2.0"), 1);
    called_end(r);
}

static void late_offer(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_receive(r, "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"
                   "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\n"
                   "CSeq: 1 INVITE\nContact: <sip:alice@192.0.2.2>\nMax-Forwards: 70\n"
                   "Content-Length: 0\n\n");
    assert_string_equal(rig_event(r, SIP_CALL_INCOMING, 0)->sdp, "");
    sip_call_accept(r->call, SLICE("offer"), r->now_ms);
    rig_drain(r);
    called_request(r, "ACK", 1, "", "answer");
    assert_string_equal(rig_event(r, SIP_CALL_ACKED, 0)->sdp, "answer");
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

static void refuses(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    sip_call_reject(r->call, 488, SLICE("No way"), SLICE("say \"hi\""), r->now_ms);
    rig_drain(r);
    called_assert_last(r, "SIP/2.0 488 No way\r\n");
    assert_string_equal(rig_header(called_last(r), "Warning"), "399 tphone \"say \\\"hi\\\"\"");
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    called_end(r);
}

static void cancelled(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    cancel(r, "1");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_CANCELLED);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->at_ms, r->now_ms);
    cancel(r, "1"); /* a copy */
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    called_end(r);
}

static void cancelled_with(const char *lines, enum sip_end_cause cause)
{
    struct rig *r = called_ringing();

    cancel_because(r, "1", lines);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, cause);
    called_end(r);
}

static void cancel_with_reason(void **state)
{
    (void)state;
    cancelled_with("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\n", SIP_END_ELSEWHERE);
    cancelled_with("Reason: X;y, SIP;cause=x\nReason: sip;CAUSE=200\n", SIP_END_ELSEWHERE);
    cancelled_with("Reason: Q.850;cause=26\n", SIP_END_ELSEWHERE);
    cancelled_with("Reason: Q.850;cause=200\n", SIP_END_CANCELLED);
    cancelled_with("Reason: SIP;cause=487\n", SIP_END_CANCELLED);
    cancelled_with("Reason: SIP;cause=200x\n", SIP_END_CANCELLED);
}

static void cancel_too_late(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    cancel(r, "1");
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 0);
    called_assert_last(r, "SIP/2.0 200");
    assert_string_equal(rig_header(called_last(r), "CSeq"), "1 CANCEL");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    called_request(r, "ACK", 1, "", "");
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

static void cancel_of_nothing(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    cancel(r, "2");
    called_assert_last(r, "SIP/2.0 481");
    r->flow.remote.bytes[3] = 99; /* knows the branch, but is another hop */
    cancel(r, "1");
    called_assert_last(r, "SIP/2.0 481");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    called_end(r);
}

static void connection_goes(void **state)
{
    struct rig *r = rig_new(SIP_TCP);

    (void)state;
    rig_invited(r, "1");
    sip_endpoint_connection_lost(r->ep, 2, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    assert_true(sip_endpoint_needs_connection(r->ep, 1));
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_CANCELLED);
    called_end(r);
}

static void expires(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_receive(r, "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"
                   "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\n"
                   "CSeq: 1 INVITE\nContact: <sip:alice@192.0.2.2>\nMax-Forwards: 70\nExpires: 20\n"
                   "Content-Length: 0\n\n");
    rig_run(r, 19999);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    rig_run(r, 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_TIMEOUT);
    called_end(r);
}

static void hangup_before_ack(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    rig_run(r, 600);
    assert_int_equal(rig_count(r, "BYE"), 0);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2); /* it goes on until the ACK */
    called_request(r, "ACK", 1, "", "");
    assert_int_equal(rig_count(r, "BYE"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 0);
    called_end(r);
}

static void bye_before_ack(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    called_request(r, "BYE", 2, "", "");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    rig_run(r, 5000);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_REMOTE);
    called_end(r);
}

static void bye_while_ringing(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    called_request(r, "BYE", 2, "", "");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_CANCELLED);
    called_end(r);
}

static void lower_cseq(void **state)
{
    struct rig *r = called_up();

    (void)state;
    called_request(r, "OPTIONS", 5, "", "");
    called_assert_last(r, "SIP/2.0 200");
    called_request(r, "BYE", 4, "", "");
    called_assert_last(r, "SIP/2.0 500");
    called_request(r, "BYE", 5, "", "");
    called_assert_last(r, "SIP/2.0 500");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    called_request(r, "BYE", 6, "", "");
    called_assert_last(r, "SIP/2.0 200");
    called_end(r);
}

/* Nothing is kept of OPTIONS; its copies get the same answer. */
static void options_in_call(void **state)
{
    struct rig *r = called_up();

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        called_request(r, "OPTIONS", 5, "", "");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1 + 3); /* and that of the INVITE */
    called_request(r, "OPTIONS", 4, "", "");
    called_assert_last(r, "SIP/2.0 500");
    called_request(r, "BYE", 6, "", "");
    called_end(r);
}

static void stranger_in_dialog(void **state)
{
    struct rig *r = called_up();

    (void)state;
    r->flow.remote.bytes[3] = 99;
    called_request(r, "BYE", 2, "", "");
    called_assert_last(r, "SIP/2.0 481");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    r->flow.remote.bytes[3] = 2;
    r->flow.remote.port = 40000; /* the port may differ, as over TCP it does */
    called_request(r, "BYE", 3, "", "");
    called_assert_last(r, "SIP/2.0 200");
    called_end(r);
}

/* 13.3.1.4: until the real one comes the 2xx is repeated, and no sound may flow. */
static void acks_that_are_none(void **state)
{
    static const struct {
        const char *call_id, *from_tag;
        unsigned cseq, host;
    } acks[] = {{"d", "a", 1, 2}, {"c", "b", 1, 2}, {"c", "a", 2, 2}, {"c", "a", 1, 99}};
    struct rig *r = called_ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    for (size_t i = 0; i < sizeof acks / sizeof *acks; i++) {
        r->flow.remote.bytes[3] = (uint8_t)acks[i].host;
        rig_receive(r,
                    "ACK sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKk%zu\n"
                    "From: <sip:alice@192.0.2.2>;tag=%s\nTo: <sip:bob@192.0.2.1>;tag=%s\n"
                    "Call-ID: %s\nCSeq: %u ACK\nMax-Forwards: 70\n\n",
                    i, acks[i].from_tag, called_tag(r), acks[i].call_id, acks[i].cseq);
    }
    r->flow.remote.bytes[3] = 2;
    rig_run(r, 600);
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 0);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    called_request(r, "ACK", 1, "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    sip_call_hangup(r->call, r->now_ms);
    called_end(r);
}

/* Who is called by name in its Contact may send from where the name leads. */
static void named_contact(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_flow flow = r->flow;

    (void)state;
    r->hold_locate = true;
    rig_receive(r, "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"
                   "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\n"
                   "CSeq: 1 INVITE\nContact: <sip:alice@a.example>\nMax-Forwards: 70\n"
                   "Content-Length: 0\n\n");
    assert_int_equal(r->n_locates, 0); /* a stranger's name is not looked up before the answer */
    sip_call_accept(r->call, SLICE("o"), r->now_ms);
    rig_drain(r);
    assert_string_equal(r->locate_host, "a.example");
    flow.remote.bytes[3] = 9;
    r->flow.remote.bytes[3] = 9;
    called_request(r, "ACK", 1, "", "a");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 0);
    sip_endpoint_located(r->ep, r->locate_key, &flow, 1, 0, r->now_ms);
    called_request(r, "ACK", 1, "", "a");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    called_request(r, "BYE", 2, "", "");
    called_assert_last(r, "SIP/2.0 200");
    called_end(r);
}

static void record_route(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_receive(r, "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"
                   "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\n"
                   "Record-Route: <sip:p2.example;lr>,<sip:p1.example;lr>\n"
                   "CSeq: 1 INVITE\nContact: <sip:alice@a.example>\nMax-Forwards: 70\n"
                   "Content-Length: 0\n\n");
    sip_call_accept(r->call, SLICE("o"), r->now_ms);
    rig_drain(r);
    assert_non_null(strstr(called_last(r)->text, "<sip:p2.example;lr>"));
    assert_non_null(strstr(called_last(r)->text, "<sip:p1.example;lr>"));
    called_request(r, "ACK", 1, "", "a");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_string_equal(r->locate_host, "p2.example");
    assert_non_null(strstr(rig_find(r, "BYE sip:alice@a.example", 0)->text, "<sip:p1.example;lr>"));
    called_end(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"13.3.1: 180 and 200 with tag, Contact and Allow", answers, 0, 0, 0},
        {"13.3.1.4: the offer in the 200, the answer in the ACK", late_offer, 0, 0, 0},
        {"13.3.1.3: a refusal with reason and Warning", refuses, 0, 0, 0},
        {"9.2: CANCEL gets 200, INVITE 487", cancelled, 0, 0, 0},
        {"RFC 3326: CANCEL says that another phone has the call", cancel_with_reason, 0, 0, 0},
        {"9.2: CANCEL after the answer changes nothing", cancel_too_late, 0, 0, 0},
        {"9.2: CANCEL of nothing, or from another hop", cancel_of_nothing, 0, 0, 0},
        {"an early close ends an INVITE like a CANCEL", connection_goes, 0, 0, 0},
        {"13.3.1: an INVITE expires", expires, 0, 0, 0},
        {"15: no BYE before the ACK", hangup_before_ack, 0, 0, 0},
        {"15.1.2: BYE before the ACK", bye_before_ack, 0, 0, 0},
        {"15.1.2: BYE in an early dialog, the INVITE gets 487", bye_while_ringing, 0, 0, 0},
        {"12.2.2: a lower CSeq gets 500", lower_cseq, 0, 0, 0},
        {"8.2.7: each copy of OPTIONS in a call gets the same answer", options_in_call, 0, 0, 0},
        {"a stranger with the right tags gets 481", stranger_in_dialog, 0, 0, 0},
        {"13.3.1.4: whose ACK it is", acks_that_are_none, 0, 0, 0},
        {"a name in Contact is asked for when the call is answered", named_contact, 0, 0, 0},
        {"12.1.1: Record-Route is kept in order", record_route, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/invite_uas", tests, NULL, NULL);
}
