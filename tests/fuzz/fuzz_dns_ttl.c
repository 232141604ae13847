/* Answers of the DNS: how long they hold is read from inside of them alone. */
#include <stdint.h>
#include <stdlib.h>

#include "net/dns_ttl.h"
#include "tests/lib/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice copy = exact_bytes(bytes, n);

    if (net_dns_ttl((const unsigned char *)copy.p, n) > INT32_MAX)
        abort();
    exact_free(copy);
    return 0;
}
