#include "net/dns_message.h"

#include <ares.h>
#include <errno.h>
#include <string.h>

int net_dns_error(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return 0;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
    case ARES_EBADNAME:
        return -ENOENT;
    case ARES_ETIMEOUT:
        return -ETIMEDOUT;
    case ARES_ENOMEM:
        return -ENOMEM;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
        return -ECANCELED;
    default: /* SERVFAIL, REFUSED, nobody listens there, nonsense */
        return -EAGAIN;
    }
}

/* False: text is too long to be anything that we look for. */
static bool put_text(const void *text, char *out, size_t room)
{
    size_t n = text ? strlen(text) : 0;

    if (n >= room)
        return false;
    if (n)
        memcpy(out, text, n);
    out[n] = '\0';
    return true;
}

void net_dns_take_srv(const unsigned char *message, int n, struct dns_srv *out,
                      struct dns_answer *answer)
{
    struct ares_srv_reply *found = NULL;

    answer->srv = out;
    answer->err = net_dns_error(ares_parse_srv_reply(message, n, &found));
    for (const struct ares_srv_reply *at = found; at && answer->n < NET_DNS_MAX_RECORDS;
         at = at->next) {
        struct dns_srv *srv = &out[answer->n];

        *srv = (struct dns_srv){at->priority, at->weight, at->port, ""};
        answer->n += put_text(at->host, srv->target, sizeof srv->target);
    }
    if (found)
        ares_free_data(found);
}

void net_dns_take_naptr(const unsigned char *message, int n, struct dns_naptr *out,
                        struct dns_answer *answer)
{
    struct ares_naptr_reply *found = NULL;

    answer->naptr = out;
    answer->err = net_dns_error(ares_parse_naptr_reply(message, n, &found));
    for (const struct ares_naptr_reply *at = found; at && answer->n < NET_DNS_MAX_RECORDS;
         at = at->next) {
        struct dns_naptr *naptr = &out[answer->n];

        *naptr = (struct dns_naptr){.order = at->order, .preference = at->preference};
        naptr->has_regexp = at->regexp && at->regexp[0];
        answer->n += put_text(at->flags, naptr->flags, sizeof naptr->flags) &&
                     put_text(at->service, naptr->service, sizeof naptr->service) &&
                     put_text(at->replacement, naptr->replacement, sizeof naptr->replacement);
    }
    if (found)
        ares_free_data(found);
}
