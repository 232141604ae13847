/* tests/unit/net/fake_dns.h - a name server on the loop of a test, which answers from a table. */
#ifndef TESTS_UNIT_NET_FAKE_DNS_H
#define TESTS_UNIT_NET_FAKE_DNS_H

#include "base/ip.h"
#include "net/loop.h"

/* value: an address; for SRV "priority weight port target"; for NAPTR "order preference flags
 * service replacement"; for each type "SERVFAIL", or "SILENCE": no answer. name is written in small
 * letters. The table ends with a NULL name. A name that is in it with other types only has no
 * record; any other name does not exist. */
struct fake_record {
    const char *type; /* A, AAAA, SRV, NAPTR */
    const char *name;
    uint32_t ttl_s;
    const char *value;
};

struct fake_dns;

/* at: address and port, 0: a free one. */
struct fake_dns *fake_dns_new(struct net_loop *loop, const char *at,
                              const struct fake_record *records);
void fake_dns_free(struct fake_dns *dns);
void fake_dns_use(struct fake_dns *dns, const struct fake_record *records);
struct ip fake_dns_at(const struct fake_dns *dns);
/* Questions that came: for this type and name; NULL: any. */
size_t fake_dns_asked(const struct fake_dns *dns, const char *type, const char *name);

#endif
