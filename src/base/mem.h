/* base/mem.h - memory that must be there: allocations at start, never on behalf of a message; and
 * memory that must be gone: passwords. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory for n objects of size bytes; ends the program with a sentence when there is none.
 * The caller frees it with free(). */
void *xcalloc(size_t n, size_t size) __attribute__((malloc));
void *xzalloc(size_t size) __attribute__((malloc));
char *xstrdup(const char *text) __attribute__((malloc));

/* Whether n bytes could be had at this moment. For libraries that end the program, or crash, where
 * they find none: better not to begin. */
bool mem_is_there(size_t n);

/* Overwrites n bytes, also where the compiler sees that nobody reads them again. */
void mem_wipe(void *p, size_t n);
/* Frees a string that nobody must find in memory later; NULL is fine. */
void mem_wipe_free(char *text);

#endif
