/* A line that is typed: where the cursor goes, what is cut, what comes from a paste. */
#include "ui/screen/line_edit.h"

#include "tests/lib/rows.h"
#include "ui/screen/key_reader.h"

/* clang-format off */
static const struct row {
    const char *name, *typed; /* bytes of a terminal */
    const char *text;         /* with a | where the cursor is */
    enum line_result last;
} rows[] = {
    {"letters",                      "bob",                        "bob|",     LINE_CHANGED},
    {"letters in the middle",        "bb\033[Do",                  "bo|b",     LINE_CHANGED},
    {"the ends",                     "ob\x01" "b\x05!",            "bob!|",    LINE_CHANGED},
    {"left at the left end",         "a\033[D\033[D",              "|a",       LINE_MOVED},
    {"right at the right end",       "a\033[C",                    "a|",       LINE_MOVED},
    {"an accent goes with its letter", "e\u0301x\033[D\033[D",     "|e\u0301x", LINE_MOVED},
    {"backspace takes both",         "ae\u0301\x7f",               "a|",       LINE_CHANGED},
    {"delete takes both",            "ae\u0301b\x01\033[C\033[3~", "a|b",      LINE_CHANGED},
    {"words",                        "one two three\033b\033b",    "one |two three", LINE_MOVED},
    {"words onwards",                "one two\x01\033f",           "one| two", LINE_MOVED},
    {"a word is cut",                "one two \x17",               "one |",    LINE_CHANGED},
    {"all before",                   "one two\033b\x15",           "|two",     LINE_CHANGED},
    {"all behind",                   "one two\033b\x0b",           "one |",    LINE_CHANGED},
    {"backspace on nothing",         "a\x7f\x7f",                  "|",        LINE_LEFT},
    {"return",                       "a\r",                        "a|",       LINE_ENTERED},
    {"control and C",                "a\x03",                      "a|",       LINE_LEFT},
    {"a function key is not for it", "a\033OP",                    "a|",       LINE_PASSED},
    {"a paste",                      "a\033[200~ bc \n\033[201~d", "abcd|",    LINE_CHANGED},
    {"a paste of two lines",         "\033[200~bc\nhangup\n\033[201~", "bc|",  LINE_CHANGED},
    {"a paste that moves the cursor", "\033[200~b\033[2Jc\033[201~", "b\xef\xbf\xbd[2Jc|", LINE_CHANGED},
    {"history",                      "x\033[A",                    "second|",  LINE_CHANGED},
    {"history goes on",              "x\033[A\033[A\033[A",        "first|",   LINE_CHANGED},
    {"and back to what was typed",   "x\033[A\033[A\033[B\033[B",  "x|",       LINE_CHANGED},
};
/* clang-format on */

static enum line_result type(struct line_edit *line, const char *bytes)
{
    enum line_result result = LINE_PASSED;
    struct key_reader reader;
    struct key key;

    key_reader_init(&reader, NULL);
    key_reader_add(&reader, slice_of(bytes));
    while (key_reader_next(&reader, true, &key))
        result = line_key(line, &key);
    key_reader_free(&reader);
    return result;
}

static void fill(struct line_history *history)
{
    static const char *const lines[] = {"first", "second", "second", " ", ""};
    struct line_edit line;

    line_init(&line, history);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        line_set(&line, slice_of(lines[i]));
        line_remember(&line);
    }
    line_free(&line);
    assert_int_equal(history->n, 2);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf shown = buf_new(4096);
    struct line_history history = {0};
    struct line_edit line;

    fill(&history);
    line_init(&line, &history);
    assert_int_equal(type(&line, row->typed), row->last);
    buf_put(&shown, slice_head(line_text(&line), line.cursor));
    buf_putc(&shown, '|');
    buf_put(&shown, slice_skip(line_text(&line), line.cursor));
    assert_string_equal(buf_cstr(&shown), row->text);
    buf_free(&shown);
    line_free(&line);
    line_history_free(&history);
}

/* --- limits --------------------------------------------------------------------------------- */

static void too_much_is_not_taken(void **state)
{
    struct line_edit line;

    (void)state;
    line_init(&line, NULL);
    for (unsigned i = 0; i < LINE_BYTES_MAX + 10; i++)
        type(&line, "x");
    assert_true(line_text(&line).n <= LINE_BYTES_MAX);
    assert_int_equal(type(&line, "é"), LINE_MOVED);
    assert_int_equal(type(&line, "\x7f\x7fy"), LINE_CHANGED);
    line_free(&line);
}

static void old_lines_are_forgotten(void **state)
{
    struct line_history history = {0};
    struct line_edit line;

    (void)state;
    line_init(&line, &history);
    for (unsigned i = 0; i < LINE_HISTORY_MAX + 5; i++) {
        struct buf text = buf_new(64);

        buf_putu(&text, i);
        line_set(&line, buf_slice(&text));
        line_remember(&line);
        buf_free(&text);
    }
    assert_int_equal(history.n, LINE_HISTORY_MAX);
    assert_string_equal(history.lines[0], "5");
    line_free(&line);
    line_history_free(&history);
}

/* The cursor is always to be seen, also in a line that is longer than its place. */
static void the_cursor_is_seen(void **state)
{
    struct cells cells = {0};
    struct line_edit line;

    (void)state;
    cells_init(&cells, 1, 8);
    line_init(&line, NULL);
    type(&line, "東京 is a long way");
    line_draw(&line, &cells, cells_all(&cells), 0, 1);
    assert_int_equal(cells.cursor_row, 0);
    assert_true(cells.cursor_col > 1 && cells.cursor_col < 8);
    assert_int_equal(cells_at(&cells, 0, cells.cursor_col - 1)->text[0], 'y');
    type(&line, "\x01");
    line_draw(&line, &cells, cells_all(&cells), 0, 1);
    assert_int_equal(cells.cursor_col, 1);
    assert_int_equal(cells_at(&cells, 0, 1)->width, 2);
    line_free(&line);
    cells_free(&cells);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_much_is_not_taken),
        cmocka_unit_test(old_lines_are_forgotten),
        cmocka_unit_test(the_cursor_is_seen),
    };

    return RUN_ROWS("ui/screen/line_edit", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen/line_edit limits", tests, NULL, NULL);
}
