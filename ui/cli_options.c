/* The table of options, and the functions that read their values. */
#include "ui/cli_tables.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/scan.h"
#include "base/text.h"
#include "phone/choices.h"
#include "ui/pipes.h"

#define DAY_S 86400u
#define RATE_MAX 10000u /* calls a second: each takes some 0.1 ms */

int cli_seconds(struct slice text, uint64_t *out_ms)
{
    struct slice fraction = text, whole = slice_cut(&fraction, '.');
    uint64_t s = 0, ms = 0;

    if (fraction.n > 3 || (fraction.p && fraction.n == 0))
        return -EINVAL;
    if ((whole.n > 0 || !fraction.p) && slice_number(whole, DAY_S, &s) != 0)
        return -EINVAL;
    if (fraction.n > 0 && slice_number(fraction, 999, &ms) != 0)
        return -EINVAL;
    for (size_t i = fraction.n; i > 0 && i < 3; i++)
        ms *= 10;
    *out_ms = s * 1000 + ms;
    return 0;
}

static int refuse(const struct cli_option *option, const char *value, struct buf *why,
                  const char *sentence)
{
    buf_printf(why, "--%s ", option->name);
    text_safe(why, slice_of(*value ? value : "\"\""));
    buf_printf(why, ": %s", sentence);
    return -EINVAL;
}

/* A setting of the phone that accounts may have, too, is meant for whatever is used. */
static int set_phone_and_accounts(struct cli *cli, struct slice name, struct slice value,
                                  struct config_fault *fault)
{
    int err = config_set(&cli->config, name, value, fault);

    if (!config_key(CONFIG_ACCOUNT, name))
        return err;
    LIST_EACH (&cli->config.accounts, at)
        if (!err)
            err =
                config_set_account(LIST_ITEM(at, struct account_config, link), name, value, fault);
    return err;
}

/* Every setting of a configuration file: read by the same function. */
static int set_setting(struct cli *cli, const struct cli_option *option, const char *value,
                       struct buf *why)
{
    struct config_fault fault = {.text = buf_new(2048)};
    int err = set_phone_and_accounts(cli, slice_of(option->name), slice_of(value), &fault);

    if (err)
        refuse(option, value, why, buf_cstr(&fault.text));
    buf_free(&fault.text);
    return err ? -EINVAL : 0;
}

/* Settings that also one call alone may have, which a daemon is asked for. */
static int set_sound(struct cli *cli, const struct cli_option *option, const char *value,
                     struct buf *why)
{
    int err = set_setting(cli, option, value, why);

    if (!err)
        buf_printf(&cli->sound, "%s%s=%s", cli->sound.n > 0 ? "," : "", option->name, value);
    return err;
}

static int set_encryption(struct cli *cli, const struct cli_option *option, const char *value,
                          struct buf *why)
{
    int err = set_setting(cli, option, value, why);

    cli->encryption = err ? NULL : value;
    return err;
}

static int set_dtmf_mode(struct cli *cli, const struct cli_option *option, const char *value,
                         struct buf *why)
{
    int err = set_setting(cli, option, value, why);

    cli->dtmf_mode = err ? NULL : value;
    return err;
}

/* A key of an account: it must be clear of which one. */
static int set_account_key(struct cli *cli, const struct cli_option *option, const char *value,
                           struct buf *why)
{
    struct account_config *account = config_first_account(&cli->config);
    struct config_fault fault = {.text = buf_new(2048)};
    int err;

    if (!account || account->link.next != &cli->config.accounts) {
        buf_printf(why, "--%s changes an account, and there %s; name the one with --account",
                   option->name, account ? "are several" : "is none");
        return -EINVAL;
    }
    err = config_set_account(account, slice_of(option->name), slice_of(value), &fault);
    if (err)
        refuse(option, value, why, buf_cstr(&fault.text));
    buf_free(&fault.text);
    return err ? -EINVAL : 0;
}

