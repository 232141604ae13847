#include "audio/libsndfile.h"

#include <pthread.h>

#include "base/library.h"
#include "base/slice.h"

#ifdef __APPLE__
#define LIBRARY_FILE "libsndfile.1.dylib"
#else
#define LIBRARY_FILE "libsndfile.so.1"
#endif

static const struct library_symbol symbols[] = {
#define X(name) {"sf_" #name, offsetof(struct libsndfile, name)},
    LIBSNDFILE_FUNCTIONS(X)
#undef X
};

/* One for the process, as what it stands for. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct libsndfile lib;
static bool loaded;

const struct libsndfile *libsndfile_load(void)
{
    bool done;

    pthread_mutex_lock(&lock);
    loaded = loaded || !library_load(LIBRARY_FILE, symbols, ARRAY_LEN(symbols), &lib);
    done = loaded;
    pthread_mutex_unlock(&lock);
    return done ? &lib : NULL;
}
