#include "sip/uri.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* clang-format off */
static const struct good {
    const char *name, *in;
    enum sip_scheme scheme;
    const char *user, *password, *host;
    unsigned port;
    const char *params, *headers;
} good[] = {
    {"a host is enough", "sip:a.example", SIP_SCHEME_SIP, "", "", "a.example", 0, "", ""},
    {"all parts", "sip:u:pw@h.example:5070;lr;ttl=1?subject=x&to=y", SIP_SCHEME_SIP, "u", "pw",
     "h.example", 5070, ";lr;ttl=1", "subject=x&to=y"},
    {"sips", "sips:u@h", SIP_SCHEME_SIPS, "u", "", "h", 0, "", ""},
    {"scheme in any case", "SiP:u@h", SIP_SCHEME_SIP, "u", "", "h", 0, "", ""},
    {"IPv4", "sip:192.0.2.1:1", SIP_SCHEME_SIP, "", "", "192.0.2.1", 1, "", ""},
    {"IPv6 loses its brackets", "sip:u@[2001:db8::9]:5070;lr", SIP_SCHEME_SIP, "u", "",
     "2001:db8::9", 5070, ";lr", ""},
    {"IPv6 that ends in IPv4", "sip:[::ffff:192.0.2.10]", SIP_SCHEME_SIP, "", "",
     "::ffff:192.0.2.10", 0, "", ""},
    {"semicolon and question mark in the user (RFC 4475 3.1.1.10)",
     "sip:user;par=u%40example.net?x@example.com;y", SIP_SCHEME_SIP, "user;par=u%40example.net?x",
     "", "example.com", 0, ";y", ""},
    {"every mark a user may have", "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@h",
     SIP_SCHEME_SIP, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "", "h", 0, "", ""},
    {"user with escapes", "sip:sips%3Auser%40example.com@h", SIP_SCHEME_SIP,
     "sips%3Auser%40example.com", "", "h", 0, "", ""},
    {"an escaped NUL is a user", "sip:null-%00-null@h", SIP_SCHEME_SIP, "null-%00-null", "", "h", 0,
     "", ""},
    {"telephone number as user", "sip:+1-212-555-1212:1234@h;user=phone", SIP_SCHEME_SIP,
     "+1-212-555-1212", "1234", "h", 0, ";user=phone", ""},
    {"headers without parameters", "sip:h?a=b", SIP_SCHEME_SIP, "", "", "h", 0, "", "a=b"},
    {"empty header value", "sip:h?a=&b=c", SIP_SCHEME_SIP, "", "", "h", 0, "", "a=&b=c"},
    {"underscore in the host is tolerated", "sip:a_b", SIP_SCHEME_SIP, "", "", "a_b", 0, "", ""},
    {"global number", "tel:+1-201-555-0123;ext=12", SIP_SCHEME_TEL, "+1-201-555-0123", "", "", 0,
     ";ext=12", ""},
    {"local number in its context", "tel:7042;phone-context=example.com", SIP_SCHEME_TEL, "7042",
     "", "", 0, ";phone-context=example.com", ""},
    {"another scheme", "soap.beep://192.0.2.103:3002", SIP_SCHEME_OTHER, "", "", "", 0, "", ""},
    {"a scheme nobody knows", "nobodyKnowsThisScheme:totallyopaquecontent", SIP_SCHEME_OTHER, "",
     "", "", 0, "", ""},
};

