/* What a REFER asks for, and what of it is let through (RFC 3515 2.1, 3891 6.1, 3892 3). */
#include "sip/parse.h"
#include "sip/refer_to.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define REPLACES "?Replaces=1%402%3Bto-tag%3Da%3Bfrom-tag%3Db"

/* clang-format off */
static const struct row {
    const char *name, *lines; /* of the REFER */
    unsigned status;
    const char *target, *replaces, *by;
    bool silent;
} rows[] = {
    {"a name-addr", "Refer-To: <sip:b@h>\r\n", 0, "sip:b@h", "", "", false},
    {"the short name, a display name", "r: \"Bob\" <sip:b@h;transport=tcp>;x=y\r\n", 0, "sip:b@h;transport=tcp", "", "", false},
    {"a URI alone", "Refer-To: sip:b@h\r\n", 0, "sip:b@h", "", "", false},
    {"sips", "Refer-To: <sips:b@h>\r\n", 0, "sips:b@h", "", "", false},
    {"the method that it is anyway", "Refer-To: <sip:b@h;method=INVITE>\r\n", 0, "sip:b@h", "", "", false},
    {"another method", "Refer-To: <sip:b@h;method=BYE>\r\n", 603, NULL, NULL, NULL, false},
    {"a method without a value", "Refer-To: <sip:b@h;method>\r\n", 603, NULL, NULL, NULL, false},
    {"none", "", 400, NULL, NULL, NULL, false},
    {"an empty one", "Refer-To:\r\n", 400, NULL, NULL, NULL, false},
    {"a star", "Refer-To: *\r\n", 400, NULL, NULL, NULL, false},
    {"rubbish", "Refer-To: <sip:>\r\n", 400, NULL, NULL, NULL, false},
    {"two in one", "Refer-To: <sip:b@h>, <sip:c@h>\r\n", 400, NULL, NULL, NULL, false},
    {"a number", "Refer-To: <tel:+49301234>\r\n", 416, NULL, NULL, NULL, false},
    {"a page", "Refer-To: <http://h/>\r\n", 416, NULL, NULL, NULL, false},
    {"a body", "Refer-To: <cid:1@h>\r\n", 416, NULL, NULL, NULL, false},
    {"headers are left out", "Refer-To: <sip:b@h?Subject=x&From=y&Route=z&body=q>\r\n", 0, "sip:b@h", "", "", false},
    {"Replaces", "Refer-To: <sip:b@h" REPLACES ">\r\n", 0, "sip:b@h", "1@2;to-tag=a;from-tag=b", "", false},
    {"Replaces among others", "Refer-To: <sip:b@h?Require=replaces&replaces=c%3Bfrom-tag%3Db%3Bearly-only%3Bto-tag%3Da>\r\n", 0, "sip:b@h", "c;to-tag=a;from-tag=b;early-only", "", false},
    {"Replaces with more", "Refer-To: <sip:b@h?Replaces=c%3Bto-tag%3Da%3Bx%3Dy%3Bfrom-tag%3Db>\r\n", 0, "sip:b@h", "c;to-tag=a;from-tag=b", "", false},
    {"two Replaces", "Refer-To: <sip:b@h" REPLACES "&Replaces=c%3Bto-tag%3Da%3Bfrom-tag%3Db>\r\n", 400, NULL, NULL, NULL, false},
    {"Replaces without a tag", "Refer-To: <sip:b@h?Replaces=c%3Bto-tag%3Da>\r\n", 400, NULL, NULL, NULL, false},
    {"Replaces with a tag twice", "Refer-To: <sip:b@h?Replaces=c%3Bto-tag%3Da%3Bto-tag%3Db%3Bfrom-tag%3Db>\r\n", 400, NULL, NULL, NULL, false},
    {"Replaces with a line of its own", "Refer-To: <sip:b@h?Replaces=c%0D%0AX%3A%3Bto-tag%3Da%3Bfrom-tag%3Db>\r\n", 400, NULL, NULL, NULL, false},
    {"Replaces with a line in a tag", "Refer-To: <sip:b@h?Replaces=c%3Bto-tag%3Da%0D%0AX%3A%3Bfrom-tag%3Db>\r\n", 400, NULL, NULL, NULL, false},
    {"Replaces with a NUL", "Refer-To: <sip:b@h?Replaces=c%00%3Bto-tag%3Da%3Bfrom-tag%3Db>\r\n", 400, NULL, NULL, NULL, false},
    {"an empty Replaces", "Refer-To: <sip:b@h?Replaces=>\r\n", 400, NULL, NULL, NULL, false},
    {"who it was", "Refer-To: <sip:b@h>\r\nReferred-By: \"A\" <sip:a@h>;cid=\"1@h\"\r\n", 0, "sip:b@h", "", "<sip:a@h>", false},
    {"who it was, in short", "Refer-To: <sip:b@h>\r\nb: sip:a@h\r\n", 0, "sip:b@h", "", "<sip:a@h>", false},
    {"who cannot be", "Refer-To: <sip:b@h>\r\nReferred-By: <http://h/>\r\n", 0, "sip:b@h", "", "", false},
    {"who it was, with headers", "Refer-To: <sip:b@h>\r\nReferred-By: <sip:a@h?x=y>\r\n", 0, "sip:b@h", "", "", false},
    {"no subscription", "Refer-To: <sip:b@h>\r\nRefer-Sub: false ;x\r\n", 0, "sip:b@h", "", "", true},
    {"a subscription all the same", "Refer-To: <sip:b@h>\r\nRefer-Sub: true\r\n", 0, "sip:b@h", "", "", false},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf text = buf_new(2048);
    struct sip_refer_to got;
    struct sip_msg msg;
    struct slice in;

    buf_printf(&text,
               "REFER sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
               "From: <sip:b@h>;tag=b\r\nTo: <sip:a@h>;tag=a\r\nCall-ID: c\r\nCSeq: 2 REFER\r\n"
               "%sContent-Length: 0\r\n\r\n",
               row->lines);
    in = exact_bytes(buf_slice(&text).p, buf_slice(&text).n);
    assert_int_equal(sip_parse(in, true, &msg), 0);
    assert_int_equal(sip_refer_to_read(&msg, &got), row->status);
    if (!row->status) {
        assert_slice(buf_slice(&got.target), row->target);
        assert_slice(buf_slice(&got.replaces), row->replaces);
        assert_slice(buf_slice(&got.by), row->by);
        assert_int_equal(got.silent, row->silent);
    }
    sip_refer_to_free(&got);
    exact_free(in);
    buf_free(&text);
}

/* What is too long for any use. */
static void long_ones(void **state)
{
    struct buf text = buf_new(16384);
    struct sip_refer_to got;
    struct sip_msg msg;

    (void)state;
    buf_puts(&text, "REFER sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
                    "From: <sip:b@h>;tag=b\r\nTo: <sip:a@h>;tag=a\r\nCall-ID: c\r\n"
                    "CSeq: 2 REFER\r\nReferred-By: <sip:");
    for (unsigned i = 0; i < 300; i++)
        buf_putc(&text, 'a');
    buf_puts(&text, "@h>\r\nRefer-To: <sip:b@h?Replaces=");
    for (unsigned i = 0; i < 600; i++)
        buf_putc(&text, 'c');
    buf_puts(&text, "%3Bto-tag%3Da%3Bfrom-tag%3Db>\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(sip_parse(buf_slice(&text), true, &msg), 0);
    assert_int_equal(sip_refer_to_read(&msg, &got), 400);
    assert_int_equal(got.by.n, 0);
    sip_refer_to_free(&got);
    buf_free(&text);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {cmocka_unit_test(long_ones)};

    return RUN_ROWS("sip/refer_to", rows, check_row) +
           cmocka_run_group_tests_name("sip/refer_to", rest, NULL, NULL);
}
