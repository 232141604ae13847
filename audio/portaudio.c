#include "audio/portaudio.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

#ifdef __APPLE__
#define PORTAUDIO_FILE "libportaudio.2.dylib"
#else
#define PORTAUDIO_FILE "libportaudio.so.2"
#endif
#define ALSA_FILE "libasound.so.2"

struct symbol {
    const char *name;
    size_t place; /* in struct portaudio */
};

static const struct symbol of_portaudio[] = {
#define X(name) {"Pa_" #name, offsetof(struct portaudio, name)},
    PORTAUDIO_FUNCTIONS(X)
#undef X
};

static const struct symbol of_alsa[] = {
#define X(name) {"snd_" #name, offsetof(struct portaudio, snd_##name)},
    ALSA_FUNCTIONS(X)
#undef X
        {"snd_config", offsetof(struct portaudio, snd_config)},
};

static bool find(const char *file, const struct symbol *symbols, size_t n, struct portaudio *out)
{
    void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);

    for (size_t i = 0; library && i < n; i++) {
        void *at = dlsym(library, symbols[i].name);

        if (!at)
            return false;
        memcpy((char *)out + symbols[i].place, &at, sizeof at);
    }
    return library;
}

int portaudio_load(struct portaudio *out, char why[AUDIO_WHY_MAX])
{
    const char *reason;

    if (find(ALSA_FILE, of_alsa, ARRAY_LEN(of_alsa), out) &&
        find(PORTAUDIO_FILE, of_portaudio, ARRAY_LEN(of_portaudio), out))
        return 0;
    reason = dlerror();
    if (why)
        snprintf(why, AUDIO_WHY_MAX, "no sound device can be used without PortAudio: %s",
                 reason ? reason : "a function is missing");
    return -ENOENT;
}
