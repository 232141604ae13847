/* test_invite_uas.c - the called side: answer, CANCEL, BYE, re-INVITE and UPDATE (RFC 3261 9.2, 12.2.2,
 * 13.3, 14.2, 15; RFC 3311). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/sip_rig.h"

static void end(struct rig *r)
{
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static struct rig *ringing(void)
{
    struct rig *r = rig_new(SIP_UDP);

    rig_invited(r, "1");
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_drain(r);
    return r;
}

/* Our tag, from the first answer that has one. */
static const char *our_tag(const struct rig *r)
{
    const char *at;

    for (size_t i = 0; i < r->n_sent; i++)
        if ((at = strstr(rig_header(&r->sent[i], "To"), ";tag=")))
            return at + 5;
    fail_msg("nothing with a tag was sent");
    return NULL;
}

/* A request in the dialog from Alice. */
static void request(struct rig *r, const char *method, unsigned cseq, const char *lines,
                    const char *body)
{
    char tag[64];

    snprintf(tag, sizeof tag, "%s", our_tag(r));
    rig_receive(r,
                "%s sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%s%u%zu\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\nCall-ID: c\n"
                "CSeq: %u %s\nMax-Forwards: 70\n%s%sContent-Length: %zu\n\n%s",
                method, method, cseq, r->n_sent, tag, cseq, method, lines,
                *body ? "Content-Type: application/sdp\n" : "", strlen(body), body);
}

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

static struct rig *in_call(void)
{
    struct rig *r = ringing();

    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    request(r, "ACK", 1, "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    return r;
}

static const struct rig_sent *last(const struct rig *r)
{
    assert_true(r->n_sent > 0);
    return &r->sent[r->n_sent - 1];
}

static void assert_last(const struct rig *r, const char *start)
{
    if (strncmp(last(r)->text, start, strlen(start)))
        fail_msg("not %s but %.40s", start, last(r)->text);
}

static void answers(void **state)
{
    struct rig *r = ringing();
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
    request(r, "ACK", 1, "", "");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:alice@192.0.2.2 SIP/2.0"), 1);
    end(r);
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
    request(r, "ACK", 1, "", "answer");
    assert_string_equal(rig_event(r, SIP_CALL_ACKED, 0)->sdp, "answer");
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void refuses(void **state)
{
    struct rig *r = ringing();

    (void)state;
    sip_call_reject(r->call, 488, SLICE("No way"), SLICE("say \"hi\""), r->now_ms);
    rig_drain(r);
    assert_last(r, "SIP/2.0 488 No way\r\n");
    assert_string_equal(rig_header(last(r), "Warning"), "399 tphone \"say \\\"hi\\\"\"");
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    end(r);
}

static void cancelled(void **state)
{
    struct rig *r = ringing();

    (void)state;
    cancel(r, "1");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_CANCELLED);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->at_ms, r->now_ms);
    cancel(r, "1"); /* a copy */
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    end(r);
}

static void cancelled_with(const char *lines, enum sip_end_cause cause)
{
    struct rig *r = ringing();

    cancel_because(r, "1", lines);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, cause);
    end(r);
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
    struct rig *r = ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    cancel(r, "1");
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 0);
    assert_last(r, "SIP/2.0 200");
    assert_string_equal(rig_header(last(r), "CSeq"), "1 CANCEL");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    request(r, "ACK", 1, "", "");
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void cancel_of_nothing(void **state)
{
    struct rig *r = ringing();

    (void)state;
    cancel(r, "2");
    assert_last(r, "SIP/2.0 481");
    r->flow.remote.bytes[3] = 99; /* knows the branch, but is another hop */
    cancel(r, "1");
    assert_last(r, "SIP/2.0 481");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    end(r);
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
    end(r);
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
    end(r);
}

static void hangup_before_ack(void **state)
{
    struct rig *r = ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    rig_run(r, 600);
    assert_int_equal(rig_count(r, "BYE"), 0);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2); /* it goes on until the ACK */
    request(r, "ACK", 1, "", "");
    assert_int_equal(rig_count(r, "BYE"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 0);
    end(r);
}

static void bye_before_ack(void **state)
{
    struct rig *r = ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    request(r, "BYE", 2, "", "");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    rig_run(r, 5000);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_REMOTE);
    end(r);
}

static void bye_while_ringing(void **state)
{
    struct rig *r = ringing();

    (void)state;
    request(r, "BYE", 2, "", "");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_CANCELLED);
    end(r);
}

static void lower_cseq(void **state)
{
    struct rig *r = in_call();

    (void)state;
    request(r, "OPTIONS", 5, "", "");
    assert_last(r, "SIP/2.0 200");
    request(r, "BYE", 4, "", "");
    assert_last(r, "SIP/2.0 500");
    request(r, "BYE", 5, "", "");
    assert_last(r, "SIP/2.0 500");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    request(r, "BYE", 6, "", "");
    assert_last(r, "SIP/2.0 200");
    end(r);
}

