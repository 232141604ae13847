/* Commands as lines of JSON: what they ask for, and by which word and sentence they are refused. */
#include "ui/json_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name, *line;
    const char *error; /* NULL: it is taken */
    const char *text;  /* the sentence; of what is taken: the id */
} rows[] = {
    {"a command without an id", "{\"command\":\"status\"}", NULL, "null"},
    {"an id that is a number", "{\"id\":7,\"command\":\"status\"}", NULL, "7"},
    {"an id below zero", "{\"id\":-7,\"command\":\"status\"}", NULL, "-7"},
    {"an id that is a string", "{\"id\":\"a\\\"\xc3\xa4\",\"command\":\"status\"}", NULL,
     "\"a\\\"\xc3\xa4\""},
    {"an id that is null", "{\"id\":null,\"command\":\"status\"}", NULL, "null"},
    {"an id that is a fraction", "{\"id\":1.5,\"command\":\"status\"}", "bad-member",
     "\"id\" is an integer or a string of at most 254 bytes"},
    {"an id that is an object", "{\"id\":{},\"command\":\"status\"}", "bad-member",
     "\"id\" is an integer or a string of at most 254 bytes"},
    {"members in any order", "{\"target\":\"bob\",\"command\":\"call\",\"id\":1}", NULL, "1"},

    {"nothing", "", "bad-json", "this line is no JSON: "},
    {"half an object", "{\"command\":", "bad-json",
     "this line is no JSON: "},
    {"two objects", "{\"command\":\"quit\"}{}", "bad-json",
     "this line is no JSON: "},
    {"an array", "[\"quit\"]", "bad-json", "a command is an object: {\"command\": ...}"},
    {"a duplicate key", "{\"command\":\"quit\",\"command\":\"status\"}", "bad-json",
     "this line is no JSON: "},
    {"what is not UTF-8", "{\"command\":\"\xff\"}", "bad-json",
     "this line is no JSON: "},
    {"a NUL in a string", "{\"command\":\"call\",\"target\":\"a\\u0000b\"}", "bad-json",
     "this line is no JSON: a string has a NUL in it, column 37"},

    {"no command", "{\"id\":1}", "bad-member", "the member \"command\" is missing"},
    {"a command that is a number", "{\"command\":1}", "bad-member", "\"command\" is a string"},
    {"a command that is not there", "{\"command\":\"hangpu\"}", "unknown-command",
     "there is no command \"hangpu\"; did you mean \"hangup\"?"},
    {"a command like no other", "{\"command\":\"xyzzy\"}", "unknown-command",
     "there is no command \"xyzzy\""},
    {"a command that moves the cursor", "{\"command\":\"\\u001b[2J\"}", "unknown-command",
     "there is no command \"\xef\xbf\xbd[2J\""},
    {"a command in capitals", "{\"command\":\"Quit\"}", "unknown-command",
     "there is no command \"Quit\"; did you mean \"quit\"?"},
    {"messages", "{\"command\":\"message\"}", "not-built", "message is not built yet"},
    {"presence", "{\"command\":\"presence\"}", "not-built", "presence is not built yet"},
    {"transfer", "{\"command\":\"transfer\",\"call\":1}", "not-built",
     "transfer is not built yet"},

    {"a member that is not there", "{\"command\":\"hangup\",\"cal\":1}", "bad-member",
     "hangup has no member \"cal\"; did you mean \"call\"?"},
    {"a member of another command", "{\"command\":\"hangup\",\"target\":\"bob\"}", "bad-member",
     "hangup has no member \"target\""},
    {"a member that is missing", "{\"command\":\"call\"}", "bad-member",
     "call needs \"target\": whom to call: a contact, a number or an address"},
    {"a target that is empty", "{\"command\":\"call\",\"target\":\"\"}", "bad-member",
     "\"target\" of call is a string that is not empty"},
    {"a target that is a number", "{\"command\":\"call\",\"target\":12}", "bad-member",
     "\"target\" of call is a string that is not empty"},
    {"call 0", "{\"command\":\"hold\",\"call\":0}", "bad-member",
     "\"call\" of hold is the number of a call, 1 and up"},
    {"a call below zero", "{\"command\":\"hold\",\"call\":-1}", "bad-member",
     "\"call\" of hold is the number of a call, 1 and up"},
    {"a call above all", "{\"command\":\"hold\",\"call\":4294967296}", "bad-member",
     "\"call\" of hold is the number of a call, 1 and up"},
    {"a number too large for JSON", "{\"command\":\"hold\",\"call\":99999999999999999999}",
     "bad-json", "this line is no JSON: "},
    {"a call that is a string", "{\"command\":\"hold\",\"call\":\"1\"}", "bad-member",
     "\"call\" of hold is the number of a call, 1 and up"},
    {"a switch that is a number", "{\"command\":\"events\",\"on\":1}", "bad-member",
     "\"on\" of events is true or false"},
    {"a status that refuses nobody", "{\"command\":\"decline\",\"status\":200}", "bad-member",
     "\"status\" of decline is a number from 300 to 699"},
    {"digits that are none", "{\"command\":\"dtmf\",\"digits\":\"12x\"}", "bad-member",
     "\"digits\" of dtmf is a string of 1 to 64 of 0-9 * # A-D , and p"},
    {"no digits", "{\"command\":\"dtmf\",\"digits\":\"\"}", "bad-member",
     "\"digits\" of dtmf is a string of 1 to 64 of 0-9 * # A-D , and p"},
    {"what is no way to deal with an echo", "{\"command\":\"voice\",\"echo\":\"maybe\"}", "bad-member",
     "\"echo\" of voice is \"auto\", \"on\" or \"off\""},
    {"too loud", "{\"command\":\"volume\",\"speaker_db\":18.5}", "bad-member",
     "\"speaker_db\" of volume is a number from -96 to 18"},
    {"sides that are none", "{\"command\":\"record\",\"file\":\"/a.wav\",\"sides\":\"left\"}",
     "bad-member", "\"sides\" of record is \"heard\", \"apart\" or \"mixed\""},
    {"one call in conference", "{\"command\":\"conference\",\"calls\":[1]}", "bad-member",
     "\"calls\" of conference is an array of 2 to 256 numbers of calls"},
    {"a call that is none in conference", "{\"command\":\"conference\",\"calls\":[1,0]}",
     "bad-member", "\"calls\" of conference is an array of 2 to 256 numbers of calls"},

    {"sound in no direction",
     "{\"command\":\"call\",\"target\":\"bob\",\"audio\":{\"rate\":8000}}", "bad-member",
     "\"audio\" of call is an object with \"in\" or \"out\" true, and perhaps \"rate\" (8000 to "
     "48000), \"channels\" (1 or 2), \"live\" and \"hangup_at_eof\""},
    {"a rate that is none",
     "{\"command\":\"call\",\"target\":\"bob\",\"audio\":{\"in\":true,\"rate\":7999}}",
     "bad-member",
     "\"audio\" of call is an object with \"in\" or \"out\" true, and perhaps \"rate\" (8000 to "
     "48000), \"channels\" (1 or 2), \"live\" and \"hangup_at_eof\""},
    {"two sources",
     "{\"command\":\"call\",\"target\":\"bob\",\"play\":\"/a.wav\",\"audio\":{\"in\":true}}",
     "bad-member", "call plays either a file or what comes by \"audio\""},
    {"two sinks",
     "{\"command\":\"record\",\"file\":\"/a.wav\",\"audio\":{\"out\":true}}",
     "bad-member", "record records either to a file or by \"audio\""},
    {"nothing to play", "{\"command\":\"play\"}", "bad-member", "play needs \"file\" or \"audio\""},
    {"play what is heard", "{\"command\":\"play\",\"audio\":{\"out\":true}}", "bad-member",
     "play takes \"audio\" in one direction"},
    {"nowhere to record", "{\"command\":\"record\"}", "bad-member",
     "record needs \"file\", \"audio\", or \"on\": false"},
    {"the end of recording", "{\"command\":\"record\",\"on\":false}", NULL, "null"},
    {"the end of recording to a file",
     "{\"command\":\"record\",\"on\":false,\"file\":\"/a.wav\"}", "bad-member",
     "record ends with \"on\": false and needs nothing else for that"},
    {"as many rows", "{\"command\":\"history\",\"limit\":3}", NULL, "null"},
    {"no row at all", "{\"command\":\"history\",\"limit\":0}", "bad-member",
     "\"limit\" of history is a number from 1 to 100000"},
    {"a screen that leaves", "{\"command\":\"screen\",\"on\":false,\"stay\":true}", NULL, "null"},
    {"no password", "{\"command\":\"password\",\"password\":null}", NULL, "null"},
    {"a password that is a number", "{\"command\":\"password\",\"password\":1}", "bad-member",
     "\"password\" of password is a string that is not empty, or null"},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice line = exact_copy(row->line);
    struct buf why = buf_new(4096);
    struct json_command command;
    const char *error = NULL;
    int err = json_command_read(line, &command, &error, &why);

    assert_int_equal(err, row->error ? -EINVAL : 0);
    if (row->error) {
        assert_string_equal(error, row->error);
        if (!slice_starts(buf_slice(&why), slice_of(row->text)))
            assert_string_equal(buf_cstr(&why), row->text);
    } else {
        assert_string_equal(buf_cstr(&command.id), row->text);
    }
    json_command_free(&command);
    buf_free(&why);
    exact_free(line);
}

