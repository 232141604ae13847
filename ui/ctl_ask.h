/* ui/ctl_ask.h - one question to a daemon, from a program that does nothing else meanwhile. */
#ifndef UI_CTL_ASK_H
#define UI_CTL_ASK_H

#include "net/unix.h"
#include "ui/cli.h"
#include "ui/ctl_line.h"
#include "ui/exit.h"
#include "ui/terminal.h"

#define CTL_ANSWER_MS 5000 /* within which a daemon that is well replies */

/* Hears each line, raw and read. False: that was all. */
typedef bool ctl_ask_fn(void *arg, struct slice raw, const struct ctl_line *line);

/* A line with its newline, and the descriptors that go with it. */
struct ctl_question {
    struct slice line;
    int fds[NET_UNIX_FDS_MAX];
    size_t n_fds;
};

/* Finds the daemon (--socket), sends it the question, and hands lines to on_line until that has
 * enough. The first must come within CTL_ANSWER_MS; a reply ends that limit. EXIT_OK;
 * EXIT_UNREACHABLE where no daemon answers, EXIT_OTHER where it went away, both told. */
enum exit_status ctl_ask(const struct cli *cli, struct terminal *terminal,
                         const struct ctl_question *question, ctl_ask_fn *on_line, void *arg);

/* The exit status for a refusal, by its word. */
enum exit_status ctl_exit_of(const char *error);

#endif
