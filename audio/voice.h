/* audio/voice.h - what the microphone hears, made fit for the far end: without the echo of the
 * loudspeaker, with less noise, neither too loud nor too soft.
 *
 * Pure: 10 ms that were played and 10 ms that were captured at the same time go in, 10 ms to send
 * come out. Behind it works one of two libraries: webrtc-audio-processing where tphone was built
 * with it, it is installed and knows the rate; else speexdsp. All memory is taken by voice_new, so
 * that the other functions may be called where nobody waits. */
#ifndef AUDIO_VOICE_H
#define AUDIO_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct voice;

enum voice_part { VOICE_ECHO, VOICE_NOISE, VOICE_LEVEL, VOICE_PARTS };

enum voice_mode {
    VOICE_AUTO, /* where there is need: an echo is heard, there is steady noise, speech is too soft
                 * or far too loud. Else the sound is not touched */
    VOICE_ON,
    VOICE_OFF,
};

/* Both may read files: not for a thread that must not wait. engine: "webrtc", "speexdsp", or NULL:
 * the better one that there is. 0, -ENOMEM, -EINVAL (a rate below 8000 or above 48000 Hz), -ENOENT:
 * there is no such engine for that rate. */
int voice_new(uint32_t rate_hz, const char *engine, struct voice **out);
void voice_free(struct voice *v);

/* From now on; all are VOICE_AUTO at first. */
void voice_set(struct voice *v, enum voice_part part, enum voice_mode mode);
/* Samples of a frame: 10 ms. */
size_t voice_frame(const struct voice *v);
/* A frame that was played, and one that was captured then or up to half a second later, which is
 * changed in place. */
void voice_run(struct voice *v, const int16_t *played, int16_t *captured);
struct voice_stats {
    const char *engine;
    bool active[VOICE_PARTS]; /* is at work now */
    double echo_less_db;      /* by how much the echo has become softer in the last seconds of it;
                               * speech of both sides at once lowers it. NAN: none was heard */
    double echo_delay_ms;     /* from playing to capturing; NAN: not known */
    double speech_db;         /* level of what is spoken, as captured, dBFS; NAN: nobody has */
    double noise_db;          /* of what is heard between, as captured; NAN: not known yet */
    double gain_db;           /* by the level control */
};

void voice_stats(const struct voice *v, struct voice_stats *out);

#endif