/* --- what is understood --------------------------------------------------------------------- */

static struct json_command read_good(const char *line)
{
    struct buf why = buf_new(4096);
    struct json_command command;
    const char *error;

    if (json_command_read(slice_of(line), &command, &error, &why) != 0)
        fail_msg("%s: %s", line, buf_cstr(&why));
    buf_free(&why);
    return command;
}

static void a_call_has_all_that_was_said(void **state)
{
    struct json_command c = read_good(
        "{\"command\":\"call\",\"target\":\"bob\",\"account\":\"work\",\"play\":\"/p.wav\","
        "\"record\":\"/r.wav\",\"sides\":\"mixed\",\"digits\":\"1,2#\",\"tied\":true,"
        "\"device\":true,\"hangup_at_eof\":true}");

    (void)state;
    assert_int_equal(c.phone.kind, PHONE_DIAL);
    assert_string_equal(c.phone.target, "bob");
    assert_string_equal(c.phone.account, "work");
    assert_string_equal(c.phone.sound.play, "/p.wav");
    assert_string_equal(c.phone.sound.record, "/r.wav");
    assert_int_equal(c.phone.sound.sides, PHONE_SIDES_MIXED);
    assert_string_equal(c.phone.digits, "1,2#");
    assert_true(c.tied && c.phone.sound.device && c.phone.sound.hangs_up);
    json_command_free(&c);
}

