/* REFER in a call: what is refused, what its subscription tells, the call that comes of it (RFC
 * 3515 2.4, 5589 6, 6665). */
#include "tests/unit/sip/called.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/limits.h"
#include "tests/lib/rows.h"

#define TO_CAROL "Refer-To: <sip:carol@192.0.2.7>\n"

static void refer(struct rig *r, unsigned cseq, const char *lines)
{
    called_request(r, "REFER", cseq, lines, "");
}

/* A call that came in, with a REFER that its owner has been told of. */
static struct rig *referred(const char *lines)
{
    struct rig *r = called_up();

    refer(r, 2, lines);
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER), 1);
    return r;
}

static void accept_it(struct rig *r, struct sip_call *call, bool pending)
{
    assert_int_equal(sip_call_refer_accept(call, pending, r->now_ms), 0);
    rig_drain(r);
}

/* The NOTIFY that was sent last, and is answered. */
static void notified(struct rig *r, size_t i, const char *state, const char *body)
{
    const struct rig_sent *sent = rig_find(r, "NOTIFY", i);

    assert_non_null(sent);
    assert_string_equal(rig_header(sent, "Subscription-State"), state);
    assert_string_equal(rig_header(sent, "Content-Type"), "message/sipfrag;version=2.0");
    assert_non_null(strstr(sent->text, body));
    rig_answer(r, sent, "200 OK", "", "", "");
}

static void hang_up(struct rig *r, struct sip_call *call)
{
    sip_call_hangup(call, r->now_ms);
    rig_drain(r);
    called_end(r);
}

/* --- refused ---------------------------------------------------------------------------------- */

static const struct row {
    const char *name, *lines, *answer;
} rows[] = {
    {"no Refer-To", "", "SIP/2.0 400"},
    {"two Refer-To", TO_CAROL "Refer-To: <sip:dave@192.0.2.8>\n", "SIP/2.0 400"},
    {"a broken one", "Refer-To: <sip:>\n", "SIP/2.0 400"},
    {"a number", "Refer-To: <tel:+49301>\n", "SIP/2.0 416"},
    {"another method", "Refer-To: <sip:c@192.0.2.7;method=BYE>\n", "SIP/2.0 603"},
    {"who called us", "Refer-To: <sip:alice@192.0.2.2>\n", "SIP/2.0 603"},
    {"what cannot be required", TO_CAROL "Require: multiple-refer\n", "SIP/2.0 420"},
    {"a body that is not known", TO_CAROL "Content-Type: text/plain\n", "SIP/2.0 415"},
};

static void refused(void **state)
{
    const struct row *row = *state;
    struct rig *r = called_up();
    bool with_body = strstr(row->lines, "Content-Type");

    if (with_body) {
        char tag[64];

        snprintf(tag, sizeof tag, "%s", called_tag(r));
        rig_receive(r,
                    "REFER sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKr\n"
                    "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\n"
                    "Call-ID: c\nCSeq: 2 REFER\n%sContent-Length: 2\n\nhi",
                    tag, row->lines);
    } else {
        refer(r, 2, row->lines);
    }
    called_assert_last(r, row->answer);
    rig_run(r, 100000);
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER), 0);
    assert_int_equal(rig_count(r, "NOTIFY"), 0);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    hang_up(r, r->call);
}

static void out_of_dialog(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_receive(r, "REFER sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"
                   "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: x\n"
                   "CSeq: 1 REFER\n" TO_CAROL "Max-Forwards: 70\nContent-Length: 0\n\n");
    called_assert_last(r, "SIP/2.0 403");
    rig_receive(r, "REFER sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2\n"
                   "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=q\nCall-ID: x\n"
                   "CSeq: 1 REFER\n" TO_CAROL "Max-Forwards: 70\nContent-Length: 0\n\n");
    called_assert_last(r, "SIP/2.0 481");
    assert_int_equal(r->n_events, 0);
    called_end(r);
}

/* Spoofed: all of it is right but the address that it comes from. */
static void from_elsewhere(void **state)
{
    struct rig *r = called_up();

    (void)state;
    r->flow.remote.bytes[3] = 66;
    refer(r, 2, TO_CAROL);
    called_assert_last(r, "SIP/2.0 481");
    r->flow.remote.bytes[3] = 2;
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER), 0);
    refer(r, 2, TO_CAROL); /* and its number is not used up */
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER), 1);
    sip_call_refer_reject(r->call, 603, r->now_ms);
    rig_drain(r);
    called_assert_last(r, "SIP/2.0 603");
    assert_int_equal(rig_count(r, "NOTIFY"), 0);
    hang_up(r, r->call);
}

