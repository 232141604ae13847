/* Calls as sequences of offers and answers (RFC 3264 8, RFC 6337). */
#include "sdp/exchange.h"

#include <errno.h>
#include <string.h>

#include "sdp/parse.h"
#include "tests/lib/rows.h"
#include "tests/lib/sdp_text.h"

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n"
#define PCMU HEAD "m=audio 5004 RTP/AVP 0\n"
#define PCMU_STREAM "PCMU@0 rx 0 to 192.0.2.7:5004 rtcp 5005 ptime 20/120"
#define OFFERED_STREAM "PCMU@0 rx 96,0,8 to 192.0.2.7:5004 rtcp 5005 ptime 20/120"

struct call {
    struct sdp_exchange *x;
    struct buf out;
};

static int set_up(void **state)
{
    static struct call call;
    struct sdp_local local = sdp_test_local();
    struct rng rng = rng_seeded(1);

    call.out = buf_new(4000);
    *state = &call;
    return sdp_exchange_new(&local, &rng, &call.x);
}

static int tear_down(void **state)
{
    struct call *call = *state;

    buf_free(&call->out);
    sdp_exchange_free(call->x);
    return 0;
}

static const char *stream(const struct call *call)
{
    static char words[SDP_WORDS_MAX];

    return sdp_words(sdp_exchange_stream(call->x), words);
}

/* The version of our newest description. */
static uint64_t version(const struct call *call)
{
    struct sdp_model model;
    uint64_t out = 0;

    assert_int_equal(sdp_parse(sdp_exchange_ours(call->x), &model), 0);
    assert_int_equal(slice_number(model.session_version, UINT64_MAX, &out), 0);
    return out;
}

static bool we_said(const struct call *call, const char *part)
{
    char text[4000] = "";

    memcpy(text, call->out.p, call->out.n);
    return strstr(text, part) != NULL;
}

static void we_offer(struct call *call)
{
    buf_clear(&call->out);
    assert_int_equal(sdp_exchange_offer(call->x, &call->out), 0);
    assert_int_equal(sdp_exchange_state(call->x), SDP_WE_OFFERED);
    assert_true(slice_eq(sdp_exchange_ours(call->x), buf_slice(&call->out)));
}

static void they_answer(struct call *call, const char *sdp)
{
    assert_int_equal(sdp_exchange_take_answer(call->x, slice_of(sdp)), 0);
    assert_int_equal(sdp_exchange_state(call->x), SDP_STABLE);
}

static void they_offer(struct call *call, const char *sdp)
{
    assert_int_equal(sdp_exchange_take_offer(call->x, slice_of(sdp)), 0);
    buf_clear(&call->out);
    assert_int_equal(sdp_exchange_answer(call->x, &call->out), 0);
    assert_int_equal(sdp_exchange_state(call->x), SDP_STABLE);
    assert_true(slice_eq(sdp_exchange_ours(call->x), buf_slice(&call->out)));
}

static void we_call_hold_and_resume(void **state)
{
    struct call *call = *state;

    we_offer(call);
    assert_int_equal(version(call), 1);
    they_answer(call, PCMU);
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);

    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDONLY), 0);
    we_offer(call);
    assert_int_equal(version(call), 2);
    assert_true(we_said(call, "a=sendonly\r\n"));
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM); /* until it is answered */
    they_answer(call, PCMU "a=recvonly\n");
    assert_string_equal(stream(call), "sendonly " OFFERED_STREAM);

    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDRECV), 0);
    we_offer(call);
    assert_int_equal(version(call), 3);
    they_answer(call, PCMU);
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);
}

static void they_call_hold_and_resume(void **state)
{
    struct call *call = *state;

    they_offer(call, PCMU);
    assert_string_equal(stream(call), "sendrecv " PCMU_STREAM);
    they_offer(call, PCMU "a=sendonly\n");
    assert_true(we_said(call, "a=recvonly\r\n"));
    assert_int_equal(version(call), 2);
    assert_string_equal(stream(call), "recvonly held " PCMU_STREAM);
    they_offer(call, PCMU "a=inactive\n");
    assert_string_equal(stream(call), "inactive held " PCMU_STREAM);
    they_offer(call, PCMU);
    assert_int_equal(version(call), 4);
    assert_string_equal(stream(call), "sendrecv " PCMU_STREAM);
}

