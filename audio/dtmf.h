/* audio/dtmf.h - telephone keys as tones in the sound itself (ITU-T Q.23, Q.24), both ways, for
 * where nothing better was agreed.
 *
 * Pure, no allocation: one thread at a time. */
#ifndef AUDIO_DTMF_H
#define AUDIO_DTMF_H

#include "base/slice.h"

#define DTMF_TONE_MS 100
#define DTMF_GAP_MS 100
#define DTMF_PAUSE_MS 1000 /* of a ',' */
#define DTMF_QUEUE 256     /* keys that wait in a sender; a power of two */
#define DTMF_HALF 51       /* samples at 8,000 Hz; twice as many are looked at together: 12.75 ms */

/* --- sending --------------------------------------------------------------------------------- */

struct dtmf_sender {
    char queue[DTMF_QUEUE];
    uint16_t head, tail;   /* grow without end; place = value % DTMF_QUEUE */
    uint8_t key;           /* that sounds, or did last: its place in begun_us */
    double at[2], step[2]; /* of both tones, in turns */
    uint32_t tone, gap;    /* samples that are left of the key, and of the silence behind it */
    uint32_t rate_hz;
    uint64_t passed_us;    /* of sound in all, put or not */
    uint64_t begun_us[16]; /* when each key began last, in that; 0: never */
};

/* 0; -EINVAL where one is neither 0-9 * # A-D nor a pause (',' or 'p'); -ENOBUFS where they do not
 * fit. Then none is taken. */
int dtmf_push(struct dtmf_sender *s, struct slice digits);
bool dtmf_busy(const struct dtmf_sender *s);
/* The next n samples of what is sent: keys and their gaps take the place of what is there. */
void dtmf_put(struct dtmf_sender *s, int16_t *samples, size_t n, uint32_t rate_hz);
/* The next n samples pass without any of it, and what follows is put later: a key that nobody can
 * have heard yet begins anew then, and another one is not gone on with, as it would be heard
 * twice. */
void dtmf_interrupt(struct dtmf_sender *s, size_t n, uint32_t rate_hz);

/* Whether this key began within the last ms of what was put or passed. */
bool dtmf_began(const struct dtmf_sender *s, char key, unsigned ms);

/* --- receiving ------------------------------------------------------------------------------- */

/* Blocks overlap by half. A key is told when four in a row, some 30 ms, had its two tones and
 * hardly anything else, and these turn as fast as they should: so short a tone is none, nor one
 * 3.5 % beside (Q.24), and speech does not last that pure. A pause of 40 ms makes two keys of
 * one. */
struct dtmf_receiver {
    uint32_t rate_hz;
    int32_t sum; /* of samples that become one of 8,000 Hz */
    unsigned summed, n;
    int16_t half[DTMF_HALF];  /* a block, as far as it has come; */
    float energy_before;      /* of the half before it, */
    float _Complex before[8]; /* and what was found there, where that is not silent */
    char key;                 /* of the latest blocks, or 0 */
    bool told;
    unsigned hits, misses;
    float _Complex tones[2]; /* of the latest, */
    float turned[2];         /* and by how many radians too far since the first */
};

/* Samples as they are heard, at a multiple of 8,000 Hz (else nothing is found). Writes keys whose
 * press has begun to out, room at most; returns how many. */
size_t dtmf_take(struct dtmf_receiver *r, const int16_t *samples, size_t n, uint32_t rate_hz,
                 char *out, size_t room);

#endif
