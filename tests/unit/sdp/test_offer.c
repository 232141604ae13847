/* Our offer, and the answers that phones give to it. */
#include <errno.h>
#include <string.h>

#include "sdp/exchange.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"
#include "tests/lib/sdp_text.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define RX " rx 96,0,8"
#define TO " to 192.0.2.7:5004 rtcp 5005 ptime 20/120"
#define OFFERED                                                                                    \
    "m=audio 4000 RTP/AVP 96 0 8 102 101 | a=rtpmap:96 opus/48000/2 | a=fmtp:96 useinbandfec=1 | " \
    "a=rtpmap:0 PCMU/8000 | a=rtpmap:8 PCMA/8000 | a=rtpmap:102 telephone-event/48000 | "          \
    "a=fmtp:102 0-16 | a=rtpmap:101 telephone-event/8000 | a=fmtp:101 0-16 | a=ptime:20 | "        \
    "a=rtcp-mux | a=sendrecv"

/* clang-format off */
static const struct row {
    const char *name, *answer;
    int err;
    const char *stream;
} rows[] = {
    {"baresip", HEAD "a=tool:baresip\r\nm=audio 5004 RTP/AVP 96 102\r\na=rtpmap:96 opus/48000/2\r\n"
     "a=fmtp:96 stereo=1;sprop-stereo=1\r\na=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-15\r\n"
     "a=sendrecv\r\na=ptime:20\r\n", 0, "sendrecv opus@96" RX " ev 102<102/48000" TO " stereo"},
    {"SIPp", HEAD "m=audio 5004 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n", 0, "sendrecv PCMU@0" RX TO},
    {"Asterisk, with two codecs: the first is sent", HEAD "m=audio 5004 RTP/AVP 8 0 101\r\n"
     "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
     "a=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:150\r\na=sendrecv\r\n", 0,
     "sendrecv PCMA@8" RX " ev 101<101/8000" TO " said"},
    {"event first, then a codec", HEAD "m=audio 5004 RTP/AVP 101 0\r\na=rtpmap:101 telephone-event/8000\r\n", 0,
     "sendrecv PCMU@0" RX " ev 101<101/8000" TO},
    {"other numbers for the same (RFC 3264 6.1)", HEAD "m=audio 5004 RTP/AVP 111 126\r\n"
     "a=rtpmap:111 opus/48000/2\r\na=rtpmap:126 telephone-event/48000\r\n", 0,
     "sendrecv opus@111" RX ",111 ev 126<102/48000" TO},
    {"a dynamic number of ours without rtpmap", HEAD "m=audio 5004 RTP/AVP 96\r\n", 0,
     "sendrecv opus@96" RX TO},
    {"digits only at the other rate", HEAD "m=audio 5004 RTP/AVP 96 101\r\na=rtpmap:96 opus/48000/2\r\n"
     "a=rtpmap:101 telephone-event/8000\r\n", 0, "sendrecv opus@96" RX " ev 101<101/8000" TO},
    {"rtcp-mux accepted", HEAD "m=audio 5004 RTP/AVP 0\r\na=rtcp-mux\r\n", 0,
     "sendrecv PCMU@0" RX " to 192.0.2.7:5004 rtcp 5004 mux ptime 20/120"},
    {"the answer sends only", HEAD "m=audio 5004 RTP/AVP 0\r\na=sendonly\r\n", 0,
     "recvonly held PCMU@0" RX TO},
    {"the answer only listens", HEAD "m=audio 5004 RTP/AVP 0\r\na=recvonly\r\n", 0,
     "sendonly PCMU@0" RX TO},
    {"an answer from 0.0.0.0", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", 0,
     "recvonly held PCMU@0" RX " to 0.0.0.0:5004 rtcp 5005 ptime 20/120"},
    {"more m= lines than we offered", HEAD "m=audio 5004 RTP/AVP 0\r\nm=video 5006 RTP/AVP 31\r\n", 0,
     "sendrecv PCMU@0" RX TO},
    {"another medium in its place", HEAD "m=video 5004 RTP/AVP 31\r\n", -EBADMSG, NULL},
    {"no m= line", HEAD, -EBADMSG, NULL},
    {"no SDP", "x", -EBADMSG, NULL},
    {"audio refused", HEAD "m=audio 0 RTP/AVP 0\r\n", -EPROTONOSUPPORT, NULL},
    {"a codec that we did not offer", HEAD "m=audio 5004 RTP/AVP 18\r\n", -EPROTONOSUPPORT, NULL},
    {"another transport", HEAD "m=audio 5004 TCP/RTP/AVP 0\r\n", -EPROTONOSUPPORT, NULL},
    {"DTLS that was not asked for", HEAD "m=audio 5004 UDP/TLS/RTP/SAVPF 0\r\n", -ENOKEY, NULL},
    {"encryption that was not asked for", HEAD "m=audio 5004 RTP/SAVP 0\r\n", -ENOKEY, NULL},
    {"a multicast address", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/1\r\n", -EPROTONOSUPPORT, NULL},
    {"our event number for a codec", HEAD "m=audio 5004 RTP/AVP 102\r\na=rtpmap:102 opus/48000/2\r\n", 0,
     "sendrecv opus@102" RX ",102" TO},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->answer);
    struct rng rng = rng_seeded(1);
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x;
    struct buf out = buf_new(4000);
    char words[SDP_WORDS_MAX];

    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    assert_int_equal(sdp_exchange_take_answer(x, in), -EPROTO); /* nothing was offered */
    assert_int_equal(sdp_exchange_offer(x, &out), 0);
    assert_true(sdp_lines_are(buf_slice(&out), OFFERED));
    assert_int_equal(sdp_exchange_take_answer(x, in), row->err);
    exact_free(in);
    assert_int_equal(sdp_exchange_state(x), row->err ? SDP_WE_OFFERED : SDP_STABLE);
    if (row->err)
        assert_null(sdp_exchange_stream(x));
    else
        assert_string_equal(sdp_words(sdp_exchange_stream(x), words), row->stream);
    buf_free(&out);
    sdp_exchange_free(x);
}

