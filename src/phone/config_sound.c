/* Settings of how calls sound, beside the list of codecs: of phone, account and call. */
#include <errno.h>

#include "phone/config_private.h"

static int take_ptime(const struct config_kind *kind, struct slice value, void *member,
                      struct config_fault *fault)
{
    uint64_t ms;

    (void)kind;
    if (slice_number(value, 120, &ms) != 0 || ms < 10 || ms % 10 != 0)
        return config_wrong(fault, value, value.p,
                            "not the time of a packet: it is a multiple of 10 from 10 to 120 (ms)");
    *(uint8_t *)member = (uint8_t)ms;
    return 0;
}

static int take_bitrate(const struct config_kind *kind, struct slice value, void *member,
                        struct config_fault *fault)
{
    uint64_t bits;

    (void)kind;
    if (slice_number(value, 510000, &bits) != 0 || bits < 6000)
        return config_wrong(fault, value, value.p,
                            "not a bit rate of Opus: it is a number from 6000 to 510000");
    *(uint32_t *)member = (uint32_t)bits;
    return 0;
}

static int take_rate(const struct config_kind *kind, struct slice value, void *member,
                     struct config_fault *fault)
{
    static const uint32_t rates[] = {8000, 12000, 16000, 24000, 48000};
    uint64_t hz = 0;

    (void)kind;
    if (slice_number(value, 48000, &hz) == 0)
        for (size_t i = 0; i < ARRAY_LEN(rates); i++)
            if (rates[i] == hz) {
                *(uint32_t *)member = (uint32_t)hz;
                return 0;
            }
    return config_wrong(fault, value, value.p,
                        "not a rate of Opus: it is 8000, 12000, 16000, 24000 or 48000");
}

static int take_complexity(const struct config_kind *kind, struct slice value, void *member,
                           struct config_fault *fault)
{
    uint64_t n;

    (void)kind;
    if (slice_number(value, 10, &n) != 0 || n < 1)
        return config_wrong(fault, value, value.p,
                            "not a complexity of Opus: it is a number from 1 to 10");
    *(uint8_t *)member = (uint8_t)n;
    return 0;
}

static int take_jitter_max(const struct config_kind *kind, struct slice value, void *member,
                           struct config_fault *fault)
{
    uint64_t ms;

    (void)kind;
    if (slice_number(value, 500, &ms) != 0 || ms < 10)
        return config_wrong(fault, value, value.p,
                            "not how long to wait for sound: it is a number from 10 to 500 (ms)");
    *(uint16_t *)member = (uint16_t)ms;
    return 0;
}

const struct config_kind config_ptime = {.read = take_ptime};
const struct config_kind config_dtx = {CONFIG_WORDS(CONFIG_DTX_ASKED, "asked", "yes", "no")};
const struct config_kind config_opus_bitrate = {.read = take_bitrate};
const struct config_kind config_opus_rate = {.read = take_rate};
const struct config_kind config_opus_cbr = {CONFIG_WORDS(CONFIG_CBR_NO, "no", "yes")};
const struct config_kind config_opus_stereo = {CONFIG_WORDS(CONFIG_STEREO_NO, "no", "yes")};
const struct config_kind config_opus_complexity = {.read = take_complexity};
const struct config_kind config_jitter_max = {.read = take_jitter_max};

/* --- of one call ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t member;
    const struct config_kind *kind;
} settings[] = {
#define SETTING(name, values, help, standard, what, kind)                                          \
    {name, offsetof(struct config_sound, what), &(kind)},
    CONFIG_SOUND_SETTINGS(SETTING)
#undef SETTING
};

static int refuse_setting(struct slice all, struct slice name, struct config_fault *fault)
{
    config_wrong(fault, all, name.p, "no setting of one call; there are ");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        buf_printf(&fault->text, "%s%s", i ? ", " : "", settings[i].name);
    return -EINVAL;
}

/* One "NAME=VALUE" of all. */
static int read_setting(struct slice all, struct slice name, struct slice value,
                        struct config_sound *out, struct config_fault *fault)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        int err;

        if (!slice_eq(name, slice_of(settings[i].name)))
            continue;
        if (!value.p)
            return config_wrong(fault, all, name.p, "an equals sign and a value are missing");
        buf_printf(&fault->text, "%s: ", settings[i].name);
        err = settings[i].kind->read(settings[i].kind, value, (char *)out + settings[i].member,
                                     fault);
        if (err)
            fault->at += (size_t)(value.p - all.p);
        else
            buf_clear(&fault->text);
        return err;
    }
    return refuse_setting(all, name, fault);
}

int config_sound_read(struct slice list, struct config_sound *out, struct config_fault *fault)
{
    struct config_sound read = {0};
    struct slice rest = list;

    while (rest.p) {
        struct slice value = slice_trim(slice_cut(&rest, ','));
        struct slice name = slice_trim(slice_cut(&value, '='));
        int err = read_setting(list, name, slice_trim(value), &read, fault);

        if (err)
            return err;
    }
    *out = read;
    return 0;
}

void config_sound_put_over(struct config_sound *out, const struct config_sound *said)
{
#define PUT_OVER(name, values, help, standard, what, kind)                                         \
    out->what = said->what ? said->what : out->what;
    CONFIG_SOUND_SETTINGS(PUT_OVER)
#undef PUT_OVER
}
