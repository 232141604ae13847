/* INFO within a call, both ways (RFC 6086 in its legacy use). */
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
#define RELAY "application/dtmf-relay"

static void call(struct rig *r, const char *lines)
{
    rig_call(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", lines, "x");
}

static struct rig *in_call(const char *lines)
{
    struct rig *r = rig_new(SIP_UDP);

    call(r, lines);
    return r;
}

static void end(struct rig *r)
{
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

/* A request of the other side in the call that we began. tag: of its dialog. */
static void asked(struct rig *r, unsigned cseq, const char *tag, const char *type, const char *body)
{
    const struct rig_sent *invite = rig_find(r, "INVITE", 0);

    rig_receive(r,
                "INFO sip:tphone@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKi%u\n"
                "From: <sip:bob@192.0.2.2>;tag=%s\nTo: %s\nCall-ID: %s\nCSeq: %u INFO\n"
                "Max-Forwards: 70\nContent-Type: %s\nContent-Length: %u\n\n%s",
                cseq, tag, rig_header(invite, "From"), rig_header(invite, "Call-ID"), cseq, type,
                (unsigned)strlen(body), body);
}

static const char *last(struct rig *r)
{
    return r->sent[r->n_sent - 1].text;
}

static void assert_last(struct rig *r, const char *start)
{
    assert_memory_equal(last(r), start, strlen(start));
}

/* A hundred keys: those of late are kept for their copies; a copy of one that has been forgotten is
 * refused, and its key is not pressed again. */
static void what_is_kept(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    for (unsigned i = 1; i <= 100; i++)
        asked(r, i, "b", RELAY, "Signal=5\nDuration=100\n");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 100);
    asked(r, 100, "b", RELAY, "Signal=5\nDuration=100\n");
    asked(r, 40, "b", RELAY, "Signal=5\nDuration=100\n");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 102);
    asked(r, 30, "b", RELAY, "Signal=5\nDuration=100\n");
    assert_last(r, "SIP/2.0 500");
    assert_int_equal(rig_event_count(r, SIP_CALL_DIGIT), 100);
    end(r);
}

/* Answers have all Vias: of long ones fewer are kept. */
static void what_is_kept_of_long_ones(void **state)
{
    static char via[8000];
    struct rig *r = in_call(CONTACT);
    char tag[8100];

    (void)state;
    memset(via, 'v', sizeof via - 1);
    snprintf(tag, sizeof tag, "b\nVia: SIP/2.0/UDP h;x=%s", via);
    for (unsigned i = 1; i <= 20; i++)
        asked(r, i, tag, RELAY, "Signal=5\nDuration=100\n");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 20);
    asked(r, 15, tag, RELAY, "Signal=5\nDuration=100\n");
    assert_last(r, "SIP/2.0 200");
    asked(r, 10, tag, RELAY, "Signal=5\nDuration=100\n");
    assert_last(r, "SIP/2.0 500");
    end(r);
}

