/* What differs between two texts. */
#include "ui/screen/compare.h"

#include <stdlib.h>

#include "base/buf.h"
#include "tests/lib/rows.h"

/* Rows as "=same", "~left[differs]|right[differs]", "<left", ">right". */
static const struct row {
    const char *name, *left, *right, *rows;
    size_t differ;
} rows[] = {
    {"nothing", "", "", "", 0},
    {"the same", "a\nb\n", "a\nb\n", "=a\n=b\n", 0},
    {"a line more", "a\nc\n", "a\nB: 1\nc\n", "=a\n>B: 1\n=c\n", 1},
    {"a line less", "a\nB: 1\nc\n", "a\nc\n", "=a\n<B: 1\n=c\n", 1},
    {"another value of the same name", "x\nCSeq: 1 A\n", "x\nCSeq: 2 A\n",
     "=x\n~CSeq: [1] A|CSeq: [2] A\n", 1},
    {"names without regard to case", "x\nVia: 1\n", "x\nVIA: 1\n", "=x\n~V[ia]: 1|V[IA]: 1\n", 1},
    {"other names are no pair", "x\nFrom: 1\n", "x\nTo: 1\n", "=x\n<From: 1\n>To: 1\n", 2},
    {"first lines are a pair", "SIP/2.0 200 OK\n", "SIP/2.0 486 Busy\n",
     "~SIP/2.0 [200 OK]|SIP/2.0 [486 Busy]\n", 1},
    {"SDP of the same kind", "x\na=sendrecv\n", "x\na=sendonly\n",
     "=x\n~a=send[recv]|a=send[only]\n", 1},
    {"SDP of another kind", "x\na=1\n", "x\nm=1\n", "=x\n<a=1\n>m=1\n", 2},
    {"only behind", "x\nA: 1\n", "x\nA: 12\n", "=x\n~A: 1[]|A: 1[2]\n", 1},
    {"what repeats is counted once", "x\nA: aa\n", "x\nA: aaa\n", "=x\n~A: aa[]|A: aa[a]\n", 1},
    {"characters stay whole", "x\nA: \xc3\xa4\n", "x\nA: \xc3\xb6\n",
     "=x\n~A: [\xc3\xa4]|A: [\xc3\xb6]\n", 1},
    {"at their ends, too", "x\nA: \xc3\xa4\n", "x\nA: \xc4\xa4\n",
     "=x\n~A: [\xc3\xa4]|A: [\xc4\xa4]\n", 1},
    {"pairs across one that has none", "x\nA: 1\nB: 1\ny\n", "x\nB: 2\ny\n",
     "=x\n<A: 1\n~B: [1]|B: [2]\n=y\n", 2},
};

static void put_marked(struct buf *out, struct slice line, const struct compare_row *row)
{
    buf_put(out, slice_head(line, row->before));
    buf_putc(out, '[');
    buf_put(out, slice_skip(slice_head(line, line.n - row->behind), row->before));
    buf_putc(out, ']');
    buf_put(out, slice_skip(line, line.n - row->behind));
}

static void put_row(struct buf *out, const struct compare_row *row)
{
    static const char signs[] = " =~<>";

    buf_putc(out, signs[row->kind]);
    if (row->kind == COMPARE_CHANGED) {
        put_marked(out, row->left, row);
        buf_putc(out, '|');
        put_marked(out, row->right, row);
    } else {
        buf_put(out, row->kind == COMPARE_RIGHT ? row->right : row->left);
    }
    buf_putc(out, '\n');
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct compare *result = malloc(sizeof *result);
    struct buf out = buf_new(65536);

    assert_non_null(result);
    compare_texts(slice_of(row->left), slice_of(row->right), result);
    for (size_t i = 0; i < result->n; i++)
        put_row(&out, &result->rows[i]);
    assert_slice(buf_slice(&out), row->rows);
    assert_int_equal(result->differ, row->differ);
    assert_false(result->cut);
    free(result);
    buf_free(&out);
}

static void put_numbers(struct buf *out, char letter)
{
    for (unsigned i = 0; i < COMPARE_LINES_MAX + 5; i++)
        buf_printf(out, "%c%u\n", letter, i);
}

static void long_texts_are_cut(void **state)
{
    struct compare *result = malloc(sizeof *result);
    struct buf left = buf_new(65536), right = buf_new(65536);

    (void)state;
    assert_non_null(result);
    put_numbers(&left, 'a');
    put_numbers(&right, 'b');
    compare_texts(buf_slice(&left), buf_slice(&right), result);
    assert_true(result->cut);
    assert_int_equal(result->n, 2 * COMPARE_LINES_MAX - 1); /* the first lines are a pair */
    free(result);
    buf_free(&left);
    buf_free(&right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(long_texts_are_cut)};

    return RUN_ROWS("ui/screen/compare", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen/compare, limits", tests, NULL, NULL);
}
