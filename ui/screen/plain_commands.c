/* What is typed behind the prompt of the line mode: commands of its own, views by their names, and
 * those of the screen. */
#include "ui/screen/commands.h"
#include "ui/screen/plain.h"
#include "ui/screen/width.h"

/* --- of its own ----------------------------------------------------------------------------- */

static void say_status(struct plain *p, struct slice argument)
{
    (void)argument;
    plain_put_status(p);
}

void plain_say_completions(struct plain *p, struct slice begun)
{
    struct buf line = buf_new(LINE_BYTES_MAX);
    size_t n = 0;

    for (; plain_complete(p, begun, n, &line); n++)
        buf_printf(&p->out, "%s\n", buf_cstr(&line));
    if (n == 0)
        buf_puts(&p->out, "Nothing begins like that.\n");
    buf_free(&line);
}

static void say_wait(struct plain *p, struct slice argument)
{
    uint64_t s;

    if (slice_number(argument, 3600, &s) != 0)
        buf_puts(&p->out, "wait: a number of seconds\n");
    else
        p->rest_until_ms = p->screen->now_ms + s * 1000;
}

static void say_for_eyes(struct plain *p, struct slice argument)
{
    (void)argument;
    buf_puts(&p->out, "That is for the screen: lines have nothing around them, and no mouse.\n");
}

static void set_tell(struct plain *p, struct slice how)
{
    static const char *const words[] = {"little", "normal", "much"}; /* from PLAIN_LITTLE on */
    bool known = how.n == 0;

    for (int i = 0; i < (int)ARRAY_LEN(words); i++)
        if (slice_eq(how, slice_of(words[i]))) {
            p->tell = (enum plain_tell)(PLAIN_LITTLE + i);
            known = true;
        }
    if (known)
        buf_printf(&p->out, "tell: %s\n", words[p->tell - PLAIN_LITTLE]);
    else
        buf_puts(&p->out, "tell: little, normal or much\n");
}

static void say_quality(struct plain *p, struct slice argument)
{
    const struct model_call *c = NULL;
    uint64_t number;

    if (argument.n > 0) {
        if (slice_number(argument, UINT32_MAX, &number) == 0)
            c = model_call(p->screen->model, (uint32_t)number);
        if (!c) {
            buf_printf(&p->out, "there is no call %" PRI_SLICE "\n",
                       ARG_SLICE(width_head(argument, 40)));
            return;
        }
    }
    plain_read_quality(p, c);
}

static void read_back(struct plain *p, struct slice argument)
{
    (void)argument;
    plain_read_on(p, true);
}

static void read_on(struct plain *p, struct slice argument)
{
    (void)argument;
    plain_read_on(p, false);
}

static bool search_in(struct plain *p, const struct view *view)
{
    struct slice text = buf_slice(&p->screen->search);
    bool found = plain_matches(p, view, text) > 0;

    if (found) {
        screen_open(p->screen, view);
        plain_read_matches(p, view, text);
    }
    return found;
}

/* From where no list is open: among people, else among calls of the past. */
static bool search_everywhere(struct plain *p)
{
    size_t past = plain_matches(p, &view_history, buf_slice(&p->screen->search));

    if (!search_in(p, &view_contacts))
        return search_in(p, &view_history);
    if (past > 0)
        buf_printf(&p->out, "The history has %zu more; open it and search there.\n", past);
    return true;
}

void plain_search_for(struct plain *p, struct slice text)
{
    struct screen *s = p->screen;
    const struct view *view = screen_view(s);

    if (s->prompt == PROMPT_SEARCH)
        screen_key(s, &(struct key){.code = KEY_ESCAPE}); /* leaves the question */
    if (text.n == 0)
        return;
    buf_clear(&s->search);
    buf_put(&s->search, text);
    if (view->rows && view->text && view != &view_calls ? search_in(p, view) : search_everywhere(p))
        return;
    buf_printf(&p->out, "%" PRI_SLICE " is not there\n", ARG_SLICE(width_head(text, 100)));
}

static void search(struct plain *p, struct slice argument)
{
    if (argument.n > 0)
        plain_search_for(p, argument);
    else
        screen_begin_prompt(p->screen, PROMPT_SEARCH, SLICE(""));
}