static void stranger_in_dialog(void **state)
{
    struct rig *r = in_call();

    (void)state;
    r->flow.remote.bytes[3] = 99;
    request(r, "BYE", 2, "", "");
    assert_last(r, "SIP/2.0 481");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    r->flow.remote.bytes[3] = 2;
    r->flow.remote.port = 40000; /* the port may differ, as over TCP it does */
    request(r, "BYE", 3, "", "");
    assert_last(r, "SIP/2.0 200");
    end(r);
}

/* 13.3.1.4: until the real one comes the 2xx is repeated, and no sound may flow. */
static void acks_that_are_none(void **state)
{
    static const struct {
        const char *call_id, *from_tag;
        unsigned cseq, host;
    } acks[] = {{"d", "a", 1, 2}, {"c", "b", 1, 2}, {"c", "a", 2, 2}, {"c", "a", 1, 99}};
    struct rig *r = ringing();

    (void)state;
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    for (size_t i = 0; i < sizeof acks / sizeof *acks; i++) {
        r->flow.remote.bytes[3] = (uint8_t)acks[i].host;
        rig_receive(r,
                    "ACK sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKk%zu\n"
                    "From: <sip:alice@192.0.2.2>;tag=%s\nTo: <sip:bob@192.0.2.1>;tag=%s\n"
                    "Call-ID: %s\nCSeq: %u ACK\nMax-Forwards: 70\n\n",
                    i, acks[i].from_tag, our_tag(r), acks[i].call_id, acks[i].cseq);
    }
    r->flow.remote.bytes[3] = 2;
    rig_run(r, 600);
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 0);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    request(r, "ACK", 1, "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    sip_call_hangup(r->call, r->now_ms);
    end(r);
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
    request(r, "ACK", 1, "", "a");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 0);
    sip_endpoint_located(r->ep, r->locate_key, &flow, 1, 0, r->now_ms);
    request(r, "ACK", 1, "", "a");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    request(r, "BYE", 2, "", "");
    assert_last(r, "SIP/2.0 200");
    end(r);
}

/* --- offers in the call ----------------------------------------------------------------------- */

#define NEW_CONTACT "Contact: <sip:new@192.0.2.2>\n"

