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

int net_sip_listen_parse(struct slice text, struct net_sip_listen *out)
{
    struct net_sip_listen listen = {.ip = {.port = SIP_DEFAULT_PORT}};
    bool udp = take_prefix(&text, SLICE("udp:"));
    bool tcp = !udp && take_prefix(&text, SLICE("tcp:"));
    uint64_t port;

    listen.udp = udp || !tcp;
    listen.tcp = tcp || !udp;
    if (text.n && text.p[0] == '*')
        text = slice_skip(text, 1);
    if (text.n && text.p[0] == ':' && !slice_number(slice_skip(text, 1), UINT16_MAX, &port)) {
        listen.ip.port = (uint16_t)port;
    } else if (text.n) {
        /* A bare IPv6 address has no port; one in brackets may, and IPv4 may. */
        bool bare = !ip_parse(text, &listen.ip);

        if (!bare && ip_parse_with_port(text, &listen.ip))
            return -EBADMSG;
        if (bare)
            listen.ip.port = SIP_DEFAULT_PORT;
    }
    *out = listen;
    return 0;
}

/* at: with port 0 gets the port that the first socket was given. */
static int bind_family(struct net_sip_link *link, const struct net_udp_events *udp,
                       const struct net_tcp_listen_events *tcp, struct ip *at)
{
    const struct net_sip_link_config *c = &link->config;
    size_t f = family_index(at->family);
    int err = 0;

    if (c->listen.udp) {
        err = net_udp_open(c->loop, at, udp, link, &link->udp[f]);
        if (!err)
            at->port = net_udp_local(link->udp[f]).port;
    }
    if (!err && c->listen.tcp) {
        err = net_tcp_listen(c->loop, at, tcp, link, &link->tcp[f]);
        if (!err)
            at->port = net_tcp_listener_local(link->tcp[f]).port;
    }
    return err;
}

static bool has_no_ipv6(int err)
{
    return err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL;
}

static int bind_all(struct net_sip_link *link, const struct net_udp_events *udp,
                    const struct net_tcp_listen_events *tcp)
{
    struct ip at = link->config.listen.ip;
    int err;

    if (at.family)
        return bind_family(link, udp, tcp, &at);
    at = net_any(4, at.port);
    err = bind_family(link, udp, tcp, &at);
    if (err)
        return err;
    at = net_any(6, at.port);
    err = bind_family(link, udp, tcp, &at);
    return has_no_ipv6(err) ? 0 : err;
}

int sip_link_bind(struct net_sip_link *link, const struct net_udp_events *udp,
                  const struct net_tcp_listen_events *tcp)
{
    int tries = link->config.listen.ip.port ? 1 : FREE_PORT_TRIES;
    int err;

    do {
        err = bind_all(link, udp, tcp);
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
        link->udp[f] = NULL;
        link->tcp[f] = NULL;
    }
}
