/* ui/ask_password.h - a person at this terminal is asked for a password by a program that has
 * nothing else to do. */
#ifndef UI_ASK_PASSWORD_H
#define UI_ASK_PASSWORD_H

#include "base/buf.h"
#include "ui/exit.h"

/* whose: what it is for, as "Password for WHOSE: " shows it, any bytes. The answer is appended to
 * password, which the caller wipes. EXIT_OK; EXIT_INTERRUPTED; else the reason is in why. */
enum exit_status ask_password(const char *whose, struct buf *password, struct buf *why);

#endif
