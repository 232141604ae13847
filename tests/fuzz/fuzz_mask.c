/* What is secret in a message is found in any message: doing it again changes nothing, and lines
 * stay lines. */
#include <stdint.h>
#include <stdlib.h>

#include "phone/mask.h"

static size_t lines_in(struct slice text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n};
    struct buf once = buf_new(4 * n + 16), twice = buf_new(4 * n + 16);

    mask_message(&once, in);
    mask_message(&twice, buf_slice(&once));
    if (!buf_ok(&once) || !buf_ok(&twice) || !slice_eq(buf_slice(&once), buf_slice(&twice)) ||
        lines_in(in) != lines_in(buf_slice(&once)))
        abort();
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
