/* test_redirect.c - where else a call is tried (RFC 3261 8.1.3.4). */

#include <stdio.h>
#include <string.h>

#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

static struct rig *calling(void)
{
    struct rig *r = rig_new(SIP_UDP);

    rig_call(r);
    return r;
}

static void end(struct rig *r)
{
    rig_run(r, 1000000);
    assert_true(sip_endpoint_deadline_ms(r->ep) == NEVER_MS);
    rig_free(r);
}

static const struct rig_sent *invite(const struct rig *r, size_t i)
{
    const struct rig_sent *sent = rig_find(r, "INVITE", i);

    assert_non_null(sent);
    return sent;
}

static void moved(struct rig *r, size_t i, const char *contacts)
{
    rig_answer(r, invite(r, i), "302 Moved Temporarily", "m", contacts, "");
}

static void goes_to(const struct rig *r, size_t i, const char *uri)
{
    char start[128];

    snprintf(start, sizeof start, "INVITE %s SIP/2.0\r\n", uri);
    assert_memory_equal(invite(r, i)->text, start, strlen(start));
}

static void same_call(void **state)
{
    struct rig *r = calling();

    (void)state;
    moved(r, 0, "Contact: <sip:new@192.0.2.3;user=phone?Subject=x>\n");
    assert_int_equal(rig_count(r, "ACK"), 1);
    goes_to(r, 1, "sip:new@192.0.2.3;user=phone");
    assert_string_equal(rig_header(invite(r, 1), "Call-ID"), rig_header(invite(r, 0), "Call-ID"));
    assert_string_equal(rig_header(invite(r, 1), "From"), rig_header(invite(r, 0), "From"));
    assert_string_equal(rig_header(invite(r, 1), "To"), "<sip:bob@192.0.2.2>");
    assert_string_equal(rig_header(invite(r, 1), "CSeq"), "2 INVITE");
    assert_string_not_equal(rig_header(invite(r, 1), "Via"), rig_header(invite(r, 0), "Via"));
    assert_int_equal(rig_event_count(r, SIP_CALL_OFFER_WANTED), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_REDIRECTED), 1);
    rig_answer(r, invite(r, 1), "200 OK", "b", "Contact: <sip:bob@192.0.2.3>\n", "x");
    assert_int_equal(rig_event_count(r, SIP_CALL_ANSWERED), 1);
    assert_string_equal(rig_header(rig_find(r, "ACK", 1), "CSeq"), "2 ACK");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_find(r, "BYE", 0), "CSeq"), "3 BYE");
    end(r);
}

static void by_q(void **state)
{
    struct rig *r = calling();

    (void)state;
    moved(r, 0, "Contact: <sip:c@192.0.2.3>;q=0.2, <sip:a@192.0.2.3>\n"
                "Contact: <sip:b@192.0.2.3>;q=0.7\n");
    goes_to(r, 1, "sip:a@192.0.2.3");
    rig_answer(r, invite(r, 1), "486 Busy Here", "b", "", "");
    goes_to(r, 2, "sip:b@192.0.2.3");
    rig_answer(r, invite(r, 2), "404 Not Found", "b", "", "");
    goes_to(r, 3, "sip:c@192.0.2.3");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    rig_answer(r, invite(r, 3), "480 Away", "b", "", "");
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->status, 480);
    end(r);
}

static void no_further_after_6xx(void **state)
{
    struct rig *r = calling();

    (void)state;
    moved(r, 0, "Contact: <sip:a@192.0.2.3>, <sip:b@192.0.2.3>\n");
    rig_answer(r, invite(r, 1), "603 Decline", "b", "", "");
    assert_int_equal(rig_count(r, "INVITE"), 2);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->status, 603);
    end(r);
}

