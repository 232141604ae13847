/* net/acceptor.h - takes connections from a socket that listens, and never spins: not where there
 * is no descriptor left for who waits, and not where the system has no memory for it. */
#ifndef NET_ACCEPTOR_H
#define NET_ACCEPTOR_H

struct net_acceptor;
struct net_loop;

/* fd listens, does not wait, and stays the caller's. accepted gets descriptors that do not wait
 * either, one a turn, and may free the acceptor. Without descriptors who waits is refused; without
 * memory they wait for NET_ACCEPTOR_STARVED_MS. 0, or as net_watch_new. */
int net_acceptor_new(struct net_loop *loop, int fd, void (*accepted)(void *arg, int fd), void *arg,
                     struct net_acceptor **out);
/* Takes nobody any more. */
void net_acceptor_stop(struct net_acceptor *a);
void net_acceptor_free(struct net_acceptor *a); /* NULL is fine */

#define NET_ACCEPTOR_STARVED_MS 1000

#endif
