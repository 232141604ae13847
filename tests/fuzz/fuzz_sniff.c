/* However a stream comes in, what it is stays the same, and no more is asked for than is said. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sniff.h"

/* As the reader of a pipe does: only what is asked for, in memory of exactly that length. */
static struct sniffed step_by_step(const uint8_t *bytes, size_t n, size_t *had)
{
    struct sniffed s = sniff(NULL, 0);

    *had = 0;
    while (s.kind == SNIFF_MORE && s.wants <= n) {
        uint8_t *exact;

        if (s.wants <= *had || s.wants > SNIFF_MOST)
            abort();
        *had = s.wants;
        exact = malloc(*had);
        if (!exact)
            abort();
        memcpy(exact, bytes, *had);
        s = sniff(exact, *had);
        free(exact);
    }
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    size_t had;
    struct sniffed s = step_by_step(bytes, n, &had), whole = sniff(bytes, n);

    if (s.kind == SNIFF_MORE) /* the end of the stream will tell */
        return 0;
    if (s.kind != whole.kind || s.at != whole.at || s.rate_hz != whole.rate_hz ||
        s.bytes != whole.bytes)
        abort();
    if (s.kind == SNIFF_WAV &&
        (s.at != had || s.channels < 1 || s.channels > 2 || s.rate_hz < 1000 || s.rate_hz > 384000))
        abort();
    return 0;
}