static const struct row {
    const char *name, *status, *contacts;
} leads_nowhere[] = {
    {"back to where it came from", "302 Moved", "Contact: <sip:bob@192.0.2.2>\n"},
    {"the same written differently", "302 Moved", "Contact: <SIP:%62ob@192.0.2.2>\n"},
    {"no Contact", "302 Moved", ""},
    {"everywhere", "302 Moved", "Contact: *\n"},
    {"a web page", "302 Moved", "Contact: <http://192.0.2.3/>\n"},
    {"a Contact that does not parse", "302 Moved", "Contact: <sip:\n"},
    {"21.3.4: a proxy", "305 Use Proxy", "Contact: <sip:192.0.2.3>\n"},
    {"21.3.5: another service", "380 Alternative", "Contact: <sip:box@192.0.2.3>\n"},
    {"Contact of a 4xx", "404 Not Found", "Contact: <sip:a@192.0.2.3>\n"},
};

static void nowhere(void **state)
{
    const struct row *row = *state;
    struct rig *r = calling();

    rig_answer(r, invite(r, 0), row->status, "m", row->contacts, "");
    assert_int_equal(rig_count(r, "INVITE"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    end(r);
}

static void at_most_five(void **state)
{
    struct rig *r = calling();
    char contact[64];

    (void)state;
    for (size_t i = 0; rig_event_count(r, SIP_CALL_ENDED) == 0; i++) {
        snprintf(contact, sizeof contact, "Contact: <sip:%zu@192.0.2.3>\n", i);
        moved(r, i, contact);
        assert_true(i < 10);
    }
    assert_int_equal(rig_count(r, "INVITE"), 6);
    end(r);
}

static void sips_stays_sips(void **state)
{
    struct rig *r = rig_new(SIP_TLS);
    struct sip_invite_params params = {.target = SLICE("sips:bob@192.0.2.2")};

    (void)state;
    rig_call_with(r, &params, "o");
    moved(r, 0, "Contact: <sip:new@192.0.2.3>\n");
    assert_int_equal(rig_count(r, "INVITE"), 1);
    end(r);
}

static void hung_up_meanwhile(void **state)
{
    struct rig *r = calling();

    (void)state;
    r->hold_locate = true;
    moved(r, 0, "Contact: <sip:new@b.example>\n");
    assert_string_equal(r->locate_host, "b.example");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    sip_endpoint_located(r->ep, r->locate_key, &r->flow, 1, 0, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "INVITE"), 1);
    end(r);
}

static void unknown_host(void **state)
{
    struct rig *r = calling();

    (void)state;
    r->hold_locate = true;
    moved(r, 0, "Contact: <sip:new@b.example>, <sip:other@192.0.2.3>;q=0.1\n");
    r->hold_locate = false;
    sip_endpoint_located(r->ep, r->locate_key, NULL, 0, -1, r->now_ms);
    rig_drain(r);
    goes_to(r, 1, "sip:other@192.0.2.3");
    end(r);
}

static void cancelled_before(void **state)
{
    struct rig *r = calling();

    (void)state;
    rig_answer(r, invite(r, 0), "180 Ringing", "m", "", "");
    sip_call_hangup(r->call, r->now_ms);
    rig_drain(r);
    moved(r, 0, "Contact: <sip:new@192.0.2.3>\n");
    assert_int_equal(rig_count(r, "INVITE"), 1);
    end(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"the same call with the next number", same_call, 0, 0, 0},
        {"the next best when one fails", by_q, 0, 0, 0},
        {"6xx ends it", no_further_after_6xx, 0, 0, 0},
        {"five places at most", at_most_five, 0, 0, 0},
        {"26.2.2: sips is not called by sip", sips_stays_sips, 0, 0, 0},
        {"hung up while the new place is looked for", hung_up_meanwhile, 0, 0, 0},
        {"a new place that does not exist", unknown_host, 0, 0, 0},
        {"hung up before the 302", cancelled_before, 0, 0, 0},
    };

    return RUN_ROWS("sip/redirect", leads_nowhere, nowhere) +
           cmocka_run_group_tests_name("sip/redirect", tests, NULL, NULL);
}
