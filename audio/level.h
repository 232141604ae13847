/* audio/level.h - how loud, and louder or softer. */
#ifndef AUDIO_LEVEL_H
#define AUDIO_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#define LEVEL_SILENCE_DB (-96.0f)
#define LEVEL_UNITY 4096 /* gain of 1 */

/* Root mean square against that of full-scale square wave: 0 dBFS down to LEVEL_SILENCE_DB. */
float level_dbfs(const int16_t *samples, size_t n);
/* The same of sound that comes in pieces. */
struct level_meter {
    uint64_t squares; /* whole numbers add four times as fast as others */
    size_t n;
};
void level_meter_add(struct level_meter *meter, const int16_t *samples, size_t n);
/* The level since the last time; NAN where nothing came. */
double level_meter_take(struct level_meter *meter);
/* Highest magnitude, 0 to 32768. */
int32_t level_peak(const int16_t *samples, size_t n);
/* The factor for a gain in dB, -96 (silence) to +18, clamped, in units of 1/LEVEL_UNITY. */
int32_t level_gain_of_db(float db);
/* Multiplies in place by gain / LEVEL_UNITY, rounded and clipped. */
void level_gain(int16_t *samples, size_t n, int32_t gain);

#endif
