/* base/slice.h - bytes that somebody else owns.
 *
 * A slice is a pointer and a length, passed by value. It never owns its bytes and never ends in a
 * NUL that anybody may rely on. An empty slice may have a NULL pointer. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *p;
    size_t n;
};

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

/* A slice of a string literal; the first form also works in initialisers of static tables. */
/* clang-format off */
#define SLICE_INIT(literal) {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))

/* For formats: buf_printf(b, "%" PRI_SLICE, ARG_SLICE(s)). Only for text that is ours, see
 * base/text.h. */
#define PRI_SLICE ".*s"
#define ARG_SLICE(s) (int)(s).n, (s).p ? (s).p : ""

/* The bytes of a C string without its NUL; NULL gives the empty slice. */
struct slice slice_of(const char *text);

/* What is left of s without its first n bytes; n above the length gives the empty slice. */
static inline struct slice slice_skip(struct slice s, size_t n)
{
    if (n >= s.n)
        return (struct slice){s.p ? s.p + s.n : NULL, 0};
    return (struct slice){s.p + n, s.n - n};
}

/* The first n bytes of s at most. */
static inline struct slice slice_head(struct slice s, size_t n)
{
    return (struct slice){s.p, n < s.n ? n : s.n};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && slice_eq(slice_head(s, prefix.n), prefix);
}

/* The three with an i: A to Z count as a to z; other bytes, also above 127, must be the same. */
bool slice_istarts(struct slice s, struct slice prefix);
static inline bool slice_ieq(struct slice a, struct slice b)
{
    return a.n == b.n && slice_istarts(a, b);
}
/* Whether part stands somewhere in s; an empty one does in everything. */
bool slice_ihas(struct slice s, struct slice part);
/* Without blanks, tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);

/* Position of the first c in s, or -1. */
ptrdiff_t slice_index(struct slice s, char c);
/* Cuts *rest at the first c: returns what stands before it and leaves what stands behind it. Where
 * there is no c, returns all and leaves the empty slice with a NULL pointer. */
struct slice slice_cut(struct slice *rest, char c);

/* The whole of s as a decimal number of digits only (no sign, no blanks) not above max.
 * Returns 0, -EBADMSG where s is not that, -ERANGE where it is above max; *out is set only on 0. */
int slice_number(struct slice s, uint64_t max, uint64_t *out);

/* A NUL-terminated copy on the heap, or NULL without memory; the caller frees it. */
char *slice_dup(struct slice s);

#endif
