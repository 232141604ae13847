#include "sip/header.h"

#include <ctype.h>

#include "sip/method.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *in;
    enum sip_hdr id;
} rows[] = {
    {"any case", "cAlL-iD", SIP_HDR_CALL_ID},
    {"compact Call-ID", "i", SIP_HDR_CALL_ID},
    {"compact name in capitals", "V", SIP_HDR_VIA},
    {"compact Contact", "m", SIP_HDR_CONTACT},
    {"compact Content-Encoding", "e", SIP_HDR_CONTENT_ENCODING},
    {"compact Content-Length", "l", SIP_HDR_CONTENT_LENGTH},
    {"compact Content-Type", "c", SIP_HDR_CONTENT_TYPE},
    {"compact Event", "o", SIP_HDR_EVENT},
    {"compact From", "f", SIP_HDR_FROM},
    {"compact Refer-To", "r", SIP_HDR_REFER_TO},
    {"compact Referred-By", "b", SIP_HDR_REFERRED_BY},
    {"compact Session-Expires", "x", SIP_HDR_SESSION_EXPIRES},
    {"compact Subject", "s", SIP_HDR_SUBJECT},
    {"compact Supported", "k", SIP_HDR_SUPPORTED},
    {"compact To", "t", SIP_HDR_TO},
    {"compact Allow-Events", "u", SIP_HDR_ALLOW_EVENTS},
    {"a letter that stands for nothing", "z", SIP_HDR_OTHER},
    {"a byte that is no letter", "[", SIP_HDR_OTHER},
    {"an unknown name", "X-Unknown", SIP_HDR_OTHER},
    {"a name that begins like another", "Call-I", SIP_HDR_OTHER},
    {"a name that goes on behind another", "Call-IDs", SIP_HDR_OTHER},
    {"nothing", "", SIP_HDR_OTHER},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);

    assert_int_equal(sip_header_of(in), row->id);
    exact_free(in);
}

/* Also finds two names that the hash puts in one place. */
static void check_all_names(void **state)
{
    (void)state;
    for (int id = 1; id < SIP_HDRS; id++) {
        struct slice name = sip_header_name((enum sip_hdr)id);
        char upper[40] = "";

        assert_true(name.n > 0 && name.n < sizeof upper);
        for (size_t i = 0; i < name.n; i++)
            upper[i] = (char)toupper((unsigned char)name.p[i]);
        assert_int_equal(sip_header_of(name), id);
        assert_int_equal(sip_header_of(slice_of(upper)), id);
    }
}

static void check_kinds(void **state)
{
    (void)state;
    assert_true(sip_header_is_list(SIP_HDR_VIA) && sip_header_is_list(SIP_HDR_CONTACT));
    assert_true(sip_header_is_list(SIP_HDR_REQUIRE) && sip_header_is_list(SIP_HDR_ROUTE));
    assert_false(sip_header_is_list(SIP_HDR_AUTHORIZATION)); /* RFC 3261 7.3.1 */
    assert_false(sip_header_is_list(SIP_HDR_SUBJECT) || sip_header_is_list(SIP_HDR_OTHER));
    assert_true(sip_header_is_single(SIP_HDR_CONTENT_LENGTH) && sip_header_is_single(SIP_HDR_TO));
    assert_false(sip_header_is_single(SIP_HDR_VIA) || sip_header_is_single(SIP_HDR_OTHER));
}

static void check_methods(void **state)
{
    (void)state;
    for (int i = 1; i < SIP_METHODS; i++)
        assert_int_equal(sip_method_of(sip_method_name((enum sip_method)i)), i);
    assert_int_equal(sip_method_of(SLICE("invite")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_of(SLICE("INVITES")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_name(SIP_METHOD_OTHER).n, 0);
}

int main(void)
{
    static const struct row all[] = {{"each name finds itself", "", SIP_HDR_OTHER}};
    static const struct row kinds[] = {{"lists and singletons", "", SIP_HDR_OTHER}};
    static const struct row methods[] = {{"methods", "", SIP_HDR_OTHER}};

    return RUN_ROWS("sip/header", rows, check_row) +
           RUN_ROWS("sip/header: table", all, check_all_names) +
           RUN_ROWS("sip/header: kinds", kinds, check_kinds) +
           RUN_ROWS("sip/method", methods, check_methods);
}
