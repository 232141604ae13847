/* net/interface.h - networks that come and go: tells when the addresses of this machine change.
 *
 * On Linux the kernel says so at once (rtnetlink); elsewhere the addresses are compared every two
 * seconds. A burst of changes, as of a network that comes up, is told once, 200 ms after its last;
 * but no later than a second after its first. */
#ifndef NET_INTERFACE_H
#define NET_INTERFACE_H

#include "net/loop.h"

struct net_interface_watch;

/* on_change runs from the loop. 0 or a negative errno. */
int net_interface_watch_new(struct net_loop *loop, void (*on_change)(void *arg), void *arg,
                            struct net_interface_watch **out);
void net_interface_watch_free(struct net_interface_watch *watch); /* NULL is fine */

#endif
