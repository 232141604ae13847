/* tests/lib/memory_uv.h - what libuv allocates fails on demand, too: it goes through
 * tests/lib/memory.h.
 *
 * But for what grows (realloc): that is the table of descriptors of uv__io_start, without which
 * libuv ends the program. A loop has it grown from the start (src/net/loop.c). */
#ifndef TESTS_LIB_MEMORY_UV_H
#define TESTS_LIB_MEMORY_UV_H

#include <stdbool.h>

/* First of all in main, before libuv has allocated anything. */
bool memory_uv_prepare(void);
/* How many allocations of libuv came by here. */
unsigned memory_uv_taken(void);

#endif