/* --help, --version, --config and --account are read before all others. */
static int set_already(struct cli *cli, const struct cli_option *option, const char *value,
                       struct buf *why)
{
    (void)cli;
    (void)option;
    (void)value;
    (void)why;
    return 0;
}

static int set_trace(struct cli *cli, const struct cli_option *option, const char *value,
                     struct buf *why)
{
    if (value && !*value)
        return refuse(option, value, why, "the name of the file is empty");
    cli->trace = true;
    cli->trace_file = value;
    return 0;
}

static int set_verbosity(struct cli *cli, const struct cli_option *option, const char *value,
                         struct buf *why)
{
    (void)value;
    (void)why;
    if (option->letter == 'q')
        cli->verbosity = -1;
    else if (cli->verbosity < 2)
        cli->verbosity = cli->verbosity < 0 ? 1 : cli->verbosity + 1;
    return 0;
}

static int set_file(struct cli *cli, const struct cli_option *option, const char *value,
                    struct buf *why)
{
    bool plays = strcmp(option->name, "play") == 0, piped = strcmp(value, "-") == 0;

    if (!*value)
        return refuse(option, value, why, "the name of the file is empty");
    if (cli->audio_fd)
        return refuse(option, value, why, "--audio-fd takes its place");
    *(plays ? &cli->play : &cli->record) = piped ? NULL : value;
    *(plays ? &cli->play_fd : &cli->record_fd) = !piped ? -1 : plays ? STDIN_FILENO : STDOUT_FILENO;
    return 0;
}

static int set_audio_fd(struct cli *cli, const struct cli_option *option, const char *value,
                        struct buf *why)
{
    bool taken = cli->play || cli->record || (!cli->audio_fd && pipes_any(cli));
    struct buf sentence = buf_new(1024);
    int err = taken ? -EINVAL : 0;

    if (taken)
        buf_puts(&sentence, "it takes the place of --play and --record");
    else
        err = pipes_read_fds(slice_of(value), cli, &sentence);
    if (err)
        refuse(option, value, why, buf_cstr(&sentence));
    buf_free(&sentence);
    return err;
}

static int set_rate(struct cli *cli, const struct cli_option *option, const char *value,
                    struct buf *why)
{
    uint64_t hz;

    if (slice_number(slice_of(value), 48000, &hz) != 0 || hz < 8000)
        return refuse(option, value, why, "not a number of samples a second from 8000 to 48000");
    cli->rate_hz = (uint32_t)hz;
    return 0;
}

static int set_channels(struct cli *cli, const struct cli_option *option, const char *value,
                        struct buf *why)
{
    uint64_t n;

    if (slice_number(slice_of(value), 2, &n) != 0 || n == 0)
        return refuse(option, value, why, "it is 1 or 2");
    cli->channels = (uint8_t)n;
    return 0;
}

static int set_sides(struct cli *cli, const struct cli_option *option, const char *value,
                     struct buf *why)
{
    struct buf wanted = buf_new(256);
    unsigned sides;

    if (choices_find(&choices_sides, value, &sides)) {
        cli->sides = sides;
        cli->sides_named = value;
        return 0;
    }
    buf_puts(&wanted, "it is ");
    choices_put(&choices_sides, "", &wanted);
    refuse(option, value, why, buf_cstr(&wanted));
    buf_free(&wanted);
    return -EINVAL;
}

static int set_digits(struct cli *cli, const struct cli_option *option, const char *value,
                      struct buf *why)
{
    if (!*value || strlen(value) > 64 || value[strspn(value, "0123456789*#ABCDabcd,p")] != '\0')
        return refuse(option, value, why,
                      "these are 1 to 64 of 0-9 * # A-D, and a comma or p for a pause of a second");
    cli->digits = value;
    return 0;
}

static int set_seconds(struct cli *cli, const struct cli_option *option, const char *value,
                       struct buf *why)
{
    uint64_t ms;

