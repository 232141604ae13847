/* The sound of bench_load's calls: the port that a packet comes from tells whose it is. */
#define _GNU_SOURCE 1 /* sendmmsg */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load.h"

#define BATCH 64

static int rtp_fd[LOAD_RTP_SOCKETS], rtcp_fd[LOAD_RTP_SOCKETS];

static void open_pair(int i)
{
    for (int tries = 0; tries < 1000; tries++) {
        uint16_t port = (uint16_t)(40000 + 2 * (rand() % 10000)), bound;

        rtp_fd[i] = load_udp_open(port, &load.rtp_port[i]);
        if (rtp_fd[i] < 0)
            continue;
        rtcp_fd[i] = load_udp_open((uint16_t)(port + 1), &bound);
        if (rtcp_fd[i] >= 0)
            return;
        close(rtp_fd[i]);
    }
    load_die("no free pair of ports");
}

void media_open(void)
{
    for (int i = 0; i < LOAD_RTP_SOCKETS; i++)
        open_pair(i);
}

void media_send_part(int part)
{
    static uint8_t packets[BATCH][LOAD_RTP_BYTES];
    static struct iovec bytes[BATCH];
    static struct sockaddr_in to[BATCH];
    static struct mmsghdr messages[BATCH];
    unsigned n = 0;

    for (long i = load.oldest + ((part - load.oldest) % LOAD_PARTS + LOAD_PARTS) % LOAD_PARTS;
         i < load.placed; i += LOAD_PARTS) {
        struct call *call = &load.calls[i];
        uint32_t head[3] = {htonl(0x80000000u | call->seq), htonl(call->seq * 160u),
                            htonl((uint32_t)i + 1)};

        if (call->state != UP)
            continue;
        call->seq++;
        memcpy(packets[n], head, sizeof head);
        memset(packets[n] + sizeof head, 0xff, LOAD_RTP_BYTES - sizeof head);
        bytes[n] = (struct iovec){packets[n], LOAD_RTP_BYTES};
        to[n] = load_loopback(call->rtp_to);
        messages[n].msg_hdr = (struct msghdr){
            .msg_name = &to[n], .msg_namelen = sizeof to[n], .msg_iov = &bytes[n], .msg_iovlen = 1};
        if (++n == BATCH) {
            sendmmsg(rtp_fd[part % LOAD_RTP_SOCKETS], messages, n, 0);
            n = 0;
        }
    }
    if (n)
        sendmmsg(rtp_fd[part % LOAD_RTP_SOCKETS], messages, n, 0);
}

/* True: there may be more. */
static bool take_batch(int fd, bool rtcp)
{
    static uint8_t packets[BATCH][256];
    static struct sockaddr_in from[BATCH];
    struct mmsghdr messages[BATCH];
    struct iovec bytes[BATCH];
    int n;

    for (int i = 0; i < BATCH; i++) {
        bytes[i] = (struct iovec){packets[i], sizeof packets[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                              .msg_namelen = sizeof from[i],
                                              .msg_iov = &bytes[i],
                                              .msg_iovlen = 1};
    }
    n = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n && !rtcp; i++) {
        uint32_t whose = load.owner[ntohs(from[i].sin_port)];

        if (whose)
            load.calls[whose - 1].received++;
    }
    return n == BATCH;
}

void media_take(void)
{
    for (int i = 0; i < LOAD_RTP_SOCKETS; i++) {
        while (take_batch(rtp_fd[i], false))
            ;
        while (take_batch(rtcp_fd[i], true))
            ;
    }
}

/* --- the least that it can cost -------------------------------------------------------------- */

/* A process with a socket for each call: a packet out on each 50 times a second, and what came in
 * taken in one system call of four times 20 ms. That is what remains of a telephone without all
 * that makes it one. Runs until it is killed. */
static void be_floor(const int *fds)
{
    static uint8_t packet[LOAD_RTP_BYTES], room[16][256];
    struct mmsghdr messages[16];
    struct iovec bytes[16];
    struct sockaddr_in to[LOAD_RTP_SOCKETS];
    int64_t next_us = load_now_us();

    for (int i = 0; i < LOAD_RTP_SOCKETS; i++)
        to[i] = load_loopback(load.rtp_port[i]);
    for (int i = 0; i < 16; i++) {
        bytes[i] = (struct iovec){room[i], sizeof room[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &bytes[i], .msg_iovlen = 1};
    }
    for (long beat = 0;; beat++) {
        load_sleep_until(next_us += 20000);
        for (long i = 0; i < load.want.calls; i++) {
            sendto(fds[i], packet, sizeof packet, MSG_DONTWAIT,
                   (struct sockaddr *)&to[i % LOAD_RTP_SOCKETS], sizeof to[0]);
            if ((i + beat) % 4 == 0)
                recvmmsg(fds[i], messages, 16, MSG_DONTWAIT, NULL);
        }
    }
}

void floor_start(void)
{
    int *fds = calloc((size_t)load.want.calls, sizeof *fds);

    for (long i = 0; i < load.want.calls; i++) {
        fds[i] = load_udp_open(0, &load.calls[i].rtp_to);
        load.owner[load.calls[i].rtp_to] = (uint32_t)i + 1;
        load.calls[i].state = UP;
    }
    load.want.pid = fork();
    if (load.want.pid == 0)
        be_floor(fds);
    for (long i = 0; i < load.want.calls; i++)
        close(fds[i]);
    free(fds);
    load.placed = load.standing = load.want.calls;
}
