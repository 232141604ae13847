/* ui/cli_tables.h - what cli_commands.c and cli_options.c define for cli.c, cli_help.c and
 * cmd_completion.c; see ui/cli.h. */
#ifndef UI_CLI_TABLES_H
#define UI_CLI_TABLES_H

#include "ui/cli.h"

/* Seconds with up to three decimals, at most a day, to milliseconds. 0 or -EINVAL. */
int cli_seconds(struct slice text, uint64_t *out_ms);
/* The setting that is read by this option, NULL: it is an option only. */
const struct config_key *cli_option_key(const struct cli_option *option);
/* Whether it is a setting that a daemon can be asked for, of one call. */
bool cli_option_is_of_a_call(const struct cli_option *option);
/* Whether the option takes a value that may be left out: all of its argument is in brackets. */
bool cli_argument_optional(const struct cli_option *option);
/* Appends the names of these commands, as in "call, answer and register". */
void cli_put_commands(struct buf *out, unsigned commands);

#endif
