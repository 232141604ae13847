#include "sdp/attribute.h"

#include <errno.h>

#include "base/buf.h"
#include "sdp/parse.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const struct rtpmap_row {
    const char *name, *in;
    int err;
    struct sdp_rtpmap map;
} rtpmap_rows[] = {
    {"rtpmap: opus", "111 opus/48000/2", 0, {111, SLICE_INIT("opus"), 48000, 2}},
    {"rtpmap: one channel unsaid", "0 PCMU/8000", 0, {0, SLICE_INIT("PCMU"), 8000, 1}},
    {"rtpmap: one channel said", "0 PCMU/8000/1", 0, {0, SLICE_INIT("PCMU"), 8000, 1}},
    {"rtpmap: blanks around", " 8  PCMA/8000 ", 0, {8, SLICE_INIT("PCMA"), 8000, 1}},
    {"rtpmap: a dash in the name", "101 telephone-event/8000", 0,
     {101, SLICE_INIT("telephone-event"), 8000, 1}},
    {"rtpmap: type 127", "127 a/1", 0, {127, SLICE_INIT("a"), 1, 1}},
    {"rtpmap: type 128", "128 a/1", -EBADMSG, {0}},
    {"rtpmap: no rate", "96 opus", -EBADMSG, {0}},
    {"rtpmap: an empty rate", "96 opus/", -EBADMSG, {0}},
    {"rtpmap: a rate above 32 bits", "96 opus/4294967296", -EBADMSG, {0}},
    {"rtpmap: no name", "96 /8000", -EBADMSG, {0}},
    {"rtpmap: 256 channels", "96 opus/48000/256", -EBADMSG, {0}},
    {"rtpmap: something behind", "96 opus/48000/2/3", -EBADMSG, {0}},
    {"rtpmap: nothing", "", -EBADMSG, {0}},
};

static void check_rtpmap(void **state)
{
    const struct rtpmap_row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sdp_rtpmap map;

    assert_int_equal(sdp_rtpmap_parse(in, &map), row->err);
    if (!row->err) {
        assert_int_equal(map.type, row->map.type);
        assert_true(slice_eq(map.name, row->map.name));
        assert_int_equal(map.rate_hz, row->map.rate_hz);
        assert_int_equal(map.channels, row->map.channels);
    }
    exact_free(in);
}

static const struct opus_row {
    const char *name, *in;
    struct sdp_opus out;
} opus_rows[] = {
    {"opus: nothing said", "", {0}},
    {"opus: FEC", "useinbandfec=1", {.useinbandfec = true}},
    {"opus: FEC off", "useinbandfec=0", {0}},
    {"opus: all of RFC 7587",
     "maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000; stereo=1; "
     "sprop-stereo=1; cbr=1; useinbandfec=1; usedtx=1",
     {true, true, true, true, 20000, 16000}},
    {"opus: as browsers write it", "minptime=10;useinbandfec=1", {.useinbandfec = true}},
    {"opus: any case and blanks", " UseInbandFEC = 1 ;; Stereo=1;", {.useinbandfec = true,
                                                                  .stereo = true}},
    {"opus: a rate below the least", "maxaveragebitrate=5999", {0}},
    {"opus: a rate above the most", "maxaveragebitrate=510001", {0}},
    {"opus: the least rate", "maxaveragebitrate=6000", {.maxaveragebitrate_bps = 6000}},
    {"opus: the most", "maxaveragebitrate=510000;maxplaybackrate=48000",
     {.maxaveragebitrate_bps = 510000, .maxplaybackrate_hz = 48000}},
    {"opus: numbers that are none", "maxaveragebitrate=x;maxplaybackrate=-1;stereo=yes", {0}},
};

static void check_opus(void **state)
{
    const struct opus_row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sdp_opus got = sdp_opus_parse(in);

    assert_int_equal(got.useinbandfec, row->out.useinbandfec);
    assert_int_equal(got.usedtx, row->out.usedtx);
    assert_int_equal(got.cbr, row->out.cbr);
    assert_int_equal(got.stereo, row->out.stereo);
    assert_int_equal(got.maxaveragebitrate_bps, row->out.maxaveragebitrate_bps);
    assert_int_equal(got.maxplaybackrate_hz, row->out.maxplaybackrate_hz);
    exact_free(in);
}

