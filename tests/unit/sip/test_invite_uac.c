/* test_invite_uac.c - the calling side: ACK, CANCEL, forks, routes (RFC 3261 9, 12, 13.2, 14.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/limits.h"
#include "tests/unit/sip/calling.h"

#define CONTACT "Contact: <sip:bob@192.0.2.2>\n"

/* --- ACK -------------------------------------------------------------------------------------- */

static void ack_each_copy(void **state)
{
    struct rig *r = calling_up(CONTACT);

    (void)state;
    assert_int_equal(rig_count(r, "ACK sip:bob@192.0.2.2 SIP/2.0"), 1);
    assert_string_not_equal(rig_header(rig_find(r, "ACK", 0), "Via"),
                            rig_header(calling_invite(r), "Via"));
    assert_string_equal(rig_header(rig_find(r, "ACK", 0), "CSeq"), "1 ACK");
    rig_run(r, 30000);
    rig_answer(r, calling_invite(r), "200 OK", "b", CONTACT, "x");
    assert_int_equal(rig_count(r, "ACK"), 2);
    assert_string_equal(rig_find(r, "ACK", 0)->text, rig_find(r, "ACK", 1)->text);
    rig_run(r, 10000); /* timer M: the transaction has gone, the call has not */
    rig_answer(r, calling_invite(r), "200 OK", "b", CONTACT, "x");
    assert_int_equal(rig_count(r, "ACK"), 3);
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWERED), 1);
    sip_call_hangup(r->call, r->now_ms);
    calling_end(r);
}

static void ack_finds_its_way(void **state)
{
    struct rig *r = calling();

    (void)state;
    r->n_locates = 0;
    rig_answer(r, calling_invite(r), "200 OK", "b",
               "Contact: <sip:bob@192.0.2.9:5070;transport=tcp>\n", "x");
    assert_int_equal(r->n_locates, 1);
    assert_int_equal(rig_count(r, "ACK"), 1);
    assert_int_equal(rig_find(r, "ACK", 0)->flow.transport, SIP_TCP);
    assert_int_equal(rig_find(r, "ACK", 0)->flow.remote.port, 5070);
    /* The connection is refused: the next copy of the 2xx makes it try again. */
    sip_endpoint_send_failed(r->ep, rig_find(r, "ACK", 0)->key, -ECONNREFUSED, r->now_ms);
    rig_answer(r, calling_invite(r), "200 OK", "b",
               "Contact: <sip:bob@192.0.2.9:5070;transport=tcp>\n", "x");
    assert_int_equal(r->n_locates, 2);
    assert_int_equal(rig_count(r, "ACK"), 2);
    sip_call_hangup(r->call, r->now_ms);
    calling_end(r);
}

static void loose_route(void **state)
{
    struct rig *r = calling_up(CONTACT "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\n");
    const struct rig_sent *ack = rig_find(r, "ACK sip:bob@192.0.2.2 SIP/2.0", 0);

    (void)state;
    assert_non_null(ack);
    assert_string_equal(r->locate_host, "p1.example");
    assert_non_null(strstr(ack->text, "<sip:p1.example;lr>"));
    assert_true(strstr(ack->text, "<sip:p1.example;lr>") <
                strstr(ack->text, "<sip:p2.example;lr>"));
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_non_null(strstr(rig_find(r, "BYE", 0)->text, "<sip:p2.example;lr>"));
    calling_end(r);
}

static void strict_route(void **state)
{
    struct rig *r = calling_up(CONTACT "Record-Route: <sip:p2.example;lr>, <sip:p1.example>\n");
    const struct rig_sent *ack = rig_find(r, "ACK sip:p1.example SIP/2.0", 0);

    (void)state;
    assert_non_null(ack);
    assert_string_equal(r->locate_host, "p1.example");
    assert_null(strstr(ack->text, "<sip:p1.example>"));
    assert_true(strstr(ack->text, "<sip:p2.example;lr>") <
                strstr(ack->text, "<sip:bob@192.0.2.2>"));
    sip_call_hangup(r->call, r->now_ms);
    calling_end(r);
}

