#include "tests/unit/sip/called.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void called_end(struct rig *r)
{
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

struct rig *called_ringing(void)
{
    struct rig *r = rig_new(SIP_UDP);

    rig_invited(r, "1");
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_drain(r);
    return r;
}

const char *called_tag(const struct rig *r)
{
    const char *at;

    for (size_t i = 0; i < r->n_sent; i++)
        if ((at = strstr(rig_header(&r->sent[i], "To"), ";tag=")))
            return at + 5;
    fail_msg("nothing with a tag was sent");
    return NULL;
}

void called_request(struct rig *r, const char *method, unsigned cseq, const char *lines,
                    const char *body)
{
    char tag[64];

    snprintf(tag, sizeof tag, "%s", called_tag(r));
    rig_receive(r,
                "%s sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK%s%u%zu\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\nCall-ID: c\n"
                "CSeq: %u %s\nMax-Forwards: 70\n%s%sContent-Length: %zu\n\n%s",
                method, method, cseq, r->n_sent, tag, cseq, method, lines,
                *body ? "Content-Type: application/sdp\n" : "", strlen(body), body);
}

struct rig *called_up(void)
{
    struct rig *r = called_ringing();

    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
    called_request(r, "ACK", 1, "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ACKED), 1);
    return r;
}

const struct rig_sent *called_last(const struct rig *r)
{
    assert_true(r->n_sent > 0);
    return &r->sent[r->n_sent - 1];
}

void called_assert_last(const struct rig *r, const char *start)
{
    if (strncmp(called_last(r)->text, start, strlen(start)))
        fail_msg("not %s but %.40s", start, called_last(r)->text);
}
