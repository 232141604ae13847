/* tests/lib/memory.h - allocations that fail on demand.
 *
 * For programs linked with $(memory_ldflags), which lead malloc, calloc, realloc and free of our
 * code through here. A test repeats its steps with the first, the second … allocation failing,
 * until none is left to fail:
 *
 *     for (unsigned n = 1; memory_fail_at(n), steps(), memory_has_failed(); n++)
 *         check that the steps were refused and nothing is broken
 *
 * And what is given back may be searched for what nobody should find there. */
#ifndef TESTS_LIB_MEMORY_H
#define TESTS_LIB_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* The nth allocation from now on fails, and only that one; 0: none does. */
void memory_fail_at(unsigned n);
/* Whether that allocation has come; from then on all succeed again. */
bool memory_has_failed(void);

/* How many further the next one is that a test lets fail: 1, but 5 with TPHONE_SHORT, where each
 * takes long; with AddressSanitizer 1 all the same, as it says what is left of each. */
unsigned memory_step(void);

/* Or fails says of each whether it does, on the thread that wants it; NULL: none does. */
void memory_fail_by(bool (*fails)(void *arg), void *arg);

/* One that never fails. */
void *memory_realloc(void *p, size_t n);

/* From now on all that is given back is searched for these bytes, which stay the caller's. */
void memory_watch(const struct slice *secrets, size_t n);
/* How many pieces had one of them; and the end of the search. */
unsigned memory_found(void);

#endif
