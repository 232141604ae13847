/* audio/conceal.h - what to play in place of a lost packet, for codecs that have no way of their
 * own (G.711, L16): the last pitch period again and again, fading, as ITU-T G.711 Appendix I
 * proposes, but without its delay of 3.75 ms. Mono. */
#ifndef AUDIO_CONCEAL_H
#define AUDIO_CONCEAL_H

#include <stddef.h>
#include <stdint.h>

#define CONCEAL_MAX_HZ 16000
#define CONCEAL_HISTORY                                                                            \
    (CONCEAL_MAX_HZ / 1000 * 40)                    /* enough to find the deepest voice's period   \
                                                     */
#define CONCEAL_PERIOD (CONCEAL_MAX_HZ / 1000 * 15) /* which is 15 ms */

/* A plain value; no memory besides. */
struct conceal {
    uint32_t rate_hz;
    int16_t history[CONCEAL_HISTORY]; /* what was heard last, newest at the end */
    int16_t period[CONCEAL_PERIOD];   /* what is being repeated */
    size_t pitch;                     /* its length; 0: nothing is being concealed */
    size_t at;                        /* place in it */
    size_t invented;                  /* samples since the last good one */
    int jump;                         /* from the last good sample to the one before the period */
};

/* rate_hz: at most CONCEAL_MAX_HZ, a higher one counts as that. */
void conceal_init(struct conceal *c, uint32_t rate_hz);
/* n samples that arrived: remembered, and right after a loss blended in at their beginning. */
void conceal_good(struct conceal *c, int16_t *samples, size_t n);
/* n samples that did not. Silent after 60 ms. */
void conceal_lost(struct conceal *c, int16_t *out, size_t n);

#endif
