/* test_multipart.c - the SDP in a multipart body (RFC 2046 5.1, RFC 5621). */

#include <errno.h>
#include <stdlib.h>

#include "sip/multipart.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define MIXED "multipart/mixed;boundary=b"
#define SDP "Content-Type: application/sdp\r\n"
#define TEXT "Content-Type: text/plain\r\n"

static const struct row {
    const char *name, *content_type, *body, *part; /* part NULL: err */
    int err;
} rows[] = {
    {"one part", MIXED, "--b\r\n" SDP "\r\nv=0\r\n--b--\r\n", "v=0", 0},
    {"the second", MIXED, "--b\r\n" TEXT "\r\nhi\r\n--b\r\n" SDP "\r\nv=0\r\n--b--", "v=0", 0},
    {"the first of two", MIXED, "--b\r\n" SDP "\r\n1\r\n--b\r\n" SDP "\r\n2\r\n--b--", "1", 0},
    {"a preamble and an epilogue", MIXED, "hello\r\n--b\r\n" SDP "\r\nv=0\r\n--b--\r\nbye", "v=0", 0},
    {"a quoted boundary", "multipart/mixed; boundary=\"b b\"", "--b b\r\n" SDP "\r\nv=0\r\n--b b--", "v=0",
     0},
    {"another kind of multipart", "Multipart/Related; boundary=b", "--b\r\n" SDP "\r\nv=0\r\n--b--",
     "v=0", 0},
    {"blanks behind the boundary", MIXED, "--b \t\r\n" SDP "\r\nv=0\r\n--b--", "v=0", 0},
    {"lines within it", MIXED, "--b\r\n" SDP "\r\nv=0\r\ns=-\r\n\r\n--b--", "v=0\r\ns=-\r\n", 0},
    {"the compact name", MIXED, "--b\r\nc: application/sdp\r\n\r\nv=0\r\n--b--", "v=0", 0},
    {"lines that end in LF", MIXED, "--b\nContent-Type: application/sdp\n\nv=0\n--b--", "v=0", 0},
    {"an empty part", MIXED, "--b\r\n" SDP "\r\n\r\n--b--", "", 0},
    {"a longer boundary is another", MIXED, "--b\r\n" SDP "\r\nv=0\r\n--bb\r\n--b--", "v=0\r\n--bb", 0},
    {"no SDP", MIXED, "--b\r\n" TEXT "\r\nhi\r\n--b--", NULL, -ENOENT},
    {"no type at all", MIXED, "--b\r\n\r\nv=0\r\n--b--", NULL, -ENOENT},
    {"behind the last boundary", MIXED, "--b--\r\n--b\r\n" SDP "\r\nv=0\r\n--b--", NULL, -ENOENT},
    {"parts within parts",
     MIXED,
     "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\n" SDP "\r\nv=0\r\n--c--\r\n--b--",
     NULL,
     -ENOENT},
    {"base64", MIXED, "--b\r\n" SDP "Content-Transfer-Encoding: base64\r\n\r\ndj0w\r\n--b--", NULL,
     -ENOENT},
    {"gzip", MIXED, "--b\r\n" SDP "Content-Encoding: gzip\r\n\r\nx\r\n--b--", NULL, -ENOTSUP},
    {"gzip, in two compact names", MIXED, "--b\r\ne: gzip\r\nc: application/sdp\r\n\r\nx\r\n--b--",
     NULL, -ENOTSUP},
    {"identity", MIXED, "--b\r\n" SDP "Content-Encoding: Identity\r\n\r\nv=0\r\n--b--", "v=0", 0},
    {"gzip, and then one to be read", MIXED,
     "--b\r\n" SDP "Content-Encoding: gzip\r\n\r\nx\r\n--b\r\n" SDP "\r\nv=0\r\n--b--", "v=0", 0},
    {"gzip of something else", MIXED, "--b\r\n" TEXT "Content-Encoding: gzip\r\n\r\nx\r\n--b--", NULL,
     -ENOENT},
    {"never closed", MIXED, "--b\r\n" SDP "\r\nv=0\r\n", NULL, -ENOENT},
    {"cut off in the headers", MIXED, "--b\r\n" SDP "--b--", NULL, -ENOENT},
    {"nothing", MIXED, "", NULL, -ENOENT},
    {"no multipart", "application/sdp", "--b\r\n" SDP "\r\nv=0\r\n--b--", NULL, -EBADMSG},
    {"no boundary", "multipart/mixed", "--b\r\n" SDP "\r\nv=0\r\n--b--", NULL, -EBADMSG},
    {"an empty boundary", "multipart/mixed;boundary=\"\"", "--\r\n" SDP "\r\nv=0\r\n----", NULL,
     -EBADMSG},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice body = exact_copy(row->body), part = {0};
    int err = sip_multipart_find(body, slice_of(row->content_type), SLICE("application"),
                                 SLICE("sdp"), &part);

    assert_int_equal(err, row->err);
    if (row->part)
        assert_true(slice_eq(part, slice_of(row->part)));
    free((void *)body.p);
}

int main(void)
{
    return RUN_ROWS("sip/multipart", rows, check_row);
}
