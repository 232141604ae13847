/* Comfort noise that anybody describes: the noise stays within bounds, and what is printed is read
 * again. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "audio/comfort.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct comfort_noise noise;
    unsigned char printed[COMFORT_ORDER + 1];
    struct comfort like, again;
    int16_t out[480];

    if (comfort_parse((struct slice){(const char *)p, n}, &like) != 0)
        return 0;
    comfort_noise_set(&noise, &like);
    comfort_noise_make(&noise, out, 480);
    for (size_t i = 0; i < COMFORT_ORDER; i++)
        if (!isfinite(noise.memory[i]))
            abort();
    n = comfort_print(&like, printed);
    if (n != like.order + 1u || comfort_parse((struct slice){(char *)printed, n}, &again) != 0 ||
        again.level != like.level)
        abort();
    return 0;
}
