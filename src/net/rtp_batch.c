/* recvmmsg is Linux and the BSDs; glibc shows it only to who asks. */
#define _GNU_SOURCE 1
#include "net/rtp_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/address.h"
#include "net/loop.h"

#define CONTROL_BYTES 64   /* one timestamp */
#define OLDEST_US 10000000 /* beyond that the wall clock has jumped between arrival and now */
/* Two clocks read closer together than this count as read at once. */
#define BOTH_CLOCKS_US 50

struct net_rtp_batch {
    struct net_rtp_datagram out[NET_RTP_BATCH];
    struct mmsghdr messages[NET_RTP_BATCH];
    struct iovec vectors[NET_RTP_BATCH];
    struct net_sockaddr from[NET_RTP_BATCH];
    _Alignas(struct cmsghdr) char control[NET_RTP_BATCH][CONTROL_BYTES];
    char bytes[NET_RTP_BATCH][NET_RTP_MAX_BYTES];
};

struct net_rtp_batch *net_rtp_batch_new(void)
{
    struct net_rtp_batch *b = calloc(1, sizeof *b);

    for (size_t i = 0; b && i < NET_RTP_BATCH; i++) {
        b->vectors[i] = (struct iovec){b->bytes[i], NET_RTP_MAX_BYTES};
        b->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &b->from[i].u,
            .msg_iov = &b->vectors[i],
            .msg_iovlen = 1,
            .msg_control = b->control[i],
        };
    }
    return b;
}

void net_rtp_batch_free(struct net_rtp_batch *batch)
{
    free(batch);
}

void net_rtp_batch_prepare(int fd)
{
    int on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

static int64_t wall_us(const struct timespec *t)
{
    return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

/* The kernel's times are the wall clock's, which may jump; only the age of a packet is taken from
 * them, and only where it is believable. */
static uint64_t age_us(struct msghdr *header, int64_t now_wall_us)
{
    struct timespec stamp;
    int64_t age;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        age = now_wall_us - wall_us(&stamp);
        return age > 0 && age < OLDEST_US ? (uint64_t)age : 0;
    }
    return 0;
}

/* Both clocks at one moment. Who is put aside between the two readings reads again, else packets
 * would seem older than they are. */
static uint64_t now_on_both_us(int64_t *now_wall_us)
{
    uint64_t before_us, after_us;
    struct timespec wall;
    int tries = 0;

    do {
        before_us = net_now_us();
        clock_gettime(CLOCK_REALTIME, &wall);
        after_us = net_now_us();
    } while (after_us - before_us > BOTH_CLOCKS_US && ++tries < 4);
    *now_wall_us = wall_us(&wall);
    return after_us;
}

size_t net_rtp_batch_recv(struct net_rtp_batch *batch, int fd, const struct net_rtp_datagram **out)
{
    int64_t now_wall_us;
    uint64_t now_us;
    int got;

    for (size_t i = 0; i < NET_RTP_BATCH; i++) {
        batch->messages[i].msg_hdr.msg_namelen = sizeof batch->from[i].u;
        batch->messages[i].msg_hdr.msg_controllen = CONTROL_BYTES;
    }
    do
        got = recvmmsg(fd, batch->messages, NET_RTP_BATCH, MSG_DONTWAIT, NULL);
    while (got < 0 && errno == EINTR);
    *out = batch->out;
    if (got <= 0)
        return 0;
    now_us = now_on_both_us(&now_wall_us);
    for (int i = 0; i < got; i++) {
        struct msghdr *header = &batch->messages[i].msg_hdr;
        uint64_t age = age_us(header, now_wall_us);
        bool whole = !(header->msg_flags & MSG_TRUNC);

        batch->out[i] = (struct net_rtp_datagram){
            .bytes = {batch->bytes[i], whole ? batch->messages[i].msg_len : 0},
            .from = net_ip_of(&batch->from[i].u.any),
            .arrived_us = now_us > age ? now_us - age : now_us,
        };
    }
    return (size_t)got;
}
