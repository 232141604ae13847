/* test_late_answer.c - a re-INVITE of ours that was given up and is taken all the same: its 2xx
 * comes when no transaction is left (RFC 3261 13.2.2.4, 14.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "sip/core.h"
#include "tests/lib/sip_rig.h"

#define CONTACT "Contact: <sip:bob@192.0.2.2>\n"
#define NEW_CONTACT "Contact: <sip:bob@192.0.2.8>\n"

/* A call to Bob. */
static struct rig *in_call(void)
{
    struct rig *r = rig_new(SIP_UDP);

    rig_call(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", CONTACT, "x");
    return r;
}

static void hang_up(struct rig *r)
{
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static void we_offer(struct rig *r, const char *sdp)
{
    assert_int_equal(sip_call_reinvite(r->call, slice_of(sdp), r->now_ms), 0);
    rig_drain(r);
}

/* It cannot be sent, as far as we know. */
static void lose(struct rig *r, const char *sdp)
{
    r->send_fails = true;
    we_offer(r, sdp);
    r->send_fails = false;
}

/* A request of Bob's from 192.0.2.8, where he says to be. */
static void they_ask(struct rig *r, const char *method, unsigned cseq)
{
    const struct rig_sent *first = rig_find(r, "INVITE", 0);
    struct sip_flow flow = r->flow;
    char text[1024];

    flow.remote.bytes[3] = 8;
    snprintf(text, sizeof text,
             "%s sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK%s%u\n"
             "From: <sip:bob@192.0.2.2>;tag=b\nTo: %s\nCall-ID: %s\nCSeq: %u %s\n"
             "Max-Forwards: 70\n" NEW_CONTACT
             "Content-Type: application/sdp\nContent-Length: 1\n\nm",
             method, method, cseq, rig_header(first, "From"), rig_header(first, "Call-ID"), cseq,
             method);
    rig_receive_from(r, &flow, text);
}

/* Our offer waits for an answer as he moves, asks from there, and is believed: it is given up for
 * his. */
static struct rig *overtaken_by(const char *method)
{
    struct rig *r = in_call();

    we_offer(r, "hold");
    they_ask(r, method, 5);
    rig_run(r, SIP_MOVE_PROBE_MS);
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 491);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    return r;
}

/* The same, but ours was given up before, as it could not be sent. */
static struct rig *behind_a_failure(const char *method)
{
    struct rig *r = in_call();

    lose(r, "hold");
    they_ask(r, method, 5);
    rig_run(r, SIP_MOVE_PROBE_MS);
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 503);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    return r;
}

/* He had taken ours before he moved, and says so. */
static void they_answer(struct rig *r)
{
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", CONTACT, "held");
}

static size_t wanted(const struct rig *r)
{
    return rig_event_count(r, SIP_CALL_OFFER_WANTED) - 1; /* and that of the call */
}

/* The INVITE that began the call and the re-INVITE have gone before. */
static void assert_offered_again(struct rig *r)
{
    const struct rig_sent *again;
    size_t before = rig_count(r, "INVITE");

    sip_call_offer(r->call, SLICE("once more"), r->now_ms);
    rig_drain(r);
    again = rig_find(r, "INVITE", before);
    assert_non_null(again);
    assert_string_equal(rig_header(again, "CSeq"), "4 INVITE"); /* 3: are you still there? */
    rig_answer(r, again, "200 OK", "", NEW_CONTACT, "yes");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 1);
}

/* Which of the two came last for him cannot be known: one more offer makes it the same. */
static void behind_their_update(void **state)
{
    struct rig *r = overtaken_by("UPDATE");
    size_t acks = rig_count(r, "ACK");

    (void)state;
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_drain(r);
    they_answer(r);
    assert_int_equal(rig_count(r, "ACK"), acks + 1);
    assert_int_equal(rig_count(r, "ACK sip:bob@192.0.2.8 "), 1);
    assert_int_equal(rig_last(r, "ACK")->flow.remote.bytes[3], 8);
    assert_string_equal(rig_header(rig_last(r, "ACK"), "CSeq"), "2 ACK");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 0);
    assert_int_equal(wanted(r), 1); /* at once */
    assert_offered_again(r);
    they_answer(r); /* a copy */
    rig_run(r, 10000);
    assert_int_equal(wanted(r), 1);
    hang_up(r);
}

