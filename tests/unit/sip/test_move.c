/* test_move.c - calls in which an address changes: ours (RFC 3261 14, 12.2.1.1), and theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/core.h"
#include "tests/lib/sip_rig.h"

#define CONTACT "Contact: <sip:bob@192.0.2.2>\n"

static void end(struct rig *r)
{
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static struct rig *in_call(enum sip_transport transport, const char *lines)
{
    struct rig *r = rig_new(transport);

    rig_call(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", lines, "x");
    return r;
}

static void go_to(struct rig *r, uint8_t host)
{
    r->flow.local.bytes[3] = host;
    sip_call_network_changed(r->call, r->now_ms);
    rig_drain(r);
}

static void hang_up(struct rig *r)
{
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    end(r);
}

/* --- ours ------------------------------------------------------------------------------------- */

static void we_move(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);
    const struct rig_sent *again;

    (void)state;
    go_to(r, 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 0); /* nothing has */
    go_to(r, 9);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 1);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("here"), r->now_ms), 0);
    rig_drain(r);
    again = rig_find(r, "INVITE", 1);
    assert_non_null(strstr(rig_header(again, "Via"), "192.0.2.9:5060"));
    assert_string_equal(rig_header(again, "Contact"), "<sip:192.0.2.9:5060>");
    assert_int_equal(again->flow.local.bytes[3], 9);
    rig_answer(r, again, "200 OK", "", CONTACT, "yes");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 1);
    go_to(r, 9);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 1);
    hang_up(r);
}

static void we_move_within_an_offer(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    go_to(r, 9);
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 0);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 1);
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_find(r, "INVITE", 1), "CSeq"), "2 INVITE");
    /* The old one was taken after all: its 2xx is acknowledged, and that is all. */
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", CONTACT, "late");
    assert_int_equal(rig_count(r, "ACK"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 0);
    rig_answer(r, rig_find(r, "INVITE", 2), "200 OK", "", CONTACT, "held");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWER), 1);
    hang_up(r);
}

/* What is given up is not sent again, and a late word to it keeps nothing alive. */
static void an_offer_given_up_gets_a_late_word(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);
    size_t sent;

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    go_to(r, 9);
    sent = rig_count(r, "INVITE");
    rig_run(r, 2000);
    assert_int_equal(rig_count(r, "INVITE"), sent);
    rig_answer(r, rig_find(r, "INVITE", 1), "100 Trying", "", "", "");
    hang_up(r);
}

/* There and back, and the other side answers neither at first. */
static void we_move_and_come_back(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    go_to(r, 9);
    sip_call_reinvite(r->call, SLICE("there"), r->now_ms);
    rig_run(r, 300);
    go_to(r, 9); /* another event of the same change */
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 1);
    go_to(r, 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 2);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("back"), r->now_ms), 0);
    rig_drain(r);
    assert_non_null(strstr(rig_find(r, "INVITE", 2)->text, "\r\n\r\nback"));
    rig_answer(r, rig_find(r, "INVITE", 2), "200 OK", "", CONTACT, "yes");
    hang_up(r);
}

/* First there is no network at all, then another one; nobody has to press a key. */
static void the_network_is_gone_for_a_while(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);
    unsigned asked;

    (void)state;
    r->hold_locate = true;
    go_to(r, 9);
    sip_endpoint_located(r->ep, r->locate_key, NULL, 0, -ENETUNREACH, r->now_ms);
    rig_run(r, 30000);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    r->hold_locate = false;
    go_to(r, 9);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 1);
    sip_call_reinvite(r->call, SLICE("here"), r->now_ms);
    rig_drain(r);
    sip_endpoint_send_failed(r->ep, rig_find(r, "INVITE", 1)->key, -ENETUNREACH, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 0);
    asked = r->n_locates;
    rig_run(r, SIP_MOVE_AGAIN_MS);
    assert_int_equal(r->n_locates, asked + 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 2);
    hang_up(r);
}

/* 14.1 would end the call with the first re-INVITE that times out. */
static void silence_after_a_move_ends_the_call_late(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);
    size_t moved = 0;

    (void)state;
    go_to(r, 9);
    for (unsigned s = 0; s < 240 && !rig_event(r, SIP_CALL_ENDED, 0); s++) {
        if (rig_event_count(r, SIP_CALL_MOVED) > moved) {
            moved = rig_event_count(r, SIP_CALL_MOVED);
            sip_call_reinvite(r->call, SLICE("here"), r->now_ms);
        }
        rig_run(r, 1000);
    }
    assert_true(moved >= 5);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_TIMEOUT);
    assert_true(rig_event(r, SIP_CALL_ENDED, 0)->at_ms > SIP_MOVE_MAX_MS);
    end(r);
}

