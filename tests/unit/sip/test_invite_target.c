/* test_invite_target.c - where an INVITE goes: by which way, and to whom else (RFC
 * 3261 8.1.2, 18.1.1, 19.1.1; RFC 3263 4.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "sip/limits.h"
#include "tests/unit/sip/calling.h"

static void asks_first(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.example;transport=tcp")};
    struct sip_call *call;

    (void)state;
    r->hold_locate = true;
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    assert_string_equal(r->locate_host, "b.example");
    assert_int_equal(r->n_events, 0);
    sip_endpoint_located(r->ep, r->locate_key, &r->flow, 1, 0, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    assert_int_equal(r->n_sent, 0);
    sip_call_offer(call, SLICE("o"), r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 1);
    assert_memory_equal(calling_invite(r)->text,
                        "INVITE sip:bob@b.example;transport=tcp SIP/2.0\r\n", 48);
    assert_non_null(
        strstr(rig_header(calling_invite(r), "Via"), "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"));
    assert_non_null(strstr(rig_header(calling_invite(r), "Via"), ";rport"));
    assert_string_equal(rig_header(calling_invite(r), "Contact"), "<sip:192.0.2.1:5060>");
    assert_memory_equal(rig_header(calling_invite(r), "From"), "<sip:tphone@192.0.2.1>;tag=", 27);
    calling_end(r);
}

static void not_found(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.example")};
    struct sip_call *call;

    (void)state;
    r->hold_locate = true;
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    sip_endpoint_located(r->ep, r->locate_key, NULL, 0, -ENOENT, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_NOT_FOUND);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->err, -ENOENT);
    calling_end(r);
}

static const struct bad {
    const char *target;
    int err;
} bads[] = {
    {"", -EINVAL},           {"bob", -EINVAL},
    {"sip:", -EINVAL},       {"mailto:bob@b.example", -ENOTSUP},
    {"tel:+4930", -ENOTSUP}, {"sip:bob@b.example;transport=sctp", -ENOTSUP},
};

static void bad_targets(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
        struct sip_invite_params params = {.target = slice_of(bads[i].target)};
        struct sip_call *call;

        assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), bads[i].err);
    }
    calling_end(r);
}

static void send_fails(void **state)
{
    struct rig *r = calling();

    (void)state;
    sip_endpoint_send_failed(r->ep, calling_invite(r)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_UNREACHABLE);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->err, -ECONNREFUSED);
    calling_end(r);
}

/* A call to a name with that many addresses: .2, .3 and so on. */
static struct sip_call *call_targets(struct rig *r, size_t n)
{
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.example")};
    struct sip_flow flows[3] = {r->flow, r->flow, r->flow};
    struct sip_call *call;

    assert_in_range(n, 1, ARRAY_LEN(flows));
    for (size_t i = 0; i < n; i++)
        flows[i].remote.bytes[3] = (unsigned char)(2 + i);
    r->hold_locate = true;
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, n, 0, r->now_ms);
    rig_drain(r);
    sip_call_offer(call, SLICE("o"), r->now_ms);
    rig_drain(r);
    return call;
}

static void second_target(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    call_targets(r, 2);
    sip_endpoint_send_failed(r->ep, calling_invite(r)->key, -EHOSTUNREACH, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "INVITE"), 2);
    assert_int_equal(r->sent[1].flow.remote.bytes[3], 3);
    assert_string_not_equal(rig_header(&r->sent[0], "Via"), rig_header(&r->sent[1], "Via"));
    assert_string_equal(rig_header(&r->sent[0], "Call-ID"), rig_header(&r->sent[1], "Call-ID"));
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    calling_end(r);
}

/* RFC 3263 4.3: 503 is a server that cannot be reached; another answer is an answer. */
static void next_after_503(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    call_targets(r, 2);
    rig_answer(r, calling_invite(r), "503 Service Unavailable", "b", "", "");
    assert_int_equal(rig_count(r, "ACK"), 1);
    assert_int_equal(rig_count(r, "INVITE"), 2);
    assert_int_equal(rig_find(r, "INVITE", 1)->flow.remote.bytes[3], 3);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    rig_answer(r, rig_find(r, "INVITE", 1), "503 Service Unavailable", "b", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->status, 503);
    calling_end(r);
}

static void hung_up_on_the_way(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_call *call;

    (void)state;
    call = call_targets(r, 3);
    rig_answer(r, calling_invite(r), "100 Trying", "", "", "");
    rig_answer(r, calling_invite(r), "503 Service Unavailable", "b", "", "");
    sip_call_hangup(call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "INVITE"), 2);
    assert_int_equal(rig_count(r, "CANCEL"), 0); /* the second target has not said a word */
    sip_endpoint_send_failed(r->ep, rig_find(r, "INVITE", 1)->key, -EHOSTUNREACH, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "INVITE"), 2); /* and a third one need not be woken */
    calling_end(r);
}

static void maddr(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.example;maddr=[2001:db8::7]")};
    struct sip_call *call;

    (void)state;
    r->hold_locate = true;
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    assert_string_equal(r->locate_host, "2001:db8::7");
    sip_call_hangup(call, r->now_ms);
    calling_end(r);
}

static void long_goes_by_tcp(void **state)
{
    static char sdp[1301];
    struct rig *r = rig_new(SIP_UDP);
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2")};
    struct sip_call *call;

    (void)state;
    memset(sdp, 'o', sizeof sdp - 1);
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    sip_call_offer(call, slice_of(sdp), r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 1);
    assert_int_equal(r->sent[0].flow.transport, SIP_TCP);
    assert_memory_equal(rig_header(&r->sent[0], "Via"), "SIP/2.0/TCP", 11);
    assert_string_equal(rig_header(&r->sent[0], "Contact"), "<sip:192.0.2.1:5060>");
    sip_endpoint_send_failed(r->ep, r->sent[0].key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 2);
    assert_int_equal(r->sent[1].flow.transport, SIP_UDP);
    assert_memory_equal(rig_header(&r->sent[1], "Via"), "SIP/2.0/UDP", 11);
    sip_endpoint_send_failed(r->ep, r->sent[1].key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 2);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_UNREACHABLE);
    calling_end(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"the place is asked for, then the offer, then INVITE", asks_first, 0, 0, 0},
        {"a name that does not resolve", not_found, 0, 0, 0},
        {"targets that cannot be called", bad_targets, 0, 0, 0},
        {"an INVITE that cannot be sent", send_fails, 0, 0, 0},
        {"RFC 3263 4.3: the next target with a new branch", second_target, 0, 0, 0},
        {"RFC 3263 4.3: the next target after a 503", next_after_503, 0, 0, 0},
        {"hung up between two targets", hung_up_on_the_way, 0, 0, 0},
        {"19.1.1: maddr says where", maddr, 0, 0, 0},
        {"18.1.1: above 1300 bytes by TCP, and back when refused", long_goes_by_tcp, 0, 0, 0},
    };

    return cmocka_run_group_tests_name("sip/invite target", tests, NULL, NULL);
}
