/* base/library.h - a library that is loaded when somebody needs it and not when the program starts,
 * as most runs of it never do.
 *
 * It is never unloaded. To load it reads files: not for a thread that must not wait. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct library_symbol {
    const char *name;
    size_t place; /* of the pointer to it, in the caller's struct */
};

/* Puts the addresses of n symbols of file into the struct at out. NULL; or what is wrong, in the
 * words of the system, which live until the next call on this thread. */
const char *library_load(const char *file, const struct library_symbol *symbols, size_t n,
                         void *out);

/* Whether file lies in the folder of the library that function is part of, which tells quickly that
 * one could be loaded; where it does not, it may be elsewhere all the same. Only looks. */
bool library_is_beside(const char *file, const void *function);

#ifdef __cplusplus
}
#endif

#endif
