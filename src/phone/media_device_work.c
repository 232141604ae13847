/* What a worker does for media_device.c: opening, closing and looking for cards takes seconds. */
#include "phone/media_device_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define START_MS 2000 /* how long a card that is looked for may take until it runs */

static int open_device(struct media_device *d, const char *name, bool play_only, char *why)
{
    struct audio_device_config config = {.name = strcmp(name, "null") ? name : "none",
                                         .channels = d->opening_stereo ? 2 : 1,
                                         .no_capture = play_only,
                                         .named_microphone = d->unattended};
    int err = audio_device_open(&config, &d->opened, why);

    if (!err && !play_only)
        d->opened_voice = media_voice_new(d->opened, &d->opening_modes);
    return err;
}

/* The old one first: the two may be one card, which is there once. */
static void switch_in_worker(struct media_device *d)
{
    d->err = d->next ? open_device(d, d->next, d->play_only, d->why) : 0;
    if (d->err && d->reopens) /* else it is tried again like one that has stopped */
        (void)open_device(d, d->name, d->play_only, NULL);
}

static bool stand_in(struct media_device *d, enum media_stand_in_for what)
{
    struct media_stand_in in;

    if (!media_stand_in_get(d->name, d->unattended, what, &in))
        return false;
    d->stood_in = open_device(d, in.name, false, NULL) == 0;
    if (d->stood_in) {
        d->stood_in_for = what;
        snprintf(d->why, sizeof d->why, "%s", in.why);
    }
    media_stand_in_free(&in);
    return d->stood_in;
}

/* Where a card that was named is not there, as it is unplugged, the system's stands in for it until
 * it is back. What rings is not, as there may be others that do. Where nobody is, it plays only:
 * no room is to be heard that nobody named. */
static void open_or_stand_in(struct media_device *d)
{
    enum media_stand_in_for what = 0;

    d->err = open_device(d, d->name, d->play_only, d->why);
    if (!d->err || d->play_only)
        return;
    audio_device_cards(&d->cards);
    while (what < STAND_INS && !stand_in(d, what))
        what++;
}

static bool runs_soon(const struct media_device *d)
{
    for (int ms = 0; ms < START_MS && !d->give_up && !audio_device_running(d->opened); ms += 10)
        uv_sleep(10);
    return !d->give_up && audio_device_running(d->opened);
}

/* Where the half of it that works is in use, by us: the other half alone. */
static int open_missing(struct media_device *d)
{
    struct media_stand_in in;
    int err;

    if (!media_stand_in_get(d->name, d->unattended, d->stood_in_for, &in))
        return -EBUSY;
    err = in.lacks ? open_device(d, in.lacks, false, NULL) : -EBUSY;
    media_stand_in_free(&in);
    return err;
}

/* While the other one goes on, until the card runs: nothing that is said is missed. */
static void look_in_worker(struct media_device *d)
{
    struct audio_device_cards now;
    bool half, runs;

    d->others = false;
    d->err = open_device(d, d->name, d->play_only, NULL);
    half = d->err == -EBUSY;
    if (half)
        d->err = open_missing(d);
    if (d->err == -ENODEV || d->err == -EINVAL) { /* not listed, or not with all its channels */
        audio_device_cards(&now);
        d->others = audio_device_cards_came(&d->cards, &now);
    }
    if (d->err)
        return;
    runs = runs_soon(d);
    d->others = runs && half; /* all is opened anew then */
    if (runs && !half)
        return;
    audio_device_close(d->opened);
    media_voice_free(d->opened_voice);
    d->opened = NULL;
    d->opened_voice = NULL;
}

void media_device_work(uv_work_t *work)
{
    struct media_device *d = work->data;

    audio_device_close(d->to_close);
    media_voice_free(d->voice_to_close);
    d->to_close = NULL;
    d->voice_to_close = NULL;
    d->stood_in = false;
    switch (d->job) {
    case OPEN:
        open_or_stand_in(d);
        break;
    case SWITCH:
        switch_in_worker(d);
        break;
    case LOOK:
        look_in_worker(d);
        break;
    case CLOSE:
    case IDLE:
        break;
    }
}
