/* test_endpoint.c - two endpoints call each other; then what an endpoint answers to strangers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/lib/sip_rig.h"

/* --- both sides ------------------------------------------------------------------------------- */

/* Hands everything that from has sent and that was not yet delivered to the other one. */
static void carry(struct rig *from, struct rig *to, size_t *done)
{
    while (*done < from->n_sent) {
        const struct rig_sent *sent = &from->sent[(*done)++];

        sip_endpoint_receive(to->ep, &to->flow, (struct slice){sent->text, sent->n}, to->now_ms);
        rig_drain(to);
    }
}

static void check_call(void **state)
{
    struct rig *a = rig_new(SIP_UDP), *b = rig_new(SIP_UDP);
    size_t a_done = 0, b_done = 0;
    struct sip_call *call;

    (void)state;
    b->flow = (struct sip_flow){.transport = SIP_UDP,
                                .local = a->flow.remote,
                                .remote = a->flow.local};
    call = rig_call(a);
    carry(a, b, &a_done);
    assert_int_equal(rig_event_count(b, SIP_CALL_INCOMING), 1);
    assert_string_equal(rig_event(b, SIP_CALL_INCOMING, 0)->sdp, "o");
    sip_call_progress(b->call, 180, SLICE(""), b->now_ms);
    rig_drain(b);
    carry(b, a, &b_done);
    assert_int_equal(rig_event(a, SIP_CALL_PROGRESS, 0)->status, 180);
    sip_call_accept(b->call, SLICE("x"), b->now_ms);
    rig_drain(b);
    carry(b, a, &b_done);
    assert_string_equal(rig_event(a, SIP_CALL_ANSWERED, 0)->sdp, "x");
    carry(a, b, &a_done);
    assert_int_equal(rig_event_count(b, SIP_CALL_ACKED), 1);
    sip_call_hangup(call, a->now_ms);
    rig_drain(a);
    carry(a, b, &a_done);
    carry(b, a, &b_done);
    assert_int_equal(rig_event(a, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    assert_int_equal(rig_event(b, SIP_CALL_ENDED, 0)->cause, SIP_END_REMOTE);
    assert_int_equal(a->n_sent, 3); /* INVITE, ACK, BYE */
    assert_int_equal(b->n_sent, 3); /* 180, 200, 200 */
    rig_run(a, 60000);
    rig_run(b, 60000);
    assert_int_equal(a->n_sent, 3);
    assert_int_equal(b->n_sent, 3);
    assert_true(sip_endpoint_deadline_ms(a->ep) == NEVER_MS);
    assert_true(sip_endpoint_deadline_ms(b->ep) == NEVER_MS);
    rig_free(a);
    rig_free(b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_call),
    };

    return cmocka_run_group_tests_name("sip/endpoint", tests, NULL, NULL);
}
