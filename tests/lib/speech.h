/* tests/lib/speech.h - sound that behaves like speech, made of numbers: syllables with a pitch that
 * moves, hisses between them, pauses. And measures of likeness. */
#ifndef TESTS_LIB_SPEECH_H
#define TESTS_LIB_SPEECH_H

#include <stddef.h>
#include <stdint.h>

/* n samples at rate_hz, another talk for every seed; peaks at about -6 dBFS. */
void speech_make(int16_t *out, size_t n, uint32_t rate_hz, uint32_t seed);

/* Root of the mean square. */
double sound_loudness(const int16_t *samples, size_t n);
/* Correlation of two sounds of n samples, -1 to 1; that of the best shift of b by up to most
 * samples in either direction, which goes to *shift (may be NULL). */
double sound_likeness(const int16_t *a, const int16_t *b, size_t n, size_t most, long *shift);
/* Share of the energy that lies at hz (Goertzel), 0 to 1. */
double sound_share_at(const int16_t *a, size_t n, double hz, uint32_t rate_hz);

#endif
