#include "tests/lib/rows.h"

#include <stdlib.h>
#include <string.h>

int run_rows(const char *group, const void *rows, size_t n, size_t size, CMUnitTestFunction check)
{
    struct CMUnitTest *tests = calloc(n, sizeof *tests);
    int failed;

    if (!tests)
        abort();
    for (size_t i = 0; i < n; i++) {
        const char *row = (const char *)rows + i * size;

        memcpy(&tests[i].name, row, sizeof tests[i].name);
        tests[i].test_func = check;
        tests[i].initial_state = (void *)row;
    }
    failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
    free(tests);
    return failed;
}

void assert_slice(struct slice got, const char *expected)
{
    if (slice_eq(got, slice_of(expected)))
        return;
    print_error("got \"%" PRI_SLICE "\", not \"%s\"\n", ARG_SLICE(got), expected);
    fail();
}
