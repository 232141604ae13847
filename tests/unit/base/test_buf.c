#include <stdlib.h>

#include "base/buf.h"
#include "tests/lib/rows.h"

static void grows_and_keeps_what_was_written(void **state)
{
    struct buf b = buf_new(100000);

    (void)state;
    for (unsigned i = 0; i < 10000; i++)
        buf_putc(&b, (char)('a' + i % 26));
    assert_true(buf_ok(&b));
    assert_int_equal(buf_slice(&b).n, 10000);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(buf_slice(&b).p[i], 'a' + i % 26);
    buf_free(&b);
    assert_int_equal(buf_slice(&b).n, 0);
}

static void every_kind_of_write(void **state)
{
    struct buf b = buf_new(200);

    (void)state;
    buf_put(&b, SLICE("a"));
    buf_putc(&b, 'b');
    buf_puts(&b, "cd");
    buf_puts(&b, NULL);
    buf_put(&b, (struct slice){0});
    buf_putu(&b, 0);
    buf_putu(&b, UINT64_MAX);
    buf_printf(&b, "%s%d", "x", -5);
    buf_printf(&b, "%s", "");
    assert_slice(buf_slice(&b), "abcd018446744073709551615x-5");
    assert_string_equal(buf_cstr(&b), "abcd018446744073709551615x-5");
    buf_free(&b);
}

static void ceiling_is_exact(void **state)
{
    struct buf b = buf_new(4);

    (void)state;
    buf_puts(&b, "abcd");
    assert_true(buf_ok(&b));
    buf_putc(&b, 'e');
    assert_false(buf_ok(&b));
    assert_slice(buf_slice(&b), "abcd");
    buf_free(&b);
}

static void failed_write_changes_nothing_and_sticks(void **state)
{
    struct buf b = buf_new(8);

    (void)state;
    buf_puts(&b, "abc");
    buf_printf(&b, "%d", 123456);
    assert_false(buf_ok(&b));
    buf_putc(&b, 'd'); /* would fit, but comes after a failure */
    assert_slice(buf_slice(&b), "abc");
    buf_clear(&b);
    assert_true(buf_ok(&b));
    buf_puts(&b, "12345678");
    assert_true(buf_ok(&b));
    assert_slice(buf_slice(&b), "12345678");
    buf_free(&b);
}

static void huge_write_does_not_wrap(void **state)
{
    struct buf b = buf_new(16);

    (void)state;
    buf_putc(&b, 'a');
    buf_put(&b, (struct slice){"b", SIZE_MAX});
    assert_false(buf_ok(&b));
    assert_slice(buf_slice(&b), "a");
    buf_free(&b);
}

static void drop_moves_the_rest_to_the_front(void **state)
{
    struct buf b = buf_new(16);

    (void)state;
    buf_drop(&b, 3);
    buf_puts(&b, "abcdef");
    buf_drop(&b, 2);
    assert_slice(buf_slice(&b), "cdef");
    buf_drop(&b, 0);
    assert_slice(buf_slice(&b), "cdef");
    buf_drop(&b, 99);
    assert_slice(buf_slice(&b), "");
    buf_puts(&b, "0123456789abcdef");
    assert_true(buf_ok(&b));
    buf_free(&b);
}

static void empty_buffer_is_a_c_string(void **state)
{
    struct buf b = buf_new(0);

    (void)state;
    assert_string_equal(buf_cstr(&b), "");
    buf_free(&b);
    assert_string_equal(buf_cstr(&b), "");
    buf_free(&b);
}

static void text_is_taken_out_of_the_buffer(void **state)
{
    struct buf b = buf_new(4), full = buf_new(4);
    char *text;

    (void)state;
    buf_puts(&b, "four");
    text = buf_take(&b);
    assert_string_equal(text, "four");
    free(text);
    assert_int_equal(b.n, 0);
    buf_puts(&full, "fiver");
    assert_null(buf_take(&full));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_keeps_what_was_written),
        cmocka_unit_test(every_kind_of_write),
        cmocka_unit_test(ceiling_is_exact),
        cmocka_unit_test(failed_write_changes_nothing_and_sticks),
        cmocka_unit_test(huge_write_does_not_wrap),
        cmocka_unit_test(drop_moves_the_rest_to_the_front),
        cmocka_unit_test(empty_buffer_is_a_c_string),
        cmocka_unit_test(text_is_taken_out_of_the_buffer),
    };

    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