static void a_move_is_refused(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    go_to(r, 9);
    sip_call_reinvite(r->call, SLICE("here"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "500 Later", "", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 0);
    rig_run(r, SIP_MOVE_AGAIN_MS);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 2);
    sip_call_reinvite(r->call, SLICE("here"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 2), "488 No", "", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 1)->status, 488);
    rig_run(r, 60000);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 2);
    go_to(r, 7);
    sip_call_reinvite(r->call, SLICE("here"), r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 3), "481 Gone", "", "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    end(r);
}

static void we_move_behind_a_proxy_and_on_tcp(void **state)
{
    struct rig *r = in_call(SIP_TCP, CONTACT "Record-Route: <sip:192.0.2.3;lr;transport=tcp>\n");

    (void)state;
    go_to(r, 9);
    assert_string_equal(r->locate_host, "192.0.2.3");
    sip_call_reinvite(r->call, SLICE("here"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_find(r, "INVITE", 1)->flow.connection, 0); /* the old one is dead */
    assert_string_equal(rig_header(rig_find(r, "INVITE", 1), "Route"),
                        "<sip:192.0.2.3;lr;transport=tcp>");
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", CONTACT, "yes");
    hang_up(r);
}

/* --- theirs ----------------------------------------------------------------------------------- */

static const char *our_tag(const struct rig *r)
{
    return strstr(rig_header(rig_find(r, "INVITE", 0), "From"), ";tag=") + 5;
}

static struct sip_flow from(const struct rig *r, uint8_t host)
{
    struct sip_flow flow = r->flow;

    flow.remote.bytes[3] = host;
    return flow;
}

/* A request of Bob's that comes from host, with a Contact. */
static void ask(struct rig *r, uint8_t host, const char *method, unsigned cseq, const char *contact)
{
    struct sip_flow flow = from(r, host);
    char text[1024];

    snprintf(text, sizeof text,
             "%s sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.%u;branch=z9hG4bK%s%u\n"
             "From: <sip:bob@192.0.2.2>;tag=b\nTo: <sip:alice@192.0.2.1>;tag=%s\n"
             "Call-ID: %s\nCSeq: %u %s\nMax-Forwards: 70\nContact: <sip:bob@%s>\n"
             "Content-Type: application/sdp\nContent-Length: 1\n\nm",
             method, host, method, cseq, our_tag(r),
             rig_header(rig_find(r, "INVITE", 0), "Call-ID"), cseq, method, contact);
    rig_receive_from(r, &flow, text);
}

/* Their ACK goes to where we were, and must not be waited for. */
static void we_move_before_their_ack(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 2, "INVITE", 4, "192.0.2.2");
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    go_to(r, 9);
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("here"), r->now_ms), 0);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", CONTACT, "yes");
    rig_run(r, 40000);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    hang_up(r);
}

static const char *last(const struct rig *r)
{
    return r->sent[r->n_sent - 1].text;
}

#define ASSERT_LAST(r, start) assert_memory_equal(last(r), start, strlen(start))

static void they_move(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 8, "INVITE", 1, "192.0.2.8");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 0);
    assert_int_equal(rig_find(r, "OPTIONS", 0)->flow.remote.bytes[3], 2); /* are you still there? */
    rig_run(r, SIP_MOVE_PROBE_MS);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_drain(r);
    assert_int_equal(r->sent[r->n_sent - 1].flow.remote.bytes[3], 8);
    ask(r, 8, "ACK", 1, "192.0.2.8");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    ask(r, 2, "BYE", 2, "192.0.2.2");
    ASSERT_LAST(r, "SIP/2.0 481"); /* nobody of ours lives there any more */
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_find(r, "BYE sip:bob@192.0.2.8", 0)->flow.remote.bytes[3], 8);
    end(r);
}

/* Nobody has verified who is there, whoever was where they were. */
static void they_move_by_tls(void **state)
{
    struct rig *r = rig_new(SIP_TLS);
    const struct rig_sent *again;

    (void)state;
    r->flow.peer = 7;
    rig_call(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b",
               "Contact: <sip:bob@192.0.2.2;transport=tls>\n", "x");
    r->flow.peer = 0;
    r->flow.connection = 99;
    ask(r, 8, "INVITE", 1, "192.0.2.8;transport=tls");
    rig_run(r, SIP_MOVE_PROBE_MS);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_drain(r);
    ask(r, 8, "ACK", 1, "192.0.2.8;transport=tls");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("hold"), r->now_ms), 0);
    rig_drain(r);
    again = rig_find(r, "INVITE", 1);
    assert_int_equal(again->flow.remote.bytes[3], 8);
    assert_int_equal(again->flow.connection, 99);
    assert_int_equal(again->flow.peer, 0);
    hang_up(r);
}

