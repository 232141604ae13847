/* Between phone/contacts.c (the names) and phone/contacts_fetch.c (the file that has them). */
#ifndef PHONE_CONTACTS_PRIVATE_H
#define PHONE_CONTACTS_PRIVATE_H

#include <sys/stat.h>

#include "base/map.h"
#include "base/rand.h"
#include "phone/contacts.h"

/* What was read at one time. */
struct book {
    struct contact *at;
    size_t n, room;
    struct map by_name, by_where; /* the contact's place in at, plus 1, as a pointer */
};

struct contacts {
    char *path;
    const struct net_spawner *helper; /* opens the file where we may not; NULL: nobody does */
    struct rng rng;
    struct book book;
    struct stat seen;       /* the file that was read last; st_nlink 0: none */
    uint64_t not_before_ms; /* it is opened again, as the helper did not answer */
    unsigned version;
    unsigned taken; /* how many readings of it, good or bad */
    char *told;     /* what was wrong with it last; NULL: nothing was read yet */
};

#endif
