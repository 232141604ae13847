#include "sip/address.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* clang-format off */
static const struct good { const char *name, *in, *display, *uri, *params, *tag; } good[] = {
    {"URI alone", "sip:a@b", "", "sip:a@b", "", NULL},
    {"URI in brackets", "<sip:a@b>", "", "sip:a@b", "", NULL},
    {"blanks all around", " \t<sip:a@b> ; tag = 1 ", "", "sip:a@b", "; tag = 1", "1"},
    {"without brackets, parameters are the header's", "sip:a@b;tag=x", "", "sip:a@b", ";tag=x",
     "x"},
    {"in brackets, they are the URI's", "<sip:a@b;tag=x?y>;tag=z", "", "sip:a@b;tag=x?y", ";tag=z",
     "z"},
    {"name of tokens", "Alice B. <sip:a@b>", "Alice B.", "sip:a@b", "", NULL},
    {"quoted name", "\"Alice\" <sip:a@b>", "Alice", "sip:a@b", "", NULL},
    {"no blank before the bracket", "\"Alice\"<sip:a@b>", "Alice", "sip:a@b", "", NULL},
    {"empty quoted name", "\"\" <sip:a@b>", "", "sip:a@b", "", NULL},
    {"bracket and comma in the name", "\"<a>, b;\" <sip:a@b>", "<a>, b;", "sip:a@b", "", NULL},
    {"escaped quote (RFC 4475 3.1.1.1)", "\"J \\\\\\\"\" <sip:a@b>;tag=1", "J \\\\\\\"", "sip:a@b",
     ";tag=1", "1"},
    {"a quote in bare name's apostrophe", "O'Neil <sip:a@b>", "O'Neil", "sip:a@b", "", NULL},
    {"bare name beyond tokens", "caf\303\251 (x) <sip:a@b>", "caf\303\251 (x)", "sip:a@b", "", NULL},
    {"a fold", "\"A\"\r\n <sip:a@b>\r\n ;tag=1", "A", "sip:a@b", ";tag=1", "1"},
    {"tag in any case", "<sip:a@b>;TAG=Q", "", "sip:a@b", ";TAG=Q", "Q"},
    {"quoted parameter", "<sip:a@b>;x=\"a;tag=2\";tag=3", "", "sip:a@b", ";x=\"a;tag=2\";tag=3",
     "3"},
    {"parameter without value", "<sip:a@b>;isfocus", "", "sip:a@b", ";isfocus", NULL},
    {"another scheme", "isbn:2983792873", "", "isbn:2983792873", "", NULL},
    {"IPv6 in a parameter", "<sip:a@b>;x=[::1]", "", "sip:a@b", ";x=[::1]", NULL},
    {"32 parameters", "sip:a@b;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;tag=2",
     "", "sip:a@b", ";1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;tag=2", "2"},
};

static const struct row { const char *name, *in; } bad[] = {
    {"nothing", ""},
    {"only blanks", "  "},
    {"quote never closed (RFC 4475 3.1.2.6)", "\"Mr. J. <sip:a@b>"},
    {"backslash at the end", "\"A\\"},
    {"bracket never closed", "<sip:a@b"},
    {"empty brackets", "<>"},
    {"no scheme", "<alice>"},
    {"blank in brackets (RFC 4475 3.1.2.14)", "<sip:a@b > "},
    {"comma in a bare name (RFC 4475 3.1.2.15)", "Bell, Alexander <sip:a@b>"},
    {"question mark without brackets (RFC 4475 3.1.2.13)", "sip:a@b?Route=%3Csip:x%3E"},
    {"comma without brackets", "sip:a,b@c"},
    {"text behind the brackets", "<sip:a@b> x"},
    {"parameter without name", "<sip:a@b>;=x"},
    {"parameter's value missing", "<sip:a@b>;tag="},
    {"empty parameter", "<sip:a@b>;;tag=1"},
    {"two addresses", "<sip:a@b>, <sip:c@d>"},
    {"33 parameters", "<sip:a@b>;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6;7;8;9;0;1;2;3"},
};

static const struct put { const char *name, *display, *uri, *out; } puts_rows[] = {
    {"no name", "", "sip:a@b", "<sip:a@b>"},
    {"a name is quoted", "Alice", "sip:a@b", "\"Alice\" <sip:a@b>"},
    {"quotes and backslashes are escaped", "a\"b\\", "sip:a@b", "\"a\\\"b\\\\\" <sip:a@b>"},
    {"no line end in the name", "a\r\nX: y", "sip:a@b", NULL},
    {"no line end in the URI", "", "sip:a\n@b", NULL},
    {"no bracket in the URI", "", "sip:a>@b", NULL},
};

static const struct display { const char *name, *in, *out; } displays[] = {
    {"escapes resolved", "\"a \\\"b\\\" \\\\\" <sip:a@b>", "a \"b\" \\"},
    {"folds become a blank", "\"a\r\n b\" <sip:a@b>", "a b"},
    {"none", "<sip:a@b>", ""},
};
/* clang-format on */

static void check_good(void **state)
{
    const struct good *row = *state;
    struct slice in = exact_copy(row->in);
    struct sip_address address;

    assert_int_equal(sip_address_parse(in, &address), 0);
    assert_slice(address.display, row->display);
    assert_slice(address.uri, row->uri);
    assert_slice(address.params, row->params);
    assert_slice(address.tag, row->tag);
    assert_int_equal(address.tag.p != NULL, row->tag != NULL);
    assert_false(address.any);
    exact_free(in);
}

static void check_bad(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sip_address address;

    assert_int_equal(sip_address_parse(in, &address), -EBADMSG);
    exact_free(in);
}

static void check_put(void **state)
{
    const struct put *row = *state;
    struct buf b = buf_new(200);

    sip_address_put(&b, slice_of(row->display), slice_of(row->uri));
    assert_int_equal(buf_ok(&b), row->out != NULL);
    if (row->out)
        assert_slice(buf_slice(&b), row->out);
    buf_free(&b);
}

static void check_display(void **state)
{
    const struct display *row = *state;
    struct buf b = buf_new(200);
    struct sip_address address;

    assert_int_equal(sip_address_parse(slice_of(row->in), &address), 0);
    sip_address_put_display(&b, &address);
    assert_slice(buf_slice(&b), row->out);
    buf_free(&b);
}

static void check_any(void **state)
{
    struct sip_address address;

    (void)state;
    assert_int_equal(sip_address_parse(SLICE(" * "), &address), 0);
    assert_true(address.any);
}

int main(void)
{
    static const struct row any[] = {{"a star stands for all", "*"}};

    return RUN_ROWS("sip/address: addresses", good, check_good) +
           RUN_ROWS("sip/address: no addresses", bad, check_bad) +
           RUN_ROWS("sip/address: printing", puts_rows, check_put) +
           RUN_ROWS("sip/address: the name to show", displays, check_display) +
           RUN_ROWS("sip/address: Contact", any, check_any);
}
