#include "ui/screen/commands.h"

#include <stdlib.h>
#include <time.h>

#include "ui/screen/width.h"

static const struct command *const tables[] = {commands_of_calls, commands_of_contacts,
                                               commands_of_devices, commands_of_trace,
                                               commands_of_view};

/* --- the table ------------------------------------------------------------------------------ */

const struct command *command_at(size_t i)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (const struct command *c = tables[t]; c->name; c++)
            if (i-- == 0)
                return c;
    return NULL;
}

size_t command_count(void)
{
    size_t n = 0;

    while (command_at(n))
        n++;
    return n;
}

const struct command *command_find(struct slice name)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (const struct command *c = tables[t]; c->name; c++)
            if (slice_eq(slice_of(c->name), name))
                return c;
    return NULL;
}

/* Cuts the name off, also where its hyphen is a blank: "hang up", "contact add". line is as it was
 * where there is no such command. */
static const struct command *cut_command(struct slice *line)
{
    struct slice rest = *line, first = slice_cut(&rest, ' '), second = slice_cut(&rest, ' ');
    const struct command *c = command_find(first);
    struct buf name = buf_new(LINE_BYTES_MAX);

    if (c) {
        slice_cut(line, ' ');
        return c;
    }
    if (second.n > 0)
        buf_printf(&name, "%" PRI_SLICE "-%" PRI_SLICE, ARG_SLICE(first), ARG_SLICE(second));
    c = command_find(buf_slice(&name));
    if (c)
        *line = rest;
    buf_free(&name);
    return c;
}

const struct command *command_of_line(struct slice line)
{
    struct slice rest = slice_trim(line);

    return cut_command(&rest);
}

bool command_can(const struct screen *s, const struct command *c)
{
    return !c->can || c->can(s);
}

/* "2" of "hang-up 2", "2" of "dtmf 2 17#": of one word alone it is the argument that is needed. */
static bool takes_call(const struct command *c, struct slice argument)
{
    ptrdiff_t blank = slice_index(argument, ' ');
    struct slice word = blank < 0 ? argument : slice_head(argument, (size_t)blank);
    uint64_t number;

    return c->of_call && slice_number(word, UINT32_MAX, &number) == 0 && (!c->must || blank > 0);
}

/* Or something that was asked in it. */
static bool is_there(const struct screen *s, uint32_t call)
{
    const struct model_wish *w = model_wish(s->model, call);

    return model_call(s->model, call) || (w && w->call == call);
}

/* Whether there is that call. */
static bool take_call(struct screen *s, struct slice *argument)
{
    uint64_t number = 0;

    slice_number(slice_cut(argument, ' '), UINT32_MAX, &number);
    *argument = slice_trim(*argument);
    if (!is_there(s, (uint32_t)number)) {
        screen_say(s, STYLE_BAD, "there is no call %u", (unsigned)number);
        return false;
    }
    s->call = (uint32_t)number;
    return true;
}

void command_run(struct screen *s, struct slice line)
{
    struct slice argument = slice_trim(line), rest = argument, name = slice_cut(&rest, ' ');
    const struct command *c = cut_command(&argument);

    argument = slice_trim(argument);
    if (name.n == 0)
        return;
    if (!c)
        screen_say(s, STYLE_BAD, "there is no command %" PRI_SLICE "; ? shows them",
                   ARG_SLICE(width_head(name, 40)));
    else if (takes_call(c, argument) && !take_call(s, &argument))
        return;
    else if (c->must && argument.n == 0)
        screen_say(s, STYLE_BAD, "%s needs %s: %s", c->name, c->value, c->help);
    else if (!c->value && argument.n > 0)
        screen_say(s, STYLE_BAD, "%s takes nothing behind it", c->name);
    else if (!command_can(s, c))
        screen_say(s, STYLE_WARN, c->needs ? "%s needs %s" : "%s: not now", c->name, c->needs);
    else
        c->run(s, argument);
}

/* --- keys ----------------------------------------------------------------------------------- */

/* In which order places are asked for the view on top; NULL: not that one. */
static size_t places(const struct screen *s, const char *out[4])
{
    const struct view *view = screen_view(s);
    size_t n = 0;

    out[n++] = view->name;
    if (view->kind == VIEW_PANE)
        out[n++] = "main";
    if (view->rows)
        out[n++] = "list";
    out[n++] = "";
    return n;
}

static bool is_none(const struct binding *b)
{
    return strcmp(b->command, "none") == 0;
}

static bool can_now(const struct screen *s, const struct binding *b)
{
    const struct command *c = command_of_line(slice_of(b->command));

    return c && command_can(s, c);
}

const struct binding *command_binding(const struct screen *s, const struct key *key)
{
    const char *place[4];
    size_t n = places(s, place);

    for (size_t p = 0; p < n; p++) {
        for (size_t i = 0; i < s->keys->n; i++) {
            const struct binding *b = &s->keys->at[i];

            if (strcmp(b->view, place[p]) != 0 || !key_same(&b->key, key))
                continue;
            if (is_none(b))
                return NULL;
            if (can_now(s, b))
                return b;
        }
    }
    return NULL;
}

