#include "ui/json_command.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "phone/choices.h"
#include "phone/spelling.h"

#define NAMES_MAX 64 /* that a wrong one is compared with */
#define GAIN_LEAST_DB (-96.0)
#define GAIN_MOST_DB 18.0
#define LOWEST_REFUSAL 300
#define HIGHEST_REFUSAL 699
#define LIMIT_MOST 100000

/* --- memory --------------------------------------------------------------------------------- */

/* What a reader of JSON keeps may be a password: all of it is wiped. */
union block {
    size_t n;
    max_align_t align;
};

static void *wiped_malloc(size_t n)
{
    union block *b = n <= SIZE_MAX - sizeof *b ? malloc(sizeof *b + n) : NULL;

    if (!b)
        return NULL;
    b->n = n;
    return b + 1;
}

static void wiped_free(void *p)
{
    union block *b = p;

    if (!b)
        return;
    b--;
    mem_wipe(b + 1, b->n);
    free(b);
}

/* --- values --------------------------------------------------------------------------------- */

static void *place(struct json_command *c, const struct json_member *m)
{
    return (char *)c + m->at;
}

static bool take_text(json_t *value, const struct json_member *m, struct json_command *c)
{
    if (!json_is_string(value) || json_string_length(value) == 0)
        return false;
    *(const char **)place(c, m) = json_string_value(value);
    return true;
}

static bool take_digits(json_t *value, const struct json_member *m, struct json_command *c)
{
    const char *text = json_string_value(value);

    if (!text || text[strspn(text, "0123456789*#ABCDabcd,p")] != '\0' || strlen(text) > 64)
        return false;
    return take_text(value, m, c);
}

static bool take_secret(json_t *value, const struct json_member *m, struct json_command *c)
{
    if (json_is_null(value))
        return true;
    if (!take_text(value, m, c))
        return false;
    c->phone.text = json_string_value(value);
    return true;
}

static const struct choices *const choices_of[] = {
    [JSON_IS_SIDES] = &choices_sides, [JSON_IS_ENCRYPTION] = &choices_encryption,
    [JSON_IS_DTMF_MODE] = &choices_dtmf, [JSON_IS_VOICE] = &choices_voice,
    [JSON_IS_TEST] = &choices_test,
};

static bool take_choice(json_t *value, const struct json_member *m, struct json_command *c)
{
    return choices_find(choices_of[m->type], json_string_value(value), place(c, m));
}

static bool take_number(json_t *value, json_int_t least, json_int_t most, json_int_t *out)
{
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= least && *out <= most;
}

static bool take_call(json_t *value, const struct json_member *m, struct json_command *c)
{
    json_int_t n;

    if (!take_number(value, 1, UINT32_MAX, &n))
        return false;
    *(uint32_t *)place(c, m) = (uint32_t)n;
    return true;
}

static bool take_calls(json_t *value, const struct json_member *m, struct json_command *c)
{
    size_t n = json_array_size(value);

    if (n < 2 || n > JSON_CALLS_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        json_int_t call;

        if (!take_number(json_array_get(value, i), 1, UINT32_MAX, &call))
            return false;
        ((uint32_t *)place(c, m))[i] = (uint32_t)call;
    }
    c->n_calls = n;
    return true;
}

static bool take_status(json_t *value, const struct json_member *m, struct json_command *c)
{
    json_int_t n;

    if (!take_number(value, LOWEST_REFUSAL, HIGHEST_REFUSAL, &n))
        return false;
    *(unsigned *)place(c, m) = (unsigned)n;
    return true;
}

static bool take_gain(json_t *value, const struct json_member *m, struct json_command *c)
{
    double db = json_number_value(value);

    if (!json_is_number(value) || db < GAIN_LEAST_DB || db > GAIN_MOST_DB)
        return false;
    *(double *)place(c, m) = db;
    return true;
}

static bool take_limit(json_t *value, const struct json_member *m, struct json_command *c)
{
    json_int_t n;

    if (!take_number(value, 1, LIMIT_MOST, &n))
        return false;
    *(size_t *)place(c, m) = (size_t)n;
    return true;
}

