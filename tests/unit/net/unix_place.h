/* tests/unit/net/unix_place.h - a folder of one test's own, with a path for a socket in it. */
#ifndef TESTS_UNIT_NET_UNIX_PLACE_H
#define TESTS_UNIT_NET_UNIX_PLACE_H

#include "net/loop.h"
#include "net/unix.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

struct unix_place {
    char folder[TEMPORARY_MAX], path[96];
    struct net_loop *loop;
    struct net_unix_listener *listener; /* at the path; NULL: there is none */
};

void unix_place_init(struct unix_place *place);
/* Ends the listener. Fails the test where something was left in the folder. */
void unix_place_free(struct unix_place *place);
/* A socket of another program at the path; it listens as long as what is returned is open. */
int unix_place_squat(const struct unix_place *place);

#endif
