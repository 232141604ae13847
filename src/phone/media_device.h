/* phone/media_device.h - the sound device as the media thread uses it: opened and closed by a
 * worker, read and fed on the beat, opened again when it fails.
 *
 * All on the media thread, except what it does in workers. */
#ifndef PHONE_MEDIA_DEVICE_H
#define PHONE_MEDIA_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct media_device;
struct media_gains;
struct media_voice_modes;
struct voice_stats;

struct media_device_events {
    void (*ready)(void *arg); /* it has been opened: the beat must become that of the device */
    /* err 0: the system's default stands in for it. Either is told once until it works again; that
     * nothing works also to who wants it anew, and once the default runs that it stands in. And err
     * 0, once for each name: one direction is not of the card that was named. */
    void (*failed)(void *arg, int err, const char *why);
    void (*back)(void *arg); /* behind either: it runs again, and nothing stands in for it */
    /* The end of media_device_choose: err 0, or why the one before stays; NULL: nobody asks. */
    void (*chosen)(void *arg, int err, const char *why);
    void (*closed)(void *arg); /* the end of media_device_close */
};

/* name as in audio_device_config, copied; NULL: there is none, and nothing happens before another
 * one is chosen. events is copied. 0 or -ENOMEM. */
int media_device_new(uv_loop_t *loop, const char *name, const struct media_device_events *events,
                     void *arg, struct media_device **out);
/* Takes back media_device_new, where nothing else was called. NULL is fine. */
void media_device_drop(struct media_device *d);
/* Before anything else: it is for hearing alone, and no microphone is opened. */
void media_device_play_only(struct media_device *d);
/* Likewise: nobody is there, and what stands in for a card that is gone captures nothing. */
void media_device_unattended(struct media_device *d);
/* Whether it is opened with two channels each way, where its card has them, the next time that it
 * is: what is open stays as it is. Not so at first. */
void media_device_set_stereo(struct media_device *d, bool stereo);
/* Another one from now on, or none where name is NULL; chosen follows, never at once. Nothing is
 * heard meanwhile. Where it cannot be opened the one before goes on. 0; -ENOMEM; -EBUSY: another
 * choice is under way. */
int media_device_choose(struct media_device *d, const char *name);

/* closed follows, never at once; then the device is gone. Twice does no harm. */
void media_device_close(struct media_device *d);

/* From now on; both LEVEL_UNITY at first. */
void media_device_set_gains(struct media_device *d, const struct media_gains *gains);
/* Echo, noise and level of the microphone, from now on; all VOICE_AUTO at first. One that is none
 * of a card is left alone, but for what is VOICE_ON. */
void media_device_set_voice(struct media_device *d, const struct media_voice_modes *modes);
/* What has become of them; false: nothing is done. */
bool media_device_voice(const struct media_device *d, struct voice_stats *out);
/* Whether somebody wants to hear or speak; opens it or closes it. */
void media_device_want(struct media_device *d, bool wanted);
/* Whether the card has called for samples: what was said before is not heard. */
bool media_device_runs(const struct media_device *d);
bool media_device_is_open(const struct media_device *d);
uint32_t media_device_rate_hz(const struct media_device *d);
/* Channels that it plays; 1 where it is not open. */
unsigned media_device_outputs(const struct media_device *d);

/* One beat: takes what the microphone has heard in elapsed_us, always that much (silence where the
 * card has less). Then come media_device_heard and media_device_say, then media_device_end_beat.
 * False: it is not open. */
bool media_device_begin_beat(struct media_device *d, uint64_t now_us, uint64_t elapsed_us);
/* Samples of this beat, and how many: in one channel; and in *channels, two where the microphone
 * has two that are not the same. Both until the end of the beat. */
const int16_t *media_device_heard(const struct media_device *d, size_t *n);
const int16_t *media_device_heard_in(const struct media_device *d, size_t *n, unsigned *channels);
/* Adds samples to what is played in this beat: in one channel, and in 1 or 2. */
void media_device_say(struct media_device *d, const int16_t *samples, size_t n);
void media_device_say_in(struct media_device *d, const int16_t *samples, size_t n,
                         unsigned channels);
void media_device_end_beat(struct media_device *d);

/* Whether levels are measured, in dB of full scale, -96: silence; off at first. Taken, they begin
 * anew; NAN where there was no beat. */
void media_device_measure(struct media_device *d, bool on);
void media_device_levels(struct media_device *d, double *microphone, double *speaker);

#endif