/* --- forks ------------------------------------------------------------------------------------ */

static void second_fork(void **state)
{
    struct rig *r = calling_up(CONTACT);

    (void)state;
    rig_answer(r, calling_invite(r), "200 OK", "bb", "Contact: <sip:bb@192.0.2.2>\n", "x");
    assert_int_equal(rig_count(r, "ACK sip:bb@192.0.2.2"), 1);
    assert_int_equal(rig_count(r, "BYE sip:bb@192.0.2.2"), 1);
    assert_int_equal(rig_count(r, "BYE"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWERED), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    rig_answer(r, calling_invite(r), "200 OK", "bb", "Contact: <sip:bb@192.0.2.2>\n", "x");
    assert_int_equal(rig_count(r, "ACK sip:bb@192.0.2.2"), 2);
    assert_int_equal(rig_count(r, "BYE"), 1);
    sip_call_hangup(r->call, r->now_ms);
    calling_end(r);
}

/* Above SIP_MAX_FORKS a 2xx makes nothing, and gets no ACK: whoever sends them without end has us
 * send him no end of them. */
static void too_many_forks(void **state)
{
    struct rig *r = calling_up(CONTACT);

    (void)state;
    for (unsigned i = 1; i < SIP_MAX_FORKS + 4; i++) {
        char tag[8];

        snprintf(tag, sizeof tag, "f%u", i);
        rig_answer(r, calling_invite(r), "200 OK", tag, CONTACT, "y");
    }
    assert_int_equal(rig_count(r, "ACK"), SIP_MAX_FORKS);
    assert_int_equal(rig_count(r, "BYE"), SIP_MAX_FORKS - 1);
    sip_call_hangup(r->call, r->now_ms);
    calling_end(r);
}

/* --- CANCEL ----------------------------------------------------------------------------------- */

static void cancel_waits(void **state)
{
    struct rig *r = calling();

    (void)state;
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    rig_run(r, 2000);
    assert_int_equal(rig_count(r, "INVITE"), 3); /* it goes on until something comes */
    assert_int_equal(rig_count(r, "CANCEL"), 0);
    rig_answer(r, calling_invite(r), "180 Ringing", "b", "", "");
    assert_int_equal(rig_count(r, "CANCEL"), 1);
    assert_string_equal(rig_header(rig_find(r, "CANCEL", 0), "Via"),
                        rig_header(calling_invite(r), "Via"));
    assert_string_equal(rig_header(rig_find(r, "CANCEL", 0), "CSeq"), "1 CANCEL");
    rig_answer(r, rig_find(r, "CANCEL", 0), "200 OK", "b", "", "");
    rig_answer(r, calling_invite(r), "487 Request Terminated", "b", "", "");
    assert_int_equal(rig_count(r, "ACK"), 1);
    assert_int_equal(r->n_events, 2); /* OFFER_WANTED, ENDED; nothing after it */
    calling_end(r);
}

static void cancel_at_once(void **state)
{
    struct rig *r = calling();

    (void)state;
    rig_answer(r, calling_invite(r), "100 Trying", "", "", "");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "CANCEL"), 1);
    rig_run(r, 31999);
    assert_int_equal(rig_count(r, "CANCEL"), 11);
    rig_run(r, 1);
    /* No 487 in 64*T1: given up, a late one is not ACKed any more. */
    rig_answer(r, calling_invite(r), "487 Request Terminated", "b", "", "");
    assert_int_equal(rig_count(r, "ACK"), 0);
    calling_end(r);
}

static void cancel_crosses_200(void **state)
{
    struct rig *r = calling();

    (void)state;
    rig_answer(r, calling_invite(r), "180 Ringing", "b", "", "");
    sip_call_hangup(r->call, r->now_ms);
    rig_answer(r, calling_invite(r), "200 OK", "b", CONTACT, "x");
    assert_int_equal(rig_count(r, "ACK"), 1);
    assert_int_equal(rig_count(r, "BYE"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWERED), 0);
    calling_end(r);
}

