#include "sip/lex.h"

#include <string.h>

/* One bit for each class a byte is in; a table beats comparing with each mark of token. */
enum { TOKEN = 1, BLANK = 2, HOST = 4 };

/* clang-format off */
static const uint8_t classes[256] = {
    ['\t'] = BLANK, ['\n'] = BLANK, ['\r'] = BLANK, [' '] = BLANK,
    ['!'] = TOKEN, ['%'] = TOKEN, ['\''] = TOKEN, ['*'] = TOKEN, ['+'] = TOKEN, ['`'] = TOKEN,
    ['~'] = TOKEN, ['-'] = TOKEN | HOST, ['.'] = TOKEN | HOST, ['_'] = TOKEN | HOST,
    ['0' ... '9'] = TOKEN | HOST, ['A' ... 'Z'] = TOKEN | HOST, ['a' ... 'z'] = TOKEN | HOST,
};
/* clang-format on */

bool sip_is_token(char c)
{
    return classes[(unsigned char)c] & TOKEN;
}

bool sip_is_blank(char c)
{
    return classes[(unsigned char)c] & BLANK;
}

bool sip_is_host(char c)
{
    return classes[(unsigned char)c] & HOST;
}

void sip_scan_blanks(struct scan *s)
{
    while (!s->bad && s->rest.n > 0 && sip_is_blank(*s->rest.p)) {
        s->rest.p++;
        s->rest.n--;
    }
}

bool sip_scan_sep(struct scan *s, char c)
{
    sip_scan_blanks(s);
    if (!scan_try(s, c))
        return false;
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

static bool is_ipv6(char c)
{
    return is_hex(c) || c == ':' || c == '.';
}

struct slice sip_scan_host(struct scan *s, bool *ipv6)
{
    bool brackets = scan_try(s, '[');
    struct slice host;

    if (ipv6)
        *ipv6 = brackets;
    if (!brackets)
        return scan_span(s, sip_is_host);
    host = scan_span(s, is_ipv6);
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

/* token, quoted string or host; also a bracket-less IPv6 address, which RFC 5118 4.5 asks us to
 * bear in received. */
static bool is_value(char c)
{
    return sip_is_token(c) || c == '[' || c == ']' || c == ':' || c == '/' || c == '@' || c == '?' ||
           c == '&' || c == '=' || c == '$' || c == '#' || c == '|' || (c & 0x80);
}

bool sip_scan_param(struct scan *s, struct slice *name, struct slice *value)
{
    *name = *value = (struct slice){0};
    if (!sip_scan_sep(s, ';'))
        return false;
    *name = scan_span(s, sip_is_token);
    if (sip_scan_sep(s, '='))
        *value = scan_peek(s) == '"' ? sip_scan_quoted(s) : scan_span(s, is_value);
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