/* With redundancy (RFC 2198). */
#define RED_OFFERED                                                                                \
    "m=audio 4000 RTP/AVP 96 0 8 102 101 103 104 | a=rtpmap:96 opus/48000/2 | "                    \
    "a=fmtp:96 useinbandfec=1 | a=rtpmap:0 PCMU/8000 | a=rtpmap:8 PCMA/8000 | "                    \
    "a=rtpmap:102 telephone-event/48000 | a=fmtp:102 0-16 | a=rtpmap:101 telephone-event/8000 | "  \
    "a=fmtp:101 0-16 | a=rtpmap:103 red/48000/2 | a=fmtp:103 96/96 | a=rtpmap:104 red/8000 | "     \
    "a=fmtp:104 0/8 | a=ptime:20 | a=rtcp-mux | a=sendrecv"
#define RED_HEAD HEAD "m=audio 5004 RTP/AVP "
#define RED_OPUS "a=rtpmap:96 opus/48000/2\r\na=rtpmap:102 telephone-event/48000\r\n"

/* clang-format off */
static const struct red_row {
    const char *name, *answer, *stream;
} red_rows[] = {
    {"red: taken for Opus", RED_HEAD "96 102 103\r\n" RED_OPUS "a=rtpmap:103 red/48000/2\r\n"
     "a=fmtp:103 96/96\r\n", "sendrecv opus@96" RX " ev 102<102/48000 red 103<103" TO},
    {"red: under another number", RED_HEAD "96 102 63\r\n" RED_OPUS "a=rtpmap:63 red/48000/2\r\n"
     "a=fmtp:63 96/96\r\n", "sendrecv opus@96" RX " ev 102<102/48000 red 63<103" TO},
    {"red: without fmtp there is no restriction", RED_HEAD "96 102 103\r\n" RED_OPUS
     "a=rtpmap:103 RED/48000/2\r\n", "sendrecv opus@96" RX " ev 102<102/48000 red 103<103" TO},
    {"red: of another codec alone it is none", RED_HEAD "96 0 103\r\n" RED_OPUS
     "a=rtpmap:103 red/48000/2\r\na=fmtp:103 0/0\r\n", "sendrecv opus@96" RX TO},
    {"red: at another clock it is none", RED_HEAD "96 104\r\n" RED_OPUS "a=rtpmap:104 red/8000\r\n",
     "sendrecv opus@96" RX TO},
    {"red: static types in fmtp", RED_HEAD "8 104\r\na=rtpmap:104 red/8000/1\r\n"
     "a=fmtp:104 0/8\r\n", "sendrecv PCMA@8" RX " red 104<104" TO},
    {"red: not taken", RED_HEAD "96 102\r\n" RED_OPUS, "sendrecv opus@96" RX " ev 102<102/48000" TO},
};
/* clang-format on */