static void held_the_old_way(void **state)
{
    struct call *call = *state;

    they_offer(call, PCMU);
    they_offer(call, HEAD "m=audio 5004 RTP/AVP 0\nc=IN IP4 0.0.0.0\n");
    assert_string_equal(stream(call),
                        "recvonly held PCMU@0 rx 0 to 0.0.0.0:5004 rtcp 5005 ptime 20/120");
    they_offer(call, PCMU);
    assert_string_equal(stream(call), "sendrecv " PCMU_STREAM);
}

static void both_hold(void **state)
{
    struct call *call = *state;

    we_offer(call);
    they_answer(call, PCMU);
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDONLY), 0);
    we_offer(call);
    they_answer(call, PCMU "a=recvonly\n");
    they_offer(call, PCMU "a=sendonly\n"); /* now they hold us too */
    assert_true(we_said(call, "a=inactive\r\n"));
    they_offer(call, PCMU); /* they resume, we still hold */
    assert_true(we_said(call, "a=sendonly\r\n"));
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDRECV), 0);
    we_offer(call);
    assert_true(we_said(call, "a=sendrecv\r\n"));
    they_answer(call, PCMU);
    assert_int_equal(sdp_exchange_stream(call->x)->direction, SDP_SENDRECV);
}

/* RFC 3264 8.4: who is held offers inactive to hold, and recvonly to take that back. */
static void hold_and_resume_while_held(void **state)
{
    struct call *call = *state;

    they_offer(call, PCMU);
    they_offer(call, PCMU "a=sendonly\n");
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDONLY), 0);
    we_offer(call);
    assert_true(we_said(call, "a=inactive\r\n"));
    they_answer(call, PCMU "a=inactive\n");
    assert_string_equal(stream(call), "inactive held " OFFERED_STREAM);
    they_offer(call, PCMU "a=recvonly\n"); /* they resume: we still hold */
    assert_true(we_said(call, "a=sendonly\r\n"));
    assert_false(sdp_exchange_stream(call->x)->held);
    they_offer(call, PCMU "a=inactive\n");
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDRECV), 0);
    we_offer(call);
    assert_true(we_said(call, "a=recvonly\r\n"));
    they_answer(call, PCMU "a=sendonly\n");
    assert_string_equal(stream(call), "recvonly held " OFFERED_STREAM);
}

/* RFC 6337 5.3: asked for an offer, we say what we want, or nobody could end a hold by asking. */
static void an_offer_that_is_asked_for_while_held(void **state)
{
    struct call *call = *state;

    they_offer(call, PCMU);
    they_offer(call, PCMU "a=sendonly\n");
    buf_clear(&call->out);
    assert_int_equal(sdp_exchange_offer_asked(call->x, &call->out), 0);
    assert_true(we_said(call, "a=sendrecv\r\n"));
    they_answer(call, PCMU);
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);
}

/* Some answer inactive to a hold. Were that taken for a hold of theirs, we could not resume. */
static void inactive_answers_to_our_hold(void **state)
{
    struct call *call = *state;

    we_offer(call);
    they_answer(call, PCMU);
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDONLY), 0);
    we_offer(call);
    they_answer(call, PCMU "a=inactive\n");
    assert_false(sdp_exchange_stream(call->x)->held);
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDRECV), 0);
    we_offer(call);
    assert_true(we_said(call, "a=sendrecv\r\n"));
    they_answer(call, PCMU "a=sendonly\n"); /* to this it is one */
    assert_true(sdp_exchange_stream(call->x)->held);
}

static void the_version_stays_where_nothing_changes(void **state)
{
    struct call *call = *state;

    they_offer(call, PCMU);
    they_offer(call, PCMU); /* a session refresh: the same offer again */
    assert_int_equal(version(call), 1);
    they_offer(call, HEAD "m=audio 6000 RTP/AVP 0\n"); /* their address, not ours */
    assert_int_equal(version(call), 1);
    they_offer(call, HEAD "m=audio 6000 RTP/AVP 8\n");
    assert_int_equal(version(call), 2);
    we_offer(call);
    assert_int_equal(version(call), 3);
    they_answer(call, PCMU);
    we_offer(call);
    assert_int_equal(version(call), 3);
}

