/* Lines come out whole, whatever pieces they came in. */
#include "ui/lines.h"

#include "base/buf.h"
#include "tests/lib/rows.h"

#define MAX 8

/* What is taken is written as "line|", what was too long as "!|". */
static const struct row {
    const char *name, *bytes;
    bool ended;
    const char *taken;
} rows[] = {
    {"nothing", "", true, ""},
    {"one line", "abc\n", false, "abc|"},
    {"two lines", "abc\nd\n", false, "abc|d|"},
    {"half a line waits", "abc\nde", false, "abc|"},
    {"half a line is the last one", "abc\nde", true, "abc|de|"},
    {"blank lines are none", "\n \r\n\t\nab\n\n", true, "ab|"},
    {"blanks around a line", " \tab \r\n", false, "ab|"},
    {"as long as may be", "12345678\nab\n", false, "12345678|ab|"},
    {"as long as may be, at the end", "12345678", true, "12345678|"},
    {"a byte longer", "123456789\nab\n", false, "!|ab|"},
    {"much longer", "12345678901234567890123456\nab\n", false, "!|ab|"},
    {"two that are longer", "123456789012345\n123456789012345\nab\n", false, "!|!|ab|"},
    {"longer, and never ended", "123456789012345", true, "!|"},
    {"longer, then the end", "123456789012345\nab", true, "!|ab|"},
};

static void take_all(struct lines *lines, bool ended, struct buf *out)
{
    enum lines_got got;
    struct slice line;

    while ((got = lines_take(lines, ended, &line)) != LINES_NONE) {
        if (got == LINES_TOO_LONG)
            buf_putc(out, '!');
        else
            buf_put(out, line);
        buf_putc(out, '|');
    }
}

static void feed(struct lines *lines, struct slice bytes, struct buf *out)
{
    while (bytes.n > 0) {
        char *at;
        size_t room = lines_room(lines, &at), n = room < bytes.n ? room : bytes.n;

        assert_true(n > 0);
        memcpy(at, bytes.p, n);
        lines_add(lines, n);
        bytes = slice_skip(bytes, n);
        take_all(lines, false, out);
    }
}

static void check_pieces(const struct row *row, size_t first, size_t each)
{
    struct slice bytes = slice_of(row->bytes);
    struct buf out = buf_new(256);
    struct lines lines;

    assert_int_equal(lines_init(&lines, MAX), 0);
    feed(&lines, slice_head(bytes, first), &out);
    for (size_t at = first; at < bytes.n; at += each)
        feed(&lines, slice_head(slice_skip(bytes, at), each), &out);
    if (row->ended)
        take_all(&lines, true, &out);
    assert_string_equal(buf_cstr(&out), row->taken);
    lines_free(&lines);
    buf_free(&out);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    size_t n = strlen(row->bytes);

    for (size_t first = 0; first <= n; first++)
        for (size_t each = 1; each <= n + 1; each++)
            check_pieces(row, first, each);
}

static void what_was_taken_is_wiped(void **state)
{
    struct buf out = buf_new(64);
    struct lines lines;
    char *at;

    (void)state;
    assert_int_equal(lines_init(&lines, MAX), 0);
    feed(&lines, SLICE("secret\nx"), &out);
    assert_true(!lines_empty(&lines));
    lines_room(&lines, &at);
    assert_int_equal(lines.room[0], 'x');
    for (size_t i = 1; i < 8; i++)
        assert_int_equal(lines.room[i], 0);
    lines_free(&lines);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_taken_is_wiped)};

    return RUN_ROWS("ui/lines", rows, check_row) +
           cmocka_run_group_tests_name("ui/lines whole", tests, NULL, NULL);
}