static void check_red(void **state)
{
    const struct red_row *row = *state;
    struct slice in = exact_copy(row->answer);
    struct rng rng = rng_seeded(1);
    struct sdp_local local = sdp_test_local();
    struct buf out = buf_new(4000);
    char words[SDP_WORDS_MAX];
    struct sdp_exchange *x;

    local.redundancy = true;
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    assert_int_equal(sdp_exchange_offer(x, &out), 0);
    assert_true(sdp_lines_are(buf_slice(&out), RED_OFFERED));
    assert_int_equal(sdp_exchange_take_answer(x, in), 0);
    exact_free(in);
    assert_string_equal(sdp_words(sdp_exchange_stream(x), words), row->stream);
    buf_free(&out);
    sdp_exchange_free(x);
}

/* All codecs of one clock share a number, but those that are not repeated. */
static void test_red_of_many(void **state)
{
    struct sdp_local local = sdp_test_local();
    struct rng rng = rng_seeded(1);
    struct buf out = buf_new(4000);
    struct sdp_exchange *x;

    (void)state;
    local.redundancy = true;
    local.telephone_event = false;
    local.codecs[0] = (struct sdp_codec){"L16", 8000, 1, 96, NULL, NULL};
    local.codecs[3] = (struct sdp_codec){"G722", 8000, 1, 9, NULL, NULL};
    local.n_codecs = 4;
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    assert_int_equal(sdp_exchange_offer(x, &out), 0);
    assert_true(sdp_lines_are(buf_slice(&out),
                              "m=audio 4000 RTP/AVP 96 0 8 9 101 | a=rtpmap:96 L16/8000 | "
                              "a=rtpmap:0 PCMU/8000 | a=rtpmap:8 PCMA/8000 | a=rtpmap:9 G722/8000 | "
                              "a=rtpmap:101 red/8000 | a=fmtp:101 0/8/9 | a=ptime:20 | a=rtcp-mux | "
                              "a=sendrecv"));
    buf_free(&out);
    sdp_exchange_free(x);
}

#define NUMBERS "m=audio 4000 RTP/AVP 96 0 8 102 101 103"
#define OPUS "a=rtpmap:96 opus/48000/2 | a=fmtp:96 useinbandfec=1 | "
#define STATICS "a=rtpmap:0 PCMU/8000 | a=rtpmap:8 PCMA/8000 | "
#define EVENTS                                                                                     \
    "a=rtpmap:102 telephone-event/48000 | a=fmtp:102 0-16 | "                                      \
    "a=rtpmap:101 telephone-event/8000 | a=fmtp:101 0-16 | "
#define OPUS_AGAIN "a=rtpmap:103 red/48000/2 | a=fmtp:103 96/96 | "
#define G711_AGAIN "a=rtpmap:104 red/8000 | a=fmtp:104 0/8 | "
#define END "a=ptime:20 | a=rtcp-mux"
#define RUNS " | a=rtcp-xr:pkt-loss-rle"

/* What is left of an offer as its room gets less and less. */
static const char *const shorter[] = {
    NUMBERS " 104 | " OPUS STATICS EVENTS OPUS_AGAIN G711_AGAIN END RUNS
            " rcvr-rtt=all voip-metrics | a=sendrecv",
    NUMBERS " 104 | " OPUS EVENTS OPUS_AGAIN G711_AGAIN END RUNS " rcvr-rtt=all voip-metrics",
    NUMBERS " 104 | " OPUS EVENTS OPUS_AGAIN G711_AGAIN END RUNS,
    NUMBERS " 104 | " OPUS EVENTS OPUS_AGAIN G711_AGAIN END,
    NUMBERS " | " OPUS EVENTS OPUS_AGAIN END,
};

static struct sdp_exchange *talkative(void)
{
    struct sdp_local local = sdp_test_local();
    struct rng rng = rng_seeded(1);
    struct sdp_exchange *x;

    local.redundancy = true;
    local.xr = (struct sdp_xr){true, true, true};
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    return x;
}

