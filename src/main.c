/* main.c - wires the layers together; no other file sees all of them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/harden.h"
#include "base/log.h"
#include "ui/cli.h"
#include "ui/exit.h"
#include "ui/json.h"
#include "ui/selftest.h"
#include "ui/terminal.h"

/* A socket must not get the number of a standard stream that our parent had closed: what is printed
 * would go to the network, and libuv refuses to close such numbers. */
static void fill_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* Each call takes a few descriptors; the usual soft limit of 1,024 is there for select(2) only. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* The sink of base/log: a line on standard error. */
static void log_to_terminal(void *arg, enum log_level level, const char *module, const char *line)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    struct terminal *t = arg;
    struct buf text = buf_new(2048);

    buf_printf(&text, "tphone: %s: %s: %s\n", names[level], module, line);
    output_put(&t->err, buf_slice(&text));
    buf_free(&text);
}

static enum log_level log_level_of(int verbosity)
{
    static const enum log_level levels[] = {LOG_ERROR, LOG_ERROR, LOG_INFO, LOG_DEBUG};

    return levels[verbosity + 1];
}

/* PortAudio and what stands behind it write on descriptor 2: see "When things go wrong" in
 * doc/design.md. */
static bool will_open_device(const struct cli *cli)
{
    const struct phone_config *config = &cli->config;

    if (cli->control)
        return true; /* a client may ask for a list of them */
    switch (cli->command->bit) {
    case CLI_CALL:
        return !config->no_device;
    case CLI_ANSWER:
        return config->device && !config->no_device;
    case CLI_DAEMON:
    case CLI_DEVICES:
        return true;
    default:
        return false;
    }
}

static void put_outcome(struct terminal *t, int status)
{
    struct buf line = buf_new(32768);

    outcome_line(&t->outcome, (enum exit_status)status, &line);
    output_put(&t->out, buf_slice(&line));
    buf_free(&line);
}

static int run_command(const struct cli *cli)
{
    struct terminal terminal;
    struct buf why = buf_new(8192);
    int status = EXIT_OTHER;

    if (terminal_open(&terminal, cli, will_open_device(cli), &why) != 0) {
        terminal_error(&terminal, buf_cstr(&why));
        status = EXIT_USAGE;
    } else {
        log_set(log_to_terminal, &terminal, log_level_of(cli->verbosity));
        if (cli->notice.n > 0 && cli->verbosity >= 0) {
            buf_put(&why, buf_slice(&cli->notice));
            terminal_error(&terminal, buf_cstr(&why));
        }
        if (cli->config.trace_secrets)
            terminal_error(&terminal,
                           "--trace-secrets: traces have what passwords could be guessed "
                           "and calls be decrypted from; give them to nobody");
        status = cli->command->run(cli, &terminal);
        log_set(NULL, NULL, LOG_ERROR);
    }
    if (cli->json && (cli->command->bit & CLI_PHONES))
        put_outcome(&terminal, status);
    if (terminal_close(&terminal) != 0 && !status)
        status = EXIT_OTHER;
    buf_free(&why);
    if (terminal.left)
        _exit(status); /* libuv would wait for that worker */
    return status;
}

/* Standard output may be a pipe that is closed or a disk that is full: then the text has not
 * arrived, and status and sentence say so. */
static int print(struct slice text)
{
    if (fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0)
        return EXIT_OK;
    fprintf(stderr, "tphone: the results could not be written: %s\n", strerror(errno));
    return EXIT_OTHER;
}

static int try_sandbox(const struct cli *cli, struct buf *text)
{
    bool holds = selftest_sandbox(cli, text);
    int status = print(buf_slice(text));

    return holds ? status : EXIT_OTHER;
}

static int run(const struct cli *cli)
{
    struct buf text = buf_new(65536);
    int status;

    if (cli->help) {
        cli_help(cli->command, &text);
        status = print(buf_slice(&text));
    } else if (cli->version) {
        status = print(SLICE("tphone " PACKAGE_VERSION "\n"));
    } else if (cli->tries_sandbox) {
        status = try_sandbox(cli, &text);
    } else {
        status = run_command(cli);
    }
    buf_free(&text);
    return status;
}

/* Whether there would be an outcome in JSON if the command line were right: it may be wrong before
 * the option that asks for it. */
static bool wants_outcome(const struct cli *cli, int argc, char **argv)
{
    if (cli->command && !(cli->command->bit & CLI_PHONES))
        return false;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0 || strncmp(argv[i], "--control", 9) == 0)
            return true;
    return false;
}

static int refuse_usage(const struct cli *cli, int argc, char **argv, const char *why)
{
    struct json_own own = {.kind = JSON_OUTCOME, .word = "usage", .exit = EXIT_USAGE, .text = why};
    struct buf line = buf_new(32768);

    fprintf(stderr, "tphone: %s\n", why);
    if (wants_outcome(cli, argc, argv))
        json_own(&line, &own, json_now_ms());
    print(buf_slice(&line));
    buf_free(&line);
    return EXIT_USAGE;
}

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && strcmp(value, "") != 0 && strcmp(value, "0") != 0;
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct buf why = buf_new(8192);
    int status;

    harden(is_set("TPHONE_DUMPABLE"));
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves must not end a call */
    signal(SIGXFSZ, SIG_IGN); /* nor a recording that grows beyond "ulimit -f" */
    fill_standard_streams();
    raise_file_limit();
    if (cli_parse(argc, argv, &cli, &why) == 0)
        status = run(&cli);
    else
        status = refuse_usage(&cli, argc, argv, buf_cstr(&why));
    cli_free(&cli);
    buf_free(&why);
    return status;
}
