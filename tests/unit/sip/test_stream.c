#include "sip/stream.h"

#include <errno.h>

#include "base/buf.h"
#include "sip/limits.h"
#include "sip/parse.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define HEADERS                                                                                    \
    "Via: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n"             \
    "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
#define MESSAGE "MESSAGE sip:b@h SIP/2.0\r\n" HEADERS
#define HELLO MESSAGE "Content-Length: 5\r\n\r\nhello"
#define EMPTY MESSAGE "l:0\r\n\r\n"

/* What is found, a letter each: m message, p ping, b broken with a header section to answer,
 * x broken without. */
static const struct row {
    const char *name, *in, *found;
    bool inside; /* at the end a message has begun */
} rows[] = {
    {"one message", HELLO, "m", false},
    {"three in one segment", HELLO EMPTY HELLO, "mmm", false},
    {"a body cut short", MESSAGE "Content-Length: 5\r\n\r\nhell", "", true},
    {"a header section cut short", MESSAGE "Content-Length: 0\r\n", "", true},
    {"lines that end in LF", "MESSAGE sip:b@h SIP/2.0\nContent-Length: 2\n\nab" EMPTY, "mm", false},
    {"Content-Length in any case, folded, with blanks", MESSAGE "cOnTent-leNgth  :\r\n  1 \r\n\r\nx",
     "m", false},
    {"a body that looks like messages", MESSAGE "l: 8\r\n\r\n\r\n\r\n\r\n\r\n" EMPTY, "mm", false},
    {"double CRLF is a ping (RFC 5626 4.4.1)", "\r\n\r\n", "p", false},
    {"pings between messages", "\r\n\r\n" HELLO "\r\n\r\n\r\n\r\n" EMPTY, "pmppm", false},
    {"one CRLF means nothing", "\r\n", "", false},
    {"one CRLF before a message (7.5)", "\r\n" HELLO, "m", false},
    {"three line ends before a message", "\r\n\r\n\r\n" HELLO, "pm", false},
    {"bare line feeds mean nothing", "\n\n\n" HELLO, "m", false},
    {"no Content-Length", MESSAGE "\r\nhello", "b", false},
    {"two Content-Lengths", MESSAGE "l: 1\r\nContent-Length: 1\r\n\r\nx" HELLO, "b", false},
    {"a negative Content-Length", MESSAGE "Content-Length: -1\r\n\r\nx", "b", false},
    {"a Content-Length beyond numbers", MESSAGE "l: 99999999999999999999999\r\n\r\n", "b", false},
    {"a Content-Length above 64 kB", MESSAGE "l: 65535\r\n\r\n", "b", false},
};

static void drain(struct sip_stream *stream, struct buf *found)
{
    enum sip_stream_found what;
    struct slice message;
    struct sip_msg msg;

    while ((what = sip_stream_next(stream, &message)) != SIP_STREAM_MORE) {
        if (what == SIP_STREAM_PING)
            buf_putc(found, 'p');
        else if (what == SIP_STREAM_MESSAGE)
            buf_putc(found, sip_parse(message, false, &msg) != -ENODATA && message.n ? 'm' : '?');
        else if (message.n == 0)
            buf_putc(found, 'x');
        else
            buf_putc(found, sip_parse(message, false, &msg) && msg.can_answer ? 'b' : '?');
    }
}

/* Cuts the input into segments of every length, from single bytes to all at once. */
static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice all = slice_of(row->in);

    for (size_t step = 1; step <= all.n; step++) {
        struct sip_stream *stream = sip_stream_new();
        struct buf found = buf_new(100);

        for (size_t at = 0; at < all.n; at += step) {
            struct slice part = slice_head(slice_skip(all, at), step);
            struct slice copy = exact_bytes(part.p, part.n);

            assert_int_equal(sip_stream_feed(stream, copy), 0);
            exact_free(copy);
            drain(stream, &found);
        }
        assert_slice(buf_slice(&found), row->found);
        assert_int_equal(sip_stream_is_inside(stream), row->inside);
        buf_free(&found);
        sip_stream_free(stream);
    }
}

static const struct endless {
    const char *name, *begin, *again;
    const char *found;
} endless[] = {
    {"a line that never ends", "MESSAGE ", "xxxxxxxx", "x"},
    {"headers that never end", "MESSAGE sip:b@h SIP/2.0\r\n", "X: y\r\n", "x"},
    {"empty lines that never end", "\r\n", "\n\n\n\n\n\n\n\n", ""},
};

/* 100 kB, of which the stream must not keep more than it has a use for. */
static void check_endless(void **state)
{
    const struct endless *row = *state;
    struct sip_stream *stream = sip_stream_new();
    struct buf found = buf_new(100);

    sip_stream_feed(stream, slice_of(row->begin));
    drain(stream, &found);
    for (size_t n = 0; n < 100000; n += slice_of(row->again).n) {
        assert_int_equal(sip_stream_feed(stream, slice_of(row->again)), 0);
        drain(stream, &found);
    }
    assert_slice(buf_slice(&found), row->found);
    buf_free(&found);
    sip_stream_free(stream);
}

/* The largest message there may be, and the largest segment. */
static void check_largest(void **state)
{
    struct sip_stream *stream = sip_stream_new();
    struct buf all = buf_new(2 * SIP_MAX_STREAM_FEED);
    struct slice message;

    (void)state;
    buf_puts(&all, MESSAGE "Content-Length: 65382\r\n\r\n");
    assert_int_equal(all.n, SIP_MAX_MESSAGE - 65382);
    while (all.n < SIP_MAX_MESSAGE)
        buf_putc(&all, 'b');
    assert_int_equal(sip_stream_feed(stream, buf_slice(&all)), 0);
    assert_int_equal(sip_stream_next(stream, &message), SIP_STREAM_MESSAGE);
    assert_int_equal(message.n, SIP_MAX_MESSAGE);
    while (all.n < SIP_MAX_STREAM_FEED + SIP_MAX_MESSAGE + 1)
        buf_putc(&all, 'b');
    assert_int_equal(sip_stream_feed(stream, buf_slice(&all)), -ENOMEM);
    buf_free(&all);
    sip_stream_free(stream);
}

int main(void)
{
    static const struct row largest[] = {{"64 kB at once", "", "", false}};

    return RUN_ROWS("sip/stream", rows, check_row) +
           RUN_ROWS("sip/stream: without end", endless, check_endless) +
           RUN_ROWS("sip/stream: limits", largest, check_largest);
}
