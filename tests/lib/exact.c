#include "tests/lib/exact.h"

#include <stdlib.h>
#include <string.h>

struct slice exact_copy(const char *text)
{
    return exact_bytes(text, strlen(text));
}

struct slice exact_bytes(const void *bytes, size_t n)
{
    char *p = malloc(n);

    if (n && !p)
        abort();
    if (n)
        memcpy(p, bytes, n);
    return (struct slice){p, n};
}

void exact_free(struct slice copy)
{
    free((void *)copy.p);
}
