#include "ui/screen/front.h"

#include "net/loop.h"
#include "net/spawner.h"
#include "ui/screen/saver.h"
#include "ui/screen/screen_helper.h"
#include "ui/screen/setup_run.h"
#include "ui/signals.h"
#include "ui/terminal.h"

#define FILE_MS 1000u /* that a file has at the end for being written */

void front_init(struct front *front, const struct cli *cli)
{
    *front = (struct front){.cli = cli};
    model_init(&front->model);
    keymap_init(&front->keys);
    screen_init(&front->screen, &front->model, &front->keys);
    front->first_start = setup_prepare(cli, &front->setup, &front->screen);
}

int front_open(struct front *front, const struct front_events *events, void *arg, struct buf *why)
{
    struct screen *s = &front->screen;
    int err = screen_helper_new(front->cli, front->setup.path, s->settings, &s->helper, why);

    if (!err)
        err = net_loop_new(&front->loop);
    if (!err)
        err = connection_new(front->loop, front->cli, s, &events->connection, arg,
                             &front->connection);
    if (!err)
        err = setup_run_new(front->loop, s->helper, &front->setup, events->setup, arg,
                            &front->setup_run);
    if (!err)
        err = saver_new(front->loop, s, events->saved, arg, &front->saver);
    if (!err)
        err = signals_new(front->loop, events->signal, events->second_signal, arg, &front->signals);
    return err;
}

bool front_free(struct front *front, struct terminal *terminal)
{
    struct buf why = buf_new(8192);
    int err;

    connection_free(front->connection);
    front->connection = NULL; /* a signal may still ask for it */
    setup_run_free(front->setup_run);
    err = saver_free(front->saver, FILE_MS, &why);
    signals_free(front->signals);
    if (!err) {
        net_loop_free(front->loop);
        net_spawner_free(front->screen.helper);
    } else {
        terminal_error(terminal, buf_cstr(&why));
        terminal->left = true;
    }
    setup_free(&front->setup);
    screen_free(&front->screen);
    keymap_free(&front->keys);
    model_free(&front->model);
    buf_free(&why);
    return !err;
}
