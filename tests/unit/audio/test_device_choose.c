/* Which card is used for what, with cards made of nothing: a webcam that only hears, a television
 * that only plays. */
#include "audio/device.h"

#include "tests/lib/air.h"
#include "tests/lib/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LOUD = 3000 };

static const struct row {
    const char *name, *wanted;
    const char *hears, *plays; /* the card that is open for that; NULL: none */
    const char *called;
    const char *note;                /* part of it; NULL: there is none */
    enum { THERE, AWAY, RINGS } who; /* that wants it: a person, nobody, a call that comes in */
    int err;
} rows[] = {
    /* clang-format off */
    {"the system's", "default", "desk", "desk", "desk", NULL, THERE, 0},
    {"a card that only hears", "webcam", "webcam", "desk", "webcam | desk",
     "webcam has no loudspeaker: the system's default, desk,", THERE, 0},
    {"a card that only plays", "HDMI tv", "desk", "hdmi tv", "desk | hdmi tv",
     "HDMI tv has no microphone: the system's default, desk,", THERE, 0},
    {"a part of its name", "hdmi", "desk", "hdmi tv", "desk | hdmi tv", "hdmi has no microphone",
     THERE, 0},
    {"no microphone that nobody named", "hdmi tv", NULL, "hdmi tv", "hdmi tv",
     "no microphone, and no other", AWAY, 0},
    {"a part of two names", "US", "usb mic", "usb", "usb mic | usb", NULL, AWAY, 0},
    {"a name that is a part of another's", "usb", "desk", "usb", "desk | usb",
     "usb has no microphone", THERE, 0},
    {"two cards", "webcam | hdmi tv", "webcam", "hdmi tv", "webcam | hdmi tv", NULL, THERE, 0},
    {"parts of their names", "CAM | tv", "webcam", "hdmi tv", "webcam | hdmi tv", NULL, THERE, 0},
    {"another and the system's", "webcam | default", "webcam", "desk", "webcam | desk", NULL,
     THERE, 0},
    {"the system's and another", "default | hdmi tv", "desk", "hdmi tv", "desk | hdmi tv", NULL,
     AWAY, 0},
    {"one card twice", "desk | desk", "desk", "desk", "desk", NULL, THERE, 0},
    {"a loudspeaker alone", "none | desk", NULL, "desk", "desk", NULL, THERE, 0},
    {"a microphone alone", "webcam | none", "webcam", NULL, "webcam", NULL, THERE, 0},
    {"a microphone that has none", "hdmi tv | desk", NULL, NULL, NULL,
     "no microphone named hdmi tv", THERE, -ENODEV},
    {"a loudspeaker that is not there", "desk | ear", NULL, NULL, NULL,
     "no loudspeaker named ear", THERE, -ENODEV},
    {"neither", "none | none", NULL, NULL, NULL, "no sound device", THERE, -ENODEV},
    {"nobody of that name", "ear", NULL, NULL, NULL, "no sound device named ear", THERE, -ENODEV},
    {"a ring", "hdmi tv", NULL, "hdmi tv", "hdmi tv", NULL, RINGS, 0},
    {"a ring by two cards", "webcam | hdmi tv", NULL, "hdmi tv", "hdmi tv", NULL, RINGS, 0},
    {"a ring by a part of two names", "US", NULL, "usb", "usb", NULL, RINGS, 0},
    {"a ring by a card that only hears", "webcam", NULL, "desk", "desk",
     "webcam has no loudspeaker: the system's default, desk,", RINGS, 0},
    {"a ring by a part of its name", "cam", NULL, "desk", "desk",
     "cam has no loudspeaker: the system's default, desk,", RINGS, 0},
    {"a ring by a microphone alone", "webcam | none", NULL, NULL, NULL,
     "webcam | none has no loudspeaker", RINGS, -ENODEV},
    /* clang-format on */
};

static void check_open(const char *card, const struct row *row)
{
    assert_int_equal(air_captures(card), row->hears && strcmp(card, row->hears) == 0);
    assert_int_equal(air_plays(card), row->plays && strcmp(card, row->plays) == 0);
}

/* What the one hears comes out of the device; what goes in is played by the other. */
static void check_sound(struct audio_device *d, const struct row *row)
{
    int16_t said[AIR_FRAME], heard[AIR_FRAME] = {0}, got[AIR_FRAME] = {0};
    size_t n = 0;

    for (size_t i = 0; i < AIR_FRAME; i++)
        said[i] = LOUD;
    for (unsigned round = 0; round < 10; round++) {
        if (row->hears)
            air_run(row->hears, said, heard, false);
        if (row->plays && (!row->hears || strcmp(row->hears, row->plays) != 0))
            air_run(row->plays, said, heard, false);
        n += audio_device_read(d, got, AIR_FRAME);
        audio_device_write(d, said, AIR_FRAME);
    }
    assert_int_equal(n > 0, row->hears != NULL);
    assert_int_equal(got[0], row->hears ? LOUD : 0);
    if (row->plays)
        assert_int_equal(heard[0], LOUD);
}

static void the_named_are_used(void **state)
{
    const struct row *row = *state;
    struct audio_device_config config = {
        .name = row->wanted, .no_capture = row->who == RINGS, .named_microphone = row->who == AWAY};
    char why[AUDIO_WHY_MAX] = "";
    struct audio_device *d = NULL;

    air_plug("desk");
    air_plug("webcam");
    air_set_directions("webcam", true, false);
    air_plug("hdmi tv");
    air_set_directions("hdmi tv", false, true);
    air_plug("usb mic"); /* one card, of which each direction is a device of its own */
    air_set_directions("usb mic", true, false);
    air_plug("usb");
    air_set_directions("usb", false, true);
    assert_int_equal(audio_device_open(&config, &d, why), row->err);
    if (d) {
        check_open("desk", row);
        check_open("webcam", row);
        check_open("hdmi tv", row);
        check_open("usb mic", row);
        check_open("usb", row);
        assert_string_equal(audio_device_name(d), row->called);
        snprintf(why, sizeof why, "%s", audio_device_note(d));
        check_sound(d, row);
    }
    if (row->note)
        assert_non_null(strstr(why, row->note));
    else
        assert_string_equal(why, "");
    audio_device_close(d);
    air_clear();
}

static void refuses(const char *name, bool no_capture, const char *wanted)
{
    struct audio_device_config config = {.name = name, .no_capture = no_capture};
    char why[AUDIO_WHY_MAX] = "";
    struct audio_device *d;

    assert_int_equal(audio_device_open(&config, &d, why), -ENODEV);
    assert_string_equal(why, wanted);
}

static void nothing_plays(void **state)
{
    (void)state;
    refuses("default", false, "this machine has no sound device");
    air_plug("webcam");
    air_set_directions("webcam", true, false);
    refuses("default", true, "this machine has no loudspeaker");
    refuses("webcam", true, "webcam has no loudspeaker");
    air_clear();
}

int main(void)
{
    const struct CMUnitTest others[] = {cmocka_unit_test(nothing_plays)};
    int failed = RUN_ROWS("audio/device, which", rows, the_named_are_used);

    return failed + cmocka_run_group_tests_name("audio/device, none", others, NULL, NULL);
}
