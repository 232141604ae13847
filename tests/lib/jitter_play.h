/* tests/lib/jitter_play.h - a trace of arrivals played by the phone's jitter buffer, or by one that
 * holds back a fixed time. */
#ifndef TESTS_LIB_JITTER_PLAY_H
#define TESTS_LIB_JITTER_PLAY_H

#include "tests/lib/jitter_trace.h"

struct jitter_outcome {
    double mean_ms, p95_ms; /* over sending and the route, of packets that were played */
    double end_ms;          /* mean of the last five seconds */
    unsigned late;          /* came, but were not played for that */
    double concealed;       /* packet times for which sound was invented, or silence; and packets
                               that were dropped to get on */
    double held_ms;         /* drawn out until a late packet came, */
    double faster_ms, slower_ms; /* left out and repeated otherwise */
};

/* audio/jitter, asked every ten milliseconds. Whether a piece can be stretched is left to chance as
 * it is with speech: pauses always, the rest more or less. */
void jitter_play_adaptive(const struct jitter_trace *t, struct jitter_outcome *out);
/* Plays each packet ms after the quickest of the first second would have come. It begins anew, with
 * the next packet, when nothing was in time for 200 ms or when one waits for 100 ms longer than
 * ms. */
void jitter_play_fixed(const struct jitter_trace *t, unsigned ms, struct jitter_outcome *out);

#endif
