#include "tests/lib/memory.h"

#include <stddef.h>

/* Of the test program, not of the phone: counts down to the allocation that fails. */
static unsigned left;
static bool failed;

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

static bool fails_now(void)
{
    if (left == 0 || --left != 0)
        return false;
    failed = true;
    return true;
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