static void answer_before_cancel(void **state)
{
    struct rig *r = calling();

    (void)state;
    sip_call_hangup(r->call, r->now_ms);
    rig_answer(r, calling_invite(r), "200 OK", "b", CONTACT, "x");
    assert_int_equal(rig_count(r, "CANCEL"), 0);
    assert_int_equal(rig_count(r, "ACK"), 1);
    assert_int_equal(rig_count(r, "BYE"), 1);
    calling_end(r);
}

static void hangup_before_offer(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2")};
    struct sip_call *call;

    (void)state;
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    sip_call_hangup(call, r->now_ms);
    rig_drain(r);
    sip_call_offer(call, SLICE("o"), r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 0);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    calling_end(r);
}

static void rings_for_ever(void **state)
{
    struct rig *r = calling();

    (void)state;
    rig_answer(r, calling_invite(r), "180 Ringing", "b", "", "");
    rig_run(r, 599999);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    rig_run(r, 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_TIMEOUT);
    assert_int_equal(rig_count(r, "CANCEL"), 1);
    calling_end(r);
}

/* --- answers ---------------------------------------------------------------------------------- */

static const struct final {
    const char *status;
    unsigned number;
} finals[] = {{"302 Moved Temporarily", 302}, {"404 Not Found", 404}, {"603 Decline", 603}};

static void finals_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(finals); i++) {
        struct rig *r = calling();

        rig_answer(r, calling_invite(r), finals[i].status, "b", "", "");
        assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_REFUSED);
        assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->status, finals[i].number);
        assert_int_equal(rig_count(r, "ACK"), 1);
        calling_end(r);
    }
}

static void not_our_answers(void **state)
{
    struct rig *r = calling();
    struct rig_sent other = *calling_invite(r);
    char text[2048];

    (void)state;
    /* 8.1.3.3: two Vias; 17.1.3: another branch, another method. */
    rig_answer(r, calling_invite(r), "200 OK", "b", "Via: SIP/2.0/UDP x;branch=z9hG4bKx\n" CONTACT,
               "x");
    assert_int_equal(rig_count(r, "ACK"), 0);
    strcpy(text, other.text);
    strstr(text, "z9hG4bK")[8] ^= 1;
    other.text = text;
    rig_answer(r, &other, "200 OK", "b", CONTACT, "x");
    assert_int_equal(rig_count(r, "ACK"), 0);
    strcpy(text, calling_invite(r)->text);
    memcpy(strstr(text, "1 INVITE"), "1 UPDATE", 8);
    memcpy(text, "UPDATE", 6);
    rig_answer(r, &other, "200 OK", "b", CONTACT, "x");
    assert_int_equal(rig_count(r, "ACK"), 0);
    calling_end(r);
}

static void early_media(void **state)
{
    struct rig *r = calling();

    (void)state;
    rig_answer(r, calling_invite(r), "183 Session Progress", "b", CONTACT, "early");
    assert_int_equal(rig_event(r, SIP_CALL_PROGRESS, 0)->status, 183);
    assert_string_equal(rig_event(r, SIP_CALL_PROGRESS, 0)->sdp, "early");
    calling_end(r);
}

/* --- BYE and connections ---------------------------------------------------------------------- */

static void connection_is_needed(void **state)
{
    struct rig *r = rig_new(SIP_TCP);
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2;transport=tcp")};
    struct sip_call *call;

    (void)state;
    call = rig_call_with(r, &params, "o");
    assert_string_equal(rig_header(calling_invite(r), "Contact"),
                        "<sip:192.0.2.1:5060;transport=tcp>");
    rig_answer(r, calling_invite(r), "200 OK", "b", "Contact: <sip:bob@192.0.2.2;transport=tcp>\n",
               "x");
    assert_int_equal(rig_find(r, "ACK", 0)->flow.connection, 1);
    rig_run(r, 100000); /* no transaction is left, but the call */
    assert_true(sip_endpoint_needs_connection(r->ep, 1));
    assert_false(sip_endpoint_needs_connection(r->ep, 2));
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    assert_false(sip_endpoint_needs_connection(r->ep, 1));
    sip_call_hangup(call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_find(r, "BYE", 0)->flow.connection, 0); /* on a new one */
    calling_end(r);
}

