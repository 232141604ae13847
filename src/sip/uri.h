/* sip/uri.h - sip, sips and tel URIs: RFC 3261 19.1 and RFC 3966.
 *
 * A parsed URI is slices into its text, still escaped. URIs of other schemes parse too, so that a
 * request to one can be answered 416; of them only scheme and text are set. */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "base/buf.h"
#include "base/ip.h"
#include "base/slice.h"
#include "sip/out.h"

enum sip_scheme { SIP_SCHEME_OTHER, SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL };

struct sip_uri {
    enum sip_scheme scheme;
    bool host_is_ipv6;
    uint16_t port;         /* 0: not said */
    struct slice text;     /* all of it */
    struct slice user;     /* NULL pointer: none. tel: the number, with its visual separators */
    struct slice password; /* NULL pointer: none */
    struct slice host;     /* IPv6 without brackets; empty for tel */
    struct slice params;   /* from the first ";" on: ";lr;transport=tcp", or empty */
    struct slice headers;  /* behind the "?", or empty */
};

/* The whole of text must be one URI. -EBADMSG: it is none. */
int sip_uri_parse(struct slice text, struct sip_uri *out);

/* Looks up a parameter by name, in any case. value: still escaped; NULL pointer: no "=" there; may
 * be NULL where only presence matters. */
bool sip_uri_param(const struct sip_uri *uri, struct slice name, struct slice *value);
/* What the transport parameter says, SIP_TLS for sips, 0: nothing, or a transport that we lack. */
enum sip_transport sip_uri_transport(const struct sip_uri *uri);
/* RFC 3261 19.1.1: a loose router. */
bool sip_uri_is_loose_router(const struct sip_uri *uri);

/* RFC 3261 19.1.4, for tel RFC 3966 4; other schemes by their bytes, scheme in any case. */
bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b);

/* Writes the URI as a Request-URI may be: without headers and method parameter (RFC 3261
 * 19.1.1). */
void sip_uri_put_request(struct buf *b, const struct sip_uri *uri);
/* The same of a sip or sips URI without its user part: the domain, as REGISTER wants it (10.2). */
void sip_uri_put_domain(struct buf *b, const struct sip_uri *uri);
/* Writes a URI of ours for Contact: user (may be empty, escaped as needed), address, transport;
 * secure: as sips:. */
void sip_uri_put_contact(struct buf *b, struct slice user, const struct ip *at,
                         enum sip_transport transport, bool secure);
/* Writes text with each %hh as the byte it stands for; a % that starts no escape stays. */
void sip_uri_put_unescaped(struct buf *b, struct slice text);
/* Writes bytes as a user part: what it may not hold (RFC 3261 25.1 user) becomes %hh. */
void sip_uri_put_user(struct buf *b, struct slice bytes);

#endif