/* A number means the row that was heard: one that has changed since is not taken for it. */
static void choose(struct plain *p, struct slice argument)
{
    struct screen *s = p->screen;
    const struct view *view = screen_view(s);
    struct buf line = buf_new(LINE_BYTES_MAX);
    uint64_t row;

    if (view == &view_calls && slice_number(argument, UINT32_MAX, &row) == 0 &&
        model_call(s->model, (uint32_t)row)) { /* calls go by their own numbers */
        s->call = (uint32_t)row;
        argument = SLICE("");
    }
    if (slice_number(argument, UINT32_MAX, &row) == 0 && row > 0 && view->rows && view->text &&
        row <= view->rows(s) && !plain_row_holds(p, view, (size_t)row - 1)) {
        buf_puts(&p->out, "That row is another one now:\n");
        plain_read_row(p, view, (size_t)row - 1);
    } else {
        buf_printf(&line, "choose %" PRI_SLICE, ARG_SLICE(argument));
        command_run(s, buf_slice(&line));
    }
    buf_free(&line);
}

/* clang-format off */
static const struct plain_command own[] = {
    {"status",    NULL,      "say how the telephone is: accounts and calls",            say_status},
    {"quality",   "CALL",    "say how the calls are heard, or the one of that number",  say_quality},
    {"tell",      "HOW",     "little, normal or much: how much is told of what happens", set_tell},
    {"search",    "TEXT",    "read the rows with that text: of the open list, else of people or the history", search},
    {"page-down", NULL,      "read on in the list",                                     read_on},
    {"page-up",   NULL,      "read the rows before those that were read last",          read_back},
    {"choose",    "ROW",     NULL,                                                      choose},
    {"help",      "COMMAND", "tell what can be done now, or what a command does; all: every one", plain_help},
    {"complete",  "TEXT",    "list what TEXT can become; so does a tab behind it",      plain_say_completions},
    {"wait",      "SECONDS", "take the next line only then, for scripts",               say_wait},
    {"redraw",    NULL,      NULL,                                                      say_status},
    {"bare",      NULL,      NULL,                                                      say_for_eyes},
    {"mouse",     NULL,      NULL,                                                      say_for_eyes},
    {"?",         NULL,      NULL,                                                      plain_help},
};
/* clang-format on */

const struct plain_command *plain_command_at(size_t i)
{
    return i < ARRAY_LEN(own) ? &own[i] : NULL;
}

const struct plain_command *plain_command_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (slice_eq(name, slice_of(own[i].name)))
            return &own[i];
    return NULL;
}

/* --- a line --------------------------------------------------------------------------------- */

static bool run_own(struct plain *p, struct slice line)
{
    struct slice argument = line, name = slice_cut(&argument, ' ');
    const struct plain_command *command = plain_command_find(name);

    if (command)
        command->run(p, slice_trim(argument));
    return command != NULL;
}

/* Also "view NAME", and also where it was open already: it is read out again. */
static bool open_named(struct plain *p, struct slice line)
{
    bool said = slice_starts(line, SLICE("view ")) || slice_starts(line, SLICE("focus "));
    struct slice name = said ? slice_trim(slice_skip(line, (size_t)slice_index(line, ' '))) : line;
    const struct command *c = said ? NULL : command_find(line);
    const struct view *view = c && c->must ? NULL : view_find(name);

    if (!view || view->key)
        return false;
    screen_open(p->screen, view);
    plain_read_when_known(p, view);
    return true;
}

static bool moves(struct slice line)
{
    static const char *const names[] = {"up",   "down",        "first",
                                        "last", "search-next", "search-previous"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_eq(line, slice_of(names[i])))
            return true;
    return false;
}

/* Where one is, also where that is where one was. */
static void say_row(struct plain *p)
{
    const struct view *view = screen_view(p->screen);
    size_t at = screen_chosen(p->screen, view);

    if (!plain_has_news(p->screen) && at != SIZE_MAX && view->text)
        plain_read_row(p, view, at);
}

/* The trace shows other messages, or another one. */
static void say_trace(struct plain *p)
{
    const struct view *view = screen_view(p->screen);

    if (plain_has_news(p->screen) || p->screen->prompt != PROMPT_NONE)
        return;
    if (view == &view_trace)
        plain_read_title(p, view);
    else if (view == &view_trace_message)
        plain_read(p, view);
}

static void run_command(struct plain *p, struct slice line)
{
    struct screen *s = p->screen;
    const struct view *view = screen_view(s);

    command_run(s, line);
    if (moves(line))
        say_row(p);
    else if (slice_starts(line, SLICE("trace-")) && screen_view(s) == view)
        say_trace(p);
}

/* "a" is answer, as on the screen; whether it is a key that does something now. */
static bool run_key(struct plain *p, struct slice line)
{
    const struct binding *b;
    struct key key;

    if (key_parse(line, &key) != 0)
        return false;
    b = command_binding(p->screen, &key);
    if (b && !run_own(p, slice_of(b->command)))
        run_command(p, slice_of(b->command));
    return b != NULL;
}

void plain_run(struct plain *p, struct slice line)
{
    if (run_own(p, line) || open_named(p, line))
        return;
    if (command_of_line(line) || !run_key(p, line))
        run_command(p, line);
}
