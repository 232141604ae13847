/* The sound devices beside calls: which one is used, what rings on which, a test, levels. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/device.h"
#include "phone/phone_private.h"

int phone_open_desk(struct phone *phone)
{
    const struct phone_config *config = phone->config;
    const char *device = config->device ? config->device : "default";
    int err = phone_set_text(&phone->device, config->no_device ? NULL : device);

    for (size_t i = 0; i < config->n_ring_devices && !err; i++) {
        err = phone_set_text(&phone->rings[i], config->ring_devices[i]);
        phone->n_rings += !err;
    }
    phone->never_rings = config->never_rings;
    return err;
}

static void clear_rings(struct phone *phone)
{
    while (phone->n_rings > 0) {
        free(phone->rings[--phone->n_rings]);
        phone->rings[phone->n_rings] = NULL;
    }
}

void phone_close_desk(struct phone *phone)
{
    clear_rings(phone);
    free(phone->device);
    free(phone->device_wanted);
}

const char *phone_device_name(const struct phone *phone)
{
    return phone->device ? phone->device : "none";
}

bool phone_device_plays(const char *name)
{
    struct slice microphone, loudspeaker = slice_of(name);

    (void)audio_device_halves(name, &microphone, &loudspeaker);
    return !slice_ieq(loudspeaker, SLICE("none"));
}

const char *phone_ring_device(const struct phone *phone, size_t i)
{
    if (phone->never_rings)
        return NULL;
    if (phone->n_rings == 0)
        return i == 0 && phone->device && phone_device_plays(phone->device) ? phone->device : NULL;
    return i < phone->n_rings ? phone->rings[i] : NULL;
}

void phone_levels(struct phone *phone, bool on)
{
    media_levels(phone->media, on);
}

/* --- echo, noise and level ------------------------------------------------------------------- */

static enum voice_mode mode_of(enum phone_voice voice)
{
    return voice == PHONE_VOICE_ON ? VOICE_ON : voice == PHONE_VOICE_OFF ? VOICE_OFF : VOICE_AUTO;
}

void phone_set_voice(struct phone *phone, enum phone_voice echo, enum phone_voice noise,
                     enum phone_voice level)
{
    const enum phone_voice said[VOICE_PARTS] = {
        [VOICE_ECHO] = echo, [VOICE_NOISE] = noise, [VOICE_LEVEL] = level};
    struct media_voice_modes modes;

    for (size_t i = 0; i < VOICE_PARTS; i++) {
        if (said[i] != PHONE_VOICE_UNSAID)
            phone->voice[i] = said[i];
        else if (phone->voice[i] == PHONE_VOICE_UNSAID)
            phone->voice[i] = PHONE_VOICE_AUTO;
        modes.of[i] = mode_of(phone->voice[i]);
    }
    media_voice(phone->media, &modes);
}

void phone_voice(const struct phone *phone, enum phone_voice *echo, enum phone_voice *noise,
                 enum phone_voice *level)
{
    *echo = phone->voice[VOICE_ECHO];
    *noise = phone->voice[VOICE_NOISE];
    *level = phone->voice[VOICE_LEVEL];
}

void phone_tell_voice(struct phone *phone)
{
    struct phone_event event = {.kind = PHONE_VOICE_SET};

    phone_voice(phone, &event.echo, &event.noise, &event.level);
    phone_tell(phone, &event);
}

/* --- which device --------------------------------------------------------------------------- */

static void tell_device(struct phone *phone, const char *why)
{
    char *name = phone_safe_dup(slice_of(phone_device_name(phone)));
    char *text = phone_safe_dup(slice_of(why));

    phone_tell(phone,
               &(struct phone_event){.kind = PHONE_DEVICE_IN_USE, .device = name, .text = text});
    free(name);
    free(text);
}

static int use_device(struct phone *phone, const char *name, struct buf *why)
{
    int err;

    if (phone->device_wanted)
        return phone_refuse(why, -EBUSY, "another device is being chosen already");
    err = phone_set_text(&phone->device_wanted, name);
    if (!err)
        err = media_device_use(phone->media, strcmp(name, "none") == 0 ? NULL : name);
    if (!err)
        return 0;
    phone_set_text(&phone->device_wanted, NULL);
    return phone_refuse(why, err, "the sound device cannot be chosen now");
}

static int use_ring(struct phone *phone, const char *name, struct buf *why)
{
    char *copy = strdup(name);

    if (!copy)
        return phone_refuse(why, -ENOMEM, "there is no memory for that");
    clear_rings(phone);
    phone->never_rings = strcmp(name, "none") == 0;
    phone->ring_told = false;
    if (phone->never_rings) {
        free(copy);
        return 0;
    }
    phone->rings[0] = copy;
    phone->n_rings = 1;
    return 0;
}

int phone_choose_device(struct phone *phone, const struct phone_command *command, struct buf *why)
{
    int err = command->device ? use_device(phone, command->device, why) : 0;

    if (!err && command->ring_device)
        err = use_ring(phone, command->ring_device, why);
    if (!err && !command->device)
        tell_device(phone, "");
    return err;
}

