#include "ui/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "phone/folders.h"
#include "phone/spelling.h"
#include "ui/cli_tables.h"
#include "ui/pipes.h"

/* What getopt_long found, in the order typed: it is applied behind the configuration file. */
struct found {
    const struct cli_option *option;
    const char *value;
};

#define SIP_PORT 5060

#define LONG_BASE 1000 /* getopt_long's number of the first long option: above all letters */

/* Refuses argument as text that the terminal can bear, with a sentence behind it. */
static int refuse(struct buf *why, const char *argument, const char *sentence)
{
    text_safe(why, slice_of(argument));
    buf_puts(why, sentence);
    return -EINVAL;
}

/* --- options -------------------------------------------------------------------------------- */

/* Where wrong begins several options, names them. Whether it does. */
static bool list_beginnings(struct slice wrong, struct buf *why)
{
    const char *between = "; is one of these meant: ";
    const struct cli_option *o;
    bool any = false;

    for (size_t i = 0; wrong.n > 0 && (o = cli_option_at(i)); i++) {
        if (!slice_starts(slice_of(o->name), wrong))
            continue;
        buf_printf(why, "%s--%s", between, o->name);
        between = ", ";
        any = true;
    }
    if (any)
        buf_putc(why, '?');
    return any;
}

static void suggest_option(struct slice wrong, struct buf *why)
{
    const char *names[64], *near;
    size_t n = 0;

    if (list_beginnings(wrong, why))
        return;
    for (const struct cli_option *o = cli_option_at(0); o && n < ARRAY_LEN(names);
         o = cli_option_at(n))
        names[n++] = o->name;
    near = spelling_nearest(wrong, names, n);
    if (near)
        buf_printf(why, "; is --%s meant?", near);
    else
        buf_puts(why, "; tphone --help lists them");
}

/* A word of argv that getopt_long did not know: "--name=value" or a bundle of letters. */
static int refuse_option(const char *word, int letter, struct buf *why)
{
    struct slice rest = slice_of(word), name;

    if (!slice_starts(rest, SLICE("--"))) {
        char shown[2] = {(char)letter, '\0'};

        buf_puts(why, "unknown option -");
        return refuse(why, shown, "; tphone --help lists them");
    }
    rest = slice_skip(rest, 2);
    name = slice_cut(&rest, '=');
    buf_puts(why, "unknown option --");
    text_safe(why, name);
    suggest_option(name, why);
    return -EINVAL;
}

static int refuse_missing(int which, struct buf *why)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(i)); i++)
        if (which == LONG_BASE + (int)i || (o->letter && which == o->letter))
            buf_printf(why, "--%s needs a value: --%s %s", o->name, o->name,
                       cli_option_argument(o));
    return -EINVAL;
}

/* Where several long options begin as word does, or a value was given to one that takes none,
 * getopt_long says '?' like for one it does not know. */
static int explain(const char *word, int which, struct buf *why)
{
    const struct cli_option *o;
    bool has_value = strchr(word, '=') != NULL;

    if (strncmp(word, "--", 2) != 0)
        return refuse_option(word, which, why);
    for (size_t i = 0; (o = cli_option_at(i)); i++) {
        if (!has_value || cli_option_argument(o) || which != LONG_BASE + (int)i)
            continue;
        buf_printf(why, "--%s takes no value", o->name);
        return -EINVAL;
    }
    return refuse_option(word, which, why);
}

static int has_argument(const struct cli_option *o)
{
    if (!cli_option_argument(o))
        return no_argument;
    return cli_argument_optional(o) ? optional_argument : required_argument;
}

/* The table in getopt_long's shape. longs has n + 1 places, letters three for each and two more. */
static void make_getopt_tables(struct option *longs, char *letters)
{
    const struct cli_option *o;
    size_t at = 0;

    letters[at++] = ':'; /* a missing value is told apart from an unknown option */
    for (size_t i = 0; (o = cli_option_at(i)); i++) {
        longs[i] = (struct option){o->name, has_argument(o), NULL, LONG_BASE + (int)i};
        if (!o->letter)
            continue;
        letters[at++] = o->letter;
        if (has_argument(o) == required_argument)
            letters[at++] = ':';
    }
    letters[at] = '\0';
}

