/* A library that is loaded when it is needed; here the program itself, which every system has. */
#include "base/library.h"

#include <string.h>

#include "tests/lib/rows.h"

struct functions {
    __typeof__(strlen) *length;
    __typeof__(strchr) *find;
};

static void symbols_are_put_where_they_belong(void **state)
{
    static const struct library_symbol symbols[] = {
        {"strchr", offsetof(struct functions, find)},
        {"strlen", offsetof(struct functions, length)},
    };
    struct functions functions;

    (void)state;
    assert_null(library_load(NULL, symbols, ARRAY_LEN(symbols), &functions));
    assert_int_equal(functions.length("four"), 4);
    assert_string_equal(functions.find("a=b", '='), "=b");
}

static void a_library_that_is_missing_is_named(void **state)
{
    (void)state;
    assert_non_null(strstr(library_load("libtphone-nowhere.so.9", NULL, 0, NULL), "nowhere"));
}

static void a_function_that_is_missing_is_a_fault(void **state)
{
    static const struct library_symbol symbols[] = {{"tphone_no_such_function", 0}};
    void *out = NULL;

    (void)state;
    assert_non_null(library_load(NULL, symbols, ARRAY_LEN(symbols), &out));
    assert_null(out);
}

static void a_library_is_found_beside_another(void **state)
{
    (void)state;
    assert_true(library_is_beside("libcmocka.so.0", (const void *)(uintptr_t)_assert_true));
    assert_false(library_is_beside("libnowhere.so.9", (const void *)(uintptr_t)_assert_true));
    assert_false(library_is_beside("libcmocka.so.0", state)); /* of no library */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_put_where_they_belong),
        cmocka_unit_test(a_library_that_is_missing_is_named),
        cmocka_unit_test(a_function_that_is_missing_is_a_fault),
        cmocka_unit_test(a_library_is_found_beside_another),
    };

    return cmocka_run_group_tests_name("base/library", tests, NULL, NULL);
}
