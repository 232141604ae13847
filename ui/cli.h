/* ui/cli.h - the command line: one table of subcommands, one of options.
 *
 * Parsing, --help and the test of the manual all read the two tables, so they cannot disagree.
 * Strings in struct cli point into argv, which must outlive it. */
#ifndef UI_CLI_H
#define UI_CLI_H

#include "phone/command.h"
#include "phone/config.h"

#define CLI_ARGS_MAX 32

struct cli_command;
struct terminal; /* ui/terminal.h */

struct cli {
    const struct cli_command *command; /* the screen where none was named */
    bool help, version, tries_sandbox;
    int verbosity; /* -1: only errors and results; 0; 1 and 2: also what one seldom needs to know */
    const char *config_file; /* NULL: the one of the user */
    const char *account;     /* NULL: those of the file */
    bool trace;
    const char *trace_file; /* NULL: standard error */
    struct phone_config config;
    struct buf notice;  /* a sentence on the file though nothing is wrong with it, or empty */
    struct buf refused; /* of the screen: what is wrong with the file, which then counts as empty */

    const char *play, *record, *digits;
    int play_fd, record_fd; /* sound through descriptors (ui/pipes.h); below 0: none */
    bool audio_fd;          /* both are of one program */
    uint32_t rate_hz;       /* of raw sound through them; 0: not said */
    uint8_t channels;       /* likewise */
    bool hangup_at_eof;
    enum phone_sides sides;  /* that are recorded */
    const char *encryption;  /* likewise the word of it */
    const char *dtmf_mode;   /* and of this */
    struct buf sound;        /* "ptime=40,dtx=yes": what is said of it; empty: nothing */
    const char *sides_named; /* the word for it; NULL: not said */
    uint64_t for_ms;         /* 0: until somebody hangs up */
    uint64_t delay_ms;       /* before the answer */
    unsigned code;           /* 0: calls are answered */
    unsigned times;          /* 0: for ever */
    size_t max_calls;        /* 0: not said */
    size_t limit;            /* calls that are listed; 0: not said */
    size_t calls;            /* that are placed; 0: not said */
    uint64_t milli_rate;     /* of them in 1,000 seconds; 0: not said */
    bool missed, all;        /* of them these */
    bool plain;              /* lists for scripts */
    bool bare;               /* the screen: nothing around what is shown */
    bool json;               /* lines of JSON on standard output, and nothing else there */
    bool control;            /* commands of JSON on standard input */
    bool alone;              /* call without the daemon */
    bool leave_with_screens; /* end behind the last of them */
    bool shows, forgets;     /* a password of the keyring */
    bool once;               /* leave when the accounts have their answers */
    const char *socket;      /* of the daemon; NULL: the usual one */

    const char *args[CLI_ARGS_MAX]; /* behind the command's name */
    size_t n_args;
};

/* Bits of cli_option.commands. */
enum cli_where {
    CLI_CALL = 1,
    CLI_ANSWER = 2,
    CLI_DEVICES = 4,
    CLI_REGISTER = 8,
    CLI_HISTORY = 16,
    CLI_CONTACTS = 32,
    CLI_COMPLETION = 64,
    CLI_DAEMON = 128,
    CLI_CTL = 256,
    CLI_STATUS = 512,
    CLI_LOAD = 1024,
    CLI_SCREEN = 2048,
    CLI_PASSWORD = 4096,
    /* Those that speak SIP. */
    CLI_PHONES = CLI_CALL | CLI_ANSWER | CLI_REGISTER | CLI_DAEMON | CLI_LOAD,
    CLI_LISTS = CLI_DEVICES | CLI_HISTORY | CLI_CONTACTS,
    CLI_CLIENTS = CLI_CTL | CLI_STATUS, /* of a daemon, and nothing else */
    CLI_ALL = 8191,
};

struct cli_command {
    const char *name;
    enum cli_where bit;
    const char *usage; /* what stands behind the name; "": nothing */
    size_t min_args, max_args;
    const char *missing;  /* what to say when there are fewer */
    const char *summary;  /* one line */
    const char *examples; /* lines of --help, indented */
    int (*run)(const struct cli *cli, struct terminal *terminal); /* gives the exit status */
};

struct cli_option;
/* Takes an option's value (NULL: none was given). 0, or -EINVAL with a sentence in why. */
typedef int cli_set_fn(struct cli *cli, const struct cli_option *option, const char *value,
                       struct buf *why);

struct cli_option {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: takes none, or see help; in brackets: may be left out */
    unsigned commands;    /* enum cli_where */
    cli_set_fn *set;
    const char *help; /* NULL: argument and help are those of the setting (phone/config.h) */
};

/* The i-th row of each table, NULL behind the last. */
const struct cli_command *cli_command_at(size_t i);
const struct cli_option *cli_option_at(size_t i);

/* What stands behind an option's name; NULL: nothing. */
const char *cli_option_argument(const struct cli_option *option);

/* Reads argv, then the file of --config or, where there is one, that of the user, then lays the
 * options over it. config.accounts then holds what the command works with, the one of --account
 * alone. 0, or -EINVAL with one line in why that names what is wrong and, where it can, what is
 * right. */
int cli_parse(int argc, char **argv, struct cli *cli, struct buf *why);
void cli_free(struct cli *cli);

/* Appends the help of a command, or of the whole program where command is NULL. */
void cli_help(const struct cli_command *command, struct buf *out);

#endif
