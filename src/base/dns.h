/* base/dns.h - answers of the DNS as plain values, so that who uses them needs no name server. */
#ifndef BASE_DNS_H
#define BASE_DNS_H

#include "base/ip.h"

/* Characters of a name. RFC 1035 2.3.4. */
#define DNS_MAX_NAME 255

enum dns_type {
    DNS_ADDRESS = 1, /* A and AAAA together, in the order of RFC 6724 */
    DNS_SRV,
    DNS_NAPTR,
};

/* RFC 2782; the target "." is printed as the empty name. */
struct dns_srv {
    uint16_t priority, weight, port;
    char target[DNS_MAX_NAME + 1];
};

/* RFC 3403 4.1, the parts that RFC 3263 uses. */
struct dns_naptr {
    uint16_t order, preference;
    bool has_regexp;
    char flags[8], service[32];
    char replacement[DNS_MAX_NAME + 1];
};

/* n records of the type that was asked for; the other two pointers are NULL. */
struct dns_answer {
    int err;    /* n is 0: -ENOENT: no such name or record; -EAGAIN: a name server is in trouble;
                   -ETIMEDOUT; -ENOMEM */
    bool fixed; /* addresses that this machine's own list of hosts has, which nobody need ask */
    size_t n;
    const struct ip *ips; /* without ports */
    const struct dns_srv *srv;
    const struct dns_naptr *naptr;
};

#endif
