/* test_transaction.c - what is sent when: the timers of RFC 3261 17, RFC 6026 and RFC 4320, seen
 * from outside through one endpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sip/transaction_tables.h"
#include "tests/lib/sip_rig.h"

#define END UINT64_MAX

/* All messages that begin with start left at these times after t0_ms, and no others. */
static void assert_times(const struct rig *r, const char *start, uint64_t t0_ms,
                         const uint64_t *times)
{
    size_t i = 0;

    for (; times[i] != END; i++) {
        const struct rig_sent *sent = rig_find(r, start, i);

        if (!sent)
            fail_msg("%s: only %zu were sent", start, i);
        assert_int_equal(sent->at_ms - t0_ms, times[i]);
        assert_string_equal(sent->text, rig_find(r, start, 0)->text);
    }
    assert_int_equal(rig_count(r, start), i);
}

static const uint64_t once[] = {0, END};
static const uint64_t invite_times[] = {0, 500, 1500, 3500, 7500, 15500, 31500, END};
static const uint64_t other_times[] = {0,     500,   1500,  3500,  7500,  11500,
                                       15500, 19500, 23500, 27500, 31500, END};

static void end(struct rig *r)
{
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

/* A call that the other side has answered with tag "b". */
static struct rig *rig_in_call(enum sip_transport transport)
{
    struct rig *r = rig_new(transport);

    rig_call(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", "Contact: <sip:bob@192.0.2.2>\n", "x");
    assert_int_equal(rig_count(r, "ACK"), 1);
    return r;
}

static void invite_udp(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_call(r);
    rig_run(r, 31999);
    assert_times(r, "INVITE", 1000, invite_times);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    rig_run(r, 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_TIMEOUT);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->status, 408);
    end(r);
}

static void invite_tcp(void **state)
{
    struct rig *r = rig_new(SIP_TCP);

    (void)state;
    rig_call(r);
    rig_run(r, 32000);
    assert_times(r, "INVITE", 1000, once);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->at_ms, 33000);
    end(r);
}

