/* a=rtcp-xr: what is read, what both want, and what is printed. */
#include "sdp/parse.h"
#include "sdp/xr.h"
#include "tests/lib/rows.h"

#define R 1
#define T 2
#define V 4

static const struct row {
    const char *name, *session, *media;
    int wanted;
    const char *printed;
} rows[] = {
    {"nothing is said", "", "", 0, ""},
    {"nothing is wanted", "", "a=rtcp-xr:\n", 0, ""},
    {"all that we know", "", "a=rtcp-xr:pkt-loss-rle rcvr-rtt=all voip-metrics\n", R | T | V,
     "a=rtcp-xr:pkt-loss-rle rcvr-rtt=all voip-metrics\r\n"},
    {"linphonec, for the session",
     "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\n", "", T | V,
     "a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n"},
    {"media's own word counts", "a=rtcp-xr:voip-metrics\n", "a=rtcp-xr:rcvr-rtt=sender\n", T,
     "a=rtcp-xr:rcvr-rtt=all\r\n"},
    {"media wants none of the session's", "a=rtcp-xr:voip-metrics\n", "a=rtcp-xr:\n", 0, ""},
    {"formats that we do not know", "", "a=rtcp-xr:grp-sync pkt-dup-rle voip-metrics x=1\n", V,
     "a=rtcp-xr:voip-metrics\r\n"},
    {"room for our run lengths", "", "a=rtcp-xr:pkt-loss-rle=400\n", R,
     "a=rtcp-xr:pkt-loss-rle\r\n"},
    {"no room for them", "", "a=rtcp-xr:pkt-loss-rle=20 rcvr-rtt=all:20 voip-metrics\n", V,
     "a=rtcp-xr:voip-metrics\r\n"},
    {"names have their case (RFC 8866 5.13)", "", "a=rtcp-xr:VoIP-Metrics\n", 0, ""},
    {"more blanks than needed", "", "a=rtcp-xr:  voip-metrics   pkt-loss-rle \n", R | V,
     "a=rtcp-xr:pkt-loss-rle voip-metrics\r\n"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf text = buf_new(500), out = buf_new(500);
    struct sdp_model m;
    struct sdp_xr xr;

    buf_printf(&text, "v=0\no=- 1 1 IN IP4 a\n%sm=audio 1 RTP/AVP 0\n%s", row->session, row->media);
    assert_int_equal(sdp_parse(buf_slice(&text), &m), 0);
    xr = sdp_media_xr(&m, &m.media[0]);
    assert_int_equal((xr.runs ? R : 0) | (xr.times ? T : 0) | (xr.voip ? V : 0), row->wanted);
    sdp_xr_put(&out, xr);
    assert_slice(buf_slice(&out), row->printed);
    buf_free(&out);
    buf_free(&text);
}

static void what_both_want(void **state)
{
    struct sdp_xr a = {true, false, true}, b = {true, true, false}, both = sdp_xr_both(a, b);

    (void)state;
    assert_true(both.runs && !both.times && !both.voip);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {cmocka_unit_test(what_both_want)};

    return RUN_ROWS("sdp/xr", rows, check_row) +
           cmocka_run_group_tests_name("sdp/xr", rest, NULL, NULL);
}