/* The bytes that are offered where there is room for so many. */
static size_t offer_within(struct sdp_exchange *x, size_t room, const char *lines)
{
    struct buf out = buf_new(4000);
    size_t n;

    sdp_exchange_set_room(x, room);
    assert_int_equal(sdp_exchange_offer(x, &out), 0);
    assert_true(sdp_lines_are(buf_slice(&out), lines));
    n = out.n;
    buf_free(&out);
    return n;
}

static void test_an_offer_has_no_more_bytes_than_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(shorter); i++) {
        bool last = i + 1 == ARRAY_LEN(shorter);
        struct sdp_exchange *x = talkative();
        size_t room = SIZE_MAX, n = 0;

        for (size_t j = 0; j <= i; j++, room = n - 1) {
            n = offer_within(x, room, shorter[j]);
            sdp_exchange_rollback(x);
        }
        assert_int_equal(offer_within(x, n, shorter[i]), n);
        sdp_exchange_rollback(x);
        n = offer_within(x, n - 1, shorter[last ? i : i + 1]);
        assert_true(last || n <= room);
        sdp_exchange_rollback(x);
        (void)offer_within(x, SIZE_MAX, shorter[0]); /* the next one has room again */
        sdp_exchange_free(x);
    }
}

/* In mid-call the redundancy that is left is that of what is spoken. */
static void test_an_agreed_codec_keeps_its_redundancy(void **state)
{
    struct sdp_exchange *x = talkative();

    (void)state;
    (void)offer_within(x, SIZE_MAX, shorter[0]);
    assert_int_equal(
        sdp_exchange_take_answer(x, SLICE(HEAD "m=audio 5004 RTP/AVP 8 104\r\n"
                                               "a=rtpmap:104 red/8000\r\na=fmtp:104 8/8\r\n")),
        0);
    assert_int_equal(sdp_exchange_stream(x)->red_send, 104);
    (void)offer_within(x, 1,
                       "m=audio 4000 RTP/AVP 96 0 8 102 101 104 | " OPUS EVENTS G711_AGAIN END);
    sdp_exchange_free(x);
}

/* Static numbers need no rtpmap, but one to which they have given another meaning does. */
static void test_a_number_of_theirs_is_always_said(void **state)
{
    struct sdp_exchange *x = talkative();
    struct buf out = buf_new(4000);

    (void)state;
    assert_int_equal(sdp_exchange_take_offer(x, SLICE(HEAD "m=audio 5004 RTP/AVP 10\r\n"
                                                           "a=rtpmap:10 PCMA/8000\r\n")),
                     0);
    assert_int_equal(sdp_exchange_answer(x, &out), 0);
    buf_clear(&out);
    sdp_exchange_set_room(x, 1);
    assert_int_equal(sdp_exchange_offer(x, &out), 0);
    assert_true(sdp_says(buf_slice(&out), "a=rtpmap:10 PCMA/8000\r\n"));
    assert_false(sdp_says(buf_slice(&out), "a=rtpmap:0 "));
    buf_free(&out);
    sdp_exchange_free(x);
}

/* RFC 3264 8: each description has the number behind the one before, however often it was made
 * shorter. */
static void test_what_is_left_out_counts_once(void **state)
{
    struct sdp_exchange *x = talkative();
    struct slice ours;

    (void)state;
    (void)offer_within(x, SIZE_MAX, shorter[0]);
    sdp_exchange_rollback(x);
    (void)offer_within(x, 1, shorter[4]);
    ours = sdp_exchange_ours(x);
    slice_cut(&ours, '\n');
    slice_cut(&ours, ' ');
    slice_cut(&ours, ' ');
    assert_true(slice_eq(slice_cut(&ours, ' '), SLICE("2")));
    sdp_exchange_free(x);
}

