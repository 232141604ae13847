#include "ui/ctl_ask.h"

#include <errno.h>

#include "net/loop.h"
#include "ui/confine.h"
#include "ui/ctl_client.h"
#include "ui/runtime_dir.h"

struct asking {
    struct terminal *terminal;
    struct net_loop *loop;
    struct ctl_client *client;
    const char *path;
    ctl_ask_fn *on_line;
    void *arg;
    enum exit_status exit;
    bool over; /* lines behind the last one are nobody's */
};

static void fail(struct asking *a, int err, enum exit_status exit)
{
    struct buf why = buf_new(2048);

    ctl_client_explain(err, a->path, &why);
    terminal_error(a->terminal, buf_cstr(&why));
    buf_free(&why);
    a->exit = exit;
    a->over = true;
    if (a->loop)
        net_loop_stop(a->loop);
}

static void on_ended(void *arg, int err)
{
    fail(arg, err, EXIT_OTHER);
}

/* Events come in between and must not be mistaken for the answer. */
static void on_line(void *arg, struct slice raw)
{
    struct asking *a = arg;
    struct ctl_line line;
    int err = a->over ? 0 : ctl_line_read(raw, &line);

    if (a->over)
        return;
    if (err) {
        fail(a, err, EXIT_OTHER);
        return;
    }
    if (line.kind == CTL_REPLY)
        ctl_client_limit(a->client, 0);
    a->over = !a->on_line(a->arg, raw, &line);
    if (a->over)
        net_loop_stop(a->loop);
    ctl_line_free(&line);
}

static const struct ctl_client_events events = {on_line, on_ended};

/* What cannot be sent at once leaves from the loop. */
static void converse(struct asking *a, const struct cli *cli, const struct ctl_question *question)
{
    int err = net_loop_new(&a->loop);

    if (!err)
        err = ctl_client_new(a->loop, a->path, &events, a, &a->client);
    if (!err)
        err = ctl_client_send(a->client, question->line, question->fds, question->n_fds);
    if (err) {
        fail(a, err, err == -ENOMEM ? EXIT_OTHER : EXIT_UNREACHABLE);
    } else {
        ctl_client_limit(a->client, CTL_ANSWER_MS);
        confine_client(cli); /* while the daemon thinks */
        net_loop_run(a->loop);
    }
    ctl_client_free(a->client);
    net_loop_free(a->loop);
}

enum exit_status ctl_ask(const struct cli *cli, struct terminal *terminal,
                         const struct ctl_question *question, ctl_ask_fn *on_line_fn, void *arg)
{
    struct asking a = {.terminal = terminal, .on_line = on_line_fn, .arg = arg};
    struct buf path = buf_new(4096), why = buf_new(8192);
    int err = runtime_dir_socket(cli->socket, false, &path, &why);

    a.path = buf_cstr(&path);
    if (why.n > 0) {
        terminal_error(terminal, buf_cstr(&why));
        a.exit = EXIT_UNREACHABLE;
    } else if (err) {
        terminal_error(terminal, "no daemon is running; tphone daemon starts one");
        a.exit = EXIT_UNREACHABLE;
    } else {
        converse(&a, cli, question);
    }
    buf_free(&path);
    buf_free(&why);
    return a.exit;
}

enum exit_status ctl_exit_of(const char *error)
{
    static const struct {
        const char *error;
        enum exit_status exit;
    } words[] = {
        /* clang-format off */
        {"no-such-call",    EXIT_NOT_FOUND},
        {"no-such-account", EXIT_NOT_FOUND},
        {"no-such-contact", EXIT_NOT_FOUND},
        {"sound",           EXIT_SOUND},
        {"wrong-state",     EXIT_OTHER},
        {"no-memory",       EXIT_OTHER},
        {"failed",          EXIT_OTHER},
        /* clang-format on */
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (slice_eq(slice_of(error), slice_of(words[i].error)))
            return words[i].exit;
    return EXIT_USAGE; /* it was asked for in a wrong way */
}
