/* The commands of clients and their members, and the help that is made of them. */
#include "ui/json_command.h"

#define SOUND (JSON_PLAY | JSON_RECORD | JSON_SIDES | JSON_AUDIO | JSON_DEVICE | JSON_HANGUP_AT_EOF)

/* clang-format off */
static const struct json_verb verbs[] = {
    {.name = "call", .action = JSON_DO, .kind = PHONE_DIAL, .must = JSON_TARGET,
     .may = JSON_ACCOUNT | JSON_DIGITS | JSON_TIED | JSON_ENCRYPTION | JSON_CODECS |
            JSON_DTMF_MODE | JSON_SETTINGS | SOUND,
     .first = JSON_TARGET,
     .help = "call somebody; replied with the call's number"},
    {.name = "answer", .action = JSON_DO_CALL, .kind = PHONE_ANSWER,
     .may = JSON_CALL | JSON_DIGITS | JSON_TIED | SOUND, .first = JSON_CALL,
     .help = "take a call that rings here"},
    {.name = "decline", .action = JSON_DO_CALL, .kind = PHONE_REJECT,
     .may = JSON_CALL | JSON_STATUS, .first = JSON_CALL, .second = JSON_STATUS,
     .help = "refuse a call that rings here"},
    {.name = "hangup", .action = JSON_DO_CALL, .kind = PHONE_HANG_UP, .may = JSON_CALL,
     .first = JSON_CALL, .help = "end a call, whatever its state"},
    {.name = "hold", .action = JSON_DO_CALL, .kind = PHONE_HOLD, .may = JSON_CALL,
     .first = JSON_CALL, .help = "put a call on hold: nobody hears anybody"},
    {.name = "resume", .action = JSON_DO_CALL, .kind = PHONE_RESUME, .may = JSON_CALL,
     .first = JSON_CALL, .help = "go on with a call that is on hold"},
    {.name = "swap", .action = JSON_DO_CALL, .kind = PHONE_SWAP, .may = JSON_CALL,
     .first = JSON_CALL, .help = "hold the call that is heard and resume this one"},
    {.name = "mute", .action = JSON_DO_CALL, .kind = PHONE_MUTE, .on = true, .may = JSON_CALL,
     .first = JSON_CALL, .help = "send silence in place of what is said"},
    {.name = "unmute", .action = JSON_DO_CALL, .kind = PHONE_MUTE, .may = JSON_CALL,
     .first = JSON_CALL, .help = "end that"},
    {.name = "dtmf", .action = JSON_DO_CALL, .kind = PHONE_DIGITS, .must = JSON_DIGITS,
     .may = JSON_CALL, .first = JSON_CALL, .second = JSON_DIGITS, .alone = JSON_DIGITS,
     .help = "send digits"},
    {.name = "play", .action = JSON_DO_CALL, .kind = PHONE_PLAY,
     .may = JSON_CALL | JSON_PLAY_FILE | JSON_AUDIO | JSON_HANGUP_AT_EOF,
     .first = JSON_CALL, .second = JSON_PLAY_FILE, .alone = JSON_PLAY_FILE,
     .help = "play a file to the other side; - is a pipe"},
    {.name = "stop", .action = JSON_DO_CALL, .kind = PHONE_STOP, .may = JSON_CALL,
     .first = JSON_CALL, .help = "stop what is played"},
    {.name = "record", .action = JSON_DO_CALL, .kind = PHONE_RECORD,
     .may = JSON_CALL | JSON_RECORD_FILE | JSON_SIDES | JSON_AUDIO | JSON_ON,
     .first = JSON_CALL, .second = JSON_RECORD_FILE, .alone = JSON_RECORD_FILE,
     .help = "record to a file, - is a pipe; on=no: end that"},
    {.name = "conference", .action = JSON_DO_CONFERENCE, .kind = PHONE_JOIN, .may = JSON_CALLS,
     .first = JSON_CALLS, .help = "let calls hear each other; all that are answered"},
    {.name = "part", .action = JSON_DO, .kind = PHONE_PART, .must = JSON_CALL,
     .first = JSON_CALL, .help = "take a call out of its conference"},
    {.name = "follow", .action = JSON_DO_CALL, .kind = PHONE_FOLLOW, .may = JSON_CALL,
     .first = JSON_CALL, .help = "call whom the other side names instead"},
    {.name = "stay", .action = JSON_DO_CALL, .kind = PHONE_STAY, .may = JSON_CALL,
     .first = JSON_CALL, .help = "do not"},
    {.name = "devices", .action = JSON_DO_DEVICES, .kind = PHONE_DEVICES,
     .help = "list the sound devices: the event devices follows"},
    {.name = "volume", .action = JSON_DO_VOLUME, .kind = PHONE_VOLUME,
     .may = JSON_MICROPHONE_DB | JSON_SPEAKER_DB, /* by name: -6 looks like an option */
     .help = "set volumes of the sound device, or tell them"},
    {.name = "voice", .action = JSON_DO_VOICE, .kind = PHONE_VOICE,
     .may = JSON_ECHO | JSON_NOISE | JSON_LEVEL,
     .help = "set what is done to the microphone, or tell it"},
    {.name = "status", .action = JSON_TELL_STATUS, .may = JSON_CALL, .first = JSON_CALL,
     .help = "tell how calls and accounts are now, or one call"},
    {.name = "accounts", .action = JSON_TELL_ACCOUNTS, .help = "tell the accounts as they are now"},
    {.name = "device", .action = JSON_DO, .kind = PHONE_DEVICE,
     .may = JSON_DEVICE_NAME | JSON_RING_DEVICE, .first = JSON_DEVICE_NAME,
     .help = "use another sound device, or ring on another"},
    {.name = "test", .action = JSON_DO, .kind = PHONE_TEST, .must = JSON_TEST, .first = JSON_TEST,
     .help = "try the sound device without a call"},
    {.name = "levels", .action = JSON_SET_LEVELS, .may = JSON_ON, .first = JSON_ON,
     .help = "whether this client is told levels of sound"},
    {.name = "dnd", .action = JSON_DO, .kind = PHONE_DND, .may = JSON_ON, .first = JSON_ON,
     .help = "do not disturb: refuse calls without ringing"},
    {.name = "contact", .action = JSON_SET_CONTACT, .must = JSON_NAME,
     .may = JSON_ADDRESS | JSON_RENAME | JSON_WAS | JSON_NEW | JSON_ON, .first = JSON_NAME, .second = JSON_ADDRESS,
     .help = "set a contact, rename it, or with on=no remove it"},
    {.name = "history", .action = JSON_TELL_HISTORY, .may = JSON_LIMIT | JSON_MISSED, .first = JSON_LIMIT,
     .help = "list the calls there were, the newest first"},
    {.name = "contacts", .action = JSON_TELL_CONTACTS, .help = "list the names that can be called"},
    {.name = "register", .action = JSON_DO, .kind = PHONE_REGISTER, .may = JSON_ACCOUNT,
     .first = JSON_ACCOUNT, .help = "register an account, also again after a refusal"},
    {.name = "unregister", .action = JSON_DO, .kind = PHONE_UNREGISTER, .may = JSON_ACCOUNT,
     .first = JSON_ACCOUNT, .help = "take the registration of an account back"},
    {.name = "password", .action = JSON_DO, .kind = PHONE_PASSWORD,
     .may = JSON_ACCOUNT | JSON_PASSWORD, .first = JSON_ACCOUNT,
     .help = "answer the event password-wanted"},
    {.name = "events", .action = JSON_SET_EVENTS, .may = JSON_ON | JSON_QUALITY,
     .help = "tell what happens: all, or these alone"},
    {.name = "screen", .action = JSON_SET_SCREEN, .may = JSON_ON | JSON_STAY, .first = JSON_ON,
     .help = "whether a person looks at this client"},
    {.name = "trace", .action = JSON_SET_TRACE, .may = JSON_ON, .first = JSON_ON,
     .help = "whether this client is told messages of SIP"},
    {.name = "quit", .action = JSON_QUIT, .kind = PHONE_QUIT,
     .help = "end all calls and registrations, and the phone"},
    {.name = "message", .action = JSON_NOT_BUILT, .help = "not built yet"},
    {.name = "presence", .action = JSON_NOT_BUILT, .help = "not built yet"},
    {.name = "transfer", .action = JSON_NOT_BUILT, .help = "not built yet"},
};

