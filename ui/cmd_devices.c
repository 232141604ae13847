#include "phone/phone.h"
#include "ui/cmd.h"
#include "ui/exit.h"
#include "ui/json_list.h"

struct listing {
    const struct cli *cli;
    struct buf lines;
};

static void put_line(struct buf *out, const struct phone_device *d)
{
    buf_printf(out, "%s\t%u in, %u out, %u Hz, %s%s\n", d->name, d->inputs, d->outputs,
               (unsigned)d->rate_hz, d->host_api, d->is_default ? ", default" : "");
}

static void on_device(void *arg, const struct phone_device *device)
{
    struct listing *l = arg;

    if (l->cli->json)
        json_device(&l->lines, device);
    else
        put_line(&l->lines, device);
}

int cmd_devices(const struct cli *cli, struct terminal *terminal)
{
    struct listing l = {cli, buf_new(262144)};
    struct buf why = buf_new(1024);
    int err = phone_list_devices(on_device, &l, &why);

    if (err)
        terminal_error(terminal, buf_cstr(&why));
    else if (l.lines.n == 0)
        terminal_error(terminal, "there is no sound device; calls work with files all the same");
    output_put(&terminal->out, buf_slice(&l.lines));
    buf_free(&l.lines);
    buf_free(&why);
    return err ? EXIT_SOUND : EXIT_OK;
}
