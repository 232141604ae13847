#define _GNU_SOURCE 1 /* memmem */
#include "tests/lib/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define LOOKS_AT_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LOOKS_AT_EACH 1
#endif
#endif
#ifndef LOOKS_AT_EACH
#define LOOKS_AT_EACH 0
#endif

/* Of the test program, not of the phone: counts down to the allocation that fails. */
static atomic_uint left;
static atomic_bool failed;
static bool (*_Atomic judge)(void *arg);
static void *_Atomic judge_arg;
static const struct slice *watched;
static atomic_size_t n_watched;
static atomic_uint found;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

void memory_fail_at(unsigned n)
{
    left = n;
    failed = false;
}

bool memory_has_failed(void)
{
    return failed;
}

unsigned memory_step(void)
{
    return !LOOKS_AT_EACH && getenv("TPHONE_SHORT") ? 5 : 1;
}

void memory_fail_by(bool (*fails)(void *arg), void *arg)
{
    if (fails) /* else a thread that is about to ask the one before still needs what that had */
        judge_arg = arg;
    judge = fails;
}

static bool fails_now(void)
{
    bool (*by)(void *arg) = judge;
    unsigned now = left;

    if (by)
        return by(judge_arg);
    do {
        if (now == 0)
            return false;
    } while (!atomic_compare_exchange_weak(&left, &now, now - 1));
    if (now == 1)
        failed = true;
    return now == 1;
}

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void memory_watch(const struct slice *secrets, size_t n)
{
    watched = secrets;
    found = 0;
    n_watched = n;
}

unsigned memory_found(void)
{
    n_watched = 0;
    return found;
}

void __wrap_free(void *p)
{
    for (size_t i = 0; p && i < n_watched; i++)
        if (memmem(p, malloc_usable_size(p), watched[i].p, watched[i].n)) {
            found++;
            break;
        }
    __real_free(p);
}

/* A piece that moves is given back where it was. */
static void *move(void *p, size_t n)
{
    size_t before = malloc_usable_size(p);
    void *to = __real_malloc(n);

    if (to) {
        memcpy(to, p, before < n ? before : n);
        __wrap_free(p);
    }
    return to;
}

void *memory_realloc(void *p, size_t n)
{
    return p && n_watched ? move(p, n) : __real_realloc(p, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : memory_realloc(p, n);
}
