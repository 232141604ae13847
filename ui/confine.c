#include "ui/confine.h"

#include "base/log.h"
#include "phone/sandbox.h"
#include "ui/runtime_dir.h"

#define PATH_BYTES 4096

static void tell(enum sandbox_state state, struct buf *why)
{
    if (state == SANDBOX_NOT_HERE)
        log_warn("sandbox", "%s", buf_cstr(why));
    else if (why->n > 0)
        log_info("sandbox", "%s", buf_cstr(why));
}

static void close_sandbox(const struct cli *cli, const struct phone_config *config)
{
    struct buf socket = buf_new(PATH_BYTES), why = buf_new(PATH_BYTES);
    bool listens = cli->command->bit == CLI_DAEMON &&
                   runtime_dir_socket(cli->socket, false, &socket, &why) == 0;
    const struct reach reach = {.config = config,
                                .play = cli->play,
                                .record = cli->record,
                                .play_fd = cli->play_fd,
                                .record_fd = cli->record_fd,
                                .socket = listens ? buf_cstr(&socket) : NULL};

    buf_clear(&why);
    tell(sandbox_close(&reach, &why), &why);
    buf_free(&socket);
    buf_free(&why);
}

int confine(const struct cli *cli, const struct phone_config *config, struct net_spawner **helper,
            struct net_loop **loop)
{
    int err = config->no_sandbox ? 0 : helper_new(config, helper);

    if (!err)
        err = net_loop_new(loop);
    if (!err && *helper)
        err = net_spawner_on(*helper, *loop);
    if (!err && !config->no_sandbox)
        close_sandbox(cli, config);
    return err;
}

void confine_client(const struct cli *cli)
{
    const struct reach reach = {.play_fd = -1, .record_fd = -1};
    struct buf why = buf_new(PATH_BYTES);

    if (!cli->config.no_sandbox)
        tell(sandbox_close(&reach, &why), &why);
    buf_free(&why);
}
