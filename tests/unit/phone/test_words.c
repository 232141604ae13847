/* How a command is parted into words where there is no shell. */
#include "phone/words.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *in;
    const char *out; /* the words, each in brackets; NULL: it is refused */
    const char *sentence;
    size_t at;
} rows[] = {
    {"one word", "pass", "[pass]", NULL, 0},
    {"blanks and tabs part words", "  pass  show\tsip ", "[pass][show][sip]", NULL, 0},
    {"single quotes hold everything", "echo 'a  b' '\"' '\\'", "[echo][a  b][\"][\\]", NULL, 0},
    {"double quotes hold blanks", "echo \"a  'b'\"", "[echo][a  'b']", NULL, 0},
    {"a backslash within double quotes", "echo \"\\\" \\\\ \\n\"", "[echo][\" \\ \\n]", NULL, 0},
    {"a backslash outside", "echo a\\ b \\' \\\\", "[echo][a b]['][\\]", NULL, 0},
    {"quotes in the middle of a word", "a'b c'd\"e f\"g", "[ab cde fg]", NULL, 0},
    {"an empty word", "echo '' \"\"", "[echo][][]", NULL, 0},
    {"nothing of a shell's", "echo $HOME `x` a|b >f *", "[echo][$HOME][`x`][a|b][>f][*]", NULL, 0},
    {"the home folder", "~/bin/p ~/x ~ a~/ '~/'", "[/home/me/bin/p][/home/me/x][~][a~/][~/]", NULL,
     0},
    {"nothing", "", NULL, "the name of a program is missing", 0},
    {"blanks", "  ", NULL, "the name of a program is missing", 2},
    {"a program without name", "'' x", NULL, "the name of a program is missing", 4},
    {"a single quote without end", "echo 'a b", NULL, "this quote has no end", 5},
    {"a double quote without end", "echo x\"a\\\"", NULL, "this quote has no end", 6},
    {"a backslash at the end", "echo a\\", NULL, "nothing stands behind this backslash", 6},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf got = buf_new(4096);
    const char *sentence = NULL;
    struct words words;
    size_t at = 0;

    assert_int_equal(words_split(in, &words, &at, &sentence), row->out ? 0 : -EINVAL);
    for (size_t i = 0; i < words.n; i++)
        buf_printf(&got, "[%s]", words.v[i]);
    assert_null(words.v[words.n]);
    assert_slice(buf_slice(&got), row->out ? row->out : "");
    assert_slice(slice_of(sentence), row->sentence ? row->sentence : "");
    assert_int_equal(at, row->at);
    words_free(&words);
    buf_free(&got);
    exact_free(in);
}

static void as_many_words_as_there_is_room_for(void **state)
{
    struct buf line = buf_new(4096);
    const char *sentence;
    struct words words;
    size_t at;

    (void)state;
    for (int i = 0; i < WORDS_MAX; i++)
        buf_puts(&line, "w ");
    assert_int_equal(words_split(buf_slice(&line), &words, &at, &sentence), 0);
    assert_int_equal(words.n, WORDS_MAX);
    words_free(&words);
    buf_puts(&line, "w");
    assert_int_equal(words_split(buf_slice(&line), &words, &at, &sentence), -EINVAL);
    buf_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_many_words_as_there_is_room_for)};

    setenv("HOME", "/home/me", 1);
    return RUN_ROWS("phone/words", rows, check_row) +
           cmocka_run_group_tests_name("phone/words whole", tests, NULL, NULL);
}
