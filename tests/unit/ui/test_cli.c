/* The command line: what is read, and what is said where it is wrong. */
#include "ui/cli.h"
#include "ui/cli_tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

#define TYPED_MAX 10

static const struct row {
    const char *name, *words[TYPED_MAX];
    const char *why; /* NULL: it is right */
} rows[] = {
    {"call with an address", {"call", "a@192.0.2.1"}, NULL},
    {"options on both sides of the command", {"-q", "call", "--for", "2", "a@h", "--trace"}, NULL},
    {"a value behind an equals sign", {"call", "--for=0.5", "a@h"}, NULL},
    {"a word behind --trace is not its value", {"call", "--trace", "a@h"}, NULL},
    {"an address behind --", {"call", "--", "a@h"}, NULL},
    {"help needs nothing else", {"--help"}, NULL},
    {"help of a command that is not complete", {"call", "--help"}, NULL},
    {"nothing",
     {NULL},
     "what shall be done? tphone screen, tphone call ADDRESS, tphone answer, tphone register, tphone daemon, "
     "tphone ctl COMMAND [WORD]..., tphone status, tphone load ADDRESS, tphone devices, "
     "tphone history, tphone contacts, tphone password ACCOUNT, tphone completion bash|zsh|fish; tphone --help says more"},
    {"a command with two letters swapped", {"asnwer"}, "unknown command asnwer; is answer meant?"},
    {"an address in the command's place",
     {"a@h"},
     "unknown command a@h; to call it: tphone call a@h"},
    {"no command",
     {"xyz"},
     "unknown command xyz; there are screen, call, answer, register, daemon, ctl, status, load, devices, "
     "history, contacts, password and "
     "completion"},
    {"a load, and how it is spread",
     {"load", "a@h", "--calls", "1000000", "--per-second", "0.5", "--for", "2.5", "--json"}, NULL},
    {"nobody to load", {"load"}, "whom to call is missing: tphone load bob@192.0.2.7"},
    {"no calls in a load", {"load", "a@h", "--calls", "0"},
     "--calls 0: not a number from 1 to 1000000"},
    {"a load without end of speed", {"load", "a@h", "--per-second", "10001"},
     "--per-second 10001: not a number of calls up to 10000, like 50 or 0.5"},
    {"a load from standard input", {"load", "a@h", "--play", "-"},
     "--play -: many calls cannot share standard input; name a file"},
    {"a load that takes commands", {"load", "a@h", "--control", "-"},
     "tphone load takes no --control; it is an option of tphone call, answer, register and daemon"},
    {"nobody to call", {"call"}, "whom to call is missing: tphone call alice@host"},
    {"two to call",
     {"call", "a@h", "b@h"},
     "one argument too many: b@h; the usage is tphone call ADDRESS, and a name with blanks needs "
     "quotes"},
    {"an unknown option",
     {"call", "a@h", "--recrod", "x"},
     "unknown option --recrod; is --record meant?"},
    {"an unknown option with a value",
     {"call", "a@h", "--recrod=x"},
     "unknown option --recrod; is --record meant?"},
    {"an option like no other",
     {"call", "a@h", "--xyzzy"},
     "unknown option --xyzzy; tphone --help lists them"},
    {"the beginning of several options",
     {"call", "a@h", "--d", "none"},
     "unknown option --d; is one of these meant: --dtmf, --delay, --device, --dtx, "
     "--dtmf-mode, --dtls, --dns-server, --dnd, --dnd-status?"},
    {"an unknown letter", {"call", "a@h", "-x"}, "unknown option -x; tphone --help lists them"},
    {"an unknown letter in a bundle",
     {"call", "a@h", "-qx"},
     "unknown option -x; tphone --help lists them"},
    {"an option of another command",
     {"call", "a@h", "--times", "2"},
     "tphone call takes no --times; it is an option of tphone answer"},
    {"an option of several commands",
     {"devices", "--proxy", "h"},
     "tphone devices takes no --proxy; it is an option of tphone call, answer, register, "
     "daemon and load"},
    {"a password",
     {"call", "a@h", "--password", "x"},
     "a password is never an argument, as everybody on this machine could read it; "
     "--password-command names a program that prints it"},
    {"a password behind an equals sign",
     {"call", "a@h", "--password=x"},
     "a password is never an argument, as everybody on this machine could read it; "
     "--password-command names a program that prints it"},
    {"a password in the account's address",
     {"call", "a@h", "--account", "a:secret@h"},
     "--account: a password cannot stand in an address; password-command gives it"},
    {"an account that is not there",
     {"call", "a@h", "--account", "work"},
     "--account: there is no account \"work\" in the configuration; one that does not stand there "
     "is named by its address, like alice@example.org"},
    {"a key of the account", {"call", "a@h", "--account", "a@h", "--transport", "tcp"}, NULL},
    {"a key of the account that is wrong",
     {"call", "a@h", "--account", "a@h", "--expires", "0"},
     "--expires 0: not a number of seconds from 1 to 604800"},
    {"an option that wants a value",
     {"call", "a@h", "--play"},
     "--play needs a value: --play FILE"},
    {"an option that wants none", {"call", "a@h", "--quiet=yes"}, "--quiet takes no value"},
    {"a terminal's controls in what is named",
     {"call", "a@h", "--\x1b[2J"},
     "unknown option --\xef\xbf\xbd[2J; tphone --help lists them"},
    {"a time that is none",
     {"call", "a@h", "--for", "2x"},
     "--for 2x: not a number of seconds up to a day, 86400, like 10 or 2.5"},
    {"no time at all",
     {"call", "a@h", "--for", "0"},
     "--for 0: a call lasts longer than nothing; without --for it lasts until somebody hangs up"},
    {"digits that are none",
     {"call", "a@h", "--dtmf", "12e"},
     "--dtmf 12e: these are 1 to 64 of 0-9 * # A-D, and a comma or p for a pause of a second"},
    {"no digits",
     {"call", "a@h", "--dtmf="},
     "--dtmf \"\": these are 1 to 64 of 0-9 * # A-D, and a comma or p for a pause of a second"},
    {"sound through pipes",
     {"call", "a@h", "--play", "-", "--record", "-", "--rate", "8000", "--hangup-at-eof"},
     NULL},
    {"a program on two descriptors", {"answer", "--audio-fd", "0,1", "--channels", "2"}, NULL},
    {"a program on one descriptor",
     {"call", "a@h", "--audio-fd", "0"},
     "--audio-fd 0: not two descriptors that are open, like 3,4: sound is read from the first and "
     "written to the second"},
    {"a descriptor that is not open",
     {"call", "a@h", "--audio-fd", "0,999"},
     "--audio-fd 0,999: not two descriptors that are open, like 3,4: sound is read from the first "
     "and written to the second"},
    {"sound on standard error",
     {"call", "a@h", "--audio-fd", "0,2"},
     "--audio-fd 0,2: standard error is for words"},
    {"a program and a file",
     {"call", "a@h", "--play", "x.wav", "--audio-fd", "0,1"},
     "--audio-fd 0,1: it takes the place of --play and --record"},
    {"a file and a program",
     {"call", "a@h", "--audio-fd", "0,1", "--record", "-"},
     "--record -: --audio-fd takes its place"},
    {"a rate for no pipe",
     {"call", "a@h", "--play", "x.wav", "--rate", "8000"},
     "--rate is of raw sound: it goes with --play -, --record - or --audio-fd"},
    {"channels for no pipe",
     {"call", "a@h", "--channels", "1"},
     "--channels is of raw sound: it goes with --play -, --record - or --audio-fd"},
    {"a rate that is none",
     {"call", "a@h", "--play", "-", "--rate", "96000"},
     "--rate 96000: not a number of samples a second from 8000 to 48000"},
    {"three channels",
     {"call", "a@h", "--play", "-", "--channels", "3"},
     "--channels 3: it is 1 or 2"},
    {"an end of nothing",
     {"call", "a@h", "--hangup-at-eof"},
     "--hangup-at-eof waits for the end of what is played: it goes with --play or --audio-fd"},
    {"commands where sound would come from",
     {"call", "a@h", "--control", "-", "--play", "-"},
     "--control - reads commands where sound would come from: standard input is one or the other"},
    {"replies where sound would go",
     {"answer", "--control", "-", "--record", "-"},
     "--control - answers where sound would go: standard output is one or the other"},
    {"a file of settings without a name",
     {"call", "a@h", "--config="},
     "--config \"\": the name of the file is empty"},
    {"a status that refuses nobody",
     {"answer", "--code", "200"},
     "--code 200: not a status that refuses a call: 300 to 699, like 486 for busy"},
    {"no times", {"answer", "--times", "0"}, "--times 0: not a number from 1 to 1000000"},
    {"a setting is read like in a file",
     {"answer", "--codec", "opsu"},
     "--codec opsu: unknown codec; is opus meant?"},
    {"a file of settings that is not there",
     {"answer", "--config", "/no/such/file"},
     "/no/such/file: cannot be read: No such file or directory"},
    {"a file without name",
     {"answer", "--record", ""},
     "--record \"\": the name of the file is empty"},
    {"sides that are none",
     {"answer", "--record-sides", "left"},
     "--record-sides left: it is heard, apart or mixed"},
};

