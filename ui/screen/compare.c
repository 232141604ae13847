#include "ui/screen/compare.h"

#include <stdlib.h>

#include "base/mem.h"

struct side {
    struct slice lines[COMPARE_LINES_MAX];
    size_t n;
};

static bool read_lines(struct slice text, struct side *side)
{
    side->n = 0;
    while (text.n > 0 && side->n < COMPARE_LINES_MAX)
        side->lines[side->n++] = slice_cut(&text, '\n');
    return text.n == 0;
}

/* --- the longest common subsequence --------------------------------------------------------- */

#define WIDTH (COMPARE_LINES_MAX + 1)

/* How many lines the rests from (i, j) on have in common. */
static void fill(const struct side *a, const struct side *b, uint16_t *common)
{
    for (size_t i = a->n; i-- > 0;)
        for (size_t j = b->n; j-- > 0;) {
            uint16_t down = common[(i + 1) * WIDTH + j], right = common[i * WIDTH + j + 1];

            if (slice_eq(a->lines[i], b->lines[j]))
                common[i * WIDTH + j] = (uint16_t)(common[(i + 1) * WIDTH + j + 1] + 1);
            else
                common[i * WIDTH + j] = down > right ? down : right;
        }
}

/* --- pairs ---------------------------------------------------------------------------------- */

/* A byte that continues a character (RFC 3629 3). */
static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Whole characters only. */
static void mark(struct compare_row *row)
{
    size_t most = row->left.n < row->right.n ? row->left.n : row->right.n;
    size_t n = 0, m = 0;

    while (n < most && row->left.p[n] == row->right.p[n])
        n++;
    while (n > 0 && ((n < row->left.n && continues(row->left.p[n])) ||
                     (n < row->right.n && continues(row->right.p[n]))))
        n--;
    while (n + m < most && row->left.p[row->left.n - 1 - m] == row->right.p[row->right.n - 1 - m])
        m++;
    while (m > 0 && continues(row->left.p[row->left.n - m]))
        m--;
    row->before = n;
    row->behind = m;
}

static bool same_name(struct slice a, struct slice b)
{
    struct slice name = slice_cut(&a, ':'), other = slice_cut(&b, ':');

    /* Lines of SDP are of the same kind by their letter. */
    if (name.n > 1 && name.p[1] == '=')
        return other.n > 1 && other.p[1] == '=' && other.p[0] == name.p[0];
    return slice_ieq(name, other);
}

static bool is_pair(const struct side *a, size_t i, const struct side *b, size_t j)
{
    return (i == 0 && j == 0) || same_name(a->lines[i], b->lines[j]);
}

/* Lines between two that are the same: those of the same name are pairs, as are first lines; the
 * others stand alone. */
static void put_block(struct compare *out, const struct side *a, size_t i, size_t end_i,
                      const struct side *b, size_t j, size_t end_j)
{
    while (i < end_i || j < end_j) {
        struct compare_row *row = &out->rows[out->n++];
        size_t at = j;

        *row = (struct compare_row){.kind = COMPARE_RIGHT};
        out->differ++;
        while (i < end_i && at < end_j && !is_pair(a, i, b, at))
            at++;
        if (i == end_i) {
            row->right = b->lines[j++];
        } else if (at == end_j) {
            row->kind = COMPARE_LEFT;
            row->left = a->lines[i++];
        } else if (at > j) {
            row->right = b->lines[j++];
        } else {
            row->kind = COMPARE_CHANGED;
            row->left = a->lines[i++];
            row->right = b->lines[j++];
            mark(row);
        }
    }
}

static void put_rows(struct compare *out, const struct side *a, const struct side *b,
                     const uint16_t *common)
{
    size_t i = 0, j = 0, from_i = 0, from_j = 0;

    while (i < a->n && j < b->n) {
        if (slice_eq(a->lines[i], b->lines[j])) {
            put_block(out, a, from_i, i, b, from_j, j);
            out->rows[out->n++] = (struct compare_row){
                .kind = COMPARE_SAME, .left = a->lines[i], .right = b->lines[j]};
            from_i = ++i;
            from_j = ++j;
        } else if (common[(i + 1) * WIDTH + j] >= common[i * WIDTH + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    put_block(out, a, from_i, a->n, b, from_j, b->n);
}

void compare_texts(struct slice left, struct slice right, struct compare *out)
{
    struct side *a = xzalloc(sizeof *a), *b = xzalloc(sizeof *b);
    uint16_t *common = xcalloc(WIDTH * WIDTH, sizeof *common);
    bool whole = read_lines(left, a);

    whole &= read_lines(right, b);
    out->n = out->differ = 0;
    out->cut = !whole;
    fill(a, b, common);
    put_rows(out, a, b, common);
    free(common);
    free(a);
    free(b);
}
