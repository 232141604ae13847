/* test_failover.c - the next address of a place, and what of the INVITE is made anew for it
 * (RFC 3263 4.3, RFC 3261 8.1.1.8 and 8.1.3.4, RFC 3264 5). */
#include <errno.h>
#include <string.h>

#include "sip/avoid.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

#define FIRST_CONTACT "<sip:192.0.2.1:5060>"
#define NEXT_CONTACT "<sip:[2001:db8::1]:5062>"

static struct sip_flow elsewhere(const struct rig *r)
{
    struct sip_flow flow = {.transport = r->flow.transport};

    assert_int_equal(ip_parse_with_port(SLICE("[2001:db8::1]:5062"), &flow.local), 0);
    assert_int_equal(ip_parse_with_port(SLICE("[2001:db8::2]:5060"), &flow.remote), 0);
    return flow;
}

static void answer_locate(struct rig *r, const struct sip_flow *flows, size_t n)
{
    sip_endpoint_located(r->ep, r->locate_key, flows, n, 0, r->now_ms);
    rig_drain(r);
}

static void offer(struct rig *r, const char *sdp)
{
    sip_call_offer(r->call, slice_of(sdp), r->now_ms);
    rig_drain(r);
}

/* An INVITE with the offer "o" on its way to the first of two addresses. */
static struct rig *calling(enum sip_transport transport, const struct sip_flow *second)
{
    struct rig *r = rig_new(transport);
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.example")};
    struct sip_flow flows[2] = {r->flow, second ? *second : elsewhere(r)};
    struct sip_call *call;

    r->hold_locate = true;
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    answer_locate(r, flows, 2);
    offer(r, "o");
    return r;
}

static void end(struct rig *r)
{
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static void refused(struct rig *r)
{
    sip_endpoint_send_failed(r->ep, rig_find(r, "INVITE", 0)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
}

static void unavailable(struct rig *r)
{
    rig_answer(r, rig_find(r, "INVITE", 0), "503 Service Unavailable", "b", "", "");
}

static void silent(struct rig *r)
{
    rig_run(r, 32000);
}

static void rings_then_unavailable(struct rig *r)
{
    rig_answer(r, rig_find(r, "INVITE", 0), "183 Session Progress", "b", "", "early");
    unavailable(r);
}

/* clang-format off */
static const struct row {
    const char *name;
    enum sip_transport transport;
    void (*lose)(struct rig *r);
} rows[] = {
    {"ICMP: new Contact and offer", SIP_UDP, refused},
    {"503: new Contact and offer", SIP_UDP, unavailable},
    {"no answer in 64*T1: new Contact and offer", SIP_UDP, silent},
    {"early media, then 503: new Contact and offer", SIP_UDP, rings_then_unavailable},
};
/* clang-format on */

static void seen_elsewhere(void **state)
{
    const struct row *row = *state;
    struct rig *r = calling(row->transport, NULL);
    const struct sip_flow next = elsewhere(r);
    const struct rig_sent *first, *second;
    size_t repeated;

    row->lose(r);
    repeated = rig_count(r, "INVITE");
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    offer(r, "p");
    assert_int_equal(rig_count(r, "INVITE"), repeated + 1);
    first = rig_find(r, "INVITE", 0);
    second = rig_find(r, "INVITE", repeated);
    assert_string_equal(rig_header(first, "Contact"), FIRST_CONTACT);
    assert_true(ip_same(&second->flow.remote, &next.remote));
    assert_non_null(strstr(rig_header(second, "Via"), "[2001:db8::1]:5062;branch="));
    assert_string_equal(rig_header(second, "Contact"), NEXT_CONTACT);
    assert_string_equal(strstr(second->text, "\r\n\r\n"), "\r\n\r\np");
    assert_string_equal(rig_header(second, "Call-ID"), rig_header(first, "Call-ID"));
    assert_string_equal(rig_header(second, "From"), rig_header(first, "From"));
    assert_string_equal(rig_header(second, "To"), rig_header(first, "To"));
    assert_string_equal(rig_header(second, "CSeq"), "1 INVITE");

    r->flow = next;
    rig_answer(r, second, "200 OK", "b", "Contact: <sip:bob@[2001:db8::2]>\n", "x");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWERED), 1);
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_true(ip_same(&rig_find(r, "BYE", 0)->flow.remote, &next.remote));
    assert_string_equal(rig_header(rig_find(r, "BYE", 0), "CSeq"), "2 BYE");
    end(r);
}

