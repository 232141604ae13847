/* ui/ctl_password.h - `tphone ctl password`: a person at this terminal answers what the daemon,
 * which has none, would have asked. */
#ifndef UI_CTL_PASSWORD_H
#define UI_CTL_PASSWORD_H

#include "base/buf.h"
#include "ui/exit.h"

/* Asks, and puts the answer as a member into line, which is a command without it. The caller wipes
 * line. EXIT_OK; EXIT_INTERRUPTED; else the reason is in why. */
enum exit_status ctl_password_ask(const char *account, struct buf *line, struct buf *why);

#endif
