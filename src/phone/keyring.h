/* phone/keyring.h - passwords of accounts in the keyring of the desktop: the Secret Service, by
 * libsecret, which is loaded here and nowhere else.
 *
 * Everything here waits, for a bus, a service and perhaps a person who unlocks it, and leaves
 * GLib's threads behind. So a phone never calls it: tphone password does, which is a process of its
 * own and which a phone starts to be told a password (phone/password.h). */
#ifndef PHONE_KEYRING_H
#define PHONE_KEYRING_H

#include "base/buf.h"

/* uri: of the account. 0, and *password is to be freed by mem_wipe_free; -ENOENT: the keyring has
 * none; -EACCES: it is locked; -ENOTSUP: tphone was built without it, or the library is missing;
 * -EIO: no keyring answers, or it refuses. On an error a sentence is in why, fit to be shown. */
int keyring_look(const char *uri, char **password, struct buf *why);
/* Takes the place of one that is there. */
int keyring_store(const char *uri, const char *password, struct buf *why);
int keyring_forget(const char *uri, struct buf *why);

#endif
