#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct slice without_brackets(struct slice s)
{
    if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        return slice_head(slice_skip(s, 1), s.n - 2);
    return s;
}

/* RFC 5118 4.10: by the grammar of RFC 3261 "2001:db8:::192.0.2.1" has three colons, and must be
 * borne. Only in front of IPv4 can that arise. */
static void mend_colons(char *text)
{
    char *three = strchr(text, '.') ? strstr(text, ":::") : NULL;

    if (three)
        memmove(three, three + 1, strlen(three));
}

int ip_parse(struct slice host, struct ip *out)
{
    char text[INET6_ADDRSTRLEN];
    struct slice scope = without_brackets(host);
    struct slice address = slice_cut(&scope, '%');
    struct ip ip = {0};
    uint64_t number = 0;

    if (address.n == 0 || address.n >= sizeof text || memchr(address.p, 0, address.n))
        return -EBADMSG;
    memcpy(text, address.p, address.n);
    text[address.n] = '\0';
    mend_colons(text);
    if (inet_pton(AF_INET, text, ip.bytes) == 1)
        ip.family = 4;
    else if (inet_pton(AF_INET6, text, ip.bytes) == 1)
        ip.family = 6;
    else
        return -EBADMSG;
    if (scope.p && (ip.family != 6 || slice_number(scope, UINT32_MAX, &number) != 0))
        return -EBADMSG;
    ip.scope = (uint32_t)number;
    *out = ip;
    return 0;
}

int ip_parse_with_port(struct slice text, struct ip *out)
{
    struct slice host = text, port = {0};
    uint64_t number = 0;

    if (text.n && text.p[0] == '[') {
        ptrdiff_t end = slice_index(text, ']');

        if (end < 0)
            return -EBADMSG;
        host = slice_head(text, (size_t)end + 1);
        port = slice_skip(text, (size_t)end + 1);
    } else if (ip_parse(text, out) == 0) {
        return 0;
    } else {
        ptrdiff_t colon = slice_index(text, ':');

        if (colon < 0)
            return -EBADMSG;
        host = slice_head(text, (size_t)colon);
        port = slice_skip(text, (size_t)colon);
    }
    if (ip_parse(host, out) != 0)
        return -EBADMSG;
    if (port.n == 0)
        return 0;
    if (port.p[0] != ':' || slice_number(slice_skip(port, 1), UINT16_MAX, &number) != 0)
        return -EBADMSG;
    out->port = (uint16_t)number;
    return 0;
}

void ip_put(struct buf *b, const struct ip *ip)
{
    char text[INET6_ADDRSTRLEN];

    if (ip->family == 6) {
        inet_ntop(AF_INET6, ip->bytes, text, sizeof text);
        buf_puts(b, text);
        return;
    }
    /* inet_ntop takes longer over these four than SIP over the rest of a Via. */
    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            buf_putc(b, '.');
        buf_putu(b, ip->bytes[i]);
    }
}

void ip_put_host(struct buf *b, const struct ip *ip)
{
    if (ip->family != 6) {
        ip_put(b, ip);
        return;
    }
    buf_putc(b, '[');
    ip_put(b, ip);
    buf_putc(b, ']');
}

void ip_put_with_port(struct buf *b, const struct ip *ip)
{
    ip_put_host(b, ip);
    if (ip->port) {
        buf_putc(b, ':');
        buf_putu(b, ip->port);
    }
}

const char *ip_text(const struct ip *ip, char out[IP_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "no address", scope[12] = "", port[7] = "";
    bool six = ip->family == 6;

    if (ip->family)
        inet_ntop(six ? AF_INET6 : AF_INET, ip->bytes, host, sizeof host);
    if (six && ip->scope)
        snprintf(scope, sizeof scope, "%%%u", ip->scope);
    if (ip->port)
        snprintf(port, sizeof port, ":%u", ip->port);
    snprintf(out, IP_TEXT_MAX, six ? "[%s%s]%s" : "%s%s%s", host, scope, port);
    return out;
}

bool ip_same_host(const struct ip *a, const struct ip *b)
{
    return a->family == b->family && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, a->family == 6 ? 16 : 4) == 0;
}

bool ip_same(const struct ip *a, const struct ip *b)
{
    return a->port == b->port && ip_same_host(a, b);
}

static bool is_link_local(const struct ip *ip)
{
    return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

struct ip ip_source(const struct ip *ip)
{
    struct ip source = {.family = ip->family, .scope = ip->scope};

    if (ip->family == 6)
        memcpy(source.bytes, ip->bytes, is_link_local(ip) ? 16 : 8);
    else
        memcpy(source.bytes, ip->bytes, 4);
    return source;
}

bool ip_is_any(const struct ip *ip)
{
    static const uint8_t zero[16];

    return ip->family && memcmp(ip->bytes, zero, ip->family == 6 ? 16 : 4) == 0;
}

bool ip_is_multicast(const struct ip *ip)
{
    return ip->family == 6 ? ip->bytes[0] == 0xff : ip->family == 4 && ip->bytes[0] >> 4 == 0xe;
}

bool ip_is_loopback(const struct ip *ip)
{
    static const uint8_t one[16] = {[15] = 1};

    return ip->family == 6 ? memcmp(ip->bytes, one, 16) == 0
                           : ip->family == 4 && ip->bytes[0] == 127;
}

bool ip_is_private(const struct ip *ip)
{
    const uint8_t *b = ip->bytes;

    if (ip->family == 6)
        return ip_is_loopback(ip) || (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && b[1] >> 6 == 2);
    return ip->family == 4 && (ip_is_loopback(ip) || b[0] == 10 ||
                               (b[0] == 172 && b[1] >> 4 == 1) || (b[0] == 192 && b[1] == 168) ||
                               (b[0] == 169 && b[1] == 254) || (b[0] == 100 && b[1] >> 6 == 1));
}
