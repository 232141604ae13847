/* tphone completion: what a shell reads to complete command lines of ours. Commands, options and
 * values come from the tables that parse them, so that what is offered is what is taken. */
#include "ui/cli_tables.h"
#include "ui/cmd.h"
#include "ui/completion.h"
#include "ui/exit.h"

#define SCRIPT_BYTES_MAX 131072u

/* --- what the tables say -------------------------------------------------------------------- */

static const char *help_of(const struct cli_option *o)
{
    const struct config_key *key = cli_option_key(o);

    return key ? key->help : o->help;
}

/* Appends text with a backslash before each of the special characters, for the inside of single
 * quotes: quote is what stands there for one of them. */
static void put_escaped(struct buf *out, const char *text, const char *special, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'') {
            buf_puts(out, quote);
            continue;
        }
        if (strchr(special, *text))
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
}

static void put_commands(unsigned of, struct buf *out)
{
    const struct cli_command *c;
    const char *between = "";

    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        if (!(c->bit & of))
            continue;
        buf_printf(out, "%s%s", between, c->name);
        between = " ";
    }
}

/* The options behind which the next word is their value. */
static void put_taking(const char *between, struct buf *out)
{
    const struct cli_option *o;
    bool first = true;

    for (size_t i = 0; (o = cli_option_at(i)); i++) {
        if (!cli_option_argument(o) || cli_argument_optional(o))
            continue;
        buf_printf(out, "%s--%s", first ? "" : between, o->name);
        first = false;
    }
}

/* --- bash ----------------------------------------------------------------------------------- */

static const char bash_begin[] =
    "# Completion of tphone in bash, written by: tphone completion bash\n"
    "_tphone()\n"
    "{\n"
    "    local cur=$2 command= option= verb= word words= what= name i n=0\n"
    "\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == = ]]; then # bash parts --option=value there\n"
    "            option=${COMP_WORDS[i - 1]}\n"
    "        elif [[ $option ]]; then\n"
    "            option=\n"
    "        else\n"
    "            case $word in\n"
    "            ";

static const char bash_words[] = "            -*) ;;\n"
                                 "            *) if [[ $command ]]; then\n"
                                 "                n=$((n + 1)) verb=${verb:-$word}\n"
                                 "            else\n"
                                 "                command=$word\n"
                                 "            fi ;;\n"
                                 "            esac\n"
                                 "        fi\n"
                                 "    done\n"
                                 "    if [[ ${COMP_WORDS[COMP_CWORD]} == = ]]; then\n"
                                 "        option=${COMP_WORDS[COMP_CWORD - 1]} cur=\n"
                                 "    fi\n"
                                 "    case $option in\n";

static const char bash_end[] =
    "    esac\n"
    "    COMPREPLY=()\n"
    "    case $what in\n"
    "    files) compopt -o default ;;\n"
    "    members)\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
    "        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace ;;\n"
    "    contacts)\n"
    "        while IFS=$'\\t' read -r name _; do\n"
    "            [[ $name == \"${cur//\\\\/}\"* ]] || continue\n"
    "            COMPREPLY+=(\"$name\")\n"
    "            # As with names of files, bash then puts the quotes that are needed.\n"
    "            [[ $name != *[![:alnum:]._-]* ]] || compopt -o filenames\n"
    "        done < <(command tphone contacts --plain 2>/dev/null) ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _tphone tphone\n";

/* What is done where this argument is to be completed, if anything can be done. */
static void bash_put_action(const char *pattern, const char *argument, struct buf *out)
{
    enum completion_kind kind = completion_kind_of(argument);

    if (kind == COMPLETION_NONE || kind == COMPLETION_FREE)
        return;
    buf_printf(out, "    %s) ", pattern);
    if (kind == COMPLETION_FILE) {
        buf_puts(out, "what=files");
    } else if (kind == COMPLETION_CONTACT) {
        buf_puts(out, "what=contacts");
    } else {
        buf_puts(out, "words='");
        completion_literals(argument, out);
        buf_putc(out, '\'');
    }
    buf_puts(out, " ;;\n");
}

/* Of options, and of what stands behind ctl by name. */
static void bash_put_values(struct buf *out)
{
    const struct json_member *m;
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(i)); i++) {
        struct buf pattern = buf_new(128);

        buf_printf(&pattern, "--%s", o->name);
        bash_put_action(buf_cstr(&pattern), cli_option_argument(o), out);
        buf_free(&pattern);
    }
    for (size_t i = 0; (m = json_member_at(i)); i++)
        bash_put_action(m->name, m->value, out);
}

