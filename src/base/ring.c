#include "base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Positions only ever count up and wrap with size_t; their difference is the fill. Each is stored
 * by one thread alone: with release, after the samples, and loaded by the other with acquire. They
 * lie in cache lines of their own, else each store would slow the other thread's next load. */
struct ring {
    size_t cap; /* a power of two */
    int16_t *samples;
    _Alignas(64) atomic_size_t written; /* the writer's */
    _Alignas(64) atomic_size_t taken;   /* the reader's */
};

struct ring *ring_new(size_t samples)
{
    size_t cap = 64;
    struct ring *r;

    while (cap < samples) {
        if (cap > SIZE_MAX / 4)
            return NULL;
        cap *= 2;
    }
    r = aligned_alloc(_Alignof(struct ring), sizeof *r);
    if (!r)
        return NULL;
    r->cap = cap;
    r->samples = calloc(cap, sizeof *r->samples);
    atomic_init(&r->written, 0);
    atomic_init(&r->taken, 0);
    if (r->samples)
        return r;
    free(r);
    return NULL;
}

void ring_free(struct ring *r)
{
    if (!r)
        return;
    free(r->samples);
    free(r);
}

size_t ring_writable(const struct ring *r)
{
    return r->cap - ring_readable(r);
}

size_t ring_readable(const struct ring *r)
{
    size_t taken = atomic_load_explicit(&r->taken, memory_order_acquire);

    return atomic_load_explicit(&r->written, memory_order_acquire) - taken;
}

/* How many of n samples from position at on lie before the end of the memory. */
static size_t before_end(const struct ring *r, size_t at, size_t n)
{
    size_t left = r->cap - (at & (r->cap - 1));

    return n < left ? n : left;
}

size_t ring_write(struct ring *r, const int16_t *samples, size_t n)
{
    size_t at = atomic_load_explicit(&r->written, memory_order_relaxed);
    size_t room = ring_writable(r), first;

    if (n > room)
        n = room;
    first = before_end(r, at, n);
    memcpy(r->samples + (at & (r->cap - 1)), samples, first * sizeof *samples);
    memcpy(r->samples, samples + first, (n - first) * sizeof *samples);
    atomic_store_explicit(&r->written, at + n, memory_order_release);
    return n;
}

size_t ring_read(struct ring *r, int16_t *samples, size_t n)
{
    size_t at = atomic_load_explicit(&r->taken, memory_order_relaxed);
    size_t there = ring_readable(r), first;

    if (n > there)
        n = there;
    first = before_end(r, at, n);
    memcpy(samples, r->samples + (at & (r->cap - 1)), first * sizeof *samples);
    memcpy(samples + first, r->samples, (n - first) * sizeof *samples);
    atomic_store_explicit(&r->taken, at + n, memory_order_release);
    return n;
}

size_t ring_drop(struct ring *r, size_t n)
{
    size_t at = atomic_load_explicit(&r->taken, memory_order_relaxed);
    size_t there = ring_readable(r);

    if (n > there)
        n = there;
    atomic_store_explicit(&r->taken, at + n, memory_order_release);
    return n;
}
