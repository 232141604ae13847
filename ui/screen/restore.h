/* ui/screen/restore.h - a terminal that is as it was, however the process ends.
 *
 * What is noted here is done by a handler of SIGSEGV, SIGABRT and their like, and at exit: only
 * write(2) and tcsetattr(3). A handler has no other way to its data than static memory; one process
 * has one terminal. */
#ifndef UI_SCREEN_RESTORE_H
#define UI_SCREEN_RESTORE_H

#include <termios.h>

#include "base/slice.h"

#define RESTORE_BYTES_MAX 256u

/* From now on; fd stays open until restore_forget. */
void restore_note(int fd, const struct termios *modes, struct slice bytes);
/* Does it now, and no longer at the end. */
void restore_now(void);

#endif