static const struct row { const char *name, *in; } bad[] = {
    {"nothing", ""},
    {"no scheme", "alice"},
    {"scheme and nothing", "sip:"},
    {"empty scheme", ":a"},
    {"scheme beginning with a digit", "1sip:a"},
    {"user without host", "sip:u@"},
    {"empty user", "sip:@h"},
    {"empty port", "sip:h:"},
    {"port 0", "sip:h:0"},
    {"port above 65535", "sip:h:65536"},
    {"port with a letter", "sip:h:50a"},
    {"a blank inside", "sip:u@h; lr"},
    {"a blank behind", "sip:h "},
    {"two ats", "sip:a@b@c"},
    {"brackets never closed", "sip:[2001:db8::1"},
    {"brackets around no address", "sip:[12345]"},
    {"empty brackets", "sip:[]"},
    {"IPv6 without brackets", "sip:2001:db8::1"},
    {"half an escape", "sip:a%4@h"},
    {"escape that is not hexadecimal", "sip:%zz@h"},
    {"escape cut off at the end", "sip:h;a=%4"},
    {"empty parameter", "sip:h;;lr"},
    {"semicolon at the end", "sip:h;"},
    {"parameter without name", "sip:h;=x"},
    {"parameter without value", "sip:h;x="},
    {"two equal signs", "sip:h;a=b=c"},
    {"empty headers", "sip:h?"},
    {"angle bracket", "sip:u@h>"},
    {"a line end", "sip:h\r\nX: y"},
    {"33 parameters", "sip:h;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;2;3"},
    {"tel without number", "tel:"},
    {"tel with letters", "tel:alice"},
    {"local number without context (RFC 3966 3)", "tel:7042"},
    {"other scheme with a blank", "http://a b"},
};