static const struct cli_option *option_of(int which)
{
    const struct cli_option *o;

    if (which >= LONG_BASE)
        return cli_option_at((size_t)(which - LONG_BASE));
    for (size_t i = 0; (o = cli_option_at(i)); i++)
        if (o->letter && which == o->letter)
            return o;
    return NULL;
}

static size_t count_options(void)
{
    size_t n = 0;

    while (cli_option_at(n))
        n++;
    return n;
}

/* getopt_long would take this for the beginning of --password-command. */
static int refuse_password(int argc, char **argv, struct buf *why)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--password") != 0 && strncmp(argv[i], "--password=", 11) != 0)
            continue;
        buf_puts(why, "a password is never an argument, as everybody on this machine could read "
                      "it; --password-command names a program that prints it");
        return -EINVAL;
    }
    return 0;
}

/* Sorts argv into options, with their values, and the rest; found has room for argc. */
static int collect(int argc, char **argv, struct found *found, size_t *n_found, struct buf *why)
{
    size_t n = count_options();
    struct option *longs = xcalloc(n + 1, sizeof *longs);
    char *letters = xzalloc(3 * n + 2);
    int which, err = 0, at = 1;

    make_getopt_tables(longs, letters);
    optind = 0; /* GNU: start anew, also in a second call */
    opterr = 0;
    while (!err && (which = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        /* The word that was read: optind has gone past it, or stands on it within a bundle. */
        const char *word = argv[optind > at ? optind - 1 : optind];

        if (which == ':')
            err = refuse_missing(optopt, why);
        else if (which == '?')
            err = explain(word, optopt, why);
        else
            found[(*n_found)++] = (struct found){option_of(which), optarg};
        at = optind;
    }
    free(longs);
    free(letters);
    return err;
}

/* --- commands ------------------------------------------------------------------------------- */

static int find_command(const char *name, struct cli *cli, struct buf *why)
{
    const char *names[16], *near;
    const struct cli_command *c;
    size_t n = 0;

    for (; (c = cli_command_at(n)) && n < ARRAY_LEN(names); n++) {
        names[n] = c->name;
        if (strcmp(name, c->name) == 0)
            cli->command = c;
    }
    if (cli->command)
        return 0;
    near = spelling_nearest(slice_of(name), names, n);
    buf_puts(why, "unknown command ");
    if (near) {
        refuse(why, name, "; is ");
        buf_printf(why, "%s meant?", near);
    } else if (strchr(name, '@') || strncmp(name, "sip:", 4) == 0) {
        refuse(why, name, "; to call it: tphone call ");
        text_safe(why, slice_of(name));
    } else {
        refuse(why, *name ? name : "\"\"", "; there are ");
        cli_put_commands(why, CLI_ALL);
    }
    return -EINVAL;
}

/* What is left in argv: the command's name and its arguments. */
static int take_words(char **words, int n, struct cli *cli, struct buf *why)
{
    int err;

    if (n == 0)
        return 0;
    err = find_command(words[0], cli, why);
    if (err)
        return err;
    for (int i = 1; i < n; i++) {
        if (cli->n_args == cli->command->max_args) {
            buf_puts(why, "one argument too many: ");
            text_safe(why, slice_of(words[i]));
            buf_printf(why, "; the usage is tphone %s%s%s%s", cli->command->name,
                       *cli->command->usage ? " " : "", cli->command->usage,
                       cli->n_args > 0 ? ", and a name with blanks needs quotes" : "");
            return -EINVAL;
        }
        cli->args[cli->n_args++] = words[i];
    }
    return 0;
}

static int refuse_option_here(const struct cli_option *o, const struct cli *cli, struct buf *why)
{
    buf_printf(why, "tphone %s takes no --%s; it is an option of tphone ", cli->command->name,
               o->name);
    cli_put_commands(why, o->commands);
    return -EINVAL;
}

static int check_options(const struct found *found, size_t n, struct cli *cli, struct buf *why)
{
    for (size_t i = 0; i < n; i++) {
        const struct cli_option *o = found[i].option;

        if (cli->command && !(o->commands & cli->command->bit))
            return refuse_option_here(o, cli, why);
        /* These say what the rest is about. */
        if (strcmp(o->name, "help") == 0)
            cli->help = true;
        if (strcmp(o->name, "version") == 0)
            cli->version = true;
        if (strcmp(o->name, "selftest-sandbox") == 0)
            cli->tries_sandbox = true;
        if (strcmp(o->name, "config") == 0)
            cli->config_file = found[i].value;
        if (strcmp(o->name, "account") == 0)
            cli->account = found[i].value;
    }
    return 0;
}

static bool is_said(const struct found *found, size_t n, const char *option)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(found[i].option->name, option) == 0)
            return true;
    return false;
}

