/* audio/voice_gate.h - makes softer what an adaptive filter has left and may be an echo still.
 *
 * Pure; frames of 10 ms. While the filter fits, what it took away is in what came, and that alone
 * is expected to be left of the echo in part: we are hardly touched. Where the delay of the echo
 * jumps the filter takes away what is not there, and what it should take away remains; while it
 * learns anew it takes away too little. Then all that may be an echo of what was played within the
 * last 300 ms is made softer, as loud as it came back when the filter fitted, and we are heard
 * where we are louder. Each frame goes on with the gain of the one before, so nothing clicks. */
#ifndef AUDIO_VOICE_GATE_H
#define AUDIO_VOICE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOICE_GATE_PLAYED 30u /* frames that an echo may be late while its delay is not known; */
#define VOICE_GATE_LATE 13u   /* no later than that where the filter fits; */
#define VOICE_GATE_TAKEN 6u   /* and later than the filter has it by so many */

struct voice_gate {
    size_t frame;
    double played[VOICE_GATE_PLAYED]; /* energies of frames, a ring, */
    unsigned played_at;               /* the newest */
    double taken[VOICE_GATE_TAKEN];   /* by the filter, likewise, */
    unsigned taken_at;
    double lasting;    /* and what may still be heard of that */
    double came;       /* captured, as of late */
    double last[2];    /* samples: captured, taken */
    double match, own; /* what came times what was taken, and that by itself, as of late */
    double like[VOICE_GATE_LATE]; /* how much what was taken is like what was played before, */
    unsigned late;                /* the most by so many frames; */
    double due;                   /* energy of what was played then, of which the echo is heard */
    double returned, sent;        /* while the filter fits; of energies */
    unsigned well;                /* frames that seem to fit again */
    bool fits;
    double gain; /* that the latest frame ended with */
};

/* frame: samples in 10 ms. Nothing is known of an echo then, and nothing is made softer for one. */
void voice_gate_start(struct voice_gate *g, size_t frame);
/* One frame each: what was played, what came at that time, and what the filter has left of it. */
void voice_gate_note(struct voice_gate *g, const int16_t *played, const int16_t *captured,
                     const int16_t *left);
/* Makes the same frame softer, or what else has been made of what was left of it. */
void voice_gate_run(struct voice_gate *g, int16_t *out);

#endif
