/* Themes: what is chosen and what is bad can be told without colours, in each of them. */
#include "ui/screen/theme.h"

#include "tests/lib/rows.h"

static const int colours[] = {0, 8, 16, 256};

static bool same(struct look a, struct look b)
{
    return a.front == b.front && a.back == b.back && a.bits == b.bits;
}

static void each(void (*check)(const struct theme *theme, int n))
{
    const char *name;

    for (size_t i = 0; (name = theme_name_at(i)); i++)
        for (size_t c = 0; c < ARRAY_LEN(colours); c++)
            check(theme_find(name), colours[c]);
}

static void check_chosen(const struct theme *theme, int n)
{
    for (int s = 0; s < N_STYLES; s++)
        if (s != STYLE_ALERT) /* which is never part of a list */
            assert_false(same(theme_look(theme, n, (enum style)s, false),
                              theme_look(theme, n, (enum style)s, true)));
}

static void check_colours(const struct theme *theme, int n)
{
    for (int s = 0; s < N_STYLES; s++) {
        struct look look = theme_look(theme, n, (enum style)s, true);

        assert_true(look.front < (n ? n : 0) && look.back < (n ? n : 0));
        assert_true(n > 0 || (look.front == COLOUR_NONE && look.back == COLOUR_NONE));
    }
}

static void check_bad(const struct theme *theme, int n)
{
    struct look normal = theme_look(theme, n, STYLE_NORMAL, false);

    assert_false(same(normal, theme_look(theme, n, STYLE_BAD, false)));
    assert_false(same(normal, theme_look(theme, n, STYLE_ALERT, false)));
    assert_false(same(normal, theme_look(theme, n, STYLE_KEY, false)));
    assert_false(
        same(theme_look(theme, n, STYLE_TITLE, false), theme_look(theme, n, STYLE_FOCUS, false)));
}

static void what_is_chosen_differs(void **state)
{
    (void)state;
    each(check_chosen);
}

static void no_colour_that_is_not_there(void **state)
{
    (void)state;
    each(check_colours);
}

static void what_matters_differs(void **state)
{
    (void)state;
    each(check_bad);
}

static void names(void **state)
{
    (void)state;
    assert_non_null(theme_find("dark"));
    assert_non_null(theme_find("light"));
    assert_non_null(theme_find("contrast"));
    assert_null(theme_find("pink"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_chosen_differs),
        cmocka_unit_test(no_colour_that_is_not_there),
        cmocka_unit_test(what_matters_differs),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests_name("ui/screen/theme", tests, NULL, NULL);
}
