/* Bars of eight heights a cell, and the scales they stand on. */
#include "ui/screen/graph.h"

#include <math.h>

#include "base/buf.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name;
    float values[6];
    size_t n;
    int rows, cols;
    bool ascii;
    const char *cells; /* rows end in "\n" */
} rows[] = {
    {"from the lowest to the highest", {0, 25, 50, 100}, 4, 1, 4, false, "▁▃▅█\n"},
    {"below and above the scale", {-9, 200}, 2, 1, 2, false, "▁█\n"},
    {"the newest is on the right", {100}, 1, 1, 3, false, "  █\n"},
    {"the oldest are left out", {100, 0, 50}, 3, 1, 2, false, "▁▅\n"},
    {"what is not known stays empty", {100, NAN, 100}, 3, 1, 3, false, "█ █\n"},
    {"two rows", {0, 40, 60, 100}, 4, 2, 4, false, "  ▂█\n▁▇██\n"},
    {"in ASCII", {0, 40, 60, 100}, 4, 2, 4, true, "  .#\n_=##\n"},
    {"nothing", {0}, 0, 1, 2, false, "  \n"},
    {"no room", {100}, 1, 0, 0, false, ""},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct graph graph = {row->values, row->n, 0, 100, 99};
    struct cells cells = {.ascii = row->ascii};
    struct buf out = buf_new(4096);

    cells_init(&cells, row->rows, row->cols);
    graph_draw(&graph, &cells, cells_all(&cells));
    for (int at = 0; at < row->rows * row->cols; at++) {
        const struct cell *cell = &cells.at[at];

        buf_put(&out, (struct slice){cell->text, cell->n});
        if ((at + 1) % row->cols == 0)
            buf_putc(&out, '\n');
    }
    assert_slice(buf_slice(&out), row->cells);
    buf_free(&out);
    cells_free(&cells);
}

static void what_is_too_much_is_marked(void **state)
{
    const float values[] = {50, 100};
    struct graph graph = {values, 2, 0, 100, 99};
    struct cells cells = {0};

    (void)state;
    cells_init(&cells, 1, 2);
    graph_draw(&graph, &cells, cells_all(&cells));
    assert_int_equal(cells.at[0].style, STYLE_METER);
    assert_int_equal(cells.at[1].style, STYLE_METER_HIGH);
    cells_free(&cells);
}

static const struct top {
    const char *name;
    float value, least, top;
} tops[] = {
    {"the least", 3, 5, 5},
    {"exactly the least", 5, 5, 5},
    {"the next round number", 6, 5, 10},
    {"two", 101, 100, 200},
    {"five", 201, 100, 500},
    {"ten", 501, 100, 1000},
    {"exactly a round one", 200, 100, 200},
    {"nothing is known", NAN, 5, 5},
    {"without end", INFINITY, 5, 5},
};

static void check_top(void **state)
{
    const struct top *row = *state;
    const float values[] = {1, row->value, NAN};

    assert_true(fabsf(graph_top(values, 3, row->least) - row->top) < 0.01f * row->top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_too_much_is_marked)};

    return RUN_ROWS("ui/screen/graph", rows, check_row) +
           RUN_ROWS("ui/screen/graph, scales", tops, check_top) +
           cmocka_run_group_tests_name("ui/screen/graph, styles", tests, NULL, NULL);
}
