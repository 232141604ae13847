/* audio/gap.h - a microphone that has brought too little, as its clock is slower than ours or it
 * stood still for a moment: what it brought last is drawn out, and joined to what comes, so that
 * nothing clicks. After 20 ms there is silence.
 *
 * Pure. Counts are per channel. */
#ifndef AUDIO_GAP_H
#define AUDIO_GAP_H

#include <stddef.h>
#include <stdint.h>

#define GAP_KEPT 2304 /* what is drawn out, at 96 kHz; above there is silence instead */
#define GAP_ROOM 5760

/* All zero at first, but for channels. */
struct gap {
    unsigned channels;                       /* 1 or 2, interleaved; 0: 1 */
    int16_t line[2 * (GAP_KEPT + GAP_ROOM)]; /* what was heard last, and what is heard now */
    size_t period;                     /* of what is drawn out; 0: nothing is */
    size_t drawn;
};

/* What a beat has brought: got samples of n that were wanted. The rest is put behind them. */
void gap_fill(struct gap *g, int16_t *samples, size_t got, size_t n, uint32_t rate_hz);

#endif
