/* ui/cmd.h - the subcommands, one file each; the table in cli_commands.c names them. Each returns
 * the exit status of the program (ui/exit.h). */
#ifndef UI_CMD_H
#define UI_CMD_H

#include "ui/cli.h"
#include "ui/terminal.h"

int cmd_call(const struct cli *cli, struct terminal *terminal);
int cmd_answer(const struct cli *cli, struct terminal *terminal);
int cmd_completion(const struct cli *cli, struct terminal *terminal);
int cmd_contacts(const struct cli *cli, struct terminal *terminal);
int cmd_ctl(const struct cli *cli, struct terminal *terminal);
int cmd_daemon(const struct cli *cli, struct terminal *terminal);
int cmd_screen(const struct cli *cli, struct terminal *terminal);
int cmd_status(const struct cli *cli, struct terminal *terminal);
int cmd_load(const struct cli *cli, struct terminal *terminal);
int cmd_password(const struct cli *cli, struct terminal *terminal);
int cmd_plain(const struct cli *cli, struct terminal *terminal);
int cmd_register(const struct cli *cli, struct terminal *terminal);
int cmd_devices(const struct cli *cli, struct terminal *terminal);
int cmd_history(const struct cli *cli, struct terminal *terminal);

#endif
