/* tests/lib/hearing.h - what was heard beside what was said: how late it came, and how good it was.
 *
 * Pure. Both sounds are of one clock and of the same length: what was said at any moment stands in
 * heard so much later as it took. doc/testing.md says what the score means, and what it does
 * not. */
#ifndef TESTS_LIB_HEARING_H
#define TESTS_LIB_HEARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARING_HZ 16000
#define HEARING_LATEST_MS 1500 /* what comes later was not heard */

/* ---- how late (tests/lib/hearing_delay.c) ---- */

/* A third of a second of what was said, about at_ms, was heard delay_ms later. */
struct hearing_place {
    double at_ms, delay_ms;
    double likeness; /* of the waveforms, up to 1 */
};

struct hearing_delays {
    size_t n, sought; /* found, of so many places where something was said */
    struct hearing_place *at;
};

/* Freed with hearing_delays_free. Ends the program without memory. */
void hearing_delays_find(const int16_t *said, const int16_t *heard, size_t n,
                         struct hearing_delays *out);
void hearing_delays_free(struct hearing_delays *d);

/* ---- how good (tests/lib/hearing_score.c) ---- */

struct hearing {
    double delay_ms;          /* the median */
    double spread_ms;         /* between the 5th and the 95th percentile */
    double first_ms, last_ms; /* the medians of the first and the last two seconds of speech */
    double drift_ms;          /* a minute */
    unsigned jumps;           /* from one place to the next by more than HEARING_JUMP_MS */
    unsigned frames, damaged; /* of 16 ms, in which something was said; that sound otherwise */
    double disturbance;       /* 0: nothing can be heard of a difference */
    double score;             /* 1 to HEARING_BEST */
};

#define HEARING_JUMP_MS 15 /* more than stretching by a period of a voice does */
#define HEARING_BEST 4.64

/* narrow: only what a telephone of old would carry is judged. -1: nothing was said, or of it
 * nothing was found in what was heard; then the score is 1. */
int hearing_judge(const int16_t *said, const int16_t *heard, size_t n, bool narrow,
                  struct hearing *out);
/* The score alone, of sound at 8000 or 16000 Hz; that at 8000 is judged as narrow. Ends the program
 * without memory. */
double hearing_score(const int16_t *said, const int16_t *heard, size_t n, uint32_t rate_hz);

#endif
