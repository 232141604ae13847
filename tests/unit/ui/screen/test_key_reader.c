/* Keys out of what terminals send. */
/* For memmem. */
#define _GNU_SOURCE 1
#include "ui/screen/key_reader.h"

#include <errno.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name, *bytes;
    const char *keys; /* by their names, a blank between; "…" : more is waited for */
} rows[] = {
    {"letters",                       "aB?",               "a B ?"},
    {"a blank",                       " ",                 "space"},
    {"letters beyond ASCII",          "é東",               "é 東"},
    {"control",                       "\x01\x0c\x1a",      "C-a C-l C-z"},
    {"tab, return, backspace",        "\t\r\x7f",          "tab enter backspace"},
    {"a line feed is return",         "\n",                "enter"},
    {"arrows",                        "\033[A\033[B\033[C\033[D", "up down right left"},
    {"arrows in the other mode",      "\033OA\033OB",      "up down"},
    {"arrows with modifiers",         "\033[1;5C\033[1;3D\033[1;2A", "C-right M-left S-up"},
    {"pages",                         "\033[5~\033[6~\033[H\033[F\033[1~\033[4~", "page-up page-down home end home end"},
    {"function keys",                 "\033OP\033[15~\033[24~", "F1 F5 F12"},
    {"shift and tab",                 "\033[Z",            "S-tab"},
    {"delete",                        "\033[3~",           "delete"},
    {"alt",                           "\033x\033b",        "M-x M-b"},
    {"escape, and nothing follows",   "\033",              "… esc"},
    {"escape twice",                  "\033\033",          "esc … esc"},
    {"escape before a sequence",      "\033\033[A",        "esc up"},
    {"a sequence that is cut off",    "\033[1;",           "…"},
    {"a sequence broken off by another", "\033[1;\033[Ax",   "up x"},
    {"a sequence broken off by a key", "\033[1;5\rx",       "enter x"},
    {"an endless one broken off",     "\033[1111111111111111111111111111111111111111\033[Ax", "up x"},
    {"what a terminal tells of itself", "\033]11;rgb:0/1/2\033\\a\033]11;5\ab\033P1$r5q\033\\c\033_x\033\\", "a b c"},
    {"what it tells, broken off",     "\033]11;12\033[Aa\033P55\x18" "b", "up a b"},
    {"what it tells, cut off",        "\033]11;12",        "…"},
    {"alt and what could begin that", "\033]",             "… M-]"},
    {"clicks of an old terminal",     "\033[M !!x\033[M#!!y\033[M\"!!z\033[M`!!", "mouse(1,0,0) x mouse(2,0,0) y z mouse(3,0,0)"},
    {"half a click of an old terminal", "\033[M !",          "…"},
    {"clicks of another old terminal", "\033[32;1;1Ma",    "a"},
    {"unknown sequences are passed over", "\033[99~a\033[?1;2cb\033[38;5;1mc", "a b c"},
    {"an endless sequence",           "\033[1111111111111111111111111111111111111111ab", "b"},
    {"UTF-8 that is cut off",         "a\xe6\x9d",         "a …"},
    {"what is no UTF-8",              "\xff" "a",          "a"},
    {"a paste",                       "\033[200~hang up\033[201~x", "paste(hang up) x"},
    {"a paste with keys in it",       "\033[200~q\033[A\r\033[201~", "paste(q\033[A\r)"},
    {"a paste that goes on",          "\033[200~abc\033[20", "…"},
    {"a click",                       "\033[<0;10;3M\033[<0;10;3m", "mouse(1,2,9) mouse(2,2,9)"},
    {"the wheel",                     "\033[<64;1;1M\033[<65;1;1M", "mouse(3,0,0) mouse(4,0,0)"},
    {"another button",                "\033[<2;1;1Ma",     "a"},
};
/* clang-format on */

static void put_key(const struct key *key, struct buf *out)
{
    if (out->n > 0)
        buf_putc(out, ' ');
    if (key->code == KEY_PASTE)
        buf_printf(out, "paste(%" PRI_SLICE ")", ARG_SLICE(key->text));
    else if (key->code == KEY_MOUSE)
        buf_printf(out, "mouse(%d,%d,%d)", (int)key->mouse, key->row, key->col);
    else
        key_name(key, out);
}

/* What comes byte by byte is the same as what comes at once. */
static void read_keys(const char *bytes, size_t step, struct buf *out)
{
    struct slice in = exact_copy(bytes), rest = in;
    struct key_reader reader;
    struct key key;

    key_reader_init(&reader, NULL);
    while (rest.n > 0) {
        key_reader_add(&reader, slice_head(rest, step));
        rest = slice_skip(rest, step);
        while (key_reader_next(&reader, false, &key))
            put_key(&key, out);
    }
    if (key_reader_waits(&reader))
        buf_puts(out, out->n > 0 ? " …" : "…");
    while (key_reader_next(&reader, true, &key))
        put_key(&key, out);
    key_reader_free(&reader);
    exact_free(in);
}

static void check_row(void **state)
{
    const struct row *row = *state;

    for (size_t step = 1; step < 64; step += 62) {
        struct buf keys = buf_new(4096);

        read_keys(row->bytes, step, &keys);
        assert_string_equal(buf_cstr(&keys), row->keys);
        buf_free(&keys);
    }
}

/* --- names ---------------------------------------------------------------------------------- */

