#include "sip/uri.h"

#include <errno.h>
#include <string.h>

#include "base/ip.h"
#include "base/scan.h"
#include "sip/lex.h"
#include "sip/limits.h"
#include "sip/via.h"

/* The character sets of RFC 3261 25.1, "%" of escapes among them, and of RFC 3966 3. */
enum { USER = 1, PASSWORD = 2, PARAM = 4, HEADER = 8, RESERVED = 16, OTHER = 32, NUMBER = 64 };
enum { UNRESERVED = USER | PASSWORD | PARAM | HEADER | OTHER };

/* clang-format off */
static const uint8_t classes[256] = {
    ['0' ... '9'] = UNRESERVED | NUMBER, ['A' ... 'F'] = UNRESERVED | NUMBER,
    ['G' ... 'Z'] = UNRESERVED, ['a' ... 'f'] = UNRESERVED | NUMBER, ['g' ... 'z'] = UNRESERVED,
    ['-'] = UNRESERVED | NUMBER, ['_'] = UNRESERVED, ['.'] = UNRESERVED | NUMBER,
    ['!'] = UNRESERVED, ['~'] = UNRESERVED, ['*'] = UNRESERVED | NUMBER, ['\''] = UNRESERVED,
    ['('] = UNRESERVED | NUMBER, [')'] = UNRESERVED | NUMBER, ['%'] = UNRESERVED,
    ['&'] = USER | PASSWORD | PARAM | RESERVED | OTHER,
    ['='] = USER | PASSWORD | RESERVED | OTHER,
    ['+'] = USER | PASSWORD | PARAM | HEADER | RESERVED | OTHER | NUMBER,
    ['$'] = USER | PASSWORD | PARAM | HEADER | RESERVED | OTHER,
    [','] = USER | PASSWORD | RESERVED | OTHER,
    [';'] = USER | RESERVED | OTHER,
    ['?'] = USER | HEADER | RESERVED | OTHER,
    ['/'] = USER | PARAM | HEADER | RESERVED | OTHER,
    [':'] = PARAM | HEADER | RESERVED | OTHER,
    ['@'] = RESERVED | OTHER,
    ['['] = PARAM | HEADER | OTHER, [']'] = PARAM | HEADER | OTHER,
    ['#'] = NUMBER | OTHER,
};
/* clang-format on */

static bool in_class(char c, unsigned class)
{
    return classes[(unsigned char)c] & class;
}

static bool is_header_char(char c)
{
    return in_class(c, HEADER) || c == '=' || c == '&';
}

static bool is_number_char(char c)
{
    return in_class(c, NUMBER);
}

