/* net/dns_ttl.c - walks over a message of the DNS. */
#include "net/dns_ttl.h"

#include <stdbool.h>

#define HEADER_BYTES 12
#define QUESTION_TAIL 4 /* type, class */
#define RECORD_TAIL 10  /* type, class, TTL, length of the data */
#define MAX_TTL 0x7fffffffu

struct reader {
    const unsigned char *p;
    size_t n, at;
    bool bad;
};

static uint32_t number(struct reader *r, size_t bytes)
{
    uint32_t value = 0;

    if (r->bad || r->n - r->at < bytes) {
        r->bad = true;
        return 0;
    }
    while (bytes--)
        value = value << 8 | r->p[r->at++];
    return value;
}

static void skip(struct reader *r, size_t bytes)
{
    if (r->bad || r->n - r->at < bytes)
        r->bad = true;
    else
        r->at += bytes;
}

/* RFC 1035 4.1.4: labels until an empty one or a pointer, which ends the name where it stands. */
static void skip_name(struct reader *r)
{
    while (!r->bad) {
        uint32_t length = number(r, 1);

        if (length >= 0xc0)
            skip(r, 1);
        else if (length > 63)
            r->bad = true;
        else
            skip(r, length);
        if (length >= 0xc0 || !length)
            return;
    }
}

/* The TTL of the record that begins here. */
static uint32_t record_ttl(struct reader *r)
{
    uint32_t ttl;

    skip_name(r);
    skip(r, RECORD_TAIL - 6);
    ttl = number(r, 4);
    skip(r, number(r, 2));
    return ttl > MAX_TTL ? 0 : ttl;
}

uint32_t net_dns_ttl(const unsigned char *message, size_t n)
{
    struct reader r = {message, n, 4, n < HEADER_BYTES};
    uint32_t questions = number(&r, 2), answers = number(&r, 2);
    uint32_t least = MAX_TTL;

    skip(&r, HEADER_BYTES - 8);
    for (uint32_t i = 0; i < questions && !r.bad; i++) {
        skip_name(&r);
        skip(&r, QUESTION_TAIL);
    }
    for (uint32_t i = 0; i < answers && !r.bad; i++) {
        uint32_t ttl = record_ttl(&r);

        least = ttl < least ? ttl : least;
    }
    return r.bad || !answers ? 0 : least;
}