static void within_their_reinvite(void **state)
{
    struct rig *r = *state ? behind_a_failure("INVITE") : overtaken_by("INVITE");
    uint64_t acked_ms;

    they_answer(r);
    assert_int_equal(wanted(r), 0); /* RFC 3264 4: theirs is open */
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_run(r, 700);
    assert_int_equal(wanted(r), 0);
    they_ask(r, "ACK", 5);
    acked_ms = r->now_ms;
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 1);
    assert_true(rig_event(r, SIP_CALL_OFFER_WANTED, 1)->at_ms <= acked_ms + SIP_T1_MS);
    assert_offered_again(r);
    hang_up(r);
}

/* The owner is asked already, as the time of glare is over: not twice for one offer. */
static void while_the_owner_thinks(void **state)
{
    struct rig *r = overtaken_by("UPDATE");

    (void)state;
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_run(r, 4100);
    assert_int_equal(wanted(r), 1);
    they_answer(r);
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 1);
    assert_offered_again(r);
    hang_up(r);
}

/* The other way round. */
static void before_the_owner_thinks(void **state)
{
    struct rig *r = overtaken_by("UPDATE");

    (void)state;
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    they_answer(r);
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 1);
    assert_offered_again(r);
    hang_up(r);
}

/* Both offer at the same moment after all: then the time of glare it is. */
static void and_there_is_glare(void **state)
{
    struct rig *r = overtaken_by("UPDATE");
    uint64_t t0;

    (void)state;
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    they_answer(r);
    sip_call_offer(r->call, SLICE("once more"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_last(r, "INVITE"), "491 Request Pending", "", "", "");
    t0 = r->now_ms;
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 2);
    assert_true(rig_event(r, SIP_CALL_OFFER_WANTED, 2)->at_ms >= t0 + 2100);
    hang_up(r);
}

/* They do not like the new one. Their word of the old one comes again, and again. */
static void and_the_new_one_is_refused(void **state)
{
    struct rig *r = overtaken_by("UPDATE");
    size_t acks;

    (void)state;
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    they_answer(r);
    sip_call_offer(r->call, SLICE("once more"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_last(r, "INVITE"), "488 Not Acceptable Here", "", "", "");
    acks = rig_count(r, "ACK");
    for (unsigned i = 0; i < 5; i++) {
        they_answer(r);
        rig_run(r, 4000);
    }
    assert_int_equal(rig_count(r, "ACK"), acks + 5);
    assert_int_equal(wanted(r), 1);
    hang_up(r);
}

/* It could not be sent, as far as we know, and nobody hears of it for the time being. */
static void where_sending_failed(void **state)
{
    struct rig *r = in_call();

    (void)state;
    lose(r, "hold");
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 503);
    rig_run(r, 1000);
    assert_int_equal(wanted(r), 0);
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", "Contact: <sip:new@192.0.2.2>\n", "held");
    they_answer(r); /* in other words, behind which nobody is */
    assert_int_equal(rig_count(r, "ACK sip:new@192.0.2.2 "), 2);
    assert_int_equal(wanted(r), 1);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("other"), r->now_ms), -EBUSY);
    sip_call_offer(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_last(r, "INVITE"), "200 OK", "", CONTACT, "held");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 1);
    hang_up(r);
}

/* What we have agreed on since is newer for them, too. */
static void behind_a_newer_one(void **state)
{
    struct rig *r = in_call();

    (void)state;
    lose(r, "hold");
    we_offer(r, "resume");
    rig_answer(r, rig_last(r, "INVITE"), "200 OK", "", CONTACT, "resumed");
    they_answer(r);
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 0);
    hang_up(r);
}