/* Options that all of these commands have. */
static void bash_put_options(const char *command, unsigned of, struct buf *out)
{
    const struct cli_option *o;

    buf_printf(out, "    %s:*:-*) words='", command);
    for (size_t i = 0; (o = cli_option_at(i)); i++)
        if ((o->commands & of) == of)
            buf_printf(out, "--%s ", o->name);
    buf_puts(out, "' ;;\n");
}

/* Behind ctl: words of its command, and values of members, which bash has parted at the sign. */
static void bash_put_verbs(struct buf *out)
{
    const struct json_verb *verb;

    buf_puts(out, "    ctl:*:*)\n        case $verb:$n in\n");
    for (size_t i = 0; (verb = json_verb_at(i)); i++) {
        struct buf members = buf_new(1024);

        if (completion_kind_of_verb(verb) == COMPLETION_CONTACT)
            buf_printf(out, "        %s:1) what=contacts ;;\n", verb->name);
        if (completion_kind_of_verb(verb) == COMPLETION_FILE)
            buf_printf(out, "        %s:*) what=files ;;\n", verb->name);
        else if (completion_members(verb, &members) > 0)
            buf_printf(out, "        %s:*) what=members words='%s' ;;\n", verb->name,
                       buf_cstr(&members));
        buf_free(&members);
    }
    buf_puts(out, "        esac ;;\n");
}

static void put_bash(struct buf *out)
{
    const struct cli_command *c;

    buf_puts(out, bash_begin);
    put_taking(" | ", out);
    buf_puts(out, ") option=$word ;;\n");
    buf_puts(out, bash_words);
    bash_put_values(out);
    buf_puts(out, "    ?*) ;;\n    *)\n    case $command:$n:$cur in\n");
    bash_put_options("", CLI_SCREEN, out); /* which is what tphone alone is */
    buf_puts(out, "    :*) words='");
    put_commands(CLI_ALL, out);
    buf_puts(out, "' ;;\n");
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        struct buf pattern = buf_new(128);

        bash_put_options(c->name, c->bit, out);
        buf_printf(&pattern, "%s:0:*", c->name);
        bash_put_action(buf_cstr(&pattern), c->usage, out);
        buf_free(&pattern);
    }
    bash_put_verbs(out);
    buf_puts(out, "    esac ;;\n");
    buf_puts(out, bash_end);
}

/* --- zsh ------------------------------------------------------------------------------------ */

/* In what _arguments reads these have a meaning. */
#define ZSH_SPECIAL "\\[]:"
#define ZSH_QUOTE "'\\''"

static const char zsh_begin[] = "#compdef tphone\n"
                                "# Completion of tphone in zsh, written by: tphone completion zsh\n"
                                "_tphone_contacts() {\n"
                                "    local -a names expl\n"
                                "    names=(${${(f)\"$(_call_program contacts $service contacts "
                                "--plain 2>/dev/null)\"}%%$'\\t'*})\n"
                                "    _wanted contacts expl contact compadd -a names\n"
                                "}\n"
                                "\n";

static const char zsh_main[] = "_tphone() {\n"
                               "    local curcontext=$curcontext state ret=1\n"
                               "    local -a line commands\n"
                               "    local -A opt_args\n"
                               "    commands=(\n";

static const char zsh_end[] = "        esac ;;\n"
                              "    esac\n"
                              "    return ret\n"
                              "}\n"
                              "\n"
                              "if [[ $funcstack[1] == _tphone ]]; then\n"
                              "    _tphone \"$@\"\n"
                              "else # it was sourced\n"
                              "    compdef _tphone tphone\n"
                              "fi\n";

/* What stands behind the explanation of an option or before an argument. */
static void zsh_put_action(const char *argument, struct buf *out)
{
    enum completion_kind kind = completion_kind_of(argument);

    buf_putc(out, ':');
    put_escaped(out, argument, ZSH_SPECIAL, ZSH_QUOTE);
    if (kind == COMPLETION_FILE) {
        buf_puts(out, ":_files");
    } else if (kind == COMPLETION_CONTACT) {
        buf_puts(out, ":_tphone_contacts");
    } else if (kind == COMPLETION_WORDS) {
        buf_puts(out, ":(");
        completion_literals(argument, out);
        buf_putc(out, ')');
    } else {
        buf_puts(out, ": ");
    }
}

