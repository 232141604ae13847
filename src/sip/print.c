#include "sip/print.h"

#include <string.h>

/* clang-format off */
static const struct phrase {
    unsigned status;
    struct slice text;
} phrases[] = { /* RFC 3261 21 where nothing else is said; sorted */
    {100, SLICE_INIT("Trying")},
    {180, SLICE_INIT("Ringing")},
    {181, SLICE_INIT("Call Is Being Forwarded")},
    {182, SLICE_INIT("Queued")},
    {183, SLICE_INIT("Session Progress")},
    {199, SLICE_INIT("Early Dialog Terminated")},           /* RFC 6228 */
    {200, SLICE_INIT("OK")},
    {202, SLICE_INIT("Accepted")},                          /* RFC 6665 */
    {204, SLICE_INIT("No Notification")},                   /* RFC 5839 */
    {300, SLICE_INIT("Multiple Choices")},
    {301, SLICE_INIT("Moved Permanently")},
    {302, SLICE_INIT("Moved Temporarily")},
    {305, SLICE_INIT("Use Proxy")},
    {380, SLICE_INIT("Alternative Service")},
    {400, SLICE_INIT("Bad Request")},
    {401, SLICE_INIT("Unauthorized")},
    {402, SLICE_INIT("Payment Required")},
    {403, SLICE_INIT("Forbidden")},
    {404, SLICE_INIT("Not Found")},
    {405, SLICE_INIT("Method Not Allowed")},
    {406, SLICE_INIT("Not Acceptable")},
    {407, SLICE_INIT("Proxy Authentication Required")},
    {408, SLICE_INIT("Request Timeout")},
    {410, SLICE_INIT("Gone")},
    {412, SLICE_INIT("Conditional Request Failed")},        /* RFC 3903 */
    {413, SLICE_INIT("Request Entity Too Large")},
    {414, SLICE_INIT("Request-URI Too Long")},
    {415, SLICE_INIT("Unsupported Media Type")},
    {416, SLICE_INIT("Unsupported URI Scheme")},
    {420, SLICE_INIT("Bad Extension")},
    {421, SLICE_INIT("Extension Required")},
    {422, SLICE_INIT("Session Interval Too Small")},        /* RFC 4028 */
    {423, SLICE_INIT("Interval Too Brief")},
    {430, SLICE_INIT("Flow Failed")},                       /* RFC 5626 */
    {433, SLICE_INIT("Anonymity Disallowed")},              /* RFC 5079 */
    {439, SLICE_INIT("First Hop Lacks Outbound Support")},  /* RFC 5626 */
    {440, SLICE_INIT("Max-Breadth Exceeded")},              /* RFC 5393 */
    {469, SLICE_INIT("Bad Info Package")},                  /* RFC 6086 */
    {480, SLICE_INIT("Temporarily Unavailable")},
    {481, SLICE_INIT("Call/Transaction Does Not Exist")},
    {482, SLICE_INIT("Loop Detected")},
    {483, SLICE_INIT("Too Many Hops")},
    {484, SLICE_INIT("Address Incomplete")},
    {485, SLICE_INIT("Ambiguous")},
    {486, SLICE_INIT("Busy Here")},
    {487, SLICE_INIT("Request Terminated")},
    {488, SLICE_INIT("Not Acceptable Here")},
    {489, SLICE_INIT("Bad Event")},                         /* RFC 6665 */
    {491, SLICE_INIT("Request Pending")},
    {493, SLICE_INIT("Undecipherable")},
    {494, SLICE_INIT("Security Agreement Required")},       /* RFC 3329 */
    {500, SLICE_INIT("Server Internal Error")},
    {501, SLICE_INIT("Not Implemented")},
    {502, SLICE_INIT("Bad Gateway")},
    {503, SLICE_INIT("Service Unavailable")},
    {504, SLICE_INIT("Server Time-out")},
    {505, SLICE_INIT("Version Not Supported")},
    {513, SLICE_INIT("Message Too Large")},
    {580, SLICE_INIT("Precondition Failure")},              /* RFC 3312 */
    {600, SLICE_INIT("Busy Everywhere")},
    {603, SLICE_INIT("Decline")},
    {604, SLICE_INIT("Does Not Exist Anywhere")},
    {606, SLICE_INIT("Not Acceptable")},
    {607, SLICE_INIT("Unwanted")},                          /* RFC 8197 */
};
/* clang-format on */

