#include "phone/media_voice.h"

#include <stdlib.h>
#include <string.h>

#include "audio/device.h"
#include "audio/stereo.h"

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
    bool of_card, stereo;
    bool plain; /* there is nothing to do */
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
    v->stereo = audio_device_inputs(device) == 2;
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
    bool any_on = false, all_off = true;

    for (enum voice_part part = 0; part < VOICE_PARTS; part++) {
        voice_set(v->voice, part, modes->of[part]);
        any_on |= modes->of[part] == VOICE_ON;
        all_off &= modes->of[part] == VOICE_OFF;
    }
    v->plain = v->of_card ? v->stereo && all_off : !any_on;
}

/* So many samples of what was played, in one channel, at most a frame. */
static size_t take_played(struct audio_device *device, int16_t *out, size_t n)
{
    int16_t frames[2 * FRAME_MOST];

    n = audio_device_played(device, frames, n);
    stereo_convert(frames, n, audio_device_outputs(device), out, 1);
    return n;
}

/* A frame of what was played. Both directions of a card begin when they like, and either may stand
 * still for a moment: what lies behind the other for good is left out. */
static void read_played(struct media_voice *v, struct audio_device *device, int16_t *out)
{
    size_t got = take_played(device, out, v->frame), unread = audio_device_unread(device);

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
        size_t n = take_played(device, gone, left < FRAME_MOST ? left : FRAME_MOST);

        if (n == 0)
            break;
        left -= n;
    }
}

/* One frame more; false: there is none yet. */
static bool make_ready(struct media_voice *v, struct audio_device *device)
{
    int16_t played[FRAME_MOST], frames[2 * FRAME_MOST];

    if (audio_device_captured(device) < v->frame && !audio_device_is_null(device))
        return false;
    v->n = audio_device_read(device, frames, v->frame);
    stereo_convert(frames, v->n, audio_device_inputs(device), v->ready, 1);
    v->at = 0;
    if (v->n < v->frame)
        return v->n > 0; /* it has dropped some meanwhile, being far behind */
    read_played(v, device, played);
    voice_run(v->voice, played, v->ready);
    return true;
}

/* What was played meanwhile is nothing to whoever begins to work later. */
static size_t read_plain(struct media_voice *v, struct audio_device *device, int16_t *out, size_t n)
{
    int16_t gone[FRAME_MOST];

    n = audio_device_read(device, out, n);
    for (size_t left = v ? n : 0, got = 1; left > 0 && got > 0; left -= got)
        got = take_played(device, gone, left < FRAME_MOST ? left : FRAME_MOST);
    return n;
}

size_t media_voice_read(struct media_voice *v, struct audio_device *device, int16_t *out, size_t n)
{
    const unsigned channels = audio_device_inputs(device);
    size_t done = 0;

    if (!v || (v->plain && v->at == v->n))
        return read_plain(v, device, out, n);
    while (done < n) {
        size_t some = v->n - v->at < n - done ? v->n - v->at : n - done;

        stereo_convert(v->ready + v->at, some, 1, out + done * channels, channels);
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
