/* net/sip_link.h - the SIP endpoint's way to the world: what it wants sent is put on sockets, what
 * comes in is given to it, its deadlines are kept, its look-ups done (RFC 3261 18, RFC 3263 4), and
 * its call events are handed to the phone.
 *
 * One link serves one endpoint on one loop. Whoever calls a function of sip/endpoint.h calls
 * net_sip_link_pump afterwards; after input of its own the link pumps by itself. */
#ifndef NET_SIP_LINK_H
#define NET_SIP_LINK_H

#include "base/ip.h"
#include "base/slice.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "sip/account.h"
#include "sip/endpoint.h"

struct net_sip_link;

/* Where to listen. */
struct net_sip_listen {
    bool udp, tcp, tls;
    /* family 0: all addresses, IPv6 where the machine has it. Port 0: a free one, the same number
     * for each transport and family. TLS beside others takes the next one (5061 beside 5060). */
    struct ip ip;
};

/* [udp:|tcp:|tls:]ADDR:PORT, with ADDR an IPv4 address, an IPv6 address in brackets, or "*" or
 * nothing for all; the port may be left out with its colon: 5060, for TLS 5061. Without a prefix
 * both UDP and TCP. 0 or -EBADMSG. */
int net_sip_listen_parse(struct slice text, struct net_sip_listen *out);

struct net_sip_link_config {
    struct net_loop *loop;
    struct sip_endpoint *endpoint; /* these three outlive the link */
    struct net_resolver *resolver;
    struct rng *rng; /* spreads us over servers of the same weight */
    struct net_sip_listen listen;
    /* How long TCP connections may be slow, idle, in the making, without an acknowledgement, and
     * without an answer that they would stay for; 0: the usual time. */
    unsigned message_ms, idle_ms, connect_ms, silence_ms, await_ms;
    /* Runs within net_sip_link_pump. It may call anything of sip/endpoint.h, and the pump, which
     * then does nothing as the outer one goes on; but not net_sip_link_close. The event and its
     * slices live until it returns. */
    void (*on_call)(void *arg, const struct sip_call_event *event);
    /* The same for what accounts have to tell. NULL: there are none. */
    void (*on_account)(void *arg, const struct sip_account_event *event);
    /* Whose certificates count and who we are, over TLS: trust as in SIP_OUT_LOCATE, 0 also for
     * connections that others open. The context stays its owner's; NULL: it cannot be had, which
     * its owner has said. May be NULL itself: then there is no TLS. */
    struct net_tls_context *(*tls)(void *arg, unsigned trust);
    /* A connection that we opened could not be made safe: a sentence, which lives until it returns.
     * What was to be sent fails afterwards with SIP_NOT_SAFE. */
    void (*on_not_safe)(void *arg, const char *sentence);
    /* Each whole SIP message that is sent or received, for --trace. NULL: nobody looks. */
    void (*on_trace)(void *arg, bool sent, const struct sip_flow *flow, struct slice bytes);
    void *arg;
};

/* Binds the sockets. -EADDRINUSE, -EADDRNOTAVAIL, -EACCES …: as bind(2) says. config is copied. */
int net_sip_link_open(const struct net_sip_link_config *config, struct net_sip_link **out);
/* Closes sockets and connections at once, without a word to anybody. Not from a callback. NULL is
 * fine. */
void net_sip_link_close(struct net_sip_link *link);

/* Does what the endpoint wants done, until it wants nothing more, and sets the clock for its next
 * deadline. Numeric hosts are located on the spot, so an INVITE leaves within the call. */
void net_sip_link_pump(struct net_sip_link *link);

/* The networks of this machine have changed: what was known of the ways to others no longer
 * counts. */
void net_sip_link_network_changed(struct net_sip_link *link);

/* How safe the connection of a flow is now; NULL: it is none of TLS, or gone. */
const struct net_tls_facts *net_sip_link_facts(const struct net_sip_link *link,
                                               const struct sip_flow *flow);

/* Why the last connection to whom that flow leads could not be made safe, as on_not_safe tells it;
 * NULL: none, or it is forgotten. Lives until the next one. */
const char *net_sip_link_fault(struct net_sip_link *link, const struct sip_flow *flow);
/* The i-th address listened on, from 0, and its transport; false: there are no more. */
bool net_sip_link_listening(const struct net_sip_link *link, size_t i,
                            enum sip_transport *transport, struct ip *out);

#endif
