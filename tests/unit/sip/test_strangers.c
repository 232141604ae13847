/* strangers = silence: who looks for telephones gets no answer, and who may speak to us does. */
#include "sip/limits.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

#define FROM_TO(to_tag)                                                                            \
    "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"                                                 \
    "From: <sip:x@192.0.2.2>;tag=x\nTo: <sip:y@192.0.2.1>" to_tag "\nCall-ID: s\n"

static struct rig *silent_rig(void)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_endpoint_config config = {
        .rng = &r->rng, .user_agent = "tphone/test", .silent_to_strangers = true};

    sip_endpoint_free(r->ep);
    r->ep = sip_endpoint_new(&config);
    assert_non_null(r->ep);
    return r;
}

static const struct row {
    const char *name, *text;
} rows[] = {
    {"OPTIONS", "OPTIONS sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 OPTIONS\n\n"},
    {"REGISTER", "REGISTER sip:192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 REGISTER\n\n"},
    {"a method that nobody knows", "FOO sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 FOO\n\n"},
    {"BYE of no call", "BYE sip:y@192.0.2.1 SIP/2.0\n" FROM_TO(";tag=z") "CSeq: 1 BYE\n\n"},
    {"CANCEL of no call", "CANCEL sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 CANCEL\n\n"},
    {"a message without CSeq", "INVITE sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "\n"},
    {"an INVITE that requires what we lack",
     "INVITE sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 INVITE\nRequire: foo\n\n"},
    {"an INVITE whose body is none of ours",
     "INVITE sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 INVITE\nContact: <sip:x@192.0.2.2>\n"
                                                    "Content-Type: text/plain\n"
                                                    "Content-Length: 1\n\nx"},
    {"OPTIONS with a packed body", "OPTIONS sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 OPTIONS\n"
                                   "Content-Encoding: gzip\nContent-Length: 1\n\nx"},
    {"REFER with a packed body", "REFER sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 REFER\n"
                                 "Content-Encoding: gzip\nContent-Length: 1\n\nx"},
    {"an INVITE with a packed body",
     "INVITE sip:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 INVITE\nContact: <sip:x@192.0.2.2>\n"
                                                    "Content-Encoding: gzip\n"
                                                    "Content-Length: 1\n\nx"},
    {"an INVITE to another scheme",
     "INVITE mailto:y@192.0.2.1 SIP/2.0\n" FROM_TO("") "CSeq: 1 INVITE\n\n"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct rig *open = rig_new(SIP_UDP), *r = silent_rig();

    rig_receive(open, "%s", row->text);
    rig_run(open, 40000);
    assert_int_equal(open->n_sent, 1); /* else the row says nothing; and nothing is repeated */
    rig_receive(r, "%s", row->text);
    assert_true(rig_comes_to_rest(r));
    assert_int_equal(r->n_sent, 0);
    rig_free(open);
    rig_free(r);
}

static void an_ignored_invite_leaves_nothing(void **state)
{
    struct rig *r = silent_rig();

    (void)state;
    for (unsigned copy = 1; copy <= 2; copy++) {
        rig_invited(r, "1");
        assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), copy);
        sip_call_ignore(r->call, r->now_ms);
        rig_drain(r);
        assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), copy);
        rig_run(r, SIP_T1_MS);
    }
    assert_true(rig_comes_to_rest(r));
    assert_int_equal(r->n_sent, 0);
    rig_free(r);
}

static void who_is_turned_away_gets_one_answer(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (size_t i = 1; i <= 3; i++) { /* the same INVITE, and its copies */
        rig_invited(r, "1");
        assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), i);
        sip_call_turn_away(r->call, 403, r->now_ms);
        rig_drain(r);
        assert_int_equal(rig_count(r, "SIP/2.0 403 "), i);
        assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), i);
        rig_run(r, 20000);
        assert_int_equal(r->n_sent, i);
    }
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static void who_rings_is_not_ignored(void **state)
{
    struct rig *r = silent_rig();

    (void)state;
    rig_invited(r, "1");
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    sip_call_ignore(r->call, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_event_count(r, SIP_CALL_ENDED), 0);
    assert_int_equal(rig_count(r, "SIP/2.0 180"), 1);
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "SIP/2.0 486"), 1);
    rig_free(r);
}

static void our_server_is_answered(void **state)
{
    struct rig *r = silent_rig();

    (void)state;
    rig_registered(r);
    rig_forget(r);
    rig_receive(r, "%s", rows[0].text);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    rig_free(r);
}

