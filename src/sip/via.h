/* sip/via.h - Via (RFC 3261 20.42, RFC 3581): the way a request came and its response goes. */
#ifndef SIP_VIA_H
#define SIP_VIA_H

#include "base/buf.h"
#include "base/ip.h"
#include "base/slice.h"
#include "sip/out.h"

/* RFC 3261 8.1.1.7: a branch that begins so is unique and identifies the transaction. */
#define SIP_BRANCH_COOKIE "z9hG4bK"

struct sip_via {
    struct slice sent_protocol_by; /* "SIP/2.0/UDP host:port" as it came, without parameters */
    struct slice transport;        /* "UDP" in any case */
    struct slice host;             /* IPv6 without brackets */
    bool host_is_ipv6;
    bool rport;          /* the parameter is there (RFC 3581) */
    uint16_t port;       /* 0: not said */
    uint16_t rport_port; /* 0: it came without value */
    uint8_t ttl;
    struct slice branch;   /* empty: none */
    struct slice received; /* IPv6 without brackets (RFC 5118 4.5) */
    struct slice maddr;    /* IPv6 without brackets */
    struct slice params;   /* all of them, from the first ";" on */
};

/* One value. -EBADMSG: none, or more than one, or not of SIP. */
int sip_via_parse(struct slice text, struct sip_via *out);

/* 0: a transport that we lack. */
enum sip_transport sip_transport_of(struct slice name);
/* "UDP", "TCP", "TLS"; static text. */
struct slice sip_transport_name(enum sip_transport transport);

/* True with the cookie of RFC 3261; without it, transactions match by RFC 2543 rules (17.2.3). */
bool sip_via_has_cookie(const struct sip_via *via);

/* Writes the value as the response carries it: received added where the host is not source's
 * address or rport is there, rport filled with source's port (RFC 3261 18.2.1, RFC 3581 4). What
 * the sender had put into the two itself is dropped. */
void sip_via_put_received(struct buf *b, const struct sip_via *via, const struct ip *source);

/* Where a response goes over UDP, or over a new connection when the old one is gone: source's
 * address; rport's port, else sent-by's, else the default one (RFC 3261 18.2.2, RFC 3581 4). A
 * maddr that is source's address has the port of sent-by; another one does not count, as by it a
 * stranger could have our answers sent to anybody. reliable: rport and maddr do not count. */
struct ip sip_via_reply_to(const struct sip_via *via, const struct ip *source, bool reliable);

#endif
