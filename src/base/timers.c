#include "base/timers.h"

#include <errno.h>
#include <stdlib.h>

void timers_free(struct timers *all)
{
    free(all->heap);
    *all = (struct timers){0};
}

int timers_reserve(struct timers *all, size_t n)
{
    size_t cap = all->cap ? all->cap : 16;
    struct timer **heap;

    if (n < all->cap)
        return 0;
    while (cap <= n)
        cap *= 2;
    heap = realloc(all->heap, cap * sizeof(struct timer *));
    if (!heap)
        return -ENOMEM;
    all->heap = heap;
    all->cap = cap;
    return 0;
}

static void put(struct timers *all, size_t place, struct timer *t)
{
    all->heap[place] = t;
    t->place = place;
}

static void sift_up(struct timers *all, struct timer *t, size_t place)
{
    while (place > 1 && t->when_ms < all->heap[place / 2]->when_ms) {
        put(all, place, all->heap[place / 2]);
        place /= 2;
    }
    put(all, place, t);
}

static void sift_down(struct timers *all, struct timer *t, size_t place)
{
    for (size_t child = place * 2; child <= all->n; child = place * 2) {
        if (child < all->n && all->heap[child + 1]->when_ms < all->heap[child]->when_ms)
            child++;
        if (all->heap[child]->when_ms >= t->when_ms)
            break;
        put(all, place, all->heap[child]);
        place = child;
    }
    put(all, place, t);
}

void timers_set(struct timers *all, struct timer *t, uint64_t when_ms)
{
    timers_clear(all, t);
    t->when_ms = when_ms;
    if (when_ms == NEVER_MS)
        return;
    if (timers_reserve(all, all->n + 1) != 0)
        abort(); /* the owner forgot timers_reserve: a bug, not a shortage */
    sift_up(all, t, ++all->n);
}

void timers_clear(struct timers *all, struct timer *t)
{
    size_t place = t->place;
    struct timer *last;

    if (place == 0)
        return;
    t->place = 0;
    last = all->heap[all->n--];
    if (last == t)
        return;
    if (place > 1 && last->when_ms < all->heap[place / 2]->when_ms)
        sift_up(all, last, place);
    else
        sift_down(all, last, place);
}

bool timer_is_set(const struct timer *t)
{
    return t->place != 0;
}

uint64_t timers_next_ms(const struct timers *all)
{
    return all->n ? all->heap[1]->when_ms : NEVER_MS;
}

struct timer *timers_pop(struct timers *all, uint64_t now_ms)
{
    struct timer *t = all->n ? all->heap[1] : NULL;

    if (!t || t->when_ms > now_ms)
        return NULL;
    timers_clear(all, t);
    return t;
}
