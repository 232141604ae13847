/* ui/screen/start.h - the telephone behind the screen: a daemon, started where none answers. */
#ifndef UI_SCREEN_START_H
#define UI_SCREEN_START_H

#include "ui/cli.h"

/* Finds out where its socket is, and starts a daemon of our own program there if nobody answers: in
 * a session of its own, so that nothing of this terminal reaches it, with --leave-with-screens, and
 * its messages in the file PATH.log beside the socket. The path, and 0: it answers; -EINPROGRESS:
 * it was started and will answer, life is readable when it has ended instead; or another negative
 * errno with a sentence in why. Not from a process that has threads or has confined itself. */
int start_phone(const struct cli *cli, struct buf *path, int *life, struct buf *why);
/* The last line that it wrote there; always: no complaint, too, else nothing then. */
void start_put_last_words(const struct cli *cli, bool always, struct buf *out);

bool start_answers(const char *socket);
/* life: of start_phone. */
bool start_has_ended(int life);

#endif
