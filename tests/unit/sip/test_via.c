#include "sip/via.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* clang-format off */
static const struct good {
    const char *name, *in, *transport, *host;
    unsigned port;
    const char *branch, *received;
    bool rport;
    unsigned rport_port;
    const char *maddr;
    unsigned ttl;
} good[] = {
    {"the port may be absent", "SIP/2.0/TLS a.example;branch=z9hG4bK1", "TLS", "a.example", 0,
     "z9hG4bK1", "", false, 0, "", 0},
    {"blanks around every mark", "SIP / 2.0 / UDP  a.example : 5 ; branch = x", "UDP", "a.example",
     5, "x", "", false, 0, "", 0},
    {"folds around them", "SIP\r\n /\t2.0/\r\n UDP\r\n a.example", "UDP", "a.example", 0, "", "",
     false, 0, "", 0},
    {"IPv6 loses its brackets", "SIP/2.0/UDP [2001:db8::9]:5061", "UDP", "2001:db8::9", 5061, "",
     "", false, 0, "", 0},
    {"rport asked for", "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z", "UDP", "192.0.2.1", 5060, "z",
     "", true, 0, "", 0},
    {"rport filled in", "SIP/2.0/UDP h;received=192.0.2.7;rport=9988", "UDP", "h", 0, "",
     "192.0.2.7", true, 9988, "", 0},
    {"received with brackets", "SIP/2.0/UDP h;received=[2001:db8::9:255]", "UDP", "h", 0, "",
     "2001:db8::9:255", false, 0, "", 0},
    {"received without (RFC 5118 4.5)", "SIP/2.0/UDP [::1];received=2001:db8::9:255", "UDP", "::1",
     0, "", "2001:db8::9:255", false, 0, "", 0},
    {"maddr and ttl", "SIP/2.0/UDP h;maddr=224.2.0.1;ttl=16", "UDP", "h", 0, "", "", false, 0,
     "224.2.0.1", 16},
    {"a transport nobody knows", "SIP/2.0/BEEP h;branch=a", "BEEP", "h", 0, "a", "", false, 0, "",
     0},
    {"another version, which is told so (505)", "SIP/7.0/UDP h;branch=a", "UDP", "h", 0, "a", "",
     false, 0, "", 0},
    {"names in any case", "sip/2.0/udp H;BRANCH=a;RPort", "udp", "H", 0, "a", "", true, 0, "", 0},
    {"unknown and quoted parameters", "SIP/2.0/UDP h;x=\"a;branch=no\";hidden;branch=b", "UDP", "h",
     0, "b", "", false, 0, "", 0},
};

static const struct row { const char *name, *in; } bad[] = {
    {"nothing", ""},
    {"port above 65535", "SIP/2.0/UDP a.example:65536"},
    {"no port behind the colon", "SIP/2.0/UDP a.example:"},
    {"cut off in the host", "SIP/2.0/UDP [2001:db8"},
    {"no host", "SIP/2.0/UDP"},
    {"no blank before the host", "SIP/2.0/UDP;branch=x"},
    {"another protocol", "HTTP/2.0/TCP h"},
    {"two values", "SIP/2.0/UDP a, SIP/2.0/UDP b"},
    {"branch without value", "SIP/2.0/UDP h;branch="},
    {"ttl above 255", "SIP/2.0/UDP h;ttl=256"},
    {"rport above 65535", "SIP/2.0/UDP h;rport=65536"},
    {"empty parameter", "SIP/2.0/UDP h;;branch=a"},
    {"33 parameters", "SIP/2.0/UDP h;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0"
                      ";1;2;3"},
};

static const struct received { const char *name, *in, *source, *out; } receiveds[] = {
    {"sent-by is the source: nothing to say", "SIP/2.0/UDP 192.0.2.1;branch=x", "192.0.2.1:77",
     "SIP/2.0/UDP 192.0.2.1;branch=x"},
    {"another address", "SIP/2.0/UDP 10.0.0.1;branch=x", "192.0.2.1:77",
     "SIP/2.0/UDP 10.0.0.1;branch=x;received=192.0.2.1"},
    {"a name (18.2.1)", "SIP/2.0/UDP a.example", "192.0.2.1:77",
     "SIP/2.0/UDP a.example;received=192.0.2.1"},
    {"rport brings received along (RFC 3581 4)", "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=x",
     "192.0.2.1:77", "SIP/2.0/UDP 192.0.2.1:5060;branch=x;received=192.0.2.1;rport=77"},
    {"what the sender claimed goes", "SIP/2.0/UDP h;received=192.0.2.99;branch=x;rport=1",
     "192.0.2.1:77", "SIP/2.0/UDP h;branch=x;received=192.0.2.1;rport=77"},
    {"IPv6", "SIP/2.0/UDP [2001:db8::9];rport", "[2001:db8::1]:77",
     "SIP/2.0/UDP [2001:db8::9];received=2001:db8::1;rport=77"},
    {"a link-local zone is ours alone", "SIP/2.0/UDP h", "[fe80::1%3]:77",
     "SIP/2.0/UDP h;received=fe80::1"},
    {"a fold becomes blanks", "SIP/2.0/UDP\r\n h", "192.0.2.1:77",
     "SIP/2.0/UDP   h;received=192.0.2.1"},
};

