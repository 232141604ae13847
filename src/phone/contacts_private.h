/* Between phone/contacts.c, which has the names, and phone/contacts_fetch.c, which reads the file.
 */
#ifndef PHONE_CONTACTS_PRIVATE_H
#define PHONE_CONTACTS_PRIVATE_H

#include <sys/stat.h>

#include "base/buf.h"
#include "phone/contacts.h"

/* What reading takes, on whatever thread, and what came of it. */
struct contacts_fetch {
    char *path;
    const struct net_spawner *helper;
    struct stat seen, now;
    unsigned taken; /* of the contacts when this one began */
    bool known_missing;
    bool changed; /* since it was seen; what follows is for that */
    int err;
    struct buf text, said; /* said: by the helper */
};

/* err of a fetch: nobody has written one. */
bool contacts_is_missing(int err);

#endif
