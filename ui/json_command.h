/* ui/json_command.h - what clients may ask for: one table of commands and their members, which the
 * reader of lines, the words of `tphone ctl`, its help and the test of tphone-control(7) all use.
 *
 * A line is one object of JSON: "command" and, where wanted, "id", then the members of that
 * command. Nothing is guessed at: a member that the command does not have, or of another type, is
 * refused by name, with the likely right one. */
#ifndef UI_JSON_COMMAND_H
#define UI_JSON_COMMAND_H

#include "base/buf.h"
#include "phone/command.h"

#define JSON_CALLS_MAX 256 /* that one command may name */
#define JSON_ID_MAX 256    /* bytes of an id */

/* A member is a bit here; struct json_command.said tells which there were. */
enum json_member_bit {
    JSON_TARGET = 1 << 0,
    JSON_CALL = 1 << 1,
    JSON_CALLS = 1 << 2,
    JSON_ACCOUNT = 1 << 3,
    JSON_PLAY = 1 << 4,
    JSON_RECORD = 1 << 5,
    JSON_SIDES = 1 << 6,
    JSON_AUDIO = 1 << 7,
    JSON_DEVICE = 1 << 8,
    JSON_DIGITS = 1 << 9,
    JSON_TIED = 1 << 10,
    JSON_HANGUP_AT_EOF = 1 << 11,
    JSON_STATUS = 1 << 12,
    JSON_PLAY_FILE = 1 << 13,   /* "file" of play */
    JSON_RECORD_FILE = 1 << 14, /* "file" of record */
    JSON_ON = 1 << 15,
    JSON_QUALITY = 1 << 16,
    JSON_MICROPHONE_DB = 1 << 17,
    JSON_SPEAKER_DB = 1 << 18,
    JSON_PASSWORD = 1 << 19,
    JSON_LIMIT = 1 << 20,
    JSON_STAY = 1 << 21,
    JSON_NAME = 1 << 22,
    JSON_ADDRESS = 1 << 23,
    JSON_RENAME = 1 << 24,
    JSON_MISSED = 1 << 25,
    JSON_DEVICE_NAME = 1 << 26, /* "name" of device */
    JSON_RING_DEVICE = 1 << 27,
    JSON_TEST = 1 << 28,
    JSON_WAS = 1 << 29,
    JSON_NEW = 1 << 30,
    JSON_ENCRYPTION = 1u << 31,
    JSON_ECHO = 1ull << 32,
    JSON_NOISE = 1ull << 33,
    JSON_LEVEL = 1ull << 34,
    JSON_CODECS = 1ull << 35,
    JSON_DTMF_MODE = 1ull << 36,
    JSON_SETTINGS = 1ull << 37,
};

enum json_action {
    JSON_DO,      /* phone_do with kind */
    JSON_DO_CALL, /* the same with a call, which may be left out where only one can be meant */
    JSON_DO_CONFERENCE,
    JSON_DO_VOLUME,
    JSON_DO_VOICE,
    JSON_DO_DEVICES,
    JSON_TELL_STATUS,
    JSON_TELL_ACCOUNTS,
    JSON_TELL_HISTORY,
    JSON_TELL_CONTACTS,
    JSON_SET_CONTACT,
    JSON_SET_EVENTS,
    JSON_SET_SCREEN,
    JSON_SET_TRACE,
    JSON_SET_LEVELS,
    JSON_QUIT,
    JSON_NOT_BUILT,
};

struct json_verb {
    const char *name;
    enum json_action action;
    enum phone_command_kind kind; /* 0: none */
    bool on;                      /* goes to phone_command.on */
    uint64_t must, may;           /* members */
    uint64_t first, second;       /* members that words without a name are, in `tphone ctl` */
    uint64_t alone;               /* what the only such word is, where that is not first */
    const char *help;             /* one line */
};

enum json_type {
    JSON_IS_TEXT, /* a string that is not empty */
    JSON_IS_FILE,
    JSON_IS_DIGITS,
    JSON_IS_SECRET, /* may be null; never an argument of a command line */
    JSON_IS_SIDES,
    JSON_IS_ENCRYPTION,
    JSON_IS_DTMF_MODE,
    JSON_IS_VOICE,
    JSON_IS_CALL, /* a number from 1 on */
    JSON_IS_CALLS,
    JSON_IS_STATUS,
    JSON_IS_GAIN,
    JSON_IS_LIMIT, /* a number from 1 on */
    JSON_IS_TEST,
    JSON_IS_SWITCH,
    JSON_IS_AUDIO,
};

struct json_member {
    enum json_member_bit bit;
    const char *name;
    enum json_type type;
    size_t at;         /* in struct json_command */
    const char *value; /* what stands behind it, for people: "FILE" */
    const char *help;  /* one line */
};

/* The i-th row of each table, NULL behind the last. */
const struct json_verb *json_verb_at(size_t i);
const struct json_member *json_member_at(size_t i);
/* NULL: there is no command of that name. */
const struct json_verb *json_verb_find(const char *name);

/* A command that was read. */
struct json_command {
    const struct json_verb *verb;
    struct buf id; /* as JSON, to be repeated in the reply: "null" where there was none */
    uint64_t said; /* enum json_member_bit */
    struct phone_command phone; /* strings live until json_command_free; pipes have no fd yet */
    uint32_t calls[JSON_CALLS_MAX];
    size_t n_calls;
    bool tied, quality;
    bool audio_in, audio_out; /* which directions "audio" asks for */
    struct phone_pipe in, out;
    const char *password; /* also phone.text */
    size_t limit;         /* of rows; 0: not said */
    bool stay, missed;
    const char *name, *address, *rename, *was; /* of a contact */
    bool fresh;                                /* it is a new one */
    void *tree;                                /* the reader's */
};

/* Reads a line without its newline. 0; or -EINVAL, -ENOMEM with the word of the error in error and
 * a sentence in why. command is filled either way, as far as it was understood, for
 * json_command_free. */
int json_command_read(struct slice line, struct json_command *command, const char **error,
                      struct buf *why);
/* Leaves nothing of a password behind. */
void json_command_free(struct json_command *command);

/* Appends the sentence that refuses a name that no command, or no member of this command has, with
 * the likely right one. -EINVAL. */
int json_command_unknown(const char *name, struct buf *why);
int json_member_unknown(const struct json_verb *verb, const char *name, struct buf *why);

/* What the words of `tphone ctl` say of sound: files as they were typed, NULL where there is none;
 * of "-" in their place that standard input is to be played, or recorded to standard output. */
struct json_sound {
    const char *play, *record;
    bool in, out;
    uint32_t rate_hz; /* from here on the caller's: of what goes through pipes; 0: not said */
    uint8_t channels;
};

/* The line for `tphone ctl NAME WORD… MEMBER=VALUE…`, with its newline; file names are made
 * absolute. 0, or -EINVAL with a sentence in why. */
int json_command_of_words(const char *const *words, size_t n, struct json_sound *sound,
                          struct buf *line, struct buf *why);
/* Appends every command with its members: a block of lines for --help. */
void json_command_help(struct buf *out);

#endif
