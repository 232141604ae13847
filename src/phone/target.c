#include "phone/target.h"

#include <errno.h>

#include "base/ip.h"
#include "base/scan.h"
#include "sip/uri.h"

#define PHONE_NUMBER_MAX 64 /* with all that stands between its digits */

static bool is_scheme_char(char c)
{
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 127;
}

static bool holds(struct slice s, bool (*is)(char))
{
    for (size_t i = 0; i < s.n; i++)
        if (is(s.p[i]))
            return true;
    return false;
}

/* What stands before the first of ";", "?" and "/": host and port of an address without user. */
static struct slice host_and_port(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ';' || s.p[i] == '?' || s.p[i] == '/')
            return slice_head(s, i);
    return s;
}

/* "mailto:x", "http://x": a word, a colon and something that is not a port. */
static struct slice scheme_of(struct slice s)
{
    struct scan scan = {s, false};
    struct slice scheme = scan_maybe(&scan, is_scheme_char);

    if (scheme.n == 0 || !is_alpha(scheme.p[0]) || !scan_try(&scan, ':'))
        return (struct slice){0};
    if (scan_peek(&scan) >= 0 && is_digit((char)scan_peek(&scan)) &&
        !slice_ieq(scheme, SLICE("tel")))
        return (struct slice){0}; /* host:port */
    return slice_index(scan.rest, '@') >= 0 && slice_index(scheme, '.') >= 0 ? (struct slice){0}
                                                                             : scheme;
}

static int refuse(struct buf *why, int err, const char *sentence)
{
    buf_puts(why, sentence);
    return err;
}

/* --- names and numbers at an account's server ------------------------------------------------ */

/* "alice", "42;transport=tcp": parameters belong to the URI. */
static void put_name(struct buf *uri, struct slice typed, struct slice domain)
{
    size_t n = 0;

    while (n < typed.n && typed.p[n] != ';' && typed.p[n] != '?')
        n++;
    buf_puts(uri, "sip:");
    sip_uri_put_user(uri, slice_head(typed, n));
    buf_putc(uri, '@');
    buf_put(uri, domain);
    buf_put(uri, slice_skip(typed, n));
}

/* RFC 3966 5.1.1: they make a number easier to read and mean nothing. */
static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')';
}

/* Those, and what else people put between groups of digits. */
static bool is_between(char c)
{
    return is_separator(c) || c == ' ' || c == '/';
}

/* Four groups with dots between them would be an address, though perhaps one not right yet. */
static bool is_like_ip(struct slice s)
{
    size_t dots = 0;

    for (size_t i = 0; i < s.n; i++) {
        dots += s.p[i] == '.';
        if (!is_digit(s.p[i]) && s.p[i] != '.')
            return false;
    }
    return dots == 3;
}

bool phone_is_number(struct slice typed)
{
    struct slice s = slice_trim(typed);
    size_t digits = 0;

    for (size_t i = 0; i < s.n; i++) {
        digits += is_digit(s.p[i]);
        if (!is_digit(s.p[i]) && !is_between(s.p[i]) && s.p[i] != '*' && s.p[i] != '#' &&
            !(s.p[i] == '+' && i == 0))
            return false;
    }
    return digits > 0 && !is_like_ip(s);
}

/* Without what only makes it legible. "+49 (0)30": the zero is for those who call from within. */
static void put_digits(struct buf *out, struct slice number)
{
    static const struct slice trunk = SLICE_INIT("(0)");
    bool abroad = number.n > 0 && number.p[0] == '+';

    while (number.n > 0) {
        size_t skip = abroad && slice_starts(number, trunk) ? trunk.n : 1;

        if (skip == 1 && !is_between(number.p[0]))
            buf_putc(out, number.p[0]);
        number = slice_skip(number, skip);
    }
}

/* RFC 3261 19.1.6: the whole telephone-subscriber is the user part. A SIP URI rather than tel: in
 * the request itself, for every server can route its own domain, but not each knows tel:. */
static int put_number(struct buf *uri, struct slice number, struct slice domain, struct buf *why)
{
    size_t digits = 0, i = 0;

    buf_puts(uri, "sip:");
    for (; i < number.n && number.p[i] != ';'; i++) {
        if (is_separator(number.p[i]))
            continue;
        digits += is_hex(number.p[i]) || number.p[i] == '*' || number.p[i] == '#';
        sip_uri_put_user(uri, slice_head(slice_skip(number, i), 1));
    }
    sip_uri_put_user(uri, slice_skip(number, i));
    buf_putc(uri, '@');
    buf_put(uri, domain);
    buf_puts(uri, ";user=phone");
    return digits > 0 ? 0 : refuse(why, -EINVAL, "tel: needs a number behind it");
}