static void before_the_answer(void **state)
{
    struct rig *r = called_ringing();

    (void)state;
    refer(r, 2, TO_CAROL);
    called_assert_last(r, "SIP/2.0 603");
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER), 0);
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_drain(r);
    called_end(r);
}

/* --- the subscription ------------------------------------------------------------------------- */

static void done(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, false);
    assert_int_equal(rig_count(r, "SIP/2.0 202"), 1);
    assert_string_equal(rig_header(rig_find(r, "SIP/2.0 202", 0), "Contact"),
                        "<sip:bob@192.0.2.1:5060>");
    assert_string_equal(rig_header(rig_find(r, "NOTIFY", 0), "Event"), "refer");
    assert_string_equal(rig_header(rig_find(r, "NOTIFY", 0), "Contact"),
                        "<sip:bob@192.0.2.1:5060>");
    notified(r, 0, "active;expires=720", "SIP/2.0 100 Trying\r\n");
    sip_call_refer_end(call, 486, r->now_ms);
    rig_drain(r);
    notified(r, 1, "terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n");
    rig_run(r, 1000000);
    assert_int_equal(rig_count(r, "NOTIFY"), 2);
    hang_up(r, call);
}

/* The final one waits until the first has been answered, and says the newest. */
static void one_at_a_time(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, true);
    sip_call_refer_follow(call, r->now_ms);
    sip_call_refer_end(call, 200, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "NOTIFY"), 1);
    refer(r, 3, TO_CAROL); /* that is not over */
    called_assert_last(r, "SIP/2.0 491");
    notified(r, 0, "pending;expires=720", "SIP/2.0 100 Trying\r\n");
    notified(r, 1, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    assert_int_equal(rig_count(r, "NOTIFY"), 2);
    hang_up(r, call);
}

static void nobody_decides(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, true);
    notified(r, 0, "pending;expires=720", "SIP/2.0 100 Trying\r\n");
    rig_run(r, SIP_REFER_ASK_MS - 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER_GONE), 0);
    rig_run(r, 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER_GONE), 1);
    notified(r, 1, "terminated;reason=noresource", "SIP/2.0 603 Decline\r\n");
    sip_call_refer_end(call, 200, r->now_ms); /* too late */
    rig_run(r, 1000000);
    assert_int_equal(rig_count(r, "NOTIFY"), 2);
    hang_up(r, call);
}

/* A person says yes after a while. */
static void decided(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, true);
    notified(r, 0, "pending;expires=720", "SIP/2.0 100 Trying\r\n");
    rig_run(r, 20000);
    sip_call_refer_follow(call, r->now_ms);
    rig_drain(r);
    notified(r, 1, "active;expires=700", "SIP/2.0 100 Trying\r\n");
    rig_run(r, SIP_REFER_ASK_MS);
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER_GONE), 0);
    sip_call_refer_end(call, 200, r->now_ms);
    rig_drain(r);
    notified(r, 2, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    hang_up(r, call);
}

static void too_long(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, false);
    notified(r, 0, "active;expires=720", "SIP/2.0 100 Trying\r\n");
    rig_run(r, SIP_REFER_MAX_MS);
    notified(r, 1, "terminated;reason=timeout", "SIP/2.0 100 Trying\r\n");
    sip_call_refer_end(call, 200, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "NOTIFY"), 2);
    hang_up(r, call);
}

/* RFC 4488. */
static void no_subscription(void **state)
{
    struct rig *r = referred(TO_CAROL "Refer-Sub: false\nRequire: norefersub\n");
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, false);
    assert_string_equal(rig_header(rig_find(r, "SIP/2.0 202", 0), "Refer-Sub"), "false");
    sip_call_refer_end(call, 200, r->now_ms);
    rig_run(r, 100000);
    assert_int_equal(rig_count(r, "NOTIFY"), 0);
    hang_up(r, call);
}