static const struct local_row {
    const char *name, *offered;
    size_t n_codecs;
    bool event, mux;
    uint8_t ptime_ms, maxptime_ms;
    uint16_t rtcp_port;
    enum sdp_direction direction;
    struct sdp_xr xr;
} local_rows[] = {
    {"local: the least",
     "m=audio 4000 RTP/AVP 96 | a=rtpmap:96 opus/48000/2 | "
     "a=fmtp:96 useinbandfec=1 | a=sendrecv",
     1, false, false, 0, 0, 0, SDP_SENDRECV, {0}},
    {"local: digits without a codec at 8000 Hz",
     "m=audio 4000 RTP/AVP 96 101 | "
     "a=rtpmap:96 opus/48000/2 | a=fmtp:96 useinbandfec=1 | a=rtpmap:101 telephone-event/48000 | "
     "a=fmtp:101 0-16 | a=sendrecv",
     1, true, false, 0, 0, 0, SDP_SENDRECV, {0}},
    {"local: all there is",
     "m=audio 4000 RTP/AVP 96 | a=rtpmap:96 opus/48000/2 | "
     "a=fmtp:96 useinbandfec=1 | a=ptime:30 | a=maxptime:60 | a=rtcp:4100 | a=rtcp-mux | "
     "a=rtcp-xr:pkt-loss-rle rcvr-rtt=all voip-metrics | a=inactive",
     1, false, true, 30, 60, 4100, SDP_INACTIVE, {true, true, true}},
    {"local: the usual RTCP port is not said",
     "m=audio 4000 RTP/AVP 96 | "
     "a=rtpmap:96 opus/48000/2 | a=fmtp:96 useinbandfec=1 | a=sendonly",
     1, false, false, 0, 0, 4001, SDP_SENDONLY, {0}},
    {"local: one extended report",
     "m=audio 4000 RTP/AVP 96 | a=rtpmap:96 opus/48000/2 | "
     "a=fmtp:96 useinbandfec=1 | a=rtcp-xr:voip-metrics | a=sendrecv",
     1, false, false, 0, 0, 0, SDP_SENDRECV, {false, false, true}},
};

static void check_local(void **state)
{
    const struct local_row *row = *state;
    struct sdp_local local = sdp_test_local();
    struct rng rng = rng_seeded(1);
    struct buf out = buf_new(4000);
    struct sdp_exchange *x;

    local.n_codecs = row->n_codecs;
    local.telephone_event = row->event;
    local.rtcp_mux = row->mux;
    local.ptime_ms = row->ptime_ms;
    local.maxptime_ms = row->maxptime_ms;
    local.rtcp_port = row->rtcp_port;
    local.direction = row->direction;
    local.xr = row->xr;
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    assert_int_equal(sdp_exchange_offer(x, &out), 0);
    assert_true(sdp_lines_are(buf_slice(&out), row->offered));
    buf_free(&out);
    sdp_exchange_free(x);
}

/* RFC 3264 6.1: whatever was offered may come, keys at the clock of another codec too; and some send
 * under the number that they have for us. */
