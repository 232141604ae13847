/* How long one message takes: parse it and read what every phone reads, and print one. Medians of
 * five rounds, beside libre and libosip2 on the same bytes where those are installed. */
#include <stdio.h>
#include <stdlib.h>

#include "sip/build.h"
#include "sip/parse.h"
#include "tests/bench/parse_peers.h"
#include "tests/bench/rounds.h"

#define SDP                                                                                        \
    "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.101\r\ns=-\r\nc=IN IP4 192.0.2.101\r\n"   \
    "t=0 0\r\nm=audio 49172 RTP/AVP 111 9 0 8 101\r\na=rtpmap:111 opus/48000/2\r\n"                \
    "a=fmtp:111 useinbandfec=1;maxaveragebitrate=32000\r\na=rtpmap:9 G722/8000\r\n"                \
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"        \
    "a=fmtp:101 0-16\r\na=ptime:20\r\na=rtcp:49173\r\na=sendrecv\r\n"                              \
    "a=candidate:1 1 UDP 2130706431 192.0.2.101 49172 typ host\r\na=ssrc:12345 "                   \
    "cname:alice@atlanta.exa\r\n"

static const char invite[] =
    "INVITE sip:bob@client.biloxi.example.com:5060;transport=udp SIP/2.0\r\n"
    "Via: SIP/2.0/UDP ss2.biloxi.example.com:5060;branch=z9hG4bK721e418c4.1;rport\r\n"
    "Via: SIP/2.0/UDP ss1.atlanta.example.com:5060;branch=z9hG4bK2d4790.1;received=192.0.2.111\r\n"
    "Via: SIP/2.0/UDP client.atlanta.example.com:5060;branch=z9hG4bK74bf9;received=192.0.2.101\r\n"
    "Max-Forwards: 68\r\n"
    "Record-Route: <sip:ss2.biloxi.example.com;lr;ftag=9fxced76sl>\r\n"
    "Record-Route: <sip:edge.biloxi.example.com;lr;ftag=9fxced76sl>\r\n"
    "Record-Route: <sip:ss1.atlanta.example.com;lr;ftag=9fxced76sl>\r\n"
    "From: \"Alice Liddell\" <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n"
    "To: \"Bob\" <sip:bob@biloxi.example.com>\r\n"
    "Call-ID: 3848276298220188511@client.atlanta.example.com\r\n"
    "CSeq: 2 INVITE\r\n"
    "Contact: \"Alice\" <sip:alice@client.atlanta.example.com:5060;transport=udp>;expires=3600\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO, UPDATE\r\n"
    "Supported: replaces, timer, outbound, gruu, path\r\n"
    "Session-Expires: 1800;refresher=uac\r\n"
    "Min-SE: 90\r\n"
    "Accept: application/sdp, application/dtmf-relay, text/plain\r\n"
    "User-Agent: SomeVendor SomePhone/5.4.2.1234 (0004f2abcdef)\r\n"
    "P-Asserted-Identity: \"Alice Liddell\" <sip:alice@atlanta.example.com>\r\n"
    "Date: Sat, 13 Nov 2026 23:29:00 GMT\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Disposition: session\r\n"
    "Content-Length: 457\r\n"
    "\r\n" SDP;

static const char reg[] =
    "REGISTER sip:registrar.biloxi.example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP bobspc.biloxi.example.com:5060;branch=z9hG4bKnashds7;rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"Bob\" <sip:bob@biloxi.example.com>;tag=456248\r\n"
    "To: \"Bob\" <sip:bob@biloxi.example.com>\r\n"
    "Call-ID: 843817637684230@998sdasdh09\r\n"
    "CSeq: 1826 REGISTER\r\n"
    "Contact: <sip:bob@192.0.2.4:5060;transport=udp>;expires=7200\r\n"
    "Expires: 7200\r\n"
    "Supported: path, outbound\r\n"
    "User-Agent: SomeVendor SomePhone/5.4.2.1234 (0004f2abcdef1234567)\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

typedef size_t work(const char *bytes, size_t n);

static size_t parse_ours(const char *bytes, size_t n)
{
    struct sip_msg msg;
    struct sip_contact contact;

    if (sip_parse((struct slice){bytes, n}, true, &msg) != 0 ||
        sip_msg_contact(&msg, &contact) != 0)
        return 0;
    return msg.from.uri.n + msg.to.uri.n + msg.call_id.n + msg.cseq.number + msg.via.branch.n +
           contact.address.uri.n;
}