/* It is not for want of memory, which would come back. */
static void what_is_sealed_stays_where_there_is_no_tls(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    sip_call_seal(r->call, true);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("keys"), r->now_ms), -EPROTONOSUPPORT);
    rig_drain(r);
    assert_int_equal(rig_count(r, "INVITE"), 1);
    sip_call_seal(r->call, false);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("none"), r->now_ms), 0);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", CONTACT, "yes");
    hang_up(r);
}

/* What we think of their offer does not change where they are. */
static void they_move_with_an_offer_that_is_refused(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 8, "INVITE", 1, "192.0.2.8");
    rig_run(r, SIP_MOVE_PROBE_MS);
    sip_call_reoffer_answer(r->call, 488, SLICE(""), r->now_ms);
    rig_drain(r);
    ASSERT_LAST(r, "SIP/2.0 488");
    ask(r, 8, "ACK", 1, "192.0.2.8");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_find(r, "BYE sip:bob@192.0.2.8", 0)->flow.remote.bytes[3], 8);
    end(r);
}

static void whoever_answers_at_the_old_address_has_not_moved(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 8, "INVITE", 4, "192.0.2.8");
    ask(r, 8, "UPDATE", 3, "192.0.2.8"); /* one at a time */
    ASSERT_LAST(r, "SIP/2.0 500");
    assert_non_null(strstr(last(r), "\r\nCSeq: 3 UPDATE\r\n"));
    rig_answer(r, rig_find(r, "OPTIONS", 0), "200 OK", "", CONTACT, "");
    ASSERT_LAST(r, "SIP/2.0 403");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 0);
    ask(r, 2, "INVITE", 2, "192.0.2.2"); /* the number of the stranger does not count */
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    ask(r, 2, "ACK", 2, "192.0.2.2");
    hang_up(r);
}

static void they_move_on_before_we_have_decided(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 8, "INVITE", 4, "192.0.2.8");
    rig_run(r, SIP_MOVE_PROBE_MS - 100);
    ask(r, 7, "INVITE", 5, "192.0.2.7");
    assert_int_equal(rig_count(r, "SIP/2.0 500"), 1); /* to the first */
    rig_run(r, 100);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_find(r, "SIP/2.0 200", 0)->flow.remote.bytes[3], 7);
    ask(r, 7, "ACK", 5, "192.0.2.7");
    hang_up(r);
}

/* Who lives there now knows nothing of the call: it does not wait for the second to be over. */
static void somebody_else_lives_at_the_old_address(void **state)
{
    static const char *const answers[] = {"481 No", "408 Timeout"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct rig *r = in_call(SIP_UDP, CONTACT);

        ask(r, 8, "UPDATE", 4, "192.0.2.8");
        rig_answer(r, rig_find(r, "OPTIONS", 0), answers[i], "", "", "");
        assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
        sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
        hang_up(r);
    }
}

static void they_have_two_addresses_and_mean_the_new_one(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 8, "UPDATE", 4, "192.0.2.8");
    rig_answer(r, rig_find(r, "OPTIONS", 0), "200 OK", "", "Contact: <sip:bob@192.0.2.8>\n", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    hang_up(r);
}

/* Their answer to our 2xx was lost with their network: it is not waited for. */
static void they_move_before_their_ack(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 2, "INVITE", 4, "192.0.2.2");
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    ask(r, 8, "INVITE", 5, "192.0.2.8");
    rig_run(r, SIP_MOVE_PROBE_MS);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 2);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    ask(r, 8, "ACK", 5, "192.0.2.8");
    rig_run(r, 40000);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    hang_up(r);
}

/* Ours went to where they no longer are, so it cannot be in their way, and comes behind theirs. */
static void they_move_within_our_offer(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    sip_call_reinvite(r->call, SLICE("hold"), r->now_ms);
    rig_drain(r);
    ask(r, 8, "INVITE", 5, "192.0.2.8");
    rig_run(r, SIP_MOVE_PROBE_MS);
    assert_int_equal(rig_event(r, SIP_CALL_OFFER_REFUSED, 0)->status, 491);
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("yes"), r->now_ms);
    rig_run(r, 700);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1); /* that of the call */
    ask(r, 8, "ACK", 5, "192.0.2.8");
    rig_run(r, SIP_T1_MS);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
    hang_up(r);
}