static void addresses_and_codecs_change_in_mid_call(void **state)
{
    struct call *call = *state;
    struct sdp_local local = sdp_test_local();

    they_offer(call, PCMU);
    they_offer(call, "v=0\no=- 1 2 IN IP4 192.0.2.7\nc=IN IP4 192.0.2.88\n"
                     "m=audio 7000 RTP/AVP 98\na=rtpmap:98 opus/48000/2\n");
    assert_string_equal(stream(call),
                        "sendrecv opus@98 rx 98 to 192.0.2.88:7000 rtcp 7001 ptime 20/120");
    assert_int_equal(ip_parse_with_port(SLICE("203.0.113.5:9000"), &local.address), 0);
    assert_int_equal(sdp_exchange_set_local(call->x, &local), 0);
    we_offer(call);
    /* RFC 3264 8: of o= only the version may change; 8.3.2: numbers keep their meaning. */
    assert_true(we_said(call, " 3 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 203.0.113.5\r\n"));
    assert_true(we_said(call, "m=audio 9000 RTP/AVP 98 0 8 102 101\r\n"));
    they_answer(call, PCMU);
    assert_string_equal(stream(call),
                        "sendrecv PCMU@0 rx 98,0,8 to 192.0.2.7:5004 rtcp 5005 ptime 20/120");
}

static void foreign_numbers_are_left_alone(void **state)
{
    struct call *call = *state;

    they_offer(call, HEAD "m=audio 5004 RTP/AVP 0 96 101 102 100\na=rtpmap:96 speex/8000\n"
                          "a=rtpmap:101 iLBC/8000\na=rtpmap:102 G726-32/8000\n"
                          "a=rtpmap:100 telephone-event/8000\n");
    we_offer(call);
    assert_true(we_said(call, "RTP/AVP 97 0 8 104 100\r\na=rtpmap:97 opus/48000/2\r\n"));
    assert_true(we_said(call, "a=rtpmap:100 telephone-event/8000\r\n"));
    assert_true(we_said(call, "a=rtpmap:104 telephone-event/48000\r\n"));
}

static void other_lines_stay_in_their_place(void **state)
{
    struct call *call = *state;

    they_offer(call, HEAD "m=video 5006 RTP/AVP 31 34\nm=audio 5004 RTP/AVPF 0\n");
    we_offer(call);
    assert_true(we_said(call, "m=video 0 RTP/AVP 31\r\nm=audio 4000 RTP/AVPF "));
    they_answer(call, HEAD "m=video 0 RTP/AVP 31\nm=audio 5004 RTP/AVPF 0\n");
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);
    they_offer(call, HEAD "m=video 5006 RTP/AVP 31\nm=audio 5004 RTP/AVPF 0\nm=text 1 RTP/AVP 98\n");
    assert_true(sdp_lines_are(buf_slice(&call->out),
                              "m=video 0 RTP/AVP 31 | m=audio 4000 RTP/AVPF 0 | "
                              "a=rtpmap:0 PCMU/8000 | a=ptime:20 | a=sendrecv | "
                              "m=text 0 RTP/AVP 98"));
}

static void a_refused_offer_of_ours_changes_nothing(void **state)
{
    struct call *call = *state;

    we_offer(call);
    they_answer(call, PCMU);
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_SENDONLY), 0);
    we_offer(call);
    sdp_exchange_rollback(call->x); /* 488 or 491 */
    assert_int_equal(sdp_exchange_state(call->x), SDP_STABLE);
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);
    assert_int_equal(sdp_exchange_local(call->x)->direction, SDP_SENDRECV);
    assert_int_equal(sdp_exchange_take_answer(call->x, SLICE(PCMU)), -EPROTO);
    we_offer(call);
    assert_true(we_said(call, "a=sendrecv\r\n"));
    assert_int_equal(version(call), 3); /* one more than what was sent last, agreed on or not */
}

static void a_refused_offer_of_theirs_changes_nothing(void **state)
{
    struct call *call = *state;

    they_offer(call, PCMU);
    assert_int_equal(sdp_exchange_take_offer(call->x, SLICE(HEAD "m=audio 5004 RTP/AVP 18\n")),
                     -EPROTONOSUPPORT);
    assert_int_equal(sdp_exchange_take_offer(call->x, SLICE("x")), -EBADMSG);
    assert_int_equal(sdp_exchange_state(call->x), SDP_STABLE);
    assert_string_equal(stream(call), "sendrecv " PCMU_STREAM);

    assert_int_equal(sdp_exchange_take_offer(call->x, SLICE(HEAD "m=video 1 RTP/AVP 31\n"
                                                                 "m=audio 7000 RTP/AVP 8\n")),
                     0);
    sdp_exchange_rollback(call->x); /* CANCEL, or a person said no */
    assert_string_equal(stream(call), "sendrecv " PCMU_STREAM);
    assert_int_equal(sdp_exchange_answer(call->x, &call->out), -EPROTO);
    we_offer(call);
    assert_false(we_said(call, "m=video"));
    sdp_exchange_rollback(call->x);
    sdp_exchange_rollback(call->x); /* twice does no harm */
}