static const struct name_row {
    const char *name, *back; /* NULL: it is none */
} name_rows[] = {
    {"c", "c"},     {"?", "?"},     {"space", "space"}, {"C-l", "C-l"},     {"C-L", "C-l"},
    {"M-x", "M-x"}, {"F12", "F12"}, {"f1", "F1"},       {"S-tab", "S-tab"}, {"Page-Up", "page-up"},
    {"-", "-"},     {"C--", "C--"}, {"é", "é"},         {"", NULL},         {"ab", NULL},
    {"F13", NULL},  {"C-", NULL},   {" ", NULL},
};

static void check_name(void **state)
{
    const struct name_row *row = *state;
    struct buf back = buf_new(64);
    struct key key;

    assert_int_equal(key_parse(slice_of(row->name), &key), row->back ? 0 : -EINVAL);
    if (row->back) {
        key_name(&key, &back);
        assert_string_equal(buf_cstr(&back), row->back);
    }
    buf_free(&back);
}

/* A terminal of its own kind. */
static void own_sequences(void **state)
{
    static const struct key_sequence own[] = {{"\033[[A", KEY_F1}, {NULL, 0}};
    struct key_reader reader;
    struct key key;

    (void)state;
    key_reader_init(&reader, own);
    key_reader_add(&reader, SLICE("\033[[A"));
    assert_true(key_reader_next(&reader, false, &key));
    assert_int_equal(key.code, KEY_F1);
    assert_false(key_reader_next(&reader, false, &key));
    for (const char *c = "\033[[A"; *c; c++) {
        assert_false(key_reader_next(&reader, false, &key));
        key_reader_add(&reader, (struct slice){c, 1});
    }
    assert_true(key_reader_next(&reader, false, &key));
    assert_int_equal(key.code, KEY_F1);
    key_reader_add(&reader, SLICE("\033[["));
    assert_false(key_reader_next(&reader, false, &key));
    assert_false(key_reader_next(&reader, true, &key)); /* no key of anybody */
    key_reader_free(&reader);
}

/* So many turns in which nothing comes; how many keys. */
static size_t wait_turns(struct key_reader *reader, unsigned turns, struct key *key)
{
    size_t n = 0;

    while (turns-- > 0)
        n += key_reader_waits(reader) && key_reader_next(reader, true, key);
    return n;
}

/* A terminal that was lost in the middle of a paste does not swallow all that is typed later. */
static void a_paste_that_stands_still(void **state)
{
    struct key_reader reader;
    struct key key;

    (void)state;
    key_reader_init(&reader, NULL);
    key_reader_add(&reader, SLICE("\033[200~abc\033[20"));
    assert_false(key_reader_next(&reader, false, &key));
    assert_int_equal(wait_turns(&reader, KEY_PASTE_MS / KEY_ESCAPE_MS, &key), 0);
    key_reader_add(&reader, SLICE("d"));
    assert_false(key_reader_next(&reader, false, &key));
    assert_int_equal(wait_turns(&reader, KEY_PASTE_MS / KEY_ESCAPE_MS, &key), 0);
    assert_int_equal(wait_turns(&reader, 1, &key), 1);
    assert_int_equal(key.code, KEY_PASTE);
    assert_true(slice_eq(key.text, SLICE("abc\033[20d")));
    assert_false(key_reader_waits(&reader));
    key_reader_add(&reader, SLICE("q"));
    assert_true(key_reader_next(&reader, false, &key));
    assert_int_equal(key.code, 'q');
    key_reader_free(&reader);
}

/* The rest of a sequence is no text, also where it comes late; but not for ever. */
static void halves_of_sequences(void **state)
{
    static const char *const begun[] = {"\033[1;", "\033]11;rgb",
                                        "\033[11111111111111111111111111111111111"};
    static const char *const rests[] = {"5A", ":0/1/2\033\\", "111A"};
    struct key_reader reader;
    struct key key;

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(begun); i++) {
        bool goes_on = i % 2 == 0;

        key_reader_init(&reader, NULL);
        key_reader_add(&reader, slice_of(begun[i / 2]));
        assert_int_equal(wait_turns(&reader, 5, &key), 0);
        if (goes_on)
            key_reader_add(&reader, slice_of(rests[i / 2]));
        else
            assert_int_equal(wait_turns(&reader, 2 + KEY_REST_MS / KEY_ESCAPE_MS, &key), 0);
        key_reader_add(&reader, SLICE("5"));
        assert_true(key_reader_next(&reader, false, &key));
        assert_int_equal(key.code, '5');
        assert_false(key_reader_next(&reader, false, &key));
        key_reader_free(&reader);
    }
}

/* What has been read, as a password may, does not stay in memory that is in use. */
static void nothing_stays(void **state)
{
    struct key_reader reader;
    struct key key;
    size_t n = 0;

    (void)state;
    key_reader_init(&reader, NULL);
    key_reader_add(&reader, SLICE("secret\033"));
    while (key_reader_next(&reader, false, &key))
        n++;
    assert_int_equal(n, 6);
    assert_null(memmem(reader.in.p, reader.in.cap, "ecre", 4));
    key_reader_add(&reader, SLICE("[200~secret\033[201~"));
    assert_true(key_reader_next(&reader, false, &key));
    assert_false(key_reader_next(&reader, false, &key));
    assert_null(memmem(reader.in.p, reader.in.cap, "ecre", 4));
    assert_null(memmem(reader.paste.p, reader.paste.cap, "ecre", 4));
    key_reader_free(&reader);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_sequences), cmocka_unit_test(a_paste_that_stands_still),
        cmocka_unit_test(halves_of_sequences), cmocka_unit_test(nothing_stays)};

    return RUN_ROWS("ui/screen/key_reader", rows, check_row) +
           RUN_ROWS("ui/screen/key names", name_rows, check_name) +
           cmocka_run_group_tests_name("ui/screen/key_reader of terminfo", tests, NULL, NULL);
}