/* Pings over a connection are answered by whoever has it. */
static void who_is_to_learn_nothing(void **state)
{
    const struct sip_flow flow = {
        .transport = SIP_TCP, .remote = {4, {192, 0, 2, 9}, 5060, 0}, .connection = 1};
    struct rig *r = silent_rig(), *open = rig_new(SIP_UDP);
    struct sip_flow of_server = r->flow;

    (void)state;
    assert_true(sip_endpoint_is_silent_to(r->ep, &flow));
    assert_false(sip_endpoint_is_silent_to(open->ep, &flow));
    rig_registered(r);
    assert_true(sip_endpoint_is_silent_to(r->ep, &flow));
    of_server.connection = 2; /* that nothing else needs */
    assert_false(sip_endpoint_is_silent_to(r->ep, &of_server));
    rig_receive_from(
        r, &flow,
        "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1\n"
        "From: <sip:x@192.0.2.9>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\n"
        "CSeq: 1 INVITE\nContact: <sip:x@192.0.2.9>\nContent-Length: 0\n\n");
    assert_false(sip_endpoint_is_silent_to(r->ep, &flow)); /* somebody is being asked */
    sip_call_ignore(r->call, r->now_ms);
    rig_drain(r);
    assert_true(sip_endpoint_is_silent_to(r->ep, &flow));
    rig_free(r);
    rig_free(open);
}

static void a_call_that_is_on_is_answered(void **state)
{
    struct rig *r = silent_rig();
    const char *tag;

    (void)state;
    rig_invited(r, "1");
    sip_call_accept(r->call, SLICE("a"), r->now_ms);
    rig_drain(r);
    tag = strstr(rig_header(rig_find(r, "SIP/2.0 200", 0), "To"), "tag=") + 4;
    rig_receive(r,
                "BYE sip:tphone@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=%s\nCall-ID: c\n"
                "CSeq: 2 BYE\n\n",
                tag);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 2);
    rig_free(r);
}

/* --- copies ----------------------------------------------------------------------------------- */

/* What makes it match, and nothing else. */
#define SHORT(method)                                                                              \
    method " sip:a SIP/2.0\nv:SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\nf:<sip:a>;tag=a\nt:<sip:a>\n" \
           "i:c\nCSeq:1 " method "\n\n"

/* Something that answers repeat. */
static const char *padding(void)
{
    static char text[3000];

    memset(text, 'x', sizeof text - 1);
    return text;
}

static size_t bytes_sent(const struct rig *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_sent; i++)
        n += r->sent[i].n;
    return n;
}

static void receive_long(struct rig *r, const char *method)
{
    rig_receive(r,
                "%s sip:y@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\n"
                "Via: SIP/2.0/UDP 192.0.2.3;branch=%s\nFrom: <sip:x@192.0.2.2>;tag=a\n"
                "To: <sip:y@192.0.2.1>\nCall-ID: c\nCSeq: 1 %s\nContact: <sip:x@192.0.2.2>\n\n",
                method, padding(), method);
}

/* Ten of a few bytes each: none is answered with many. */
static void assert_short_ones_draw_little(struct rig *r, const char *text)
{
    size_t before = bytes_sent(r);

    for (unsigned i = 0; i < 10; i++)
        rig_receive(r, "%s", text);
    assert_true(bytes_sent(r) - before <= 10 * 2 * strlen(text));
}

static void a_short_copy_draws_no_long_answer(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    receive_long(r, "INVITE");
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "SIP/2.0 180"), 1);
    assert_short_ones_draw_little(r, SHORT("INVITE"));
    receive_long(r, "INVITE");
    assert_int_equal(rig_count(r, "SIP/2.0 180"), 2); /* one that is none */
    receive_long(r, "CANCEL");
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_short_ones_draw_little(r, SHORT("CANCEL"));
    assert_short_ones_draw_little(r, SHORT("INVITE"));
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

#define BARE_INVITE                                                                                \
    "INVITE sip:a SIP/2.0\nv:SIP/2.0/UDP a\nf:<sip:a>;tag=a\nt:<sip:a>\ni:c\nCSeq:1 INVITE\n"      \
    "m:<sip:b>\n\n"
#define BARE_BYTES (sizeof BARE_INVITE - 1 + 8) /* with CR */

