/* test_encoding.c - bodies in encodings that are none of ours: each request that has one gets 415,
 * and nothing else happens (RFC 3261 8.2.3). */
#include <stdio.h>
#include <string.h>

#include "tests/lib/rows.h"
#include "tests/unit/sip/called.h"

#define GZIP "Content-Encoding: gzip\n"
#define SDP "Content-Type: application/sdp\n"
#define TO_CAROL "Refer-To: <sip:carol@192.0.2.7>\n"
#define MIXED "Content-Type: multipart/mixed;boundary=b\n"
#define OPTIONAL "Content-Disposition: session;handling=optional\n"
#define PACKED_SDP "--b\n" SDP GZIP "\nx\n"
#define PLAIN_SDP "--b\n" SDP "\nx\n"
#define PACKED_TEXT "--b\nContent-Type: text/plain\n" GZIP "\nx\n"
#define END "--b--\n"

struct row {
    const char *name, *method, *lines, *body, *answer;
};

/* As it goes out, each line end as two bytes. */
static size_t bytes_of(const char *body)
{
    size_t n = strlen(body);

    for (; *body; body++)
        n += *body == '\n';
    return n;
}

static void receive(struct rig *r, const struct row *row, unsigned cseq, const char *to_tag)
{
    rig_receive(r,
                "%s sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKe%s\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>%s\nCall-ID: c\n"
                "CSeq: %u %s\nContact: <sip:alice@192.0.2.2>\nMax-Forwards: 70\n"
                "%sContent-Length: %zu\n\n%s",
                row->method, row->method, to_tag, cseq, row->method, row->lines,
                bytes_of(row->body), row->body);
}

/* A body is refused for its encoding with those that we understand; its type may be right. */
static void assert_answered(const struct rig *r, const struct row *row)
{
    const struct rig_sent *got = called_last(r);
    bool packed = !strcmp(row->answer, "SIP/2.0 415 ");

    called_assert_last(r, row->answer);
    assert_string_equal(rig_header(got, "Accept-Encoding"), packed ? "identity" : "");
    if (packed)
        assert_string_equal(rig_header(got, "Accept"), "");
}

/* --- in a call -------------------------------------------------------------------------------- */

static const struct row in_call[] = {
    {"re-INVITE", "INVITE", SDP GZIP, "x", "SIP/2.0 415 "},
    {"re-INVITE, optional", "INVITE", SDP GZIP OPTIONAL, "x", "SIP/2.0 415 "},
    {"UPDATE", "UPDATE", SDP GZIP, "x", "SIP/2.0 415 "},
    {"UPDATE, optional", "UPDATE", SDP GZIP OPTIONAL, "x", "SIP/2.0 415 "},
    {"UPDATE, its part", "UPDATE", MIXED, PACKED_SDP END, "SIP/2.0 415 "},
    {"OPTIONS", "OPTIONS", SDP GZIP, "x", "SIP/2.0 415 "},
    {"INFO", "INFO", "Content-Type: application/dtmf\n" GZIP, "5", "SIP/2.0 415 "},
    {"REFER", "REFER", TO_CAROL SDP GZIP, "x", "SIP/2.0 415 "},
    {"REFER, optional", "REFER", TO_CAROL SDP GZIP OPTIONAL, "x", "SIP/2.0 415 "},
    {"SUBSCRIBE", "SUBSCRIBE", "Event: refer\n" GZIP, "x", "SIP/2.0 415 "},
    {"BYE", "BYE", "Content-Type: text/plain\n" GZIP, "x", "SIP/2.0 415 "},
    {"BYE, without a type", "BYE", "e: deflate\n", "x", "SIP/2.0 415 "},
    {"8.2.1: the method first, PRACK", "PRACK", GZIP, "x", "SIP/2.0 405 "},
    {"8.2.1: the method first, NOTIFY", "NOTIFY", GZIP, "x", "SIP/2.0 405 "},
    {"8.2.2.3: Require first", "BYE", GZIP "Require: x\n", "x", "SIP/2.0 420 "},
    {"nothing is packed: SUBSCRIBE", "SUBSCRIBE", "Event: refer\n" GZIP, "", "SIP/2.0 481 "},
    {"nothing is packed: OPTIONS", "OPTIONS", GZIP, "", "SIP/2.0 200 "},
    {"identity: OPTIONS", "OPTIONS", "Content-Encoding: Identity\n", "x", "SIP/2.0 200 "},
};

/* The call is as it was: the next request of each kind is done. */
static void refused_in_call(void **state)
{
    const struct row *row = *state;
    struct rig *r = called_up();
    size_t n_events = r->n_events;
    char tag[80];

    snprintf(tag, sizeof tag, ";tag=%.64s", called_tag(r));
    receive(r, row, 2, tag);
    assert_answered(r, row);
    assert_int_equal(r->n_events, n_events);
    if (!strcmp(row->method, "INVITE"))
        called_request(r, "ACK", 2, "", "");
    called_request(r, "UPDATE", 3, "Contact: <sip:alice@192.0.2.2>\n", "again");
    assert_int_equal(rig_event_count(r, SIP_CALL_REOFFER), 1);
    sip_call_reoffer_answer(r->call, 200, SLICE("y"), r->now_ms);
    rig_drain(r);
    called_assert_last(r, "SIP/2.0 200 ");
    called_request(r, "BYE", 4, "", "");
    called_assert_last(r, "SIP/2.0 200 ");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    called_end(r);
}

