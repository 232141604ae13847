/* net/dns_message.h - what a message of the DNS answers, as c-ares reads it, within our limits. */
#ifndef NET_DNS_MESSAGE_H
#define NET_DNS_MESSAGE_H

#include "base/dns.h"

/* Records taken of one answer. Further ones are left out, as are those with too long texts. */
#define NET_DNS_MAX_RECORDS 16

/* A status of c-ares as a negative errno, or 0. -EAGAIN: another server, or another time. */
int net_dns_error(int status);
/* out has room for NET_DNS_MAX_RECORDS; answer, empty before, points there, or has err. */
void net_dns_take_srv(const unsigned char *message, int n, struct dns_srv *out,
                      struct dns_answer *answer);
void net_dns_take_naptr(const unsigned char *message, int n, struct dns_naptr *out,
                        struct dns_answer *answer);

#endif
