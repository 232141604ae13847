/* Messages of SIP as the trace reads, lays out, compares and saves them: what is shown is safe and
 * whole, whatever strangers have sent. Two messages stand on both sides of the first NUL. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/screen/compare.h"
#include "ui/screen/trace_file.h"

static void must(bool good)
{
    if (!good)
        abort();
}

/* What is seen is the same when it is made safe again. */
static void must_be_safe(struct slice text)
{
    struct buf again = buf_new(3 * text.n + 1);

    text_safe(&again, text);
    must(slice_eq(buf_slice(&again), text));
    buf_free(&again);
}

static void lay_out(const struct traced *t, bool only_sdp, int cols)
{
    struct traced_walk walk;
    struct traced_row row;
    size_t n = 0;

    traced_walk_init(&walk, t, only_sdp, cols);
    while (traced_walk_next(&walk, &row)) {
        must_be_safe(row.label);
        must_be_safe(row.text);
        n++;
    }
    must(n == traced_rows(t, only_sdp, cols) && n <= TRACED_ROWS_MAX + 1);
}

static void read_one(const struct traced *t)
{
    struct buf out = buf_new(1 << 22);

    traced_put_label(t, false, &out);
    must_be_safe(buf_slice(&out));
    must_be_safe(traced_uri(t, "From"));
    must_be_safe(t->call_id);
    must(traced_has(t, SLICE("")) && !traced_has(t, SLICE("a !a")));
    lay_out(t, false, 60);
    lay_out(t, true, 0);
    buf_clear(&out);
    trace_put_text(&out, t);
    trace_put_pcap(&out, t);
    must(buf_ok(&out));
    buf_free(&out);
}

/* All of both stands in the rows once. */
static void compare_two(struct slice left, struct slice right)
{
    struct compare *result = malloc(sizeof *result);
    size_t n_left = 0, n_right = 0;

    if (!result)
        return;
    compare_texts(left, right, result);
    for (size_t i = 0; i < result->n; i++) {
        const struct compare_row *row = &result->rows[i];

        if (row->kind != COMPARE_RIGHT)
            n_left += row->left.n + 1;
        if (row->kind != COMPARE_LEFT)
            n_right += row->right.n + 1;
        must(row->before + row->behind <= row->left.n || row->kind != COMPARE_CHANGED);
        must(row->before + row->behind <= row->right.n || row->kind != COMPARE_CHANGED);
    }
    must(result->cut || (n_left >= left.n && n_left <= left.n + 1));
    must(result->cut || (n_right >= right.n && n_right <= right.n + 1));
    free(result);
}

static void add(struct traced_list *list, const char *message)
{
    traced_add(list, &(struct traced_source){.time = 1e9,
                                             .sent = true,
                                             .transport = "udp",
                                             .local = message,
                                             .remote = "[2001:db8::1]:5060",
                                             .message = message});
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *copy = calloc(1, n + 2); /* so that there are two strings in any case */
    struct traced_list list = {0};

    if (!copy)
        return 0;
    memcpy(copy, bytes, n);
    add(&list, copy);
    add(&list, copy + strlen(copy) + (strlen(copy) < n));
    for (size_t i = 0; i < 2; i++)
        read_one(traced_at(&list, i));
    compare_two(slice_of(traced_at(&list, 0)->text), slice_of(traced_at(&list, 1)->text));
    traced_clear(&list);
    free(copy);
    return 0;
}
