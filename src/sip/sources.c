#include "sip/sources.h"

#include <stdlib.h>
#include <string.h>

static void put_address(const struct ip *ip, unsigned char out[SIP_SOURCE_BYTES])
{
    struct ip source = ip_source(ip);

    out[0] = source.family;
    memcpy(out + 1, source.bytes, SIP_SOURCE_BYTES - 1);
}

static struct slice key_of(const unsigned char address[SIP_SOURCE_BYTES])
{
    return (struct slice){(const char *)address, SIP_SOURCE_BYTES};
}

const struct sip_source *sip_source_find(const struct map *sources, const struct ip *ip)
{
    unsigned char address[SIP_SOURCE_BYTES];

    put_address(ip, address);
    return map_get(sources, key_of(address));
}

struct sip_source *sip_source_get(struct map *sources, const struct ip *ip)
{
    struct sip_source new = {.calls = 0};
    struct sip_source *source;

    put_address(ip, new.address);
    source = map_get(sources, key_of(new.address));
    if (source)
        return source;
    source = malloc(sizeof *source);
    if (!source)
        return NULL;
    *source = new;
    if (map_put(sources, key_of(source->address), source)) {
        free(source);
        return NULL;
    }
    return source;
}

void sip_source_settle(struct map *sources, struct sip_source *source)
{
    if (source->half_open || source->calls || source->requests)
        return;
    map_remove(sources, key_of(source->address));
    free(source);
}
