/* net/rtp_pair.h - two UDP sockets: RTP on an even port, its RTCP on the next (RFC 3550 11).
 *
 * Plain non-blocking descriptors, no handles of a loop: opened on the signalling thread, which
 * needs the port for its offer, and then used (uv_poll, or a recv loop on the media beat) and
 * closed on the media thread. A plain value; copying it moves it. */
#ifndef NET_RTP_PAIR_H
#define NET_RTP_PAIR_H

#include "base/ip.h"
#include "base/rand.h"
#include "base/slice.h"
#include "net/address.h"

struct net_rtp_pair {
    int rtp_fd, rtcp_fd; /* -1: closed */
    struct ip local;     /* the port is RTP's */
};

#define NET_RTP_PAIR_NONE ((struct net_rtp_pair){.rtp_fd = -1, .rtcp_fd = -1})
/* RTP ports where nobody says otherwise. */
#define NET_RTP_FIRST_PORT 16384
#define NET_RTP_LAST_PORT 32767
/* Bytes that may wait in each socket, the kernel's own beside them, where the system allows it:
 * between two looks at it a flood must not push out what the far end sends. */
#define NET_RTP_BUFFER 262144

/* Binds both on the address of local (its port does not matter), within first_port … last_port,
 * both included. The search starts at random, so that ports are hard to guess and rarely reused at
 * once (RFC 6056). -EADDRINUSE: no free pair; -EINVAL: no pair fits in the
 * range; -EMFILE, -EADDRNOTAVAIL … */
int net_rtp_pair_open(const struct ip *local, uint16_t first_port, uint16_t last_port,
                      struct rng *rng, struct net_rtp_pair *out);
/* How many more there can be beside newest, which is one of n that are open: by the ports of the
 * range, and by the descriptors that the process may have. */
size_t net_rtp_pairs_left(const struct net_rtp_pair *newest, size_t n, uint16_t first_port,
                          uint16_t last_port);
/* Closes what is open and sets both to -1. */
void net_rtp_pair_close(struct net_rtp_pair *pair);

/* One packet out. 0 or a negative errno; -EAGAIN: the system's buffer is full. Never waits. */
int net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet);
/* One packet in: its length, and where it came from; -EAGAIN: none is there; -EMSGSIZE: it was
 * longer than cap and is gone. Never waits. */
ptrdiff_t net_rtp_recv(int fd, void *out, size_t cap, struct ip *from);

#endif
