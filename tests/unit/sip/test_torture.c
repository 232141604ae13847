/* What RFC 4475 and RFC 5118 are after, one message of our own for each point. The sections named
 * are those of the RFCs. */
#include <errno.h>
#include <stdio.h>

#include "sip/parse.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* The headers that nothing is wrong with; a row takes those that it does not spoil itself. */
#define VIA "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKq7\r\n"
#define FROM "From: <sip:cleo@example.net>;tag=c1\r\n"
#define TO "To: <sip:dora@example.com>\r\n"
#define ID "Call-ID: torture.1@192.0.2.7\r\n"
#define CSEQ(method) "CSeq: 8 " method "\r\n"
#define HOPS "Max-Forwards: 70\r\n"
#define ALL(method) VIA FROM TO ID CSEQ(method) HOPS
#define END "Content-Length: 0\r\n\r\n"
#define OPTIONS "OPTIONS sip:dora@example.com SIP/2.0\r\n"
#define INVITE "INVITE sip:dora@example.com SIP/2.0\r\n"
#define BYTES(text) {text, sizeof(text) - 1}

/* clang-format off */
/* says: method or status, Request-URI or reason, Call-ID, CSeq, From tag, top branch, how many
 * Vias, length of the body. NULL: not accepted, and status is what a request is answered with; 0:
 * nothing. */
