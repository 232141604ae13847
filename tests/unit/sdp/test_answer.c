/* Offers as phones in use write them, and the answers and streams that must come of them. */
#include <errno.h>
#include <string.h>

#include "sdp/exchange.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"
#include "tests/lib/sdp_text.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define REST "a=ptime:20 | a=rtcp-mux | a=sendrecv"
#define PLAIN "a=ptime:20 | a=sendrecv" /* without rtcp-mux */
#define PCMU "m=audio 4000 RTP/AVP 0 | a=rtpmap:0 PCMU/8000 | "
#define OPUS(type) "a=rtpmap:" type " opus/48000/2 | a=fmtp:" type " useinbandfec=1 | "
#define EVENT(type, rate) "a=rtpmap:" type " telephone-event/" rate " | a=fmtp:" type " 0-16 | "
#define TO " to 192.0.2.7:5004 rtcp 5005 ptime 20/120"

/* clang-format off */
static const struct row {
    const char *name, *offer;
    int err;
    const char *answer, *stream;
} rows[] = {
    {"baresip",
     "v=0\r\no=- 3838283 2838283 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
     "a=tool:baresip\r\nm=audio 10020 RTP/AVP 96 0 8 101\r\na=rtpmap:96 opus/48000/2\r\n"
     "a=fmtp:96 stereo=1;sprop-stereo=1\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
     "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtcp:10021\r\na=sendrecv\r\n"
     "a=label:1\r\na=rtcp-rsize\r\na=ssrc:111 cname:x@y\r\na=ptime:20\r\n", 0,
     "m=audio 4000 RTP/AVP 96 101 | " OPUS("96") EVENT("101", "8000") PLAIN,
     "sendrecv opus@96 rx 96 ev 101<101/8000 to 192.0.2.7:10020 rtcp 10021 ptime 20/120 stereo"},
    {"linphone",
     "v=0\r\no=alice 1234 5678 IN IP4 192.0.2.7\r\ns=Talk\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
     "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"
     "a=record:off\r\n"
     "m=audio 7078 RTP/AVPF 96 97 98 0 8 101 99\r\na=rtpmap:96 opus/48000/2\r\n"
     "a=fmtp:96 useinbandfec=1\r\na=rtpmap:97 speex/16000\r\na=fmtp:97 vbr=on\r\n"
     "a=rtpmap:98 speex/8000\r\na=rtpmap:101 telephone-event/48000\r\n"
     "a=rtpmap:99 telephone-event/8000\r\na=rtcp:7079\r\na=rtcp-fb:* trr-int 5000\r\n"
     "m=video 9078 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n", 0,
     "m=audio 4000 RTP/AVPF 96 101 | " OPUS("96") EVENT("101", "48000") PLAIN
     " | m=video 0 RTP/AVPF 96",
     "sendrecv opus@96 rx 96 ev 101<101/48000 to 192.0.2.7:7078 rtcp 7079 ptime 20/120 fec"},
    {"Twinkle",
     "v=0\r\no=twinkle 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
     "m=audio 8000 RTP/AVP 98 97 8 0 3 101\r\na=rtpmap:98 speex/16000\r\na=rtpmap:97 speex/8000\r\n"
     "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:3 GSM/8000\r\n"
     "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n", 0,
     "m=audio 4000 RTP/AVP 8 101 | a=rtpmap:8 PCMA/8000 | " EVENT("101", "8000") PLAIN,
     "sendrecv PCMA@8 rx 8 ev 101<101/8000 to 192.0.2.7:8000 rtcp 8001 ptime 20/120"},
    {"SIPp",
     "v=0\r\no=user1 53655765 2353687637 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n"
     "t=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to 192.0.2.7:6000 rtcp 6001 ptime 20/120"},
    {"Asterisk",
     "v=0\r\no=- 1450531 3 IN IP4 192.0.2.7\r\ns=Asterisk\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
     "m=audio 17850 RTP/AVP 107 0 101 102\r\na=rtpmap:107 opus/48000/2\r\n"
     "a=fmtp:107 useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
     "a=fmtp:101 0-16\r\na=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-16\r\na=ptime:20\r\n"
     "a=maxptime:60\r\na=sendrecv\r\n", 0,
     "m=audio 4000 RTP/AVP 107 102 | " OPUS("107") EVENT("102", "48000") PLAIN,
     "sendrecv opus@107 rx 107 ev 102<102/48000 to 192.0.2.7:17850 rtcp 17851 ptime 20/60 said fec"},
    {"a browser: encrypted only",
     "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
     "a=extmap-allow-mixed\r\na=msid-semantic: WMS x\r\n"
     "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\n"
     "a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:x\r\na=ice-pwd:y\r\na=fingerprint:sha-256 00\r\n"
     "a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
     "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\n", -ENOKEY, NULL, NULL},
    {"a browser's codecs in the clear",
     HEAD "m=audio 5004 RTP/AVPF 111 63 9 0 8 13 110 126\r\na=rtcp-mux\r\n"
     "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
     "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:110 telephone-event/48000\r\n"
     "a=rtpmap:126 telephone-event/8000\r\n", 0,
     "m=audio 4000 RTP/AVPF 111 110 | " OPUS("111") EVENT("110", "48000") REST,
     "sendrecv opus@111 rx 111 ev 110<110/48000 to 192.0.2.7:5004 rtcp 5004 mux ptime 20/120 fec"},

    {"static types without rtpmap (RFC 3551 6)", HEAD "m=audio 5004 RTP/AVP 8 0\r\n", 0,
     "m=audio 4000 RTP/AVP 8 | a=rtpmap:8 PCMA/8000 | " PLAIN, "sendrecv PCMA@8 rx 8" TO},
    {"a static codec under a dynamic number", HEAD "m=audio 5004 RTP/AVP 100\r\na=rtpmap:100 pcmu/8000\r\n", 0,
     "m=audio 4000 RTP/AVP 100 | a=rtpmap:100 PCMU/8000 | " PLAIN, "sendrecv PCMU@100 rx 100" TO},
    {"names in any case (RFC 8866 6.6)", HEAD "m=audio 5004 RTP/AVP 99 98\r\na=rtpmap:99 OPUS/48000/2\r\n"
     "a=rtpmap:98 Telephone-Event/48000\r\n", 0,
     "m=audio 4000 RTP/AVP 99 98 | " OPUS("99") EVENT("98", "48000") PLAIN,
     "sendrecv opus@99 rx 99 ev 98<98/48000" TO},
    {"our number of Opus is something else there", HEAD "m=audio 5004 RTP/AVP 96 97\r\na=rtpmap:96 iLBC/8000\r\n"
     "a=rtpmap:97 opus/48000/2\r\n", 0,
     "m=audio 4000 RTP/AVP 97 | " OPUS("97") PLAIN, "sendrecv opus@97 rx 97" TO},
    {"opus at another rate is another codec", HEAD "m=audio 5004 RTP/AVP 97 0\r\na=rtpmap:97 opus/16000/2\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},
    {"a dynamic type without rtpmap is nothing", HEAD "m=audio 5004 RTP/AVP 96 0\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},
    {"formats that are no numbers are passed over", HEAD "m=audio 5004 RTP/AVP x 128 999999999999999999999 0\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},
    {"only codecs that we do not have", HEAD "m=audio 5004 RTP/AVP 18 3\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"only telephone-event", HEAD "m=audio 5004 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", -EPROTONOSUPPORT, NULL, NULL},

    {"each m= line is answered, in order (RFC 3264 6)",
     HEAD "m=video 5006 RTP/AVP 31 34\r\nm=image 5008 udptl t38\r\nm=audio 5004 RTP/AVP 0\r\n"
     "m=message 2855 TCP/MSRP *\r\nm=application 5010 UDP/DTLS/SCTP webrtc-datachannel\r\n", 0,
     "m=video 0 RTP/AVP 31 | m=image 0 udptl t38 | " PCMU PLAIN
     " | m=message 0 TCP/MSRP * | m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
     "sendrecv PCMU@0 rx 0" TO},
    {"the first audio that fits; RTP/SAVP does not",
     HEAD "m=audio 5000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
     "m=audio 0 RTP/AVP 0\r\nm=audio 5004 RTP/AVP 0\r\nm=audio 5006 RTP/AVP 8\r\n", 0,
     "m=audio 0 RTP/SAVP 0 | m=audio 0 RTP/AVP 0 | " PCMU PLAIN " | m=audio 0 RTP/AVP 8",
     "sendrecv PCMU@0 rx 0" TO},
    {"no audio", HEAD "m=video 5004 RTP/AVP 31\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"no m= line", HEAD, -EPROTONOSUPPORT, NULL, NULL},
    {"audio on port 0", HEAD "m=audio 0 RTP/AVP 0\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"a number of ports is passed over", HEAD "m=audio 5004/2 RTP/AVP 0\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},

    {"c= of the medium wins", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 192.0.2.99\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to 192.0.2.99:5004 rtcp 5005 ptime 20/120"},
    {"no c= at all", "v=0\no=- 1 1 IN IP4 192.0.2.7\nm=audio 5004 RTP/AVP 0\n", -EPROTONOSUPPORT, NULL, NULL},
    {"a host name is left to its owner", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 media.example\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to media.example:5004 rtcp 5005 ptime 20/120"},
    {"a host name that is none", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 $(reboot)\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"multicast", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/127\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"multicast without a TTL", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 233.252.0.1\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"broadcast", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 255.255.255.255\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"IPv6, where we have IPv4", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", -EPROTONOSUPPORT, NULL, NULL},
    {"the second audio has our family", HEAD "m=audio 5000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n"
     "m=audio 5004 RTP/AVP 0\r\n", 0, "m=audio 0 RTP/AVP 0 | " PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},

    {"sendonly", HEAD "m=audio 5004 RTP/AVP 0\r\na=sendonly\r\n", 0,
     PCMU "a=ptime:20 | a=recvonly", "recvonly held PCMU@0 rx 0" TO},
    {"recvonly of the session", HEAD "a=recvonly\r\nm=audio 5004 RTP/AVP 0\r\n", 0,
     PCMU "a=ptime:20 | a=sendonly", "sendonly PCMU@0 rx 0" TO},
    {"inactive", HEAD "m=audio 5004 RTP/AVP 0\r\na=inactive\r\n", 0,
     PCMU "a=ptime:20 | a=inactive", "inactive held PCMU@0 rx 0" TO},
    {"0.0.0.0: nothing is sent (RFC 3264 8.4)", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", 0,
     PCMU "a=ptime:20 | a=recvonly", "recvonly held PCMU@0 rx 0 to 0.0.0.0:5004 rtcp 5005 ptime 20/120"},
    {"0.0.0.0 and recvonly leave nothing", HEAD "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\n", 0,
     PCMU "a=ptime:20 | a=inactive", "inactive held PCMU@0 rx 0 to 0.0.0.0:5004 rtcp 5005 ptime 20/120"},

    {"packet times", HEAD "m=audio 5004 RTP/AVP 0\r\na=ptime:60\r\na=maxptime:40\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to 192.0.2.7:5004 rtcp 5005 ptime 40/40 said"},
    {"packet time of 1 ms", HEAD "m=audio 5004 RTP/AVP 0\r\na=ptime:1\r\na=maxptime:100000\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to 192.0.2.7:5004 rtcp 5005 ptime 10/120 said"},
    {"a=rtcp with an address (RFC 3605)", HEAD "m=audio 5004 RTP/AVP 0\r\na=rtcp:6001 IN IP4 192.0.2.8\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to 192.0.2.7:5004 rtcp 192.0.2.8:6001 ptime 20/120"},
    {"a=rtcp at a multicast address", HEAD "m=audio 5004 RTP/AVP 0\r\na=rtcp:6001 IN IP4 233.252.0.1\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to 192.0.2.7:5004 rtcp 6001 ptime 20/120"},
    {"no RTCP behind port 65535", HEAD "m=audio 65535 RTP/AVP 0\r\n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0 to 192.0.2.7:65535 rtcp 0 ptime 20/120"},
    {"rtcp-mux wins over a=rtcp (RFC 5761 5.1.1)", HEAD "m=audio 5004 RTP/AVP 0\r\na=rtcp:6001\r\na=rtcp-mux\r\n", 0,
     PCMU REST, "sendrecv PCMU@0 rx 0 to 192.0.2.7:5004 rtcp 5004 mux ptime 20/120"},
    {"digits at the rate of another codec, for want of better",
     HEAD "m=audio 5004 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/48000\r\n", 0,
     "m=audio 4000 RTP/AVP 0 101 | a=rtpmap:0 PCMU/8000 | " EVENT("101", "48000") PLAIN,
     "sendrecv PCMU@0 rx 0 ev 101<101/48000" TO},
    {"LF and blanks", "v=0\no=- 1 1 IN IP4 192.0.2.7\ns= \nc=IN IP4 192.0.2.7 \nt=0 0\nm=audio 5004 RTP/AVP 0 8 \na=rtpmap:0 PCMU/8000 \n", 0,
     PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},
    {"no SDP", "hello", -EBADMSG, NULL, NULL},
};
/* clang-format on */

/* With redundancy (RFC 2198). */
#define BROWSER HEAD "m=audio 5004 RTP/AVPF 111 63 9 0 8 13 110 126\r\na=rtcp-mux\r\n" \
    "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" \
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:110 telephone-event/48000\r\n" \
    "a=rtpmap:126 telephone-event/8000\r\n"
#define TO_BROWSER " to 192.0.2.7:5004 rtcp 5004 mux ptime 20/120 fec"

/* clang-format off */
static const struct row red_rows[] = {
    {"red: a browser's", BROWSER, 0,
     "m=audio 4000 RTP/AVPF 111 110 63 | " OPUS("111") EVENT("110", "48000")
     "a=rtpmap:63 red/48000/2 | a=fmtp:63 111/111 | " REST,
     "sendrecv opus@111 rx 111 ev 110<110/48000 red 63<63" TO_BROWSER},
    {"red: the number that we would have taken for digits",
     HEAD "m=audio 5004 RTP/AVP 0 101\r\na=rtpmap:101 red/8000\r\na=fmtp:101 0/0/0\r\n", 0,
     "m=audio 4000 RTP/AVP 0 101 | a=rtpmap:0 PCMU/8000 | a=rtpmap:101 red/8000 | a=fmtp:101 0/0 | "
     PLAIN, "sendrecv PCMU@0 rx 0 red 101<101" TO},
    {"red: it stands first, and the codec that it carries is chosen (RFC 2198 5)",
     HEAD "m=audio 5004 RTP/AVP 121 8 0\r\na=rtpmap:121 red/8000/1\r\na=fmtp:121 8/0\r\n", 0,
     "m=audio 4000 RTP/AVP 8 121 | a=rtpmap:8 PCMA/8000 | a=rtpmap:121 red/8000 | a=fmtp:121 8/8 | "
     PLAIN, "sendrecv PCMA@8 rx 8 red 121<121" TO},
    {"red: of GSM alone", HEAD "m=audio 5004 RTP/AVP 0 121\r\na=rtpmap:121 red/8000\r\n"
     "a=fmtp:121 3/3\r\n", 0, PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},
    {"red: fmtp that means nothing", HEAD "m=audio 5004 RTP/AVP 0 121\r\na=rtpmap:121 red/8000\r\n"
     "a=fmtp:121 x/999/-\r\n", 0, PCMU PLAIN, "sendrecv PCMU@0 rx 0" TO},
    {"red: alone it is no codec", HEAD "m=audio 5004 RTP/AVP 121\r\na=rtpmap:121 red/8000\r\n"
     "a=fmtp:121 121/121\r\n", -EPROTONOSUPPORT, NULL, NULL},
};
/* clang-format on */

static struct sdp_exchange *exchange(bool redundancy)
{
    struct rng rng = rng_seeded(1);
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x;

    local.redundancy = redundancy;
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    return x;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->offer);
    struct sdp_exchange *x = exchange(row >= red_rows && row < red_rows + ARRAY_LEN(red_rows));
    struct buf out = buf_new(4000);
    char words[SDP_WORDS_MAX];

    assert_int_equal(sdp_exchange_take_offer(x, in), row->err);
    exact_free(in); /* nothing may point into it any more */
    assert_null(sdp_exchange_stream(x));
    assert_int_equal(sdp_exchange_state(x), row->err ? SDP_STABLE : SDP_THEY_OFFERED);
    assert_int_equal(sdp_exchange_answer(x, &out), row->err ? -EPROTO : 0);
    if (!row->err) {
        assert_true(sdp_lines_are(buf_slice(&out), row->answer));
        assert_string_equal(sdp_words(sdp_exchange_stream(x), words), row->stream);
    }
    buf_free(&out);
    sdp_exchange_free(x);
}

static void an_answer_repeats_the_time(void **state)
{
    struct sdp_exchange *x = exchange(false);
    struct buf out = buf_new(4000);

    (void)state;
    assert_int_equal(sdp_exchange_take_offer(
                         x, SLICE("v=0\no=- 1 1 IN IP4 a\nc=IN IP4 192.0.2.7\nt=3034423619 "
                                  "3042462419\nm=audio 5004 RTP/AVP 0\n")),
                     0);
    assert_int_equal(sdp_exchange_answer(x, &out), 0);
    assert_slice(buf_slice(&out), "v=0\r\no=- 1259703475 1 IN IP4 198.51.100.1\r\ns=-\r\n"
                                  "c=IN IP4 198.51.100.1\r\nt=3034423619 3042462419\r\n"
                                  "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                                  "a=ptime:20\r\na=sendrecv\r\n");
    buf_free(&out);
    sdp_exchange_free(x);
}

static void ipv6(void **state)
{
    struct rng rng = rng_seeded(1);
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x;
    struct buf out = buf_new(4000);
    char words[SDP_WORDS_MAX];

    (void)state;
    assert_int_equal(ip_parse_with_port(SLICE("[2001:db8::1]:4000"), &local.address), 0);
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    assert_int_equal(sdp_exchange_take_offer(x, SLICE("v=0\no=- 1 1 IN IP6 ::1\nc=IN IP6 "
                                                      "2001:db8::7\nm=audio 5004 RTP/AVP 0\n")),
                     0);
    assert_int_equal(sdp_exchange_answer(x, &out), 0);
    assert_true(slice_starts(buf_slice(&out),
                             SLICE("v=0\r\no=- 1259703475 1 IN IP6 2001:db8::1\r\ns=-\r\n"
                                   "c=IN IP6 2001:db8::1\r\n")));
    assert_string_equal(sdp_words(sdp_exchange_stream(x), words),
                        "sendrecv PCMU@0 rx 0 to [2001:db8::7]:5004 rtcp 5005 ptime 20/120");
    buf_free(&out);
    sdp_exchange_free(x);
}

/* RFC 7587 6.1 sprop-stereo: what is sent is what they have asked for last. */
static void sprop_stereo_is_said_to_who_wants_stereo(void **state)
{
    static const struct {
        const char *theirs, *ours;
    } turns[] = {
        {"stereo=1", "a=fmtp:96 stereo=1;sprop-stereo=1\r\n"},
        {"stereo=0", "a=fmtp:96 stereo=1\r\n"},
        {"stereo=1", "a=fmtp:96 stereo=1;sprop-stereo=1\r\n"},
        {"useinbandfec=1", "a=fmtp:96 stereo=1\r\n"},
    };
    struct rng rng = rng_seeded(1);
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x;

    (void)state;
    local.codecs[0].fmtp = "stereo=1;sprop-stereo=1";
    local.codecs[0].fmtp_mono = "stereo=1";
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
        struct buf in = buf_new(1000), out = buf_new(4000);

        buf_printf(&in,
                   HEAD "m=audio 5004 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"
                        "a=fmtp:96 %s\r\n",
                   turns[i].theirs);
        assert_int_equal(sdp_exchange_take_offer(x, buf_slice(&in)), 0);
        assert_int_equal(sdp_exchange_answer(x, &out), 0);
        assert_non_null(strstr(buf_cstr(&out), turns[i].ours));
        buf_free(&in);
        buf_free(&out);
    }
    sdp_exchange_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_repeats_the_time),
        cmocka_unit_test(sprop_stereo_is_said_to_who_wants_stereo),
        cmocka_unit_test(ipv6),
    };

    return RUN_ROWS("sdp/answer rows", rows, check_row) +
           RUN_ROWS("sdp/answer redundancy", red_rows, check_row) +
           cmocka_run_group_tests_name("sdp/answer", tests, NULL, NULL);
}