/* --- the whole ------------------------------------------------------------------------------- */

static int refuse_number(struct buf *why)
{
    return refuse(why, -EDESTADDRREQ,
                  "a telephone number is called through a server, which "
                  "needs an account; without one, call number@host");
}

static int refuse_scheme(struct slice scheme, struct buf *why)
{
    if (slice_ieq(scheme, SLICE("tel")))
        return refuse_number(why);
    return refuse(why, -ENOTSUP,
                  "this is no address of a telephone; call alice@host or "
                  "sip:alice@host");
}

/* An address of IPv6 that was typed without brackets gets them, where it is one beyond doubt. */
static void put_host(struct buf *uri, struct slice rest)
{
    struct slice host = host_and_port(rest);
    struct ip ip;

    if (ip_parse(host, &ip) == 0 && ip.family == 6) {
        ip_put_host(uri, &ip);
        buf_put(uri, slice_skip(rest, host.n));
    } else {
        buf_put(uri, rest);
    }
}

/* Whether something without "@" can only be a host: it has a dot, a colon or a bracket. */
static bool looks_like_host(struct slice s)
{
    struct slice host = host_and_port(s);

    return slice_index(host, '.') >= 0 || slice_index(host, ':') >= 0 ||
           slice_ieq(host, SLICE("localhost"));
}

static int put_target(struct slice s, struct slice domain, struct buf *uri, struct buf *why)
{
    struct slice scheme = scheme_of(s);
    ptrdiff_t at = slice_index(s, '@');
    bool is_number = phone_is_number(s);

    if (slice_ieq(scheme, SLICE("tel")) && domain.n > 0)
        return put_number(uri, slice_skip(s, scheme.n + 1), domain, why);
    if (scheme.n > 0 &&
        (at < 0 || slice_ieq(scheme, SLICE("tel")) || slice_ieq(scheme, SLICE("mailto"))))
        return refuse_scheme(scheme, why);
    if (at < 0 && (is_number || !looks_like_host(s))) {
        if (domain.n == 0 && is_number)
            return refuse_number(why);
        if (domain.n == 0)
            return refuse(why, -EDESTADDRREQ,
                          "there is no contact of this name, and no account at whose server a "
                          "name or number alone is called; add where: name@host");
        put_name(uri, s, domain);
        return 0;
    }
    buf_puts(uri, "sip:");
    buf_put(uri, slice_head(s, (size_t)(at + 1)));
    put_host(uri, slice_skip(s, (size_t)(at + 1)));
    return 0;
}

/* An address without blanks and what else could not stand in a URI. */
static int put_address(struct slice s, struct slice domain, struct buf *uri, struct buf *why)
{
    if (slice_index(s, ' ') >= 0)
        return refuse(why, -EINVAL, "an address to call has no blanks in it");
    if (holds(s, is_control))
        return refuse(why, -EINVAL, "an address to call has no control characters in it");
    if (!slice_istarts(s, SLICE("sip:")) && !slice_istarts(s, SLICE("sips:")))
        return put_target(s, domain, uri, why);
    buf_put(uri, s);
    return 0;
}

int phone_target(struct slice typed, struct slice domain, struct buf *uri, struct buf *why)
{
    static const struct slice tel = SLICE_INIT("tel:");
    struct slice s = slice_trim(typed);
    bool has_scheme = slice_istarts(s, tel);
    struct slice number = has_scheme ? slice_skip(s, tel.n) : s;
    struct buf digits = buf_new(2 * PHONE_NUMBER_MAX);
    int err;

    if (s.n == 0) {
        err = refuse(why, -EINVAL, "the address to call is empty");
    } else if (number.n <= PHONE_NUMBER_MAX && phone_is_number(number)) {
        if (has_scheme)
            buf_put(&digits, tel);
        put_digits(&digits, slice_trim(number));
        err = put_address(buf_slice(&digits), domain, uri, why);
    } else {
        err = put_address(s, domain, uri, why);
    }
    buf_free(&digits);
    return err;
}
