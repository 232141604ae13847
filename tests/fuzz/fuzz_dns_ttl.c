/* Answers of the DNS: how long they hold is read from inside of them alone, and what is taken of
 * them has its limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_message.h"
#include "net/dns_ttl.h"
#include "tests/lib/exact.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool ends(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

static void take_srv(const unsigned char *message, size_t n)
{
    struct dns_srv srv[NET_DNS_MAX_RECORDS];
    struct dns_answer answer = {0};

    net_dns_take_srv(message, (int)n, srv, &answer);
    must(answer.n <= NET_DNS_MAX_RECORDS && (!answer.err || answer.n == 0));
    for (size_t i = 0; i < answer.n; i++)
        must(ends(srv[i].target, sizeof srv[i].target));
}

static void take_naptr(const unsigned char *message, size_t n)
{
    struct dns_naptr naptr[NET_DNS_MAX_RECORDS];
    struct dns_answer answer = {0};

    net_dns_take_naptr(message, (int)n, naptr, &answer);
    must(answer.n <= NET_DNS_MAX_RECORDS && (!answer.err || answer.n == 0));
    for (size_t i = 0; i < answer.n; i++)
        must(ends(naptr[i].flags, sizeof naptr[i].flags) &&
             ends(naptr[i].service, sizeof naptr[i].service) &&
             ends(naptr[i].replacement, sizeof naptr[i].replacement));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice copy = exact_bytes(bytes, n);
    const unsigned char *message = (const unsigned char *)copy.p;

    must(net_dns_ttl(message, n) <= INT32_MAX);
    take_srv(message, n);
    take_naptr(message, n);
    exact_free(copy);
    return 0;
}
