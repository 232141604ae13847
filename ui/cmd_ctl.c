/* tphone ctl, and tphone status, which is one of its commands. */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "phone/event_names.h"
#include "phone/phone.h"
#include "phone/spelling.h"
#include "ui/cmd.h"
#include "ui/ctl_ask.h"
#include "ui/ctl_password.h"
#include "ui/ctl_show.h"
#include "ui/json_command.h"

#define ALL_EVENTS 2 /* the verbosity at which each has a line */

struct asked {
    const struct cli *cli;
    struct terminal *terminal;
    const char *verb;
    const struct json_sound *sound;
    const char *events[CLI_ARGS_MAX]; /* the only ones that are wanted, where there are any */
    size_t n_events;
    bool replied;
    unsigned told; /* events that may or may not have been the last */
    enum exit_status exit;
};

static bool is_verb(const struct asked *a, const char *verb)
{
    return strcmp(a->verb, verb) == 0;
}

/* Where standard output is for sound, words are for standard error. */
static void put(struct asked *a, struct slice text)
{
    output_put_all(a->sound->out ? &a->terminal->err : &a->terminal->out, text);
}

static void put_raw(struct asked *a, struct slice raw)
{
    struct buf line = buf_new(3 * raw.n + 1);

    text_safe_own(&line, raw); /* what a daemon says is that already */
    buf_putc(&line, '\n');
    put(a, buf_slice(&line));
    buf_free(&line);
}

static void put_reply(struct asked *a, struct slice raw, const struct ctl_line *line)
{
    struct buf text = buf_new(CTL_SHOW_MAX);

    a->exit = line->ok ? EXIT_OK : ctl_exit_of(line->error);
    if (a->cli->json)
        put_raw(a, raw);
    else if (line->ok)
        ctl_show_reply(&text, line, a->cli->verbosity);
    else
        terminal_error(a->terminal, line->text);
    if (text.n == 0 && line->ok && is_verb(a, "status") && !a->cli->json && a->cli->verbosity >= 0)
        terminal_error(a->terminal, "there is no account and no call");
    put(a, buf_slice(&text));
    buf_free(&text);
}

static void put_devices(struct asked *a, const struct ctl_line *line, struct buf *text)
{
    ctl_show_devices(text, line);
    if (*line->text)
        a->exit = EXIT_SOUND;
    if (text->n == 0)
        terminal_error(a->terminal, *line->text ? line->text
                                                : "there is no sound device; calls work with "
                                                  "files all the same");
}

static void put_event(struct asked *a, struct slice raw, const struct ctl_line *line)
{
    struct buf text = buf_new(CTL_SHOW_MAX);
    enum phone_event_kind kind = line->event.kind;

    if ((kind == PHONE_DEVICE_IN_USE || kind == PHONE_TEST_ENDED) && *line->text)
        a->exit = EXIT_SOUND;
    if (a->cli->json)
        put_raw(a, raw);
    else if (line->kind == CTL_OWN)
        terminal_error(a->terminal, line->text);
    else if (line->event.kind == PHONE_DEVICE_LIST)
        put_devices(a, line, &text);
    else
        ctl_show_event(&text, line, a->n_events > 0 ? ALL_EVENTS : a->cli->verbosity);
    put(a, buf_slice(&text));
    buf_free(&text);
}

static bool is_wanted(const struct asked *a, const char *event)
{
    for (size_t i = 0; i < a->n_events; i++)
        if (strcmp(a->events[i], event) == 0)
            return true;
    return a->n_events == 0;
}

/* --- what follows a reply --------------------------------------------------------------------- */

static bool at_once(struct asked *a, const struct ctl_line *line)
{
    (void)a;
    (void)line;
    return true;
}

/* A tone or a recording leaves the device open, and "open" is told once more. */
static bool is_test_over(struct asked *a, const struct ctl_line *line)
{
    bool opens = strcmp(line->event.text, "open") == 0, first = a->told++ == 0;

    return line->event.kind == PHONE_TEST_ENDED || (opens && !first);
}

/* Commands that go on with events. */
static const struct follow {
    const char *verb;
    enum phone_event_kind kind, other;                             /* 0, 0: all */
    bool (*is_over)(struct asked *a, const struct ctl_line *line); /* NULL: by somebody else */
} followed[] = {
    {"events", 0, 0, NULL},
    {"trace", PHONE_MESSAGE, 0, NULL},
    {"levels", PHONE_LEVELS, 0, NULL},
    {"devices", PHONE_DEVICE_LIST, 0, at_once},
    {"device", PHONE_DEVICE_IN_USE, 0, at_once},
    {"test", PHONE_TESTED, PHONE_TEST_ENDED, is_test_over},
};

static const struct follow *followed_by(const struct asked *a)
{
    for (size_t i = 0; i < ARRAY_LEN(followed); i++)
        if (is_verb(a, followed[i].verb))
            return &followed[i];
    return NULL;
}

/* Which events are what was asked for; of others' commands there may be some before the reply. */
static bool wants_event(const struct asked *a, const struct ctl_line *line)
{
    const struct follow *follow = followed_by(a);

    if (line->kind == CTL_OWN || !follow)
        return line->kind == CTL_OWN;
    if (follow->is_over && !a->replied)
        return false;
    if (follow->kind == 0)
        return is_wanted(a, line->name);
    return line->event.kind == follow->kind || line->event.kind == follow->other;
}

/* A reader that has gone away ends what would go on for ever. */
static bool goes_on(const struct asked *a)
{
    return a->terminal->out.err == 0 && a->terminal->out.fd >= 0;
}

