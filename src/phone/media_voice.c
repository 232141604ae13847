#include "phone/media_voice.h"

#include <stdlib.h>
#include <string.h>

#include "audio/device.h"

#define FRAME_MOST 480u
#define WATCHED_FRAMES 100u /* of which the one counts that has the least of what was played */
#define UNREAD_MOST 2u      /* frames, always: more, and an echo might come before its sound, */
#define UNREAD_KEPT 1u      /* so this is left. Less, and there would be gaps */

struct media_voice {
    struct voice *voice;
    size_t frame;
    int16_t ready[FRAME_MOST]; /* n of them, not yet read */
    size_t n, at;
    unsigned watched;
    size_t least; /* samples */
    bool of_card;
    bool plain;   /* there is nothing to do */
};

struct media_voice *media_voice_new(const struct audio_device *device,
                                    const struct media_voice_modes *modes)
{
    struct media_voice *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    if (voice_new(audio_device_rate_hz(device), NULL, &v->voice) != 0) {
        free(v);
        return NULL;
    }
    v->frame = voice_frame(v->voice);
    v->of_card = !audio_device_is_null(device);
    media_voice_set(v, modes);
    return v;
}

void media_voice_free(struct media_voice *v)
{
    if (!v)
        return;
    voice_free(v->voice);
    free(v);
}

void media_voice_set(struct media_voice *v, const struct media_voice_modes *modes)
{
    v->plain = !v->of_card;
    for (enum voice_part part = 0; part < VOICE_PARTS; part++) {
        voice_set(v->voice, part, modes->of[part]);
        v->plain &= modes->of[part] != VOICE_ON;
    }
}

/* A frame of what was played. Both directions of a card begin when they like, and either may stand
 * still for a moment: what lies behind the other for good is left out. */
static void read_played(struct media_voice *v, struct audio_device *device, int16_t *out)
{
    size_t got = audio_device_played(device, out, v->frame), unread = audio_device_unread(device);

    memset(out + got, 0, (v->frame - got) * sizeof *out);
    if (v->watched == 0 || unread < v->least)
        v->least = unread;
    if (++v->watched < WATCHED_FRAMES)
        return;
    v->watched = 0;
    if (v->least <= UNREAD_MOST * v->frame)
        return;
    for (size_t left = v->least - UNREAD_KEPT * v->frame; left > 0;) {
        int16_t gone[FRAME_MOST];
        size_t n = audio_device_played(device, gone, left < FRAME_MOST ? left : FRAME_MOST);

        if (n == 0)
            break;
        left -= n;
    }
}

/* One frame more; false: there is none yet. */
static bool make_ready(struct media_voice *v, struct audio_device *device)
{
    int16_t played[FRAME_MOST];

    if (audio_device_captured(device) < v->frame && !audio_device_is_null(device))
        return false;
    v->n = audio_device_read(device, v->ready, v->frame);
    v->at = 0;
    if (v->n < v->frame)
        return v->n > 0; /* it has dropped some meanwhile, being far behind */
    read_played(v, device, played);
    voice_run(v->voice, played, v->ready);
    return true;
}

size_t media_voice_read(struct media_voice *v, struct audio_device *device, int16_t *out, size_t n)
{
    size_t done = 0;

    if (!v || (v->plain && v->at == v->n))
        return audio_device_read(device, out, n);
    while (done < n) {
        size_t some = v->n - v->at < n - done ? v->n - v->at : n - done;

        memcpy(out + done, v->ready + v->at, some * sizeof *out);
        v->at += some;
        done += some;
        if (v->at == v->n && done < n && !make_ready(v, device))
            break;
    }
    return done;
}

size_t media_voice_captured(const struct media_voice *v, const struct audio_device *device)
{
    return audio_device_captured(device) + (v ? v->n - v->at : 0);
}

bool media_voice_works(const struct media_voice *v)
{
    return v && !v->plain;
}

void media_voice_stats(const struct media_voice *v, struct voice_stats *out)
{
    voice_stats(v->voice, out);
}
