#include "ui/confine.h"

#include <stdlib.h>

#include "base/log.h"
#include "phone/sandbox.h"
#include "ui/runtime_dir.h"

#define PATH_BYTES 4096

/* No error of what was asked for, so it is not the last word of --json. */
static void warn(struct terminal *terminal, const char *sentence)
{
    struct buf line = buf_new(PATH_BYTES);

    buf_printf(&line, "tphone: %s\n", sentence);
    output_put(&terminal->err, buf_slice(&line));
    buf_free(&line);
}

static void warn_lines(struct terminal *terminal, struct slice lines)
{
    while (lines.n > 0) {
        char *line = slice_dup(slice_cut(&lines, '\n'));

        if (line)
            warn(terminal, line);
        free(line);
    }
}

/* Whoever wants no sandbox says so; who believes that there is one hears what is missing of it,
 * however little else is told. terminal: NULL where only the log hears it. */
static void tell(enum sandbox_state state, struct buf *why, struct terminal *terminal)
{
    if (terminal && (state == SANDBOX_NOT_HERE || state == SANDBOX_CALLS_ONLY))
        warn(terminal, buf_cstr(why));
    else if (why->n > 0)
        log_info("sandbox", "%s", buf_cstr(why));
}

static void close_sandbox(const struct cli *cli, const struct phone_config *config,
                          struct terminal *terminal)
{
    struct buf socket = buf_new(PATH_BYTES), why = buf_new(PATH_BYTES), wide = buf_new(65536);
    bool listens = cli->command->bit == CLI_DAEMON &&
                   runtime_dir_socket(cli->socket, false, &socket, &why) == 0;
    const struct reach reach = {.config = config,
                                .play = cli->play,
                                .record = cli->record,
                                .play_fd = cli->play_fd,
                                .record_fd = cli->record_fd,
                                .socket = listens ? buf_cstr(&socket) : NULL};
    enum sandbox_state state;

    buf_clear(&why);
    reach_warn(&reach, &wide);
    state = sandbox_close(&reach, &why);
    tell(state, &why, terminal);
    if (state == SANDBOX_CLOSED)
        warn_lines(terminal, buf_slice(&wide));
    buf_free(&wide);
    buf_free(&socket);
    buf_free(&why);
}

int confine(const struct cli *cli, const struct phone_config *config, struct terminal *terminal,
            struct net_spawner **helper, struct net_loop **loop, struct buf *why)
{
    int err = config->no_sandbox ? 0 : helper_new(config, cli->record, helper);

    if (err)
        buf_printf(why,
                   "the helper of this phone, which does for it what the sandbox refuses, "
                   "cannot be started: %s",
                   strerror(-err));
    else
        err = net_loop_new(loop);
    if (!err && *helper)
        err = net_spawner_on(*helper, *loop);
    if (!err && !config->no_sandbox)
        close_sandbox(cli, config, terminal);
    return err;
}

void confine_client(const struct cli *cli)
{
    const struct reach reach = {.play_fd = -1, .record_fd = -1};
    struct buf why = buf_new(PATH_BYTES);

    if (!cli->config.no_sandbox)
        tell(sandbox_close(&reach, &why), &why, NULL);
    buf_free(&why);
}
