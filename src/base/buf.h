/* base/buf.h - bytes of our own that grow, up to a ceiling, and leave nothing behind in memory:
 * messages have passwords and keys in them.
 *
 * A write that does not fit under the ceiling, or for which there is no memory, marks the buffer
 * failed and changes nothing; all later writes do nothing. So a printer writes without looking and
 * asks once, at the end: buf_ok. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"

struct buf {
    char *p; /* on the heap, owned; NULL while empty */
    size_t n, cap, max;
    bool failed;
};

/* Empty, with a ceiling of max bytes; allocates nothing yet. */
struct buf buf_new(size_t max);
/* Frees the bytes and leaves the buffer empty, usable again under the same ceiling. */
void buf_free(struct buf *b);
/* Forgets the content and a failure, keeps the memory. */
void buf_clear(struct buf *b);

/* Appends n bytes for the caller to fill in and returns where they are; NULL where they do not fit.
 * For printers that put many small pieces. */
char *buf_room(struct buf *b, size_t n);
void buf_put(struct buf *b, struct slice s);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *text);
void buf_putu(struct buf *b, uint64_t number); /* decimal; quicker than buf_printf */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n bytes and moves the rest to the front. */
void buf_drop(struct buf *b, size_t n);

bool buf_ok(const struct buf *b);
/* What has been written; good until the next write. */
struct slice buf_slice(const struct buf *b);
/* The text as a string for the caller to free, or NULL where the buffer has failed or memory is
 * gone; the buffer is freed. */
char *buf_take(struct buf *b);
/* A NUL behind the content (not counted), for libraries that want a C string; "" without memory. */
const char *buf_cstr(struct buf *b);

#endif