    if (cli_seconds(slice_of(value), &ms) != 0)
        return refuse(option, value, why,
                      "not a number of seconds up to a day, 86400, like 10 or 2.5");
    if (strcmp(option->name, "delay") == 0) {
        cli->delay_ms = ms;
        return 0;
    }
    if (ms == 0)
        return refuse(option, value, why,
                      "a call lasts longer than nothing; without --for it lasts until somebody "
                      "hangs up");
    cli->for_ms = ms;
    return 0;
}

static int set_code(struct cli *cli, const struct cli_option *option, const char *value,
                    struct buf *why)
{
    uint64_t code;

    if (slice_number(slice_of(value), 699, &code) != 0 || code < 300)
        return refuse(option, value, why,
                      "not a status that refuses a call: 300 to 699, like 486 for busy");
    cli->code = (unsigned)code;
    return 0;
}

static int set_socket(struct cli *cli, const struct cli_option *option, const char *value,
                      struct buf *why)
{
    if (!*value)
        return refuse(option, value, why, "the name of the socket is empty");
    cli->socket = value;
    return 0;
}

static int set_control(struct cli *cli, const struct cli_option *option, const char *value,
                       struct buf *why)
{
    if (strcmp(value, "-") != 0)
        return refuse(option, value, why,
                      "commands are read from standard input, -; a socket is what tphone daemon "
                      "has");
    cli->control = cli->json = true;
    cli->alone = true; /* who wants to steer a daemon connects to it */
    return 0;
}

static int set_count(struct cli *cli, const struct cli_option *option, const char *value,
                     struct buf *why)
{
    uint64_t n;

    if (slice_number(slice_of(value), 1000000, &n) != 0 || n == 0)
        return refuse(option, value, why, "not a number from 1 to 1000000");
    if (strcmp(option->name, "times") == 0)
        cli->times = (unsigned)n;
    else if (strcmp(option->name, "limit") == 0)
        cli->limit = (size_t)n;
    else if (strcmp(option->name, "calls") == 0)
        cli->calls = (size_t)n;
    else
        cli->max_calls = (size_t)n;
    return 0;
}

static int set_per_second(struct cli *cli, const struct cli_option *option, const char *value,
                          struct buf *why)
{
    uint64_t milli;

    if (cli_seconds(slice_of(value), &milli) != 0 || milli == 0 || milli > RATE_MAX * 1000)
        return refuse(option, value, why, "not a number of calls up to 10000, like 50 or 0.5");
    cli->milli_rate = milli;
    return 0;
}

static const struct {
    const char *option;
    size_t member;
} flags[] = {
    {"all", offsetof(struct cli, all)},
    {"alone", offsetof(struct cli, alone)},
    {"bare", offsetof(struct cli, bare)},
    {"forget", offsetof(struct cli, forgets)},
    {"hangup-at-eof", offsetof(struct cli, hangup_at_eof)},
    {"json", offsetof(struct cli, json)},
    {"leave-with-screens", offsetof(struct cli, leave_with_screens)},
    {"missed", offsetof(struct cli, missed)},
    {"once", offsetof(struct cli, once)},
    {"plain", offsetof(struct cli, plain)},
    {"show", offsetof(struct cli, shows)},
    {"trace-secrets", offsetof(struct cli, config.trace_secrets)},
};

static int set_flag(struct cli *cli, const struct cli_option *option, const char *value,
                    struct buf *why)
{
    (void)value;
    (void)why;
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (strcmp(option->name, flags[i].option) == 0)
            *(bool *)((char *)cli + flags[i].member) = true;
    return 0;
}