static void device_chosen(struct phone *phone, const struct media_event *event)
{
    char *wanted = phone->device_wanted;

    phone->device_wanted = NULL;
    if (!event->err && wanted) {
        bool none = strcmp(wanted, "none") == 0;

        free(phone->device);
        phone->device = none ? NULL : wanted;
        wanted = none ? wanted : NULL;
        phone->device_fails = phone->ring_told = false;
    }
    free(wanted);
    tell_device(phone, event->why);
}

static void device_replaced(struct phone *phone, const struct media_event *event)
{
    char *why = phone_safe_dup(slice_of(event->why));
    const char *text = why ? why : "another sound device stands in";

    phone->device_fails = false;
    phone_tell(phone, &(struct phone_event){.kind = PHONE_NOTICE, .text = text});
    free(why);
}

static void device_back(struct phone *phone)
{
    phone->device_fails = false;
    phone_tell(phone, &(struct phone_event){.kind = PHONE_NOTICE,
                                            .text = "the sound device works again"});
}

/* --- the test ------------------------------------------------------------------------------- */

int phone_test(struct phone *phone, const struct phone_command *command, struct buf *why)
{
    static const enum media_test tests[] = {
        [PHONE_TEST_OFF] = MEDIA_TEST_OFF,
        [PHONE_TEST_OPEN] = MEDIA_TEST_OPEN,
        [PHONE_TEST_TONE] = MEDIA_TEST_TONE,
        [PHONE_TEST_RECORD] = MEDIA_TEST_RECORD,
    };
    bool on = command->test != PHONE_TEST_OFF;
    int err;

    if (!on && !phone->testing) {
        phone_tell(phone, &(struct phone_event){.kind = PHONE_TEST_ENDED});
        return 0;
    }
    if (on && !phone->device)
        return phone_refuse(why, -EIO, "there is no sound device to test; choose one");
    if (on && (phone->heard || phone->ringing))
        return phone_refuse(why, -EBUSY, "a call has the sound device");
    err = media_test(phone->media, tests[command->test]);
    if (err)
        return phone_refuse(why, err, "the test cannot be started");
    phone->testing = on;
    return 0;
}

void phone_end_test(struct phone *phone)
{
    if (phone->testing)
        (void)media_test(phone->media, MEDIA_TEST_OFF);
}

static void tested(struct phone *phone, const struct media_event *event)
{
    static const char *const words[] = {
        [MEDIA_TEST_OPEN] = "open",
        [MEDIA_TEST_TONE] = "tone",
        [MEDIA_TEST_RECORD] = "record",
        [MEDIA_TEST_PLAY] = "play",
    };
    char *why = phone_safe_dup(slice_of(event->why));

    phone->testing = event->serial != MEDIA_TEST_OFF;
    if (phone->testing)
        phone_tell(phone,
                   &(struct phone_event){.kind = PHONE_TESTED, .text = words[event->serial]});
    else
        phone_tell(phone, &(struct phone_event){.kind = PHONE_TEST_ENDED, .text = why});
    free(why);
}

/* --- ringing -------------------------------------------------------------------------------- */

/* Who talks already hears of it by a tone in the ear. */
static bool must_ring(const struct phone *phone)
{
    return phone->n_calls_ring > 0 && !phone->heard && !phone->quitting;
}

/* Without memory there is still the event. */
static void start_ring(struct phone *phone)
{
    const char *names[CONFIG_RINGS_MAX];
    size_t n = 0;

    while (n < CONFIG_RINGS_MAX && (names[n] = phone_ring_device(phone, n)))
        n++;
    if (n == 0)
        return;
    phone_end_test(phone);
    (void)media_ring(phone->media, names, n, phone->config->ring_tone);
}

void phone_set_ring(struct phone *phone)
{
    bool rings = must_ring(phone);

    if (rings == phone->ringing)
        return;
    phone->ringing = rings;
    if (!rings)
        media_ring_stop(phone->media);
    else
        start_ring(phone);
}

static void ring_failed(struct phone *phone, const struct media_event *event)
{
    struct buf text = buf_new(2048);
    char *why = phone_safe_dup(slice_of(event->why));

    buf_printf(&text, "it cannot ring as it should: %s", why ? why : "");
    if (!phone->ring_told)
        phone_tell(phone, &(struct phone_event){.kind = PHONE_NOTICE, .text = buf_cstr(&text)});
    phone->ring_told = true;
    free(why);
    buf_free(&text);
}

/* --- what media tells ----------------------------------------------------------------------- */

void phone_desk_event(struct phone *phone, const struct media_event *event)
{
    switch (event->type) {
    case MEDIA_DEVICE_REPLACED:
        device_replaced(phone, event);
        break;
    case MEDIA_DEVICE_BACK:
        device_back(phone);
        break;
    case MEDIA_LEVELS:
        phone_tell(phone, &(struct phone_event){.kind = PHONE_LEVELS,
                                                .microphone_db = event->stats.level_in_db,
                                                .speaker_db = event->stats.level_out_db});
        break;
    case MEDIA_DEVICE_CHOSEN:
        device_chosen(phone, event);
        break;
    case MEDIA_TESTING:
        tested(phone, event);
        break;
    case MEDIA_RING_FAILED:
        ring_failed(phone, event);
        break;
    default:
        break;
    }
}
