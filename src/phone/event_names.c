#include "phone/event_names.h"

/* A kind of event that tells of two things has two names: told with on, and without. */
static const struct {
    enum phone_event_kind kind;
    bool two, on;
    const char *name;
} names[] = {
    /* clang-format off */
    {PHONE_LISTENING,       false, false, "listening"},
    {PHONE_REGISTERED,      false, false, "registered"},
    {PHONE_REGISTER_FAILED, false, false, "registration-failed"},
    {PHONE_UNREGISTERED,    false, false, "unregistered"},
    {PHONE_INCOMING,        false, false, "incoming"},
    {PHONE_TURNED_AWAY,     false, false, "turned-away"},
    {PHONE_CALLING,         false, false, "calling"},
    {PHONE_RINGING,         false, false, "ringing"},
    {PHONE_EARLY,           false, false, "early-media"},
    {PHONE_ANSWERED,        false, false, "answered"},
    {PHONE_MEDIA,           false, false, "media"},
    {PHONE_MEDIA_MOVED,     false, false, "media-moved"},
    {PHONE_MOVED,           false, false, "moved"},
    {PHONE_HELD,            false, false, "held"},
    {PHONE_RESUMED,         false, false, "resumed"},
    {PHONE_ON_HOLD,         true,  true,  "on-hold"},
    {PHONE_ON_HOLD,         true,  false, "off-hold"},
    {PHONE_DIGIT,           false, false, "dtmf"},
    {PHONE_DIGITS_SENT,     false, false, "dtmf-sent"},
    {PHONE_MUTED,           true,  true,  "muted"},
    {PHONE_MUTED,           true,  false, "unmuted"},
    {PHONE_PLAYING,         false, false, "playing"},
    {PHONE_PLAY_ENDED,      false, false, "play-ended"},
    {PHONE_RECORDING,       true,  true,  "recording"},
    {PHONE_RECORDING,       true,  false, "recording-ended"},
    {PHONE_SOUND_FAILED,    false, false, "sound-failed"},
    {PHONE_JOINED,          false, false, "joined"},
    {PHONE_PARTED,          false, false, "parted"},
    {PHONE_QUALITY,         false, false, "quality"},
    {PHONE_TRANSFER_ASKED,    false, false, "transfer-asked"},
    {PHONE_TRANSFER_FOLLOWED, false, false, "transfer-followed"},
    {PHONE_TRANSFER_REFUSED,  false, false, "transfer-refused"},
    {PHONE_ENDED,           false, false, "ended"},
    {PHONE_LEVELS,          false, false, "levels"},
    {PHONE_DEVICE_IN_USE,   false, false, "device"},
    {PHONE_TESTED,          false, false, "test"},
    {PHONE_TEST_ENDED,      false, false, "test-ended"},
    {PHONE_DND_SET,         true,  true,  "dnd-on"},
    {PHONE_DND_SET,         true,  false, "dnd-off"},
    {PHONE_VOLUMES,         false, false, "volume"},
    {PHONE_VOICE_SET,       false, false, "voice"},
    {PHONE_DEVICE_LIST,     false, false, "devices"},
    {PHONE_CONTACTS_CHANGED, false, false, "contacts-changed"},
    {PHONE_PASSWORD_WANTED, false, false, "password-wanted"},
    {PHONE_NOTICE,          false, false, "notice"},
    {PHONE_WAITING,         false, false, "waiting"},
    {PHONE_HOOK_FAILED,     false, false, "hook-failed"},
    {PHONE_MESSAGE,         false, false, "sip"},
    /* clang-format on */
};

_Static_assert(ARRAY_LEN(names) < 64, "a set of names fits in one number");

int event_name_place(const struct phone_event *event)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].kind == event->kind && (!names[i].two || names[i].on == event->on))
            return (int)i;
    return -1;
}

const char *event_name(const struct phone_event *event)
{
    int place = event_name_place(event);

    return place < 0 ? NULL : names[place].name;
}

const char *event_name_at(size_t place)
{
    return place < ARRAY_LEN(names) ? names[place].name : NULL;
}