static bool is_scheme_char(char c)
{
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

static bool all_in_class(struct slice text, unsigned class)
{
    for (size_t i = 0; i < text.n; i++)
        if (!in_class(text.p[i], class))
            return false;
    return true;
}

/* Each % starts an escape. */
static bool escapes_fit(struct slice text)
{
    const char *end = text.p + text.n, *at = text.p;

    while (at < end && (at = memchr(at, '%', (size_t)(end - at))) != NULL) {
        if (end - at < 3 || !is_hex(at[1]) || !is_hex(at[2]))
            return false;
        at += 3;
    }
    return true;
}

/* [ user [":" password] "@" ]: an "@" can stand unescaped nowhere else in the URI. */
static void scan_userinfo(struct scan *s, struct sip_uri *uri)
{
    ptrdiff_t at = slice_index(s->rest, '@');
    struct slice user;

    if (at < 0)
        return;
    user = slice_head(s->rest, (size_t)at);
    s->rest = slice_skip(s->rest, (size_t)at + 1);
    uri->user = slice_cut(&user, ':');
    uri->password = user;
    if (uri->user.n == 0 || !all_in_class(uri->user, USER) ||
        !all_in_class(uri->password, PASSWORD))
        scan_fail(s);
}

/* *( ";" pname ["=" pvalue] ) */
static void scan_params(struct scan *s, struct sip_uri *uri)
{
    const char *from = s->rest.p;
    unsigned n = 0;
    bool value = false, empty = true;

    if (scan_peek(s) != ';')
        return;
    for (; s->rest.n > 0 && *s->rest.p != '?'; s->rest = slice_skip(s->rest, 1)) {
        char c = *s->rest.p;

        if (c == ';' ? empty && n > 0 : c == '=' ? value || empty : !in_class(c, PARAM))
            return scan_fail(s);
        value = c == '=' || (value && c != ';');
        empty = c == ';' || c == '=';
        n += c == ';';
    }
    if (empty || n > SIP_MAX_PARAMS)
        scan_fail(s);
    uri->params = (struct slice){from, (size_t)(s->rest.p - from)};
}

static void scan_sip(struct scan *s, struct sip_uri *uri)
{
    scan_userinfo(s, uri);
    uri->host = sip_scan_host(s, &uri->host_is_ipv6);
    if (scan_try(s, ':'))
        uri->port = sip_scan_port(s);
    scan_params(s, uri);
    if (scan_try(s, '?'))
        uri->headers = scan_span(s, is_header_char);
    if (uri->host_is_ipv6 && ip_parse(uri->host, &(struct ip){0}) != 0)
        scan_fail(s);
}

/* RFC 3966 3: a global number begins with "+", a local one needs a phone-context. */
static void scan_tel(struct scan *s, struct sip_uri *uri)
{
    uri->user = scan_span(s, is_number_char);
    scan_params(s, uri);
    if (!s->bad && uri->user.p[0] != '+' && !sip_uri_param(uri, SLICE("phone-context"), NULL))
        scan_fail(s);
}

int sip_uri_parse(struct slice text, struct sip_uri *out)
{
    struct scan s = {text, false};
    struct slice scheme;

    *out = (struct sip_uri){.text = text};
    scheme = scan_until(&s, ':');
    scan_must(&s, ':');
    if (slice_ieq(scheme, SLICE("sip")))
        out->scheme = SIP_SCHEME_SIP;
    else if (slice_ieq(scheme, SLICE("sips")))
        out->scheme = SIP_SCHEME_SIPS;
    else if (slice_ieq(scheme, SLICE("tel")))
        out->scheme = SIP_SCHEME_TEL;

    if (out->scheme == SIP_SCHEME_TEL) {
        scan_tel(&s, out);
    } else if (out->scheme != SIP_SCHEME_OTHER) {
        scan_sip(&s, out);
    } else {
        struct scan name = {scheme, scheme.n == 0 || !is_alpha(scheme.p[0])};

        scan_span(&name, is_scheme_char);
        if (!scan_ok_at_end(&name) || s.rest.n == 0 || !all_in_class(s.rest, OTHER))
            scan_fail(&s);
        s.rest.n = 0;
    }
    return scan_ok_at_end(&s) && escapes_fit(text) ? 0 : -EBADMSG;
}

/* The next ";name=value" of *rest. */
static bool next_param(struct slice *rest, struct slice *name, struct slice *value)
{
    if (rest->n == 0)
        return false;
    *rest = slice_skip(*rest, 1);
    *value = slice_cut(rest, ';');
    if (rest->p)
        *rest = (struct slice){rest->p - 1, rest->n + 1};
    *name = slice_cut(value, '=');
    return true;
}

bool sip_uri_param(const struct sip_uri *uri, struct slice name, struct slice *value)
{
    struct slice rest = uri->params, found, what;

    while (next_param(&rest, &found, &what))
        if (slice_ieq(found, name)) {
            if (value)
                *value = what;
            return true;
        }
    return false;
}

enum sip_transport sip_uri_transport(const struct sip_uri *uri)
{
    struct slice value;

    if (uri->scheme == SIP_SCHEME_SIPS)
        return SIP_TLS;
    if (!sip_uri_param(uri, SLICE("transport"), &value))
        return 0;
    return sip_transport_of(value);
}

bool sip_uri_is_loose_router(const struct sip_uri *uri)
{
    return sip_uri_param(uri, SLICE("lr"), NULL);
}

void sip_uri_put_request(struct buf *b, const struct sip_uri *uri)
{
    struct slice rest = uri->params, name, value, head = uri->text;

    if (uri->scheme != SIP_SCHEME_SIP && uri->scheme != SIP_SCHEME_SIPS) {
        buf_put(b, uri->text);
        return;
    }
    if (rest.n > 0)
        head.n = (size_t)(rest.p - head.p);
    else if (uri->headers.n > 0)
        head.n -= uri->headers.n + 1;
    buf_put(b, head);
    while (next_param(&rest, &name, &value)) {
        if (slice_ieq(name, SLICE("method")))
            continue;
        buf_putc(b, ';');
        buf_put(b, name);
        if (value.p) {
            buf_putc(b, '=');
            buf_put(b, value);
        }
    }
}

static unsigned hex_value(char c)
{
    return is_digit(c) ? (unsigned)(c - '0') : ((unsigned)c | 0x20u) - 'a' + 10;
}

/* Takes the next byte or escape off text: the byte, plus 256 where it is a reserved one that was
 * escaped, for that is another character than the bare one (RFC 3261 19.1.4). */
static unsigned next_char(struct slice *text)
{
    unsigned c = (unsigned char)text->p[0];
    size_t used = 1;

    if (c == '%' && text->n >= 3 && is_hex(text->p[1]) && is_hex(text->p[2])) {
        c = hex_value(text->p[1]) << 4 | hex_value(text->p[2]);
        c += in_class((char)c, RESERVED) ? 256 : 0;
        used = 3;
    }
    *text = slice_skip(*text, used);
    return c;
}

void sip_uri_put_unescaped(struct buf *b, struct slice text)
{
    while (text.n > 0)
        buf_putc(b, (char)(next_char(&text) & 0xff));
}

void sip_uri_put_user(struct buf *b, struct slice bytes)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes.n; i++) {
        unsigned c = (unsigned char)bytes.p[i];

        if (in_class((char)c, USER) && c != '%') {
            buf_putc(b, (char)c);
        } else {
            buf_putc(b, '%');
            buf_putc(b, digits[c >> 4]);
            buf_putc(b, digits[c & 15]);
        }
    }
}

