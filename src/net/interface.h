/* net/interface.h - networks that come and go: tells when this machine's addresses or its ways to
 * others change.
 *
 * On Linux the kernel says so at once (rtnetlink); elsewhere the addresses are compared every two
 * seconds. A machine that was suspended for a while comes back to what may be another network, and
 * to servers that have forgotten it, while no clock of ours has gone on: that is told, too, within
 * five seconds. A burst of changes, as of a network that comes up, is told once, 200 ms after its
 * last; but no later than a second after its first. What looks like a change and leaves everything
 * as it was, such as an IPv6 router that prolongs addresses, is not told. */
#ifndef NET_INTERFACE_H
#define NET_INTERFACE_H

#include "net/loop.h"

#define NET_INTERFACE_POLL_MS 2000
#define NET_INTERFACE_QUIET_MS 200
#define NET_INTERFACE_BURST_MS 1000
#define NET_INTERFACE_SLEEP_LOOK_MS 5000
#define NET_INTERFACE_SLEEP_MS 1000 /* shorter ones are nobody's business */

struct net_interface_watch;

/* on_change runs from the loop; it may free the watch. 0 or a negative errno. */
int net_interface_watch_new(struct net_loop *loop, void (*on_change)(void *arg), void *arg,
                            struct net_interface_watch **out);
void net_interface_watch_free(struct net_interface_watch *watch); /* NULL is fine */

#endif