#define AT(member) offsetof(struct json_command, member)

static const struct json_member members[] = {
    {JSON_TARGET, "target", JSON_IS_TEXT, AT(phone.target), "ADDRESS",
     "whom to call: a contact, a number or an address"},
    {JSON_CALL, "call", JSON_IS_CALL, AT(phone.call), "N",
     "the number of a call"},
    {JSON_CALLS, "calls", JSON_IS_CALLS, AT(calls), "N...", "numbers of calls, two at least"},
    {JSON_ACCOUNT, "account", JSON_IS_TEXT, AT(phone.account), "LABEL",
     "an account of the configuration; call: the one that suits, others: the first"},
    {JSON_PLAY, "play", JSON_IS_FILE, AT(phone.sound.play), "FILE",
     "what the other side hears"},
    {JSON_RECORD, "record", JSON_IS_FILE, AT(phone.sound.record), "FILE",
     "where to record: .wav, .flac, .ogg or .opus"},
    {JSON_SIDES, "sides", JSON_IS_SIDES, AT(phone.sound.sides), "apart|mixed|heard",
     "what is recorded: both sides in stereo, both in one, or the other one alone"},
    {JSON_AUDIO, "audio", JSON_IS_AUDIO, 0, "{...}",
     "sound by descriptors that come with the line"},
    {JSON_DEVICE, "device", JSON_IS_SWITCH, AT(phone.sound.device), "yes|no",
     "use the sound device, where there is one"},
    {JSON_DIGITS, "digits", JSON_IS_DIGITS, AT(phone.digits), "DIGITS",
     "0-9 * # A-D, and a comma for a pause of a second"},
    {JSON_ENCRYPTION, "encryption", JSON_IS_ENCRYPTION, AT(phone.encryption), "off|prefer|require",
     "whether its sound is encrypted; not said: as the account or the phone has it"},
    {JSON_CODECS, "codecs", JSON_IS_TEXT, AT(phone.codecs), "LIST",
     "codecs in order of preference; not said: as the account or the phone has them"},
    {JSON_DTMF_MODE, "dtmf_mode", JSON_IS_DTMF_MODE, AT(phone.dtmf), "auto|rtp|info|inband",
     "how its keys are sent; not said: as the account or the phone has it"},
    {JSON_SETTINGS, "settings", JSON_IS_TEXT, AT(phone.settings), "NAME=VALUE,...",
     "how it sounds: ptime, dtx, opus-..., jitter-max; not said: as the account or the phone has it"},
    {JSON_TIED, "tied", JSON_IS_SWITCH, AT(tied), "yes|no",
     "the call ends when its client goes"},
    {JSON_HANGUP_AT_EOF, "hangup_at_eof", JSON_IS_SWITCH, AT(phone.sound.hangs_up), "yes|no",
     "the call ends when what is played has been heard"},
    {JSON_STATUS, "status", JSON_IS_STATUS, AT(phone.status), "STATUS",
     "the SIP status to refuse with, 300 to 699 (603)"},
    {JSON_PLAY_FILE, "file", JSON_IS_FILE, AT(phone.sound.play), "FILE", "what to play"},
    {JSON_RECORD_FILE, "file", JSON_IS_FILE, AT(phone.sound.record), "FILE", "where to record"},
    {JSON_ON, "on", JSON_IS_SWITCH, AT(phone.on), "yes|no", "yes where it is not said"},
    {JSON_QUALITY, "quality", JSON_IS_SWITCH, AT(quality), "yes|no",
     "also the quality of each call, every second"},
    {JSON_MICROPHONE_DB, "microphone_db", JSON_IS_GAIN, AT(phone.microphone_db), "MICROPHONE_DB",
     "-96 to 18; 0: as it comes"},
    {JSON_SPEAKER_DB, "speaker_db", JSON_IS_GAIN, AT(phone.speaker_db), "SPEAKER_DB",
     "-96 to 18; 0: as it comes"},
    {JSON_ECHO, "echo", JSON_IS_VOICE, AT(phone.echo), "auto|on|off",
     "whether the loudspeaker's echo is taken out"},
    {JSON_NOISE, "noise", JSON_IS_VOICE, AT(phone.noise), "auto|on|off",
     "whether steady noise is"},
    {JSON_LEVEL, "level", JSON_IS_VOICE, AT(phone.level), "auto|on|off",
     "whether speech is made louder or softer"},
    {JSON_LIMIT, "limit", JSON_IS_LIMIT, AT(limit), "N", "rows at most (100)"},
    {JSON_STAY, "stay", JSON_IS_SWITCH, AT(stay), "yes|no",
     "the telephone goes on when its screens have gone"},
    {JSON_NAME, "name", JSON_IS_TEXT, AT(name), "NAME", "of a contact"},
    {JSON_ADDRESS, "address", JSON_IS_TEXT, AT(address), "ADDRESS", "whom it means"},
    {JSON_RENAME, "rename", JSON_IS_TEXT, AT(rename), "NAME", "its new name"},
    {JSON_WAS, "was", JSON_IS_TEXT, AT(was), "ADDRESS", "its address up to now: with another it stays"},
    {JSON_NEW, "new", JSON_IS_SWITCH, AT(fresh), "yes|no", "only where there is none of that name"},
    {JSON_MISSED, "missed", JSON_IS_SWITCH, AT(missed), "yes|no", "only those that were missed"},
    {JSON_DEVICE_NAME, "name", JSON_IS_TEXT, AT(phone.device), "NAME",
     "a device as devices lists it, default or none"},
    {JSON_RING_DEVICE, "ring", JSON_IS_TEXT, AT(phone.ring_device), "NAME",
     "what rings, or none"},
    {JSON_TEST, "what", JSON_IS_TEST, AT(phone.test), "open|tone|record|off",
     "open alone, a tone, or record and play back"},
    {JSON_PASSWORD, "password", JSON_IS_SECRET, AT(password), "PASSWORD", "of the account"},
};
/* clang-format on */

