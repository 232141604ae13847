/* ui/runtime_dir.h - where the socket of the daemon is, in a folder that is nobody else's.
 *
 * $XDG_RUNTIME_DIR/tphone/control; where that variable holds no absolute path
 * /tmp/tphone-UID/control. A folder that somebody else could have made, could write to or could put
 * another one in place of is refused, not repaired: who owns it would speak for the daemon. */
#ifndef UI_RUNTIME_DIR_H
#define UI_RUNTIME_DIR_H

#include "base/buf.h"

/* Appends the path of the socket once its folder has been looked at; make: the folder is made where
 * it is missing. said: what a person chose (--socket), which stands as it is; NULL: nothing. 0;
 * -ENOENT: there is no folder, so there is no daemon either; -EPERM, -ENAMETOOLONG or another
 * negative errno with a sentence in why. */
int runtime_dir_socket(const char *said, bool make, struct buf *out, struct buf *why);

#endif