/* RFC 3261 8.1.3.2: an unknown status counts as the x00 of its class. */
static const struct slice classes[] = {
    SLICE_INIT("Unknown"),        SLICE_INIT("Session Progress"), SLICE_INIT("OK"),
    SLICE_INIT("Redirection"),    SLICE_INIT("Request Failure"),  SLICE_INIT("Server Failure"),
    SLICE_INIT("Global Failure"),
};

struct slice sip_reason_phrase(unsigned status)
{
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].text;
    return classes[status < 700 ? status / 100 : 0];
}

static bool breaks_line(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

/* Whether one of eight bytes is below 14, as CR, LF and NUL are: only there a borrow reaches the
 * top bit of a byte that has none. */
static bool has_low_byte(const char *p)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return (word - ones * 14) & ~word & ones << 7;
}

/* Eight bytes at a time, the last eight perhaps twice; each byte only where that finds
 * something. */
static bool is_one_line(struct slice text)
{
    bool suspect = text.n < 8 || has_low_byte(text.p + text.n - 8);

    for (size_t i = 0; !suspect && i + 8 < text.n; i += 8)
        suspect = has_low_byte(text.p + i);
    for (size_t i = 0; suspect && i < text.n; i++)
        if (breaks_line(text.p[i]))
            return false;
    return true;
}

void sip_put_text(struct buf *b, struct slice value)
{
    if (is_one_line(value))
        buf_put(b, value);
    else
        b->failed = true;
}

void sip_put_request_line(struct buf *b, struct slice method, struct slice uri)
{
    sip_put_text(b, method);
    buf_putc(b, ' ');
    sip_put_text(b, uri);
    buf_put(b, SLICE(" SIP/2.0\r\n"));
}

void sip_put_status_line(struct buf *b, unsigned status, struct slice reason)
{
    buf_put(b, SLICE("SIP/2.0 "));
    buf_putu(b, status);
    buf_putc(b, ' ');
    sip_put_text(b, reason.n > 0 ? reason : sip_reason_phrase(status));
    buf_put(b, SLICE("\r\n"));
}

static void put_line(struct buf *b, struct slice name, struct slice value)
{
    char *p;

    if (!is_one_line(value)) {
        b->failed = true;
        return;
    }
    p = buf_room(b, name.n + value.n + 4);
    if (!p)
        return;
    memcpy(p, name.p, name.n);
    memcpy(p + name.n, ": ", 2);
    if (value.n > 0)
        memcpy(p + name.n + 2, value.p, value.n);
    memcpy(p + name.n + 2 + value.n, "\r\n", 2);
}

void sip_put_header_named(struct buf *b, struct slice name, struct slice value)
{
    if (name.n > 0 && is_one_line(name))
        put_line(b, name, value);
    else
        b->failed = true;
}

void sip_put_header(struct buf *b, enum sip_hdr id, struct slice value)
{
    put_line(b, sip_header_name(id), value);
}

void sip_put_header_number(struct buf *b, enum sip_hdr id, uint64_t value)
{
    buf_put(b, sip_header_name(id));
    buf_put(b, SLICE(": "));
    buf_putu(b, value);
    buf_put(b, SLICE("\r\n"));
}

void sip_put_copied_text(struct buf *b, struct slice value)
{
    if (is_one_line(value)) {
        buf_put(b, value);
        return;
    }
    for (size_t i = 0; i < value.n; i++)
        buf_putc(b, breaks_line(value.p[i]) ? ' ' : value.p[i]);
}

void sip_put_copied(struct buf *b, enum sip_hdr id, struct slice value)
{
    buf_put(b, sip_header_name(id));
    buf_put(b, SLICE(": "));
    sip_put_copied_text(b, value);
    buf_put(b, SLICE("\r\n"));
}

void sip_put_body(struct buf *b, struct slice content_type, struct slice body)
{
    if (body.n > 0)
        sip_put_header(b, SIP_HDR_CONTENT_TYPE, content_type);
    sip_put_header_number(b, SIP_HDR_CONTENT_LENGTH, body.n);
    buf_put(b, SLICE("\r\n"));
    buf_put(b, body);
}
