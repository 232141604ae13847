/* ui/ctl_call.h - `tphone call` where a daemon answers: the call is placed there, tied to us, and
 * told here as if it were our own. */
#ifndef UI_CTL_CALL_H
#define UI_CTL_CALL_H

#include "ui/cli.h"
#include "ui/exit.h"
#include "ui/terminal.h"

/* Places the call and stays until it is over. False: no daemon answers, and the caller calls by
 * itself; said on standard error where that is a surprise. */
bool ctl_call(const struct cli *cli, struct terminal *terminal, enum exit_status *out);

#endif
