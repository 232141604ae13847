/* tests/fuzz/place.h - a file that a fuzz target has read as somebody may have left it. */
#ifndef TESTS_FUZZ_PLACE_H
#define TESTS_FUZZ_PLACE_H

#include <stddef.h>

/* Its path, in a folder of this process alone, which is gone with all that lies in it when the
 * process ends. */
const char *fuzz_place(void);
/* It consists of n bytes from now on, and nothing lies beside it. */
void fuzz_place_write(const void *bytes, size_t n);

#endif
