#include "config.h"

#include "base/library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *fault(void)
{
    const char *words = dlerror();

    return words ? words : "a function is missing";
}

const char *library_load(const char *file, const struct library_symbol *symbols, size_t n,
                         void *out)
{
    void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);

    if (!library)
        return fault();
    for (size_t i = 0; i < n; i++) {
        void *at = dlsym(library, symbols[i].name);

        if (!at)
            return fault();
        memcpy((char *)out + symbols[i].place, &at, sizeof at);
    }
    return NULL;
}

bool library_is_beside(const char *file, const void *function)
{
    char path[PATH_MAX];
    const char *name;
    Dl_info known;
    int n;

    if (!dladdr(function, &known) || !known.dli_fname || !(name = strrchr(known.dli_fname, '/')))
        return false;
    n = snprintf(path, sizeof path, "%.*s/%s", (int)(name - known.dli_fname), known.dli_fname,
                 file);
    return n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0;
}
