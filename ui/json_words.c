/* The words of `tphone ctl` as a line of JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/text.h"
#include "phone/folders.h"
#include "ui/json_command.h"

/* Hyphens do for underlines, as elsewhere on a command line. */
static bool is_named(const struct json_member *m, struct slice name)
{
    if (strlen(m->name) != name.n)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (m->name[i] != (name.p[i] == '-' ? '_' : name.p[i]))
            return false;
    return true;
}

/* --- values --------------------------------------------------------------------------------- */

static int add_piece(const char *piece, size_t n, void *line)
{
    buf_put(line, (struct slice){piece, n});
    return 0;
}

/* As it is, not as it would be shown: a file may have any name. False: it is empty, or no UTF-8,
 * which JSON cannot say. */
static bool put_text(struct buf *line, const char *value)
{
    json_t *text = json_string(value);
    bool done = text && json_dump_callback(text, add_piece, line, JSON_ENCODE_ANY) == 0;

    json_decref(text);
    return done && *value;
}

static bool put_file(struct buf *line, const char *value)
{
    struct buf path = buf_new(16384);
    bool done;

    folders_absolute(value, &path);
    done = put_text(line, buf_cstr(&path));
    buf_free(&path);
    return done && *value;
}

static bool put_switch(struct buf *line, const char *value)
{
    static const char *const words[][3] = {{"no", "off", "false"}, {"yes", "on", "true"}};

    for (size_t on = 0; on < 2; on++)
        for (size_t i = 0; i < ARRAY_LEN(words[on]); i++)
            if (strcmp(value, words[on][i]) == 0) {
                buf_puts(line, on ? "true" : "false");
                return true;
            }
    return false;
}

static bool put_whole(struct buf *line, struct slice value)
{
    uint64_t n;

    if (slice_number(value, UINT32_MAX, &n) != 0)
        return false;
    buf_printf(line, "%llu", (unsigned long long)n);
    return true;
}

static bool put_list(struct buf *line, const char *value)
{
    struct slice rest = slice_of(value);
    char between = '[';

    while (rest.p) {
        buf_putc(line, between);
        if (!put_whole(line, slice_cut(&rest, ',')))
            return false;
        between = ',';
    }
    buf_putc(line, ']');
    return true;
}

static bool put_gain(struct buf *line, const char *value)
{
    char *end;
    double db = strtod(value, &end);

    if (!*value || *end || !(db >= -1000 && db <= 1000))
        return false;
    buf_printf(line, "%.2f", db);
    return true;
}

/* False: it is not of that type. What is out of range the phone itself refuses. */
static bool put_value(struct buf *line, const struct json_member *m, const char *value)
{
    switch (m->type) {
    case JSON_IS_TEXT:
    case JSON_IS_DIGITS:
    case JSON_IS_SIDES:
    case JSON_IS_ENCRYPTION:
    case JSON_IS_DTMF_MODE:
    case JSON_IS_VOICE:
    case JSON_IS_TEST:
        return put_text(line, value);
    case JSON_IS_FILE:
        return put_file(line, value);
    case JSON_IS_CALL:
    case JSON_IS_STATUS:
    case JSON_IS_LIMIT:
        return put_whole(line, slice_of(value));
    case JSON_IS_CALLS:
        return put_list(line, value);
    case JSON_IS_GAIN:
        return put_gain(line, value);
    case JSON_IS_SWITCH:
        return put_switch(line, value);
    case JSON_IS_SECRET:
    case JSON_IS_AUDIO:
        break;
    }
    return false;
}

/* --- members -------------------------------------------------------------------------------- */

struct request {
    const struct json_verb *verb;
    struct json_sound *sound;
    struct buf *line, *why;
    uint64_t said;
    size_t plain; /* words without a name */
};

static void refuse_value(struct request *w, const struct json_member *m, const char *value)
{
    buf_printf(w->why, "%s: %s cannot be ", w->verb->name, m->name);
    text_safe(w->why, slice_of(*value ? value : "\"\""));
    if (strcmp(m->value, "yes|no") == 0)
        buf_printf(w->why, "; it is yes or no: %s", m->help);
    else
        buf_printf(w->why, "; it is %s", m->help);
}

/* Notes a file, which may be "-"; false: that is to be said as "audio". */
static bool note_file(struct json_sound *sound, const struct json_member *m, const char *value)
{
    bool plays = m->bit & (JSON_PLAY | JSON_PLAY_FILE), piped = strcmp(value, "-") == 0;

    if (piped)
        *(plays ? &sound->in : &sound->out) = true;
    else
        *(plays ? &sound->play : &sound->record) = value;
    return !piped;
}

static void put_audio(struct request *w)
{
    const struct json_sound *sound = w->sound;

    if (!sound->in && !sound->out)
        return;
    buf_puts(w->line, ",\"audio\":{\"live\":false");
    buf_puts(w->line, sound->in ? ",\"in\":true" : "");
    buf_puts(w->line, sound->out ? ",\"out\":true" : "");
    if (sound->rate_hz)
        buf_printf(w->line, ",\"rate\":%u", (unsigned)sound->rate_hz);
    if (sound->channels)
        buf_printf(w->line, ",\"channels\":%u", (unsigned)sound->channels);
    buf_putc(w->line, '}');
}