/* late: it rings behind the 100. */
static void assert_rings_briefly(const struct ip *from, const struct ip *at, bool late)
{
    struct rig *r = rig_new(SIP_UDP);

    r->flow.remote = *from;
    r->flow.local = *at;
    rig_receive(r, "%s", BARE_INVITE);
    rig_run(r, late ? 150 : 0);
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_run(r, 150);
    assert_true(r->n_sent >= 1 || from->family == 6);
    assert_true(bytes_sent(r) <= 2 * BARE_BYTES);
    sip_call_reject(r->call, 486, SLICE(""), SLICE(""), r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_count(r, "SIP/2.0 486"), 1); /* whatever was said before */
    rig_free(r);
}

static void what_rings_is_no_more_than_twice(void **state)
{
    static const struct ip addresses[][2] = {
        {{4, {192, 0, 2, 2}, 5060, 0}, {4, {192, 0, 2, 1}, 5060, 0}},
        {{4, {198, 151, 100, 222}, 55060, 0}, {4, {198, 151, 100, 111}, 55060, 0}},
        {{6, "0123456789abcdef", 55060, 0}, {6, "fedcba9876543210", 55060, 0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        for (int late = 0; late <= 1; late++)
            assert_rings_briefly(&addresses[i][0], &addresses[i][1], late);
}

/* Twenty different ones: over a connection all of them. */
static void assert_rings_in_many_words(enum sip_transport transport)
{
    struct rig *r = rig_new(transport);

    rig_invited(r, "1");
    for (unsigned status = 180; status < 200; status++)
        sip_call_progress(r->call, status, SLICE(""), r->now_ms);
    rig_drain(r);
    if (transport == SIP_UDP)
        assert_in_range(r->n_sent, 1, 2);
    else
        assert_int_equal(r->n_sent, 20);
    rig_free(r);
}

static void in_however_many_words(void **state)
{
    (void)state;
    assert_rings_in_many_words(SIP_UDP);
    assert_rings_in_many_words(SIP_TCP);
}

static void what_nobody_was_asked_about_is_refused_once(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (size_t i = 1; i <= 3; i++) { /* the same INVITE, and its copies */
        rig_invited(r, "1");
        if (i == 1)
            sip_call_refuse(r->call, 488, r->now_ms);
        rig_drain(r);
        assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
        assert_int_equal(rig_count(r, "SIP/2.0 488 "), i);
        rig_run(r, 5000);
        assert_int_equal(r->n_sent, i);
    }
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

/* It does not ask again. */
static void but_who_has_heard_100_is_told_until_its_ack(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    rig_run(r, 200);
    assert_int_equal(rig_count(r, "SIP/2.0 100 "), 1);
    sip_call_refuse(r->call, 488, r->now_ms);
    rig_run(r, 600);
    assert_int_equal(rig_count(r, "SIP/2.0 488 "), 2);
    rig_free(r);
}

/* Over a connection nobody can be meant but who has opened it. */
static void over_tcp_it_does(void **state)
{
    struct rig *r = rig_new(SIP_TCP);

    (void)state;
    rig_receive(r,
                "INVITE sip:y@192.0.2.1 SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\n"
                "Via: SIP/2.0/UDP 192.0.2.3;branch=%s\nFrom: <sip:x@192.0.2.2>;tag=a\n"
                "To: <sip:y@192.0.2.1>\nCall-ID: c\nCSeq: 1 INVITE\nContact: <sip:x@192.0.2.2>\n"
                "Content-Length: 0\n\n",
                padding());
    sip_call_progress(r->call, 180, SLICE(""), r->now_ms);
    rig_drain(r);
    rig_receive(r, "INVITE sip:a SIP/2.0\nv:SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\n"
                   "f:<sip:a>;tag=a\nt:<sip:a>\ni:c\nCSeq:1 INVITE\nl:0\n\n");
    assert_int_equal(rig_count(r, "SIP/2.0 180"), 2);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ignored_invite_leaves_nothing),
        cmocka_unit_test(who_is_turned_away_gets_one_answer),
        cmocka_unit_test(who_rings_is_not_ignored),
        cmocka_unit_test(our_server_is_answered),
        cmocka_unit_test(who_is_to_learn_nothing),
        cmocka_unit_test(a_call_that_is_on_is_answered),
        cmocka_unit_test(a_short_copy_draws_no_long_answer),
        cmocka_unit_test(over_tcp_it_does),
        cmocka_unit_test(what_nobody_was_asked_about_is_refused_once),
        cmocka_unit_test(but_who_has_heard_100_is_told_until_its_ack),
        cmocka_unit_test(what_rings_is_no_more_than_twice),
        cmocka_unit_test(in_however_many_words),
    };

    return RUN_ROWS("sip/strangers", rows, check_row) +
           cmocka_run_group_tests_name("sip/strangers whole", tests, NULL, NULL);
}
