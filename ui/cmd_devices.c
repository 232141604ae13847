#include "phone/phone.h"
#include "ui/cmd.h"
#include "ui/exit.h"

int cmd_devices(const struct cli *cli, struct terminal *terminal)
{
    struct buf lines = buf_new(65536), why = buf_new(1024);
    int err = phone_list_devices(&lines, &why);

    (void)cli;
    if (err)
        terminal_error(terminal, buf_cstr(&why));
    else if (lines.n == 0)
        terminal_error(terminal, "there is no sound device; calls work with files all the same");
    output_put(&terminal->out, buf_slice(&lines));
    buf_free(&lines);
    buf_free(&why);
    return err ? EXIT_SOUND : EXIT_OK;
}
