/* Cells: what is written fits, is cut off, and never split. */
#include "ui/screen/cells.h"

#include "base/buf.h"
#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name, *text;
    struct rect within;
    int col;
    bool ascii;
    int took;
    const char *shown; /* of a row of ten columns that had dots before */
} rows[] = {
    {"all of it fits",                "abc",     {0, 0, 1, 10}, 2,  false, 3, "..abc....."},
    {"cut off on the right",          "abcdef",  {0, 0, 1, 10}, 7,  false, 3, ".......abc"},
    {"cut off by what it is within",  "abcdef",  {0, 2, 1, 4},  1,  false, 3, "...abc...."},
    {"cut off on the left",           "abcdef",  {0, 0, 1, 10}, -2, false, 6, "cdef......"},
    {"a row above",                   "abc",     {-1, 0, 1, 10}, 0, false, 0, ".........."},
    {"a row below",                   "abc",     {1, 0, 1, 10}, 0,  false, 0, ".........."},
    {"nothing is wide enough",        "abc",     {0, 3, 1, 0},  0,  false, 0, ".........."},
    {"wide ones take two",            "東京",    {0, 0, 1, 10}, 1,  false, 4, ".東京....."},
    {"half of a wide one is no one",  "a東",     {0, 0, 1, 2},  0,  false, 1, "a........."},
    {"half of a wide one on the left", "東a",    {0, 1, 1, 9},  -1, false, 3, "..a......."},
    {"combining ones take none",      "e\u0301x", {0, 0, 1, 10}, 0, false, 2, "e\u0301x........"},
    {"half a character is not shown", "a\x9d\xb1" "b\xe6\x9d", {0, 0, 1, 10}, 0, false, 5, "a??b?....."},
    {"ASCII asks for what it lacks",  "a東é!",   {0, 0, 1, 10}, 0,  true,  5, "a??" "?!....."},
};
/* clang-format on */

static void read_row(const struct cells *cells, int row, struct buf *out)
{
    for (int col = 0; col < cells->cols; col++) {
        const struct cell *c = cells_at(cells, row, col);

        assert_true(c->width > 0 || cells_at(cells, row, col - 1)->width == 2);
        assert_true(c->width < 2 || cells_at(cells, row, col + 1)->width == 0);
        buf_put(out, (struct slice){c->text, c->n});
    }
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf shown = buf_new(256);
    struct cells cells = {.ascii = row->ascii};

    cells_init(&cells, 1, 10);
    cells_put(&cells, cells_all(&cells), 0, 0, STYLE_DIM, SLICE(".........."));
    assert_int_equal(cells_put(&cells, row->within, 0, row->col, STYLE_BAD, slice_of(row->text)),
                     row->took);
    read_row(&cells, 0, &shown);
    assert_string_equal(buf_cstr(&shown), row->shown);
    buf_free(&shown);
    cells_free(&cells);
}

static void expect(const struct cells *cells, int row, const char *wanted)
{
    struct buf shown = buf_new(1024);

    read_row(cells, row, &shown);
    assert_string_equal(buf_cstr(&shown), wanted);
    buf_free(&shown);
}

/* Whoever writes over one half of a wide cluster takes all of it away. */
static void a_half_takes_the_other_along(void **state)
{
    struct cells cells = {0};

    (void)state;
    cells_init(&cells, 1, 6);
    cells_put(&cells, cells_all(&cells), 0, 1, STYLE_NORMAL, SLICE("東京"));
    cells_put(&cells, cells_all(&cells), 0, 2, STYLE_NORMAL, SLICE("x"));
    expect(&cells, 0, "  x京 ");
    cells_put(&cells, cells_all(&cells), 0, 3, STYLE_NORMAL, SLICE("y"));
    expect(&cells, 0, "  xy  ");
    cells_free(&cells);
}

static void what_is_too_long_ends_in_dots(void **state)
{
    struct cells cells = {0};
    struct rect all;

    (void)state;
    cells_init(&cells, 5, 10);
    all = cells_all(&cells);
    assert_int_equal(cells_put_cut(&cells, all, 0, 0, 6, STYLE_NORMAL, SLICE("abcdef")), 6);
    assert_int_equal(cells_put_cut(&cells, all, 1, 0, 6, STYLE_NORMAL, SLICE("abcdefg")), 6);
    assert_int_equal(cells_put_cut(&cells, all, 2, 0, 6, STYLE_NORMAL, SLICE("東京支店")), 5);
    assert_int_equal(cells_put_cut(&cells, all, 3, 8, 6, STYLE_NORMAL, SLICE("abc")), 2);
    cells_put_right(&cells, all, 4, 9, STYLE_NORMAL, SLICE("end"));
    expect(&cells, 0, "abcdef    ");
    expect(&cells, 1, "abcde…    ");
    expect(&cells, 2, "東京…     ");
    expect(&cells, 3, "        a…");
    expect(&cells, 4, "      end ");
    cells_free(&cells);
}

static void a_frame_and_its_inside(void **state)
{
    struct cells cells = {.ascii = true};
    struct rect in;

    (void)state;
    cells_init(&cells, 3, 10);
    in = cells_frame(&cells, cells_all(&cells), SLICE("Call"));
    cells_put(&cells, in, 0, 0, STYLE_NORMAL, SLICE("whom it is"));
    expect(&cells, 0, "+ Call --+");
    expect(&cells, 1, "| whom i |");
    expect(&cells, 2, "+--------+");
    cells_select(&cells, in);
    assert_true(cells_at(&cells, 1, 2)->selected && !cells_at(&cells, 1, 0)->selected);
    cells_free(&cells);
}

/* A person may put fifty accents on one letter. */
static void a_long_cluster_loses_its_tail(void **state)
{
    struct cells cells = {0};
    struct buf text = buf_new(1024);

    (void)state;
    cells_init(&cells, 1, 4);
    buf_puts(&text, "a");
    for (int i = 0; i < 50; i++)
        buf_puts(&text, "\u0301");
    buf_puts(&text, "b");
    assert_int_equal(cells_put(&cells, cells_all(&cells), 0, 0, STYLE_NORMAL, buf_slice(&text)), 2);
    assert_true(cells_at(&cells, 0, 0)->n <= CELL_BYTES_MAX && cells_at(&cells, 0, 0)->n % 2 == 1);
    assert_int_equal(cells_at(&cells, 0, 1)->text[0], 'b');
    buf_free(&text);
    cells_free(&cells);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_half_takes_the_other_along),
        cmocka_unit_test(what_is_too_long_ends_in_dots),
        cmocka_unit_test(a_frame_and_its_inside),
        cmocka_unit_test(a_long_cluster_loses_its_tail),
    };

    return RUN_ROWS("ui/screen/cells", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen/cells together", tests, NULL, NULL);
}