/* One specification: '--play=[help]:FILE:_files'. */
static void zsh_put_option(const struct cli_option *o, const char *name, struct buf *out)
{
    const char *argument = cli_option_argument(o);

    buf_printf(out, " \\\n            '%s", name);
    if (argument)
        buf_puts(out, cli_argument_optional(o) ? "=-" : "=");
    buf_putc(out, '[');
    put_escaped(out, help_of(o), ZSH_SPECIAL, ZSH_QUOTE);
    buf_putc(out, ']');
    if (argument && cli_argument_optional(o))
        buf_putc(out, ':');
    if (argument)
        zsh_put_action(argument, out);
    buf_putc(out, '\'');
}

static void zsh_put_options(unsigned of, struct buf *out)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(i)); i++) {
        char letter[] = {'-', o->letter, '\0'};
        struct buf name = buf_new(128);

        buf_printf(&name, "--%s", o->name);
        if ((o->commands & of) == of)
            zsh_put_option(o, buf_cstr(&name), out);
        if ((o->commands & of) == of && o->letter)
            zsh_put_option(o, letter, out);
        buf_free(&name);
    }
}

/* Behind ctl and its command. */
static void zsh_put_verbs(struct buf *out)
{
    const struct json_verb *verb;

    buf_puts(out, "_tphone_ctl() {\n"
                  "    compset -P '(play|record|file)=' && { _files; return }\n"
                  "    case $words[1]:$CURRENT in\n");
    for (size_t i = 0; (verb = json_verb_at(i)); i++) {
        struct buf members = buf_new(1024);

        if (completion_kind_of_verb(verb) == COMPLETION_CONTACT)
            buf_printf(out, "    %s:2) _tphone_contacts ;;\n", verb->name);
        if (completion_kind_of_verb(verb) == COMPLETION_FILE)
            buf_printf(out, "    %s:*) _files ;;\n", verb->name);
        else if (completion_members(verb, &members) > 0)
            buf_printf(out, "    %s:*) compadd %s%s ;;\n", verb->name,
                       verb->action == JSON_SET_EVENTS ? "" : "-S '' ", buf_cstr(&members));
        buf_free(&members);
    }
    buf_puts(out, "    esac\n}\n\n");
}

static void put_zsh(struct buf *out)
{
    const struct cli_command *c;

    buf_puts(out, zsh_begin);
    zsh_put_verbs(out);
    buf_puts(out, zsh_main);
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        buf_printf(out, "        '%s:", c->name);
        put_escaped(out, c->summary, "\\", ZSH_QUOTE);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n    _arguments -C -s -S :");
    zsh_put_options(CLI_SCREEN, out);
    buf_puts(out, " \\\n            '(-): :->command' '(-)*:: :->argument' && return 0\n"
                  "    case $state in\n"
                  "    command) _describe -t commands command commands && ret=0 ;;\n"
                  "    argument)\n"
                  "        case $words[1] in\n");
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        buf_printf(out, "        %s)\n            _arguments -s -S :", c->name);
        zsh_put_options(c->bit, out);
        /* Where only a person knows, zsh would tell so instead of completing an option. */
        if (*c->usage && completion_kind_of(c->usage) != COMPLETION_FREE) {
            buf_printf(out, " \\\n            '%s", c->bit == CLI_CTL ? "1" : "");
            zsh_put_action(c->usage, out);
            buf_puts(out, c->bit == CLI_CTL ? "' '*:: :_tphone_ctl'" : "'");
        }
        buf_puts(out, " && ret=0 ;;\n");
    }
    buf_puts(out, zsh_end);
}

/* --- fish ----------------------------------------------------------------------------------- */

#define FISH_SPECIAL "\\"
#define FISH_QUOTE "\\'"

static const char fish_begin[] =
    "# Completion of tphone in fish, written by: tphone completion fish\n"
    "function __tphone_command_is -d 'whether the command is one of these; of none: is not there "
    "yet'\n"
    "    set -l words (commandline -opc)\n"
    "    set -e words[1]\n"
    "    while set -q words[1]\n"
    "        if contains -- $words[1] ";

static const char fish_middle[] = "\n"
                                  "            set -e words[1] # and below its value\n"
                                  "        else if not string match -q -- '-*' $words[1]\n"
                                  "            contains -- $words[1] $argv\n"
                                  "            return\n"
                                  "        end\n"
                                  "        set -e words[1]\n"
                                  "    end\n"
                                  "    not set -q argv[1]\n"
                                  "end\n"
                                  "complete -c tphone -f\n";