static bool take_switch(json_t *value, const struct json_member *m, struct json_command *c)
{
    *(bool *)place(c, m) = json_is_true(value);
    return json_is_boolean(value);
}

/* --- "audio" -------------------------------------------------------------------------------- */

static bool take_flag(json_t *value, bool *out)
{
    *out = json_is_true(value);
    return json_is_boolean(value);
}

static bool take_audio_member(const char *name, json_t *value, struct json_command *c)
{
    json_int_t n;

    if (strcmp(name, "in") == 0)
        return take_flag(value, &c->audio_in);
    if (strcmp(name, "out") == 0)
        return take_flag(value, &c->audio_out);
    if (strcmp(name, "hangup_at_eof") == 0)
        return take_flag(value, &c->in.hangs_up);
    if (strcmp(name, "live") == 0)
        return take_flag(value, &c->in.live) && take_flag(value, &c->out.live);
    if (strcmp(name, "rate") == 0 && take_number(value, 8000, 48000, &n)) {
        c->in.rate_hz = c->out.rate_hz = (uint32_t)n;
        return true;
    }
    if (strcmp(name, "channels") == 0 && take_number(value, 1, 2, &n)) {
        c->in.channels = c->out.channels = (uint8_t)n;
        return true;
    }
    return false;
}

static bool take_audio(json_t *value, const struct json_member *m, struct json_command *c)
{
    const char *name;
    json_t *member;

    (void)m;
    if (!json_is_object(value))
        return false;
    json_object_foreach (value, name, member)
        if (!take_audio_member(name, member, c))
            return false;
    if (!json_object_get(value, "live"))
        c->in.live = c->out.live = c->audio_in && c->audio_out;
    return c->audio_in || c->audio_out;
}

static const struct {
    bool (*take)(json_t *value, const struct json_member *m, struct json_command *c);
    const char *wanted; /* NULL: one of the choices */
} types[] = {
    [JSON_IS_TEXT] = {take_text, "a string that is not empty"},
    [JSON_IS_FILE] = {take_text, "the name of a file"},
    [JSON_IS_DIGITS] = {take_digits, "a string of 1 to 64 of 0-9 * # A-D , and p"},
    [JSON_IS_SECRET] = {take_secret, "a string that is not empty, or null"},
    [JSON_IS_SIDES] = {take_choice, NULL},
    [JSON_IS_ENCRYPTION] = {take_choice, NULL},
    [JSON_IS_DTMF_MODE] = {take_choice, NULL},
    [JSON_IS_VOICE] = {take_choice, NULL},
    [JSON_IS_CALL] = {take_call, "the number of a call, 1 and up"},
    [JSON_IS_CALLS] = {take_calls, "an array of 2 to 256 numbers of calls"},
    [JSON_IS_STATUS] = {take_status, "a number from 300 to 699"},
    [JSON_IS_GAIN] = {take_gain, "a number from -96 to 18"},
    [JSON_IS_LIMIT] = {take_limit, "a number from 1 to 100000"},
    [JSON_IS_TEST] = {take_choice, NULL},
    [JSON_IS_SWITCH] = {take_switch, "true or false"},
    [JSON_IS_AUDIO] = {take_audio, "an object with \"in\" or \"out\" true, and perhaps "
                                   "\"rate\" (8000 to 48000), \"channels\" (1 or 2), "
                                   "\"live\" and \"hangup_at_eof\""},
};

/* --- names ---------------------------------------------------------------------------------- */