static const struct row {
    const char *name;
    struct slice in;
    const char *says;
    unsigned status;
} rows[] = {
    {"4475 3.1.1.1 white space, folds, compact and mixed-case names",
     BYTES("INVITE sip:dora@example.com;unknown SIP/2.0\r\n"
           "tO :\r\n sip:dora@example.com ;   tag\t= 4711n\r\n"
           "from   : \"Cleo \\\\\\\"\"      <sip:cleo@example.net>\r\n  ;\r\n  tag = c9\r\n"
           "mAX-foRWARds: 0068\r\ni: torture.ws@192.0.2.7\r\nContent-Length   : 3\r\n"
           "cseq: 0009\r\n  INVITE\r\nVia  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.7;branch=390s\r\n"
           "s :\r\nNewHeader:   value\r\n goes on\r\nOdd: ;;,,;;,;\r\n"
           "Content-Type: application/sdp\r\nRoute:\r\n <sip:r.example.com;lr;x=y;z>\r\n"
           "v:  SIP  / 2.0  / TCP     b.example   ;\r\n  branch  =   z9hG4bKa  ,\r\n"
           " SIP  /    2.0   / UDP  192.0.2.8   ; branch=\r\n z9hG4bKb\r\n"
           "m:\"Q \\\"\\\"\" <sip:c@example.net> ; p =\r\n  v ;\r\n  z ; q = 0.33\r\n\r\nv=0"),
     "INVITE sip:dora@example.com;unknown torture.ws@192.0.2.7 9 c9 390s 3 3", 0},
    {"4475 3.1.1.2 every character that a token, Call-ID and user may have",
     BYTES("!odd-Method0123456789_*+`.%indeed'~ sip:1_odd.U~(x!y)&isn't+it$/c?,/;;*:&p=1,w!*"
           "@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h.example;branch=z9hG4bK-.!%66*_+`'~\r\n"
           "To: \"B:\\\a N:\\\0 D:\\\177\" <sip:d@example.com>\r\n"
           "From: t1~` t2'+_ t3*%!.- <sip:m@example.com>;f''~+*_!.-%=\"\322\240\";tag=_t~1'+`*%!-.\r\n"
           "Call-ID: word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"
           "CSeq: 12 !odd-Method0123456789_*+`.%indeed'~\r\nMax-Forwards: 255\r\n"
           "ext-!.%*+_`'~: \357\273\277\345\244\247\r\n" END),
     "!odd-Method0123456789_*+`.%indeed'~ sip:1_odd.U~(x!y)&isn't+it$/c?,/;;*:&p=1,w!*@example.com "
     "word%ZK-!.*_+'@word`~)(><:\\/\"][?}{ 12 _t~1'+`*%!-. z9hG4bK-.!%66*_+`'~ 1 0", 0},
    {"4475 3.1.1.3 escapes in URIs",
     BYTES("INVITE sip:sips%3Adora%40example.com@example.net SIP/2.0\r\n"
           "To: sip:%64ora@example.com\r\nFrom: <sip:I%20have%20spaces@example.net>;tag=9\r\n"
           VIA ID CSEQ("INVITE") HOPS END),
     "INVITE sip:sips%3Adora%40example.com@example.net torture.1@192.0.2.7 8 9 z9hG4bKq7 1 0", 0},
    {"4475 3.1.1.4 escaped NULs in URIs",
     BYTES("REGISTER sip:example.com SIP/2.0\r\nTo: sip:n-%00-n@example.com\r\n"
           "From: sip:n-%00-n@example.com;tag=8\r\n" VIA ID CSEQ("REGISTER") HOPS
           "Contact: <sip:%00@h.example>\r\nContact: <sip:%00%00@h.example>\r\n" END),
     "REGISTER sip:example.com torture.1@192.0.2.7 8 8 z9hG4bKq7 1 0", 0},
    {"4475 3.1.1.5 a percent sign in a method is no escape",
     BYTES("RE%47IST%45R sip:example.com SIP/2.0\r\n" ALL("RE%47IST%45R") END),
     "RE%47IST%45R sip:example.com torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.1.1.6 no blank before the bracket",
     BYTES(OPTIONS VIA "From: cleo<sip:cleo@example.net>;tag=3\r\n" TO ID CSEQ("OPTIONS") HOPS END),
     "OPTIONS sip:dora@example.com torture.1@192.0.2.7 8 3 z9hG4bKq7 1 0", 0},
    {"4475 3.1.1.8 bytes behind the message of a datagram are ignored",
     BYTES("REGISTER sip:example.com SIP/2.0\r\n" ALL("REGISTER") END
           "INVITE sip:dora@example.com SIP/2.0\r\n" ALL("INVITE") END),
     "REGISTER sip:example.com torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.1.1.9 semicolons in the user part",
     BYTES("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0\r\n" ALL("OPTIONS") END),
     "OPTIONS sip:user;par=u%40example.net@example.com torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.1.1.10 transports of every kind",
     BYTES(OPTIONS VIA "Via: SIP/2.0/SCTP a.example;branch=z9hG4bK1, SIP/2.0/TLS b.example\r\n"
           "Via: SIP/2.0/UNKNOWN c.example;branch=z9hG4bK2\r\nVia: SIP/2.0/TCP d.example\r\n"
           FROM TO ID CSEQ("OPTIONS") HOPS END),
     "OPTIONS sip:dora@example.com torture.1@192.0.2.7 8 c1 z9hG4bKq7 5 0", 0},
    {"4475 3.1.1.11 a multipart body with NULs",
     BYTES("MESSAGE sip:dora@example.com SIP/2.0\r\n" ALL("MESSAGE")
           "Content-Type: multipart/mixed;boundary=x\r\nContent-Length: 19\r\n\r\n"
           "--x\r\n\r\na\0\r\nb\r\n--x--"),
     "MESSAGE sip:dora@example.com torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 19", 0},
    {"4475 3.1.1.12 an unusual reason phrase",
     BYTES("SIP/2.0 200 = 2**3 * 5**2 \320\275\320\276\r\n" ALL("INVITE") END),
     "200 = 2**3 * 5**2 \320\275\320\276 torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.1.1.13 an empty reason phrase",
     BYTES("SIP/2.0 100 \r\n" ALL("INVITE") END),
     "100  torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},

    {"4475 3.1.2.1 separators that separate nothing",
     BYTES(INVITE "Via: SIP/2.0/UDP 192.0.2.7;;,;,,\r\n" FROM TO ID CSEQ("INVITE") HOPS END), NULL,
     0},
    {"4475 3.1.2.2 Content-Length beyond the datagram",
     BYTES(INVITE ALL("INVITE") "Content-Type: application/sdp\r\nContent-Length: 9999\r\n\r\nv=0"),
     NULL, 400},
    {"4475 3.1.2.3 negative Content-Length",
     BYTES(INVITE ALL("INVITE") "Content-Length: -999\r\n\r\nv=0"), NULL, 400},
    {"4475 3.1.2.4 numbers too large, in a request",
     BYTES("REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO ID
           "CSeq: 36893488147419103232 REGISTER\r\nMax-Forwards: 300\r\n" END), NULL, 400},
    {"4475 3.1.2.5 numbers too large, in a response",
     BYTES("SIP/2.0 503 Service Unavailable\r\n" VIA FROM TO ID
           "CSeq: 9292394834772304023312 OPTIONS\r\n" END), NULL, 0},
    {"4475 3.1.2.6 a quoted name that is not closed",
     BYTES(INVITE VIA FROM "To: \"Mr. D. <sip:dora@example.com>\r\n" ID CSEQ("INVITE") HOPS END),
     NULL, 400},
    {"4475 3.1.2.7 a Request-URI in angle brackets",
     BYTES("INVITE <sip:dora@example.com> SIP/2.0\r\n" ALL("INVITE") END), NULL, 400},
    {"4475 3.1.2.8 a blank in the Request-URI",
     BYTES("INVITE sip:dora@example.com; lr SIP/2.0\r\n" ALL("INVITE") END), NULL, 400},
    {"4475 3.1.2.9 several blanks in the start line",
     BYTES("INVITE  sip:dora@example.com  SIP/2.0\r\n" ALL("INVITE") END), NULL, 400},
    {"4475 3.1.2.10 blanks at the end of the start line",
     BYTES("OPTIONS sip:dora@example.com SIP/2.0  \r\n" ALL("OPTIONS") END), NULL, 400},
    {"4475 3.1.2.11 headers in the Request-URI are borne",
     BYTES("INVITE sip:dora@example.com?Route=%3Csip:example.com%3E SIP/2.0\r\n" ALL("INVITE") END),
     "INVITE sip:dora@example.com?Route=%3Csip:example.com%3E torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 "
     "0", 0},
    {"4475 3.1.2.12 a Date in no zone that SIP knows is borne",
     BYTES(INVITE ALL("INVITE") "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n" END),
     "INVITE sip:dora@example.com torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.1.2.14 blanks within an addr-spec",
     BYTES(OPTIONS VIA FROM "To: <sip:dora@example.com >\r\n" ID CSEQ("OPTIONS") HOPS END), NULL,
     400},
    {"4475 3.1.2.15 a name without quotes that needs them",
     BYTES(OPTIONS VIA "From: Bell, Cleo <sip:cleo@example.net>;tag=4\r\n" TO ID CSEQ("OPTIONS")
           HOPS END), NULL, 400},
    {"4475 3.1.2.16 another version of SIP",
     BYTES("OPTIONS sip:dora@example.com SIP/7.0\r\n" ALL("OPTIONS") END), NULL, 505},
    {"4475 3.1.2.17 start line and CSeq name two methods",
     BYTES(OPTIONS ALL("INVITE") END), NULL, 400},
    {"4475 3.1.2.18 and neither is known",
     BYTES("NEWMETHOD sip:dora@example.com SIP/2.0\r\n" ALL("OTHERMETHOD") END), NULL, 400},
    {"4475 3.1.2.19 a status of more than three digits",
     BYTES("SIP/2.0 4294967301 better not break\r\n" ALL("INVITE") END), NULL, 0},

    {"4475 3.2.1 a branch that is the cookie alone",
     BYTES(OPTIONS "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK\r\n" FROM TO ID CSEQ("OPTIONS") HOPS
           END),
     "OPTIONS sip:dora@example.com torture.1@192.0.2.7 8 c1 z9hG4bK 1 0", 0},
    {"4475 3.3.1 From, To, Call-ID missing",
     BYTES(INVITE VIA CSEQ("INVITE") HOPS END), NULL, 400},
    {"4475 3.3.2 a Request-URI of an unknown scheme parses, to be answered 416",
     BYTES("OPTIONS nobodyKnows:totallyopaque SIP/2.0\r\n" ALL("OPTIONS") END),
     "OPTIONS nobodyKnows:totallyopaque torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.3.3 and so does one of a known scheme that is not SIP's",
     BYTES("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n" ALL("OPTIONS") END),
     "OPTIONS soap.beep://192.0.2.103:3002 torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.3.4 unknown schemes in To and From",
     BYTES("REGISTER sip:example.com SIP/2.0\r\n" VIA "To: isbn:2983792873\r\n"
           "From: <http://www.example.com>;tag=3\r\n" ID CSEQ("REGISTER") HOPS END),
     "REGISTER sip:example.com torture.1@192.0.2.7 8 3 z9hG4bKq7 1 0", 0},
    {"4475 3.3.8 two values where one may be",
     BYTES(INVITE ALL("INVITE") "CSeq: 9 INVITE\r\nFrom: <sip:x@example.net>;tag=2\r\n" END), NULL,
     400},
    {"4475 3.3.9 two Content-Lengths",
     BYTES(OPTIONS ALL("OPTIONS") "Content-Length: 13\r\nContent-Length: 5\r\n\r\nThere's no way"),
     NULL, 400},
    {"4475 3.3.10 a response with two Vias parses; its reader drops it",
     BYTES("SIP/2.0 200 OK\r\n" VIA "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKz\r\n" FROM TO ID
           CSEQ("INVITE") END),
     "200 OK torture.1@192.0.2.7 8 c1 z9hG4bKq7 2 0", 0},
    {"4475 3.3.11 Max-Forwards 0",
     BYTES(OPTIONS VIA FROM TO ID CSEQ("OPTIONS") "Max-Forwards: 0\r\n" END),
     "OPTIONS sip:dora@example.com torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"4475 3.4.1 an INVITE as RFC 2543 had it",
     BYTES("INVITE sip:dora@example.com SIP/2.0\r\nVia: SIP/2.0/UDP old.example:5060\r\n"
           "From: \"t2\" <sip:t2@old.example>\r\nTo: <sip:dora@example.com>\r\n"
           "Call-ID: 122@old.example\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n"),
     "INVITE sip:dora@example.com 122@old.example 1   1 5", 0},

    {"5118 4.1 an IPv6 reference",
     BYTES("REGISTER sip:[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKv\r\n"
           FROM TO ID CSEQ("REGISTER") HOPS "Contact: <sip:d@[2001:db8::1]>\r\n" END),
     "REGISTER sip:[2001:db8::10] torture.1@192.0.2.7 8 c1 z9hG4bKv 1 0", 0},
    {"5118 4.2 an IPv6 address without brackets",
     BYTES("REGISTER sip:2001:db8::10 SIP/2.0\r\n" ALL("REGISTER") END), NULL, 400},
    {"5118 4.3 a port within the brackets is none",
     BYTES("REGISTER sip:[2001:db8::10:5070] SIP/2.0\r\n" ALL("REGISTER") END),
     "REGISTER sip:[2001:db8::10:5070] torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"5118 4.4 a port behind them",
     BYTES("REGISTER sip:[2001:db8::10]:5070 SIP/2.0\r\n" ALL("REGISTER") END),
     "REGISTER sip:[2001:db8::10]:5070 torture.1@192.0.2.7 8 c1 z9hG4bKq7 1 0", 0},
    {"5118 4.5 received without brackets",
     BYTES("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP [2001:db8::9]:5060;received=2001:db8::9:255;branch="
           "z9hG4bKv\r\n" FROM TO ID CSEQ("INVITE") END),
     "200 OK torture.1@192.0.2.7 8 c1 z9hG4bKv 1 0", 0},
    {"5118 4.9 an IPv4 address within IPv6",
     BYTES("INVITE sip:d@[::ffff:192.0.2.10] SIP/2.0\r\nVia: SIP/2.0/UDP [::ffff:192.0.2.2]:19823;"
           "branch=z9hG4bKb\r\n" FROM TO ID CSEQ("INVITE") HOPS END),
     "INVITE sip:d@[::ffff:192.0.2.10] torture.1@192.0.2.7 8 c1 z9hG4bKb 1 0", 0},
};
/* clang-format on */

static size_t count(const struct sip_msg *msg, enum sip_hdr id)
{
    struct sip_values values = sip_msg_values(msg, id);
    struct slice value;
    size_t n = 0;

    while (sip_values_next(&values, &value))
        n++;
    return n;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_bytes(row->in.p, row->in.n);
    struct sip_msg msg;
    char got[400], status[4];

    if (!row->says) {
        assert_int_equal(sip_parse(in, true, &msg), -EBADMSG);
        assert_int_equal(msg.can_answer, row->status != 0);
        if (row->status)
            assert_int_equal(msg.error_status, row->status);
        exact_free(in);
        return;
    }
    assert_int_equal(sip_parse(in, true, &msg), 0);
    snprintf(status, sizeof status, "%u", msg.status % 1000);
    snprintf(got, sizeof got,
             "%" PRI_SLICE " %" PRI_SLICE " %" PRI_SLICE " %u %" PRI_SLICE " %" PRI_SLICE " %zu %zu",
             ARG_SLICE(msg.request ? msg.method_name : slice_of(status)),
             ARG_SLICE(msg.request ? msg.uri.text : msg.reason), ARG_SLICE(msg.call_id),
             msg.cseq.number, ARG_SLICE(msg.from.tag), ARG_SLICE(msg.via.branch),
             count(&msg, SIP_HDR_VIA), msg.body.n);
    assert_string_equal(got, row->says);
    exact_free(in);
}

/* Cut off anywhere, a message never makes the parser read behind its end, and never passes for
 * whole before its empty line has come. */
static void check_cut(void **state)
{
    const struct row *row = *state;
    size_t whole = row->in.n;

    for (size_t n = 0; n < whole; n++) {
        struct slice in = exact_bytes(row->in.p, n);
        struct sip_msg msg;

        if (sip_parse(in, true, &msg) == 0)
            assert_true(row->says && in.n >= 4);
        exact_free(in);
    }
}

int main(void)
{
    return RUN_ROWS("sip/parse: RFC 4475 and 5118", rows, check_row) +
           RUN_ROWS("sip/parse: the same cut short", rows, check_cut);
}
