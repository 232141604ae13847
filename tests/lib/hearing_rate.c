/* Sound of other rates than the one that is judged. */
#include <stdlib.h>

#include "tests/lib/hearing.h"

/* What linear interpolation adds to sound of 8000 Hz is above what a telephone of old carries. */
static int16_t *at_hearing_hz(const int16_t *samples, size_t n, uint32_t rate_hz)
{
    size_t up = HEARING_HZ / rate_hz;
    int16_t *out = calloc(n * up + 1, sizeof *out);

    if (!out)
        abort();
    for (size_t i = 0; i < n * up; i++) {
        size_t behind = i / up + 1 < n ? i / up + 1 : n - 1;
        int next = samples[behind], before = samples[i / up];

        out[i] = (int16_t)(before + (next - before) * (int)(i % up) / (int)up);
    }
    return out;
}

double hearing_score(const int16_t *said, const int16_t *heard, size_t n, uint32_t rate_hz)
{
    int16_t *was = at_hearing_hz(said, n, rate_hz), *is = at_hearing_hz(heard, n, rate_hz);
    struct hearing found;

    (void)hearing_judge(was, is, n * (HEARING_HZ / rate_hz), rate_hz < HEARING_HZ, &found);
    free(was);
    free(is);
    return found.score;
}
