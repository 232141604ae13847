#include <errno.h>
#include <stdlib.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const struct number_row {
    const char *name, *in;
    uint64_t max;
    int err;
    uint64_t value;
} number_rows[] = {
    {"number: zero", "0", 9, 0, 0},
    {"number: the maximum is allowed", "65535", 65535, 0, 65535},
    {"number: one above the maximum", "65536", 65535, -ERANGE, 0},
    {"number: leading zeros", "0005060", 65535, 0, 5060},
    {"number: the largest of 64 bits", "18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
    {"number: one more than 64 bits hold", "18446744073709551616", UINT64_MAX, -ERANGE, 0},
    {"number: far more than 64 bits hold", "99999999999999999999999999", UINT64_MAX, -ERANGE, 0},
    {"number: too large, then a letter", "99999999999999999999999999x", 9, -EBADMSG, 0},
    {"number: empty", "", 9, -EBADMSG, 0},
    {"number: a sign", "+1", 9, -EBADMSG, 0},
    {"number: a minus", "-1", 9, -EBADMSG, 0},
    {"number: a blank before", " 1", 9, -EBADMSG, 0},
    {"number: a blank behind", "1 ", 9, -EBADMSG, 0},
    {"number: hexadecimal", "0x1", 9, -EBADMSG, 0},
};

static void check_number(void **state)
{
    const struct number_row *row = *state;
    struct slice in = exact_copy(row->in);
    uint64_t value = 77;

    assert_int_equal(slice_number(in, row->max, &value), row->err);
    assert_true(value == (row->err ? 77 : row->value));
    exact_free(in);
}

static const struct pair_row {
    const char *name, *a, *b;
    bool eq, ieq, starts, istarts; /* the last two: a starts with b */
} pair_rows[] = {
    {"pair: the same", "Via", "Via", true, true, true, true},
    {"pair: another case", "Via", "vIA", false, true, false, true},
    {"pair: a prefix", "Via: x", "Via", false, false, true, true},
    {"pair: a prefix in another case", "Via: x", "VIA", false, false, false, true},
    {"pair: longer than the whole", "Via", "Via: x", false, false, false, false},
    {"pair: both empty", "", "", true, true, true, true},
    {"pair: one empty", "a", "", false, false, true, true},
    {"pair: @ is not a small `", "@", "`", false, false, false, false},
    {"pair: [ is not a small {", "[", "{", false, false, false, false},
    {"pair: letters above 127 keep their case", "\xc3\x84", "\xc3\xa4", false, false, false, false},
};

static void check_pair(void **state)
{
    const struct pair_row *row = *state;
    struct slice a = exact_copy(row->a), b = exact_copy(row->b);

    assert_int_equal(slice_eq(a, b), row->eq);
    assert_int_equal(slice_ieq(a, b), row->ieq);
    assert_int_equal(slice_starts(a, b), row->starts);
    assert_int_equal(slice_istarts(a, b), row->istarts);
    exact_free(a);
    exact_free(b);
}

static const struct cut_row {
    const char *name, *in;
    char at;
    const char *before, *after; /* after NULL: there was no such byte */
} cut_rows[] = {
    {"cut: in the middle", "a;b;c", ';', "a", "b;c"},
    {"cut: at the front", ";b", ';', "", "b"},
    {"cut: at the end leaves empty, not NULL", "a;", ';', "a", ""},
    {"cut: nowhere", "abc", ';', "abc", NULL},
    {"cut: nothing to cut", "", ';', "", NULL},
};

static void check_cut(void **state)
{
    const struct cut_row *row = *state;
    struct slice in = exact_copy(row->in), rest = in;

    assert_slice(slice_cut(&rest, row->at), row->before);
    assert_int_equal(rest.p != NULL, row->after != NULL);
    assert_slice(rest, row->after ? row->after : "");
    exact_free(in);
}

static const struct trim_row {
    const char *name, *in, *out;
} trim_rows[] = {
    {"trim: both ends", " \t a b \r\n", "a b"},
    {"trim: nothing to do", "ab", "ab"},
    {"trim: only blanks", " \t\r\n", ""},
    {"trim: empty", "", ""},
    {"trim: a vertical tab is no blank", "\va", "\va"},
};

static void check_trim(void **state)
{
    const struct trim_row *row = *state;
    struct slice in = exact_copy(row->in);

    assert_slice(slice_trim(in), row->out);
    exact_free(in);
}

static void has_a_part(void **state)
{
    struct slice s = exact_copy("Bob Martin");

    (void)state;
    assert_true(slice_ihas(s, SLICE("bob")));
    assert_true(slice_ihas(s, SLICE("MARTIN")));
    assert_true(slice_ihas(s, SLICE("b m")));
    assert_true(slice_ihas(s, SLICE("")) && slice_ihas(SLICE(""), SLICE("")));
    assert_false(slice_ihas(s, SLICE("martins")));
    assert_false(slice_ihas(SLICE(""), SLICE("a")));
    exact_free(s);
}

static void skip_and_head_stay_inside(void **state)
{
    struct slice s = SLICE("abc"), none = {0};

    (void)state;
    assert_slice(slice_skip(s, 1), "bc");
    assert_slice(slice_skip(s, 3), "");
    assert_slice(slice_skip(s, SIZE_MAX), "");
    assert_slice(slice_head(s, 2), "ab");
    assert_slice(slice_head(s, SIZE_MAX), "abc");
    assert_null(slice_skip(none, 1).p);
    assert_int_equal(slice_index(s, 'c'), 2);
    assert_int_equal(slice_index(s, 'd'), -1);
    assert_int_equal(slice_index(none, 'd'), -1);
}

static void null_is_the_empty_slice(void **state)
{
    struct slice none = slice_of(NULL);
    char *copy = slice_dup(none);

    (void)state;
    assert_int_equal(none.n, 0);
    assert_true(slice_eq(none, SLICE("")));
    assert_true(slice_ieq(SLICE(""), none));
    assert_string_equal(copy, "");
    free(copy);
}

static void dup_ends_in_nul(void **state)
{
    char *copy = slice_dup(slice_head(SLICE("abcd"), 2));

    (void)state;
    assert_string_equal(copy, "ab");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_a_part),
        cmocka_unit_test(skip_and_head_stay_inside),
        cmocka_unit_test(null_is_the_empty_slice),
        cmocka_unit_test(dup_ends_in_nul),
    };

    return RUN_ROWS("base/slice numbers", number_rows, check_number) +
           RUN_ROWS("base/slice pairs", pair_rows, check_pair) +
           RUN_ROWS("base/slice cuts", cut_rows, check_cut) +
           RUN_ROWS("base/slice trims", trim_rows, check_trim) +
           cmocka_run_group_tests_name("base/slice", tests, NULL, NULL);
}
