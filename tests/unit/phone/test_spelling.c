/* How far words are apart, and which one is offered. */
#include "phone/spelling.h"

#include "tests/lib/rows.h"

static const struct row {
    const char *name, *a, *b;
    unsigned distance;
    bool near;
} rows[] = {
    {"the same", "record", "record", 0, true},
    {"any case", "Record", "rECORD", 0, true},
    {"one letter too many", "reccord", "record", 1, true},
    {"one letter missing", "recod", "record", 1, true},
    {"one letter wrong", "recard", "record", 1, true},
    {"two letters swapped", "recrod", "record", 1, true},
    {"not finished", "rec", "record", 3, true},
    {"too far away", "quiet", "record", 6, false},
    {"short words may have one fault", "fro", "for", 1, true},
    {"and no two", "fxx", "for", 2, false},
    {"nothing", "", "for", 3, false},
};

static void check_row(void **state)
{
    const struct row *row = *state;

    assert_int_equal(spelling_distance(slice_of(row->a), slice_of(row->b)), row->distance);
    assert_int_equal(spelling_near(slice_of(row->a), slice_of(row->b)), row->near);
}

static void the_nearest(void **state)
{
    static const char *const words[] = {"play", "delay", "device"};

    (void)state;
    assert_string_equal(spelling_nearest(SLICE("dely"), words, 3), "delay");
    assert_string_equal(spelling_nearest(SLICE("plya"), words, 3), "play");
    assert_null(spelling_nearest(SLICE("trace"), words, 3));
    assert_null(spelling_nearest(SLICE("x"), NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_nearest)};

    return RUN_ROWS("phone/spelling", rows, check_row) +
           cmocka_run_group_tests_name("phone/spelling whole", tests, NULL, NULL);
}
