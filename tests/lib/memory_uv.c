#include "tests/lib/memory_uv.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "tests/lib/memory.h"

static atomic_uint taken;

static void *take(size_t n)
{
    atomic_fetch_add(&taken, 1);
    return malloc(n);
}

static void *take_many(size_t n, size_t size)
{
    atomic_fetch_add(&taken, 1);
    return calloc(n, size);
}

bool memory_uv_prepare(void)
{
    return uv_replace_allocator(take, memory_realloc, take_many, free) == 0;
}

unsigned memory_uv_taken(void)
{
    return taken;
}
