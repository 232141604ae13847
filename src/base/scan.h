/* base/scan.h - eating a slice from the left.
 *
 * The scanner remembers the first thing that did not fit: from then on it stands still, every
 * scan_ function yields empty slices, 0 or false, and scan_ok_at_end is false. So a parser reads
 * like its grammar and asks one question, at the end. */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "base/slice.h"

struct scan {
    struct slice rest;
    bool bad;
};

typedef bool scan_class(char c);

/* Next byte without eating it, or -1 at the end or after a failure. */
static inline int scan_peek(const struct scan *s)
{
    return s->bad || s->rest.n == 0 ? -1 : (unsigned char)s->rest.p[0];
}

/* Eats c if it is next and says whether it was. */
static inline bool scan_try(struct scan *s, char c)
{
    if (scan_peek(s) != (unsigned char)c)
        return false;
    s->rest = slice_skip(s->rest, 1);
    return true;
}

/* Eats literal if it is next, letters in any case. */
bool scan_itry(struct scan *s, struct slice literal);
/* c must be next, else the scan is bad. */
static inline void scan_must(struct scan *s, char c)
{
    if (!scan_try(s, c))
        s->bad = true;
}

/* One or more bytes of the class; none makes the scan bad. */
struct slice scan_span(struct scan *s, scan_class *in_class);
/* Bytes of the class, perhaps none. */
struct slice scan_maybe(struct scan *s, scan_class *in_class);
/* Up to the first c, which stays; without a c, all the rest. */
struct slice scan_until(struct scan *s, char c);
/* A decimal number of at least one digit, not above max, else the scan is bad. */
uint64_t scan_number(struct scan *s, uint64_t max);
/* Makes the scan bad. */
static inline void scan_fail(struct scan *s)
{
    s->bad = true;
}

/* Whether all fitted, and nothing is left. */
static inline bool scan_ok_at_end(const struct scan *s)
{
    return !s->bad && s->rest.n == 0;
}

bool is_digit(char c);
bool is_hex(char c);
bool is_alpha(char c);

#endif
