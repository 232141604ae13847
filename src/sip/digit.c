#include "sip/digit.h"

#include <errno.h>

#include "base/scan.h"

/* Some write the number of RFC 4733's event where a letter is meant, of flash above all. */
static const struct {
    struct slice word;
    char digit;
} words[] = {
    {SLICE_INIT("star"), '*'},  {SLICE_INIT("pound"), '#'}, {SLICE_INIT("hash"), '#'},
    {SLICE_INIT("flash"), '!'}, {SLICE_INIT("hf"), '!'},    {SLICE_INIT("10"), '*'},
    {SLICE_INIT("11"), '#'},    {SLICE_INIT("12"), 'A'},    {SLICE_INIT("13"), 'B'},
    {SLICE_INIT("14"), 'C'},    {SLICE_INIT("15"), 'D'},    {SLICE_INIT("16"), '!'},
};

/* 0: it is no key. */
static char key_of(struct slice value)
{
    char c = value.n == 1 ? value.p[0] : '\0';

    if (c >= 'a' && c <= 'd')
        c = (char)(c - 'a' + 'A');
    if (is_digit(c) || c == '*' || c == '#' || c == '!' || (c >= 'A' && c <= 'D'))
        return c;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (slice_ieq(value, words[i].word))
            return words[i].digit;
    return '\0';
}

/* "name = value" of a line, in any case and with any blanks. */
static struct slice value_of(struct slice line, struct slice name)
{
    struct slice found = slice_trim(slice_cut(&line, '='));

    return line.p && slice_ieq(found, name) ? slice_trim(line) : (struct slice){0};
}

static int read_relay(struct slice body, struct sip_digit *out)
{
    uint64_t ms;

    while (body.n) {
        struct slice line = slice_trim(slice_cut(&body, '\n'));
        struct slice signal = value_of(line, SLICE("Signal"));
        struct slice duration = value_of(line, SLICE("Duration"));

        if (signal.n && !out->digit)
            out->digit = key_of(signal);
        if (duration.n && slice_number(duration, SIP_DIGIT_MOST_MS, &ms) == 0 && ms > 0)
            out->ms = (unsigned)ms;
        else if (duration.n && slice_number(duration, SIP_DIGIT_MOST_MS, &ms) == -ERANGE)
            out->ms = SIP_DIGIT_MOST_MS;
    }
    return out->digit ? 0 : -EBADMSG;
}

int sip_digit_read(const struct sip_msg *info, struct sip_digit *out)
{
    struct slice body = slice_trim(info->body);

    *out = (struct sip_digit){.ms = SIP_DIGIT_MS};
    if (!body.n)
        return -ENODATA;
    if (sip_msg_body_is_packed(info))
        return -ENOTSUP;
    if (sip_msg_body_is(info, SLICE("application"), SLICE("dtmf-relay")))
        return read_relay(body, out);
    if (!sip_msg_body_is(info, SLICE("application"), SLICE("dtmf")))
        return -ENOTSUP;
    out->digit = key_of(body);
    return out->digit ? 0 : read_relay(body, out);
}

void sip_digit_put(struct buf *out, const struct sip_digit *digit)
{
    buf_printf(out, "Signal=%c\r\nDuration=%u\r\n", digit->digit, digit->ms);
}
