#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct buf buf_new(size_t max)
{
    return (struct buf){.max = max};
}

static void release(struct buf *b)
{
    if (b->p)
        mem_wipe(b->p, b->cap);
    free(b->p);
}

void buf_free(struct buf *b)
{
    release(b);
    *b = buf_new(b->max);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

/* Room for n more bytes and a NUL; false, and the buffer failed, where there cannot be. */
static bool reserve(struct buf *b, size_t n)
{
    size_t need, cap;
    char *p;

    if (b->failed || n > b->max || b->n > b->max - n) {
        b->failed = true;
        return false;
    }
    need = b->n + n + 1;
    if (need <= b->cap)
        return true;
    cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap *= 2;
    p = malloc(cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    if (b->n)
        memcpy(p, b->p, b->n);
    release(b);
    b->p = p;
    b->cap = cap;
    return true;
}

char *buf_room(struct buf *b, size_t n)
{
    if (!reserve(b, n))
        return NULL;
    b->n += n;
    return b->p + b->n - n;
}

void buf_put(struct buf *b, struct slice s)
{
    if (s.n == 0 || !reserve(b, s.n))
        return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, (struct slice){&c, 1});
}

void buf_puts(struct buf *b, const char *text)
{
    buf_put(b, slice_of(text));
}

void buf_putu(struct buf *b, uint64_t number)
{
    char digits[20];
    size_t i = sizeof digits;

    do
        digits[--i] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    buf_put(b, (struct slice){digits + i, sizeof digits - i});
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        b->failed = true;
        return;
    }
    if (!reserve(b, (size_t)n))
        return;
    va_start(args, format);
    vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
    va_end(args);
    b->n += (size_t)n;
}

void buf_drop(struct buf *b, size_t n)
{
    if (n > b->n)
        n = b->n;
    if (n == 0)
        return;
    b->n -= n;
    memmove(b->p, b->p + n, b->n);
}

bool buf_ok(const struct buf *b)
{
    return !b->failed;
}

struct slice buf_slice(const struct buf *b)
{
    return (struct slice){b->p, b->n};
}

char *buf_take(struct buf *b)
{
    char *text = buf_ok(b) ? slice_dup(buf_slice(b)) : NULL;

    buf_free(b);
    return text;
}

const char *buf_cstr(struct buf *b)
{
    if (!b->p && !reserve(b, 0))
        return "";
    b->p[b->n] = '\0';
    return b->p;
}