static void a_broken_answer_ends_the_offer(void **state)
{
    struct call *call = *state;

    we_offer(call);
    they_answer(call, PCMU);
    we_offer(call);
    assert_int_equal(sdp_exchange_take_answer(call->x, SLICE("x")), -EBADMSG);
    assert_int_equal(sdp_exchange_state(call->x), SDP_STABLE);
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);
}

/* A 183 may be useless, and the 200 better; until then there is no session to go back to. */
static void a_broken_first_answer_may_be_followed(void **state)
{
    struct call *call = *state;

    we_offer(call);
    assert_int_equal(sdp_exchange_take_answer(call->x, SLICE("x")), -EBADMSG);
    assert_int_equal(sdp_exchange_state(call->x), SDP_WE_OFFERED);
    they_answer(call, PCMU);
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);
}

static void one_offer_at_a_time(void **state)
{
    struct call *call = *state;
    struct sdp_local local = sdp_test_local();

    we_offer(call);
    assert_int_equal(sdp_exchange_offer(call->x, &call->out), -EBUSY);
    assert_int_equal(sdp_exchange_take_offer(call->x, SLICE(PCMU)), -EBUSY);
    assert_int_equal(sdp_exchange_set_local(call->x, &local), -EBUSY);
    assert_int_equal(sdp_exchange_set_direction(call->x, SDP_INACTIVE), -EBUSY);
    they_answer(call, PCMU);
    assert_int_equal(sdp_exchange_take_offer(call->x, SLICE(PCMU)), 0);
    assert_int_equal(sdp_exchange_take_offer(call->x, SLICE(PCMU)), -EBUSY);
    assert_int_equal(sdp_exchange_offer(call->x, &call->out), -EBUSY);
    assert_int_equal(sdp_exchange_take_answer(call->x, SLICE(PCMU)), -EPROTO);
}

/* A 183 has an answer, then the 200 of the same or of another branch has one too. */
static void the_newest_answer_counts(void **state)
{
    struct call *call = *state;

    we_offer(call);
    they_answer(call, PCMU);
    they_answer(call, HEAD "m=audio 6000 RTP/AVP 8\n");
    assert_string_equal(stream(call),
                        "sendrecv PCMA@8 rx 96,0,8 to 192.0.2.7:6000 rtcp 6001 ptime 20/120");
    assert_int_equal(sdp_exchange_take_answer(call->x, SLICE("x")), -EBADMSG);
    assert_int_equal(sdp_exchange_stream(call->x)->send_type, 8);
    they_offer(call, PCMU);
    assert_int_equal(sdp_exchange_take_answer(call->x, SLICE(PCMU)), -EPROTO);
}

/* RFC 3264 8.2 and 8.1: the stream is taken out of a session that goes on, and comes back. */
static void a_stream_may_go_and_come_back(void **state)
{
    struct call *call = *state;

    they_offer(call, HEAD "m=video 1 RTP/AVP 31\nm=audio 5004 RTP/AVP 0\n");
    they_offer(call, HEAD "m=video 0 RTP/AVP 31\nm=audio 0 RTP/AVP 0\n");
    assert_true(sdp_lines_are(buf_slice(&call->out), "m=video 0 RTP/AVP 31 | m=audio 0 RTP/AVP 0"));
    assert_int_equal(sdp_exchange_stream(call->x)->direction, SDP_INACTIVE);
    assert_int_equal(sdp_exchange_stream(call->x)->remote_rtp.port, 0);
    we_offer(call);
    assert_true(we_said(call, "m=video 0 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 96"));
    they_answer(call, HEAD "m=video 0 RTP/AVP 31\nm=audio 5004 RTP/AVP 0\n");
    assert_string_equal(stream(call), "sendrecv " OFFERED_STREAM);
    they_offer(call, HEAD);
    assert_true(sdp_lines_are(buf_slice(&call->out), ""));
    we_offer(call);
    assert_true(we_said(call, "m=audio 4000 RTP/AVP 96"));
}