static const struct media_row {
    const char *name, *session, *media; /* attributes, each with its line end */
    enum sdp_direction direction;
    uint8_t ptime_ms, maxptime_ms;
    int rtcp_err;
    const char *rtcp;
} media_rows[] = {
    {"media: nothing said", "", "", SDP_SENDRECV, 0, 0, -ENOENT, NULL},
    {"media: direction of the session", "a=recvonly\n", "", SDP_RECVONLY, 0, 0, -ENOENT, NULL},
    {"media: its own direction wins", "a=recvonly\n", "a=inactive\n", SDP_INACTIVE, 0, 0, -ENOENT,
     NULL},
    {"media: a direction with a value is none", "", "a=sendonly:x\n", SDP_SENDRECV, 0, 0, -ENOENT,
     NULL},
    {"media: packet times", "", "a=ptime:30\na=maxptime:60\n", SDP_SENDRECV, 30, 60, -ENOENT, NULL},
    {"media: packet times move into range", "", "a=ptime:1\na=maxptime:1000\n", SDP_SENDRECV, 10,
     120, -ENOENT, NULL},
    {"media: packet time 0", "", "a=ptime:0\n", SDP_SENDRECV, 10, 0, -ENOENT, NULL},
    {"media: packet times are multiples of 10", "", "a=ptime:25\n", SDP_SENDRECV, 20, 0, -ENOENT,
     NULL},
    {"media: packet times beyond 64 bits", "", "a=ptime:99999999999999999999\n", SDP_SENDRECV, 120,
     0, -ENOENT, NULL},
    {"media: a fraction is no number", "", "a=ptime:2.5\n", SDP_SENDRECV, 0, 0, -ENOENT, NULL},
    {"media: RTCP port", "", "a=rtcp:53020\n", SDP_SENDRECV, 0, 0, 0, "no address:53020"},
    {"media: RTCP address", "", "a=rtcp:53020 IN IP6 2001:db8::1\n", SDP_SENDRECV, 0, 0, 0,
     "[2001:db8::1]:53020"},
    {"media: RTCP at a host name", "", "a=rtcp:53020 IN IP4 a.example\n", SDP_SENDRECV, 0, 0, 0,
     "no address:53020"},
    {"media: RTCP port 0", "", "a=rtcp:0\n", SDP_SENDRECV, 0, 0, -ENOENT, NULL},
    {"media: RTCP port too large", "", "a=rtcp:65536\n", SDP_SENDRECV, 0, 0, -ENOENT, NULL},
    {"media: rtcp-mux is not rtcp", "", "a=rtcp-mux\n", SDP_SENDRECV, 0, 0, -ENOENT, NULL},
};

static void check_media(void **state)
{
    const struct media_row *row = *state;
    struct buf b = buf_new(500);
    struct sdp_model m;
    char text[IP_TEXT_MAX];
    struct ip rtcp;

    buf_printf(&b, "v=0\no=- 1 1 IN IP4 a\n%sm=audio 1 RTP/AVP 0\n%s", row->session, row->media);
    assert_int_equal(sdp_parse(buf_slice(&b), &m), 0);
    assert_int_equal(sdp_media_direction(&m, &m.media[0]), row->direction);
    assert_int_equal(sdp_media_ptime_ms(&m.media[0], SLICE("ptime")), row->ptime_ms);
    assert_int_equal(sdp_media_ptime_ms(&m.media[0], SLICE("maxptime")), row->maxptime_ms);
    assert_int_equal(sdp_media_rtcp(&m.media[0], &rtcp), row->rtcp_err);
    if (!row->rtcp_err)
        assert_string_equal(ip_text(&rtcp, text), row->rtcp);
    buf_free(&b);
}

static void static_types_need_no_rtpmap(void **state)
{
    struct sdp_media m = {.lines = SLICE("a=rtpmap:3 mine/16000\r\na=rtpmap:96 broken\r\n")};
    struct sdp_rtpmap map;

    (void)state;
    assert_int_equal(sdp_media_rtpmap(&m, 0, &map), 0);
    assert_slice(map.name, "PCMU");
    assert_int_equal(sdp_media_rtpmap(&m, 8, &map), 0);
    assert_slice(map.name, "PCMA");
    assert_int_equal(sdp_media_rtpmap(&m, 3, &map), 0); /* what is said counts */
    assert_slice(map.name, "mine");
    assert_int_equal(sdp_media_rtpmap(&m, 96, &map), -ENOENT);
    assert_int_equal(sdp_media_rtpmap(&m, 34, &map), -ENOENT);
}

static void fmtp_belongs_to_its_type(void **state)
{
    struct sdp_media m = {.lines = SLICE("a=fmtp:9 a=1\r\na=fmtp:96 \r\na=fmtp:97\r\n"
                                         "a=fmtp:98  b=1; c=2 \r\na=fmtp:98 d\r\n")};

    (void)state;
    assert_slice(sdp_media_fmtp(&m, 9), "a=1");
    assert_slice(sdp_media_fmtp(&m, 96), "");
    assert_slice(sdp_media_fmtp(&m, 97), "");
    assert_slice(sdp_media_fmtp(&m, 98), "b=1; c=2");
    assert_slice(sdp_media_fmtp(&m, 99), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_types_need_no_rtpmap),
        cmocka_unit_test(fmtp_belongs_to_its_type),
    };

    return RUN_ROWS("sdp/attribute rtpmap", rtpmap_rows, check_rtpmap) +
           RUN_ROWS("sdp/attribute opus", opus_rows, check_opus) +
           RUN_ROWS("sdp/attribute media", media_rows, check_media) +
           cmocka_run_group_tests_name("sdp/attribute", tests, NULL, NULL);
}
