/* A line typed at a terminal that is read aloud: what is written for each key. */
#include "tests/lib/rows.h"
#include "ui/screen/plain_line.h"

#define BACK "\b \b"

/* clang-format off */
static const struct row {
    const char *name;
    const char *keys;
    const char *echo; /* all that was written */
    const char *text; /* that is typed in the end */
    const char *entered; /* lines, one after the other; NULL: none was */
    bool hidden;
} rows[] = {
    {"letters are shown as they come", "mute", "mute", "mute", NULL, false},
    {"so are others", "\xc3\xa9\xe6\xbc\xa2", "\xc3\xa9\xe6\xbc\xa2", "\xc3\xa9\xe6\xbc\xa2", NULL, false},
    {"an accent that combines", "e\xcc\x81", "e\xcc\x81", "e\xcc\x81", NULL, false},
    {"backspace", "mu\x7f", "mu" BACK, "m", NULL, false},
    {"the other backspace", "mu\b", "mu" BACK, "m", NULL, false},
    {"backspace over what is two columns wide", "\xe6\xbc\xa2\x7f", "\xe6\xbc\xa2" BACK BACK, "", NULL, false},
    {"backspace over letter and accent", "e\xcc\x81\x7f", "e\xcc\x81" BACK, "", NULL, false},
    {"backspace where nothing is", "\x7f", "", "", NULL, false},
    {"a word is taken away", "ab cd\x17", "ab cd" BACK BACK, "ab ", NULL, false},
    {"all is taken away", "abc\x15", "abc" BACK BACK BACK, "", NULL, false},
    {"a line is entered", "ab\r", "ab\n", "", "ab|", false},
    {"by the other end, too", "ab\n", "ab\n", "", "ab|", false},
    {"two lines", "a\rb\r", "a\nb\n", "", "a|b|", false},
    {"an empty one", "\r", "\n", "", "|", false},
    {"what was entered comes back", "ab\r\x1b[A", "ab\nab", "ab", "ab|", false},
    {"and the one before it, on a line of its own", "ab\rcd\r\x1b[A\x1b[A", "ab\ncd\ncd\n> ab", "ab", "ab|cd|", false},
    {"and goes", "ab\r\x1b[A\x1b[B", "ab\nab" BACK BACK, "", "ab|", false},
    {"shown again", "ab\x0c", "ab\n> ab", "ab", NULL, false},
    {"keys that would move do nothing", "ab\x1b[D\x1b[H\x01" "c", "abc", "abc", NULL, false},
    {"sequences that mean nothing are not shown", "a\x1b[200;3z\x1bOPb", "ab", "ab", NULL, false},
    {"what is hidden is not shown", "secret\x7f", "", "secre", NULL, true},
    {"nor remembered", "secret\r\x1b[A", "\n", "", "secret|", true},
    {"tabs belong to what is hidden as nothing", "se\tcret", "", "secret", NULL, true},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf echo = buf_new(4096), entered = buf_new(4096);
    struct plain_line line;
    enum plain_line_result result;

    plain_line_init(&line);
    line.hidden = row->hidden;
    plain_line_add(&line, slice_of(row->keys));
    while ((result = plain_line_next(&line, false, &echo)) != PLAIN_LINE_NONE)
        if (result == PLAIN_LINE_ENTERED) {
            plain_line_take(&line, &entered);
            buf_putc(&entered, '|');
        }
    assert_string_equal(buf_cstr(&echo), row->echo);
    assert_true(slice_eq(plain_line_text(&line), slice_of(row->text)));
    assert_string_equal(buf_cstr(&entered), row->entered ? row->entered : "");
    buf_free(&echo);
    buf_free(&entered);
    plain_line_free(&line);
}

/* --- what comes between --------------------------------------------------------------------- */

static void type(struct plain_line *line, const char *keys, struct buf *echo)
{
    plain_line_add(line, slice_of(keys));
    while (plain_line_next(line, false, echo) == PLAIN_LINE_TYPED)
        ;
}

static void check_between(void **state)
{
    struct buf echo = buf_new(4096);
    struct plain_line line;

    (void)state;
    plain_line_init(&line);
    plain_line_leave(&line, &echo); /* nothing stands there */
    plain_line_show(&line, &echo);
    type(&line, "mu", &echo);
    plain_line_leave(&line, &echo);
    buf_puts(&echo, "Bob calls\n");
    plain_line_show(&line, &echo);
    type(&line, "te", &echo);
    assert_string_equal(buf_cstr(&echo), "> mu\nBob calls\n> mute");
    buf_free(&echo);
    plain_line_free(&line);
}

static void check_set(void **state)
{
    struct buf echo = buf_new(4096);
    struct plain_line line;

    (void)state;
    plain_line_init(&line);
    type(&line, "call b", &echo);
    plain_line_set(&line, SLICE("call Bob"), &echo);
    plain_line_set(&line, SLICE("call Bob Martin"), &echo);
    assert_string_equal(buf_cstr(&echo), "call b\n> call Bob Martin");
    buf_free(&echo);
    plain_line_free(&line);
}

static void check_ends(void **state)
{
    struct buf echo = buf_new(4096);
    struct plain_line line;

    (void)state;
    plain_line_init(&line);
    plain_line_add(&line, SLICE("a\x04\x7f\x04\t"));
    assert_int_equal(plain_line_next(&line, false, &echo), PLAIN_LINE_TYPED);
    assert_int_equal(plain_line_next(&line, false, &echo), PLAIN_LINE_TYPED); /* within a line */
    assert_int_equal(plain_line_next(&line, false, &echo), PLAIN_LINE_TYPED);
    assert_int_equal(plain_line_next(&line, false, &echo), PLAIN_LINE_END);
    assert_int_equal(plain_line_next(&line, false, &echo), PLAIN_LINE_COMPLETE);
    buf_free(&echo);
    plain_line_free(&line);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(check_between),
        cmocka_unit_test(check_set),
        cmocka_unit_test(check_ends),
    };
    int failed = RUN_ROWS("ui/screen/plain_line", rows, check_row);

    return failed + cmocka_run_group_tests_name("ui/screen/plain_line/more", others, NULL, NULL);
}
