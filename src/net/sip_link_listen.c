/* Where the link listens: reading --listen, and binding the same port for each transport and
 * family. */
#include <errno.h>

#include "net/address.h"
#include "net/sip_link_private.h"

/* With port 0 the system picks the first socket's port; the others may find it taken. */
#define FREE_PORT_TRIES 32

static bool take_prefix(struct slice *text, struct slice prefix)
{
    if (!slice_istarts(*text, prefix))
        return false;
    *text = slice_skip(*text, prefix.n);
    return true;
}

/* Behind an IPv4 address or a bracket. */
static bool has_port(struct slice text)
{
    ptrdiff_t bracket = slice_index(text, ']');

    return slice_index(bracket >= 0 ? slice_skip(text, (size_t)bracket) : text, ':') >= 0;
}

int net_sip_listen_parse(struct slice text, struct net_sip_listen *out)
{
    struct net_sip_listen listen = {0};
    bool udp = take_prefix(&text, SLICE("udp:"));
    bool tcp = !udp && take_prefix(&text, SLICE("tcp:"));
    bool tls = !udp && !tcp && take_prefix(&text, SLICE("tls:"));
    uint16_t usual = tls ? SIP_DEFAULT_TLS_PORT : SIP_DEFAULT_PORT;
    uint64_t port;

    listen.udp = udp || (!tcp && !tls);
    listen.tcp = tcp || (!udp && !tls);
    listen.tls = tls;
    listen.ip.port = usual;
    if (text.n && text.p[0] == '*')
        text = slice_skip(text, 1);
    if (text.n && text.p[0] == ':' && !slice_number(slice_skip(text, 1), UINT16_MAX, &port)) {
        listen.ip.port = (uint16_t)port;
    } else if (text.n) {
        /* A bare IPv6 address has no port; one in brackets may, and IPv4 may. */
        bool bare = !ip_parse(text, &listen.ip);

        if (!bare && ip_parse_with_port(text, &listen.ip))
            return -EBADMSG;
        if (bare || (tls && !has_port(text)))
            listen.ip.port = usual;
    }
    *out = listen;
    return 0;
}

/* Who listens, for one family after the other. */
struct binding {
    const struct net_udp_events *udp;
    const struct net_tcp_listen_events *tcp, *tls;
};

/* Where TLS listens: alone at the port that was asked for, else at the one above. */
static struct ip tls_at(const struct net_sip_listen *listen, const struct ip *at)
{
    struct ip tls = *at;

    if ((listen->udp || listen->tcp) && at->port)
        tls.port = (uint16_t)(at->port + 1);
    return tls;
}

/* at: with port 0 gets the port that the first socket was given. */
static int bind_family(struct net_sip_link *link, const struct binding *b, struct ip *at)
{
    const struct net_sip_link_config *c = &link->config;
    size_t f = family_index(at->family);
    int err = 0;

    if (c->listen.udp) {
        err = net_udp_open(c->loop, at, b->udp, link, &link->udp[f]);
        if (!err)
            at->port = net_udp_local(link->udp[f]).port;
    }
    if (!err && c->listen.tcp) {
        err = net_tcp_listen(c->loop, at, b->tcp, link, &link->tcp[f]);
        if (!err)
            at->port = net_tcp_listener_local(link->tcp[f]).port;
    }
    if (!err && c->listen.tls) {
        struct ip tls = tls_at(&c->listen, at);

        err = net_tcp_listen(c->loop, &tls, b->tls, link, &link->tls[f]);
        if (!err && !at->port)
            at->port = net_tcp_listener_local(link->tls[f]).port;
    }
    return err;
}

static bool has_no_ipv6(int err)
{
    return err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL;
}

static int bind_all(struct net_sip_link *link, const struct binding *b)
{
    struct ip at = link->config.listen.ip;
    int err;

    if (at.family)
        return bind_family(link, b, &at);
    at = net_any(4, at.port);
    err = bind_family(link, b, &at);
    if (err)
        return err;
    at = net_any(6, at.port);
    err = bind_family(link, b, &at);
    return has_no_ipv6(err) ? 0 : err;
}

int sip_link_bind(struct net_sip_link *link, const struct net_udp_events *udp,
                  const struct net_tcp_listen_events *tcp, const struct net_tcp_listen_events *tls)
{
    struct binding b = {udp, tcp, tls};
    int tries = link->config.listen.ip.port ? 1 : FREE_PORT_TRIES;
    int err;

    do {
        err = bind_all(link, &b);
        if (err)
            sip_link_unbind(link);
    } while (err == -EADDRINUSE && --tries);
    return err;
}

void sip_link_unbind(struct net_sip_link *link)
{
    for (size_t f = 0; f < N_FAMILIES; f++) {
        net_udp_close(link->udp[f]);
        net_tcp_listener_close(link->tcp[f]);
        net_tcp_listener_close(link->tls[f]);
        link->udp[f] = NULL;
        link->tcp[f] = link->tls[f] = NULL;
    }
}