static const struct reply { const char *name, *in; bool reliable; const char *to; } replies[] = {
    {"the source's address, sent-by's port", "SIP/2.0/UDP 10.0.0.1:5070", false,
     "192.0.2.1:5070"},
    {"the default port", "SIP/2.0/UDP 10.0.0.1", false, "192.0.2.1:5060"},
    {"the default port of TLS", "SIP/2.0/TLS a.example", true, "192.0.2.1:5061"},
    {"rport: where it came from", "SIP/2.0/UDP 10.0.0.1:5070;rport", false, "192.0.2.1:77"},
    {"maddr of the source", "SIP/2.0/UDP 10.0.0.1:5070;rport;maddr=192.0.2.1", false,
     "192.0.2.1:5070"},
    {"maddr of somebody else leads nowhere", "SIP/2.0/UDP 10.0.0.1:5070;maddr=192.0.2.99", false,
     "192.0.2.1:5070"},
    {"nor does that of a group", "SIP/2.0/UDP 10.0.0.1:5070;rport;maddr=239.1.1.1", false,
     "192.0.2.1:77"},
    {"a new connection knows no rport", "SIP/2.0/TCP 10.0.0.1:5070;rport", true,
     "192.0.2.1:5070"},
};
/* clang-format on */

static void check_good(void **state)
{
    const struct good *row = *state;
    struct slice in = exact_copy(row->in);
    struct sip_via via;

    assert_int_equal(sip_via_parse(in, &via), 0);
    assert_slice(via.transport, row->transport);
    assert_slice(via.host, row->host);
    assert_int_equal(via.port, row->port);
    assert_slice(via.branch, row->branch);
    assert_slice(via.received, row->received);
    assert_int_equal(via.rport, row->rport);
    assert_int_equal(via.rport_port, row->rport_port);
    assert_slice(via.maddr, row->maddr);
    assert_int_equal(via.ttl, row->ttl);
    exact_free(in);
}

static void check_bad(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sip_via via;

    assert_int_equal(sip_via_parse(in, &via), -EBADMSG);
    exact_free(in);
}

static void check_received(void **state)
{
    const struct received *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf b = buf_new(200);
    struct sip_via via;
    struct ip source;

    assert_int_equal(ip_parse_with_port(slice_of(row->source), &source), 0);
    assert_int_equal(sip_via_parse(in, &via), 0);
    sip_via_put_received(&b, &via, &source);
    assert_slice(buf_slice(&b), row->out);
    buf_free(&b);
    exact_free(in);
}

static void check_reply(void **state)
{
    const struct reply *row = *state;
    char text[IP_TEXT_MAX];
    struct sip_via via;
    struct ip source, to;

    assert_int_equal(ip_parse_with_port(SLICE("192.0.2.1:77"), &source), 0);
    assert_int_equal(sip_via_parse(slice_of(row->in), &via), 0);
    to = sip_via_reply_to(&via, &source, row->reliable);
    assert_string_equal(ip_text(&to, text), row->to);
}

static void check_cookie(void **state)
{
    struct sip_via via = {.branch = SLICE("z9hG4bKx")};

    (void)state;
    assert_true(sip_via_has_cookie(&via));
    via.branch = SLICE("1");
    assert_false(sip_via_has_cookie(&via));
    assert_int_equal(sip_transport_of(SLICE("tcp")), SIP_TCP);
    assert_int_equal(sip_transport_of(SLICE("SCTP")), 0);
    assert_slice(sip_transport_name(SIP_TLS), "TLS");
}

int main(void)
{
    static const struct row cookie[] = {{"the cookie and the names of transports", ""}};

    return RUN_ROWS("sip/via: Via", good, check_good) +
           RUN_ROWS("sip/via: no Via", bad, check_bad) +
           RUN_ROWS("sip/via: received and rport", receiveds, check_received) +
           RUN_ROWS("sip/via: where the response goes", replies, check_reply) +
           RUN_ROWS("sip/via: branch", cookie, check_cookie);
}
