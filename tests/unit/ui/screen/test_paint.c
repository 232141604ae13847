/* Pictures become bytes: only what differs, and nothing where nothing does. */
#include "ui/screen/paint.h"

#include <stdio.h>

#include "tests/lib/rows.h"

/* A terminal that is easy to read. */
#define TERMINAL(n)                                                                                \
    {                                                                                              \
        .move = "<%i%p1%d,%p2%d>", .clear = "<clear>", .hide = "<hide>", .show = "<show>",         \
        .plain = "<plain>", .bold = "<bold>", .reverse = "<reverse>", .underline = "<underline>",  \
        .front = "<front %p1%d>", .back = "<back %p1%d>", .colours = n,                            \
    }

static const struct terminfo terminal = TERMINAL(8), rich = TERMINAL(256);

struct stage {
    struct paint paint;
    struct cells cells;
    struct buf out;
};

static void begin(struct stage *s, int colours)
{
    *s = (struct stage){.out = buf_new(65536)};
    cells_init(&s->cells, 2, 10);
    paint_init(&s->paint, &terminal, theme_find("dark"), colours);
    paint_forget(&s->paint);
}

static void finish(struct stage *s)
{
    paint_free(&s->paint);
    cells_free(&s->cells);
    buf_free(&s->out);
}

static void put(struct stage *s, int row, int col, enum style style, const char *text)
{
    cells_put(&s->cells, cells_all(&s->cells), row, col, style, slice_of(text));
}

static void expect(struct stage *s, const char *bytes)
{
    buf_clear(&s->out);
    paint(&s->paint, &s->cells, &s->out);
    assert_string_equal(buf_cstr(&s->out), bytes);
}

static void ignore(struct stage *s)
{
    buf_clear(&s->out);
    paint(&s->paint, &s->cells, &s->out);
}

static void the_first_picture_is_whole(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, 0);
    put(&s, 0, 0, STYLE_NORMAL, "0123456789");
    put(&s, 1, 0, STYLE_NORMAL, "abc");
    expect(&s, "<hide><plain><clear>0123456789<2,1>abc       ");
    expect(&s, "");
    finish(&s);
}

static void only_what_differs(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, 0);
    ignore(&s);
    put(&s, 1, 4, STYLE_NORMAL, "x");
    expect(&s, "<2,5>x");
    put(&s, 1, 5, STYLE_NORMAL, "y");
    expect(&s, "y"); /* the cursor is there already */
    put(&s, 0, 0, STYLE_NORMAL, "a c");
    expect(&s, "<1,1>a c"); /* a blank between is shorter than to move */
    put(&s, 0, 1, STYLE_STRONG, "b");
    expect(&s, "<1,2><plain><bold>b");
    finish(&s);
}

static void colours_by_what_there_is(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, 256); /* the terminal has eight */
    ignore(&s);
    put(&s, 0, 0, STYLE_GOOD, "g");
    expect(&s, "<1,1><plain><front 2>g");
    cells_select(&s.cells, (struct rect){0, 0, 1, 1});
    expect(&s, "<1,1><plain><reverse><front 2>g");
    finish(&s);
    begin(&s, 0);
    ignore(&s);
    put(&s, 0, 0, STYLE_GOOD, "g");
    expect(&s, "<1,1>g");
    finish(&s);
}

