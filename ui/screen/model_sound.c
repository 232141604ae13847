/* The sound device in the model: which there are, which is used, how loud it is, its test. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "ui/screen/model_private.h"

/* --- begin and end -------------------------------------------------------------------------- */

static void clear_devices(struct model *m)
{
    for (size_t i = 0; i < m->n_devices; i++) {
        free(m->devices[i].name);
        free(m->devices[i].host_api);
    }
    free(m->devices);
    m->devices = NULL;
    m->n_devices = 0;
    model_set(&m->devices_text, "");
}

void model_begin_sound(struct model *m)
{
    model_set(&m->devices_text, "");
    model_set(&m->sound.device, "");
    model_set(&m->sound.doing, "");
    model_set(&m->sound.text, "");
}

static void clear_rings(struct model_sound *sound)
{
    for (size_t i = 0; i < sound->n_rings; i++)
        free(sound->rings[i]);
    free(sound->rings);
    sound->rings = NULL;
    sound->n_rings = 0;
}

void model_clear_sound(struct model *m)
{
    clear_devices(m);
    clear_rings(&m->sound);
    free(m->devices_text);
    free(m->sound.device);
    free(m->sound.doing);
    free(m->sound.text);
}

/* --- events --------------------------------------------------------------------------------- */

static void take_devices(struct model *m, const json_t *tree)
{
    const json_t *list = json_object_get(tree, "devices");

    clear_devices(m);
    model_set(&m->devices_text, ctl_text(tree, "text"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        struct model_device *d;

        m->devices = model_grow(m->devices, m->n_devices, sizeof *m->devices);
        d = &m->devices[m->n_devices++];
        model_set(&d->name, ctl_text(row, "name"));
        model_set(&d->host_api, ctl_text(row, "host_api"));
        d->inputs = model_unsigned(row, "inputs");
        d->outputs = model_unsigned(row, "outputs");
        d->rate = model_unsigned(row, "rate");
        d->is_default = json_is_true(json_object_get(row, "default"));
    }
}

/* Once without both it says that the device has been closed; one that only plays has no level of a
 * microphone. */
static void take_levels(struct model_sound *sound, const json_t *tree)
{
    const json_t *in = json_object_get(tree, "microphone_dbfs");
    const json_t *out = json_object_get(tree, "speaker_dbfs");
    uint64_t at = sound->n_tenths % MODEL_TENTHS_MAX;

    sound->is_open = in || out;
    if (!sound->is_open)
        return;
    sound->microphone[at] = json_is_number(in) ? (float)json_number_value(in) : NAN;
    sound->speaker[at] = json_is_number(out) ? (float)json_number_value(out) : NAN;
    sound->n_tenths++;
}

static void take_device(struct model_sound *sound, const json_t *tree)
{
    model_set(&sound->device, ctl_text(tree, "device"));
    model_set(&sound->text, ctl_text(tree, "text"));
}

unsigned model_take_sound(struct model *m, const struct ctl_line *line)
{
    struct model_sound *sound = &m->sound;

    switch (line->event.kind) {
    case PHONE_DEVICE_LIST:
        take_devices(m, line->tree);
        break;
    case PHONE_DEVICE_IN_USE:
        take_device(sound, line->tree);
        break;
    case PHONE_LEVELS:
        take_levels(sound, line->tree);
        break;
    case PHONE_TESTED:
        model_set(&sound->doing, ctl_text(line->tree, "doing"));
        model_set(&sound->text, "");
        break;
    case PHONE_TEST_ENDED:
        model_set(&sound->doing, "");
        model_set(&sound->text, ctl_text(line->tree, "text"));
        break;
    default:
        return 0;
    }
    return MODEL_CHANGED;
}

void model_take_sound_state(struct model *m, const void *tree)
{
    const json_t *list = json_object_get(tree, "ring_devices");
    struct model_sound *sound = &m->sound;

    model_set(&sound->device, ctl_text(tree, "device"));
    clear_rings(sound);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));

        sound->rings = model_grow(sound->rings, sound->n_rings, sizeof *sound->rings);
        model_set(&sound->rings[sound->n_rings++], name);
    }
}

/* --- questions ------------------------------------------------------------------------------ */

bool model_rings(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->sound.n_rings; i++)
        if (strcmp(m->sound.rings[i], name) == 0)
            return true;
    return false;
}
