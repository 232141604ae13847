#include "sip/message.h"


#include "base/buf.h"
#include "sip/parse.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const char invite[] =
    "INVITE sip:b@h SIP/2.0\r\n"
    "Via: SIP/2.0/TCP one;branch=z9hG4bK1, SIP/2.0/UDP two\r\n"
    "v: SIP/2.0/UDP three\r\n"
    "From: \"A, <B>\" <sip:a@h>;tag=x\r\n"
    "To: <sip:b@h>\r\n"
    "Call-ID: 1\r\n"
    "CSeq: 1 INVITE\r\n"
    "Record-Route: <sip:r1;lr>,<sip:r2;x=\",\";lr>\r\n"
    "Subject: one, two\r\n"
    "record-route: , <sip:r3,r3;lr> ,\r\n\t\"q,\\\",\" <sip:r4> ,\r\n"
    "X-Own: a\r\n"
    "Supported: 100rel, TIMER\r\n"
    "k: replaces\r\n"
    "Require:\r\n"
    "Contact: \"C, D\" <sip:c@h>;q=0.5, <sip:d@h>\r\n"
    "x-own: b\r\n"
    "Content-Type: application/sdp; a=b\r\n"
    "\r\n"
    "v=0\r\n";

static const struct row {
    const char *name;
    enum sip_hdr id;
    const char *all; /* the values in order, a bar behind each */
} rows[] = {
    {"lines, lists and compact names are one list (7.3.1)", SIP_HDR_VIA,
     "SIP/2.0/TCP one;branch=z9hG4bK1|SIP/2.0/UDP two|SIP/2.0/UDP three|"},
    {"commas in quotes and brackets; empty elements", SIP_HDR_RECORD_ROUTE,
     "<sip:r1;lr>|<sip:r2;x=\",\";lr>|<sip:r3,r3;lr>|\"q,\\\",\" <sip:r4>|"},
    {"a comma in what is no list", SIP_HDR_SUBJECT, "one, two|"},
    {"a comma in a quoted name", SIP_HDR_CONTACT, "\"C, D\" <sip:c@h>;q=0.5|<sip:d@h>|"},
    {"a list without elements", SIP_HDR_REQUIRE, ""},
    {"no such header", SIP_HDR_ROUTE, ""},
    {"one value", SIP_HDR_FROM, "\"A, <B>\" <sip:a@h>;tag=x|"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(invite), value;
    struct buf b = buf_new(500);
    struct sip_values values;
    struct sip_msg msg;

    assert_int_equal(sip_parse(in, true, &msg), 0);
    values = sip_msg_values(&msg, row->id);
    while (sip_values_next(&values, &value)) {
        buf_put(&b, value);
        buf_putc(&b, '|');
    }
    assert_slice(buf_slice(&b), row->all);
    assert_false(sip_values_next(&values, &value));
    buf_free(&b);
    exact_free(in);
}

static void check_lookup(void **state)
{
    struct sip_contact contact;
    struct sip_msg msg;

    (void)state;
    assert_int_equal(sip_parse(slice_of(invite), true, &msg), 0);
    assert_slice(sip_msg_header(&msg, SIP_HDR_SUBJECT), "one, two");
    assert_null(sip_msg_header(&msg, SIP_HDR_ROUTE).p);
    assert_true(sip_msg_has(&msg, SIP_HDR_REQUIRE) && sip_msg_header(&msg, SIP_HDR_REQUIRE).p);
    assert_slice(sip_msg_header_named(&msg, SLICE("X-OWN")), "a");
    assert_null(sip_msg_header_named(&msg, SLICE("X-Other")).p);
    assert_slice(sip_msg_name_at(&msg, 1), "v");
    assert_slice(sip_msg_value_at(&msg, 1), "SIP/2.0/UDP three");
    assert_null(sip_msg_name_at(&msg, msg.n_headers).p);
    assert_int_equal(sip_msg_contact(&msg, &contact), 0);
    assert_slice(contact.address.uri, "sip:c@h");
    assert_true(sip_msg_body_is(&msg, SLICE("application"), SLICE("SDP")));
    assert_false(sip_msg_body_is(&msg, SLICE("text"), SLICE("plain")));
    assert_int_equal(msg.max_forwards, SIP_MAX_FORWARDS_NONE);
}

static void check_copy(void **state)
{
    struct slice in = exact_copy(invite);
    struct sip_msg msg, *copy;

    (void)state;
    assert_int_equal(sip_parse(in, true, &msg), 0);
    assert_int_equal(sip_msg_copy(&msg, &copy), 0);
    exact_free(in);
    assert_slice(copy->call_id, "1");
    assert_slice(copy->via.host, "one");
    assert_slice(copy->from.tag, "x");
    assert_slice(copy->body, "v=0\r\n");
    sip_msg_free(copy);
}

int main(void)
{
    static const struct row lookup[] = {{"by kind, by name, by place, by token", 0, ""}};
    static const struct row copy[] = {{"a copy outlives its bytes", 0, ""}};

    return RUN_ROWS("sip/message: values", rows, check_row) +
           RUN_ROWS("sip/message: look-up", lookup, check_lookup) +
           RUN_ROWS("sip/message: copy", copy, check_copy);
}
