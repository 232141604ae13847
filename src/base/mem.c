#include "base/mem.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

static void *or_die(void *p)
{
    if (!p) {
        log_error("main", "out of memory at start");
        abort();
    }
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    return or_die(calloc(n, size));
}

void *xzalloc(size_t size)
{
    return xcalloc(1, size);
}

char *xstrdup(const char *text)
{
    return or_die(strdup(text));
}

bool mem_is_there(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p != MAP_FAILED && munmap(p, n) == 0;
}

void mem_wipe(void *p, size_t n)
{
    if (n > 0)
        OPENSSL_cleanse(p, n);
}

void mem_wipe_free(char *text)
{
    if (text)
        mem_wipe(text, strlen(text));
    free(text);
}
