/* audio/standing.h - delay that stands in a queue between two clocks, and its end: what always
 * waits there is heard so much later for ever, so sound is played a little faster until it is gone.
 *
 * Pure. The owner tells each beat how much waits; what of that was there at every moment of half a
 * second, beyond what the queue needs, is surplus. A queue that ran dry needs more for a while.
 * Where the queue becomes shorter and shorter, as its reader's clock is quicker, pauses are made
 * longer before it runs dry. */
#ifndef AUDIO_STANDING_H
#define AUDIO_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STANDING_PIECE_MS 20 /* of sound that standing_shorten can shorten well */

/* All zero at first, but for needs_ms, gap_ms, bold and channels. Counts are per channel. */
struct standing {
    uint8_t channels;                  /* 1 or 2, interleaved; 0: 1 */
    unsigned needs_ms;                 /* what has to wait at the worst moment, */
    unsigned gap_ms;                   /* more where it ran dry; */
    bool bold;                         /* it may run dry once before anything is put in; then it
                                        * needs gap_ms more for good */
    unsigned more_ms;                  /* and for now */
    unsigned beats, calm, gaps, since; /* the latest gap, in beats */
    /* Samples: of this half second so far; still to be won back; still to be put in. */
    size_t least, surplus, wanting;
    bool dry; /* in this half second: more sound comes by itself */
};

/* A beat, at which so many samples wait. */
void standing_note(struct standing *s, size_t waiting, uint32_t rate_hz);
/* It ran dry; again within half a second is the same hiccup, and in the first second it says
 * nothing yet. */
void standing_gap(struct standing *s);
/* Takes away what can go of n samples without being heard, never more than the surplus; returns how
 * many are left. */
size_t standing_shorten(struct standing *s, int16_t *samples, size_t n, uint32_t rate_hz);
/* Puts in what is wanting, where the n samples are a pause, as far as there is room; returns how
 * many there are then. */
size_t standing_lengthen(struct standing *s, int16_t *samples, size_t n, size_t room,
                         uint32_t rate_hz);

#endif
