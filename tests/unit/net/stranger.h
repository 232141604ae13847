/* tests/unit/net/stranger.h - a plain TCP connection to a link of straw.h, and what it says. */
#ifndef TESTS_UNIT_NET_STRANGER_H
#define TESTS_UNIT_NET_STRANGER_H

#include "net/tcp.h"
#include "tests/unit/net/straw.h"

struct stranger {
    struct net_tcp *tcp;
    struct buf got;
    bool closed;
};

/* Connects to the first link, from that address, or from 127.0.0.host. */
void stranger_dial(struct fixture *f, struct ip from, struct stranger *s);
void stranger_dial_from(struct fixture *f, unsigned char host, struct stranger *s);
void stranger_say(struct stranger *s, const char *text);
/* Hangs up where it is not closed yet. */
void stranger_free(struct stranger *s);

#endif