/* On a terminal tphone alone is the screen; in a script it is a mistake, unless lines are
 * wanted. */
static void choose_screen(const struct found *found, size_t n, struct cli *cli)
{
    bool wanted = (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) || is_said(found, n, "plain");
    const struct cli_command *c;

    if (cli->command || cli->help || cli->version || cli->tries_sandbox)
        return;
    for (size_t i = 0; (c = cli_command_at(i)); i++)
        if (c->bit == CLI_SCREEN && wanted)
            cli->command = c;
}

static int ask_for_command(struct buf *why)
{
    const struct cli_command *c;

    buf_puts(why, "what shall be done? ");
    for (size_t i = 0; (c = cli_command_at(i)); i++)
        buf_printf(why, "%stphone %s%s%s", i > 0 ? ", " : "", c->name, *c->usage ? " " : "",
                   c->usage);
    buf_puts(why, "; tphone --help says more");
    return -EINVAL;
}

static int check_complete(const struct cli *cli, struct buf *why)
{
    if (!cli->command)
        return ask_for_command(why);
    if (cli->n_args < cli->command->min_args) {
        buf_puts(why, cli->command->missing);
        return -EINVAL;
    }
    return 0;
}

/* --- configuration -------------------------------------------------------------------------- */

/* The file of the user is read where there is one; any other trouble with it is told, as settings
 * that are quietly not there are worse. */
static int read_user_file(struct cli *cli, struct buf *why)
{
    struct buf path = buf_new(4096);
    int err = folders_config_file("tphone.conf", &path);

    if (!err)
        err = buf_ok(&path) ? config_read_file(&cli->config, buf_cstr(&path), &cli->notice, why)
                            : -ENOENT;
    buf_free(&path);
    if (err != -ENOENT && err != -ENOTDIR)
        return err;
    buf_clear(why);
    return 0;
}

static int read_file(struct cli *cli, struct buf *why)
{
    if (!cli->config_file)
        return read_user_file(cli, why);
    if (!*cli->config_file) {
        buf_puts(why, "--config \"\": the name of the file is empty");
        return -EINVAL;
    }
    return config_read_file(&cli->config, cli->config_file, &cli->notice, why);
}

static int refuse_no_account(const struct cli *cli, struct buf *why)
{
    struct buf path = buf_new(4096);

    if (cli->config_file)
        buf_puts(&path, cli->config_file);
    else if (folders_config_file("tphone.conf", &path) != 0)
        buf_puts(&path, "a file that --config names");
    buf_puts(why, "there is no account to register; write one into ");
    text_safe(why, buf_slice(&path));
    buf_puts(why, " (man tphone.conf), or name it with --account sip:alice@example.org");
    buf_free(&path);
    return -EINVAL;
}

/* The value is not repeated: somebody may have put a password into it. */
static int choose_account(struct cli *cli, struct buf *why)
{
    struct buf sentence = buf_new(1024);
    int err = 0;

    if (cli->account)
        err = config_choose_account(&cli->config, slice_of(cli->account), &sentence);
    if (err)
        buf_printf(why, "--account: %s", buf_cstr(&sentence));
    buf_free(&sentence);
    return err;
}

/* What a daemon has of its own, so a call for which it is said is none of the daemon's. It can be
 * asked for what one call may have of its own. */
static bool is_of_a_phone(const struct cli_option *o)
{
    static const char *const names[] = {"config", "control", "trace", "trace-secrets"};

    if (cli_option_is_of_a_call(o))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(o->name, names[i]) == 0)
            return true;
    return cli_option_key(o) != NULL;
}

/* A screen can say so, and let one try again. */
static void refuse_file(struct cli *cli, struct buf *why)
{
    buf_put(&cli->refused, buf_slice(why));
    buf_clear(why);
    config_free(&cli->config);
    config_init(&cli->config);
}