/* 64*T1 after an offer was taken its transaction has gone, and a copy of the 2xx is only that. */
static void a_late_copy(void **state)
{
    struct rig *r = in_call();
    size_t acks;

    (void)state;
    we_offer(r, "hold");
    they_answer(r);
    rig_run(r, 33000);
    acks = rig_count(r, "ACK");
    they_answer(r);
    assert_int_equal(rig_count(r, "ACK"), acks + 1);
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 0);
    hang_up(r);
}

/* Of what was taken before, a copy is no more than that. */
static void an_older_copy(void **state)
{
    struct rig *r = in_call();

    (void)state;
    rig_run(r, 33000); /* its transaction has gone */
    lose(r, "hold");
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", CONTACT, "x");
    assert_int_equal(wanted(r), 0);
    they_answer(r);
    assert_int_equal(wanted(r), 1);
    hang_up(r);
}

static void the_first_of_two(void **state)
{
    struct rig *r = in_call();

    (void)state;
    lose(r, "hold");
    lose(r, "resume");
    they_answer(r);
    assert_int_equal(wanted(r), 1);
    hang_up(r);
}

/* One is on its way, and makes it the same. */
static void beside_a_newer_one(void **state)
{
    struct rig *r = in_call();

    (void)state;
    lose(r, "hold");
    we_offer(r, "resume");
    they_answer(r);
    assert_int_equal(wanted(r), 0);
    rig_answer(r, rig_last(r, "INVITE"), "200 OK", "", CONTACT, "resumed");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 1);
    we_offer(r, "hold");
    rig_answer(r, rig_last(r, "INVITE"), "488 Not Acceptable Here", "", "", "");
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 0);
    hang_up(r);
}

/* They do not take that one, and stand by what they took. */
static void beside_one_that_is_refused(void **state)
{
    struct rig *r = in_call();

    (void)state;
    lose(r, "hold");
    we_offer(r, "resume");
    they_answer(r);
    rig_answer(r, rig_last(r, "INVITE"), "488 Not Acceptable Here", "", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 1)->status, 488);
    assert_int_equal(wanted(r), 1);
    sip_call_offer(r->call, SLICE("once more"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_last(r, "INVITE"), "488 Not Acceptable Here", "", "", "");
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 1); /* that is all */
    hang_up(r);
}

static void behind_the_end(void **state)
{
    struct rig *r = overtaken_by("UPDATE");
    size_t acks = rig_count(r, "ACK");

    (void)state;
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    they_answer(r);
    assert_int_equal(rig_count(r, "ACK"), acks + 1);
    rig_run(r, 5000);
    assert_int_equal(wanted(r), 0);
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

int main(void)
{
    static int failed;
    static const struct CMUnitTest tests[] = {
        {"behind their UPDATE", behind_their_update, 0, 0, 0},
        {"within their re-INVITE", within_their_reinvite, 0, 0, 0},
        {"the same where sending had failed", within_their_reinvite, 0, 0, &failed},
        {"while the owner is asked already", while_the_owner_thinks, 0, 0, 0},
        {"the owner is asked once", before_the_owner_thinks, 0, 0, 0},
        {"14.1: glare of the new one", and_there_is_glare, 0, 0, 0},
        {"the new one is refused, and that is all", and_the_new_one_is_refused, 0, 0, 0},
        {"where sending had failed", where_sending_failed, 0, 0, 0},
        {"behind a newer one that was taken", behind_a_newer_one, 0, 0, 0},
        {"13.2.2.4: a late copy is acknowledged", a_late_copy, 0, 0, 0},
        {"a copy of an older answer", an_older_copy, 0, 0, 0},
        {"the first of two was taken", the_first_of_two, 0, 0, 0},
        {"beside a newer one", beside_a_newer_one, 0, 0, 0},
        {"beside one that is refused", beside_one_that_is_refused, 0, 0, 0},
        {"behind the end of the call", behind_the_end, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/late_answer", tests, NULL, NULL);
}
