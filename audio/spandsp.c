#include "audio/spandsp.h"

#include <opus.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/library.h"
#include "base/slice.h"

#ifdef __APPLE__
static const char *const files[] = {"libspandsp.3.dylib", "libspandsp.2.dylib"};
#else
static const char *const files[] = {"libspandsp.so.3", "libspandsp.so.2"};
#endif

#define SYMBOL(name)                                                                               \
    {                                                                                              \
#name, offsetof(struct spandsp, name)                                                      \
    }
static const struct library_symbol symbols[] = {
    SYMBOL(g722_encode_init), SYMBOL(g722_encode_free), SYMBOL(g722_encode),
    SYMBOL(g722_decode_init), SYMBOL(g722_decode_free), SYMBOL(g722_decode),
};

/* One for the process, as what it stands for. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct spandsp lib;
static bool loaded;
static atomic_bool failed; /* once and for all; asked for on other threads */

static void load(void)
{
    for (size_t i = 0; i < ARRAY_LEN(files) && !loaded; i++)
        loaded = !library_load(files[i], symbols, ARRAY_LEN(symbols), &lib);
    atomic_store(&failed, !loaded);
}

const struct spandsp *spandsp_load(void)
{
    pthread_once(&once, load);
    return loaded ? &lib : NULL;
}

/* Whoever installs both from packages has them in one folder. */
bool spandsp_is_there(void)
{
    for (size_t i = 0; i < ARRAY_LEN(files) && !atomic_load(&failed); i++)
        if (library_is_beside(files[i], (const void *)(uintptr_t)opus_get_version_string))
            return true;
    return spandsp_load() != NULL;
}
