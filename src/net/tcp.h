/* net/tcp.h - TCP connections and listeners on the loop: bytes in order, no framing.
 *
 * Who may connect, for how long and how often is decided by the owner (net/sip_link.h). */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "base/ip.h"
#include "base/slice.h"
#include "net/loop.h"
#include "net/tls.h"

struct net_tcp;
struct net_tcp_listener;

/* Bytes that may wait in a connection for a peer that does not read; above, it is closed. */
#define NET_TCP_MAX_QUEUED (256 * 1024)

struct net_tcp_events {
    /* It stands: for connections that we opened, and where TLS is on it, when hands are shaken. May
     * be NULL. */
    void (*connected)(void *arg);
    /* bytes live until it returns. */
    void (*bytes)(void *arg, struct slice bytes);
    /* The connection is over: 0: closed by the peer, -ECONNREFUSED, -ECONNRESET, -ETIMEDOUT,
     * -ENOBUFS (NET_TCP_MAX_QUEUED), NET_TLS_FAILED … The last callback; the owner then calls
     * net_tcp_close. */
    void (*closed)(void *arg, int err);
};

/* Starts to connect; bytes sent meanwhile wait. local: address to leave from, NULL or family 0:
 * any; its port is not used. events is copied. 0 or a negative errno: what the system knows at
 * once; the rest comes by closed. */
int net_tcp_connect(struct net_loop *loop, const struct ip *remote, const struct ip *local,
                    const struct net_tcp_events *events, void *arg, struct net_tcp **out);
/* Bytes are copied. They leave at once where they can. 0; -ENOBUFS: nothing was taken; -ENOMEM: the
 * same, or a part has gone, and then the connection ends, as what followed would be misread;
 * -EPIPE: nothing goes any more. A connection that breaks meanwhile tells so by closed, never from
 * in here. */
int net_tcp_send(struct net_tcp *tcp, struct slice bytes);
/* From now on everything goes through tls, which belongs to tcp then: before the first byte, so at
 * once after net_tcp_connect, and for an accepted one before net_tcp_own. */
void net_tcp_secure(struct net_tcp *tcp, struct net_tls *tls);
/* What was given to net_tcp_secure, or NULL. */
struct net_tls *net_tcp_tls(const struct net_tcp *tcp);
/* Nothing more will be sent: tells the peer so, once all that waits has gone. Reading goes on. */
void net_tcp_finish(struct net_tcp *tcp);
/* From now on a peer that acknowledges nothing of what was sent for this time is gone: -ETIMEDOUT,
 * where the system can be told so. Linux by itself goes on for a quarter of an hour. */
void net_tcp_limit_silence(struct net_tcp *tcp, unsigned ms);
/* Stops all callbacks; what was sent and not yet written is given up, but for the farewell of TLS
 * where that can leave at once. NULL is fine. */
void net_tcp_close(struct net_tcp *tcp);

/* Stands, and is safe where TLS is on it. */
bool net_tcp_is_connected(const struct net_tcp *tcp);
struct ip net_tcp_local(const struct net_tcp *tcp); /* family 0 where it is not known yet */
struct ip net_tcp_remote(const struct net_tcp *tcp);

/* accepted: the owner takes tcp and calls net_tcp_own, or net_tcp_close to refuse. With no
 * descriptor left at all, a connection that comes in is closed by means of a spare one (libuv's),
 * without a word here. */
struct net_tcp_listen_events {
    void (*accepted)(void *arg, struct net_tcp *tcp);
};

/* Descriptors that are kept for calls once connections have taken the others. */
#define NET_TCP_SPARED 16
/* Whether tcp has one of the last NET_TCP_SPARED that the process may have: the owner had better
 * close it, or what is idle. */
bool net_tcp_is_one_too_many(const struct net_tcp *tcp);

/* As net_udp_open. */
int net_tcp_listen(struct net_loop *loop, const struct ip *local,
                   const struct net_tcp_listen_events *events, void *arg,
                   struct net_tcp_listener **out);
void net_tcp_listener_close(struct net_tcp_listener *listener); /* NULL is fine */
struct ip net_tcp_listener_local(const struct net_tcp_listener *listener);
/* Says who hears of an accepted connection, and starts to read. events is copied. */
int net_tcp_own(struct net_tcp *tcp, const struct net_tcp_events *events, void *arg);

#endif
