/* audio/standing.h - delay that stands in a queue between two clocks, and its end: what always
 * waits there is heard so much later for ever, so sound is played a little faster until it is gone.
 *
 * Pure. The owner tells each beat how much waits; what of that was there at every moment of half a
 * second, beyond what the queue needs, is surplus. A queue that ran dry needs more for a while. */
#ifndef AUDIO_STANDING_H
#define AUDIO_STANDING_H

#include <stddef.h>
#include <stdint.h>

#define STANDING_PIECE_MS 20 /* of sound that standing_shorten can shorten well */

/* All zero at first, but for needs_ms and gap_ms. */
struct standing {
    unsigned needs_ms;                 /* what has to wait at the worst moment, */
    unsigned gap_ms;                   /* more where it ran dry; */
    unsigned more_ms;                  /* and for now */
    unsigned beats, calm, gaps, since; /* the latest gap, in beats */
    size_t least, surplus; /* samples: of this half second so far; still to be won back */
};

/* A beat, at which so many samples wait. */
void standing_note(struct standing *s, size_t waiting, uint32_t rate_hz);
/* It ran dry; again within half a second is the same hiccup, and in the first second it says
 * nothing yet. */
void standing_gap(struct standing *s);
/* Takes away what can go of n samples without being heard, never more than the surplus; returns how
 * many are left. */
size_t standing_shorten(struct standing *s, int16_t *samples, size_t n, uint32_t rate_hz);

#endif
