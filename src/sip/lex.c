#include "sip/lex.h"

#include <string.h>

enum {
    VISIBLE = SIP_URI | SIP_BARE_URI | SIP_DISPLAY,
    MARK = SIP_VALUE | VISIBLE,
    TOKEN = SIP_TOKEN | MARK,
    LETTER = SIP_HOST | TOKEN,
    DIGIT = SIP_IPV6 | LETTER,
};

/* clang-format off */
const uint8_t sip_classes[256] = {
    [0 ... '\t' - 1] = SIP_DISPLAY,
    ['\t' ... '\n'] = SIP_BLANK | SIP_DISPLAY,
    ['\n' + 1 ... '\r' - 1] = SIP_DISPLAY,
    ['\r'] = SIP_BLANK | SIP_DISPLAY,
    ['\r' + 1 ... ' ' - 1] = SIP_DISPLAY,
    [' '] = SIP_BLANK | SIP_DISPLAY,
    ['!'] = TOKEN, ['%'] = TOKEN, ['\''] = TOKEN, ['*'] = TOKEN, ['+'] = TOKEN, ['`'] = TOKEN,
    ['~'] = TOKEN, ['-'] = LETTER, ['.'] = DIGIT, ['_'] = LETTER,
    ['0' ... '9'] = DIGIT, ['A' ... 'F'] = DIGIT, ['G' ... 'Z'] = LETTER,
    ['a' ... 'f'] = DIGIT, ['g' ... 'z'] = LETTER,
    ['#'] = MARK, ['$'] = MARK, ['&'] = MARK, ['/'] = MARK, ['='] = MARK, ['@'] = MARK,
    ['['] = MARK, [']'] = MARK, ['|'] = MARK,
    [':'] = MARK | SIP_IPV6, /* in values too: RFC 5118 4.5 wants received without brackets borne */
    ['?'] = SIP_VALUE | SIP_URI | SIP_DISPLAY,
    ['('] = VISIBLE, [')'] = VISIBLE, ['\\'] = VISIBLE, ['^'] = VISIBLE, ['{'] = VISIBLE,
    ['}'] = VISIBLE,
    [','] = SIP_URI, [';'] = SIP_URI,
    [0x7f] = SIP_DISPLAY,
    [0x80 ... 0xff] = MARK,
};
/* clang-format on */

bool sip_is_all(struct slice s, unsigned class)
{
    for (size_t i = 0; i < s.n; i++)
        if (!sip_is(s.p[i], class))
            return false;
    return s.n > 0;
}

struct slice sip_scan_span(struct scan *s, unsigned class)
{
    struct slice span = {s->rest.p, 0};

    if (s->bad)
        return (struct slice){0};
    while (span.n < s->rest.n && sip_is(span.p[span.n], class))
        span.n++;
    s->bad = span.n == 0;
    s->rest = slice_skip(s->rest, span.n);
    return span;
}

bool sip_scan_sep(struct scan *s, char c)
{
    sip_scan_blanks(s);
    if (s->bad || s->rest.n == 0 || *s->rest.p != c)
        return false;
    s->rest.p++;
    s->rest.n--;
    sip_scan_blanks(s);
    return true;
}

struct slice sip_scan_quoted(struct scan *s)
{
    const char *from, *at, *end;

    scan_must(s, '"');
    if (s->bad)
        return (struct slice){0};
    from = s->rest.p;
    end = from + s->rest.n;
    for (at = from; at < end && *at != '"'; at++)
        if (*at == '\\' && ++at == end)
            break;
    if (at == end) {
        scan_fail(s);
        return (struct slice){0};
    }
    s->rest = (struct slice){at + 1, (size_t)(end - at - 1)};
    return (struct slice){from, (size_t)(at - from)};
}

struct slice sip_scan_host(struct scan *s, bool *ipv6)
{
    bool brackets = scan_try(s, '[');
    struct slice host;

    if (ipv6)
        *ipv6 = brackets;
    if (!brackets)
        return sip_scan_span(s, SIP_HOST);
    host = sip_scan_span(s, SIP_IPV6);
    scan_must(s, ']');
    return s->bad ? (struct slice){0} : host;
}

uint16_t sip_scan_port(struct scan *s)
{
    uint64_t port = scan_number(s, 65535);

    if (port == 0)
        scan_fail(s);
    return (uint16_t)port;
}

bool sip_scan_param(struct scan *s, struct slice *name, struct slice *value)
{
    *name = *value = (struct slice){0};
    if (!sip_scan_sep(s, ';'))
        return false;
    *name = sip_scan_span(s, SIP_TOKEN);
    if (sip_scan_sep(s, '='))
        *value = scan_peek(s) == '"' ? sip_scan_quoted(s) : sip_scan_span(s, SIP_VALUE);
    return !s->bad;
}

bool sip_param(struct slice params, struct slice name, struct slice *value)
{
    struct scan s = {params, false};
    struct slice found, what;

    while (sip_scan_param(&s, &found, &what))
        if (slice_ieq(found, name)) {
            if (value)
                *value = what;
            return true;
        }
    return false;
}

bool sip_param_of(struct slice value, struct slice name, struct slice *out)
{
    struct slice rest = value, word = slice_cut(&rest, ';');

    return sip_param(slice_skip(value, word.n), name, out);
}

/* Where the list element that starts text ends: at a comma outside quotes and <>. A quote that
 * nobody closes swallows the rest, which then does not parse. */
static size_t element_length(struct slice text)
{
    bool quoted = false, bracketed = false;
    size_t i;

    if (!memchr(text.p, ',', text.n))
        return text.n;
    for (i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"' && !bracketed)
            quoted = !quoted;
        else if (!quoted && (c == '<' || c == '>'))
            bracketed = c == '<';
        else if (c == ',' && !quoted && !bracketed)
            return i;
    }
    return text.n;
}

bool sip_list_next(struct slice *rest, struct slice *element)
{
    while (rest->n > 0) {
        size_t n = element_length(*rest);

        *element = slice_trim(slice_head(*rest, n));
        *rest = slice_skip(*rest, n + 1);
        if (element->n > 0)
            return true;
    }
    *element = (struct slice){0};
    return false;
}
