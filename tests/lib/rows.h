/* tests/lib/rows.h - a table of named rows, each row a test of its own. Includes cmocka.
 *
 *     static const struct row { const char *name, *in; int err; } rows[] = { … };
 *     static void check_row(void **state) { const struct row *row = *state; … }
 *     int main(void) { return RUN_ROWS("sip/via", rows, check_row); }
 */
#ifndef TESTS_LIB_ROWS_H
#define TESTS_LIB_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#include "base/slice.h"

/* Runs check for each of n rows of size bytes, whose first member is their name (char *). Returns
 * how many failed. */
int run_rows(const char *group, const void *rows, size_t n, size_t size, CMUnitTestFunction check);

#define RUN_ROWS(group, rows, check) run_rows(group, rows, ARRAY_LEN(rows), sizeof *(rows), check)

/* Fails the test, showing both, where the slice is not the text. */
void assert_slice(struct slice got, const char *expected);

#endif
