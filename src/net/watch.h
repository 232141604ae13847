/* net/watch.h - tells when a descriptor of any kind that can be polled can be read, or written.
 *
 * Whether the descriptor waits by itself (O_NONBLOCK) is left as it is: standard input may be
 * shared with a shell. What has failed or was closed by the other side counts as both, as read(2)
 * or write(2) then say why. */
#ifndef NET_WATCH_H
#define NET_WATCH_H

struct net_loop;
struct net_watch;

enum { NET_READABLE = 1, NET_WRITABLE = 2 };

/* Waits for nothing at first. on_ready(arg, events) runs from the loop; it may free the watch. A
 * descriptor has one watch at a time. 0; -EPERM: a plain file or the like, which is always ready;
 * -EEXIST: it is watched already, -ENOMEM … */
int net_watch_new(struct net_loop *loop, int fd, void (*on_ready)(void *arg, int events), void *arg,
                  struct net_watch **out);
/* What is waited for: NET_READABLE | NET_WRITABLE, 0: nothing for now. */
void net_watch_set(struct net_watch *watch, int events);
/* The descriptor stays the caller's, to be closed after this. NULL is fine. */
void net_watch_free(struct net_watch *watch);

#endif
