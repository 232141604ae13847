/* Whatever goes in, what comes out is safe: doing it again changes nothing. */
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"

typedef void make_safe(struct buf *out, struct slice foreign);

static void check(make_safe *make, struct slice in)
{
    struct buf once = buf_new(3 * in.n + 1), twice = buf_new(3 * in.n + 1);

    make(&once, in);
    make(&twice, buf_slice(&once));
    if (!buf_ok(&once) || !buf_ok(&twice) || !slice_eq(buf_slice(&once), buf_slice(&twice)))
        abort();
    buf_free(&once);
    buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n};

    check(text_safe, in);
    check(text_safe_own, in);
    check(text_safe_lines, in);
    return 0;
}
