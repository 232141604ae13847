/* tests/lib/exact.h - inputs in an allocation of exactly their length, so that AddressSanitizer and
 * valgrind see each read behind the end. */
#ifndef TESTS_LIB_EXACT_H
#define TESTS_LIB_EXACT_H

#include "base/slice.h"

/* A copy of text without its NUL, or of bytes; freed with exact_free. Ends the program without
 * memory. */
struct slice exact_copy(const char *text);
struct slice exact_bytes(const void *bytes, size_t n);
void exact_free(struct slice copy);

#endif