static void reoffer(void **state)
{
    struct rig *r = in_call();

    (void)state;
    request(r, "INVITE", 2, NEW_CONTACT, "hold");
    assert_string_equal(rig_event(r, SIP_CALL_REOFFER, 0)->sdp, "hold");
    sip_call_reoffer_answer(r->call, 200, SLICE("held"), r->now_ms);
    rig_drain(r);
    assert_non_null(strstr(last(r)->text, "\r\n\r\nheld"));
    request(r, "ACK", 2, "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 2); /* and that of the first INVITE */
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:new@192.0.2.2"), 1);
    end(r);
}

static void reoffer_refused(void **state)
{
    struct rig *r = in_call();

    (void)state;
    request(r, "INVITE", 2, NEW_CONTACT, "odd");
    sip_call_reoffer_answer(r->call, 488, SLICE(""), r->now_ms);
    rig_drain(r);
    assert_last(r, "SIP/2.0 488");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void reinvite_without_offer(void **state)
{
    struct rig *r = in_call();

    (void)state;
    request(r, "INVITE", 2, NEW_CONTACT, "");
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    sip_call_offer(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    assert_non_null(strstr(last(r)->text, "\r\n\r\nours"));
    request(r, "ACK", 2, "", "theirs");
    assert_string_equal(rig_event(r, SIP_CALL_ACKED, 1)->sdp, "theirs");
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void reinvite_in_reinvite(void **state)
{
    struct rig *r = in_call();

    (void)state;
    request(r, "INVITE", 2, NEW_CONTACT, "one");
    request(r, "INVITE", 3, NEW_CONTACT, "two");
    assert_last(r, "SIP/2.0 500");
    assert_true(*rig_header(last(r), "Retry-After") >= '0');
    assert_true(atoi(rig_header(last(r), "Retry-After")) <= 10);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void reinvite_glare(void **state)
{
    struct rig *r = in_call();
    uint64_t t0 = r->now_ms, wait_ms;

    (void)state;
    assert_int_equal(sip_call_reinvite(r->call, SLICE("ours"), r->now_ms), 0);
    rig_drain(r);
    request(r, "INVITE", 2, NEW_CONTACT, "theirs");
    assert_last(r, "SIP/2.0 491");
    rig_answer(r, rig_find(r, "INVITE", 0), "491 Request Pending", "", "", "");
    rig_run(r, 2000);
    wait_ms = rig_event(r, SIP_CALL_OFFER_WANTED, 0)->at_ms - t0;
    assert_true(wait_ms <= 2000 && wait_ms % 10 == 0); /* the Call-ID is theirs */
    sip_call_offer(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    assert_non_null(rig_find(r, "INVITE", 1));
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

/* In the time of 14.1 theirs is taken, and ours comes when it is settled. */
static void reinvite_between(void **state)
{
    struct rig *r = in_call();

    (void)state;
    sip_call_reinvite(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "491 Request Pending", "", "", "");
    request(r, "INVITE", 2, NEW_CONTACT, "theirs");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_run(r, 2000);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 0); /* no ACK yet */
    request(r, "ACK", 2, "", "");
    rig_run(r, 2000);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    request(r, "INVITE", 3, NEW_CONTACT, "more"); /* the owner hesitates */
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    sip_call_offer(r->call, SLICE("ours"), r->now_ms);
    rig_drain(r);
    assert_null(rig_find(r, "INVITE", 1));
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_REFUSED), 2);
    sip_call_hangup(r->call, r->now_ms);
    request(r, "ACK", 3, "", "");
    end(r);
}

static void reinvite_cancelled(void **state)
{
    struct rig *r = in_call();
    char via[256];

    (void)state;
    request(r, "INVITE", 2, NEW_CONTACT, "one");
    rig_run(r, 100);
    snprintf(via, sizeof via, "%s", rig_header(last(r), "Via")); /* of the 100 */
    rig_receive(r,
                "CANCEL sip:bob@192.0.2.1 SIP/2.0\nVia: %s\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\nCall-ID: c\n"
                "CSeq: 2 CANCEL\nMax-Forwards: 70\nContent-Length: 0\n\n",
                via, our_tag(r));
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    sip_call_reoffer_answer(r->call, 200, SLICE("late"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void reinvite_no_ack(void **state)
{
    struct rig *r = in_call();

    (void)state;
    request(r, "INVITE", 2, NEW_CONTACT, "one");
    sip_call_reoffer_answer(r->call, 200, SLICE("y"), r->now_ms);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("ours"), r->now_ms), -EBUSY);
    rig_run(r, 32000);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_NO_ACK);
    assert_int_equal(rig_count(r, "BYE"), 1);
    end(r);
}

static void update(void **state)
{
    struct rig *r = in_call();

    (void)state;
    request(r, "UPDATE", 2, NEW_CONTACT, "");
    assert_last(r, "SIP/2.0 200");
    request(r, "UPDATE", 3, NEW_CONTACT, "offer");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("answer"), r->now_ms);
    rig_drain(r);
    assert_last(r, "SIP/2.0 200");
    assert_non_null(strstr(last(r)->text, "\r\n\r\nanswer"));
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "BYE sip:new@192.0.2.2"), 1);
    end(r);
}

static void update_too_early(void **state)
{
    struct rig *r = ringing();

    (void)state;
    request(r, "UPDATE", 2, NEW_CONTACT, "offer");
    assert_last(r, "SIP/2.0 500");
    assert_true(*rig_header(last(r), "Retry-After") != '\0');
    end(r);
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
    assert_non_null(strstr(last(r)->text, "<sip:p2.example;lr>"));
    assert_non_null(strstr(last(r)->text, "<sip:p1.example;lr>"));
    request(r, "ACK", 1, "", "a");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_string_equal(r->locate_host, "p2.example");
    assert_non_null(strstr(rig_find(r, "BYE sip:alice@a.example", 0)->text, "<sip:p1.example;lr>"));
    end(r);
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
        {"a stranger with the right tags gets 481", stranger_in_dialog, 0, 0, 0},
        {"13.3.1.4: whose ACK it is", acks_that_are_none, 0, 0, 0},
        {"a name in Contact is asked for when the call is answered", named_contact, 0, 0, 0},
        {"14.2: re-INVITE with an offer, and a new target", reoffer, 0, 0, 0},
        {"14.2: re-INVITE refused", reoffer_refused, 0, 0, 0},
        {"14.2: re-INVITE without offer", reinvite_without_offer, 0, 0, 0},
        {"14.2: re-INVITE while one is open", reinvite_in_reinvite, 0, 0, 0},
        {"14.1: glare: 491, and again within 2 s", reinvite_glare, 0, 0, 0},
        {"14.1: theirs while ours waits for its turn", reinvite_between, 0, 0, 0},
        {"re-INVITE cancelled", reinvite_cancelled, 0, 0, 0},
        {"14.2: re-INVITE without ACK ends the call", reinvite_no_ack, 0, 0, 0},
        {"RFC 3311 5.2: UPDATE with and without offer", update, 0, 0, 0},
        {"RFC 3311 5.2: UPDATE before the answer", update_too_early, 0, 0, 0},
        {"12.1.1: Record-Route is kept in order", record_route, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/invite_uas", tests, NULL, NULL);
}
