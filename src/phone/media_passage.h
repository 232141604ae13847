/* phone/media_passage.h - sound between the beat of the media thread and a sound card, whose clocks
 * differ: as much waits as one in calm times needs, and a little more where there were gaps.
 *
 * Sound has the channels of the card, each way its own; counts are per channel. All on the media
 * thread. */
#ifndef PHONE_MEDIA_PASSAGE_H
#define PHONE_MEDIA_PASSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/gap.h"
#include "audio/mixer.h"
#include "audio/standing.h"

struct audio_device;
struct media_voice;

/* Sound on its way from or to the card, held back only while it is played faster. */
struct passage {
    struct standing standing;
    bool began; /* sound has passed */
    size_t n;
    int16_t samples[2 * 2 * MIXER_SAMPLES];
};

struct media_passage {
    struct passage in, out;
    struct gap gap; /* of what is captured */
};

/* For a device that has been opened. */
void media_passage_begin(struct media_passage *p, const struct audio_device *device);
/* wished: for two channels, which it may not have. */
void media_passage_log_stereo(const struct audio_device *device, bool wished);
/* One beat, first: n samples that the microphone has heard, always as many, silence where the card
 * has less. voice is the device's, or NULL; out has room for one at least. */
void media_passage_hear(struct media_passage *p, struct audio_device *device,
                        struct media_voice *voice, int16_t *out, size_t n);
/* And last: n samples for the card, or for later together with those of the next beat. */
void media_passage_say(struct media_passage *p, struct audio_device *device, const int16_t *samples,
                       size_t n);

#endif