static void tcp_refused(void **state)
{
    struct rig *r = calling(SIP_TCP, NULL);

    (void)state;
    refused(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
    offer(r, "p");
    assert_string_equal(rig_header(rig_find(r, "INVITE", 1), "Contact"),
                        "<sip:[2001:db8::1]:5062;transport=tcp>");
    end(r);
}

static void seen_at_the_same(void **state)
{
    struct sip_flow second = {0};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    second = r->flow;
    rig_free(r);
    second.remote.bytes[3] = 3;
    r = calling(SIP_UDP, &second);
    rig_run(r, 31900);
    assert_int_equal(rig_find(r, "INVITE", rig_count(r, "INVITE") - 1)->flow.remote.bytes[3], 2);
    rig_run(r, 200);
    assert_int_equal(rig_find(r, "INVITE", rig_count(r, "INVITE") - 1)->flow.remote.bytes[3], 3);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    rig_run(r, 32000);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_TIMEOUT);
    end(r);
}

static void hung_up_while_asked(void **state)
{
    struct rig *r = calling(SIP_UDP, NULL);

    (void)state;
    refused(r);
    sip_call_hangup(r->call, r->now_ms);
    offer(r, "p"); /* too late */
    assert_int_equal(rig_count(r, "INVITE"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    end(r);
}

static void hung_up_in_silence(void **state)
{
    struct rig *r = calling(SIP_UDP, NULL);

    (void)state;
    sip_call_hangup(r->call, r->now_ms);
    rig_run(r, 100000);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    end(r);
}

static void both_refuse(void **state)
{
    struct rig *r = calling(SIP_UDP, NULL);

    (void)state;
    refused(r);
    offer(r, "p");
    sip_endpoint_send_failed(r->ep, rig_find(r, "INVITE", 1)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_UNREACHABLE);
    end(r);
}

static void redirected(void **state)
{
    struct rig *r = calling(SIP_UDP, NULL);
    const struct sip_flow next = elsewhere(r);
    const struct rig_sent *second;

    (void)state;
    rig_answer(r, rig_find(r, "INVITE", 0), "302 Moved", "m", "Contact: <sip:c@c.example>\n", "");
    answer_locate(r, &next, 1);
    assert_int_equal(rig_count(r, "INVITE"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
    offer(r, "p");
    second = rig_find(r, "INVITE sip:c@c.example SIP/2.0\r\n", 0);
    assert_non_null(second);
    assert_string_equal(rig_header(second, "Contact"), NEXT_CONTACT);
    assert_string_equal(rig_header(second, "CSeq"), "2 INVITE");
    assert_string_equal(rig_header(second, "To"), "<sip:bob@b.example>");
    assert_string_equal(strstr(second->text, "\r\n\r\n"), "\r\n\r\np");
    end(r);
}

/* --- the next call (RFC 3263 4.3: stay with what works) --------------------------------------- */

/* Ends what runs and calls once more; the last byte of the address that is tried first. */
static unsigned tried_first(struct rig *r, const struct sip_flow *flows, size_t n)
{
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.example")};
    struct sip_call *call;
    size_t before;

    if (!rig_event_count(r, SIP_CALL_ENDED))
        sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    before = rig_count(r, "INVITE");
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    answer_locate(r, flows, n);
    sip_call_offer(call, SLICE("q"), r->now_ms);
    rig_drain(r);
    return rig_find(r, "INVITE", before)->flow.remote.bytes[3];
}

static void rings(struct rig *r)
{
    rig_answer(r, rig_find(r, "INVITE", 0), "180 Ringing", "b", "", "");
}

static const struct avoid_row {
    const char *name;
    void (*lose)(struct rig *r);
    uint64_t later_ms;
    unsigned first; /* of the addresses that end in 2 and 3 */
} avoid_rows[] = {
    {"who refused is tried last", refused, 0, 3},
    {"who said 503 is tried last", unavailable, 0, 3},
    {"who was silent is tried last", silent, 0, 3},
    {"for a while", refused, SIP_AVOID_MS, 2},
    {"who answers is not", rings, 0, 2},
};

static void avoided(void **state)
{
    const struct avoid_row *row = *state;
    struct rig *r = rig_new(SIP_UDP);
    struct sip_flow flows[2] = {r->flow, r->flow};

    rig_free(r);
    flows[1].remote.bytes[3] = 3;
    r = calling(SIP_UDP, &flows[1]);
    row->lose(r);
    rig_run(r, row->later_ms);
    assert_int_equal(tried_first(r, flows, 2), row->first);
    rig_free(r);
}

static void answers_again(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_flow flows[2] = {r->flow, r->flow};

    (void)state;
    rig_free(r);
    flows[1].remote.bytes[3] = 3;
    r = calling(SIP_UDP, &flows[1]);
    refused(r);
    assert_int_equal(tried_first(r, flows, 1), 2);
    rig_answer(r, rig_find(r, "INVITE", rig_count(r, "INVITE") - 1), "180 Ringing", "b", "", "");
    assert_int_equal(tried_first(r, flows, 2), 2);
    rig_free(r);
}

static void not_for_ever(void **state)
{
    struct sip_avoid avoid = {0};
    struct sip_flow flows[2] = {{.transport = SIP_UDP, .remote = {.family = 4, .port = 1}},
                                {.transport = SIP_UDP, .remote = {.family = 4, .port = 2}}};

    (void)state;
    sip_avoid_add(&avoid, &flows[0], 1000);
    sip_avoid_sort(&avoid, flows, 2, 1000 + SIP_AVOID_MS);
    assert_int_equal(flows[0].remote.port, 1);
    sip_avoid_sort(&avoid, flows, 2, 999 + SIP_AVOID_MS);
    assert_int_equal(flows[0].remote.port, 2);
}

/* Both fail; the one whose failure is longest ago has its turn. */
static void all_avoided(void **state)
{
    struct sip_avoid avoid = {0};
    struct sip_flow flows[3] = {{.transport = SIP_UDP, .remote = {.family = 4, .port = 1}},
                                {.transport = SIP_UDP, .remote = {.family = 4, .port = 2}},
                                {.transport = SIP_UDP, .remote = {.family = 4, .port = 3}}};
    struct sip_flow other = flows[2];

    (void)state;
    sip_avoid_add(&avoid, &flows[0], 1000);
    sip_avoid_add(&avoid, &flows[1], 2000);
    sip_avoid_add(&avoid, &flows[2], 3000);
    sip_avoid_add(&avoid, &flows[0], 4000);
    sip_avoid_sort(&avoid, flows, 3, 5000);
    assert_int_equal(flows[0].remote.port, 2);
    assert_int_equal(flows[1].remote.port, 3);
    assert_int_equal(flows[2].remote.port, 1);
    other.transport = SIP_TCP; /* another place */
    sip_avoid_remove(&avoid, &other);
    sip_avoid_remove(&avoid, &flows[2]);
    sip_avoid_sort(&avoid, flows, 3, 5000);
    assert_int_equal(flows[0].remote.port, 1);
    for (unsigned i = 0; i < 2 * SIP_MAX_AVOIDED; i++) {
        other.remote.port = (uint16_t)(100 + i);
        sip_avoid_add(&avoid, &other, 6000 + i);
    }
    sip_avoid_sort(&avoid, flows, 3, 7000);
    assert_int_equal(flows[0].remote.port, 1);
    assert_int_equal(flows[1].remote.port, 2); /* forgotten, as others came */
}

/* --- over TLS (RFC 5922): who cannot prove himself -----------------------------------------------
 */

enum { TLS_2, TLS_3, UDP_4, N_WAYS };

/* Two ways by TLS and one by UDP, as NAPTR may say; the address ends in what their names do. */
static void make_ways(struct sip_flow *ways)
{
    struct rig *r = rig_new(SIP_TLS);

    for (size_t i = 0; i < N_WAYS; i++) {
        ways[i] = r->flow;
        ways[i].remote.bytes[3] = (uint8_t)(2 + i);
    }
    ways[UDP_4].transport = SIP_UDP;
    rig_free(r);
}

static struct rig *calling_by(const struct sip_flow *ways, size_t n)
{
    struct rig *r = rig_new(SIP_TLS);
    struct sip_invite_params params = {.target = SLICE("sip:bob@b.example")};
    struct sip_call *call;

    r->hold_locate = true;
    assert_int_equal(sip_call_invite(r->ep, &params, &call, r->now_ms), 0);
    rig_drain(r);
    answer_locate(r, ways, n);
    offer(r, "o");
    return r;
}

static void fails(struct rig *r, size_t i, int err)
{
    sip_endpoint_send_failed(r->ep, rig_find(r, "INVITE", i)->key, err, r->now_ms);
    rig_drain(r);
}

static void ends_unsafe(const struct rig *r, size_t invites)
{
    const struct rig_event *end = rig_event(r, SIP_CALL_ENDED, 0);

    assert_int_equal(rig_count(r, "INVITE"), invites);
    assert_non_null(end);
    assert_int_equal(end->cause, SIP_END_UNREACHABLE);
    assert_int_equal(end->err, SIP_NOT_SAFE);
}

static void nothing_less(void **state)
{
    struct sip_flow ways[N_WAYS];
    struct rig *r;

    (void)state;
    make_ways(ways);
    r = calling_by(ways, N_WAYS);
    fails(r, 0, SIP_NOT_SAFE);
    assert_int_equal(rig_find(r, "INVITE", 1)->flow.remote.bytes[3], 3);
    fails(r, 1, -ECONNREFUSED);
    ends_unsafe(r, 2);
    rig_free(r);
}

/* Nor does the next call begin with what is less. */
static void nothing_less_next_time(void **state)
{
    struct sip_flow ways[N_WAYS];
    struct rig *r;

    (void)state;
    make_ways(ways);
    r = calling_by(ways + TLS_3, 2);
    fails(r, 0, SIP_NOT_SAFE);
    ends_unsafe(r, 1);
    assert_int_equal(tried_first(r, ways + TLS_3, 2), 3);
    rig_free(r);
}

/* Who is not there has proved nothing wrong: RFC 3263 4.3. */
static void refused_before_less(void **state)
{
    struct sip_flow ways[N_WAYS];
    struct rig *r;

    (void)state;
    make_ways(ways);
    r = calling_by(ways + TLS_3, 2);
    fails(r, 0, -ECONNREFUSED);
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 2);
    offer(r, "p");
    assert_int_equal(rig_find(r, "INVITE", 1)->flow.transport, SIP_UDP);
    rig_free(r);
}

/* An ACK neither. Its place is looked for anew when the 2xx comes again. */
static void nothing_less_for_an_ack(void **state)
{
    const char *contact = "Contact: <sip:bob@c.example>\n";
    struct sip_flow ways[N_WAYS];
    struct rig *r;

    (void)state;
    make_ways(ways);
    r = calling_by(ways, 1);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", contact, "a");
    answer_locate(r, ways + TLS_3, 2);
    assert_int_equal(rig_find(r, "ACK", 0)->flow.remote.bytes[3], 3);
    sip_endpoint_send_failed(r->ep, rig_find(r, "ACK", 0)->key, SIP_NOT_SAFE, r->now_ms);
    rig_drain(r);
    rig_answer(r, rig_find(r, "INVITE", 0), "200 OK", "b", contact, "a");
    assert_int_equal(rig_count(r, "ACK"), 1);
    answer_locate(r, ways, 1);
    assert_int_equal(rig_count(r, "ACK"), 2);
    assert_int_equal(rig_find(r, "ACK", 1)->flow.remote.bytes[3], 2);
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"TCP refused: new Contact and offer", tcp_refused, NULL, NULL, NULL},
        {"the same address of ours: the same offer, when the first is silent", seen_at_the_same,
         NULL, NULL, NULL},
        {"hung up while the new offer is asked for", hung_up_while_asked, NULL, NULL, NULL},
        {"hung up while the first is silent: no other is tried", hung_up_in_silence, NULL, NULL,
         NULL},
        {"the last one's failure ends the call", both_refuse, NULL, NULL, NULL},
        {"who answers again is tried first again", answers_again, NULL, NULL, NULL},
        {"what has failed has its turn again after a while", not_for_ever, NULL, NULL, NULL},
        {"where all have failed, the order of their failures", all_avoided, NULL, NULL, NULL},
        {"TLS that cannot be trusted: the next by TLS, and nothing less", nothing_less, NULL, NULL,
         NULL},
        {"nor with the next call", nothing_less_next_time, NULL, NULL, NULL},
        {"nor for an ACK", nothing_less_for_an_ack, NULL, NULL, NULL},
        {"TLS that is not there: what comes next", refused_before_less, NULL, NULL, NULL},
        {"8.1.3.4: redirected to where we are seen elsewhere", redirected, NULL, NULL, NULL},
    };

    return RUN_ROWS("sip/failover", rows, seen_elsewhere) +
           RUN_ROWS("sip/avoid", avoid_rows, avoided) +
           cmocka_run_group_tests_name("sip/failover", tests, NULL, NULL);
}
