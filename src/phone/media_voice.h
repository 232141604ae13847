/* phone/media_voice.h - what the microphone of a sound device has captured, without echo and noise:
 * between the device and whoever takes samples from it.
 *
 * A frame that was captured goes together with one that was played through audio/voice. Both come
 * from rings of the device, so it does not matter when somebody asks for them; only how much more
 * of the one waits than of the other tells how they belong together, and that is kept steady.
 *
 * All that is done is done to one channel, as the libraries know no other sound: of a card with two
 * the microphone is heard mixed then, the same in both, without the mean of what was played. */
#ifndef PHONE_MEDIA_VOICE_H
#define PHONE_MEDIA_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/voice.h"

struct audio_device;
struct media_voice;

struct media_voice_modes {
    enum voice_mode of[VOICE_PARTS];
};

/* For a device that has been opened; NULL without memory: the microphone is heard as it is then, as
 * it also is while there is nothing to do: of a device that is none of a card as long as no part is
 * VOICE_ON, of a card with two channels where all are VOICE_OFF. May read files. */
struct media_voice *media_voice_new(const struct audio_device *device,
                                    const struct media_voice_modes *modes);
void media_voice_free(struct media_voice *v);

void media_voice_set(struct media_voice *v, const struct media_voice_modes *modes);
/* As audio_device_read and audio_device_captured, to be used in their place; v may be NULL. */
size_t media_voice_read(struct media_voice *v, struct audio_device *device, int16_t *out, size_t n);
size_t media_voice_captured(const struct media_voice *v, const struct audio_device *device);
bool media_voice_works(const struct media_voice *v);
/* v is not NULL. */
void media_voice_stats(const struct media_voice *v, struct voice_stats *out);

#endif
