#include "base/scan.h"

bool scan_itry(struct scan *s, struct slice literal)
{
    if (s->bad || !slice_istarts(s->rest, literal))
        return false;
    s->rest = slice_skip(s->rest, literal.n);
    return true;
}

struct slice scan_maybe(struct scan *s, scan_class *in_class)
{
    struct slice out = {s->rest.p, 0};

    if (s->bad)
        return (struct slice){0};
    while (out.n < s->rest.n && in_class(s->rest.p[out.n]))
        out.n++;
    s->rest = slice_skip(s->rest, out.n);
    return out;
}

struct slice scan_span(struct scan *s, scan_class *in_class)
{
    struct slice out = scan_maybe(s, in_class);

    if (out.n == 0)
        s->bad = true;
    return out;
}

struct slice scan_until(struct scan *s, char c)
{
    ptrdiff_t at;
    struct slice out;

    if (s->bad)
        return (struct slice){0};
    at = slice_index(s->rest, c);
    out = at < 0 ? s->rest : slice_head(s->rest, (size_t)at);
    s->rest = slice_skip(s->rest, out.n);
    return out;
}

uint64_t scan_number(struct scan *s, uint64_t max)
{
    struct slice digits = scan_span(s, is_digit);
    uint64_t value = 0;

    if (slice_number(digits, max, &value) != 0)
        s->bad = true;
    return s->bad ? 0 : value;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
