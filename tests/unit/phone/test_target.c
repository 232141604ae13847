/* What people type to call somebody, and the URI that it becomes. */
#include "phone/target.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *in, *uri;
    int err;
} rows[] = {
    {"user and host", "alice@example.org", "sip:alice@example.org", 0},
    {"a URI stays as it is", "sip:alice@example.org;transport=tcp", "sip:alice@example.org;transport=tcp", 0},
    {"the scheme in any case", "SIP:alice@example.org", "SIP:alice@example.org", 0},
    {"a host of one word behind an @", "alice@pbx", "sip:alice@pbx", 0},
    {"IPv6, port and transport", "alice@[2001:db8::1]:5070;transport=tcp",
     "sip:alice@[2001:db8::1]:5070;transport=tcp", 0},
    {"IPv6 without brackets gets them", "alice@2001:db8::1", "sip:alice@[2001:db8::1]", 0},
    {"IPv6 alone", "::1", "sip:[::1]", 0},
    {"IPv4 alone", "192.0.2.1", "sip:192.0.2.1", 0},
    {"address and port", "192.0.2.1:5070", "sip:192.0.2.1:5070", 0},
    {"host and port", "pbx:5070", "sip:pbx:5070", 0},
    {"host alone", "phone.example.org", "sip:phone.example.org", 0},
    {"this machine", "localhost", "sip:localhost", 0},
    {"a number at a host", "+491234@pbx.example", "sip:+491234@pbx.example", 0},
    {"a user with a password", "alice:secret@example.org", "sip:alice:secret@example.org", 0},
    {"blanks around it", "  alice@example.org\n", "sip:alice@example.org", 0},
    {"a name alone needs an account", "alice", NULL, -EDESTADDRREQ},
    {"a number alone needs an account", "1234", NULL, -EDESTADDRREQ},
    {"a telephone number needs an account", "tel:+491234", NULL, -EDESTADDRREQ},
    {"a number with blanks needs an account", "+32 (2) 555-01 02", NULL, -EDESTADDRREQ},
    {"an address in figures is no number", "10.0.0.1", "sip:10.0.0.1", 0},
    {"nor is one that is not right yet", "10.0.0.999", "sip:10.0.0.999", 0},
    {"brackets without a number", "( )", NULL, -EINVAL},
    {"TLS all the way", "sips:alice@example.org", "sips:alice@example.org", 0},
    {"letters go elsewhere", "mailto:alice@example.org", NULL, -ENOTSUP},
    {"pages are no telephones", "http://example.org/", NULL, -ENOTSUP},
    {"nothing", "", NULL, -EINVAL},
    {"only blanks", "  ", NULL, -EINVAL},
    {"blanks within", "alice smith@example.org", NULL, -EINVAL},
    {"a line end within", "alice@example.org\r\nX: y", NULL, -EINVAL},
};

/* What an account at example.org makes of it. */
static const struct row server_rows[] = {
    {"a name at our server", "alice", "sip:alice@example.org", 0},
    {"a number at our server", "+491234", "sip:+491234@example.org", 0},
    {"keys of a telephone", "*21*1#", "sip:*21*1%23@example.org", 0},
    {"a name with letters of its own", "j\303\266rg", "sip:j%C3%B6rg@example.org", 0},
    {"a percent sign", "100%", "sip:100%25@example.org", 0},
    {"parameters of the URI", "alice;transport=tcp", "sip:alice@example.org;transport=tcp", 0},
    {"a host stays one", "pbx.example", "sip:pbx.example", 0},
    {"an address of its own", "bob@192.0.2.7", "sip:bob@192.0.2.7", 0},
    {"tel:", "tel:+49-(30)-12.34", "sip:+49301234@example.org;user=phone", 0},
    {"tel: with its parameters", "tel:7042;phone-context=example.com",
     "sip:7042;phone-context=example.com@example.org;user=phone", 0},
    {"tel: with a key", "tel:*21#", "sip:*21%23@example.org;user=phone", 0},
    {"tel: without a number", "tel:-;ext=1", NULL, -EINVAL},
    {"a number as it is printed", "+32 (2) 555-01 02", "sip:+3225550102@example.org", 0},
    {"a number with its zero for calls at home", "+49 (0)30/12 34", "sip:+49301234@example.org", 0},
    {"brackets around the zero of a number at home", "(0)30 1234", "sip:0301234@example.org", 0},
    {"a number in groups with dots", "01.23.45.67.89", "sip:0123456789@example.org", 0},
    {"tel: with blanks", "tel:+49 30 1234", "sip:+49301234@example.org;user=phone", 0},
    {"a plus only in front", "12+34", "sip:12+34@example.org", 0},
    {"a name with a number", "alice 2", NULL, -EINVAL},
    {"TLS, with an account too", "sips:alice@example.org", "sips:alice@example.org", 0},
};

static void check(const struct row *row, struct slice domain)
{
    struct slice in = exact_copy(row->in);
    struct buf uri = buf_new(1024), why = buf_new(1024);

    assert_int_equal(phone_target(in, domain, &uri, &why), row->err);
    if (row->uri)
        assert_slice(buf_slice(&uri), row->uri);
    assert_int_equal(why.n > 0, row->err != 0); /* a refusal says why, nothing else does */
    buf_free(&uri);
    buf_free(&why);
    exact_free(in);
}

static void check_row(void **state)
{
    check(*state, SLICE(""));
}

static void check_server_row(void **state)
{
    check(*state, SLICE("example.org"));
}

int main(void)
{
    return RUN_ROWS("phone/target", rows, check_row) +
           RUN_ROWS("phone/target at a server", server_rows, check_server_row);
}
