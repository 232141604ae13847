#include "base/text.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define R "\xef\xbf\xbd" /* U+FFFD */

static const struct row {
    const char *name, *in, *out;
    const char *lines; /* NULL: the same as out */
} rows[] = {
    {"ASCII stays", "alice@example.org \"A\" \\ ~", "alice@example.org \"A\" \\ ~", NULL},
    {"letters of other scripts stay", "\xc3\xa4\xd7\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80",
     "\xc3\xa4\xd7\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", NULL},
    {"nothing", "", "", NULL},
    {"escape sequence", "\x1b[2J", R "[2J", NULL},
    {"bell and backspace", "a\a\b", "a" R R, NULL},
    {"DEL", "\x7f", R, NULL},
    {"C1 as UTF-8", "\xc2\x9b" "31m", R "31m", NULL},
    {"C1 as a single byte", "\x9b" "31m", R "31m", NULL},
    {"no-break space is the first after C1 and stays", "\xc2\xa0", "\xc2\xa0", NULL},
    {"line end", "a\nb", "a" R "b", "a\nb"},
    {"CRLF", "a\r\nb", "a" R R "b", "a\nb"},
    {"CR alone", "a\rb", "a" R "b", NULL},
    {"CR CR LF", "a\r\r\nb", "a" R R R "b", "a" R "\nb"},
    {"CR at the end", "a\r", "a" R, NULL},
    {"tab", "a\tb", "a" R "b", "a\tb"},
    {"vertical tab and form feed", "\v\f", R R, NULL},
    {"right-to-left override", "\xe2\x80\xae", R, NULL},
    {"directional isolates", "\xe2\x81\xa6\xe2\x81\xa9", R R, NULL},
    {"right-to-left mark", "\xe2\x80\x8f", R, NULL},
    {"Arabic letter mark", "\xd8\x9c", R, NULL},
    {"zero-width space and joiners", "\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d", R R R, NULL},
    {"word joiner", "\xe2\x81\xa0", R, NULL},
    {"line and paragraph separator", "\xe2\x80\xa8\xe2\x80\xa9", R R, NULL},
    {"byte order mark", "\xef\xbb\xbf" "a", R "a", NULL},
    {"soft hyphen", "a\xc2\xad" "b", "a" R "b", NULL},
    {"Hangul filler", "\xe3\x85\xa4", R, NULL},
    {"tag characters", "\xf3\xa0\x81\x81", R, NULL},
    {"noncharacter", "\xef\xbf\xbf", R, NULL},
    {"noncharacter of a higher plane", "\xf0\x9f\xbf\xbe", R, NULL},
    {"the replacement character itself", R, R, NULL},
    {"en dash, just before the separators, stays", "\xe2\x80\x93", "\xe2\x80\x93", NULL},
    {"overlong NUL", "\xc0\x80", R R, NULL},
    {"overlong of three bytes", "\xe0\x80\xaf", R R R, NULL},
    {"overlong of four bytes", "\xf0\x80\x80\xaf", R R R R, NULL},
    {"surrogate", "\xed\xa0\x80", R R R, NULL},
    {"last before the surrogates", "\xed\x9f\xbf", "\xed\x9f\xbf", NULL},
    {"above U+10FFFF", "\xf4\x90\x80\x80", R R R R, NULL},
    {"bytes that never occur", "\xf5\xfe\xff", R R R, NULL},
    {"continuation alone", "\x80\xbf", R R, NULL},
    {"cut off after one byte", "a\xc3", "a" R, NULL},
    {"cut off after two of three: one piece", "\xe2\x82", R, NULL},
    {"cut off after three of four: one piece", "\xf0\x9f\x98", R, NULL},
    {"a letter where a continuation belongs", "\xe2\x82" "a", R "a", NULL},
    {"Latin-1", "M\xfcller", "M" R "ller", NULL},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf b = buf_new(200);

    text_safe(&b, in);
    assert_slice(buf_slice(&b), row->out);
    buf_clear(&b);
    text_safe_lines(&b, in);
    assert_slice(buf_slice(&b), row->lines ? row->lines : row->out);
    buf_free(&b);
    exact_free(in);
}

#define ZWNJ "\xe2\x80\x8c"
#define ZWJ "\xe2\x80\x8d"
#define KHE "\xd8\xae"          /* Arabic */
#define KA "\xe0\xa4\x95"      /* Devanagari */
#define VIRAMA "\xe0\xa5\x8d"
#define MAN "\xf0\x9f\x91\xa8" /* pictures */
#define GIRL "\xf0\x9f\x91\xa7"
#define HEART "\xe2\x9d\xa4\xef\xb8\x8f"

/* clang-format off */
static const struct row joined[] = { /* out: of text_safe_own, the same where it is NULL */
    {"a non-joiner between Persian letters", KHE ZWNJ KHE, NULL, NULL},
    {"a joiner behind a virama", KA VIRAMA ZWJ KA, NULL, NULL},
    {"a family", MAN ZWJ MAN ZWJ GIRL, NULL, NULL},
    {"a heart in colours", MAN ZWJ HEART ZWJ MAN, NULL, NULL},
    {"a joiner at the beginning", ZWJ MAN, R MAN, NULL},
    {"a joiner at the end", MAN ZWJ, MAN R, NULL},
    {"two joiners", MAN ZWJ ZWJ MAN, MAN R R MAN, NULL},
    {"a joiner in ASCII", "B" ZWJ "ob", "B" R "ob", NULL},
    {"a joiner between Greek letters", "\xce\xb1" ZWJ "\xce\xb1", "\xce\xb1" R "\xce\xb1", NULL},
    {"a joiner with ASCII between", MAN "a" ZWJ MAN, MAN "a" R MAN, NULL},
    {"a non-joiner between pictures", MAN ZWNJ MAN, MAN R MAN, NULL},
    {"letters and pictures", KHE ZWJ MAN, KHE R MAN, NULL},
    {"before half a character", MAN ZWJ "\xf0\x9f", MAN R R, NULL},
    {"before a mark of direction", KHE ZWNJ "\xd8\x9c", KHE R R, NULL},
};
/* clang-format on */

/* Of strangers no joiner stays, whatever is around it. */
static void check_joined(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf b = buf_new(200);

    text_safe_own(&b, in);
    assert_slice(buf_slice(&b), row->out ? row->out : row->in);
    buf_clear(&b);
    text_safe(&b, in);
    assert_null(strstr(buf_cstr(&b), ZWJ));
    assert_null(strstr(buf_cstr(&b), ZWNJ));
    buf_free(&b);
    exact_free(in);
}

static void a_nul_is_replaced(void **state)
{
    struct buf b = buf_new(20);

    (void)state;
    text_safe(&b, SLICE("a\0b"));
    assert_slice(buf_slice(&b), "a" R "b");
    buf_free(&b);
}

static void appends_and_respects_the_ceiling(void **state)
{
    struct buf b = buf_new(4);

    (void)state;
    buf_puts(&b, "a");
    text_safe(&b, SLICE("\x01"));
    assert_slice(buf_slice(&b), "a" R);
    text_safe(&b, SLICE("b"));
    assert_false(buf_ok(&b));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nul_is_replaced),
        cmocka_unit_test(appends_and_respects_the_ceiling),
    };

    return RUN_ROWS("base/text rows", rows, check_row) +
           RUN_ROWS("base/text joiners", joined, check_joined) +
           cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
