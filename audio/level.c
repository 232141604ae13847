#include "audio/level.h"

#include <math.h>
#include <stdbool.h>

float level_dbfs(const int16_t *samples, size_t n)
{
    struct level_meter meter = {0};

    level_meter_add(&meter, samples, n);
    return n > 0 ? (float)level_meter_take(&meter) : LEVEL_SILENCE_DB;
}

void level_meter_add(struct level_meter *meter, const int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++)
        meter->squares += (uint64_t)((int32_t)samples[i] * samples[i]);
    meter->n += n;
}

double level_meter_take(struct level_meter *meter)
{
    double mean = (double)meter->squares / (double)meter->n / (32768.0 * 32768.0);
    bool any = meter->n > 0;

    *meter = (struct level_meter){0};
    if (!any)
        return NAN;
    return mean > 0 ? fmax(10 * log10(mean), (double)LEVEL_SILENCE_DB) : (double)LEVEL_SILENCE_DB;
}

int32_t level_peak(const int16_t *samples, size_t n)
{
    int32_t peak = 0;

    for (size_t i = 0; i < n; i++) {
        int32_t magnitude = samples[i] < 0 ? -(int32_t)samples[i] : samples[i];

        if (magnitude > peak)
            peak = magnitude;
    }
    return peak;
}

int32_t level_gain_of_db(float db)
{
    if (db > 18.0f)
        db = 18.0f;
    if (!(db > LEVEL_SILENCE_DB)) /* not a number counts as silence */
        return 0;
    return (int32_t)lround(LEVEL_UNITY * pow(10.0, (double)db / 20));
}

void level_gain(int16_t *samples, size_t n, int32_t gain)
{
    if (gain == LEVEL_UNITY)
        return;
    for (size_t i = 0; i < n; i++) {
        int64_t value = ((int64_t)samples[i] * gain + LEVEL_UNITY / 2) / LEVEL_UNITY;

        if (value > INT16_MAX)
            value = INT16_MAX;
        if (value < INT16_MIN)
            value = INT16_MIN;
        samples[i] = (int16_t)value;
    }
}
