#include "audio/level.h"

#include <math.h>

float level_dbfs(const int16_t *samples, size_t n)
{
    double sum = 0;
    float db;

    for (size_t i = 0; i < n; i++)
        sum += (double)samples[i] * samples[i];
    if (n == 0 || sum <= 0)
        return LEVEL_SILENCE_DB;
    db = (float)(10 * log10(sum / (double)n / (32768.0 * 32768.0)));
    return db < LEVEL_SILENCE_DB ? LEVEL_SILENCE_DB : db;
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
