#include "audio/stereo.h"

#include <string.h>

void stereo_mix(const int16_t *frames, size_t n, int16_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)((frames[2 * i] + frames[2 * i + 1]) / 2);
}

/* From the end, as what is read may stand in the first half of out. */
void stereo_spread(const int16_t *mono, size_t n, int16_t *out)
{
    for (size_t i = n; i-- > 0;)
        out[2 * i] = out[2 * i + 1] = mono[i];
}

void stereo_convert(const int16_t *frames, size_t n, unsigned channels, int16_t *out,
                    unsigned wanted)
{
    if (channels == wanted)
        memmove(out, frames, n * channels * sizeof *out);
    else if (wanted == 1)
        stereo_mix(frames, n, out);
    else
        stereo_spread(frames, n, out);
}

bool stereo_same(const int16_t *frames, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (frames[2 * i] != frames[2 * i + 1])
            return false;
    return true;
}
