/* net/sip_link_private.h - what the files of the SIP link share; nobody else includes it.
 *
 * sip_link.c pumps and keeps the sockets, sip_link_listen.c reads addresses and binds,
 * sip_link_locate.c answers look-ups, sip_link_tcp.c keeps connections. */
#ifndef NET_SIP_LINK_PRIVATE_H
#define NET_SIP_LINK_PRIVATE_H

#include "base/list.h"
#include "net/sip_link.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "sip/stream.h"

#define SIP_DEFAULT_PORT 5060
#define SIP_DEFAULT_TLS_PORT 5061

/* Connections that others opened to us: in all, from one network of IPv6 (ip_source: a house may
 * have many phones), and from one address; and beside these, from all servers of our accounts.
 * Above, closed at once. */
#define SIP_LINK_MAX_INBOUND 64
#define SIP_LINK_MAX_INBOUND_SERVERS 64
#define SIP_LINK_MAX_INBOUND_NEAR 32
#define SIP_LINK_MAX_INBOUND_EACH 8
/* Connections that we opened; above, the SEND fails with -EMFILE. */
#define SIP_LINK_MAX_OUTBOUND 256
/* How long the system's word on the way to a host is believed: asking takes four system calls, and
 * a new network is noticed soon enough. */
#define SIP_LINK_WAY_MS 1000
/* The usual times of struct net_sip_link_config: from the first byte of a message to its end, and
 * from accept to the first whole message; nothing came or went, and nothing needs the connection
 * (one that is needed is looked at again after a tenth of that); until a connection stands. */
#define SIP_LINK_MESSAGE_MS 10000
#define SIP_LINK_IDLE_MS 60000
#define SIP_LINK_CONNECT_MS 5000
/* The same for a peer whose kernel acknowledges nothing: a NAT has forgotten the connection, or the
 * machine is gone without a word. As long as RFC 5626 4.4.1 waits for the answer to a
 * keep-alive. */
#define SIP_LINK_SILENCE_MS 10000
/* After the last answer to a peer whose framing is lost, until it is closed on it. */
#define SIP_LINK_FINISH_MS 2000
/* Or until so many bytes more have come from there, which nobody looks at: they are read so that
 * the answer is not lost. */
#define SIP_LINK_FINISH_BYTES 1048576
/* An unanswered request keeps its connection no longer than this: an INVITE may ring for 3 minutes
 * (RFC 3261 16.6, timer C), anything else is over after 32 s. */
#define SIP_LINK_AWAIT_MS 200000

/* Names that connections by TLS must be verified for, the latest; an older one has to be located
 * again. */
#define SIP_LINK_MAX_PEERS 512

/* Whom connections by TLS must lead to: sip_flow.peer. */
struct sip_link_peer {
    struct list link; /* in net_sip_link.peers, the one that was used last first */
    uint32_t number;
    unsigned trust;
    char *fault;   /* why the last connection to it could not be made safe; owned; NULL: none */
    char domain[]; /* as in the URI, before NAPTR and SRV (RFC 5922 7.1) */
};

/* IPv4 stands at 0, IPv6 at 1. */
#define N_FAMILIES 2

/* Datagrams that were sent a short while ago: ICMP may still say that they did not arrive. As many
 * as there may be accounts; each waits for its own timer above that. */
#define SIP_LINK_RECENT 1024
#define SIP_LINK_RECENT_MS 5000
/* SENDs whose failure a breaking connection still has to tell, the latest: a thousand accounts may
 * share a connection. Of more the oldest fail by their own timers. */
#define SIP_LINK_MAX_KEYS 1024

struct recent {
    uint64_t key, sent_ms;
    struct ip remote;
};

/* Where packets to remote leave from; true for SIP_LINK_WAY_MS. */
struct sip_link_way {
    struct ip remote, local;
    uint64_t asked_ms;
};

struct net_sip_link {
    struct net_sip_link_config config;
    struct net_deadline *deadline;
    struct net_udp *udp[N_FAMILIES];
    struct net_tcp_listener *tcp[N_FAMILIES], *tls[N_FAMILIES];
    struct list peers; /* of struct sip_link_peer */
    size_t n_peers;
    uint32_t last_peer;
    struct list searches;    /* of struct search */
    struct list connections; /* of struct connection, oldest first */
    struct list failures;    /* of struct failure, for the next turn */
    struct recent recent[SIP_LINK_RECENT];
    struct sip_link_way way; /* to whom the last datagram came from */
    size_t next_recent;
    uint64_t last_connection; /* numbers count up from 1 */
    bool pumping;
};

/* sip_link.c */

static inline size_t family_index(uint8_t family)
{
    return family == 6;
}

/* The endpoint hears of it on the next turn of the loop. */
void sip_link_fail_later(struct net_sip_link *link, uint64_t key, int err);
/* Line ends alone, which are no message. */
bool sip_link_is_keep_alive(struct slice bytes);
void sip_link_trace(struct net_sip_link *link, bool sent, const struct sip_flow *flow,
                    struct slice bytes);
/* Where others reach us: the socket of this transport and family, or of another transport where we
 * do not listen on this one; the port is 0 where TLS is on one side of that only, as nobody could
 * be called there. False: there is none of this family. */
bool sip_link_bound(const struct net_sip_link *link, enum sip_transport transport, uint8_t family,
                    struct ip *out);

/* sip_link_listen.c: opens the sockets of link that listen, or none of them. */

int sip_link_bind(struct net_sip_link *link, const struct net_udp_events *udp,
                  const struct net_tcp_listen_events *tcp, const struct net_tcp_listen_events *tls);
void sip_link_unbind(struct net_sip_link *link);

/* sip_link_locate.c */

void sip_link_locate(struct net_sip_link *link, const struct sip_out_item *item);
void sip_link_locate_cancel(struct net_sip_link *link);

/* sip_link_peers.c */

/* The number of who is asked for; 0: no memory. */
uint32_t sip_link_peer_number(struct net_sip_link *link, struct slice domain, unsigned trust);
/* Who that is, or NULL: it was forgotten meanwhile. */
const struct sip_link_peer *sip_link_peer(struct net_sip_link *link, uint32_t number);
/* Notes why a connection to it could not be made safe; NULL: it is. */
void sip_link_peer_failed(struct net_sip_link *link, uint32_t number, const char *sentence);
void sip_link_forget_peers(struct net_sip_link *link);

/* sip_link_tcp.c */

/* Of both arg is the link. */
extern const struct net_tcp_listen_events sip_link_tcp_events;
extern const struct net_tcp_listen_events sip_link_tls_events;
void sip_link_tcp_send(struct net_sip_link *link, const struct sip_out_item *item);
/* Closes what has been idle or slow for too long. */
void sip_link_tcp_tick(struct net_sip_link *link, uint64_t now_ms);
uint64_t sip_link_tcp_deadline_ms(const struct net_sip_link *link);
void sip_link_tcp_close_all(struct net_sip_link *link);

#endif
