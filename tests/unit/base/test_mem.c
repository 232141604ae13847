/* base/mem: whether there is so much memory. */
#include "base/mem.h"

#include <stdint.h>

#include "tests/lib/rows.h"

static void what_is_there(void **state)
{
    (void)state;
    assert_true(mem_is_there(1));
    assert_true(mem_is_there(1u << 20));
}

static void more_than_any_machine_has(void **state)
{
    (void)state;
    assert_false(mem_is_there(SIZE_MAX / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there),
        cmocka_unit_test(more_than_any_machine_has),
    };

    return cmocka_run_group_tests_name("base/mem", tests, NULL, NULL);
}
