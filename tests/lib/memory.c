#include "tests/lib/memory.h"

#include <stdatomic.h>
#include <stddef.h>

/* Of the test program, not of the phone: counts down to the allocation that fails. */
static atomic_uint left;
static atomic_bool failed;
static bool (*judge)(void *arg);
static void *judge_arg;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void memory_fail_at(unsigned n)
{
    left = n;
    failed = false;
}

bool memory_has_failed(void)
{
    return failed;
}

void memory_fail_by(bool (*fails)(void *arg), void *arg)
{
    judge = fails;
    judge_arg = arg;
}

static bool fails_now(void)
{
    unsigned now = left;

    if (judge)
        return judge(judge_arg);
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

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}