/* Whoever has seen the INVITE can answer it, but what follows goes to whom it was sent to. */
static void connection_of_others(void **state)
{
    struct rig *r = rig_new(SIP_TCP);
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2;transport=tcp")};
    struct sip_call *call;

    (void)state;
    call = rig_call_with(r, &params, "o");
    r->flow.connection = 9;
    r->flow.remote.bytes[3] = 66;
    rig_answer(r, calling_invite(r), "200 OK", "b", "Contact: <sip:bob@192.0.2.2;transport=tcp>\n",
               "x");
    assert_int_not_equal(rig_find(r, "ACK", 0)->flow.connection, 9);
    sip_call_hangup(call, r->now_ms);
    rig_drain(r);
    assert_int_not_equal(rig_find(r, "BYE", 0)->flow.connection, 9);
    rig_answer(r, rig_find(r, "BYE", 0), "200 OK", "b", "", "");
    rig_call_with(r, &params, "o");
    rig_answer(r, rig_find(r, "INVITE", 1), "486 Busy Here", "b", "", "");
    assert_int_not_equal(rig_last(r, "ACK")->flow.connection, 9);
    calling_end(r);
}

static void receive_bye(struct rig *r, const char *from_tag, unsigned cseq)
{
    const char *from = rig_header(calling_invite(r), "From");

    rig_receive(r,
                "BYE sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKbye%u\n"
                "From: <sip:bob@192.0.2.2>;tag=%s\nTo: %s\nCall-ID: %s\nCSeq: %u BYE\n"
                "Max-Forwards: 70\nContent-Length: 0\n\n",
                cseq, from_tag, from, rig_header(calling_invite(r), "Call-ID"), cseq);
}

static void bye_comes(void **state)
{
    struct rig *r = calling_up(CONTACT);

    (void)state;
    receive_bye(r, "other", 1);
    assert_int_equal(rig_count(r, "SIP/2.0 481"), 1);
    receive_bye(r, "b", 2);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_REMOTE);
    calling_end(r);
}

static void byes_cross(void **state)
{
    struct rig *r = calling_up(CONTACT);

    (void)state;
    sip_call_hangup(r->call, r->now_ms);
    receive_bye(r, "b", 1);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    calling_end(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"13.2.2.4: an ACK for each copy of the 2xx", ack_each_copy, 0, 0, 0},
        {"13.2.2.4: the ACK goes its own way", ack_finds_its_way, 0, 0, 0},
        {"12.1.2: loose routes, reversed", loose_route, 0, 0, 0},
        {"12.2.1.1: a strict route becomes the Request-URI", strict_route, 0, 0, 0},
        {"13.2.2.4: a second fork is ACKed and ended", second_fork, 0, 0, 0},
        {"the seventeenth fork is none", too_many_forks, 0, 0, 0},
        {"9.1: CANCEL waits for a provisional", cancel_waits, 0, 0, 0},
        {"9.1: CANCEL has a transaction; no 487 in 64*T1", cancel_at_once, 0, 0, 0},
        {"CANCEL crosses 200: ACK, BYE", cancel_crosses_200, 0, 0, 0},
        {"200 before any CANCEL: ACK, BYE", answer_before_cancel, 0, 0, 0},
        {"hung up before there is an INVITE", hangup_before_offer, 0, 0, 0},
        {"ringing ends some day", rings_for_ever, 0, 0, 0},
        {"3xx to 6xx end the call", finals_end, 0, 0, 0},
        {"answers that are not to us", not_our_answers, 0, 0, 0},
        {"183 with SDP", early_media, 0, 0, 0},
        {"a connection is needed while the call is up", connection_is_needed, 0, 0, 0},
        {"an answer from elsewhere draws nothing there", connection_of_others, 0, 0, 0},
        {"15.1.2: BYE with the right tags only", bye_comes, 0, 0, 0},
        {"BYE crosses BYE", byes_cross, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/invite_uac", tests, NULL, NULL);
}
