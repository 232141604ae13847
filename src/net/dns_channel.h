/* net/dns_channel.h - questions to name servers, by c-ares, with its sockets and times on our loop.
 *
 * Who wants a name looked up uses net/resolver.h. */
#ifndef NET_DNS_CHANNEL_H
#define NET_DNS_CHANNEL_H

#include "net/dns_message.h"
#include "net/loop.h"

/* Until the first repetition of a question; each further wait is twice as long. */
#define NET_DNS_TRY_MS 300
#define NET_DNS_TRIES 3
#define NET_DNS_MAX_IPS 8 /* taken of one answer */

struct net_dns_channel;

/* server: family 0: those of resolv_conf; port 0: 53. resolv_conf NULL: where the system has it.
 * 0, -ENOMEM or another negative errno. */
int net_dns_channel_new(struct net_loop *loop, const struct ip *server, const char *resolv_conf,
                        struct net_dns_channel **out);
/* Open questions are answered -ECANCELED from inside. NULL is fine. */
void net_dns_channel_free(struct net_dns_channel *channel);

/* ttl_s: how long a good answer holds. Runs from the loop or from inside net_dns_channel_ask, and
 * may not call back. */
typedef void net_dns_answered(void *arg, const struct dns_answer *answer, uint32_t ttl_s);

/* family: of the addresses that are wanted, 0: both. One answer will come. 0 or -ENOMEM. */
int net_dns_channel_ask(struct net_dns_channel *channel, enum dns_type type, uint8_t family,
                        const char *name, net_dns_answered *on_answer, void *arg);

#endif
