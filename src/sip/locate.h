/* sip/locate.h - where a request to a URI goes (RFC 3263 4), as a question to the owner. How the
 * owner finds the answer is in sip/locator.h. */
#ifndef SIP_LOCATE_H
#define SIP_LOCATE_H

#include "sip/out.h"
#include "sip/uri.h"

/* What SIP_OUT_LOCATE asks; host points into the URI. */
struct sip_locate {
    struct slice host;            /* IPv6 without brackets */
    uint16_t port;                /* 0: not said */
    enum sip_transport transport; /* 0: not said */
    bool secure;
};

/* -ENOTSUP: a scheme or a transport that we lack. */
int sip_locate_uri(const struct sip_uri *uri, struct sip_locate *out);
/* Whether flow leads where this asks for, which can be told where the host is an address. */
bool sip_locate_is_flow(const struct sip_locate *locate, const struct sip_flow *flow);
/* 5060, over TLS 5061. */
uint16_t sip_default_port(enum sip_transport transport);

#endif
