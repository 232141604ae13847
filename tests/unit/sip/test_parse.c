#include "sip/parse.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define START "OPTIONS sip:b@example.com SIP/2.0\r\n"
#define HEADERS(method)                                                                            \
    "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKq7\r\nFrom: <sip:a@example.net>;tag=c1\r\n"          \
    "To: <sip:b@example.com>\r\nCall-ID: 1@192.0.2.7\r\nCSeq: 8 " method "\r\n"
#define OPTIONS START HEADERS("OPTIONS")
#define ANSWER(line) line "\r\n" HEADERS("INVITE") "\r\n"

enum { DATAGRAM, STREAM };

/* clang-format off */
static const struct row {
    const char *name, *in;
    int from, err;
    unsigned status; /* with -EBADMSG: what can be answered, 0: nothing */
    const char *body;
} rows[] = {
    {"a small request", OPTIONS "\r\n", DATAGRAM, 0, 0, ""},
    {"line ends before it (7.5)", "\r\n\r\n" OPTIONS "\r\n", DATAGRAM, 0, 0, ""},
    {"lines that end in LF alone",
     "OPTIONS sip:b@h SIP/2.0\nVia: SIP/2.0/UDP h\nFrom: <sip:a@h>\nTo: <sip:b@h>\nCall-ID: 1\n"
     "CSeq: 1 OPTIONS\n\nxyz", DATAGRAM, 0, 0, "xyz"},
    {"a body that begins with a blank", OPTIONS "\r\n x", DATAGRAM, 0, 0, " x"},
    {"a fold of nothing but blanks", OPTIONS "Subject: a\r\n \r\n\r\n", DATAGRAM, 0, 0, ""},
    {"nothing at all", "", DATAGRAM, -ENODATA, 0, NULL},
    {"a keep-alive", "\r\n\r\n", DATAGRAM, -ENODATA, 0, NULL},
    {"a word", "hello", DATAGRAM, -EBADMSG, 0, NULL},
    {"a line", "hello world\r\n", DATAGRAM, -EBADMSG, 0, NULL},
    {"no empty line", OPTIONS, DATAGRAM, -EBADMSG, 400, NULL},
    {"a header without colon", OPTIONS "nonsense\r\n\r\n", DATAGRAM, -EBADMSG, 400, NULL},
    {"a header without name", OPTIONS ": x\r\n\r\n", DATAGRAM, -EBADMSG, 400, NULL},
    {"a blank in a name", OPTIONS "a b: x\r\n\r\n", DATAGRAM, -EBADMSG, 400, NULL},
    {"blanks before the colon", OPTIONS "X-Y \t: x\r\n\r\n", DATAGRAM, 0, 0, ""},
    {"an empty value", OPTIONS "Subject:\r\n\r\n", DATAGRAM, 0, 0, ""},
    {"a fold before the first header", START " x: y\r\n" HEADERS("OPTIONS") "\r\n", DATAGRAM,
     -EBADMSG, 400, NULL},
    {"no Via", START "From: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
     DATAGRAM, -EBADMSG, 0, NULL},
    {"no To", START "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
     DATAGRAM, -EBADMSG, 400, NULL},
    {"an empty Call-ID", START "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID:\r\n"
     "CSeq: 1 OPTIONS\r\n\r\n", DATAGRAM, -EBADMSG, 400, NULL},
    {"a blank in Call-ID", START "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\n"
     "Call-ID: a b\r\nCSeq: 1 OPTIONS\r\n\r\n", DATAGRAM, -EBADMSG, 400, NULL},
    {"To: *", START "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: *\r\nCall-ID: 1\r\n"
     "CSeq: 1 OPTIONS\r\n\r\n", DATAGRAM, -EBADMSG, 400, NULL},
    {"a method in small letters is another (7.1)", "options sip:b@h SIP/2.0\r\n" HEADERS("OPTIONS")
     "\r\n", DATAGRAM, -EBADMSG, 400, NULL},
    {"an unknown method", "DANCE sip:b@h SIP/2.0\r\n" HEADERS("DANCE") "\r\n", DATAGRAM, 0, 0, ""},
    {"a malformed method", "DA(NCE sip:b@h SIP/2.0\r\n" HEADERS("DANCE") "\r\n", DATAGRAM, -EBADMSG,
     400, NULL},
    {"SIP/1.0", "OPTIONS sip:b@h SIP/1.0\r\n" HEADERS("OPTIONS") "\r\n", DATAGRAM, -EBADMSG, 505,
     NULL},
    {"HTTP", "OPTIONS sip:b@h HTTP/1.1\r\n" HEADERS("OPTIONS") "\r\n", DATAGRAM, -EBADMSG, 400,
     NULL},
    {"an ACK is never answered (17)", "ACK sip:b@h SIP/2.0\r\n" HEADERS("INVITE") "\r\n", DATAGRAM,
     -EBADMSG, 0, NULL},
    {"Content-Length cuts a datagram", OPTIONS "Content-Length: 2\r\n\r\nabc", DATAGRAM, 0, 0, "ab"},
    {"a datagram ends its body", OPTIONS "\r\nabc", DATAGRAM, 0, 0, "abc"},
    {"a datagram too short for it", OPTIONS "Content-Length: 4\r\n\r\nabc", DATAGRAM, -EBADMSG, 400,
     NULL},
    {"a stream needs Content-Length (18.3)", OPTIONS "\r\n", STREAM, -EBADMSG, 400, NULL},
    {"a stream with it", OPTIONS "l: 3\r\n\r\nabc", STREAM, 0, 0, "abc"},
    {"a stream with more than it", OPTIONS "l: 2\r\n\r\nabc", STREAM, -EBADMSG, 400, NULL},
    {"a stream with two", OPTIONS "l: 3\r\nContent-Length: 3\r\n\r\nabc", STREAM, -EBADMSG, 400,
     NULL},
    {"two Subjects are borne", OPTIONS "s: a\r\nSubject: b\r\n\r\n", DATAGRAM, 0, 0, ""},
    {"two Max-Forwards are not", OPTIONS "Max-Forwards: 1\r\nMax-Forwards: 1\r\n\r\n", DATAGRAM,
     -EBADMSG, 400, NULL},
    {"Max-Forwards with two values", OPTIONS "Max-Forwards: 1, 1\r\n\r\n", DATAGRAM, -EBADMSG, 400,
     NULL},

    {"status 100", ANSWER("SIP/2.0 100 Trying"), DATAGRAM, 0, 0, ""},
    {"status 699", ANSWER("SIP/2.0 699 Odd"), DATAGRAM, 0, 0, ""},
    {"status 099", ANSWER("SIP/2.0 099 Odd"), DATAGRAM, -EBADMSG, 0, NULL},
    {"status 700", ANSWER("SIP/2.0 700 Odd"), DATAGRAM, -EBADMSG, 0, NULL},
    {"status of two digits", ANSWER("SIP/2.0 20 OK"), DATAGRAM, -EBADMSG, 0, NULL},
    {"no reason, not even its blank", ANSWER("SIP/2.0 200"), DATAGRAM, 0, 0, ""},
    {"a response of another version", ANSWER("SIP/3.0 200 OK"), DATAGRAM, -EBADMSG, 0, NULL},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sip_msg msg;

    assert_int_equal(sip_parse(in, row->from == DATAGRAM, &msg), row->err);
    assert_int_equal(msg.can_answer && row->err == -EBADMSG, row->status != 0);
    if (row->status)
        assert_int_equal(msg.error_status, row->status);
    if (!row->err)
        assert_slice(msg.body, row->body);
    exact_free(in);
}

