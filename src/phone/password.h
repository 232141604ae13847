/* phone/password.h - asks a program for a password: password-command, and
 * password-keyring.
 *
 * The program is started without a shell (phone/words.h), with our environment and nothing of ours
 * open but the three standard streams: it reads from /dev/null, the first line that it writes is
 * the password, and what it says on standard error is told when it fails. It has 30 seconds. Lives
 * on one loop, on its thread. */
#ifndef PHONE_PASSWORD_H
#define PHONE_PASSWORD_H

#include "phone/words.h"

#define PASSWORD_BYTES_MAX 4096
#define PASSWORD_COMMAND_MS 30000

struct net_loop;
struct password_command;

/* Either the password, which lives until the call returns and is wiped then, or password.p is NULL
 * and sentence, safe to be shown, says why there is none. */
typedef void password_fn(void *arg, struct slice password, const char *sentence);

/* on_done runs from the loop, once, also where the program cannot be started; it may free the
 * command. 0; -EINVAL: these are no words (the configuration has looked); -ENOMEM. */
int password_command_start(struct net_loop *loop, const char *command, password_fn *on_done,
                           void *arg, struct password_command **out);
/* The same from the keyring of the desktop (phone/keyring.h), by a tphone password of its own: what
 * waits there keeps nothing here from going on. uri: of the account. */
int password_keyring_start(struct net_loop *loop, const char *uri, password_fn *on_done, void *arg,
                           struct password_command **out);
/* The command by which that is done. 0 or -ENOMEM. */
int password_keyring_words(const char *uri, struct words *out);
/* Ends the program where it still runs; on_done will not run any more. NULL is fine. */
void password_command_free(struct password_command *command);

#endif
