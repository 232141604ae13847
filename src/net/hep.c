#include "net/hep.h"

/* Kinds of chunks that are of no vendor: the specification's 4.2. */
enum {
    FAMILY = 1,
    PROTOCOL = 2,
    FROM_IPV4 = 3, /* IPv6: two more */
    TO_IPV4 = 4,
    FROM_PORT = 7,
    TO_PORT = 8,
    SECONDS = 9,
    MICROSECONDS = 10,
    KIND = 11,
    AGENT = 12,
    PASSWORD = 14,
    MESSAGE = 15,
};

#define CHUNK_HEAD 6u
#define IPV4 2u /* as Linux numbers address families, whatever system this is */
#define IPV6 10u
#define TCP 6u
#define UDP 17u
#define SIP 1u

static void put_number(struct buf *out, unsigned bytes, uint64_t n)
{
    while (bytes-- > 0)
        buf_putc(out, (char)(n >> (8 * bytes)));
}

static void put_head(struct buf *out, unsigned kind, size_t bytes)
{
    put_number(out, 2, 0); /* of no vendor */
    put_number(out, 2, kind);
    put_number(out, 2, CHUNK_HEAD + bytes);
}

static void put_number_chunk(struct buf *out, unsigned kind, unsigned bytes, uint64_t n)
{
    put_head(out, kind, bytes);
    put_number(out, bytes, n);
}

static void put_chunk(struct buf *out, unsigned kind, struct slice bytes)
{
    put_head(out, kind, bytes.n);
    buf_put(out, bytes);
}

static void put_address(struct buf *out, unsigned kind, const struct ip *ip, bool v6)
{
    put_chunk(out, v6 ? kind + 2 : kind, (struct slice){(const char *)ip->bytes, v6 ? 16 : 4});
}

void net_hep_put(struct buf *out, const struct net_hep *hep)
{
    bool v6 = hep->from.family == 6 || hep->to.family == 6;
    size_t begin = out->n, room;
    unsigned length;

    buf_puts(out, "HEP3");
    put_number(out, 2, 0); /* the length, below */
    put_number_chunk(out, FAMILY, 1, v6 ? IPV6 : IPV4);
    put_number_chunk(out, PROTOCOL, 1, hep->stream ? TCP : UDP);
    put_address(out, FROM_IPV4, &hep->from, v6);
    put_address(out, TO_IPV4, &hep->to, v6);
    put_number_chunk(out, FROM_PORT, 2, hep->from.port);
    put_number_chunk(out, TO_PORT, 2, hep->to.port);
    put_number_chunk(out, SECONDS, 4, hep->unix_us / 1000000);
    put_number_chunk(out, MICROSECONDS, 4, hep->unix_us % 1000000);
    put_number_chunk(out, KIND, 1, SIP);
    put_number_chunk(out, AGENT, 4, hep->agent);
    if (hep->password.n > 0)
        put_chunk(out, PASSWORD, hep->password);
    room = NET_HEP_MAX_BYTES - (out->n - begin) - CHUNK_HEAD;
    put_chunk(out, MESSAGE, slice_head(hep->message, room));
    if (!buf_ok(out))
        return;
    length = (unsigned)(out->n - begin);
    out->p[begin + 4] = (char)(length >> 8);
    out->p[begin + 5] = (char)length;
}