static int apply(const struct found *found, size_t n, struct cli *cli, struct buf *why)
{
    /* The daemon must obey also while its file is being edited. */
    int err = cli->command->bit & CLI_CLIENTS ? 0 : read_file(cli, why);

    if (err && cli->command->bit == CLI_SCREEN) {
        refuse_file(cli, why);
        err = 0;
    } else if (!err) {
        err = choose_account(cli, why);
    }
    for (size_t i = 0; !err && i < n; i++) {
        cli->alone |= is_of_a_phone(found[i].option);
        err = found[i].option->set(cli, found[i].option, found[i].value, why);
    }
    if (!err && cli->command->bit == CLI_REGISTER && !cli->control &&
        list_empty(&cli->config.accounts))
        err = refuse_no_account(cli, why);
    return err ? -EINVAL : 0;
}

/* The port of a file is for whoever may be called; a call by itself does as well with any other. */
static void settle_call(const struct found *found, size_t n, struct cli *cli)
{
    cli->config.listen.or_free = !is_said(found, n, "listen");
}

/* Who waits for calls has the usual port where people may call by our address. */
static void settle_port(struct cli *cli)
{
    struct phone_config *config = &cli->config;
    bool by_server = config->accept == CONFIG_ACCEPT_SERVER ||
                     (config->accept == CONFIG_ACCEPT_DEFAULT && !list_empty(&config->accounts));

    if (!config->listen_said && !by_server)
        config->listen.ip.port = SIP_PORT;
    /* Nobody asked for this port who opened a screen, so another program may have it. */
    if (cli->leave_with_screens && !config->listen_said)
        config->listen.or_free = true;
}

/* What the options of answer leave open: no sound device unless one is named, and one call at a
 * time where there is one or a pipe. */
static void settle_answer(struct cli *cli)
{
    struct phone_config *config = &cli->config;
    bool device = config->device && !config->no_device;

    config->unattended = true;
    config->no_device = !device;
    config->max_calls = cli->max_calls;
    if (config->max_calls == 0 && (device || pipes_any(cli)))
        config->max_calls = 1;
}

/* Thousands of calls are nobody's history, and no reason to start thousands of commands. */
static int settle_load(struct cli *cli, struct buf *why)
{
    struct config_fault fault = {.text = buf_new(64)};

    cli->config.no_device = true;
    cli->config.no_history = true;
    config_set(&cli->config, SLICE("on-event"), SLICE("none"), &fault);
    buf_free(&fault.text);
    if (cli->play_fd < 0)
        return 0;
    buf_puts(why, "--play -: many calls cannot share standard input; name a file");
    return -EINVAL;
}

int cli_parse(int argc, char **argv, struct cli *cli, struct buf *why)
{
    struct found *found = xcalloc((size_t)argc + 1, sizeof *found);
    size_t n = 0;
    int err;

    *cli = (struct cli){.notice = buf_new(8192),
                        .refused = buf_new(8192),
                        .sound = buf_new(8192),
                        .play_fd = -1,
                        .record_fd = -1};
    config_init(&cli->config);
    err = refuse_password(argc, argv, why);
    if (!err)
        err = collect(argc, argv, found, &n, why);
    if (!err)
        err = take_words(argv + optind, argc - optind, cli, why);
    if (!err)
        err = check_options(found, n, cli, why);
    if (!err) {
        choose_screen(found, n, cli);
        err = check_options(found, n, cli, why);
    }
    if (!err && !cli->help && !cli->version && !cli->tries_sandbox) {
        err = check_complete(cli, why);
        if (!err)
            err = apply(found, n, cli, why);
        if (!err)
            err = pipes_check(cli, why);
        if (!err && cli->command->bit == CLI_CALL)
            settle_call(found, n, cli);
        if (!err && (cli->command->bit & (CLI_ANSWER | CLI_DAEMON)))
            settle_port(cli);
        if (!err && cli->command->bit == CLI_ANSWER)
            settle_answer(cli);
        if (!err)
            cli->config.watches_contacts = cli->control || cli->command->bit == CLI_DAEMON;
        cli->config.no_device |= cli->audio_fd; /* the program has the ear and the mouth */
        if (!err && cli->command->bit == CLI_LOAD)
            err = settle_load(cli, why);
    }
    free(found);
    return err;
}

void cli_free(struct cli *cli)
{
    config_free(&cli->config);
    buf_free(&cli->notice);
    buf_free(&cli->refused);
    buf_free(&cli->sound);
}
