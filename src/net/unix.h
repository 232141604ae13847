/* net/unix.h - stream sockets of the file system, for processes of one user: who listens, who
 * connects, and descriptors that travel with the bytes.
 *
 * Nothing here waits but net_unix_listen. What a peer sends is read when the owner is told that
 * there is something (net_watch_new), so an owner that has enough leaves it in the kernel and slows
 * the peer down. */
#ifndef NET_UNIX_H
#define NET_UNIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "net/watch.h"

#define NET_UNIX_FDS_MAX 2    /* that one message may carry; more are closed unread */
#define NET_UNIX_PATH_MAX 107 /* bytes of a path, which is what the kernel has room for */

struct net_unix_listener;

/* A new connection of the user whom this process runs for, or of root; it is the callee's. All
 * others have been closed already. */
typedef void net_unix_accept_fn(void *arg, int fd);

/* Listens at path, mode 0600 from its first moment on. A socket of ours that a dead process has
 * left there is replaced; that two do so at once is prevented by path.lock, which lives as long as
 * the listener. One that is just beginning there, or has just gone, is waited for, a second at
 * most. 0; -EADDRINUSE: somebody listens there, or does neither; -EEXIST: something else than a
 * socket of ours is there; -ENAMETOOLONG (NET_UNIX_PATH_MAX), -ENOENT, -EACCES, … */
int net_unix_listen(struct net_loop *loop, const char *path, net_unix_accept_fn *on_accept,
                    void *arg, struct net_unix_listener **out);
/* The same for a socket that listens already (socket activation); it becomes the listener's and
 * its path is not removed at the end. -EINVAL: it is none; then, as on all errors, it stays the
 * caller's. */
int net_unix_adopt(struct net_loop *loop, int fd, net_unix_accept_fn *on_accept, void *arg,
                   struct net_unix_listener **out);
/* Takes nobody from now on: whoever comes waits, and hears nothing. */
void net_unix_listener_pause(struct net_unix_listener *listener);
/* Removes the path that it made, unless something else is there now. NULL is fine. */
void net_unix_listener_free(struct net_unix_listener *listener);

/* Connects to a listener of our own user or root; blocks no longer than the kernel needs. 0 and the
 * descriptor; -ENOENT, -ECONNREFUSED: nobody is there; -EAGAIN: it has no time
 * now; -EPERM: it is somebody else's. */
int net_unix_connect(const char *path, int *out);

/* The number of the process that connected or, seen from there, began to listen; 0: the system does
 * not tell. */
long net_unix_peer(int fd);

/* Reads what is there, up to room bytes; descriptors that came along go to fds (close-on-exec, the
 * caller's), their number to n_fds. How many bytes; 0: the peer has closed; -EAGAIN: nothing
 * now. */
ptrdiff_t net_unix_read(int fd, char *out, size_t room, int fds[NET_UNIX_FDS_MAX], size_t *n_fds);
/* Writes as much as goes, with copies of n_fds descriptors at its first byte. How many bytes, or
 * -EAGAIN, -EPIPE … */
ptrdiff_t net_unix_write(int fd, struct slice bytes, const int *fds, size_t n_fds);

#endif