static void sound_by_descriptors(void **state)
{
    struct json_command c =
        read_good("{\"command\":\"answer\",\"call\":4294967295,\"audio\":{\"in\":true,"
                  "\"out\":true,\"rate\":8000,\"channels\":2,\"hangup_at_eof\":true}}");

    (void)state;
    assert_int_equal(c.phone.kind, PHONE_ANSWER);
    assert_int_equal(c.phone.call, UINT32_MAX);
    assert_true(c.audio_in && c.audio_out && c.in.hangs_up);
    assert_int_equal(c.in.rate_hz, 8000);
    assert_int_equal(c.out.rate_hz, 8000);
    assert_int_equal(c.in.channels, 2);
    assert_int_equal(c.phone.sound.sides, PHONE_SIDES_HEARD);
    assert_true(c.in.live && c.out.live); /* one who listens and talks, unless it is said */
    json_command_free(&c);
    c = read_good("{\"command\":\"call\",\"target\":\"bob\","
                  "\"audio\":{\"in\":true,\"out\":true,\"live\":false}}");
    assert_false(c.in.live || c.out.live);
    json_command_free(&c);
    c = read_good("{\"command\":\"call\",\"target\":\"bob\",\"audio\":{\"in\":true}}");
    assert_false(c.in.live);
    json_command_free(&c);
}

