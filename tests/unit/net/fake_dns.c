#include "tests/unit/net/fake_dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/udp.h"
#include "tests/lib/rows.h"

#define NAME_ROOM 300 /* more than a name may have */
#define MAX_ASKED 1000

static const struct {
    const char *name;
    unsigned number;
} types[] = {{"A", 1}, {"AAAA", 28}, {"SRV", 33}, {"NAPTR", 35}};

struct fake_dns {
    struct net_udp *udp;
    const struct fake_record *records;
    struct {
        char type[8], name[NAME_ROOM];
    } asked[MAX_ASKED];
    size_t n_asked;
};

static void put16(struct buf *b, unsigned number)
{
    buf_putc(b, (char)(number >> 8));
    buf_putc(b, (char)number);
}

static void put_name(struct buf *b, struct slice name)
{
    while (name.n) {
        struct slice label = slice_cut(&name, '.');

        if (!label.n)
            continue;
        buf_putc(b, (char)label.n);
        buf_put(b, label);
    }
    buf_putc(b, '\0');
}

static void put_string(struct buf *b, const char *text)
{
    buf_putc(b, (char)strlen(text));
    buf_puts(b, text);
}

static void put_data(struct buf *b, const struct fake_record *record)
{
    char flags[20], service[40], name[256];
    unsigned first, second, port;
    struct ip ip;

    if (!strcmp(record->type, "SRV")) {
        assert_int_equal(sscanf(record->value, "%u %u %u %255s", &first, &second, &port, name), 4);
        put16(b, first);
        put16(b, second);
        put16(b, port);
        put_name(b, slice_of(name));
    } else if (!strcmp(record->type, "NAPTR")) {
        assert_int_equal(
            sscanf(record->value, "%u %u %19s %39s %255s", &first, &second, flags, service, name),
            5);
        put16(b, first);
        put16(b, second);
        put_string(b, flags);
        put_string(b, service);
        put_string(b, "");
        put_name(b, slice_of(name));
    } else {
        assert_int_equal(ip_parse(slice_of(record->value), &ip), 0);
        buf_put(b, (struct slice){(const char *)ip.bytes, ip.family == 4 ? 4 : 16});
    }
}

static void put_record(struct buf *b, unsigned type, const struct fake_record *record)
{
    struct buf data = buf_new(1000);

    put_data(&data, record);
    put16(b, 0xc00c); /* the name of the question */
    put16(b, type);
    put16(b, 1);
    put16(b, record->ttl_s >> 16);
    put16(b, record->ttl_s & 0xffff);
    put16(b, (unsigned)data.n);
    buf_put(b, buf_slice(&data));
    buf_free(&data);
}

/* The name in a question as text; returns what stands behind it. */
static struct slice take_name(struct slice rest, char *out)
{
    const char *begin = out;

    while (rest.n && rest.p[0]) {
        size_t n = (unsigned char)rest.p[0];

        assert_true(n < 64 && n < rest.n);
        memcpy(out, rest.p + 1, n);
        out += n;
        *out++ = '.';
        rest = slice_skip(rest, 1 + n);
    }
    out[out > begin ? -1 : 0] = '\0';
    return slice_skip(rest, 1);
}

static void answer(struct fake_dns *dns, const struct ip *to, struct slice query, const char *name,
                   unsigned number, const char *type)
{
    struct buf records = buf_new(60000), whole = buf_new(60000);
    unsigned n = 0, rcode = 3;
    bool silent = false;

    for (const struct fake_record *r = dns->records; r->name; r++) {
        if (strcasecmp(r->name, name) != 0)
            continue;
        rcode = rcode == 3 ? 0 : rcode;
        if (strcmp(r->type, type) != 0)
            continue;
        silent |= !strcmp(r->value, "SILENCE");
        if (!strcmp(r->value, "SERVFAIL"))
            rcode = 2;
        else if (!silent) {
            put_record(&records, number, r);
            n++;
        }
    }
    buf_put(&whole, slice_head(query, 2));
    put16(&whole, 0x8180 | rcode);
    put16(&whole, 1);
    put16(&whole, n);
    put16(&whole, 0);
    put16(&whole, 0);
    buf_put(&whole, slice_skip(query, 12));
    buf_put(&whole, buf_slice(&records));
    if (!silent)
        assert_int_equal(net_udp_send(dns->udp, to, buf_slice(&whole)), 0);
    buf_free(&whole);
    buf_free(&records);
}

static void on_query(void *arg, const struct ip *from, struct slice query)
{
    struct fake_dns *dns = arg;
    char name[NAME_ROOM] = "?";
    struct slice rest = take_name(slice_skip(query, 12), name);
    unsigned number = (unsigned char)rest.p[1];

    /* Whatever stands behind the question (EDNS) is not repeated. */
    query.n -= rest.n - 4;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (types[i].number != number)
            continue;
        assert_true(dns->n_asked < MAX_ASKED);
        snprintf(dns->asked[dns->n_asked].type, 8, "%s", types[i].name);
        snprintf(dns->asked[dns->n_asked].name, NAME_ROOM, "%s", name);
        dns->n_asked++;
        answer(dns, from, query, name, number, types[i].name);
    }
}

static void on_unreachable(void *arg, const struct ip *to, int err)
{
    (void)arg;
    (void)to;
    (void)err;
}

struct fake_dns *fake_dns_new(struct net_loop *loop, const char *at,
                              const struct fake_record *records)
{
    static const struct net_udp_events events = {on_query, on_unreachable};
    struct fake_dns *dns = calloc(1, sizeof *dns);
    struct ip ip;

    assert_non_null(dns);
    assert_int_equal(ip_parse_with_port(slice_of(at), &ip), 0);
    assert_int_equal(net_udp_open(loop, &ip, &events, dns, &dns->udp), 0);
    dns->records = records;
    return dns;
}

void fake_dns_free(struct fake_dns *dns)
{
    if (!dns)
        return;
    net_udp_close(dns->udp);
    free(dns);
}

void fake_dns_use(struct fake_dns *dns, const struct fake_record *records)
{
    dns->records = records;
}

struct ip fake_dns_at(const struct fake_dns *dns)
{
    return net_udp_local(dns->udp);
}

size_t fake_dns_asked(const struct fake_dns *dns, const char *type, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < dns->n_asked; i++)
        n += (!type || !strcmp(dns->asked[i].type, type)) &&
             (!name || !strcasecmp(dns->asked[i].name, name));
    return n;
}
