/* tests/unit/audio/jitter_steps.h - a jitter buffer that is given single packets at single moments.
 *
 * Functions fail the test where something cannot be had. */
#ifndef TESTS_UNIT_AUDIO_JITTER_STEPS_H
#define TESTS_UNIT_AUDIO_JITTER_STEPS_H

#include "audio/jitter.h"
#include "tests/lib/rows.h"

enum { MS = 8, PACKET = 20 * MS }; /* units of a clock of 8,000 Hz */

/* By that clock, else as by default. */
struct jitter *steps_new(void);
/* Four packets in time, the first two played. */
struct jitter *steps_playing(void);

/* The i-th packet of a stream that began at sequence number 100 and timestamp 1000. */
struct jitter_packet steps_packet(int i);
/* As jitter_put. */
int steps_put(struct jitter *j, int i, uint64_t now_ms);
/* The decision at now_ms, as a letter and, for packets, their number; good until the next one. */
const char *steps_get(struct jitter *j, uint64_t now_ms);
struct jitter_stats steps_stats(const struct jitter *j);

#endif
