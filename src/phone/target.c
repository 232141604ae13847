#include "phone/target.h"

#include <errno.h>

#include "base/ip.h"
#include "base/scan.h"

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

static int refuse_scheme(struct slice scheme, struct buf *why)
{
    if (slice_ieq(scheme, SLICE("sips")))
        return refuse(why, -ENOTSUP,
                      "sips: asks for TLS all the way, which this version does not "
                      "speak yet; sip: calls without encryption");
    if (slice_ieq(scheme, SLICE("tel")))
        return refuse(why, -EDESTADDRREQ,
                      "a telephone number is called through a server, which "
                      "needs an account; without one, call number@host");
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

int phone_target(struct slice typed, struct buf *uri, struct buf *why)
{
    struct slice s = slice_trim(typed), scheme;
    ptrdiff_t at;

    if (s.n == 0)
        return refuse(why, -EINVAL, "the address to call is empty");
    if (slice_index(s, ' ') >= 0)
        return refuse(why, -EINVAL, "an address to call has no blanks in it");
    if (holds(s, is_control))
        return refuse(why, -EINVAL, "an address to call has no control characters in it");
    if (slice_istarts(s, SLICE("sip:"))) {
        buf_put(uri, s);
        return 0;
    }
    scheme = scheme_of(s);
    at = slice_index(s, '@');
    if (scheme.n > 0 && (at < 0 || slice_ieq(scheme, SLICE("sips")) ||
                         slice_ieq(scheme, SLICE("tel")) || slice_ieq(scheme, SLICE("mailto"))))
        return refuse_scheme(scheme, why);
    if (at < 0 && !looks_like_host(s))
        return refuse(why, -EDESTADDRREQ,
                      "a name or number alone is called through a server, which "
                      "needs an account; without one, add where: name@host");
    buf_puts(uri, "sip:");
    buf_put(uri, slice_head(s, (size_t)(at + 1)));
    put_host(uri, slice_skip(s, (size_t)(at + 1)));
    return 0;
}
