/* tests/lib/drift.h - what was said by one clock and heard by another for a long time: how late it
 * was meanwhile, and whether anything in it clicks.
 *
 * Pure; mono, HEARING_HZ samples a second of its own clock each. */
#ifndef TESTS_LIB_DRIFT_H
#define TESTS_LIB_DRIFT_H

#include "tests/lib/hearing.h"

#define DRIFT_TALK_S 20
#define DRIFT_TALK (DRIFT_TALK_S * HEARING_HZ)

/* DRIFT_TALK samples of talk, to be said over and over, with a pause every three seconds. Nothing
 * of it lies above 3 kHz, so that what does is a click. */
void drift_talk(int16_t *out);

/* In seconds, of which each has one figure: the median of its places that were heard as they were
 * said, for where something was put in or left out a voice is like itself a period later. */
struct drift_found {
    size_t seconds; /* in which enough was said */
    double least_ms, most_ms;
    double first_ms, last_ms; /* the medians of 15 of them */
    unsigned jumps;           /* from one to the next by more than HEARING_JUMP_MS */
    unsigned clicks;
    double loudest; /* click */
};

/* talk NULL: clicks alone are looked for. The talk's first sample was heard some time behind
 * heard[start], and each one ratio samples behind the one before it. The first DRIFT_TALK_S are
 * left out, as buffers find their place in them. */
void drift_find(const int16_t *talk, const int16_t *heard, size_t n, size_t start, double ratio,
                struct drift_found *out);

#endif