/* Where one types, letters are text, and C-c leaves. */
static bool is_typed(const struct screen *s, const struct key *key)
{
    static const struct key leave = {.code = 'c', .mods = KEY_CTRL};

    return screen_view(s)->key && (key_is_text(key) || key_same(key, &leave));
}

bool command_is_of(const struct binding *b, const struct command *c)
{
    struct slice rest = slice_of(b->command);

    return slice_eq(slice_cut(&rest, ' '), slice_of(c->name));
}

const struct binding *command_key(const struct screen *s, const struct command *c)
{
    for (size_t i = 0; i < s->keys->n; i++) {
        const struct binding *b = &s->keys->at[i];

        /* Another one may stand before it. */
        if (command_is_of(b, c) && !is_typed(s, &b->key) && command_binding(s, &b->key) == b)
            return b;
    }
    return NULL;
}

/* --- completion ----------------------------------------------------------------------------- */

typedef const char *nth_fn(const struct screen *s, size_t i);

static const char *nth_command(const struct screen *s, size_t i)
{
    (void)s;
    return command_at(i) ? command_at(i)->name : NULL;
}

static const char *nth_view(const struct screen *s, size_t i)
{
    (void)s;
    return view_at(i) ? view_at(i)->name : NULL;
}

static const char *nth_account(const struct screen *s, size_t i)
{
    return i < s->model->n_accounts ? s->model->accounts[i].account : NULL;
}

static const char *nth_person(const struct screen *s, size_t i)
{
    const struct model *m = s->model;

    if (i < m->n_contacts)
        return m->contacts[i].name;
    i -= m->n_contacts;
    return i < m->n_past ? m->past[i].peer : NULL;
}

static const char *nth_contact(const struct screen *s, size_t i)
{
    return i < s->model->n_contacts ? s->model->contacts[i].name : NULL;
}

static const char *nth_device(const struct screen *s, size_t i)
{
    return i < s->model->n_devices ? s->model->devices[i].name : NULL;
}

static nth_fn *const completions[] = {
    [ARGUMENT_NONE] = NULL,           [ARGUMENT_TEXT] = NULL,
    [ARGUMENT_PERSON] = nth_person,   [ARGUMENT_ACCOUNT] = nth_account,
    [ARGUMENT_VIEW] = nth_view,       [ARGUMENT_COMMAND] = nth_command,
    [ARGUMENT_FILE] = NULL,           [ARGUMENT_DEVICE] = nth_device,
    [ARGUMENT_CONTACT] = nth_contact,
};

static bool is_among(const char *const *words, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* As cut_command takes it, with a blank for a hyphen. */
static bool is_name_begun(const char *name, struct slice begun)
{
    struct slice rest = slice_of(name);
    ptrdiff_t blank = slice_index(begun, ' ');

    if (blank < 0)
        return slice_istarts(rest, begun);
    return slice_istarts(rest, slice_head(begun, (size_t)blank)) && rest.p[blank] == '-' &&
           slice_istarts(slice_skip(rest, (size_t)blank + 1), slice_skip(begun, (size_t)blank + 1));
}

/* The first different words that the line may end with, max at most. command: whose argument they
 * are; NULL: they are names of commands. */
static size_t find_words(const struct screen *s, struct slice line, const char **out, size_t max,
                         const struct command **command)
{
    struct slice rest = line;
    const struct command *c = slice_index(line, ' ') >= 0 ? cut_command(&rest) : NULL;
    bool named = c && rest.p; /* what stands behind it is completed */
    nth_fn *nth = named ? completions[c->argument] : nth_command;
    struct slice begun = named ? rest : line;
    const char *word;
    size_t n = 0;

    for (size_t row = 0; n < max && nth && (word = nth(s, row)); row++)
        if ((named ? slice_istarts(slice_of(word), begun) : is_name_begun(word, begun)) &&
            !is_among(out, n, word))
            out[n++] = word;
    *command = named ? c : NULL;
    return n;
}

size_t command_completions(const struct screen *s, struct slice line)
{
    const char *words[COMPLETIONS_MAX];
    const struct command *c;

    return find_words(s, line, words, COMPLETIONS_MAX, &c);
}

bool command_complete(const struct screen *s, struct slice line, size_t i, struct buf *out)
{
    const char *words[COMPLETIONS_MAX];
    const struct command *c;

    if (i >= COMPLETIONS_MAX || find_words(s, line, words, i + 1, &c) <= i)
        return false;
    buf_clear(out);
    if (c)
        buf_printf(out, "%s ", c->name);
    buf_puts(out, words[i]);
    return true;
}

void command_put_file_name(struct buf *out, const char *what, const char *ending)
{
    const char *home = getenv("HOME");
    time_t now = time(NULL);
    struct tm tm;
    char text[32] = "";

    if (localtime_r(&now, &tm))
        strftime(text, sizeof text, "%Y-%m-%d-%H%M%S", &tm);
    buf_printf(out, "%s/%s-%s.%s", home && *home == '/' ? home : "/tmp", what, text, ending);
}
