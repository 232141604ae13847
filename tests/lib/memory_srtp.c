#define _GNU_SOURCE 1 /* RTLD_NOLOAD */
#include "tests/lib/memory_srtp.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY_FILE "libsrtp2.so.1"

/* By these names libsrtp2 looks for its own functions, and finds ours before them. */
void *srtp_crypto_alloc(size_t n);
void srtp_crypto_free(void *p);
int srtp_stream_list_alloc(void **out);

static atomic_uint taken;
static _Thread_local bool must; /* not fail */

static void *take_elsewhere(size_t n)
{
    void *p = NULL;

    return posix_memalign(&p, 16, n) == 0 ? memset(p, 0, n) : NULL;
}

void *srtp_crypto_alloc(size_t n)
{
    if (must)
        return take_elsewhere(n);
    atomic_fetch_add(&taken, 1);
    return calloc(1, n);
}

void srtp_crypto_free(void *p)
{
    free(p);
}

int srtp_stream_list_alloc(void **out)
{
    void *library = dlopen(LIBRARY_FILE, RTLD_NOW | RTLD_NOLOAD);
    union {
        void *symbol;
        int (*call)(void **out);
    } real = {dlsym(library, "srtp_stream_list_alloc")};
    int status;

    must = true;
    status = real.call(out);
    must = false;
    dlclose(library);
    return status;
}

unsigned memory_srtp_taken(void)
{
    return taken;
}
