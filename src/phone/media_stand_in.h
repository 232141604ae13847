/* phone/media_stand_in.h - what is opened in place of a sound device that cannot be: the system's
 * default, for as little of it as has to be. Who named a microphone and a loudspeaker keeps the one
 * that works, and no other is opened where one of them is "none". */
#ifndef PHONE_MEDIA_STAND_IN_H
#define PHONE_MEDIA_STAND_IN_H

#include <stdbool.h>

#include "audio/device.h"

/* For what, in the order in which they are tried. */
enum media_stand_in_for {
    STAND_IN_LOUDSPEAKER,
    STAND_IN_MICROPHONE,
    STAND_IN_BOTH,
    STAND_INS,
};

struct media_stand_in {
    char *name;              /* as in audio_device_config, owned */
    char *lacks;             /* likewise: the half of the name that is not in it; NULL: both */
    char why[AUDIO_WHY_MAX]; /* a sentence for who talks */
};

/* unattended: nobody is there, and no microphone is opened that was not named. False: name has
 * nothing that another could take the place of, or there is no memory; out is not touched. */
bool media_stand_in_get(const char *name, bool unattended, enum media_stand_in_for what,
                        struct media_stand_in *out);
void media_stand_in_free(struct media_stand_in *in);

#endif
