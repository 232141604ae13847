/* base/ip.h - an IP address and port as a plain value; no socket needed to read or print one. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/buf.h"
#include "base/slice.h"

struct ip {
    uint8_t family;    /* 4, 6, or 0: none */
    uint8_t bytes[16]; /* network order; the first 4 for IPv4 */
    uint16_t port;     /* host order; 0: none */
    uint32_t scope;    /* interface of a link-local IPv6 address, else 0 */
};

/* Room for the longest text of ip_text: "[…%scope]:port" and a NUL. */
#define IP_TEXT_MAX 72

/* An address alone: dotted quad, IPv6 with or without brackets (RFC 4291 2.2), "%scope" by number.
 * Port stays 0. Returns 0, or -EBADMSG where it is not numeric (a host name, say). */
int ip_parse(struct slice host, struct ip *out);
/* Address, then a port in the form people type: "192.0.2.1:5060", "[2001:db8::1]:5060", "::1". */
int ip_parse_with_port(struct slice text, struct ip *out);

/* RFC 5952 text. The first form is the bare address, as SDP wants it; the second has brackets
 * around IPv6, as URIs and Via want it; the third also the port, where there is one. */
void ip_put(struct buf *b, const struct ip *ip);
void ip_put_host(struct buf *b, const struct ip *ip);
void ip_put_with_port(struct buf *b, const struct ip *ip);
/* The third form into out, for logs, with the scope of a link-local address; returns out. */
const char *ip_text(const struct ip *ip, char out[IP_TEXT_MAX]);

bool ip_same_host(const struct ip *a, const struct ip *b); /* family, bytes and scope */
bool ip_same(const struct ip *a, const struct ip *b);      /* and the port */
/* Who it may be, for limits of each: an IPv4 address; of IPv6 the first 64 bits, as whoever has one
 * address of such a network has them all, but for link-local ones, which all neighbours share.
 * Without port. */
struct ip ip_source(const struct ip *ip);
bool ip_is_any(const struct ip *ip); /* 0.0.0.0 or :: */
bool ip_is_multicast(const struct ip *ip);
bool ip_is_loopback(const struct ip *ip);
/* Of a network that is not reached from elsewhere: loopback, link-local, RFC 1918, 6598, 4193. */
bool ip_is_private(const struct ip *ip);

#endif
