#include "base/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

bool slice_istarts(struct slice s, struct slice prefix)
{
    if (s.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++)
        if (s.p[i] != prefix.p[i] && lower(s.p[i]) != lower(prefix.p[i]))
            return false;
    return true;
}

bool slice_ihas(struct slice s, struct slice part)
{
    for (size_t i = 0; i + part.n <= s.n; i++)
        if (slice_istarts(slice_skip(s, i), part))
            return true;
    return false;
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

struct slice slice_trim(struct slice s)
{
    for (; s.n && is_blank(s.p[0]); s.n--)
        s.p++;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

ptrdiff_t slice_index(struct slice s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

    return at ? at - s.p : -1;
}

struct slice slice_cut(struct slice *rest, char c)
{
    struct slice whole = *rest;
    ptrdiff_t at = slice_index(whole, c);

    if (at < 0) {
        *rest = (struct slice){0};
        return whole;
    }
    *rest = slice_skip(whole, (size_t)at + 1);
    return slice_head(whole, (size_t)at);
}

int slice_number(struct slice s, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    bool above = false;

    if (s.n == 0)
        return -EBADMSG;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');

        if (digit > 9)
            return -EBADMSG;
        above = above || __builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, digit, &value) || value > max;
    }
    if (above)
        return -ERANGE;
    *out = value;
    return 0;
}

char *slice_dup(struct slice s)
{
    char *copy = malloc(s.n + 1);

    if (!copy)
        return NULL;
    if (s.n)
        memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return copy;
}