/* clang-format off */
static const struct cli_option options[] = {
    {"play",      0,   "FILE",    CLI_CALL | CLI_ANSWER | CLI_LOAD, set_file,
     "let the other side hear this sound file; - is standard input, but for load: raw, WAV or Ogg"},
    {"record",    0,   "FILE",    CLI_CALL | CLI_ANSWER, set_file,
     "record to this file: .wav, .flac, .ogg or .opus; further calls of answer get a number: "
     "FILE-2.wav; - is standard output, raw"},
    {"record-sides", 0, "heard|apart|mixed", CLI_CALL | CLI_ANSWER, set_sides,
     "record what is heard (the default), both sides in stereo, or both in one"},
    {"audio-fd",  0,   "IN,OUT",  CLI_CALL | CLI_ANSWER, set_audio_fd,
     "let a program talk and listen: raw sound is read from descriptor IN and written to OUT"},
    {"rate",      0,   "HZ",      CLI_CALL | CLI_ANSWER | CLI_CTL, set_rate,
     "samples a second of raw sound through pipes (16000)"},
    {"channels",  0,   "N",       CLI_CALL | CLI_ANSWER | CLI_CTL, set_channels,
     "channels of raw sound through pipes, 1 or 2 (1)"},
    {"hangup-at-eof", 0, NULL,    CLI_CALL | CLI_ANSWER, set_flag,
     "hang up when what is played has been heard to its end"},
    {"dtmf",      0,   "DIGITS",  CLI_CALL, set_digits,
     "send these digits after the answer; a comma is a pause of a second"},
    {"for",       0,   "SECONDS", CLI_CALL | CLI_LOAD, set_seconds,
     "hang up so long after the answer (load: 10)"},
    {"calls",     0,   "N",       CLI_LOAD, set_count,
     "place N calls in all (10)"},
    {"per-second", 0,  "N",       CLI_LOAD, set_per_second,
     "begin N of them a second (10)"},
    {"delay",     0,   "SECONDS", CLI_ANSWER, set_seconds,
     "ring so long before answering"},
    {"code",      0,   "STATUS",  CLI_ANSWER, set_code,
     "refuse every call with this SIP status, 300 to 699"},
    {"times",     0,   "N",       CLI_ANSWER, set_count,
     "leave after N calls"},
    {"max-calls", 0,   "N",       CLI_ANSWER, set_count,
     "take at most N calls at once: one with a sound device, without any limit otherwise"},
    {"once",      0,   NULL,      CLI_REGISTER, set_flag,
     "leave when the servers have answered, and stay registered"},
    {"leave-with-screens", 0, NULL, CLI_DAEMON, set_flag,
     "end when the last screen has gone: ten seconds after it, and after its calls"},
    {"account",   0,   "LABEL|ADDRESS", CLI_PHONES | CLI_SCREEN, set_already,
     "use this account of the configuration, or one that does not stand there"},
    {"auth-user", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"realm", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"password-command", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"password-keyring", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"registrar", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"proxy", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"transport", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"expires", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"keep-alive", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"register", 0, NULL, CLI_PHONES, set_account_key, NULL},
    {"listen", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"rtp-ports", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"device", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"ring-device", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"ring-tone", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"echo", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"noise-suppression", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"level-control", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"codec", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"ptime", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"maxptime", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"dtx", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"opus-bitrate", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"opus-rate", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"opus-cbr", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"opus-stereo", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"opus-complexity", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"jitter-max", 0, NULL, CLI_PHONES, set_sound, NULL},
    {"redundancy", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"user", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"name", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"accept", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"transfers", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"dtmf-mode", 0, NULL, CLI_PHONES, set_dtmf_mode, NULL},
    {"encryption", 0, NULL, CLI_PHONES, set_encryption, NULL},
    {"sdes", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"dtls", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"strangers", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"tls-ca", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"tls-fingerprint", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"tls-certificate", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"tls-key", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"dns-server", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"history", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"history-file", 0, NULL, CLI_PHONES | CLI_HISTORY, set_setting, NULL},
    {"contacts-file", 0, NULL, CLI_PHONES | CLI_CONTACTS, set_setting, NULL},
    {"dnd", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"dnd-status", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"keep-trace", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"hep", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"hep-id", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"sandbox", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"on-event", 0, NULL, CLI_PHONES, set_setting, NULL},
    {"theme", 0, NULL, CLI_SCREEN, set_setting, NULL},
    {"colours", 0, NULL, CLI_SCREEN, set_setting, NULL},
    {"lines", 0, NULL, CLI_SCREEN, set_setting, NULL},
    {"mouse", 0, NULL, CLI_SCREEN, set_setting, NULL},
    {"bind", 0, NULL, CLI_SCREEN, set_setting, NULL},
    {"trace",     0,   "[FILE]",  CLI_PHONES, set_trace,
     "show the SIP messages on standard error or in a file"},
    {"trace-secrets", 0, NULL,    CLI_PHONES, set_flag,
     "leave in traces what passwords could be guessed and calls be decrypted from"},
    {"forget",    0,   NULL,      CLI_PASSWORD, set_flag,
     "take the password out of the keyring"},
    {"show",      0,   NULL,      CLI_PASSWORD, set_flag,
     "print the password that is in the keyring"},
    {"limit",     0,   "N",       CLI_HISTORY, set_count,
     "list N calls at most (20)"},
    {"all",       0,   NULL,      CLI_HISTORY, set_flag,
     "list all calls"},
    {"missed",    0,   NULL,      CLI_HISTORY, set_flag,
     "list only calls that came in while nobody answered"},
    {"plain",     0,   NULL,      CLI_HISTORY | CLI_CONTACTS | CLI_SCREEN, set_flag,
     "lists: for scripts, fields with tabs between, times in UTC; screen: in lines, without drawing, "
     "for screen readers and pipes"},
    {"bare",      0,   NULL,      CLI_SCREEN, set_flag,
     "show one thing at a time with nothing around it, for copying"},
    {"alone",     0,   NULL,      CLI_CALL, set_flag,
     "call without the daemon, though it answers"},
    {"socket",    0,   "PATH",    CLI_CALL | CLI_DAEMON | CLI_SCREEN | CLI_CLIENTS, set_socket,
     "socket of the daemon, instead of $XDG_RUNTIME_DIR/tphone/control"},
    {"json",      0,   NULL,      CLI_PHONES | CLI_LISTS | CLI_CLIENTS, set_flag,
     "print lines of JSON: man tphone-control"},
    {"control",   0,   "-",       CLI_PHONES & ~CLI_LOAD, set_control,
     "take commands from standard input as lines of JSON, and end with it; implies --json"},
    {"config",    0,   "FILE",    CLI_ALL, set_already,
     "read settings from this file instead of $XDG_CONFIG_HOME/tphone/tphone.conf; options "
     "outweigh it"},
    {"quiet",     'q', NULL,      CLI_ALL, set_verbosity,
     "tell only results and errors"},
    {"verbose",   'v', NULL,      CLI_ALL, set_verbosity,
     "tell more; twice: still more"},
    {"help",      'h', NULL,      CLI_ALL, set_already,
     "print this help; behind a command, of that command"},
    {"selftest-sandbox", 0, NULL, CLI_ALL, set_already,
     "try what the sandbox of a phone refuses, and tell"},
    {"version",   'V', NULL,      CLI_ALL, set_already,
     "print the version"},
};
/* clang-format on */

const struct cli_option *cli_option_at(size_t i)
{
    return i < ARRAY_LEN(options) ? &options[i] : NULL;
}

const struct config_key *cli_option_key(const struct cli_option *option)
{
    struct slice name = slice_of(option->name);
    const struct config_key *key = option->help ? NULL : config_key(CONFIG_PHONE, name);

    return key || option->help ? key : config_key(CONFIG_ACCOUNT, name);
}

bool cli_option_is_of_a_call(const struct cli_option *o)
{
    return o->set == set_sound || o->set == set_encryption || o->set == set_dtmf_mode;
}

const char *cli_option_argument(const struct cli_option *option)
{
    const struct config_key *key = cli_option_key(option);

    return key ? key->value : option->argument;
}

bool cli_argument_optional(const struct cli_option *option)
{
    const char *a = option->argument;

    return a && a[0] == '[' && a[strlen(a) - 1] == ']';
}
