/* net/rtp_batch.h - what waits on a media socket, with the moment at which it really came.
 *
 * The media thread looks at its sockets on its beat, 50 times a second, and is not woken for each
 * packet: half the wake-ups, half the cost. Nothing is heard later for that, as sound is taken out
 * of the jitter buffer on the beat anyway. But jitter and delay are measured by arrival times, so
 * these come from the kernel (SO_TIMESTAMPNS) where it has them. */
#ifndef NET_RTP_BATCH_H
#define NET_RTP_BATCH_H

#include "base/ip.h"
#include "base/slice.h"

#define NET_RTP_BATCH 16       /* datagrams of one call */
#define NET_RTP_MAX_BYTES 2048 /* no media packet is longer; of what is nothing is given */

struct net_rtp_batch; /* one per thread: it owns the buffers */

struct net_rtp_datagram {
    struct slice bytes; /* until the next net_rtp_batch_recv */
    struct ip from;
    uint64_t arrived_us; /* by net_now_us, not in the future */
};

/* NULL without memory. */
struct net_rtp_batch *net_rtp_batch_new(void);
void net_rtp_batch_free(struct net_rtp_batch *batch); /* NULL is fine */

/* Asks the kernel for arrival times on this socket; without them the time of reading is given. */
void net_rtp_batch_prepare(int fd);

/* Takes what waits on fd, NET_RTP_BATCH datagrams at most, into *out; returns how many, too long
 * ones among them, which are empty. A full batch means that more may wait, no other does. Never
 * blocks; errors (an ICMP reply to what we sent, say) count as nothing there. */
size_t net_rtp_batch_recv(struct net_rtp_batch *batch, int fd, const struct net_rtp_datagram **out);

#endif
