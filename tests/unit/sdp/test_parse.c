#include "sdp/parse.h"

#include <errno.h>

#include "base/buf.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define HEAD "v=0\r\no=- 1 2 IN IP4 a.example\r\ns=-\r\n"
#define M "m=audio 4000 RTP/AVP 0\r\n"

static const struct row {
    const char *name, *in;
    int err;
    size_t n_media;
} rows[] = {
    {"the least that works", "v=0\no=- 1 2 IN IP4 a\n", 0, 0},
    {"CRLF", HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\n" M, 0, 1},
    {"LF", "v=0\no=- 1 2 IN IP4 a\ns=x\nt=0 0\nm=audio 1 RTP/AVP 0\n", 0, 1},
    {"no end of the last line", HEAD "m=audio 4000 RTP/AVP 0", 0, 1},
    {"empty lines at the end", HEAD M "\r\n\r\n", 0, 1},
    {"an empty line in the middle", HEAD "\r\n" M, -EBADMSG, 0},
    {"lines that nobody needs", HEAD "i=x\r\nu=y\r\ne=z\r\np=1\r\nb=AS:64\r\nk=clear:x\r\nr=1 2 3\r\n"
     M "i=a\r\nb=TIAS:64000\r\nk=prompt\r\n", 0, 1},
    {"a letter that RFC 8866 does not know", HEAD "y=1\r\n" M, 0, 1},
    {"an empty value", HEAD "s=\r\n" M, 0, 1},
    {"a user name with bytes above 127", "v=0\no=J\xc3\xb6rg 1 2 IN IP4 a\n", 0, 0},
    {"ids longer than 64 bits", "v=0\no=- 99999999999999999999999 99999999999999999999 IN IP4 a\n",
     0, 0},
    {"nothing", "", -EBADMSG, 0},
    {"no v=", "o=- 1 2 IN IP4 a\n", -EBADMSG, 0},
    {"another version", "v=1\no=- 1 2 IN IP4 a\n", -EBADMSG, 0},
    {"no o=", "v=0\ns=-\n", -EBADMSG, 0},
    {"o= with too few parts", "v=0\no=- 1 2 IN IP4\n", -EBADMSG, 0},
    {"o= with a version that is no number", "v=0\no=- 1 x IN IP4 a\n", -EBADMSG, 0},
    {"a line without =", HEAD "audio\r\n", -EBADMSG, 0},
    {"a line of one letter", HEAD "m\r\n", -EBADMSG, 0},
    {"c= with too few parts", HEAD "c=IN IP4\r\n", -EBADMSG, 0},
    {"t= that is no time", HEAD "t=now then\r\n", -EBADMSG, 0},
    {"port 65535", HEAD "m=audio 65535 RTP/AVP 0\r\n", 0, 1},
    {"port 65536", HEAD "m=audio 65536 RTP/AVP 0\r\n", -EBADMSG, 0},
    {"a port that is no number", HEAD "m=audio x RTP/AVP 0\r\n", -EBADMSG, 0},
    {"a negative port", HEAD "m=audio -1 RTP/AVP 0\r\n", -EBADMSG, 0},
    {"a number of ports", HEAD "m=audio 4000/2 RTP/AVP 0\r\n", 0, 1},
    {"a number of ports left out", HEAD "m=audio 4000/ RTP/AVP 0\r\n", -EBADMSG, 0},
    {"no formats", HEAD "m=audio 4000 RTP/AVP\r\n", -EBADMSG, 0},
    {"no protocol", HEAD "m=audio 4000\r\n", -EBADMSG, 0},
    {"blanks between and behind the formats", HEAD "m=audio 4000 RTP/AVP 0  8 \r\n", 0, 1},
    {"formats that are no numbers", HEAD "m=message 2855 TCP/MSRP *\r\nm=image 5 udptl t38\r\n", 0,
     2},
    {"a control character in m=", HEAD "m=audio 4000 RTP/AVP 0\x1b[2J\r\n", -EBADMSG, 0},
    {"a CR in the middle of m=", HEAD "m=audio 4000 RTP/AVP 0\r8\r\n", -EBADMSG, 0},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct sdp_model model;

    assert_int_equal(sdp_parse(in, &model), row->err);
    if (!row->err)
        assert_int_equal(model.n_media, row->n_media);
    exact_free(in);
}

static void finds_what_stands_where(void **state)
{
    struct slice in = exact_copy(HEAD "c=IN IP4 192.0.2.1\r\nb=AS:1\r\nt=3 4\r\na=recvonly\r\n"
                                      "m=audio 4000 RTP/AVP 0 8\r\na=ptime:20\r\n"
                                      "m=video 4002 RTP/SAVP 31\r\nc=IN IP6 2001:db8::1\r\n"
                                      "a=x\r\na=y");
    struct sdp_model m;

    (void)state;
    assert_int_equal(sdp_parse(in, &m), 0);
    assert_slice(m.session_id, "1");
    assert_slice(m.session_version, "2");
    assert_slice(m.time, "3 4");
    assert_slice(m.lines, "s=-\r\nc=IN IP4 192.0.2.1\r\nb=AS:1\r\nt=3 4\r\na=recvonly\r\n");
    assert_slice(m.media[0].type, "audio");
    assert_int_equal(m.media[0].port, 4000);
    assert_slice(m.media[0].proto, "RTP/AVP");
    assert_slice(m.media[0].formats, "0 8");
    assert_slice(m.media[0].connection.host, "192.0.2.1");
    assert_slice(m.media[0].lines, "a=ptime:20\r\n");
    assert_slice(m.media[1].connection.host, "2001:db8::1");
    assert_slice(m.media[1].lines, "c=IN IP6 2001:db8::1\r\na=x\r\na=y");
    exact_free(in);
}

static const struct connection_row {
    const char *name, *value, *host;
    bool multicast;
} connection_rows[] = {
    {"c=: IPv4", "IN IP4 192.0.2.1", "192.0.2.1", false},
    {"c=: IPv6", "IN IP6 2001:db8::1", "2001:db8::1", false},
    {"c=: any case", "in ip4 192.0.2.1", "192.0.2.1", false},
    {"c=: a host name", "IN IP4 media.example", "media.example", false},
    {"c=: with a TTL", "IN IP4 233.252.0.1/127", "233.252.0.1", true},
    {"c=: with a TTL and a number", "IN IP4 233.252.0.1/127/3", "233.252.0.1", true},
    {"c=: an unknown network", "ATM NSAP 47.0091", "", false},
    {"c=: an unknown type of address", "IN IP9 1", "", false},
};

static void check_connection(void **state)
{
    const struct connection_row *row = *state;
    struct buf b = buf_new(200);
    struct sdp_model m;

    buf_printf(&b, HEAD "c=%s\r\n" M, row->value);
    assert_int_equal(sdp_parse(buf_slice(&b), &m), 0);
    assert_true(m.media[0].connection.there);
    assert_slice(m.media[0].connection.host, row->host);
    assert_int_equal(m.media[0].connection.multicast, row->multicast);
    buf_free(&b);
}

static const struct limit_row {
    const char *name, *head, *each;
    size_t n; /* the limit */
} limit_rows[] = {
    {"limit: m= lines", HEAD, "m=audio 4000 RTP/AVP 0\r\n", 8},
    {"limit: formats", HEAD "m=audio 4000 RTP/AVP", " 0", 64},
    {"limit: attributes of the session", HEAD, "a=x\r\n", 256},
    {"limit: attributes of a medium", HEAD M, "a=x\r\n", 256},
};

static void check_limit(void **state)
{
    const struct limit_row *row = *state;
    struct buf b = buf_new(20000);
    struct sdp_model m;

    buf_puts(&b, row->head);
    for (size_t i = 0; i < row->n; i++)
        buf_puts(&b, row->each);
    assert_int_equal(sdp_parse(buf_slice(&b), &m), 0);
    buf_puts(&b, row->each);
    assert_int_equal(sdp_parse(buf_slice(&b), &m), -EBADMSG);
    buf_free(&b);
}

static void nul_and_size_are_refused(void **state)
{
    struct buf b = buf_new(2 * SDP_MAX_BYTES);
    struct sdp_model m;

    (void)state;
    assert_int_equal(sdp_parse(SLICE(HEAD "a=x\0y\r\n"), &m), -EBADMSG);
    buf_puts(&b, HEAD "i=");
    while (b.n < SDP_MAX_BYTES)
        buf_putc(&b, 'x');
    assert_int_equal(sdp_parse(buf_slice(&b), &m), 0);
    buf_putc(&b, 'x');
    assert_int_equal(sdp_parse(buf_slice(&b), &m), -EBADMSG);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_stands_where),
        cmocka_unit_test(nul_and_size_are_refused),
    };

    return RUN_ROWS("sdp/parse rows", rows, check_row) +
           RUN_ROWS("sdp/parse connections", connection_rows, check_connection) +
           RUN_ROWS("sdp/parse limits", limit_rows, check_limit) +
           cmocka_run_group_tests_name("sdp/parse", tests, NULL, NULL);
}
