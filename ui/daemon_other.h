/* ui/daemon_other.h - whether another daemon has the socket that one is about to take.
 *
 * Both look for it at path and wait for its answer, so they are called where no loop runs yet. */
#ifndef UI_DAEMON_OTHER_H
#define UI_DAEMON_OTHER_H

#include <stdbool.h>

#include "ui/exit.h"
#include "ui/terminal.h"

/* Asked before anything else is begun: a second daemon would fail at the ports of the first, and
 * say so instead. One that is ending is waited for, as is one that is slow to answer; where tells
 * is true a person reads that when it takes long. EXIT_OK: nobody is there; else a person read who
 * is. */
enum exit_status daemon_other_refuse(const char *path, bool tells, struct terminal *terminal);
/* After a failure: another one may have our ports, as it was quicker. Says so if it answers. */
void daemon_other_tell(const char *path, struct terminal *terminal);

#endif
