/* tests/lib/lossy.h - a talk over a network that loses and delays packets, all of it on a clock of
 * its own: encoder, plan of redundancy, copies, losses, reports, jitter buffer and decoder are the
 * phone's, and what was heard is judged (tests/lib/hearing.h). The same from the same seed. */
#ifndef TESTS_LIB_LOSSY_H
#define TESTS_LIB_LOSSY_H

#include "audio/jitter.h"
#include "phone/media_adapt.h"
#include "tests/lib/hearing.h"

struct lossy_talk {
    const char *codec;  /* "opus", "PCMU" */
    bool red;           /* the far end takes redundancy; else FEC alone, where the codec has it */
    double loss;        /* share of the packets, of reports too, each way */
    double burst;       /* so many in a row on average; 0: as by chance */
    unsigned before_ms; /* in which packets go and nobody speaks */
    uint64_t seed;
    const struct media_plan *plan; /* NULL: as phone/media_adapt has it */
    unsigned jitter_ms; /* each packet takes up to so much longer, as by chance */
};

struct lossy_outcome {
    struct hearing heard;
    double kbps; /* of RTP payload while somebody speaks */
    struct jitter_stats jitter;
    struct media_plan plan; /* at the end */
};

/* n samples of HEARING_HZ are said. Ends the program without memory. */
void lossy_talk_run(const struct lossy_talk *talk, const int16_t *said, size_t n,
                    struct lossy_outcome *out);

#endif
