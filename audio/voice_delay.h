/* audio/voice_delay.h - is there an echo, and how late does it come?
 *
 * Pure. Of each frame of 10 ms remains which of 32 narrow bands have more of the whole than usual.
 * Where the captured frame agrees with a frame that was played some time before, frame after frame
 * and better than with all others, there is an echo as late as that. It costs a few microseconds a
 * frame, so it can go on while the canceller rests. */
#ifndef AUDIO_VOICE_DELAY_H
#define AUDIO_VOICE_DELAY_H

#include <stdbool.h>
#include <stdint.h>

#define VOICE_DELAY_BANDS 32u
#define VOICE_DELAY_FRAMES 64u /* the latest echo that is found */
#define VOICE_DELAY_WINDOW 128u

/* One side. */
struct voice_bands {
    float window[VOICE_DELAY_WINDOW]; /* the newest samples, at about 8 kHz */
    float usual[VOICE_DELAY_BANDS];
};

struct voice_delay {
    unsigned step; /* samples of which one is made */
    float hann[VOICE_DELAY_WINDOW], turn_re[VOICE_DELAY_WINDOW / 2];
    float turn_im[VOICE_DELAY_WINDOW / 2]; /* e^(-2 pi i k / VOICE_DELAY_WINDOW) */
    struct voice_bands played, captured;
    uint32_t bits[VOICE_DELAY_FRAMES]; /* of what was played, a ring */
    bool loud[VOICE_DELAY_FRAMES];     /* enough to be heard */
    unsigned at;                       /* the newest */
    float differ[VOICE_DELAY_FRAMES];  /* bits, on average, from what was so many frames before */
    unsigned frames;                   /* of which it is an average */
    float clear;                       /* how much better the best is than all of them */
    unsigned best;
    bool found;
};

void voice_delay_start(struct voice_delay *d, uint32_t rate_hz);
/* A frame of 10 ms of either side. */
void voice_delay_note(struct voice_delay *d, const int16_t *played, const int16_t *captured,
                      unsigned n);
/* Frames from playing to capturing; -1: no echo is heard. */
int voice_delay_frames(const struct voice_delay *d);
/* Whether that is beyond doubt just now. */
bool voice_delay_is_sure(const struct voice_delay *d);

#endif