static void keys_come_under_all_numbers(void **state)
{
    /* clang-format off */
    static const struct {
        const char *formats, *more, *events;
    } answers[] = {
        {"0 101", "a=rtpmap:101 telephone-event/8000\r\n", "101 102 "},
        {"96 0 102 101", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:102 telephone-event/48000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\n", "102 101 "},
        {"0 97", "a=rtpmap:97 telephone-event/8000\r\n", "101 102 97 "},
        {"0", "", ""},
        {"0 8 96", "a=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\n", "101 102 "},
        {"0 102 101", "a=rtpmap:102 red/8000\r\na=fmtp:102 0/0\r\n"
         "a=rtpmap:101 telephone-event/8000\r\n", "101 "},
        {"0 104 103", "a=rtpmap:104 red/8000\r\na=fmtp:104 0/0\r\n"
         "a=rtpmap:103 telephone-event/8000\r\n", "101 102 103 "},
        {"0 101 104", "a=rtpmap:101 red/8000\r\na=fmtp:101 0/0\r\n"
         "a=rtpmap:104 telephone-event/8000\r\n", "101 102 "},
    };
    /* clang-format on */
    struct rng rng = rng_seeded(1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct sdp_local local = sdp_test_local();
        struct buf out = buf_new(4000), answer = buf_new(1000), events = buf_new(100);
        const struct sdp_stream *stream;
        struct sdp_exchange *x;

        local.redundancy = true; /* under 103 and 104 */
        assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
        assert_int_equal(sdp_exchange_offer(x, &out), 0);
        buf_printf(&answer, HEAD "m=audio 5004 RTP/AVP %s\r\n%s", answers[i].formats,
                   answers[i].more);
        assert_int_equal(sdp_exchange_take_answer(x, buf_slice(&answer)), 0);
        stream = sdp_exchange_stream(x);
        for (size_t n = 0; n < stream->n_events; n++)
            buf_printf(&events, "%u ", stream->events[n]);
        assert_string_equal(buf_cstr(&events), answers[i].events);
        buf_free(&out);
        buf_free(&answer);
        buf_free(&events);
        sdp_exchange_free(x);
    }
}

/* RFC 3389 4: comfort noise is offered once, under 13, and agreed on with the codecs that have none
 * of their own. */
static void noise_is_offered(void **state)
{
    static const struct {
        const char *formats, *more;
        uint8_t send, receive;
    } answers[] = {
        {"0 13", "", 13, 13},
        {"0 97", "a=rtpmap:97 CN/8000\r\n", 97, 13},
        {"0", "", SDP_NO_TYPE, 13},
        {"96 13", "a=rtpmap:96 opus/48000/2\r\n", SDP_NO_TYPE, 13},
        {"0 98", "a=rtpmap:98 CN/16000\r\n", SDP_NO_TYPE, 13},
    };
    struct rng rng = rng_seeded(1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct sdp_local local = sdp_test_local();
        struct buf out = buf_new(4000), answer = buf_new(1000);
        struct sdp_exchange *x;

        local.comfort_noise = true;
        assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
        assert_int_equal(sdp_exchange_offer(x, &out), 0);
        assert_non_null(strstr(buf_cstr(&out), "RTP/AVP 96 0 8 102 101 13\r\n"));
        assert_non_null(strstr(buf_cstr(&out), "\r\na=rtpmap:13 CN/8000\r\n"));
        buf_printf(&answer, HEAD "m=audio 5004 RTP/AVP %s\r\n%s", answers[i].formats,
                   answers[i].more);
        assert_int_equal(sdp_exchange_take_answer(x, buf_slice(&answer)), 0);
        assert_int_equal(sdp_exchange_stream(x)->noise_send, answers[i].send);
        assert_int_equal(sdp_exchange_stream(x)->noise_receive, answers[i].receive);
        buf_free(&out);
        buf_free(&answer);
        sdp_exchange_free(x);
    }
}

static void noise_is_answered(void **state)
{
    static const struct {
        const char *formats, *ours;
        uint8_t type;
    } offers[] = {
        {"0 13", "RTP/AVP 0 13\r\n", 13},
        {"8 0", "RTP/AVP 8\r\n", SDP_NO_TYPE},
        {"13 0", "RTP/AVP 0 13\r\n", 13},
    };
    struct rng rng = rng_seeded(1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
        struct sdp_local local = sdp_test_local();
        struct buf out = buf_new(4000), offer = buf_new(1000);
        struct sdp_exchange *x;

        local.comfort_noise = true;
        assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
        buf_printf(&offer, HEAD "m=audio 5004 RTP/AVP %s\r\n", offers[i].formats);
        assert_int_equal(sdp_exchange_take_offer(x, buf_slice(&offer)), 0);
        assert_int_equal(sdp_exchange_answer(x, &out), 0);
        assert_non_null(strstr(buf_cstr(&out), offers[i].ours));
        assert_int_equal(sdp_exchange_stream(x)->noise_send, offers[i].type);
        assert_int_equal(sdp_exchange_stream(x)->noise_receive, offers[i].type);
        buf_free(&out);
        buf_free(&offer);
        sdp_exchange_free(x);
    }
}

int main(void)
{
    const struct CMUnitTest many[] = {cmocka_unit_test(test_red_of_many),
                                      cmocka_unit_test(test_an_offer_has_no_more_bytes_than_room),
                                      cmocka_unit_test(test_an_agreed_codec_keeps_its_redundancy),
                                      cmocka_unit_test(test_a_number_of_theirs_is_always_said),
                                      cmocka_unit_test(test_what_is_left_out_counts_once)};
    const struct CMUnitTest keys[] = {cmocka_unit_test(keys_come_under_all_numbers)};
    const struct CMUnitTest noise[] = {
        cmocka_unit_test(noise_is_offered),
        cmocka_unit_test(noise_is_answered),
    };

    return cmocka_run_group_tests_name("sdp/offer noise", noise, NULL, NULL) +
           cmocka_run_group_tests_name("sdp/offer keys", keys, NULL, NULL) +
           RUN_ROWS("sdp/offer rows", rows, check_row) +
           RUN_ROWS("sdp/offer redundancy", red_rows, check_red) +
           cmocka_run_group_tests_name("sdp/offer redundancy of many", many, NULL, NULL) +
           RUN_ROWS("sdp/offer local", local_rows, check_local);
}
