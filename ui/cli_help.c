/* --help, made of the tables. */
#include "ui/cli_tables.h"
#include "ui/json_command.h"

#define HELP_COLUMN 30

static void pad(struct buf *out, size_t from)
{
    while (out->n - from < HELP_COLUMN)
        buf_putc(out, ' ');
}

/* indent: the column where text begins, and its further lines do. */
static void put_text_wrapped(struct buf *out, const char *text, size_t indent)
{
    size_t column = indent;
    struct slice rest = slice_of(text);

    while (rest.p) {
        struct slice word = slice_cut(&rest, ' ');

        if (column > indent && column + 1 + word.n > 79) {
            buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            buf_putc(out, ' ');
            column++;
        }
        buf_put(out, word);
        column += word.n;
    }
    buf_putc(out, '\n');
}

static void put_name(const struct cli_option *o, struct buf *out)
{
    const char *argument = cli_option_argument(o);

    if (o->letter)
        buf_printf(out, "  -%c, --%s", o->letter, o->name);
    else
        buf_printf(out, "  --%s", o->name);
    if (cli_argument_optional(o))
        buf_printf(out, "[=%s", argument + 1);
    else if (argument)
        buf_printf(out, " %s", argument);
}

static void put_option(const struct cli_option *o, struct buf *out)
{
    const struct config_key *key = cli_option_key(o);
    struct buf help = buf_new(1024);
    size_t from = out->n;

    put_name(o, out);
    if (out->n - from >= HELP_COLUMN - 1) {
        buf_putc(out, '\n');
        from = out->n;
    }
    pad(out, from);
    buf_puts(&help, key ? key->help : o->help);
    if (key && key->standard)
        buf_printf(&help, " (%s)", key->standard);
    put_text_wrapped(out, buf_cstr(&help), HELP_COLUMN);
    buf_free(&help);
}

/* The options that exactly these commands have. */
static void put_group(unsigned of, struct buf *out)
{
    const struct cli_option *o;
    struct buf heading = buf_new(1024);

    buf_puts(&heading, "Options of ");
    if (of == CLI_ALL)
        buf_puts(&heading, "every command");
    else
        cli_put_commands(&heading, of);
    buf_puts(&heading, ":");
    buf_putc(out, '\n');
    put_text_wrapped(out, buf_cstr(&heading), 0);
    buf_free(&heading);
    for (size_t i = 0; (o = cli_option_at(i)); i++)
        if (o->commands == of)
            put_option(o, out);
}

/* Whether the i-th option is the first one of its group. */
static bool begins_group(size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (cli_option_at(before)->commands == cli_option_at(i)->commands)
            return false;
    return true;
}

/* All groups with one of these commands in it; the group of all commands comes last. */
static void put_groups(unsigned of, struct buf *out)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(i)); i++)
        if (begins_group(i) && (o->commands & of) && o->commands != CLI_ALL)
            put_group(o->commands, out);
    put_group(CLI_ALL, out);
}

static void put_commands(struct buf *out)
{
    const struct cli_command *c;

    buf_puts(out, "\nCommands:\n");
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        size_t from = out->n;

        buf_printf(out, "  %s %s", c->name, c->usage);
        pad(out, from);
        put_text_wrapped(out, c->summary, HELP_COLUMN);
    }
}

void cli_help(const struct cli_command *command, struct buf *out)
{
    const struct cli_command *c;

    if (command) {
        buf_printf(out, "Examples:\n%s\nUsage: tphone %s [OPTION]...%s%s\n       %s\n",
                   command->examples, command->name, *command->usage ? " " : "", command->usage,
                   command->summary);
        if (command->bit == CLI_CTL) {
            buf_puts(out, "\nWhat the daemon can do:\n");
            json_command_help(out);
        }
    } else {
        buf_puts(out, "Examples:\n");
        for (size_t i = 0; (c = cli_command_at(i)); i++)
            buf_puts(out, c->examples);
        buf_puts(out, "\nUsage: tphone COMMAND [OPTION]...\n");
        put_commands(out);
    }
    put_groups(command ? (unsigned)command->bit : CLI_ALL, out);
    buf_puts(out,
             "\nResults go to standard output, everything else to standard error. Exit status:\n"
             "0 answered and ended normally, 1 other, 2 usage or configuration, 3 busy,\n"
             "4 declined, 5 no answer, 6 not found, 7 credentials refused, 8 unreachable,\n"
             "9 sound or file, 130 interrupted before the answer. See also: man tphone\n");
}
