/* phone/media_device_private.h - media_device.c on the media thread and media_device_work.c in a
 * worker: what is of whom. */
#ifndef PHONE_MEDIA_DEVICE_PRIVATE_H
#define PHONE_MEDIA_DEVICE_PRIVATE_H

#include "phone/media_device.h"

#include <stdatomic.h>

#include "audio/device.h"
#include "audio/level.h"
#include "audio/mixer.h"
#include "phone/media.h"
#include "phone/media_passage.h"
#include "phone/media_stand_in.h"
#include "phone/media_voice.h"

/* What a worker is at. */
enum job {
    IDLE,
    CLOSE,  /* what was open, if anything was */
    OPEN,   /* name, or who stands in for it */
    SWITCH, /* to next; name again where that fails */
    LOOK,   /* for name, while another stands in for it */
};

/* The worst that was told, of which nothing works again. */
enum told {
    NOTHING,
    OTHER,         /* the system's default stands in for it */
    FAILED_BEFORE, /* it fails; who wants it now was not told */
    FAILED,
};

struct media_device {
    uv_loop_t *loop;
    struct media_device_events events;
    void *arg;
    char *name; /* owned; NULL: there is none */
    char *next; /* that is to take its place, while choosing */
    bool choosing, play_only, unattended, stereo;
    struct audio_device *device;         /* NULL: not open */
    struct media_voice *voice;           /* of it, or NULL */
    atomic_bool give_up;                 /* the look, which finds nothing then */
    bool closing, wanted, failed, noted; /* noted: that name lacks a direction */
    enum told told;
    bool stands_in;   /* what is open is the system's default, in place of name */
    uint64_t next_us; /* when it is tried again, or looked for; 0: that begins to count */
    enum job job;

    /* The worker's until IDLE */
    uv_work_t work;
    bool reopens;  /* who switches: name was open */
    bool stood_in; /* opened is not name, */
    enum media_stand_in_for stood_in_for;
    struct audio_device_cards cards; /* when name could not be opened, */
    bool others;                     /* and more of them are there or free now */
    struct audio_device *opened, *to_close;
    struct media_voice *opened_voice, *voice_to_close;
    struct media_voice_modes opening_modes;
    bool opening_stereo;
    int err;
    char why[AUDIO_WHY_MAX];

    struct media_gains gains;
    struct media_voice_modes modes;
    struct media_passage passage;
    size_t n; /* samples of this beat */
    int16_t heard[2 * MIXER_SAMPLES], mono[MIXER_SAMPLES];
    unsigned same; /* beats in a row in which the microphone's channels were */
    struct mixer mixer;
    bool measured;
    struct level_meter microphone_level, speaker_level;
};

/* For uv_queue_work: does the job. */
void media_device_work(uv_work_t *work);

#endif