/* Another one than who is in the call calls, and is heard. */
static void another_calls(struct rig *r)
{
    static const char invite[] =
        "INVITE sip:tphone@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKn\n"
        "From: <sip:carol@192.0.2.77>;tag=c\nTo: <sip:tphone@192.0.2.1>\nCall-ID: n\n"
        "CSeq: 1 INVITE\nContact: <sip:carol@192.0.2.77>\nMax-Forwards: 70\n"
        "Content-Type: application/sdp\nContent-Length: 1\n\nx";
    struct sip_flow other = r->flow;

    other.remote = (struct ip){.family = 4, .bytes = {192, 0, 2, 77}, .port = 5060};
    rig_receive_from(r, &other, invite);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    sip_call_reject(rig_event(r, SIP_CALL_INCOMING, 0)->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_drain(r);
}

/* One source has three quarters of what is kept of all at most: there is room for who comes anew,
 * and it may still end its call. */
static void a_share_of_what_is_kept(void **state)
{
    struct rig *r = in_call(CONTACT);
    struct sip_tx_pool *txs = &r->ep->txs;
    size_t taken;

    (void)state;
    txs->max_bytes = 10000;
    for (unsigned i = 1; i <= 60; i++)
        asked(r, i, "b", RELAY, "Signal=5\nDuration=100\n");
    taken = rig_count(r, "SIP/2.0 200");
    assert_int_equal(taken + rig_count(r, "SIP/2.0 503"), 60);
    assert_in_range(txs->bytes, 7000, 8200);
    assert_true(taken < 60);
    another_calls(r);
    rig_run(r, 41000);
    asked(r, 61, "b", RELAY, "Signal=5\nDuration=100\n"); /* and later it may again */
    assert_last(r, "SIP/2.0 200");
    end(r);
}

/* Likewise of how many requests there may be: what is kept of one can be little. */
static void a_share_of_places(void **state)
{
    struct rig *r = in_call(CONTACT);
    size_t taken;

    (void)state;
    r->ep->txs.max = 42;
    for (unsigned i = 1; i <= 60; i++)
        asked(r, i, "b", RELAY, "Signal=5\nDuration=100\n");
    taken = rig_count(r, "SIP/2.0 200");
    assert_int_equal(taken + rig_count(r, "SIP/2.0 503"), 60);
    assert_in_range(taken, 28, 32);
    another_calls(r);
    rig_run(r, 41000);
    asked(r, 61, "b", RELAY, "Signal=5\nDuration=100\n");
    assert_last(r, "SIP/2.0 200");
    end(r);
}

/* All calls of an account come by its server. */
static void all_that_is_kept_for_our_server(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_tx_pool *txs = &r->ep->txs;

    (void)state;
    rig_registered(r);
    call(r, CONTACT);
    txs->max_bytes = 14000;
    for (unsigned i = 1; i <= 60; i++)
        asked(r, i, "b", RELAY, "Signal=5\nDuration=100\n");
    assert_in_range(txs->bytes, 13500, 14500);
    rig_free(r); /* its registration never rests */
}

static void keys_that_come(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    asked(r, 1, "b", RELAY, "Signal=5");
    assert_last(r, "SIP/2.0 200");
    assert_int_equal(rig_event(r, SIP_CALL_DIGIT, 0)->digit, '5');
    asked(r, 1, "b", RELAY, "Signal=5"); /* a copy */
    assert_int_equal(rig_event_count(r, SIP_CALL_DIGIT), 1);
    asked(r, 2, "b", "application/dtmf", "#");
    assert_int_equal(rig_event(r, SIP_CALL_DIGIT, 1)->digit, '#');
    end(r);
}

static void what_is_no_key(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    asked(r, 1, "b", "application/x", "y");
    assert_last(r, "SIP/2.0 415");
    assert_non_null(strstr(last(r), "\r\nAccept: application/dtmf-relay, application/dtmf\r\n"));
    asked(r, 2, "b", RELAY, "Signal=?");
    assert_last(r, "SIP/2.0 400");
    asked(r, 3, "b", RELAY, "");
    assert_last(r, "SIP/2.0 200");
    assert_int_equal(rig_event_count(r, SIP_CALL_DIGIT), 0);
    end(r);
}

static void keys_of_strangers(void **state)
{
    struct rig *r = in_call(CONTACT);
    struct sip_flow bob = r->flow;

    (void)state;
    asked(r, 1, "other", RELAY, "Signal=5"); /* another dialog */
    assert_last(r, "SIP/2.0 481");
    r->flow.remote.bytes[3] = 66; /* the dialog, from somewhere else */
    asked(r, 2, "b", RELAY, "Signal=5");
    assert_last(r, "SIP/2.0 481");
    r->flow = bob;
    rig_receive(r, "INFO sip:tphone@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx\n"
                   "From: <sip:bob@192.0.2.2>;tag=b\nTo: <sip:tphone@192.0.2.1>\nCall-ID: none\n"
                   "CSeq: 9 INFO\nMax-Forwards: 70\nContent-Type: " RELAY
                   "\nContent-Length: 8\n\nSignal=5");
    assert_last(r, "SIP/2.0 481");
    assert_int_equal(rig_event_count(r, SIP_CALL_DIGIT), 0);
    end(r);
}

static void a_key_of_ours(void **state)
{
    struct rig *r = in_call(CONTACT "Allow: INVITE, INFO\n");
    const struct rig_sent *info;

    (void)state;
    assert_true(rig_event(r, SIP_CALL_ANSWERED, 0)->takes_info);
    assert_int_equal(sip_call_digit(r->call, '#', 100, r->now_ms), 0);
    rig_drain(r);
    info = rig_find(r, "INFO sip:bob@192.0.2.2", 0);
    assert_non_null(info);
    assert_string_equal(rig_header(info, "CSeq"), "2 INFO");
    assert_string_equal(rig_header(info, "Content-Type"), RELAY);
    assert_non_null(strstr(info->text, "\r\n\r\nSignal=#\r\nDuration=100\r\n"));
    assert_int_equal(rig_event_count(r, SIP_CALL_DIGIT_SENT), 0);
    rig_answer(r, info, "200 OK", "", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_DIGIT_SENT, 0)->status, 200);
    sip_call_digit(r->call, '1', 100, r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INFO", 1), "415 Unsupported Media Type", "", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_DIGIT_SENT, 1)->status, 415);
    end(r);
}

static void a_key_that_nobody_answers(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    assert_false(rig_event(r, SIP_CALL_ANSWERED, 0)->takes_info);
    sip_call_digit(r->call, '1', 100, r->now_ms);
    rig_run(r, 33000);
    assert_int_equal(rig_event(r, SIP_CALL_DIGIT_SENT, 0)->status, 408);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0); /* a key is not worth a call */
    end(r);
}

static void no_copy_behind_the_end(void **state)
{
    struct rig *r = in_call(CONTACT);

    (void)state;
    sip_call_digit(r->call, '1', 100, r->now_ms);
    rig_drain(r);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "BYE", 0), "200 OK", "", "", "");
    assert_true(sip_endpoint_settled(r->ep));
    rig_run(r, 10000);
    assert_int_equal(rig_count(r, "INFO"), 1);
    rig_free(r);
}

static void no_key_before_the_answer(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_call(r);
    assert_int_equal(sip_call_digit(r->call, '1', 100, r->now_ms), -ENOTCONN);
    end(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"keys that come are told once", keys_that_come, 0, 0, 0},
        {"of a hundred requests the latest are kept", what_is_kept, 0, 0, 0},
        {"and fewer of long ones", what_is_kept_of_long_ones, 0, 0, 0},
        {"and of one source three quarters of all", a_share_of_what_is_kept, 0, 0, 0},
        {"of the places, too", a_share_of_places, 0, 0, 0},
        {"but of a server of ours all", all_that_is_kept_for_our_server, 0, 0, 0},
        {"RFC 6086 4.2.2: other bodies are refused with what is taken", what_is_no_key, 0, 0, 0},
        {"keys of strangers are none", keys_of_strangers, 0, 0, 0},
        {"a key of ours, and how it was taken", a_key_of_ours, 0, 0, 0},
        {"a key that nobody answers", a_key_that_nobody_answers, 0, 0, 0},
        {"no copy of a key leaves behind the end", no_copy_behind_the_end, 0, 0, 0},
        {"no key before the answer", no_key_before_the_answer, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/info", tests, NULL, NULL);
}
