#include "net/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/address.h"
#include "net/loop.h"

struct net_capture {
    struct net_capture_config config;
    struct net_lookup *lookup; /* under way, or NULL */
    int fd;                    /* connected to the server; -1: not yet, or not any more */
    uint64_t find_ms;          /* not to be looked for before */
    struct buf waiting;        /* datagrams, each behind its length in two bytes */
    bool told;                 /* that they do not arrive */
    char *host;                /* of config, owned */
};

static void tell(struct net_capture *c, const char *why)
{
    if (!c->told)
        c->config.on_lost(c->config.arg, why);
    c->told = true;
}

/* An error may be of a datagram before this one: the kernel hands it to whoever comes next. */
static void put(struct net_capture *c, struct slice datagram)
{
    ssize_t n = send(c->fd, datagram.p, datagram.n, 0);

    if (n < 0 && errno != EAGAIN && errno != ENOBUFS) {
        tell(c, strerror(errno));
        (void)send(c->fd, datagram.p, datagram.n, 0);
    }
}

/* --- what waits for the look-up --------------------------------------------------------------- */

static void keep(struct net_capture *c, struct slice datagram)
{
    char *room;

    if (c->waiting.n + 2 + datagram.n > NET_CAPTURE_WAITING_MAX)
        return;
    room = buf_room(&c->waiting, 2 + datagram.n);
    if (!room)
        return;
    room[0] = (char)(datagram.n >> 8);
    room[1] = (char)datagram.n;
    memcpy(room + 2, datagram.p, datagram.n);
}

static void put_waiting(struct net_capture *c)
{
    struct slice rest = buf_slice(&c->waiting);

    while (rest.n > 2) {
        size_t n = (size_t)(unsigned char)rest.p[0] << 8 | (unsigned char)rest.p[1];

        put(c, slice_head(slice_skip(rest, 2), n));
        rest = slice_skip(rest, 2 + n);
    }
}

/* --- where the server is ---------------------------------------------------------------------- */

static void leave(struct net_capture *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static int connect_to(struct net_capture *c, struct ip ip)
{
    struct net_sockaddr at;
    int fd;

    ip.port = c->config.port;
    if (c->config.is_ours && c->config.is_ours(c->config.arg, &ip))
        return -ELOOP;
    at = net_sockaddr_of(&ip);
    fd = socket(at.u.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, &at.u.any, at.n) != 0) {
        int err = -errno;

        close(fd);
        return err;
    }
    leave(c);
    c->fd = fd;
    return 0;
}

static const char *words_of(int err)
{
    switch (err) {
    case -ENOENT:
        return "nobody knows its name";
    case -ELOOP:
        return "its name leads to this telephone itself";
    default:
        return strerror(-err);
    }
}

/* Takes the first address that there is a way to; err: what to say where there is none, and no
 * socket of a look-up before either, which would go on. */
static void take(struct net_capture *c, const struct ip *ips, size_t n, int err)
{
    for (size_t i = 0; i < n; i++) {
        err = connect_to(c, ips[i]);
        if (!err)
            break;
    }
    if (!err) {
        c->find_ms = net_now_ms() + c->config.known_ms;
        put_waiting(c);
    } else if (c->fd < 0) {
        tell(c, words_of(err));
    }
    buf_free(&c->waiting);
}

static void on_resolved(void *arg, const struct dns_answer *answer)
{
    struct net_capture *c = arg;

    c->lookup = NULL;
    take(c, answer->ips, answer->n, answer->err);
}

static void find(struct net_capture *c)
{
    struct ip ips[NET_RESOLVE_MAX_IPS];
    size_t n = net_resolve_now(slice_of(c->host), c->config.port, ips);
    int err = 0;

    c->find_ms = net_now_ms() + NET_CAPTURE_UNKNOWN_MS;
    if (n == 0)
        err = net_lookup_start(c->config.resolver, DNS_ADDRESS, slice_of(c->host), on_resolved, c,
                               &c->lookup);
    if (n > 0 || err)
        take(c, ips, n, err);
}

/* --- begin, use and end ----------------------------------------------------------------------- */

int net_capture_new(const struct net_capture_config *config, struct net_capture **out)
{
    struct net_capture *c = calloc(1, sizeof *c);

    if (c)
        c->host = slice_dup(slice_of(config->host));
    if (!c || !c->host) {
        free(c);
        return -ENOMEM;
    }
    c->config = *config;
    c->config.host = c->host;
    if (!c->config.known_ms)
        c->config.known_ms = NET_CAPTURE_KNOWN_MS;
    c->fd = -1;
    c->waiting = buf_new(NET_CAPTURE_WAITING_MAX);
    *out = c;
    return 0;
}

void net_capture_send(struct net_capture *c, struct slice datagram)
{
    if (!c->lookup && net_now_ms() >= c->find_ms)
        find(c);
    if (c->fd >= 0)
        put(c, datagram);
    else if (c->lookup)
        keep(c, datagram);
}

void net_capture_network_changed(struct net_capture *c)
{
    leave(c);
    c->find_ms = 0;
}

void net_capture_free(struct net_capture *c)
{
    if (!c)
        return;
    net_lookup_cancel(c->lookup);
    leave(c);
    buf_free(&c->waiting);
    free(c->host);
    free(c);
}
