/* net/capture.h - the way to a capture server: datagrams that nothing waits for.
 *
 * What the system does not take at once is lost, and so is what is sent while nobody is there; that
 * is told once. */
#ifndef NET_CAPTURE_H
#define NET_CAPTURE_H

#include "base/ip.h"
#include "base/slice.h"
#include "net/resolver.h"

/* Bytes that wait while the name of the server is looked up; beyond that they are lost. */
#define NET_CAPTURE_WAITING_MAX 262144
/* A name is looked up again after this time, with the next datagram: servers move. One that was not
 * found, after the second time; meanwhile the address known before goes on. */
#define NET_CAPTURE_KNOWN_MS 300000
#define NET_CAPTURE_UNKNOWN_MS 30000

struct net_capture;

struct net_capture_config {
    struct net_resolver *resolver; /* outlives it */
    const char *host;              /* a name or a numeric address, IPv6 without brackets; copied */
    uint16_t port;
    unsigned known_ms; /* when a name is looked up again; 0: the usual time */
    /* Whether a datagram to there would come to ourselves, who copy what comes. NULL: none
     * would. */
    bool (*is_ours)(void *arg, const struct ip *at);
    /* The first time that something does not arrive, why: one line, good until it returns. */
    void (*on_lost)(void *arg, const char *why);
    void *arg;
};

/* 0 or -ENOMEM. config is copied. */
int net_capture_new(const struct net_capture_config *config, struct net_capture **out);
void net_capture_free(struct net_capture *capture); /* NULL is fine */

void net_capture_send(struct net_capture *capture, struct slice datagram);
/* It is reached from another address now, and may be another one by its name. */
void net_capture_network_changed(struct net_capture *capture);

#endif
