/* base/harden.h - what a process gives up when it begins, whatever it is going to do.
 *
 * Passwords, and keys of calls, are in its memory: no other program of the same user may read it,
 * and no core file has a copy. Neither the process nor what it starts can gain rights, as by a
 * set-user-ID program. */
#ifndef BASE_HARDEN_H
#define BASE_HARDEN_H

#include <stdbool.h>

/* Before anything secret is read. dumpable: for who looks for a fault, cores and debuggers are
 * allowed. Sanitizers read their own process, which is allowed them. */
void harden(bool dumpable);
/* Whether a sanitizer or valgrind is at work in this process: they do much that we never do. */
bool harden_is_watched(void);

#endif
