#include "ui/completion.h"

#include <string.h>

#include "phone/event_names.h"
#include "ui/json_command.h"

static bool all_between(struct slice word, char first, char last)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < first || word.p[i] > last)
            return false;
    return word.n > 0;
}

/* What tphone ctl can be followed by. */
static size_t put_verbs(struct buf *out)
{
    const struct json_verb *verb;
    size_t n = 0;

    for (size_t i = 0; (verb = json_verb_at(i)); i++)
        if (verb->action != JSON_NOT_BUILT)
            buf_printf(out, "%s%s", n++ > 0 ? " " : "", verb->name);
    return n;
}

size_t completion_literals(const char *argument, struct buf *out)
{
    struct slice rest = slice_of(argument);
    size_t before = out->n, n = 0;

    if (slice_starts(rest, SLICE("COMMAND ")))
        return put_verbs(out);
    while (rest.n > 0) {
        struct slice word = slice_cut(&rest, '|');

        if (all_between(word, 'a', 'z')) {
            buf_puts(out, n++ > 0 ? " " : "");
            buf_put(out, word);
        } else if (!all_between(word, 'A', 'Z')) {
            out->n = before;
            return 0;
        }
    }
    return n;
}

enum completion_kind completion_kind_of(const char *argument)
{
    struct buf literals = buf_new(1024);
    enum completion_kind kind = COMPLETION_FREE;

    if (!argument || !*argument)
        kind = COMPLETION_NONE;
    else if (strcmp(argument, "FILE") == 0 || strcmp(argument, "[FILE]") == 0)
        kind = COMPLETION_FILE;
    else if (strcmp(argument, "ADDRESS") == 0)
        kind = COMPLETION_CONTACT;
    else if (completion_literals(argument, &literals) > 0)
        kind = COMPLETION_WORDS;
    buf_free(&literals);
    return kind;
}

enum completion_kind completion_kind_of_verb(const struct json_verb *verb)
{
    if (verb->first == JSON_TARGET)
        return COMPLETION_CONTACT;
    return verb->alone & (JSON_PLAY_FILE | JSON_RECORD_FILE) ? COMPLETION_FILE : COMPLETION_NONE;
}

static size_t put_events(struct buf *out)
{
    const char *name;
    size_t n = 0;

    for (; (name = event_name_at(n)); n++)
        buf_printf(out, "%s%s", n > 0 ? " " : "", name);
    return n;
}

size_t completion_members(const struct json_verb *verb, struct buf *out)
{
    const struct json_member *m;
    uint64_t named = verb->may & ~(verb->first | verb->second);
    size_t n = 0;

    if (verb->action == JSON_SET_EVENTS)
        return put_events(out);
    for (size_t i = 0; (m = json_member_at(i)); i++)
        if ((named & m->bit) && m->type != JSON_IS_AUDIO && m->type != JSON_IS_SECRET)
            buf_printf(out, "%s%s=", n++ > 0 ? " " : "", m->name);
    return n;
}
