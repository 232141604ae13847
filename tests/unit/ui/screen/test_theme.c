/* Themes: what is chosen and what is bad can be told without colours, in each of them; and with
 * them all can be read. */
#include "ui/screen/theme.h"

#include <math.h>

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

/* --- contrast, as WCAG 2 computes it -------------------------------------------------------- */

#define RGB(r, g, b) ((r) << 16 | (g) << 8 | (b))

/* The first 16 are xterm's, the others those of every terminal. */
static unsigned rgb_of(int n)
{
    static const unsigned first[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                       0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                       0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
    static const unsigned steps[6] = {0, 95, 135, 175, 215, 255};

    if (n < 16)
        return first[n];
    if (n >= 232)
        return (unsigned)(8 + 10 * (n - 232)) * RGB(1u, 1u, 1u);
    return RGB(steps[(n - 16) / 36], steps[(n - 16) / 6 % 6], steps[(n - 16) % 6]);
}

static double light_of(unsigned part)
{
    double v = part / 255.0;

    return v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(unsigned rgb)
{
    return 0.2126 * light_of(rgb >> 16 & 255) + 0.7152 * light_of(rgb >> 8 & 255) +
           0.0722 * light_of(rgb & 255);
}

static double contrast(unsigned a, unsigned b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

    return x > y ? x / y : y / x;
}

/* What a terminal has of its own: there are many, and themes are to fit them all. */
static const struct ground {
    const char *theme;
    unsigned back, front;
} grounds[] = {
    {"dark", 0x000000, 0xe5e5e5},     {"dark", 0x282828, 0xebdbb2},
    {"dark", 0x002b36, 0xeee8d5},     {"light", 0xffffff, 0x000000},
    {"light", 0xfdf6e3, 0x073642},    {"contrast", 0x000000, 0xffffff},
    {"contrast", 0xffffff, 0x000000},
};

/* Of letters; lines and meters do with less. Of 16 colours or 8 those of xterm are a guess, to be
 * taken with a background of black or white; what matters is bold then. */
static double least_of(const struct ground *g, int n, enum style style)
{
    if (strcmp(g->theme, "contrast") == 0)
        return 7;
    if (n < 256 || style == STYLE_BORDER || style == STYLE_METER || style == STYLE_METER_HIGH)
        return 3;
    return 4.5;
}

static bool fits(const struct ground *g, int n)
{
    return n == 256 || g->back == 0 || g->back == 0xffffff;
}

static void check_contrast(const struct ground *g, int n, enum style style, bool selected)
{
    struct look look = theme_look(theme_find(g->theme), n, style, selected);
    unsigned front = look.front == COLOUR_NONE ? g->front : rgb_of(look.front);
    unsigned back = look.back == COLOUR_NONE ? g->back : rgb_of(look.back);

    if (contrast(front, back) < least_of(g, n, style))
        fail_msg("%s, %d colours, style %d%s: %06x on %06x has %.2f", g->theme, n, (int)style,
                 selected ? ", chosen" : "", front, back, contrast(front, back));
}

static void all_can_be_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(grounds); i++)
        for (size_t c = 1; c < ARRAY_LEN(colours); c++)
            for (int s = 0; s < N_STYLES && fits(&grounds[i], colours[c]); s++) {
                check_contrast(&grounds[i], colours[c], (enum style)s, false);
                check_contrast(&grounds[i], colours[c], (enum style)s, true);
            }
}

static void contrast_is_known(void **state)
{
    (void)state;
    assert_float_equal(contrast(0, 0xffffff), 21, 0.001);
    assert_float_equal(contrast(0x777777, 0xffffff), 4.478, 0.001); /* as others compute it */
    assert_int_equal(rgb_of(196), 0xff0000);
    assert_int_equal(rgb_of(237), 0x3a3a3a);
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
        cmocka_unit_test(what_is_chosen_differs), cmocka_unit_test(no_colour_that_is_not_there),
        cmocka_unit_test(what_matters_differs),   cmocka_unit_test(all_can_be_read),
        cmocka_unit_test(contrast_is_known),      cmocka_unit_test(names),
    };

    return cmocka_run_group_tests_name("ui/screen/theme", tests, NULL, NULL);
}
