#include "audio/portaudio.h"

#include <errno.h>
#include <stdio.h>

#include "base/library.h"
#include "base/slice.h"

#ifdef __APPLE__
#define PORTAUDIO_FILE "libportaudio.2.dylib"
#else
#define PORTAUDIO_FILE "libportaudio.so.2"
#endif
#define ALSA_FILE "libasound.so.2"

static const struct library_symbol of_portaudio[] = {
#define X(name) {"Pa_" #name, offsetof(struct portaudio, name)},
    PORTAUDIO_FUNCTIONS(X)
#undef X
};

static const struct library_symbol of_alsa[] = {
#define X(name) {"snd_" #name, offsetof(struct portaudio, snd_##name)},
    ALSA_FUNCTIONS(X)
#undef X
        {"snd_config", offsetof(struct portaudio, snd_config)},
};

int portaudio_load(struct portaudio *out, char why[AUDIO_WHY_MAX])
{
    const char *fault = library_load(ALSA_FILE, of_alsa, ARRAY_LEN(of_alsa), out);

    if (!fault)
        fault = library_load(PORTAUDIO_FILE, of_portaudio, ARRAY_LEN(of_portaudio), out);
    if (!fault)
        return 0;
    if (why)
        snprintf(why, AUDIO_WHY_MAX, "no sound device can be used without PortAudio: %s", fault);
    return -ENOENT;
}
