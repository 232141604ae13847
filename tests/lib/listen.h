/* tests/lib/listen.h - how much worse than the original sound is to an ear: a score from 1 to 4.5
 * in the manner of ITU-T P.862, for two sounds that are aligned already.
 *
 * It is not P.862: thresholds and bands come from formulas, nothing is aligned or filtered, and no
 * listeners have calibrated it. Scores of it compare with each other, and with nothing else. */
#ifndef TESTS_LIB_LISTEN_H
#define TESTS_LIB_LISTEN_H

#include <stddef.h>
#include <stdint.h>

/* n samples of each at 8000 or 16000 Hz. */
double listen_score(const int16_t *original, const int16_t *heard, size_t n, uint32_t rate_hz);
/* Mean difference of the spectra in dB, over frames of 32 ms in which the original is speech. */
double listen_spectral_db(const int16_t *original, const int16_t *heard, size_t n,
                          uint32_t rate_hz);

#endif