/* The account has registered, and what its calls say of where we are may be another port now. */
static void our_contact_changes(void **state)
{
    struct rig *r = in_call(SIP_TCP, CONTACT);

    (void)state;
    sip_call_contact_changed(r->call);
    rig_drain(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 0);
    r->call->dialog->flow.local.port = 40000;
    sip_call_contact_changed(r->call);
    sip_call_contact_changed(r->call); /* told already */
    rig_drain(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 1);
    assert_int_equal(sip_call_reinvite(r->call, SLICE("here"), r->now_ms), 0);
    rig_drain(r);
    assert_non_null(strstr(rig_header(rig_find(r, "INVITE", 1), "Contact"), ":40000"));
    rig_answer(r, rig_find(r, "INVITE", 1), "200 OK", "", CONTACT, "x");
    hang_up(r);
}

/* By UDP the port is that of our socket, whoever sees it as another one. */
static void our_contact_stays_by_udp(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    r->call->dialog->flow.local.port = 40000;
    sip_call_contact_changed(r->call);
    rig_drain(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_MOVED), 0);
    hang_up(r);
}

static const struct {
    const char *name, *method, *contact, *lines;
    unsigned cseq;
} strangers[] = {
    {"its Contact is elsewhere", "INVITE", "192.0.2.7", CONTACT, 4},
    {"its Contact has another port", "INVITE", "192.0.2.8:5080", CONTACT, 4},
    {"its Contact is a name", "INVITE", "example.org", CONTACT, 4},
    {"no target refresh", "BYE", "192.0.2.8", CONTACT, 4},
    {"a call through proxies", "INVITE", "192.0.2.8", CONTACT "Record-Route: <sip:192.0.2.3;lr>\n",
     4},
    {"it came by way of a proxy", "INVITE",
     "192.0.2.8>\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKv\nX: <x", CONTACT, 4},
};

static void strangers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
        struct rig *r = in_call(SIP_UDP, strangers[i].lines);

        ask(r, 8, strangers[i].method, strangers[i].cseq, strangers[i].contact);
        ASSERT_LAST(r, "SIP/2.0 481");
        assert_int_equal(rig_count(r, "OPTIONS"), 0);
        hang_up(r);
    }
}

static void an_old_number_is_no_move(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 2, "INVITE", 4, "192.0.2.2");
    sip_call_reoffer_answer(r->call, 488, SLICE(""), r->now_ms);
    ask(r, 8, "UPDATE", 4, "192.0.2.8");
    ASSERT_LAST(r, "SIP/2.0 481");
    hang_up(r);
}

static void the_call_ends_while_somebody_claims(void **state)
{
    struct rig *r = in_call(SIP_UDP, CONTACT);

    (void)state;
    ask(r, 8, "INVITE", 4, "192.0.2.8");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "SIP/2.0 481"), 1);
    end(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"14: another address of ours: SIP_CALL_MOVED, Via and Contact", we_move, 0, 0, 0},
        {"we move while an offer is open", we_move_within_an_offer, 0, 0, 0},
        {"an offer given up gets a late word", an_offer_given_up_gets_a_late_word, 0, 0, 0},
        {"there and back", we_move_and_come_back, 0, 0, 0},
        {"no network, then another", the_network_is_gone_for_a_while, 0, 0, 0},
        {"silence after a move", silence_after_a_move_ends_the_call_late, 0, 0, 0},
        {"12.2.1.2: 500, 488 and 481 to a move", a_move_is_refused, 0, 0, 0},
        {"by way of a proxy, over TCP", we_move_behind_a_proxy_and_on_tcp, 0, 0, 0},
        {"we move before their ACK", we_move_before_their_ack, 0, 0, 0},
        {"another Contact of ours: told once", our_contact_changes, 0, 0, 0},
        {"none by UDP", our_contact_stays_by_udp, 0, 0, 0},
        {"they move, and are silent where they were", they_move, 0, 0, 0},
        {"they move, by a connection of theirs", they_move_by_tls, 0, 0, 0},
        {"keys where there is no TLS", what_is_sealed_stays_where_there_is_no_tls, 0, 0, 0},
        {"they move, and we refuse the offer", they_move_with_an_offer_that_is_refused, 0, 0, 0},
        {"they answer where they were", whoever_answers_at_the_old_address_has_not_moved, 0, 0, 0},
        {"they move on", they_move_on_before_we_have_decided, 0, 0, 0},
        {"another lives where they were", somebody_else_lives_at_the_old_address, 0, 0, 0},
        {"they answer, and name the new address", they_have_two_addresses_and_mean_the_new_one, 0,
         0, 0},
        {"they move before their ACK", they_move_before_their_ack, 0, 0, 0},
        {"they move while an offer of ours is open", they_move_within_our_offer, 0, 0, 0},
        {"claims that are none", strangers_are_refused, 0, 0, 0},
        {"a number that was there before", an_old_number_is_no_move, 0, 0, 0},
        {"the end meanwhile", the_call_ends_while_somebody_claims, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/move", tests, NULL, NULL);
}