const struct json_verb *json_verb_at(size_t i)
{
    return i < ARRAY_LEN(verbs) ? &verbs[i] : NULL;
}

const struct json_verb *json_verb_find(const char *name)
{
    const struct json_verb *verb;

    for (size_t i = 0; (verb = json_verb_at(i)); i++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

const struct json_member *json_member_at(size_t i)
{
    return i < ARRAY_LEN(members) ? &members[i] : NULL;
}

/* --- help ----------------------------------------------------------------------------------- */

#define HELP_COLUMN 30

static bool is_word(const struct json_verb *verb, const struct json_member *m)
{
    return ((verb->first | verb->second) & m->bit) != 0;
}

static void put_word(const struct json_verb *verb, uint64_t bit, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (members[i].bit == bit)
            buf_printf(out, verb->must & bit ? " %s" : " [%s]", members[i].value);
}

static void put_verb(const struct json_verb *verb, struct buf *out)
{
    size_t from = out->n;

    buf_printf(out, "  %s", verb->name);
    put_word(verb, verb->first, out);
    put_word(verb, verb->second, out);
    if (verb->action == JSON_SET_EVENTS) /* which ctl chooses from by itself */
        buf_puts(out, " [EVENT...]");
    if (out->n - from >= HELP_COLUMN - 1) {
        buf_putc(out, '\n');
        from = out->n;
    }
    buf_printf(out, "%*s%s\n", (int)(HELP_COLUMN - (out->n - from)), "", verb->help);
    for (size_t i = 0; i < ARRAY_LEN(members) && verb->action != JSON_SET_EVENTS; i++)
        if ((verb->may & members[i].bit) && !is_word(verb, &members[i]) &&
            members[i].type != JSON_IS_AUDIO && members[i].type != JSON_IS_SECRET)
            buf_printf(out, "%*s%s=%s\n", HELP_COLUMN + 2, "", members[i].name, members[i].value);
}

void json_command_help(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (verbs[i].action != JSON_NOT_BUILT)
            put_verb(&verbs[i], out);
}