static int put_member(struct request *w, const struct json_member *m, const char *value)
{
    if (w->said & m->bit) {
        buf_printf(w->why, "%s: %s is said twice", w->verb->name, m->name);
        return -EINVAL;
    }
    if (m->type == JSON_IS_SECRET || m->type == JSON_IS_AUDIO) {
        buf_printf(w->why, "%s: %s is never an argument", w->verb->name, m->name);
        return -EINVAL;
    }
    w->said |= m->bit;
    if (m->type == JSON_IS_FILE && !note_file(w->sound, m, value))
        return 0;
    buf_printf(w->line, ",\"%s\":", m->name);
    if (put_value(w->line, m, value))
        return 0;
    refuse_value(w, m, value);
    return -EINVAL;
}

static const struct json_member *by_bit(uint64_t bit)
{
    const struct json_member *m;

    for (size_t i = 0; (m = json_member_at(i)); i++)
        if (m->bit == bit)
            return m;
    return NULL;
}

static const struct json_member *by_name(const struct json_verb *verb, struct slice name)
{
    const struct json_member *m;

    for (size_t i = 0; (m = json_member_at(i)); i++)
        if (((verb->must | verb->may) & m->bit) && is_named(m, name))
            return m;
    return NULL;
}

static bool looks_like_name(struct slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && name.p[i] != '_' && name.p[i] != '-')
            return false;
    return name.n > 0;
}

/* MEMBER=VALUE. An address may have an equals sign in it, too, behind other letters. */
static bool has_name(const char *word)
{
    struct slice value = slice_of(word), name = slice_cut(&value, '=');

    return value.p && looks_like_name(name);
}

static int put_named(struct request *w, const char *word)
{
    struct slice value = slice_of(word), name = slice_cut(&value, '=');
    const struct json_member *m = by_name(w->verb, name);
    char *copy;
    int err;

    if (m)
        return put_member(w, m, value.p);
    copy = slice_dup(name);
    err = copy ? json_member_unknown(w->verb, copy, w->why) : -ENOMEM;
    free(copy);
    return err;
}

/* Which member a word is that does not say so. The one that matters need not stand behind a number
 * that nobody needs: dtmf 12#, dtmf 3 12#; but record 3 on=no. */
static uint64_t place_of(const struct request *w)
{
    if (w->verb->alone && w->plain == 1 && !(w->said & (w->verb->alone | JSON_ON)))
        return w->verb->alone;
    return w->said & w->verb->first ? w->verb->second : w->verb->first;
}

static int put_word(struct request *w, const char *word)
{
    uint64_t bit = place_of(w);

    if (has_name(word))
        return put_named(w, word);
    if (bit && !(w->said & bit))
        return put_member(w, by_bit(bit), word);
    buf_printf(w->why, "%s: there is no place for ", w->verb->name);
    text_safe(w->why, slice_of(word));
    buf_puts(w->why, "; tphone ctl --help lists what it takes");
    return -EINVAL;
}

/* All words without a name are one list: conference 1 2 3. */
static int put_calls(struct request *w, const char *const *words, size_t n)
{
    struct buf list = buf_new(4096);
    int err = 0;

    for (size_t i = 0; i < n; i++)
        buf_printf(&list, "%s%s", i ? "," : "", words[i]);
    if (n > 0)
        err = put_word(w, buf_cstr(&list));
    buf_free(&list);
    return err;
}

static int look_for_missing(const struct request *w)
{
    const struct json_member *m;

    for (size_t i = 0; (m = json_member_at(i)); i++) {
        if (!(w->verb->must & ~w->said & m->bit))
            continue;
        buf_printf(w->why, "%s needs %s: %s", w->verb->name, m->value, m->help);
        return -EINVAL;
    }
    return 0;
}

/* Those with a name first, as these tell what is left for the others. */
static int put_words(struct request *w, const char *const *words, size_t n)
{
    int err = 0;

    for (size_t i = 0; i < n; i++)
        w->plain += !has_name(words[i]);
    for (int named = 1; named >= 0; named--)
        for (size_t i = 0; i < n && !err; i++)
            if (has_name(words[i]) == (named == 1))
                err = put_word(w, words[i]);
    return err;
}

static int refuse_verb(const struct request *w, const char *name)
{
    if (!w->verb)
        return json_command_unknown(name, w->why);
    buf_printf(w->why, "%s is not built yet", w->verb->name);
    return -EINVAL;
}

int json_command_of_words(const char *const *words, size_t n, struct json_sound *sound,
                          struct buf *line, struct buf *why)
{
    struct request w = {
        .verb = n > 0 ? json_verb_find(words[0]) : NULL, .sound = sound, .line = line, .why = why};
    int err = 0;

    if (!w.verb || w.verb->action == JSON_NOT_BUILT)
        return refuse_verb(&w, n > 0 ? words[0] : "");
    buf_printf(line, "{\"command\":\"%s\"", w.verb->name);
    if (w.verb->first == JSON_CALLS)
        err = put_calls(&w, words + 1, n - 1);
    else
        err = put_words(&w, words + 1, n - 1);
    if (!err)
        err = look_for_missing(&w);
    put_audio(&w);
    buf_puts(line, "}\n");
    return err;
}