static void calls_gains_and_switches(void **state)
{
    struct json_command c = read_good("{\"command\":\"conference\",\"calls\":[3,1,2]}");

    (void)state;
    assert_int_equal(c.n_calls, 3);
    assert_int_equal(c.calls[0], 3);
    assert_int_equal(c.calls[2], 2);
    json_command_free(&c);
    c = read_good("{\"command\":\"volume\",\"microphone_db\":-6.5,\"speaker_db\":3}");
    assert_true(c.phone.microphone_db == -6.5 && c.phone.speaker_db == 3);
    json_command_free(&c);
    c = read_good("{\"command\":\"mute\"}");
    assert_true(c.phone.kind == PHONE_MUTE && c.phone.on);
    json_command_free(&c);
    c = read_good("{\"command\":\"unmute\"}");
    assert_true(c.phone.kind == PHONE_MUTE && !c.phone.on);
    json_command_free(&c);
    c = read_good("{\"command\":\"events\",\"quality\":false}");
    assert_true(c.phone.on && !c.quality && (c.said & JSON_QUALITY));
    json_command_free(&c);
    c = read_good("{\"command\":\"password\",\"password\":\"s3cret\"}");
    assert_string_equal(c.phone.text, "s3cret");
    json_command_free(&c);
}

/* The reader's stack is not the sender's to choose. */
static void depth_has_a_limit(void **state)
{
    size_t n = 60000;
    char *line = malloc(n + 1);
    struct buf why = buf_new(4096);
    struct json_command command;
    const char *error = NULL;

    (void)state;
    assert_non_null(line);
    memset(line, '[', n);
    line[n] = '\0';
    assert_int_equal(json_command_read(slice_of(line), &command, &error, &why), -EINVAL);
    assert_string_equal(error, "bad-json");
    json_command_free(&command);
    buf_free(&why);
    free(line);
}

/* --- words ---------------------------------------------------------------------------------- */

#define WORDS_MAX 6