static struct sip_request request_like_invite(void)
{
    static const struct slice routes[] = {
        SLICE_INIT("<sip:ss2.biloxi.example.com;lr;ftag=9fxced76sl>"),
        SLICE_INIT("<sip:edge.biloxi.example.com;lr;ftag=9fxced76sl>"),
        SLICE_INIT("<sip:ss1.atlanta.example.com;lr;ftag=9fxced76sl>"),
    };
    static const struct sip_extra extra[] = {
        {SLICE_INIT("Session-Expires"), SLICE_INIT("1800;refresher=uac")},
        {SLICE_INIT("Min-SE"), SLICE_INIT("90")},
        {SLICE_INIT("P-Asserted-Identity"),
         SLICE_INIT("\"Alice Liddell\" <sip:alice@atlanta.example.com>")},
        {SLICE_INIT("Date"), SLICE_INIT("Sat, 13 Nov 2026 23:29:00 GMT")},
        {SLICE_INIT("Allow"),
         SLICE_INIT("INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE")},
        {SLICE_INIT("Supported"), SLICE_INIT("replaces, timer, outbound, gruu, path")},
        {SLICE_INIT("Accept"), SLICE_INIT("application/sdp, application/dtmf-relay, text/plain")},
    };

    return (struct sip_request){
        .method = SIP_INVITE,
        .transport = SIP_UDP,
        .rport = true,
        .cseq = 2,
        .uri = SLICE("sip:bob@client.biloxi.example.com:5060;transport=udp"),
        .sent_by = {.family = 4, .bytes = {192, 0, 2, 101}, .port = 5060},
        .branch = SLICE("z9hG4bK721e418c4"),
        .routes = routes,
        .n_routes = ARRAY_LEN(routes),
        .from = SLICE("\"Alice Liddell\" <sip:alice@atlanta.example.com>"),
        .from_tag = SLICE("9fxced76sl"),
        .to = SLICE("\"Bob\" <sip:bob@biloxi.example.com>"),
        .call_id = SLICE("3848276298220188511@client.atlanta.example.com"),
        .contact = SLICE("\"Alice\" <sip:alice@client.atlanta.example.com:5060;transport=udp>"),
        .user_agent = SLICE("SomeVendor SomePhone/5.4.2.1234 (0004f2abcdef)"),
        .extra = extra,
        .n_extra = ARRAY_LEN(extra),
        .content_type = SLICE("application/sdp"),
        .body = SLICE(SDP),
    };
}

static struct buf printed;
static struct sip_request to_print;

static size_t print_ours(const char *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    buf_clear(&printed);
    return sip_build_request(&printed, &to_print) == 0 ? printed.n : 0;
}

struct message {
    work *do_it;
    const char *bytes;
    size_t n;
};

static void do_one(void *arg)
{
    const struct message *m = arg;

    if (m->do_it(m->bytes, m->n) > 0)
        return;
    printf("bench_parse: a message was not understood\n");
    exit(1);
}

static double measure(work *do_it, const char *bytes, size_t n)
{
    return rounds_ns(do_one, &(struct message){do_it, bytes, n});
}

static void row(const char *what, work *do_it, const char *bytes, size_t n, double ours_ns)
{
    double ns = measure(do_it, bytes, n);

    printf("  %-32s %9.0f ns", what, ns);
    if (ours_ns > 0)
        printf("   %5.1f times ours", ns / ours_ns);
    printf("\n");
}

static double compare(const char *name, const char *bytes, size_t n)
{
    double ours_ns = measure(parse_ours, bytes, n);

    printf("%s of %zu bytes, parse and read\n  %-32s %9.0f ns\n", name, n, "tphone", ours_ns);
#ifdef BENCH_PEERS
    row("libre", parse_libre, bytes, n, ours_ns);
    row("libosip2", parse_osip, bytes, n, ours_ns);
#endif
    return ours_ns;
}

int main(void)
{
    double invite_ns = compare("INVITE", invite, sizeof invite - 1);

    compare("REGISTER", reg, sizeof reg - 1);
    printed = buf_new(SIP_MAX_MESSAGE);
    to_print = request_like_invite();
    printf("INVITE of %zu bytes, print\n", print_ours(NULL, 0));
    row("tphone", print_ours, NULL, 0, 0);
    buf_free(&printed);
    printf("INVITEs parsed per second: %.0f\n", 1e9 / invite_ns);
    printf("size of a parsed message: %zu bytes, no allocation\n", sizeof(struct sip_msg));
    return 0;
}
