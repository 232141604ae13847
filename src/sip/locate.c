/* sip/locate.c - from URI to the question where it is. */
#include "sip/locate.h"

#include <errno.h>

int sip_locate_uri(const struct sip_uri *uri, struct sip_locate *out)
{
    struct slice value;

    if (uri->scheme != SIP_SCHEME_SIP && uri->scheme != SIP_SCHEME_SIPS)
        return -ENOTSUP;
    *out = (struct sip_locate){.host = uri->host, .port = uri->port};
    out->transport = sip_uri_transport(uri);
    out->secure = uri->scheme == SIP_SCHEME_SIPS;
    if (!out->transport && sip_uri_param(uri, SLICE("transport"), &value))
        return -ENOTSUP; /* sctp, ws: we cannot, and another one might be somebody else */
    /* RFC 3261 19.1.1: maddr is where to send, whatever the host says. */
    if (sip_uri_param(uri, SLICE("maddr"), &value) && value.n)
        out->host = value;
    if (out->host.n > 2 && out->host.p[0] == '[')
        out->host = (struct slice){out->host.p + 1, out->host.n - 2};
    return 0;
}

uint16_t sip_default_port(enum sip_transport transport)
{
    return transport == SIP_TLS ? 5061 : 5060;
}

bool sip_locate_is_flow(const struct sip_locate *locate, const struct sip_flow *flow)
{
    enum sip_transport transport = locate->transport ? locate->transport : SIP_UDP;
    uint16_t port = locate->port ? locate->port : sip_default_port(transport);
    struct ip ip;

    /* Who is at the other end of a connection by TLS is the one to talk to, wherever he would like
     * to be called: to call him there he would have to prove an address that few can. */
    if (transport != flow->transport ||
        (port != flow->remote.port && !(transport == SIP_TLS && flow->connection)))
        return false;
    return !ip_parse(locate->host, &ip) && ip_same_host(&ip, &flow->remote);
}
