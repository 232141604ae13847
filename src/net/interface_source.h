/* net/interface_source.h - where net/interface hears that something may have changed: from
 * interface_netlink.c or interface_poll.c, as the build chooses. Nobody else includes it. */
#ifndef NET_INTERFACE_SOURCE_H
#define NET_INTERFACE_SOURCE_H

#include <stdbool.h>

#include "net/loop.h"

struct net_interface_source;

/* certain: something has changed even if the addresses are the same. May not free the source. */
typedef void net_interface_hint(void *arg, bool certain);

int net_interface_source_new(struct net_loop *loop, net_interface_hint *on_hint, void *arg,
                             struct net_interface_source **out);
void net_interface_source_free(struct net_interface_source *source); /* NULL is fine */

#endif