static void invite_stops(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_call(r);
    rig_run(r, 600);
    rig_answer(r, rig_find(r, "INVITE", 0), "100 Trying", "", "", "");
    rig_run(r, 100000);
    assert_int_equal(rig_count(r, "INVITE"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    end(r);
}

static void stall(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_call(r);
    rig_stall(r, 20000);
    assert_int_equal(rig_count(r, "INVITE"), 2);
    rig_stall(r, 20000);
    assert_int_equal(rig_count(r, "INVITE"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    end(r);
}

static void bye_udp(void **state)
{
    struct rig *r = rig_in_call(SIP_UDP);
    uint64_t t0 = r->now_ms;

    (void)state;
    sip_call_hangup(r->call, r->now_ms);
    rig_run(r, 100000);
    assert_times(r, "BYE", t0, other_times);
    end(r);
}

static void bye_tcp(void **state)
{
    struct rig *r = rig_in_call(SIP_TCP);

    (void)state;
    sip_call_hangup(r->call, r->now_ms);
    rig_run(r, 100000);
    assert_int_equal(rig_count(r, "BYE"), 1);
    end(r);
}

static void bye_provisional(void **state)
{
    /* E was set to 1000 at 500, so it fires at 1500; from then on every T2. */
    static const uint64_t times[] = {0, 500, 1500, 5500, 9500, 13500, 17500, 21500, 25500, 29500, END};
    struct rig *r = rig_in_call(SIP_UDP);
    uint64_t t0 = r->now_ms;

    (void)state;
    sip_call_hangup(r->call, r->now_ms);
    rig_run(r, 600);
    rig_answer(r, rig_find(r, "BYE", 0), "100 Trying", "", "", "");
    rig_run(r, 100000);
    assert_times(r, "BYE", t0, times);
    end(r);
}

static void final_udp(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_run(r, 100000);
    assert_times(r, "SIP/2.0 486", 1000, other_times);
    assert_int_equal(rig_count(r, "SIP/2.0 100"), 0);
    end(r);
}

static void final_tcp(void **state)
{
    struct rig *r = rig_new(SIP_TCP);

    (void)state;
    rig_invited(r, "1");
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_run(r, 100000);
    assert_times(r, "SIP/2.0 486", 1000, once);
    end(r);
}

static void receive_ack(struct rig *r, const char *branch, const char *tag, unsigned cseq,
                        const char *body)
{
    rig_receive(r,
                "ACK sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/%s 192.0.2.2;branch=z9hG4bK%s\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\nCall-ID: c\n"
                "CSeq: %u ACK\nMax-Forwards: 70\n%sContent-Length: %zu\n\n%s",
                r->flow.transport == SIP_UDP ? "UDP" : "TCP", branch, tag, cseq,
                *body ? "Content-Type: application/sdp\n" : "", strlen(body), body);
}

static const char *tag_of(const struct rig_sent *sent)
{
    const char *at = strstr(rig_header(sent, "To"), ";tag=");

    assert_non_null(at);
    return at + 5;
}

static void ack_stops(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_run(r, 600);
    receive_ack(r, "1", tag_of(rig_find(r, "SIP/2.0 486", 0)), 1, "");
    rig_run(r, 39999);
    receive_ack(r, "1", tag_of(rig_find(r, "SIP/2.0 486", 0)), 1, "");
    rig_invited(r, "1"); /* a late copy of the INVITE is absorbed for 10*T2 */
    assert_int_equal(rig_count(r, "SIP/2.0"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    end(r);
}

static void invite_copy(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_invited(r, "1");
    assert_int_equal(rig_count(r, "SIP/2.0 180"), 2);
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_invited(r, "1");
    assert_int_equal(rig_count(r, "SIP/2.0 486"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    end(r);
}

static void trying(void **state)
{
    static const uint64_t at_100[] = {100, END};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    rig_run(r, 59000);
    assert_times(r, "SIP/2.0 100", 1000, at_100);
    assert_null(strstr(rig_header(rig_find(r, "SIP/2.0 100", 0), "To"), "tag="));
    end(r);
}

static void no_trying(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_run(r, 1000);
    assert_int_equal(rig_count(r, "SIP/2.0"), 1);
    end(r);
}

static void ring_again(void **state)
{
    static const uint64_t minutes[] = {0, 60000, 120000, END};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_run(r, 125000);
    assert_times(r, "SIP/2.0 180", 1000, minutes);
    end(r);
}

/* RFC 3261 13.3.1.4: by the call itself, so over TCP too. */
static void ok_again(enum sip_transport transport)
{
    struct rig *r = rig_new(transport);

    rig_invited(r, "1");
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_run(r, 31999);
    assert_times(r, "SIP/2.0 200", 1000, other_times);
    assert_int_equal(rig_count(r, "BYE"), 0);
    rig_run(r, 1);
    assert_int_equal(rig_count(r, "BYE"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_NO_ACK);
    end(r);
}

static void ok_again_udp(void **state)
{
    (void)state;
    ok_again(SIP_UDP);
}

static void ok_again_tcp(void **state)
{
    (void)state;
    ok_again(SIP_TCP);
}

static void ok_stops(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_run(r, 600);
    receive_ack(r, "2", tag_of(rig_find(r, "SIP/2.0 200", 0)), 1, "");
    rig_run(r, 100000);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void ack_487_again(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    const struct rig_sent *invite;

    (void)state;
    rig_call(r);
    invite = rig_find(r, "INVITE", 0);
    rig_answer(r, invite, "486 Busy Here", "b", "", "");
    rig_run(r, 31000);
    rig_answer(r, invite, "486 Busy Here", "b", "", "");
    assert_int_equal(rig_count(r, "ACK"), 2);
    assert_string_equal(rig_header(rig_find(r, "ACK", 0), "Via"), rig_header(invite, "Via"));
    rig_run(r, 1001);
    rig_answer(r, invite, "486 Busy Here", "b", "", "");
    assert_int_equal(rig_count(r, "ACK"), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    end(r);
}

static void final_tcp_d(void **state)
{
    struct rig *r = rig_new(SIP_TCP);

    (void)state;
    rig_call(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "486 Busy Here", "b", "", "");
    rig_answer(r, rig_find(r, "INVITE", 0), "486 Busy Here", "b", "", "");
    assert_int_equal(rig_count(r, "ACK"), 1); /* D is zero: the transaction has gone */
    end(r);
}

static void receive_bye(struct rig *r, const char *tag)
{
    rig_receive(r,
                "BYE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKbye\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\nCall-ID: c\n"
                "CSeq: 2 BYE\nMax-Forwards: 70\nContent-Length: 0\n\n",
                tag);
}

static void kept_10_t2(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    char tag[64];

    (void)state;
    rig_invited(r, "1");
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    snprintf(tag, sizeof tag, "%s", tag_of(rig_find(r, "SIP/2.0 200", 0)));
    receive_ack(r, "2", tag, 1, "");
    rig_forget(r);
    receive_bye(r, tag);
    rig_run(r, 39999);
    receive_bye(r, tag);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    rig_run(r, 1);
    receive_bye(r, tag);
    assert_int_equal(rig_count(r, "SIP/2.0 481"), 1);
    end(r);
}

/* An INVITE that strayed for 39 s finds its answer remembered, though nobody ACKed it. */
static void stray_invite_refused(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_run(r, 39000);
    rig_invited(r, "1");
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    end(r);
}

static void stray_invite_accepted(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_run(r, 39000);
    rig_invited(r, "1");
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    end(r);
}

/* RFC 4320 4.1: no 100 before timer E of the client has reached T2, and then one. */
static void late_trying(void **state)
{
    static const uint64_t at[] = {3500, END};
    struct rig *r = rig_new(SIP_UDP);
    char tag[64];
    uint64_t t0;

    (void)state;
    rig_invited(r, "1");
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    snprintf(tag, sizeof tag, "%s", tag_of(rig_find(r, "SIP/2.0 200", 0)));
    receive_ack(r, "2", tag, 1, "");
    rig_forget(r);
    t0 = r->now_ms;
    for (int i = 0; i < 2; i++) {
        rig_receive(r,
                    "UPDATE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKu\n"
                    "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\n"
                    "Call-ID: c\nCSeq: 2 UPDATE\nMax-Forwards: 70\nContact: <sip:alice@192.0.2.2>\n"
                    "Content-Type: application/sdp\nContent-Length: 1\n\np",
                    tag);
        assert_int_equal(r->n_sent, 0);
    }
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    rig_run(r, 20000);
    assert_times(r, "SIP/2.0 100", t0, at);
    sip_call_reoffer_answer(r->call, 200, SLICE("y"), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    sip_call_hangup(r->call, r->now_ms);
    end(r);
}

static void tables_are_whole(void **state)
{
    (void)state;
    for (unsigned m = 0; m < SIP_TX_MACHINES; m++)
        for (unsigned s = 0; s < SIP_TX_STATES; s++)
            for (unsigned e = 0; e < SIP_TX_EVENTS; e++) {
                const struct sip_tx_cell *cell = &sip_tx_tables[m][s][e];

                if (!sip_tx_cell_is_used(m, s, e))
                    continue;
                assert_true(s > 0 && s < SIP_TX_TERMINATED);
                assert_true(cell->next > 0 && cell->next < SIP_TX_STATES);
                assert_non_null(sip_tx_event_name(e));
                assert_non_null(sip_tx_state_name(s));
                assert_non_null(sip_tx_machine_name(m));
            }
}

/* Each state but the first two of a server waits for something that ends it. */
static void waits_match_cells(void **state)
{
    (void)state;
    for (unsigned m = 0; m < SIP_TX_MACHINES; m++)
        for (unsigned s = 1; s < SIP_TX_TERMINATED; s++) {
            const struct sip_tx_wait *wait = &sip_tx_waits[m][s];

            if (wait->limit && wait->limit != SIP_TX_NO_TIMER)
                assert_true(sip_tx_cell_is_used(m, s, wait->limit));
            if (wait->first_ms)
                assert_true(sip_tx_cell_is_used(m, s, wait->repeat));
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"17.1.1.2: INVITE at 0, .5, 1.5 … 31.5 s, given up at 64*T1", invite_udp, 0, 0, 0},
        {"17.1.1.2: INVITE over TCP once, given up at 64*T1", invite_tcp, 0, 0, 0},
        {"17.1.1.2: a provisional stops INVITE and timer B", invite_stops, 0, 0, 0},
        {"a stall is followed by one copy, not by a burst", stall, 0, 0, 0},
        {"17.1.2.2: BYE at T1 doubling to T2, 11 sends", bye_udp, 0, 0, 0},
        {"17.1.2.2: BYE over TCP once", bye_tcp, 0, 0, 0},
        {"17.1.2.2: every T2 after a provisional", bye_provisional, 0, 0, 0},
        {"17.2.1: final answer at T1 doubling to T2 for 64*T1", final_udp, 0, 0, 0},
        {"17.2.1: final answer over TCP once", final_tcp, 0, 0, 0},
        {"17.2.1: ACK stops it, copies are absorbed", ack_stops, 0, 0, 0},
        {"17.2.1: a copy of the INVITE gets the latest answer", invite_copy, 0, 0, 0},
        {"17.2.1: 100 within 200 ms", trying, 0, 0, 0},
        {"17.2.1: no 100 behind a 180", no_trying, 0, 0, 0},
        {"13.3.1.1: 180 each minute", ring_again, 0, 0, 0},
        {"13.3.1.4: 2xx until the ACK, BYE at 64*T1, UDP", ok_again_udp, 0, 0, 0},
        {"13.3.1.4: 2xx until the ACK, BYE at 64*T1, TCP", ok_again_tcp, 0, 0, 0},
        {"13.3.1.4: the ACK stops the 2xx", ok_stops, 0, 0, 0},
        {"17.1.1.2: ACK for each copy of a 486 for 32 s", ack_487_again, 0, 0, 0},
        {"17.1.1.2: timer D is zero over TCP", final_tcp_d, 0, 0, 0},
        {"final answers are kept for 10*T2", kept_10_t2, 0, 0, 0},
        {"a refused INVITE does not ring again within 10*T2", stray_invite_refused, 0, 0, 0},
        {"an accepted INVITE does not ring again within 10*T2", stray_invite_accepted, 0, 0, 0},
        {"RFC 4320 4.1: a late 100 to others than INVITE", late_trying, 0, 0, 0},
        {"the tables lead from state to state", tables_are_whole, 0, 0, 0},
        {"what a state waits for is in its table", waits_match_cells, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/transaction", tests, NULL, NULL);
}