/* RFC 3515 2.4.6: the second is told apart by the number of its REFER. */
static void a_second_one(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    refer(r, 3, "Refer-To: <sip:dave@192.0.2.8>\n"); /* while the first is not answered */
    called_assert_last(r, "SIP/2.0 491");
    accept_it(r, call, false);
    notified(r, 0, "active;expires=720", "100 Trying");
    sip_call_refer_end(call, 486, r->now_ms);
    rig_drain(r);
    notified(r, 1, "terminated;reason=noresource", "486");
    refer(r, 9, "Refer-To: <sip:dave@192.0.2.8>\n");
    accept_it(r, call, false);
    assert_string_equal(rig_header(rig_find(r, "NOTIFY", 2), "Event"), "refer;id=9");
    notified(r, 2, "active;expires=720", "100 Trying");
    sip_call_refer_end(call, 200, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_find(r, "NOTIFY", 3), "Event"), "refer;id=9");
    notified(r, 3, "terminated;reason=noresource", "200 OK");
    hang_up(r, call);
}

/* Who does not know of the subscription hears no more of it. */
static void not_wanted(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, false);
    rig_answer(r, rig_find(r, "NOTIFY", 0), "481 No Subscription", "", "", "");
    sip_call_refer_end(call, 200, r->now_ms);
    rig_run(r, 100000);
    assert_int_equal(rig_count(r, "NOTIFY"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    hang_up(r, call);
}

/* RFC 5057 4.1: the BYE ends the call, not the subscription. */
static void bye_before_the_end(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, true);
    notified(r, 0, "pending;expires=720", "100 Trying");
    called_request(r, "BYE", 3, "", "");
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 1);
    rig_run(r, 50000);
    sip_call_refer_follow(call, r->now_ms);
    rig_drain(r);
    notified(r, 1, "active;expires=670", "100 Trying");
    sip_call_refer_end(call, 200, r->now_ms);
    rig_drain(r);
    notified(r, 2, "terminated;reason=noresource", "200 OK");
    called_end(r);
}

static void bye_and_nobody_decides(void **state)
{
    struct rig *r = referred(TO_CAROL);

    (void)state;
    accept_it(r, r->call, true);
    called_request(r, "BYE", 3, "", "");
    rig_run(r, 70000);
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER_GONE), 1);
    called_end(r);
}

/* RFC 6665 4.2.1: to go on with it, and to leave. */
static void subscribed(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    called_request(r, "SUBSCRIBE", 3, "Event: refer\nExpires: 60\n", ""); /* not yet */
    called_assert_last(r, "SIP/2.0 481");
    accept_it(r, call, true);
    notified(r, 0, "pending;expires=720", "100 Trying");
    rig_run(r, 10000);
    called_request(r, "SUBSCRIBE", 4, "o: refer\nExpires: 3600\n", "");
    assert_string_equal(rig_header(rig_find(r, "SIP/2.0 200", 1), "Expires"), "710");
    assert_string_equal(rig_header(rig_find(r, "SIP/2.0 200", 1), "Contact"),
                        "<sip:bob@192.0.2.1:5060>");
    notified(r, 1, "pending;expires=710", "100 Trying");
    called_request(r, "SUBSCRIBE", 5, "Event: presence\n", "");
    called_assert_last(r, "SIP/2.0 489"); /* 481 would say that the call is over */
    assert_string_equal(rig_header(called_last(r), "Allow-Events"), "refer");
    called_request(r, "SUBSCRIBE", 6, "Event: refer;id=7\n", "");
    called_assert_last(r, "SIP/2.0 481");
    called_request(r, "SUBSCRIBE", 7, "Event: refer\nExpires: x\n", "");
    called_assert_last(r, "SIP/2.0 400");
    called_request(r, "SUBSCRIBE", 8, "Event: refer\nExpires: 0\n", "");
    assert_string_equal(rig_header(rig_find(r, "SIP/2.0 200", 2), "Expires"), "0");
    notified(r, 2, "terminated;reason=timeout", "100 Trying");
    sip_call_refer_follow(call, r->now_ms); /* which they do not hear of */
    sip_call_refer_end(call, 200, r->now_ms);
    rig_run(r, 100000);
    assert_int_equal(rig_count(r, "NOTIFY"), 3);
    hang_up(r, call);
}

/* The second one of a dialog is meant by its number alone; and who leaves while a NOTIFY is not
 * answered has the last one behind it. */
static void subscribed_by_number(void **state)
{
    struct rig *r = referred(TO_CAROL);
    struct sip_call *call = r->call;

    (void)state;
    accept_it(r, call, false);
    sip_call_refer_end(call, 486, r->now_ms);
    notified(r, 0, "active;expires=720", "100 Trying");
    notified(r, 1, "terminated;reason=noresource", "486");
    refer(r, 9, TO_CAROL);
    accept_it(r, call, false);
    called_request(r, "SUBSCRIBE", 10, "Event: refer\nExpires: 0\n", "");
    called_assert_last(r, "SIP/2.0 481");
    called_request(r, "SUBSCRIBE", 11, "Event: refer;id=9\nExpires: 0\n", "");
    called_assert_last(r, "SIP/2.0 200");
    notified(r, 2, "active;expires=720", "100 Trying");
    notified(r, 3, "terminated;reason=timeout", "100 Trying");
    sip_call_refer_end(call, 200, r->now_ms);
    rig_run(r, 100000);
    assert_int_equal(rig_count(r, "NOTIFY"), 4);
    hang_up(r, call);
}

