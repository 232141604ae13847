/* net/dns_ttl.h - how long an answer of the DNS may be kept, which c-ares does not tell of all
 * kinds of records. */
#ifndef NET_DNS_TTL_H
#define NET_DNS_TTL_H

#include <stddef.h>
#include <stdint.h>

/* The least TTL in the answer section of a whole message (RFC 1035 4.1), in seconds; 0 where the
 * message has no answers or is broken. A TTL with the highest bit set counts as 0, RFC 2181 8. */
uint32_t net_dns_ttl(const unsigned char *message, size_t n);

#endif
