/* base/mem.h - memory that must be there: allocations at start, never on behalf of a message. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for n objects of size bytes; ends the program with a sentence when there is none.
 * The caller frees it with free(). */
void *xcalloc(size_t n, size_t size) __attribute__((malloc));
void *xzalloc(size_t size) __attribute__((malloc));
char *xstrdup(const char *text) __attribute__((malloc));

#endif