static unsigned fold_case(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool same_text(struct slice a, struct slice b, bool any_case)
{
    while (a.n > 0 && b.n > 0) {
        unsigned x = next_char(&a), y = next_char(&b);

        if (x != y && !(any_case && fold_case(x) == fold_case(y)))
            return false;
    }
    return a.n == b.n;
}

/* Parameters that make a difference even if only one URI has them. The text of 19.1.4 does not name
 * transport, but its examples do. */
static bool counts_alone(struct slice name)
{
    return slice_ieq(name, SLICE("user")) || slice_ieq(name, SLICE("ttl")) ||
           slice_ieq(name, SLICE("method")) || slice_ieq(name, SLICE("maddr")) ||
           slice_ieq(name, SLICE("transport"));
}

/* What a says is not contradicted by b. */
static bool params_agree(const struct sip_uri *a, const struct sip_uri *b)
{
    struct slice rest = a->params, name, value, other;

    while (next_param(&rest, &name, &value)) {
        if (sip_uri_param(b, name, &other)) {
            if (!same_text(value, other, true))
                return false;
        } else if (a->scheme == SIP_SCHEME_TEL || counts_alone(name)) {
            return false;
        }
    }
    return true;
}

static size_t count_headers(struct slice headers)
{
    size_t n = headers.n > 0;

    for (size_t i = 0; i < headers.n; i++)
        n += headers.p[i] == '&';
    return n;
}

static bool has_header(struct slice headers, struct slice name, struct slice value)
{
    while (headers.p) {
        struct slice found_value = slice_cut(&headers, '&');
        struct slice found = slice_cut(&found_value, '=');

        if (same_text(found, name, true) && same_text(found_value, value, false))
            return true;
    }
    return false;
}

/* "URI header components are never ignored": the same ones in any order. */
static bool same_headers(struct slice a, struct slice b)
{
    size_t n = count_headers(a);

    if (n != count_headers(b) || n > SIP_MAX_PARAMS)
        return false;
    while (n-- > 0) {
        struct slice value = slice_cut(&a, '&');
        struct slice name = slice_cut(&value, '=');

        if (!has_header(b, name, value))
            return false;
    }
    return true;
}

static bool same_host(const struct sip_uri *a, const struct sip_uri *b)
{
    struct ip x, y;

    if (a->host_is_ipv6 && b->host_is_ipv6 && ip_parse(a->host, &x) == 0 &&
        ip_parse(b->host, &y) == 0)
        return ip_same_host(&x, &y);
    return a->host_is_ipv6 == b->host_is_ipv6 && slice_ieq(a->host, b->host);
}

/* RFC 3966 5.1.1: -.() only help the eye. */
static struct slice skip_separators(struct slice number)
{
    while (number.n > 0 && memchr("-.()", number.p[0], 4))
        number = slice_skip(number, 1);
    return number;
}

static bool same_number(struct slice a, struct slice b)
{
    for (;;) {
        a = skip_separators(a);
        b = skip_separators(b);
        if (a.n == 0 || b.n == 0)
            return a.n == b.n;
        if (fold_case((unsigned char)a.p[0]) != fold_case((unsigned char)b.p[0]))
            return false;
        a = slice_skip(a, 1);
        b = slice_skip(b, 1);
    }
}

bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b)
{
    struct slice x = a->text, y = b->text;

    if (a->scheme != b->scheme)
        return false;
    switch (a->scheme) {
    case SIP_SCHEME_SIP:
    case SIP_SCHEME_SIPS:
        return !a->user.p == !b->user.p && !a->password.p == !b->password.p &&
               same_text(a->user, b->user, false) && same_text(a->password, b->password, false) &&
               same_host(a, b) && a->port == b->port && params_agree(a, b) && params_agree(b, a) &&
               same_headers(a->headers, b->headers);
    case SIP_SCHEME_TEL:
        return same_number(a->user, b->user) && params_agree(a, b) && params_agree(b, a);
    case SIP_SCHEME_OTHER:
        break;
    }
    return slice_ieq(slice_cut(&x, ':'), slice_cut(&y, ':')) && slice_eq(x, y);
}

void sip_uri_put_domain(struct buf *b, const struct sip_uri *uri)
{
    buf_puts(b, uri->scheme == SIP_SCHEME_SIPS ? "sips:" : "sip:");
    buf_puts(b, uri->host_is_ipv6 ? "[" : "");
    buf_put(b, uri->host);
    buf_puts(b, uri->host_is_ipv6 ? "]" : "");
    if (uri->port) {
        buf_putc(b, ':');
        buf_putu(b, uri->port);
    }
    buf_put(b, uri->params);
}

void sip_uri_put_contact(struct buf *b, struct slice user, const struct ip *at,
                         enum sip_transport transport, bool secure)
{
    buf_puts(b, secure ? "sips:" : "sip:");
    if (user.n) {
        sip_uri_put_user(b, user);
        buf_putc(b, '@');
    }
    ip_put_with_port(b, at);
    if (transport == SIP_TCP)
        buf_puts(b, ";transport=tcp");
    else if (transport == SIP_TLS && !secure)
        buf_puts(b, ";transport=tls"); /* which sips: says by itself */
}
