/* The width of text: clusters of characters, as a person counts them. */
#include "ui/screen/width.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name, *text;
    int width;
    const char *first; /* cluster */
    const char *head;  /* of three columns */
} rows[] = {
    {"nothing",                       "",               0, "",            ""},
    {"ASCII",                         "alice",          5, "a",           "ali"},
    {"Latin with accents",            "Zoë",            3, "Z",           "Zoë"},
    {"an accent of its own",          "Zoe\u0308!",     4, "Z",           "Zoe\u0308"},
    {"three accents on one letter",   "e\u0301\u0302\u0303x", 2, "e\u0301\u0302\u0303", "e\u0301\u0302\u0303x"},
    {"wide characters",               "東京",           4, "東",          "東"},
    {"a wide one behind a narrow one","a東b",           4, "a",           "a東"},
    {"an emoji with a skin tone",     "\U0001F44D\U0001F3FD!", 3, "\U0001F44D\U0001F3FD", "\U0001F44D\U0001F3FD!"},
    {"Hangul in pieces",              "\u1112\u1161\u11ab.", 3, "\u1112\u1161\u11ab", "\u1112\u1161\u11ab."},
    {"ambiguous ones are narrow",     "§±×",            3, "§",           "§±×"},
    {"box drawing is narrow",         "─│▁█",           4, "─",           "─│▁"},
    {"a control character is nothing","\001a",          1, "\001",        "\001a"},
    {"bytes that are no UTF-8",       "\xff""ab",       3, "\xff",        "\xff""ab"},
    {"a character cut off",           "a\xe6\x9d",      -1, "a",          NULL},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice text = exact_copy(row->text);
    int width;

    assert_slice(width_next(text, &width), row->first);
    if (row->width >= 0)
        assert_int_equal(width_of(text), row->width);
    if (row->head)
        assert_slice(width_head(text, 3), row->head);
    assert_int_equal(width_of(width_head(text, 0)), 0);
    exact_free(text);
}

/* Forwards and backwards the same places are found. */
static void clusters_have_two_ends(void **state)
{
    const struct row *row = *state;
    struct slice text = exact_copy(row->text), rest = text;

    while (rest.n > 0) {
        struct slice last = width_last(rest);

        assert_true(last.n > 0 && last.p + last.n == rest.p + rest.n);
        rest = slice_head(rest, rest.n - last.n);
    }
    exact_free(text);
}

int main(void)
{
    return RUN_ROWS("ui/screen/width", rows, check_row) +
           RUN_ROWS("ui/screen/width backwards", rows, clusters_have_two_ends);
}
