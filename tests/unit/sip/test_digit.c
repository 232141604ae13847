/* Keys in bodies of INFO, as telephones and gateways write them. */
#include <errno.h>

#include "sip/digit.h"
#include "sip/parse.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define RELAY "application/dtmf-relay"
#define PLAIN "application/dtmf"

static const struct row {
    const char *name, *type, *body;
    int err;
    char digit;
    unsigned ms;
} rows[] = {
    {"as most write it", RELAY, "Signal=5\r\nDuration=160\r\n", 0, '5', 160},
    {"with blanks, LF and other letters", RELAY, " signal = # \nDURATION= 250 \n", 0, '#', 250},
    {"without its last line end", RELAY, "Signal=*\r\nDuration=100", 0, '*', 100},
    {"the duration first", RELAY, "Duration=90\r\nSignal=D\r\n", 0, 'D', 90},
    {"no duration", RELAY, "Signal=0\r\n", 0, '0', SIP_DIGIT_MS},
    {"a duration that is none", RELAY, "Signal=0\r\nDuration=long\r\n", 0, '0', SIP_DIGIT_MS},
    {"a duration of nothing", RELAY, "Signal=0\r\nDuration=0\r\n", 0, '0', SIP_DIGIT_MS},
    {"a duration beyond all measure", RELAY, "Signal=0\r\nDuration=99999999999999999999\r\n", 0, '0',
     SIP_DIGIT_MOST_MS},
    {"small letters", RELAY, "Signal=c\r\n", 0, 'C', SIP_DIGIT_MS},
    {"the number of the event", RELAY, "Signal=11\r\n", 0, '#', SIP_DIGIT_MS},
    {"flash", RELAY, "Signal=flash\r\n", 0, '!', SIP_DIGIT_MS},
    {"flash as a number", RELAY, "Signal=16\r\n", 0, '!', SIP_DIGIT_MS},
    {"the first of two keys", RELAY, "Signal=1\r\nSignal=2\r\n", 0, '1', SIP_DIGIT_MS},
    {"lines that we do not know", RELAY, "Volume=3\r\nSignal=1\r\nx\r\n", 0, '1', SIP_DIGIT_MS},
    {"parameters of the type", RELAY ";charset=utf-8", "Signal=1\r\n", 0, '1', SIP_DIGIT_MS},
    {"the other type", PLAIN, "7", 0, '7', SIP_DIGIT_MS},
    {"the other type with a line end", PLAIN, "#\r\n", 0, '#', SIP_DIGIT_MS},
    {"the other type, written like the first", PLAIN, "Signal=3\r\nDuration=80\r\n", 0, '3', 80},
    {"no body", RELAY, "", -ENODATA, 0, 0},
    {"no signal", RELAY, "Duration=100\r\n", -EBADMSG, 0, 0},
    {"a signal that is no key", RELAY, "Signal=x\r\n", -EBADMSG, 0, 0},
    {"an empty signal", RELAY, "Signal=\r\n", -EBADMSG, 0, 0},
    {"two keys in one", PLAIN, "12345", -EBADMSG, 0, 0},
    {"another type", "application/media_control+xml", "<x/>", -ENOTSUP, 0, 0},
    {"text", "text/plain", "5", -ENOTSUP, 0, 0},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf text = buf_new(2048);
    struct sip_digit digit;
    struct sip_msg msg;
    struct slice in;

    buf_printf(&text,
               "INFO sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:b@h>;tag=b\r\n"
               "To: <sip:a@h>;tag=a\r\nCall-ID: c\r\nCSeq: 2 INFO\r\nContent-Type: %s\r\n"
               "Content-Length: %u\r\n\r\n%s",
               row->type, (unsigned)strlen(row->body), row->body);
    in = exact_bytes(buf_slice(&text).p, buf_slice(&text).n);
    assert_int_equal(sip_parse(in, true, &msg), 0);
    assert_int_equal(sip_digit_read(&msg, &digit), row->err);
    if (!row->err) {
        assert_int_equal(digit.digit, row->digit);
        assert_int_equal(digit.ms, row->ms);
    }
    exact_free(in);
    buf_free(&text);
}

static void ours_is_what_most_write(void **state)
{
    struct sip_digit digit = {'#', 100};
    struct buf out = buf_new(100);

    (void)state;
    sip_digit_put(&out, &digit);
    assert_slice(buf_slice(&out), "Signal=#\r\nDuration=100\r\n");
    buf_free(&out);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {cmocka_unit_test(ours_is_what_most_write)};

    return RUN_ROWS("sip/digit", rows, check_row) +
           cmocka_run_group_tests_name("sip/digit", rest, NULL, NULL);
}
