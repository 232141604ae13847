/* audio/tone.h - the sounds that a phone makes itself, bit by bit as they are played.
 *
 * Call progress as most of Europe hears it (ETSI TS 101 041-1, ITU-T E.180: 425 Hz). Edges are
 * rounded over 5 ms, so nothing clicks. */
#ifndef AUDIO_TONE_H
#define AUDIO_TONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tone_kind {
    TONE_NONE,
    TONE_RINGBACK,   /* 425 Hz, 1 s on, 4 s off */
    TONE_BUSY,       /* 425 Hz, 0.5 s on, 0.5 s off */
    TONE_CONGESTION, /* 425 Hz, 0.2 s on, 0.2 s off */
    TONE_WAITING,    /* 425 Hz, 0.2 s twice, then 5 s off: another call */
    TONE_BEEP,       /* 850 Hz, 0.3 s, once: a microphone has been opened */
    TONE_RING,       /* our own bell: 425 and 530 Hz warbling, 1 s on, 3 s off */
};

/* A plain value; no memory besides. Members are tone.c's. */
struct tone {
    uint32_t rate_hz;
    const struct tone_cadence *cadence; /* NULL: silence */
    size_t step;                        /* in the cadence */
    uint64_t at, length;                /* samples into the step, and of it */
    double radians, phase, amplitude;
};

/* From the beginning of its cadence, at -15 dBFS, until somebody starts another. */
void tone_start(struct tone *t, enum tone_kind kind, uint32_t rate_hz);
/* The next n samples. False: silence, and nothing more will come. */
bool tone_read(struct tone *t, int16_t *out, size_t n);

#endif