/* Parses words, which end in NULL. */
static int parse(const char *const *words, struct cli *cli, struct buf *why)
{
    char *argv[TYPED_MAX + 2];
    int argc = 0;

    argv[argc++] = (char *)(uintptr_t) "tphone";
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    argv[argc] = NULL;
    return cli_parse(argc, argv, cli, why);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf why = buf_new(4096);
    struct cli cli;

    assert_int_equal(parse(row->words, &cli, &why), row->why ? -EINVAL : 0);
    assert_slice(buf_slice(&why), row->why ? row->why : "");
    cli_free(&cli);
    buf_free(&why);
}

static void values(void **state)
{
    static const char *const words[] = {"call", "a@h",     "--for=2.05", "--dtmf",    "1,#",
                                        "-vv",  "--codec", "pcmu",       "--trace=f", NULL};
    struct buf why = buf_new(4096);
    struct cli cli;

    (void)state;
    assert_int_equal(parse(words, &cli, &why), 0);
    assert_string_equal(cli.command->name, "call");
    assert_int_equal(cli.n_args, 1);
    assert_string_equal(cli.args[0], "a@h");
    assert_int_equal(cli.for_ms, 2050);
    assert_string_equal(cli.digits, "1,#");
    assert_int_equal(cli.verbosity, 2);
    assert_int_equal(cli.config.n_codecs, 1);
    assert_true(cli.trace);
    assert_string_equal(cli.trace_file, "f");
    assert_int_equal(why.n, 0);
    cli_free(&cli);
    buf_free(&why);
}

