/* phone/identity.h - the certificate of this installation, for DTLS (rtp/dtls_identity.h).
 *
 * Its fingerprint, which offers need, is there at once. Key and certificate are read when a call is
 * about to shake hands, on a thread of their own, as that wakes libssl up. */
#ifndef PHONE_IDENTITY_H
#define PHONE_IDENTITY_H

#include <stdbool.h>

#include "rtp/dtls_identity.h"

struct identity;

/* The one in the file at path, which is made where there is none, with mode 0600 and the folders
 * above it; that takes some milliseconds, once in the life of an installation. Where it cannot be
 * kept, is not ours alone, or makes no sense, the identity is one for this process, and the log
 * says why. path NULL: there is no place for it. 0 or a negative errno: there is none at all. */
int identity_open(const char *path, struct identity **out);
/* The same before it is needed: one that has to be made is made and kept on a thread of its own;
 * identity_mend waits for the first, and says what has come of it. 0 or -ENOMEM. */
int identity_prepare(const char *path, struct identity **out);
/* Waits so long at most for a disk that it is being kept on. NULL is fine. False: the disk does
 * not answer, and the thread that waits for it lives on with a use for the crypto library: as exit
 * cleans that up, the program is to end by _exit. */
bool identity_free(struct identity *identity, uint64_t limit_ms);

/* Waits until it has been made, not until it is kept. From then on it stays, also where another
 * phone has made one at the same time and that is the one that is kept. Where the file turned out
 * to be broken behind its first line, another certificate takes its place until the end of this
 * process, so that only the first call is lost by it. Before each promise, on the thread that
 * opened it. 0, or a negative errno: nothing may be promised. */
int identity_mend(struct identity *identity);
const struct fingerprint *identity_fingerprint(const struct identity *identity);

/* It will be needed soon; again does nothing. On the thread that opened it. */
void identity_wake(struct identity *identity);
/* Key and certificate, on any thread; they live as long as identity. 0; -EAGAIN: not yet, and
 * identity_wake is what makes it so; another negative errno: they are not to be had. */
int identity_get(const struct identity *identity, const struct rtp_dtls_identity **out);

#endif