static const struct json_member *find_member(const struct json_verb *verb, const char *name)
{
    const struct json_member *m;

    for (size_t i = 0; (m = json_member_at(i)); i++)
        if (((verb->must | verb->may) & m->bit) && strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

static void put_quoted(struct buf *why, const char *foreign)
{
    buf_putc(why, '"');
    text_safe(why, slice_head(slice_of(foreign), 64));
    buf_putc(why, '"');
}

static int suggest(const char *wrong, const char *const *names, size_t n, struct buf *why)
{
    const char *right = spelling_nearest(slice_of(wrong), names, n);

    if (right)
        buf_printf(why, "; did you mean \"%s\"?", right);
    return -EINVAL;
}

int json_command_unknown(const char *name, struct buf *why)
{
    const char *names[NAMES_MAX];
    const struct json_verb *verb;
    size_t n = 0;

    for (size_t i = 0; n < NAMES_MAX && (verb = json_verb_at(i)); i++)
        if (verb->action != JSON_NOT_BUILT)
            names[n++] = verb->name;
    buf_puts(why, "there is no command ");
    put_quoted(why, name);
    return suggest(name, names, n, why);
}

int json_member_unknown(const struct json_verb *verb, const char *name, struct buf *why)
{
    const char *names[NAMES_MAX] = {"id", "command"};
    const struct json_member *m;
    size_t n = 2;

    for (size_t i = 0; n < NAMES_MAX && (m = json_member_at(i)); i++)
        if ((verb->must | verb->may) & m->bit)
            names[n++] = m->name;
    buf_printf(why, "%s has no member ", verb->name);
    put_quoted(why, name);
    return suggest(name, names, n, why);
}

/* --- the line ------------------------------------------------------------------------------- */

static int refuse(const char **error, const char *word)
{
    *error = word;
    return -EINVAL;
}

static int parse(struct slice line, struct json_command *c, const char **error, struct buf *why)
{
    json_error_t fault;

    json_set_alloc_funcs(wiped_malloc, wiped_free);
    c->tree = json_loadb(line.p ? line.p : "", line.n, JSON_REJECT_DUPLICATES, &fault);
    if (!c->tree && json_error_code(&fault) == json_error_out_of_memory) {
        *error = "no-memory";
        buf_puts(why, "there is no memory for this line");
        return -ENOMEM;
    }
    if (json_is_object((json_t *)c->tree))
        return 0;
    if (c->tree) {
        buf_puts(why, "a command is an object: {\"command\": ...}");
        return refuse(error, "bad-json");
    }
    buf_puts(why, "this line is no JSON: ");
    if (json_error_code(&fault) == json_error_null_character)
        buf_puts(why, "a string has a NUL in it");
    else
        text_safe(why, slice_head(slice_of(fault.text), 128));
    buf_printf(why, ", column %d", fault.column);
    return refuse(error, "bad-json");
}

static int take_id(struct json_command *c, const char **error, struct buf *why)
{
    json_t *id = json_object_get(c->tree, "id");
    size_t n;

    if (!id || json_is_null(id))
        return 0;
    buf_clear(&c->id);
    if (json_is_integer(id) || json_is_string(id)) {
        char *room;

        n = json_dumpb(id, NULL, 0, JSON_ENCODE_ANY);
        room = n > 0 ? buf_room(&c->id, n) : NULL;
        if (room && json_dumpb(id, room, n, JSON_ENCODE_ANY) == n)
            return 0;
    }
    buf_clear(&c->id);
    buf_puts(&c->id, "null");
    buf_printf(why, "\"id\" is an integer or a string of at most %d bytes", JSON_ID_MAX - 2);
    return refuse(error, "bad-member");
}

static int take_verb(struct json_command *c, const char **error, struct buf *why)
{
    json_t *name = json_object_get(c->tree, "command");

    if (!json_is_string(name)) {
        buf_puts(why, name ? "\"command\" is a string" : "the member \"command\" is missing");
        return refuse(error, "bad-member");
    }
    c->verb = json_verb_find(json_string_value(name));
    if (!c->verb) {
        json_command_unknown(json_string_value(name), why);
        return refuse(error, "unknown-command");
    }
    if (c->verb->action == JSON_NOT_BUILT) {
        buf_printf(why, "%s is not built yet", c->verb->name);
        return refuse(error, "not-built");
    }
    c->phone.kind = c->verb->kind;
    c->phone.on = c->verb->on || (c->verb->may & JSON_ON);
    return 0;
}

static void put_wanted(enum json_type type, struct buf *why)
{
    if (types[type].wanted)
        buf_puts(why, types[type].wanted);
    else
        choices_put(choices_of[type], "\"", why);
}

static int take_member(struct json_command *c, const char *name, json_t *value, struct buf *why)
{
    const struct json_member *m = find_member(c->verb, name);

    if (!m)
        return json_member_unknown(c->verb, name, why);
    if (!types[m->type].take(value, m, c)) {
        buf_printf(why, "\"%s\" of %s is ", m->name, c->verb->name);
        put_wanted(m->type, why);
        return -EINVAL;
    }
    c->said |= m->bit;
    return 0;
}

static int look_for_missing(const struct json_command *c, struct buf *why)
{
    const struct json_member *m;

    for (size_t i = 0; (m = json_member_at(i)); i++) {
        if (!(c->verb->must & ~c->said & m->bit))
            continue;
        buf_printf(why, "%s needs \"%s\": %s", c->verb->name, m->name, m->help);
        return -EINVAL;
    }
    return 0;
}

/* Two sources or two sinks for one call; or none, where that is what the command is about. */
static int look_for_strife(const struct json_command *c, struct buf *why)
{
    const unsigned plays = JSON_PLAY | JSON_PLAY_FILE, records = JSON_RECORD | JSON_RECORD_FILE;
    const char *name = c->verb->name, *sentence = NULL;
    bool play = c->verb->kind == PHONE_PLAY, record = c->verb->kind == PHONE_RECORD;

    if ((c->said & plays) && c->audio_in)
        sentence = "plays either a file or what comes by \"audio\"";
    else if ((c->said & records) && c->audio_out)
        sentence = "records either to a file or by \"audio\"";
    else if ((play && c->audio_out) || (record && c->audio_in))
        sentence = "takes \"audio\" in one direction";
    else if (play && !(c->said & plays) && !c->audio_in)
        sentence = "needs \"file\" or \"audio\"";
    else if (record && c->phone.on && !(c->said & records) && !c->audio_out)
        sentence = "needs \"file\", \"audio\", or \"on\": false";
    else if (record && !c->phone.on && (c->said & (records | JSON_AUDIO)))
        sentence = "ends with \"on\": false and needs nothing else for that";
    else if (c->verb->kind == PHONE_DEVICE && !(c->said & (JSON_DEVICE_NAME | JSON_RING_DEVICE)))
        sentence = "needs \"name\" or \"ring\"";
    if (!sentence)
        return 0;
    buf_printf(why, "%s %s", name, sentence);
    return -EINVAL;
}

static int take_members(struct json_command *c, const char **error, struct buf *why)
{
    const char *name;
    json_t *value;
    int err = 0;

    json_object_foreach (c->tree, name, value)
        if (!err && strcmp(name, "id") != 0 && strcmp(name, "command") != 0)
            err = take_member(c, name, value, why);
    if (!err)
        err = look_for_missing(c, why);
    if (!err)
        err = look_for_strife(c, why);
    if (c->audio_out && !(c->said & JSON_SIDES)) /* a program wants to hear, not to hear itself */
        c->phone.sound.sides = PHONE_SIDES_HEARD;
    if (c->said & JSON_HANGUP_AT_EOF)
        c->in.hangs_up = c->phone.sound.hangs_up;
    return err ? refuse(error, "bad-member") : 0;
}

int json_command_read(struct slice line, struct json_command *c, const char **error,
                      struct buf *why)
{
    int err;

    *c = (struct json_command){.id = buf_new(JSON_ID_MAX)};
    c->phone.sound.sides = PHONE_SIDES_APART;
    buf_puts(&c->id, "null");
    err = parse(line, c, error, why);
    if (!err)
        err = take_id(c, error, why);
    if (!err)
        err = take_verb(c, error, why);
    if (!err)
        err = take_members(c, error, why);
    return err;
}

void json_command_free(struct json_command *c)
{
    json_decref(c->tree);
    c->tree = NULL;
    buf_free(&c->id);
}