static bool on_line(void *arg, struct slice raw, const struct ctl_line *line)
{
    struct asked *a = arg;
    const struct follow *follow = followed_by(a);

    if (line->kind == CTL_REPLY) {
        a->replied = true;
        if (line->ok && follow) {
            if (a->cli->json && !follow->is_over) /* from here on every event is told */
                put_raw(a, raw);
            return goes_on(a);
        }
        put_reply(a, raw, line);
        return false;
    }
    if (line->kind == CTL_OTHER || !wants_event(a, line))
        return true;
    a->exit = line->kind == CTL_OWN ? EXIT_OTHER : EXIT_OK;
    put_event(a, raw, line);
    if (line->kind == CTL_EVENT && follow && follow->is_over && follow->is_over(a, line))
        return false;
    return follow && goes_on(a);
}

#define LINE_BYTES 65536

/* A password is no word of a command line: everybody on this machine could read those. */
static enum exit_status complete(struct asked *a, const char *const *words, size_t n,
                                 struct buf *line, struct buf *why)
{
    if (!is_verb(a, "password"))
        return EXIT_OK;
    return ctl_password_ask(n > 1 ? words[1] : NULL, line, why);
}

/* The line has all its room from the beginning, so it is in no other place of the memory. */
static void make_room(struct buf *line)
{
    if (buf_room(line, LINE_BYTES))
        buf_clear(line);
}

/* --- sound ---------------------------------------------------------------------------------- */

/* The daemon opens files when it needs them, and tells everybody what became of that; who types a
 * wrong name wants to know now. */
static int check_files(const struct json_sound *sound, struct buf *why)
{
    const struct phone_pipe in = {.fd = STDIN_FILENO}, out = {.fd = STDOUT_FILENO};
    int err = sound->play ? phone_check_play(sound->play, why) : 0;

    if (!err && sound->record)
        err = phone_check_record(sound->record, why);
    if (!err && sound->in)
        err = phone_check_pipe(&in, true, why);
    if (!err && sound->out)
        err = phone_check_pipe(&out, false, why);
    return err;
}

static enum exit_status check_sound(const struct cli *cli, const struct json_sound *sound,
                                    struct buf *why)
{
    if (check_files(sound, why) != 0)
        return EXIT_SOUND;
    if (sound->in || sound->out || !(cli->rate_hz || cli->channels))
        return EXIT_OK;
    buf_puts(why, "--rate and --channels are of raw sound: they go with - as the name of a file");
    return EXIT_USAGE;
}

/* --- names of events ------------------------------------------------------------------------ */

#define EVENTS_MAX 64 /* phone/event_names.h */

static bool check_event(const char *word, struct buf *why)
{
    const char *names[EVENTS_MAX], *near;
    size_t n = 0;

    for (; n < EVENTS_MAX && (names[n] = event_name_at(n)); n++)
        if (strcmp(names[n], word) == 0)
            return true;
    near = spelling_nearest(slice_of(word), names, n);
    buf_puts(why, "there is no event ");
    text_safe(why, slice_of(word));
    if (near)
        buf_printf(why, "; did you mean %s?", near);
    else
        buf_puts(why, "; man tphone-control lists them");
    return false;
}

/* Takes them from the words, of which n are left: those with a name are for the daemon. */
static void take_events(struct asked *a, const char **words, size_t *n, struct buf *why)
{
    size_t left = 1;

    for (size_t i = 1; i < *n && why->n == 0; i++) {
        if (strchr(words[i], '='))
            words[left++] = words[i];
        else if (check_event(words[i], why))
            a->events[a->n_events++] = words[i];
    }
    *n = left;
}

/* Standard input and output go along where they are for sound, in this order. */
static enum exit_status send(struct asked *a, struct slice line)
{
    struct ctl_question question = {.line = line};

    if (a->sound->in)
        question.fds[question.n_fds++] = STDIN_FILENO;
    if (a->sound->out)
        question.fds[question.n_fds++] = STDOUT_FILENO;
    return ctl_ask(a->cli, a->terminal, &question, on_line, a);
}

static int ask(const struct cli *cli, struct terminal *terminal, const char **words, size_t n)
{
    struct json_sound sound = {.rate_hz = cli->rate_hz, .channels = cli->channels};
    struct asked a = {.cli = cli, .terminal = terminal, .verb = words[0], .sound = &sound};
    struct buf line = buf_new(LINE_BYTES), why = buf_new(8192);
    enum exit_status exit = EXIT_USAGE;

    make_room(&line);
    if (is_verb(&a, "events"))
        take_events(&a, words, &n, &why);
    if (why.n == 0 && json_command_of_words(words, n, &sound, &line, &why) == 0)
        exit = check_sound(cli, &sound, &why);
    if (!exit)
        exit = complete(&a, words, n, &line, &why);
    if (why.n > 0)
        terminal_error(terminal, buf_cstr(&why));
    if (!exit)
        exit = send(&a, buf_slice(&line));
    buf_free(&line);
    buf_free(&why);
    return (int)(exit ? exit : a.exit);
}

int cmd_ctl(const struct cli *cli, struct terminal *terminal)
{
    const char *words[CLI_ARGS_MAX];

    memcpy(words, cli->args, cli->n_args * sizeof *words);
    return ask(cli, terminal, words, cli->n_args);
}

int cmd_status(const struct cli *cli, struct terminal *terminal)
{
    const char *words[] = {"status"};

    return ask(cli, terminal, words, ARRAY_LEN(words));
}
