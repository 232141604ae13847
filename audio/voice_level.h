/* audio/voice_level.h - how loud somebody speaks and what is heard between the words; and a gain
 * that brings speech to where it is easily heard.
 *
 * Pure; frames of 10 ms. What never changes is noise, whatever it is; what stands out of it is
 * speech. So a steady tone is neither made louder nor softer. */
#ifndef AUDIO_VOICE_LEVEL_H
#define AUDIO_VOICE_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOICE_LEVEL_SPANS 3u

struct voice_level {
    float frames[2];                /* power of the last */
    unsigned noted;                 /* of them */
    float least[VOICE_LEVEL_SPANS]; /* of a second each, the first being the present one */
    unsigned spans, at;             /* seconds that were measured, frames of the present one */
    double speech;                  /* power, of a second of it */
    unsigned speech_frames;
    bool speaks;         /* in the latest frame */
    float gain_db, gain; /* and what the latest frame ended with */
};

/* The range that speech is brought to, in dBFS. */
struct voice_range {
    float low_db, high_db;
};

void voice_level_start(struct voice_level *l);
/* A frame as it was captured; foreign: not of us, say the rest of an echo. */
void voice_level_note(struct voice_level *l, const int16_t *samples, size_t n, bool foreign);
/* Changes the frame, and the gain with it; NULL: towards no gain at all. */
void voice_level_run(struct voice_level *l, const struct voice_range *range, int16_t *samples,
                     size_t n);
/* In dBFS; NAN: not known yet. */
double voice_level_speech_db(const struct voice_level *l);
double voice_level_noise_db(const struct voice_level *l);

#endif