/* --- the call that comes of it ---------------------------------------------------------------- */

/* Refers the call, follows, and gives the offer: the new call. */
static struct sip_call *follow(struct rig *r, struct sip_call *call)
{
    struct sip_invite_params params = {.from = SLICE("sip:bob@192.0.2.1"), .referral = call};
    struct sip_call *other;

    accept_it(r, call, false);
    assert_int_equal(sip_call_invite(r->ep, &params, &other, r->now_ms), 0);
    rig_drain(r);
    sip_call_offer(other, SLICE("o"), r->now_ms);
    rig_drain(r);
    return other;
}

static void who_is_called(void **state)
{
    struct rig *r = referred("Refer-To: <sip:carol@192.0.2.7;method=INVITE"
                             "?Replaces=1%402%3Bto-tag%3Da%3Bfrom-tag%3Db&Subject=x>\n"
                             "Referred-By: <sip:alice@192.0.2.2>\n");
    struct sip_call *call = r->call, *other = follow(r, call);
    const struct rig_sent *invite = rig_find(r, "INVITE", 0);

    (void)state;
    assert_memory_equal(invite->text, "INVITE sip:carol@192.0.2.7 SIP/2.0\r\n", 36);
    assert_string_equal(rig_header(invite, "To"), "<sip:carol@192.0.2.7>");
    assert_string_equal(rig_header(invite, "Replaces"), "1@2;to-tag=a;from-tag=b");
    assert_string_equal(rig_header(invite, "Referred-By"), "<sip:alice@192.0.2.2>");
    assert_string_equal(rig_header(invite, "Subject"), "");
    rig_answer(r, invite, "302 Moved", "m", "Contact: <sip:dave@192.0.2.8>\n", "");
    assert_string_equal(rig_header(rig_find(r, "INVITE", 1), "Replaces"),
                        "1@2;to-tag=a;from-tag=b");
    sip_call_hangup(other, r->now_ms);
    sip_call_refer_end(call, 487, r->now_ms);
    hang_up(r, call);
}

static void nothing_to_follow(void **state)
{
    struct rig *r = called_up();
    struct sip_invite_params params = {.from = SLICE("sip:bob@192.0.2.1"), .referral = r->call};
    struct sip_call *call = r->call, *other;

    (void)state;
    assert_int_equal(sip_call_invite(r->ep, &params, &other, r->now_ms), -EINVAL);
    hang_up(r, call);
}

/* A REFER from Carol and the like, in the call that we placed by the i-th INVITE. */
static void referred_on(struct rig *r, size_t i, const char *to)
{
    const struct rig_sent *invite = rig_find(r, "INVITE", i);
    char from[128];

    rig_answer(r, invite, "200 OK", "t", "Contact: <sip:x@192.0.2.2>\n", "x");
    snprintf(from, sizeof from, "%s", rig_header(invite, "To"));
    rig_receive(r,
                "REFER sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKon%zu\n"
                "From: %s;tag=t\nTo: %s\nCall-ID: %s\nCSeq: 1 REFER\nMax-Forwards: 70\n"
                "Refer-To: <%s>\nContent-Length: 0\n\n",
                i, from, rig_header(invite, "From"), rig_header(invite, "Call-ID"), to);
}

static void end_all(struct rig *r)
{
    for (size_t i = 0; i < rig_event_count(r, SIP_CALL_REFER); i++) {
        sip_call_refer_end(rig_event(r, SIP_CALL_REFER, i)->call, 200, r->now_ms);
        sip_call_hangup(rig_event(r, SIP_CALL_REFER, i)->call, r->now_ms);
    }
    rig_drain(r);
}

