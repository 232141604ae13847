#include "audio/period.h"

#include <math.h>

double period_likeness(const int16_t *a, const int16_t *b, size_t n, size_t channels, size_t step)
{
    double product = 0, energy_a = 0, energy_b = 0;

    for (size_t channel = 0; channel < channels; channel++)
        for (size_t i = channel; i < n; i += step) {
            product += (double)a[i] * b[i];
            energy_a += (double)a[i] * a[i];
            energy_b += (double)b[i] * b[i];
        }
    if (energy_a <= 0 || energy_b <= 0)
        return 0;
    return product / sqrt(energy_a * energy_b);
}

static struct period look(const int16_t *samples, size_t n, ptrdiff_t direction,
                          const struct period_range *range)
{
    struct period best = {0, -2};

    for (size_t lag = range->least; lag <= range->most; lag += range->step) {
        double at = period_likeness(samples, samples + direction * (ptrdiff_t)lag, n,
                                    range->channels, range->step);

        if (at > best.likeness)
            best = (struct period){lag, at};
    }
    return best;
}

struct period period_find(const int16_t *samples, size_t n, ptrdiff_t direction,
                          const struct period_range *range)
{
    struct period near = look(samples, n, direction, range);
    struct period_range beside = *range;

    if (near.lag == 0 || range->step == range->channels)
        return near;
    if (near.lag > range->least + range->step)
        beside.least = near.lag - range->step;
    if (near.lag + range->step < range->most)
        beside.most = near.lag + range->step;
    beside.step = range->channels;
    return look(samples, n, direction, &beside);
}