static void seconds(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms; /* UINT64_MAX: refused */
    } times[] = {
        {"10", 10000},
        {"2.5", 2500},
        {".5", 500},
        {"0.001", 1},
        {"0", 0},
        {"86400", 86400000},
        {"86401", UINT64_MAX},
        {"", UINT64_MAX},
        {".", UINT64_MAX},
        {"1.", UINT64_MAX},
        {"1.2345", UINT64_MAX},
        {"-1", UINT64_MAX},
        {"1e3", UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        uint64_t ms = UINT64_MAX;

        assert_int_equal(cli_seconds(slice_of(times[i].text), &ms),
                         times[i].ms == UINT64_MAX ? -EINVAL : 0);
        assert_int_equal(ms, times[i].ms);
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Who opens a screen asked for no port, and can be called on another one as well. */
static void daemon_of_a_screen_takes_another_port(void **state)
{
    static const char *const alone[] = {"daemon", NULL};
    static const char *const screens[] = {"daemon", "--leave-with-screens", NULL};
    static const char *const said[] = {"daemon", "--leave-with-screens", "--listen", ":5062", NULL};
    const char *const *const lines[] = {alone, screens, said};
    static const struct {
        uint16_t port;
        bool or_free;
    } wanted[] = {{5060, false}, {5060, true}, {5062, false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct buf why = buf_new(4096);
        struct cli cli;

        assert_int_equal(parse(lines[i], &cli, &why), 0);
        assert_int_equal(cli.config.listen.ip.port, wanted[i].port);
        assert_int_equal(cli.config.listen.or_free, wanted[i].or_free);
        cli_free(&cli);
        buf_free(&why);
    }
}

/* The user's own file, which is read where no other is named. */
static void accounts_and_options(void **state)
{
    static const char *const plain[] = {"answer", NULL};
    static const char *const chosen[] = {"call", "x",       "--account",     "b", "--codec",
                                         "pcma", "--proxy", "p.example.org", NULL};
    static const char *const own[] = {"answer", "--account", "carol@h", "--password-command",
                                      "pass",   "--accept",  "anyone",  NULL};
    static const char *const unclear[] = {"answer", "--proxy", "h", NULL};
    char home[TEMPORARY_MAX] = "/tmp/tphone-cli-XXXXXX", path[96];
    const struct account_config *a;
    struct buf why = buf_new(4096);
    struct cli cli;

    (void)state;
    assert_non_null(temporary_folder(home));
    setenv("XDG_CONFIG_HOME", home, 1);
    assert_int_equal(parse(unclear, &cli, &why), -EINVAL);
    assert_slice(buf_slice(&why),
                 "--proxy changes an account, and there is none; name the one with --account");
    buf_clear(&why);
    cli_free(&cli);
    snprintf(path, sizeof path, "%s/tphone", home);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/tphone/tphone.conf", home);
    write_file(path, "user = me\n[account a]\nuri = a@h\npassword = x\n[account b]\nuri = b@h\n"
                     "codec = opus\n");
    assert_int_equal(parse(plain, &cli, &why), 0);
    assert_string_equal(cli.config.user, "me");
    assert_string_equal(config_first_account(&cli.config)->label, "a");
    assert_true(cli.notice.n > 0);
    cli_free(&cli);
    assert_int_equal(parse(chosen, &cli, &why), 0);
    a = config_first_account(&cli.config);
    assert_string_equal(a->label, "b");
    assert_string_equal(a->proxy, "sip:p.example.org");
    assert_string_equal(a->codecs[0], "pcma");
    assert_string_equal(cli.config.codecs[0], "pcma");
    cli_free(&cli);
    assert_int_equal(parse(own, &cli, &why), 0);
    a = config_first_account(&cli.config);
    assert_string_equal(a->uri, "sip:carol@h");
    assert_string_equal(a->password_command, "pass");
    assert_int_equal(a->accept, CONFIG_ACCEPT_ANYONE);
    cli_free(&cli);
    assert_int_equal(parse(unclear, &cli, &why), -EINVAL);
    assert_slice(buf_slice(&why),
                 "--proxy changes an account, and there are several; name the one with --account");
    cli_free(&cli);
    unlink(path);
    snprintf(path, sizeof path, "%s/tphone", home);
    rmdir(path);
    rmdir(home);
    setenv("XDG_CONFIG_HOME", "/no/such/home", 1);
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(seconds),
        cmocka_unit_test(accounts_and_options),
        cmocka_unit_test(daemon_of_a_screen_takes_another_port),
    };

    setenv("XDG_CONFIG_HOME", "/no/such/home", 1); /* not the settings of whoever runs this */
    return RUN_ROWS("ui/cli", rows, check_row) +
           cmocka_run_group_tests_name("ui/cli whole", tests, NULL, NULL);
}