static const struct pair { const char *name, *a, *b; bool same; } pairs[] = {
    {"escaped and bare letter", "sip:%61lice@atlanta.com;transport=TCP",
     "sip:alice@AtLanTa.CoM;Transport=tcp", true},
    {"a new parameter in one", "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
    {"different ones in each", "sip:carol@chicago.com;newparam=5",
     "sip:carol@chicago.com;security=on", true},
    {"parameters and headers in any order",
     "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
     "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
    {"headers in another order", "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
     "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
    {"user in another case", "SIP:ALICE@AtLanTa.CoM;Transport=udp",
     "sip:alice@AtLanTa.CoM;Transport=UDP", false},
    {"a default port written out", "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
    {"a default transport written out", "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp",
     false},
    {"port and transport", "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
    {"a header in one only", "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting",
     false},
    {"name and its address", "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
    {"a parameter that contradicts", "sip:carol@chicago.com;security=on",
     "sip:carol@chicago.com;security=off", false},
    {"maddr in one only", "sip:h", "sip:h;maddr=192.0.2.1", false},
    {"user=phone in one only", "sip:1@h", "sip:1@h;user=phone", false},
    {"ttl in one only", "sip:h;ttl=1", "sip:h", false},
    {"with and without user", "sip:h", "sip:a@h", false},
    {"with and without password", "sip:a:b@h", "sip:a@h", false},
    {"an escaped reserved byte is another byte", "sip:a%3Bb@h", "sip:a;b@h", false},
    {"header values keep their case", "sip:h?a=b", "sip:h?a=B", false},
    {"sip and sips", "sip:h", "sips:h", false},
    {"two spellings of one IPv6 address", "sip:[2001:db8::1]", "sip:[2001:DB8:0:0::1]", true},
    {"two IPv6 addresses", "sip:[2001:db8::1]", "sip:[2001:db8::2]", false},
    {"visual separators do not count", "tel:+1-201-555-0123", "tel:+1(201)5550123", true},
    {"tel parameters in another order", "tel:+1;ext=2;isub=3", "tel:+1;isub=3;ext=2", true},
    {"tel parameter in one only (RFC 3966 4)", "tel:+1;ext=2", "tel:+1", false},
    {"other numbers", "tel:+12", "tel:+13", false},
    {"one number is the beginning of the other", "tel:+12", "tel:+1", false},
    {"other schemes by their bytes", "HTTP://a", "http://a", true},
    {"other schemes with another path", "http://a", "http://A", false},
};

static const struct text { const char *name, *in, *out; } requests[] = {
    {"headers go", "sip:a@h:1;lr?x=y", "sip:a@h:1;lr"},
    {"headers go where no parameters are", "sip:h?x=y", "sip:h"},
    {"the method parameter goes", "sip:h;method=INVITE;lr;a=b", "sip:h;lr;a=b"},
    {"nothing to take away", "sips:a:b@[::1]", "sips:a:b@[::1]"},
    {"tel as it is", "tel:+1;ext=2", "tel:+1;ext=2"},
}, unescaped[] = {
    {"escapes become bytes", "a%20b%40%C3%a9", "a b@\303\251"},
    {"a percent sign alone stays", "100%", "100%"},
    {"and one before no digits", "%zz", "%zz"},
}, users[] = {
    {"what may stand stays", "+1-2;x=y", "+1-2;x=y"},
    {"what may not is escaped", "a b@c:d%\r\n", "a%20b%40c%3Ad%25%0D%0A"},
};

static const struct transport { const char *name, *in; int transport; bool lr; } transports[] = {
    {"none said", "sip:h", 0, false},
    {"tcp", "sip:h;transport=TCP;lr", SIP_TCP, true},
    {"udp", "sip:h;lr=on;transport=udp", SIP_UDP, true},
    {"one we lack", "sip:h;transport=sctp", 0, false},
    {"sips is TLS whatever it says", "sips:h;transport=tcp", SIP_TLS, false},
};
/* clang-format on */

static void check_good(void **state)
{
    const struct good *row = *state;
    struct slice in = exact_copy(row->in);
    struct sip_uri uri;

    assert_int_equal(sip_uri_parse(in, &uri), 0);
    assert_int_equal(uri.scheme, row->scheme);
    assert_slice(uri.text, row->in);
    assert_slice(uri.user, row->user);
    assert_slice(uri.password, row->password);
    assert_slice(uri.host, row->host);
    assert_int_equal(uri.port, row->port);
    assert_slice(uri.params, row->params);
    assert_slice(uri.headers, row->headers);
    exact_free(in);
}

static void check_bad(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sip_uri uri;

    assert_int_equal(sip_uri_parse(in, &uri), -EBADMSG);
    exact_free(in);
}

static void check_pair(void **state)
{
    const struct pair *row = *state;
    struct slice in_a = exact_copy(row->a), in_b = exact_copy(row->b);
    struct sip_uri a, b;

    assert_int_equal(sip_uri_parse(in_a, &a), 0);
    assert_int_equal(sip_uri_parse(in_b, &b), 0);
    assert_int_equal(sip_uri_equal(&a, &b), row->same);
    assert_int_equal(sip_uri_equal(&b, &a), row->same);
    assert_true(sip_uri_equal(&a, &a) && sip_uri_equal(&b, &b));
    exact_free(in_a);
    exact_free(in_b);
}

static void check_request(void **state)
{
    const struct text *row = *state;
    struct buf b = buf_new(200);
    struct sip_uri uri;

    assert_int_equal(sip_uri_parse(slice_of(row->in), &uri), 0);
    sip_uri_put_request(&b, &uri);
    assert_slice(buf_slice(&b), row->out);
    buf_free(&b);
}

static void check_unescaped(void **state)
{
    const struct text *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf b = buf_new(200);

    sip_uri_put_unescaped(&b, in);
    assert_slice(buf_slice(&b), row->out);
    buf_free(&b);
    exact_free(in);
}

static void check_user(void **state)
{
    const struct text *row = *state;
    struct buf b = buf_new(200);

    sip_uri_put_user(&b, slice_of(row->in));
    assert_slice(buf_slice(&b), row->out);
    buf_free(&b);
}

static void check_transport(void **state)
{
    const struct transport *row = *state;
    struct sip_uri uri;

    assert_int_equal(sip_uri_parse(slice_of(row->in), &uri), 0);
    assert_int_equal(sip_uri_transport(&uri), row->transport);
    assert_int_equal(sip_uri_is_loose_router(&uri), row->lr);
}

int main(void)
{
    return RUN_ROWS("sip/uri: URIs", good, check_good) +
           RUN_ROWS("sip/uri: no URIs", bad, check_bad) +
           RUN_ROWS("sip/uri: comparison (RFC 3261 19.1.4)", pairs, check_pair) +
           RUN_ROWS("sip/uri: as Request-URI", requests, check_request) +
           RUN_ROWS("sip/uri: escapes resolved", unescaped, check_unescaped) +
           RUN_ROWS("sip/uri: escapes made", users, check_user) +
           RUN_ROWS("sip/uri: transport and lr", transports, check_transport);
}