/* From one to the next: five of us in all, redirects and who called us included. */
static void a_chain(void **state)
{
    struct rig *r = referred("Refer-To: <sip:a1@192.0.2.2>\n");
    struct sip_call *call = follow(r, r->call);
    char next[64];

    (void)state;
    for (unsigned i = 2; i <= 4; i++) {
        snprintf(next, sizeof next, "sip:a%u@192.0.2.2", i);
        referred_on(r, i - 2, next);
        call = follow(r, r->call);
        assert_string_equal(rig_header(rig_find(r, "INVITE", i - 1), "Call-ID"),
                            rig_header(rig_last(r, "INVITE"), "Call-ID"));
    }
    rig_answer(r, rig_find(r, "INVITE", 3), "302 Moved", "m",
               "Contact: <sip:a2@192.0.2.2>, <sip:a5@192.0.2.2>, <sip:a6@192.0.2.2>\n", "");
    assert_memory_equal(rig_find(r, "INVITE", 4)->text, "INVITE sip:a5@", 14);
    referred_on(r, 4, "sip:a7@192.0.2.2");
    called_assert_last(r, "SIP/2.0 603");
    assert_int_equal(rig_count(r, "INVITE"), 5);
    sip_call_hangup(call, r->now_ms);
    end_all(r);
    called_end(r);
}

/* In circles: to whom we have been already, however it is spelled. */
static void a_circle(void **state)
{
    static const char *const known[] = {"sip:alice@192.0.2.2", "sip:%61lice@192.0.2.2",
                                        "sip:a1@192.0.2.2;x=y", "SIP:a1@192.0.2.2"};
    struct rig *r;
    struct sip_call *call;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        r = referred("Refer-To: <sip:a1@192.0.2.2>\n");
        call = follow(r, r->call);
        referred_on(r, 0, known[i]);
        called_assert_last(r, "SIP/2.0 603");
        sip_call_hangup(call, r->now_ms);
        end_all(r);
        called_end(r);
    }
}

/* Who called by sips: is led to nothing less (RFC 3261 26.2.2). */
static void not_to_less(void **state)
{
    struct rig *r = rig_new(SIP_TLS);
    struct sip_invite_params params = {.target = SLICE("sips:bob@192.0.2.2"),
                                       .from = SLICE("sip:alice@192.0.2.1")};
    struct sip_call *call = rig_call_with(r, &params, "o"), *other;

    (void)state;
    referred_on(r, 0, "sip:carol@192.0.2.2");
    called_assert_last(r, "SIP/2.0 603");
    assert_int_equal(rig_event_count(r, SIP_CALL_REFER), 0);
    sip_call_hangup(call, r->now_ms);
    rig_drain(r);
    rig_free(r);

    r = rig_new(SIP_TLS);
    call = rig_call_with(r, &params, "o");
    referred_on(r, 0, "sips:carol@192.0.2.2");
    other = follow(r, call);
    assert_memory_equal(rig_find(r, "INVITE", 1)->text, "INVITE sips:carol@", 18);
    rig_answer(r, rig_find(r, "INVITE", 1), "302 Moved", "m", "Contact: <sip:d@192.0.2.2>\n", "");
    assert_int_equal(rig_count(r, "INVITE"), 2);
    sip_call_hangup(other, r->now_ms);
    rig_free(r);

    /* Nor who was led from sip: to sips:. */
    params.target = SLICE("sip:bob@192.0.2.2");
    r = rig_new(SIP_TLS);
    call = rig_call_with(r, &params, "o");
    referred_on(r, 0, "sips:carol@192.0.2.2");
    other = follow(r, call);
    rig_answer(r, rig_find(r, "INVITE", 1), "302 Moved", "m", "Contact: <sip:d@192.0.2.2>\n", "");
    assert_int_equal(rig_count(r, "INVITE"), 2);
    sip_call_hangup(other, r->now_ms);
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_dialog),
        cmocka_unit_test(from_elsewhere),
        cmocka_unit_test(before_the_answer),
        cmocka_unit_test(done),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(nobody_decides),
        cmocka_unit_test(decided),
        cmocka_unit_test(too_long),
        cmocka_unit_test(no_subscription),
        cmocka_unit_test(a_second_one),
        cmocka_unit_test(not_wanted),
        cmocka_unit_test(bye_before_the_end),
        cmocka_unit_test(bye_and_nobody_decides),
        cmocka_unit_test(who_is_called),
        cmocka_unit_test(subscribed),
        cmocka_unit_test(subscribed_by_number),
        cmocka_unit_test(nothing_to_follow),
        cmocka_unit_test(a_chain),
        cmocka_unit_test(a_circle),
        cmocka_unit_test(not_to_less),
    };

    return RUN_ROWS("sip/refer", rows, refused) +
           cmocka_run_group_tests_name("sip/refer", tests, NULL, NULL);
}
