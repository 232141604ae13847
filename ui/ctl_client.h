/* ui/ctl_client.h - a connection to a daemon: lines there, lines back, from a loop.
 *
 * Nobody waits in here, and whoever expects an answer says for how long. */
#ifndef UI_CTL_CLIENT_H
#define UI_CTL_CLIENT_H

#include "base/buf.h"

#define CTL_LINE_MAX (8u << 20) /* of a daemon: the status of some ten thousand calls */

struct ctl_client;
struct net_loop;

struct ctl_client_events {
    /* Without its newline; lives until it returns. */
    void (*line)(void *arg, struct slice line);
    /* The last callback. 0: the daemon has closed; -ETIMEDOUT: no line within the limit; -EMSGSIZE:
     * a line above CTL_LINE_MAX; another negative errno. */
    void (*ended)(void *arg, int err);
};

/* Connects to the socket at path (ui/runtime_dir.h). Neither callback may free the client. 0;
 * -ENOENT, -ECONNREFUSED: no daemon is there; -EPERM: it is somebody else's; … */
int ctl_client_new(struct net_loop *loop, const char *path, const struct ctl_client_events *events,
                   void *arg, struct ctl_client **out);
void ctl_client_free(struct ctl_client *client); /* NULL is fine */

/* Sends a line, with its newline; copies of n_fds descriptors (net/unix.h) go with it. 0; -ENOMEM;
 * -EBUSY: the descriptors of a line before have not left yet. */
int ctl_client_send(struct ctl_client *client, struct slice line, const int *fds, size_t n_fds);
/* What is waited for must come within so many ms from now, which only the owner can tell; 0: it has
 * come. Without that -ETIMEDOUT ends it, whatever else is said meanwhile. */
void ctl_client_limit(struct ctl_client *client, unsigned ms);

/* A sentence for a person: why there is no daemon at path, by the error of ctl_client_new or of
 * ended. */
void ctl_client_explain(int err, const char *path, struct buf *out);

#endif
