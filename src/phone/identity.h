/* phone/identity.h - the certificate of this installation, for DTLS (rtp/dtls_identity.h). */
#ifndef PHONE_IDENTITY_H
#define PHONE_IDENTITY_H

#include "rtp/dtls_identity.h"

/* The one in the file at path, which is made where there is none, with mode 0600 and the folders
 * above it. Where it cannot be kept, is not ours alone, or makes no sense, the identity is one for
 * this process, and the log says why. Blocks on the disk; a few milliseconds. path NULL: there is
 * no place for it. 0 or a negative errno: there is none at all. */
int identity_open(const char *path, struct rtp_dtls_identity **out);

#endif
