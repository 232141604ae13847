/* audio/conceal.h - what to play in place of a lost packet, for codecs that have no way of their
 * own (G.711, G.722, L16). Mono.
 *
 * Where only the past is known, its last pitch period is repeated, as ITU-T G.711 Appendix I
 * proposes, but without its delay of 3.75 ms: first the last one, then the last two and three in
 * turn, which sounds less of a machine, and softer until there is silence. Where the packet behind
 * the lost one is there as well, it is drawn out backwards in the same way, and the one fades into
 * the other; the two are bent in time, a little, where their periods meet so. */
#ifndef AUDIO_CONCEAL_H
#define AUDIO_CONCEAL_H

#include <stddef.h>
#include <stdint.h>

#define CONCEAL_MAX_HZ 48000
#define CONCEAL_HISTORY (CONCEAL_MAX_HZ / 1000 * 52) /* three periods of the deepest voice */
#define CONCEAL_MAX_MS 120                           /* of one call */

/* Sound that goes on from end by repeating what was before it. */
struct conceal_voice {
    const int16_t *end;
    size_t known;  /* samples before end that may be used */
    size_t period; /* 0: nothing goes on */
    size_t cycle;  /* what is repeated: the period once, twice, three times */
    size_t at;     /* place in it */
    size_t done;   /* samples made */
    int jump;      /* from the last sample to the one before the period */
};

/* A plain value, to be copied by conceal_copy; no memory besides. Of a lower rate only the first
 * conceal_size octets are used, and others need not be there. */
struct conceal {
    uint32_t rate_hz;
    size_t kept;                /* samples of each half of sound */
    struct conceal_voice voice; /* goes on from there; period 0: nothing is being concealed */
    /* What was heard last, newest at the end; behind it, what that was when the loss began. */
    int16_t sound[2 * CONCEAL_HISTORY];
};

size_t conceal_size(uint32_t rate_hz);
/* rate_hz: at most CONCEAL_MAX_HZ, a higher one counts as that. */
void conceal_init(struct conceal *c, uint32_t rate_hz);
void conceal_copy(struct conceal *to, const struct conceal *from);
/* n samples that arrived: remembered, and right after conceal_lost blended in at their start. */
void conceal_good(struct conceal *c, int16_t *samples, size_t n);
/* Behind what was heard last. */
const int16_t *conceal_heard(const struct conceal *c);
/* n samples that did not, CONCEAL_MAX_MS at most. Silent after 60 ms. */
void conceal_lost(struct conceal *c, int16_t *out, size_t n);
/* n samples that did not, CONCEAL_MAX_MS at most, while the n_next behind them did: these come to
 * conceal_good afterwards. */
void conceal_between(struct conceal *c, int16_t *out, size_t n, const int16_t *next, size_t n_next);

#endif
