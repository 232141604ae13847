/* What cards there are and which are free, as ALSA tells: PortAudio keeps to what it found as it
 * was initialized, and leaves out what somebody else used at that moment. */
#include "audio/device_ops.h"

#include "audio/portaudio.h"
#include "base/slice.h"

#include <stdio.h>

#define DIRECTIONS 32 /* bits of free */

static bool is_free(const struct portaudio *pa, snd_ctl_t *ctl, snd_pcm_info_t *info, int device,
                    snd_pcm_stream_t direction)
{
    pa->snd_pcm_info_set_device(info, (unsigned)device);
    pa->snd_pcm_info_set_stream(info, direction);
    return pa->snd_ctl_pcm_info(ctl, info) == 0 && pa->snd_pcm_info_get_subdevices_avail(info) > 0;
}

static uint32_t free_of_card(const struct portaudio *pa, snd_pcm_info_t *info, unsigned card)
{
    static const snd_pcm_stream_t directions[] = {SND_PCM_STREAM_CAPTURE, SND_PCM_STREAM_PLAYBACK};
    char name[16];
    uint32_t found = 0;
    unsigned bit = 0;
    int device = -1;
    snd_ctl_t *ctl;

    snprintf(name, sizeof name, "hw:%u", card);
    if (pa->snd_ctl_open(&ctl, name, 0) < 0)
        return 0;
    while (pa->snd_ctl_pcm_next_device(ctl, &device) == 0 && device >= 0)
        for (size_t i = 0; i < ARRAY_LEN(directions); i++, bit++)
            if (is_free(pa, ctl, info, device, directions[i]))
                found |= UINT32_C(1) << bit % DIRECTIONS;
    pa->snd_ctl_close(ctl);
    return found;
}

void audio_device_card_look(struct audio_device_cards *out)
{
    struct portaudio pa;
    snd_pcm_info_t *info;
    int card = -1;

    *out = (struct audio_device_cards){0};
    if (portaudio_load(&pa, NULL) != 0 || pa.snd_pcm_info_malloc(&info) < 0)
        return;
    while (pa.snd_card_next(&card) == 0 && card >= 0) {
        unsigned place = (unsigned)card % AUDIO_DEVICE_CARDS;

        out->there |= UINT32_C(1) << place;
        out->free[place] |= free_of_card(&pa, info, (unsigned)card);
    }
    pa.snd_pcm_info_free(info);
}

bool audio_device_cards_came(const struct audio_device_cards *then,
                             const struct audio_device_cards *now)
{
    bool came = now->there != then->there;

    for (size_t i = 0; i < AUDIO_DEVICE_CARDS; i++)
        came |= (now->free[i] & ~then->free[i]) != 0;
    return came;
}
