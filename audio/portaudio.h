/* audio/portaudio.h - PortAudio and the little of ALSA that we use, loaded when a sound device is
 * looked for and not when the program starts.
 *
 * They bring eight more libraries with them (JACK, Berkeley DB, the C++ library …), whose linking
 * is 40 % of the time from exec to the first packet; and most runs of tphone, `tphone ctl` say,
 * never touch a sound card. */
#ifndef AUDIO_PORTAUDIO_H
#define AUDIO_PORTAUDIO_H

#include <alsa/asoundlib.h>
#include <portaudio.h>

#include "audio/device.h"

/* clang-format off */
#define PORTAUDIO_FUNCTIONS(X)                                                                     \
    X(Initialize) X(Terminate) X(GetErrorText) X(GetLastHostErrorInfo)                             \
    X(GetDeviceCount) X(GetDeviceInfo) X(GetHostApiInfo)                                           \
    X(GetDefaultInputDevice) X(GetDefaultOutputDevice)                                             \
    X(OpenStream) X(SetStreamFinishedCallback) X(StartStream) X(AbortStream) X(CloseStream)
#define ALSA_FUNCTIONS(X)                                                                          \
    X(lib_error_set_handler) X(config_update) X(config_search) X(card_next)                        \
    X(ctl_open) X(ctl_close) X(ctl_pcm_next_device) X(ctl_pcm_info)                                \
    X(pcm_info_malloc) X(pcm_info_free) X(pcm_info_set_device) X(pcm_info_set_stream)              \
    X(pcm_info_get_subdevices_avail)
/* clang-format on */

/* pa.OpenStream is Pa_OpenStream and so on, pa.snd_config_search likewise. */
struct portaudio {
#define X(name) __typeof__(Pa_##name) *name;
    PORTAUDIO_FUNCTIONS(X)
#undef X
#define X(name) __typeof__(snd_##name) *snd_##name;
    ALSA_FUNCTIONS(X)
#undef X
    snd_config_t **snd_config;
};

/* May read files: not for a thread that must not wait. They are never unloaded, as they leave
 * threads of their own behind. 0, or -ENOENT and a sentence. */
int portaudio_load(struct portaudio *out, char why[AUDIO_WHY_MAX]);

#endif
