/* ui/screen/start.h - the telephone behind the screen: a daemon, started where none answers. */
#ifndef UI_SCREEN_START_H
#define UI_SCREEN_START_H

#include "ui/cli.h"

/* Finds out where its socket is, and starts a daemon of our own program there if nobody answers: in
 * a session of its own, so that nothing of this terminal reaches it, with --leave-with-screens, and
 * its messages in the file PATH.log beside the socket. Waits until it answers, for a few seconds. 0
 * and the path; or a negative errno with a sentence in why. */
int start_phone(const struct cli *cli, struct buf *path, struct buf *why);

#endif