/* All or nothing: where the text does not fit, nothing was said and nothing agreed. */
static void no_room_for_the_text(void **state)
{
    struct call *call = *state;
    struct buf small = buf_new(10);

    assert_int_equal(sdp_exchange_offer(call->x, &small), -ENOMEM);
    assert_int_equal(sdp_exchange_state(call->x), SDP_STABLE);
    assert_int_equal(sdp_exchange_ours(call->x).n, 0);
    assert_int_equal(sdp_exchange_take_offer(call->x, SLICE(PCMU)), 0);
    buf_clear(&small);
    assert_int_equal(sdp_exchange_answer(call->x, &small), -ENOMEM);
    assert_int_equal(sdp_exchange_state(call->x), SDP_THEY_OFFERED);
    assert_null(sdp_exchange_stream(call->x));
    assert_int_equal(sdp_exchange_answer(call->x, &call->out), 0);
    assert_int_equal(version(call), 1);
    buf_free(&small);
}

/* Sixteen codecs, each offer with 64 numbers of other meaning: every number has stood for
 * something, and still each codec has one of its own. */
static void numbers_run_out(void **state)
{
    struct call *call = *state;
    struct sdp_local local = *sdp_exchange_local(call->x);
    struct rng rng = rng_seeded(1);
    struct sdp_model model;
    struct slice format, formats;
    bool seen[128] = {false};
    uint64_t number;

    local.redundancy = true;
    sdp_exchange_free(call->x);
    assert_int_equal(sdp_exchange_new(&local, &rng, &call->x), 0);
    for (unsigned round = 0; round < 3; round++) {
        struct buf b = buf_new(10000);

        buf_puts(&b, HEAD "m=audio 5004 RTP/AVP 0");
        for (unsigned i = 0; i < 60; i++)
            buf_printf(&b, " %u", 127 - (round * 30 + i) % 93);
        buf_putc(&b, '\n');
        they_offer(call, buf_cstr(&b));
        buf_free(&b);
    }
    we_offer(call);
    assert_int_equal(sdp_parse(sdp_exchange_ours(call->x), &model), 0);
    formats = model.media[0].formats;
    while (sdp_format_next(&formats, &format)) {
        assert_int_equal(slice_number(format, 127, &number), 0);
        assert_false(seen[number]);
        seen[number] = true;
    }
}

static const struct bad_row {
    const char *name, *address;
    size_t n_codecs;
    unsigned direction;
} bad_rows[] = {
    {"local: no codec", "192.0.2.1:4000", 0, SDP_SENDRECV},
    {"local: too many codecs", "192.0.2.1:4000", SDP_MAX_CODECS + 1, SDP_SENDRECV},
    {"local: no port", "192.0.2.1", 1, SDP_SENDRECV},
    {"local: 0.0.0.0 would put the other side on hold", "0.0.0.0:4000", 1, SDP_SENDRECV},
    {"local: no such direction", "192.0.2.1:4000", 1, 4},
};

static void check_bad(void **state)
{
    const struct bad_row *row = *state;
    struct sdp_local local = sdp_test_local();
    struct rng rng = rng_seeded(1);
    struct sdp_exchange *x = NULL;

    assert_int_equal(ip_parse_with_port(slice_of(row->address), &local.address), 0);
    local.n_codecs = row->n_codecs;
    local.direction = (enum sdp_direction)row->direction;
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), -EINVAL);
    assert_null(x);
    sdp_exchange_free(x);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(we_call_hold_and_resume),
        TEST(they_call_hold_and_resume),
        TEST(held_the_old_way),
        TEST(both_hold),
        TEST(hold_and_resume_while_held),
        TEST(an_offer_that_is_asked_for_while_held),
        TEST(inactive_answers_to_our_hold),
        TEST(the_version_stays_where_nothing_changes),
        TEST(addresses_and_codecs_change_in_mid_call),
        TEST(foreign_numbers_are_left_alone),
        TEST(other_lines_stay_in_their_place),
        TEST(a_refused_offer_of_ours_changes_nothing),
        TEST(a_refused_offer_of_theirs_changes_nothing),
        TEST(a_broken_answer_ends_the_offer),
        TEST(a_broken_first_answer_may_be_followed),
        TEST(one_offer_at_a_time),
        TEST(the_newest_answer_counts),
        TEST(a_stream_may_go_and_come_back),
        TEST(no_room_for_the_text),
        TEST(numbers_run_out),
    };

    return RUN_ROWS("sdp/exchange local", bad_rows, check_bad) +
           cmocka_run_group_tests_name("sdp/exchange", tests, NULL, NULL);
}