/* clang-format off */
static const struct words_row {
    const char *name;
    const char *words[WORDS_MAX];
    int err;
    const char *text; /* the line, or the sentence */
} words_rows[] = {
    {"a command alone", {"status"}, 0, "{\"command\":\"status\"}\n"},
    {"a call", {"call", "sip:bob@h;a=b"}, 0,
     "{\"command\":\"call\",\"target\":\"sip:bob@h;a=b\"}\n"},
    {"a call by name", {"call", "target=bob"}, 0, "{\"command\":\"call\",\"target\":\"bob\"}\n"},
    {"members by name", {"call", "bob", "play=/a b.wav", "hangup-at-eof=yes", "device=off"}, 0,
     "{\"command\":\"call\",\"play\":\"/a b.wav\",\"hangup_at_eof\":true,\"device\":false,"
     "\"target\":\"bob\"}\n"},
    {"a number of a call", {"hangup", "3"}, 0, "{\"command\":\"hangup\",\"call\":3}\n"},
    {"the call comes first", {"dtmf", "7", "12#"}, 0,
     "{\"command\":\"dtmf\",\"call\":7,\"digits\":\"12#\"}\n"},
    {"one word is what matters", {"dtmf", "7"}, 0,
     "{\"command\":\"dtmf\",\"digits\":\"7\"}\n"},
    {"also beside one with a name", {"dtmf", "12#", "call=7"}, 0,
     "{\"command\":\"dtmf\",\"call\":7,\"digits\":\"12#\"}\n"},
    {"unless that has a name", {"dtmf", "7", "digits=12#"}, 0,
     "{\"command\":\"dtmf\",\"digits\":\"12#\",\"call\":7}\n"},
    {"the end of a recording", {"record", "7", "on=no"}, 0,
     "{\"command\":\"record\",\"on\":false,\"call\":7}\n"},
    {"the other order", {"dtmf", "12#", "7"}, -EINVAL,
     "dtmf: call cannot be 12#; it is the number of a call"},
    {"a file of a call", {"play", "7", "/x.wav"}, 0,
     "{\"command\":\"play\",\"call\":7,\"file\":\"/x.wav\"}\n"},
    {"a name that is never shown like that", {"play", "/x\u200d\x1b.wav"}, 0,
     "{\"command\":\"play\",\"file\":\"/x\u200d\\u001B.wav\"}\n"},
    {"what JSON cannot say", {"call", "bob\xff"}, -EINVAL,
     "call: target cannot be bob\ufffd; it is whom to call: a contact, a number or an address"},
    {"standard input", {"play", "-"}, 0,
     "{\"command\":\"play\",\"audio\":{\"live\":false,\"in\":true}}\n"},
    {"standard output", {"record", "2", "-", "sides=mixed"}, 0,
     "{\"command\":\"record\",\"sides\":\"mixed\",\"call\":2,"
     "\"audio\":{\"live\":false,\"out\":true}}\n"},
    {"both", {"call", "bob", "play=-", "record=-"}, 0,
     "{\"command\":\"call\",\"target\":\"bob\","
     "\"audio\":{\"live\":false,\"in\":true,\"out\":true}}\n"},
    {"a list", {"conference", "1", "2", "3"}, 0,
     "{\"command\":\"conference\",\"calls\":[1,2,3]}\n"},
    {"all in conference", {"conference"}, 0, "{\"command\":\"conference\"}\n"},
    {"what is done to a microphone", {"voice", "echo=off", "level=auto"}, 0,
     "{\"command\":\"voice\",\"echo\":\"off\",\"level\":\"auto\"}\n"},
    {"a gain", {"volume", "speaker-db=-6", "microphone_db=3.5"}, 0,
     "{\"command\":\"volume\",\"speaker_db\":-6.00,\"microphone_db\":3.50}\n"},
    {"no command", {NULL}, -EINVAL, "there is no command \"\""},
    {"a wrong command", {"hagnup"}, -EINVAL,
     "there is no command \"hagnup\"; did you mean \"hangup\"?"},
    {"one that is not built", {"transfer"}, -EINVAL, "transfer is not built yet"},
    {"a wrong member", {"call", "bob", "paly=x"}, -EINVAL,
     "call has no member \"paly\"; did you mean \"play\"?"},
    {"what is missing", {"dtmf"}, -EINVAL,
     "dtmf needs DIGITS: 0-9 * # A-D, and a comma for a pause of a second"},
    {"a word too many", {"hangup", "1", "2"}, -EINVAL, "hangup: there is no place for 2; tphone ctl --help lists what it takes"},
    {"a word for what was named", {"hangup", "1", "call=2"}, -EINVAL, "hangup: there is no place for 1; tphone ctl --help lists what it takes"},
    {"no number", {"hangup", "bob"}, -EINVAL,
     "hangup: call cannot be bob; it is the number of a call"},
    {"no switch", {"events", "on=perhaps"}, -EINVAL,
     "events: on cannot be perhaps; it is yes or no: yes where it is not said"},
    {"a password is no argument", {"password", "work", "password=x"}, -EINVAL,
     "password: password is never an argument"},
};
/* clang-format on */

static void check_words(void **state)
{
    const struct words_row *row = *state;
    struct buf line = buf_new(4096), why = buf_new(4096);
    struct json_sound sound = {0};
    size_t n = 0;

    while (n < WORDS_MAX && row->words[n])
        n++;
    assert_int_equal(json_command_of_words(row->words, n, &sound, &line, &why), row->err);
    assert_string_equal(buf_cstr(row->err ? &why : &line), row->text);
    if (!row->err) {
        struct json_command command = read_good(buf_cstr(&line));

        json_command_free(&command);
    }
    buf_free(&line);
    buf_free(&why);
}