static void fish_put_explained(const char *help, struct buf *out)
{
    buf_puts(out, " -d '");
    put_escaped(out, help, FISH_SPECIAL, FISH_QUOTE);
    buf_puts(out, "'\n");
}

/* Begins a line that counts behind these commands; options of the screen do without one, too. */
static void fish_put_condition(unsigned of, struct buf *out)
{
    buf_puts(out, "complete -c tphone");
    if (of == CLI_ALL)
        return;
    buf_puts(out, " -n '");
    if (of & CLI_SCREEN)
        buf_puts(out, "__tphone_command_is; or ");
    buf_puts(out, "__tphone_command_is ");
    put_commands(of, out);
    buf_putc(out, '\'');
}

static void fish_put_action(const char *argument, struct buf *out)
{
    enum completion_kind kind = completion_kind_of(argument);

    if (kind == COMPLETION_FILE) {
        buf_puts(out, " -F");
    } else if (kind == COMPLETION_CONTACT) {
        buf_puts(out, " -a '(tphone contacts --plain 2>/dev/null)'");
    } else if (kind == COMPLETION_WORDS) {
        buf_puts(out, " -f -a '");
        completion_literals(argument, out);
        buf_putc(out, '\'');
    } else if (kind == COMPLETION_FREE) {
        buf_puts(out, " -f");
    }
}

static void fish_put_option(const struct cli_option *o, struct buf *out)
{
    const char *argument = cli_option_argument(o);

    fish_put_condition(o->commands, out);
    if (o->letter)
        buf_printf(out, " -s %c", o->letter);
    buf_printf(out, " -l %s", o->name);
    if (argument && !cli_argument_optional(o))
        buf_puts(out, " -r");
    fish_put_action(argument, out);
    fish_put_explained(help_of(o), out);
}

/* Behind ctl: its command, and what that takes. */
static void fish_put_verbs(const struct cli_command *ctl, struct buf *out)
{
    static const char condition[] = "complete -c tphone -n '__tphone_command_is ctl; and";
    const struct json_verb *verb;

    buf_printf(out, "%s not __fish_seen_subcommand_from ", condition);
    completion_literals(ctl->usage, out);
    buf_putc(out, '\'');
    fish_put_action(ctl->usage, out);
    buf_putc(out, '\n');
    for (size_t i = 0; (verb = json_verb_at(i)); i++) {
        enum completion_kind kind = completion_kind_of_verb(verb);
        struct buf members = buf_new(1024);

        if (kind != COMPLETION_NONE) {
            buf_printf(out, "%s __fish_seen_subcommand_from %s'", condition, verb->name);
            fish_put_action(kind == COMPLETION_FILE ? "FILE" : "ADDRESS", out);
            buf_putc(out, '\n');
        }
        if (completion_members(verb, &members) > 0)
            buf_printf(out, "%s __fish_seen_subcommand_from %s' -a '%s'\n", condition, verb->name,
                       buf_cstr(&members));
        buf_free(&members);
    }
}

static void put_fish(struct buf *out)
{
    const struct cli_command *c;
    const struct cli_option *o;

    buf_puts(out, fish_begin);
    put_taking(" ", out);
    buf_puts(out, fish_middle);
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        buf_printf(out, "complete -c tphone -n __tphone_command_is -a %s", c->name);
        fish_put_explained(c->summary, out);
        if (!*c->usage)
            continue;
        if (c->bit == CLI_CTL) {
            fish_put_verbs(c, out);
            continue;
        }
        fish_put_condition(c->bit, out);
        fish_put_action(c->usage, out);
        buf_putc(out, '\n');
    }
    for (size_t i = 0; (o = cli_option_at(i)); i++)
        fish_put_option(o, out);
}

/* --- the command ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*put)(struct buf *out);
} shells[] = {
    {"bash", put_bash},
    {"zsh", put_zsh},
    {"fish", put_fish},
};

int cmd_completion(const struct cli *cli, struct terminal *terminal)
{
    struct buf script = buf_new(SCRIPT_BYTES_MAX);
    int status = EXIT_USAGE;

    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        if (strcmp(cli->args[0], shells[i].name) != 0)
            continue;
        shells[i].put(&script);
        status = buf_ok(&script) ? EXIT_OK : EXIT_OTHER;
    }
    if (status == EXIT_USAGE)
        terminal_error(terminal, "completion is there for bash, zsh and fish, and no other shell");
    else if (status == EXIT_OTHER)
        terminal_error(terminal, "there is no memory for it");
    else
        output_put_all(&terminal->out, buf_slice(&script));
    buf_free(&script);
    return status;
}