/* Whether an offer is due now is asked behind what it is in. */
static void before_what_the_call_says(void **state)
{
    static const struct row update = {NULL, "UPDATE", SDP GZIP, "x", "SIP/2.0 415 "};
    struct rig *r = called_up();
    char tag[80];

    (void)state;
    assert_int_equal(sip_call_reinvite(r->call, SLICE("o"), r->now_ms), 0);
    rig_drain(r);
    snprintf(tag, sizeof tag, ";tag=%.64s", called_tag(r));
    receive(r, &update, 2, tag);
    assert_answered(r, &update);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    called_end(r);
}

/* --- outside of one --------------------------------------------------------------------------- */

static const struct row outside[] = {
    {"INVITE", "INVITE", SDP GZIP, "x", "SIP/2.0 415 "},
    {"INVITE, optional", "INVITE", SDP GZIP OPTIONAL, "x", "SIP/2.0 415 "},
    {"INVITE, one of two encodings", "INVITE", SDP "e: identity\nContent-Encoding: br\n", "x",
     "SIP/2.0 415 "},
    {"INVITE, its only SDP a packed part", "INVITE", MIXED, PACKED_TEXT PACKED_SDP END,
     "SIP/2.0 415 "},
    {"INVITE, such a part, optional", "INVITE", MIXED OPTIONAL, PACKED_SDP END, "SIP/2.0 415 "},
    {"INVITE, a packed part that nobody needs", "INVITE", MIXED, PACKED_TEXT PLAIN_SDP END,
     "SIP/2.0 100 "},
    {"INVITE, a packed part beside a plain one", "INVITE", MIXED, PACKED_SDP PLAIN_SDP END,
     "SIP/2.0 100 "},
    {"INVITE, nothing is packed", "INVITE", SDP GZIP, "", "SIP/2.0 100 "},
    {"INVITE, 21.4.7 behind it", "INVITE", SDP GZIP "Accept: text/plain\n", "x", "SIP/2.0 415 "},
    {"INVITE, Require before it", "INVITE", SDP GZIP "Require: x\n", "x", "SIP/2.0 420 "},
    {"OPTIONS", "OPTIONS", SDP GZIP, "x", "SIP/2.0 415 "},
    {"OPTIONS, its part", "OPTIONS", MIXED, PACKED_SDP END, "SIP/2.0 415 "},
    {"OPTIONS, nothing is packed", "OPTIONS", GZIP, "", "SIP/2.0 200 "},
    {"REFER", "REFER", TO_CAROL GZIP, "x", "SIP/2.0 415 "},
    {"BYE", "BYE", GZIP, "x", "SIP/2.0 415 "},
    {"UPDATE", "UPDATE", SDP GZIP, "x", "SIP/2.0 415 "},
    {"INFO", "INFO", GZIP, "x", "SIP/2.0 415 "},
    {"8.2.1: the method first, MESSAGE", "MESSAGE", GZIP, "x", "SIP/2.0 405 "},
    {"8.2.1: the method first, SUBSCRIBE", "SUBSCRIBE", GZIP, "x", "SIP/2.0 405 "},
    {"8.2.1: the method first, NOTIFY", "NOTIFY", GZIP, "x", "SIP/2.0 405 "},
    {"8.2.1: the method first, none that we know", "DANCE", GZIP, "x", "SIP/2.0 501 "},
    {"9.2: CANCEL is done", "CANCEL", GZIP, "x", "SIP/2.0 481 "},
};

static void refused_outside(void **state)
{
    const struct row *row = *state;
    struct rig *r = rig_new(SIP_UDP);
    bool rings = !strcmp(row->answer, "SIP/2.0 100 ");

    receive(r, row, 1, "");
    rig_run(r, 150);
    assert_int_equal(r->n_sent, 1);
    assert_answered(r, row);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), rings ? 1 : 0);
    called_end(r);
}

/* 12.2.2: of which call it is comes before what is in it. */
static void of_no_call(void **state)
{
    static const struct row update = {NULL, "UPDATE", SDP GZIP, "x", "SIP/2.0 481 "};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    receive(r, &update, 1, ";tag=none");
    assert_answered(r, &update);
    called_end(r);
}

/* --- what has no answer ----------------------------------------------------------------------- */

/* It ends the repetition of the 200, and the owner hears that there was no SDP in it. */
static const struct row acks[] = {
    {"ACK", "ACK", SDP GZIP, "answer", ""},
    {"ACK, its part", "ACK", MIXED, PACKED_SDP END, ""},
};

static void no_answer_to_our_offer(void **state)
{
    static const struct row invite = {NULL, "INVITE", "", "", ""};
    const struct row *row = *state;
    struct rig *r = rig_new(SIP_UDP);
    char tag[80];
    size_t n_sent;

    receive(r, &invite, 1, "");
    sip_call_accept(r->call, SLICE("offer"), r->now_ms);
    rig_drain(r);
    snprintf(tag, sizeof tag, ";tag=%.64s", called_tag(r));
    n_sent = r->n_sent;
    receive(r, row, 1, tag);
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    assert_string_equal(rig_event(r, SIP_CALL_ACKED, 0)->sdp, "");
    rig_run(r, 40000);
    assert_int_equal(r->n_sent, n_sent);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    called_end(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_what_the_call_says),
        cmocka_unit_test(of_no_call),
    };

    return RUN_ROWS("sip/encoding in a call", in_call, refused_in_call) +
           RUN_ROWS("sip/encoding outside", outside, refused_outside) +
           RUN_ROWS("sip/encoding of an ACK", acks, no_answer_to_our_offer) +
           cmocka_run_group_tests_name("sip/encoding whole", tests, NULL, NULL);
}
