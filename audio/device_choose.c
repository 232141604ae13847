#include "audio/device_choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

enum direction { CAPTURES, PLAYS };

static const char *const what[] = {[CAPTURES] = "microphone", [PLAYS] = "loudspeaker"};

static bool contains(struct slice text, struct slice part)
{
    for (; text.n >= part.n && part.n > 0; text = slice_skip(text, 1))
        if (slice_istarts(text, part))
            return true;
    return false;
}

static bool has(const struct portaudio *pa, PaDeviceIndex i, enum direction direction)
{
    const PaDeviceInfo *info = pa->GetDeviceInfo(i);

    return (direction == CAPTURES ? info->maxInputChannels : info->maxOutputChannels) > 0;
}

static PaDeviceIndex default_of(const struct portaudio *pa, enum direction direction)
{
    return direction == CAPTURES ? pa->GetDefaultInputDevice() : pa->GetDefaultOutputDevice();
}

/* The first of that name, or with that in its name, that has all directions that are needed. */
static PaDeviceIndex find(const struct portaudio *pa, struct slice name, bool whole, bool captures,
                          bool plays)
{
    PaDeviceIndex n = pa->GetDeviceCount();

    for (PaDeviceIndex i = 0; i < n; i++) {
        struct slice here = slice_of(pa->GetDeviceInfo(i)->name);

        if ((whole ? slice_ieq(here, name) : contains(here, name)) &&
            (!captures || has(pa, i, CAPTURES)) && (!plays || has(pa, i, PLAYS)))
            return i;
    }
    return paNoDevice;
}

/* A whole name goes first, and of either kind one that has all directions that are wanted. */
static PaDeviceIndex find_named(const struct portaudio *pa, struct slice name, bool captures)
{
    PaDeviceIndex i = find(pa, name, true, captures, true);

    if (i == paNoDevice)
        i = find(pa, name, true, false, false);
    if (i == paNoDevice)
        i = find(pa, name, false, captures, true);
    if (i == paNoDevice)
        i = find(pa, name, false, true, false);
    if (i == paNoDevice)
        i = find(pa, name, false, false, true);
    return i;
}

static int refuse(char why[AUDIO_WHY_MAX], const char *kind, struct slice name)
{
    if (why)
        snprintf(why, AUDIO_WHY_MAX, "there is no %s named %.*s: see tphone devices", kind,
                 (int)name.n, name.p);
    return -ENODEV;
}

/* --- a microphone and a loudspeaker, each by a name --------------------------------------- */

static int choose_one(const struct portaudio *pa, struct slice name, enum direction direction,
                      PaDeviceIndex *i, bool *used, char why[AUDIO_WHY_MAX])
{
    if (slice_ieq(name, SLICE("none")))
        *used = false;
    if (!*used)
        return 0;
    if (slice_ieq(name, SLICE("default"))) {
        *i = default_of(pa, direction);
        *used = *i != paNoDevice;
        return 0;
    }
    *i = find(pa, name, true, direction == CAPTURES, direction == PLAYS);
    if (*i == paNoDevice)
        *i = find(pa, name, false, direction == CAPTURES, direction == PLAYS);
    return *i != paNoDevice ? 0 : refuse(why, what[direction], name);
}

static int choose_two(const struct portaudio *pa, struct slice in, struct slice out,
                      struct device_choice *c, char why[AUDIO_WHY_MAX])
{
    int err = choose_one(pa, in, CAPTURES, &c->in, &c->has_input, why);

    return err ? err : choose_one(pa, out, PLAYS, &c->out, &c->has_output, why);
}

/* --- one name for both -------------------------------------------------------------------- */

/* A card that is a device for each direction has two whose names a part may fit; who gave the whole
 * name of one means no other. */
static PaDeviceIndex find_other(const struct portaudio *pa, struct slice name, PaDeviceIndex i,
                                enum direction direction)
{
    bool whole = slice_ieq(slice_of(pa->GetDeviceInfo(i)->name), name);

    return find(pa, name, whole, direction == CAPTURES, direction == PLAYS);
}

/* The direction that who was named does not have is another's. */
static void lend(const struct portaudio *pa, struct slice name, enum direction direction,
                 bool forbidden, PaDeviceIndex *i, bool *used, char note[AUDIO_WHY_MAX])
{
    PaDeviceIndex other;

    if (!*used || has(pa, *i, direction))
        return;
    other = find_other(pa, name, *i, direction);
    if (other != paNoDevice) {
        *i = other;
        return;
    }
    *i = forbidden ? paNoDevice : default_of(pa, direction);
    *used = *i != paNoDevice;
    if (*used)
        snprintf(note, AUDIO_WHY_MAX, "%.*s has no %s: the system's default, %s, is used for that",
                 (int)name.n, name.p, what[direction], pa->GetDeviceInfo(*i)->name);
    else
        snprintf(note, AUDIO_WHY_MAX, "%.*s has no %s, and no other is used", (int)name.n, name.p,
                 what[direction]);
}

static int choose_named(const struct portaudio *pa, const struct audio_device_config *config,
                        struct device_choice *c, char why[AUDIO_WHY_MAX])
{
    struct slice name = slice_of(config->name);

    c->in = c->out = find_named(pa, name, c->has_input);
    if (c->in == paNoDevice)
        return refuse(why, "sound device", name);
    lend(pa, name, CAPTURES, config->named_microphone, &c->in, &c->has_input, c->note);
    lend(pa, name, PLAYS, false, &c->out, &c->has_output, c->note);
    return 0;
}

/* A default that lacks one direction is used for the other alone. */
static int choose_default(const struct portaudio *pa, struct device_choice *c)
{
    c->in = default_of(pa, CAPTURES);
    c->out = default_of(pa, PLAYS);
    c->has_input = c->has_input && c->in != paNoDevice;
    c->has_output = c->has_output && c->out != paNoDevice;
    return 0;
}

/* Neither direction of what is wanted is there, which may be one alone. */
static int refuse_all(const struct audio_device_config *config, const char *name,
                      char why[AUDIO_WHY_MAX])
{
    if (why)
        snprintf(why, AUDIO_WHY_MAX, "%.*s has no %s", AUDIO_WHY_MAX / 2,
                 strcmp(name, "default") == 0 ? "this machine" : name,
                 config->no_capture ? what[PLAYS] : "sound device");
    return -ENODEV;
}

int device_choose(const struct portaudio *pa, const struct audio_device_config *config,
                  struct device_choice *out, char why[AUDIO_WHY_MAX])
{
    const char *name = config->name ? config->name : "default";
    struct slice microphone, loudspeaker;
    int err;

    *out = (struct device_choice){
        .in = paNoDevice, .out = paNoDevice, .has_input = !config->no_capture, .has_output = true};
    if (audio_device_halves(name, &microphone, &loudspeaker))
        err = choose_two(pa, microphone, loudspeaker, out, why);
    else if (strcmp(name, "default") == 0)
        err = choose_default(pa, out);
    else
        err = choose_named(pa, config, out, why);
    if (err || out->has_input || out->has_output)
        return err;
    return refuse_all(config, name, why);
}
