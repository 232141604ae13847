#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

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
