/* ui/screen/start.h - the telephone behind the screen: a daemon, started where none answers. */
#ifndef UI_SCREEN_START_H
#define UI_SCREEN_START_H

#include <sys/types.h>

#include "ui/cli.h"

/* Finds out where its socket is, and starts a daemon of our own program there if nobody answers: in
 * a session of its own, so that nothing of this terminal reaches it, with --leave-with-screens, and
 * its messages in the file PATH.log beside the socket. The path, and 0: it answers; -EINPROGRESS: it
 * was started, is in pid and will answer (start_look); or another negative errno with a sentence in
 * why. */
int start_phone(const struct cli *cli, struct buf *path, pid_t *pid, struct buf *why);
/* 0: it answers; -EINPROGRESS: not yet; -ECHILD: it has ended, with its last words in why. */
int start_look(pid_t pid, const char *socket, struct buf *why);
/* Lets go of the process once it has ended; 0 in pid then. */
void start_reap(pid_t *pid);
/* What it complained of last; nothing where its last line is no complaint. */
void start_put_last_words(const char *socket, struct buf *out);

#endif
