/* audio/device_choose.h - which cards a name means: for device_card.c alone. */
#ifndef AUDIO_DEVICE_CHOOSE_H
#define AUDIO_DEVICE_CHOOSE_H

#include "audio/device.h"
#include "audio/portaudio.h"

struct device_choice {
    PaDeviceIndex in, out;
    bool has_input, has_output;
    char note[AUDIO_WHY_MAX]; /* a sentence: which direction the name lacks and who has it; or "" */
};

/* As audio_device_config says of its name. 0 or -ENODEV with a sentence in why (may be NULL). */
int device_choose(const struct portaudio *pa, const struct audio_device_config *config,
                  struct device_choice *out, char why[AUDIO_WHY_MAX]);

#endif
