/* audio/voice_engine.h - the libraries behind voice.h; nobody else includes this. */
#ifndef AUDIO_VOICE_ENGINE_H
#define AUDIO_VOICE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Echo and noise are two objects, so that either can be left out without a word to the other. */
struct voice_engine {
    const char *name;
    bool (*knows)(uint32_t rate_hz); /* and is there */
    /* NULL: no memory, or the library refuses. Frames are of 10 ms. */
    void *(*echo_new)(uint32_t rate_hz);
    void (*echo_run)(void *echo, const int16_t *played, int16_t *captured);
    void (*echo_free)(void *echo); /* takes NULL, as the other */
    void *(*noise_new)(uint32_t rate_hz);
    void (*noise_run)(void *noise, int16_t *captured);
    void (*noise_free)(void *noise);
};

extern const struct voice_engine voice_engine_speex;
extern const struct voice_engine voice_engine_webrtc; /* where HAVE_WEBRTC_AUDIO_PROCESSING */

#ifdef __cplusplus
}
#endif

#endif