/* What is written before a letter of that style, and where it is part of what is chosen. */
static const struct look_row {
    const char *name, *theme;
    int colours;
    enum style style;
    const char *bytes, *chosen;
} look_rows[] = {
    /* clang-format off */
    {"dark, 256",         "dark",     256, STYLE_BAD,   "<bold><front 210>",           "<bold><front 210><back 237>"},
    {"dark, 16",          "dark",     16,  STYLE_BAD,   "<bold><front 9>",             "<bold><reverse><front 9>"},
    {"dark, 8",           "dark",     8,   STYLE_BAD,   "<bold><front 1>",             "<bold><reverse><front 1>"},
    {"dark, none",        "dark",     0,   STYLE_BAD,   "<bold>",                      "<bold><reverse>"},
    {"dark, a call",      "dark",     256, STYLE_ALERT, "<bold><front 16><back 221>",  "<bold><front 16><back 221>"},
    {"dark, no colours",  "dark",     0,   STYLE_ALERT, "<bold><reverse>",             "<bold>"},
    {"light, 256",        "light",    256, STYLE_KEY,   "<bold><front 23>",            "<bold><front 23><back 254>"},
    {"light, 8",          "light",    8,   STYLE_KEY,   "<bold><front 4>",             "<bold><reverse><front 4>"},
    {"light, none",       "light",    0,   STYLE_KEY,   "<bold>",                      "<bold><reverse>"},
    {"contrast, 256",     "contrast", 256, STYLE_BAD,   "<bold><underline>",           "<bold><reverse><underline>"},
    {"contrast, none",    "contrast", 0,   STYLE_BAD,   "<bold><underline>",           "<bold><reverse><underline>"},
    {"contrast, a call",  "contrast", 16,  STYLE_ALERT, "<bold><front 0><back 11>",    "<bold><front 0><back 11>"},
    {"contrast, chosen",  "contrast", 256, STYLE_DIM,   "",                            "<reverse>"},
    /* clang-format on */
};

static void check_look(void **state)
{
    const struct look_row *row = *state;
    struct stage s = {.out = buf_new(65536)};
    char bytes[128];

    cells_init(&s.cells, 2, 10);
    paint_init(&s.paint, &rich, theme_find(row->theme), row->colours);
    ignore(&s);
    put(&s, 0, 0, row->style, "x");
    snprintf(bytes, sizeof bytes, "<1,1>%s%sx", *row->bytes ? "<plain>" : "", row->bytes);
    expect(&s, bytes);
    cells_select(&s.cells, (struct rect){0, 0, 1, 1});
    snprintf(bytes, sizeof bytes, "<1,1>%s%sx", strcmp(row->bytes, row->chosen) ? "<plain>" : "",
             strcmp(row->bytes, row->chosen) ? row->chosen : "");
    expect(&s, bytes);
    finish(&s);
}

/* A terminal may think otherwise of the width of what is not narrow: no byte behind it relies on
 * where the cursor is. */
static void wide_ones_are_not_trusted(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, 0);
    ignore(&s);
    put(&s, 0, 0, STYLE_NORMAL, "a東b");
    expect(&s, "<1,1>a東<1,4>b");
    put(&s, 0, 1, STYLE_NORMAL, "xy");
    expect(&s, "<1,2>xy");
    finish(&s);
}

static void the_cursor(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, 0);
    ignore(&s);
    s.cells.cursor_row = 1;
    s.cells.cursor_col = 3;
    expect(&s, "<2,4><show>");
    expect(&s, "");
    put(&s, 0, 0, STYLE_NORMAL, "a");
    expect(&s, "<hide><1,1>a<2,4><show>");
    s.cells.cursor_row = -1;
    expect(&s, "<hide>");
    finish(&s);
}

static void another_size_is_another_picture(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, 0);
    ignore(&s);
    cells_resize(&s.cells, 1, 3);
    expect(&s, "<clear>   ");
    paint_forget(&s.paint);
    expect(&s, "<hide><plain><clear>   ");
    finish(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_picture_is_whole),
        cmocka_unit_test(only_what_differs),
        cmocka_unit_test(colours_by_what_there_is),
        cmocka_unit_test(wide_ones_are_not_trusted),
        cmocka_unit_test(the_cursor),
        cmocka_unit_test(another_size_is_another_picture),
    };

    return RUN_ROWS("ui/screen/looks", look_rows, check_look) +
           cmocka_run_group_tests_name("ui/screen/paint", tests, NULL, NULL);
}