/* A message that a row makes by size. */
static const struct big {
    const char *name;
    size_t headers, value_n, body_n;
    int err;
} bigs[] = {
    {"128 headers", 128 - 5, 1, 0, 0},
    {"129 headers", 129 - 5, 1, 0, -EBADMSG},
    {"a header line of 8192 bytes", 1, 8192 - 3, 0, 0},
    {"one of 8193", 1, 8193 - 3, 0, -EBADMSG},
    {"a message of 65535 bytes", 0, 0, 65535, 0},
    {"one of 65536", 0, 0, 65536, -EMSGSIZE},
};

static void check_big(void **state)
{
    const struct big *row = *state;
    struct buf b = buf_new(200000);
    struct sip_msg msg;
    struct slice in;

    buf_puts(&b, OPTIONS);
    for (size_t i = 0; i < row->headers; i++) {
        buf_puts(&b, "Y: ");
        for (size_t k = 0; k < row->value_n; k++)
            buf_putc(&b, 'v');
        buf_puts(&b, "\r\n");
    }
    buf_puts(&b, "\r\n");
    while (b.n < row->body_n)
        buf_putc(&b, 'b');
    in = exact_bytes(b.p, b.n);
    assert_int_equal(sip_parse(in, true, &msg), row->err);
    assert_int_equal(msg.can_answer, row->err != -EMSGSIZE);
    exact_free(in);
    buf_free(&b);
}

static const struct nul {
    const char *name;
    struct slice in;
    int err;
} nuls[] = {
    {"NUL in a value", SLICE_INIT(OPTIONS "Subject: a\0b\r\n\r\n"), -EBADMSG},
    {"NUL in the Request-URI",
     SLICE_INIT("OPTIONS sip:\0@h SIP/2.0\r\n" HEADERS("OPTIONS") "\r\n"), -EBADMSG},
    {"NUL in a name", SLICE_INIT(OPTIONS "X\0: a\r\n\r\n"), -EBADMSG},
    {"NUL escaped in quotes (25.1 quoted-pair)", SLICE_INIT(OPTIONS "X: \"\\\0\"\r\n\r\n"), 0},
    {"NUL in the body", SLICE_INIT(OPTIONS "\r\n\0"), 0},
};

static void check_nul(void **state)
{
    const struct nul *row = *state;
    struct slice in = exact_bytes(row->in.p, row->in.n);
    struct sip_msg msg;

    assert_int_equal(sip_parse(in, true, &msg), row->err);
    exact_free(in);
}

int main(void)
{
    return RUN_ROWS("sip/parse", rows, check_row) +
           RUN_ROWS("sip/parse: limits", bigs, check_big) +
           RUN_ROWS("sip/parse: NUL", nuls, check_nul);
}
