#include "tests/lib/memory_openssl.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool counted;

/* Memory that does not count comes from where tests/lib/memory.h does not look. */
static void *take(size_t n, const char *file, int line)
{
    void *p = NULL;

    (void)file;
    (void)line;
    if (counted)
        return malloc(n);
    return posix_memalign(&p, 16, n) == 0 ? p : NULL;
}

static void *change(void *p, size_t n, const char *file, int line)
{
    void *bigger;

    if (counted || n == 0)
        return realloc(p, n);
    bigger = take(n, file, line);
    if (bigger && p) {
        size_t old = malloc_usable_size(p);

        memcpy(bigger, p, old < n ? old : n);
        free(p);
    }
    return bigger;
}

static void give_back(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

bool memory_openssl_prepare(void)
{
    return CRYPTO_set_mem_functions(take, change, give_back) == 1;
}

void memory_openssl_counts(bool counts)
{
    counted = counts;
}
