/* What is done with the sound devices. */
#include <stdlib.h>
#include <string.h>

#include "phone/config_keep.h"
#include "phone/phone.h"
#include "ui/json.h"
#include "ui/screen/commands.h"
#include "ui/screen/devices.h"
#include "ui/screen/screen_helper.h"

/* The one that is named, or the chosen row where they are listed; NULL: neither. */
static char *which(const struct screen *s, struct slice argument)
{
    if (argument.n == 0 && screen_view(s) == &view_devices)
        argument = slice_of(devices_name(s, screen_chosen(s, &view_devices)));
    return argument.n > 0 ? slice_dup(argument) : NULL;
}

static void use(struct screen *s, struct slice argument)
{
    char *name = which(s, argument);

    if (name)
        screen_ask_text(s, "device", "name", slice_of(name), 0);
    else
        screen_say(s, STYLE_BAD, "device: the name of one, default or none");
    if (name && screen_view(s) == &view_devices)
        devices_listen(s);
    free(name);
}

/* Only the state tells which ring. */
static void ring(struct screen *s, struct slice argument)
{
    char *name = which(s, argument);

    if (name) {
        screen_ask_text(s, "device", "ring", slice_of(name), 0);
        screen_ask(s, ASK_STATUS, "status", "%s", "");
    } else {
        screen_say(s, STYLE_BAD, "ring: the name of a device, default or none");
    }
    free(name);
}

static bool may_keep(const struct screen *s)
{
    return s->settings && s->model->connected;
}

/* What rings: "none" where nothing does; nothing said where the device in use does. */
static void keep(struct screen *s, struct slice argument)
{
    const struct model_sound *sound = &s->model->sound;
    static const char *const none[] = {"none"};
    const char *device = sound->device;
    struct config_kept kept[2] = {
        {"device", &device, 1},
        {"ring-device", (const char *const *)(uintptr_t)sound->rings, sound->n_rings}};
    bool silent = sound->n_rings == 0 && !phone_device_plays(device); /* whatever is said of it */
    struct buf why = buf_new(8192);

    (void)argument;
    if (sound->n_rings == 0)
        kept[1] = (struct config_kept){"ring-device", none, 1};
    else if (sound->n_rings == 1 && strcmp(sound->rings[0], device) == 0)
        kept[1].n = 0;
    if (screen_helper_keep(s->helper, s->settings, kept, silent ? 1 : 2, &why) != 0)
        screen_say(s, STYLE_BAD, "%s", buf_cstr(&why));
    else
        screen_say(s, STYLE_GOOD, "the devices are kept in %s", s->settings);
    buf_free(&why);
}

static bool is_idle(const struct screen *s)
{
    return !model_call_in(s->model, PHONE_PHASE_UP);
}

static void test(struct screen *s, struct slice argument)
{
    char *what = slice_dup(argument);

    if (what)
        screen_ask_text(s, "test", "what", slice_of(what), 0);
    free(what);
}

/* The mode that follows this one. */
static enum phone_voice next_of(enum phone_voice now)
{
    switch (now) {
    case PHONE_VOICE_ON:
        return PHONE_VOICE_OFF;
    case PHONE_VOICE_OFF:
        return PHONE_VOICE_AUTO;
    case PHONE_VOICE_AUTO:
    case PHONE_VOICE_UNSAID:
        break;
    }
    return PHONE_VOICE_ON;
}

/* "echo off" and its like; "echo" alone goes on to the next. */
static void voice(struct screen *s, struct slice argument)
{
    const struct model_sound *sound = &s->model->sound;
    const struct {
        const char *name;
        enum phone_voice now;
    } parts[] = {{"echo", sound->echo}, {"noise", sound->noise}, {"level", sound->level}};
    struct slice part = slice_cut(&argument, ' '), mode = slice_trim(argument);
    char *word = slice_dup(mode);

    for (size_t i = 0; word && i < ARRAY_LEN(parts); i++) {
        const char *to = mode.n > 0 ? word : json_voice(next_of(parts[i].now));

        if (!slice_eq(part, slice_of(parts[i].name)) || json_voice_of(to) == PHONE_VOICE_UNSAID)
            continue;
        screen_ask_text(s, "voice", parts[i].name, slice_of(to), 0);
        screen_say(s, STYLE_DIM, "%s %s", parts[i].name, to);
        free(word);
        return;
    }
    free(word);
    screen_say(s, STYLE_BAD, "voice: echo, noise or level, and then auto, on or off");
}

/* clang-format off */
const struct command commands_of_devices[] = {
    {.name = "device", .argument = ARGUMENT_DEVICE, .value = "NAME", .run = use,
     .help = "use this sound device from now on, or none"},
    {.name = "test", .argument = ARGUMENT_TEXT, .must = true, .value = "WHAT", .label = "test",
     .can = is_idle, .needs = "the telephone without calls", .run = test,
     .help = "try the sound device: tone, record, open (its levels), off"},
    {.name = "voice", .argument = ARGUMENT_TEXT, .must = true, .value = "PART MODE", .run = voice,
     .help = "what is done to the microphone's echo, noise, level: auto, on, off"},
    {.name = "keep", .label = "keep", .can = may_keep, .run = keep,
     .help = "write the sound devices that are used and ring into tphone.conf"},
    {.name = "ring", .argument = ARGUMENT_DEVICE, .value = "NAME", .label = "ring", .run = ring,
     .help = "calls that come in ring on this device, or none"},
    {0},
};
/* clang-format on */