static void files_are_made_absolute(void **state)
{
    const char *words[] = {"play", "x.wav"};
    struct buf line = buf_new(8192), why = buf_new(4096), wanted = buf_new(8192);
    struct json_sound sound = {0};
    char *here = getcwd(NULL, 0);

    (void)state;
    assert_int_equal(json_command_of_words(words, 2, &sound, &line, &why), 0);
    assert_string_equal(sound.play, "x.wav");
    assert_null(sound.record);
    buf_printf(&wanted, "{\"command\":\"play\",\"file\":\"%s/x.wav\"}\n", here);
    assert_string_equal(buf_cstr(&line), buf_cstr(&wanted));
    free(here);
    buf_free(&line);
    buf_free(&why);
    buf_free(&wanted);
}

/* --- help and manual ------------------------------------------------------------------------ */

static void help_has_every_command_and_is_narrow(void **state)
{
    struct buf help = buf_new(65536), begin = buf_new(64);
    struct slice rest;
    const struct json_verb *verb;

    (void)state;
    json_command_help(&help);
    for (size_t i = 0; (verb = json_verb_at(i)); i++) {
        buf_clear(&begin);
        buf_printf(&begin, "\n  %s", verb->name);
        if (i > 0 && !strstr(buf_cstr(&help), buf_cstr(&begin)) != (verb->action == JSON_NOT_BUILT))
            fail_msg("%s", verb->name);
    }
    for (rest = buf_slice(&help); rest.n > 0;) {
        struct slice line = slice_cut(&rest, '\n');

        if (line.n > 79)
            fail_msg("%.*s", (int)line.n, line.p);
    }
    buf_free(&help);
    buf_free(&begin);
}

static char *read_manual(void)
{
    const char *srcdir = getenv("srcdir");
    char path[1024], *text = calloc(1, 131072), *commands;
    FILE *file;

    snprintf(path, sizeof path, "%s/man/tphone-control.7", srcdir ? srcdir : ".");
    file = fopen(path, "r");
    if (!file || !text)
        fail_msg("%s cannot be read", path);
    assert_true(fread(text, 1, 131071, file) > 0);
    fclose(file);
    commands = strstr(text, "\n.Sh COMMANDS\n");
    assert_non_null(commands);
    memmove(text, commands, strlen(commands) + 1);
    return text;
}

/* From ".It Cm call No ..." to the next item. */
static char *item_of(const char *manual, const char *name)
{
    char begin[64], *item, *end;

    snprintf(begin, sizeof begin, "\n.It Cm %s\n", name);
    item = strstr(manual, begin);
    if (!item)
        fail_msg("tphone-control.7 has no command %s", name);
    item = strdup(item + 1);
    assert_non_null(item);
    end = strstr(item + 1, "\n.It Cm ");
    if (end)
        *end = '\0';
    return item;
}

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (; (text = strstr(text, word)); text++)
        if (text[-1] == ' ' && (text[n] == ' ' || text[n] == '\n'))
            return true;
    return false;
}

static void manual_has_every_command_with_its_members(void **state)
{
    char *manual = read_manual();
    const struct json_verb *verb;
    const struct json_member *m;

    (void)state;
    for (size_t i = 0; (verb = json_verb_at(i)); i++) {
        char *item = verb->action == JSON_NOT_BUILT ? NULL : item_of(manual, verb->name);

        for (size_t j = 0; item && (m = json_member_at(j)); j++)
            if (((verb->must | verb->may) & m->bit) && !has_word(item, m->name))
                fail_msg("tphone-control.7 does not tell of \"%s\" of %s", m->name, verb->name);
        free(item);
    }
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_has_all_that_was_said),
        cmocka_unit_test(sound_by_descriptors),
        cmocka_unit_test(calls_gains_and_switches),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(files_are_made_absolute),
        cmocka_unit_test(help_has_every_command_and_is_narrow),
        cmocka_unit_test(manual_has_every_command_with_its_members),
    };

    return RUN_ROWS("ui/json_command", rows, check_row) +
           RUN_ROWS("ui/json_words", words_rows, check_words) +
           cmocka_run_group_tests_name("ui/json_command whole", tests, NULL, NULL);
}
